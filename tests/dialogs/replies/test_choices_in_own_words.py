"""Choices described instead of named: 夫の扶養, 年金で食べてます, 米作っとる; and the phrases that hear them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dialogs.definition.model import Choice
from dialogs.definition.yaml_format import load_shipped
from dialogs.replies.base import Parsed
from dialogs.replies.choice_terms import terms_of
from dialogs.replies.choices import Ambiguous, read_choice
from tests.dialogs.replies.test_choices_in_dialect import TODAY, chosen
from tests.dialogs.replies.test_replies_choices_of_the_form import outcome

CORPORATE = load_shipped("corporate")
JOBS = (
    Choice(name="employed", label={"ja": "会社員"}, extra={"synonyms": "銀行/会社…働い/勤め/勤務/働いと|休職しと"}),
    Choice(name="idle", label={"ja": "無職"}, extra={"synonyms": "仕事/働…てない/ません"}),
    Choice(name="helping", label={"ja": "家業の手伝い"}, extra={"synonyms": "夫…手伝"}),
)


def heard(text: str) -> str | tuple[str, ...] | None:
    found = read_choice(text, JOBS, TODAY, "ja")
    if isinstance(found, Parsed):
        return str(found.value)
    return found.candidates if isinstance(found, Ambiguous) else None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("銀行で働いてます", "employed"),
        ("地元の会社にずっと勤めております", "employed"),
        ("会社で働いとる", "employed"),
        ("会社で働いとります", "employed"),
        ("仕事は何もしとらん", "idle"),
        ("働いておりません", "idle"),
        ("夫の店を手伝っています", "helping"),
        # What stands between, or goes on behind, is no longer so or not so.
        ("会社で働いとった", None),
        ("会社は違うけど勤めてはいます", None),
        ("銀行を辞めて勤めなし", None),
        ("会社に勤めていません", None),
        ("夫の手伝いはしていません", None),
        # What stands between the words of a phrase was said besides it.
        ("夫の無職を手伝い", ("idle", "helping")),
    ],
)
def test_a_phrase_is_heard_with_what_stands_between(text: str, name: object) -> None:
    assert heard(text) == name


@given(st.text(alphabet="会社銀行働勤ていますとらんなかった、夫手伝", max_size=24))
def test_a_phrase_that_is_denied_behind_is_never_taken(text: str) -> None:
    """Whatever stands before it: 銀行で働いていません is no employee."""
    assert heard(text + "、銀行で働いていません") != "employed" or heard(text + "、") == "employed"


def test_the_words_of_every_phrase_of_the_forms_are_read() -> None:
    for form in (load_shipped("individual"), CORPORATE):
        for choices in form.choices.values():
            for choice in choices:
                for word in filter(None, choice.extra.get("synonyms", "").split("|")):
                    parts = [part.split("/") for part in word.split("…")]
                    assert all(all(part) for part in parts), f"{choice.name}: {word}"
                assert all(terms_of(choice).by_beginning)
                assert all(terms_of(choice).phrases_by_beginning)


@pytest.mark.parametrize(
    ("question", "texts", "name"),
    [
        (
            "occupation",
            "メーカーで事務をしております|商社に勤めとります|会社に雇われてます|民間企業で働いてるよ",
            "company_employee",
        ),
        ("occupation", "会社員で間違いないです|会社員に相違ありません", "company_employee"),
        ("occupation", "株式会社の代表をしております|小さな会社の社長やってます", "company_officer"),
        ("occupation", "県の職員やってます|お巡りさんです|公立の小学校で先生してます", "public_official"),
        ("occupation", "ラーメン屋やってる|米作っとる|自分で商売をしております|お店やってます", "self_employed"),
        ("occupation", "親の会社を手伝ってる|主人の店をてつだってます", "family_employee"),
        ("occupation", "夫の扶養に入ってます|旦那の扶養です", "homemaker"),
        ("occupation", "専門行ってる|夜間の大学に通っとります", "student"),
        ("occupation", "年金で食べてます|恩給で暮らしております|年金でやりくりしとる", "pensioner"),
        ("occupation", "先月クビになりました|職探し中|いまは働いておりません|仕事はしとらんばい", "retired_unemployed"),
        ("industry", "家を建てる仕事|内装工事です", "construction"),
        ("industry", "自動車部品を作ってます|家具を作る会社", "manufacturing"),
        ("industry", "タクシーを運転してます|荷物を運ぶ仕事", "transport"),
        ("industry", "焼肉屋です|うどん屋やってます", "restaurant"),
        ("purposes", "住宅ローンの引き落とし|奨学金返してる", "loan_repayment"),
        ("purposes", "離れて暮らす母に送金|親から送ってもらってる", "family_allowance"),
        ("purposes", "株やってる|投信の積立", "investment"),
        ("purposes", "預けっぱなし|老後のために貯めとる", "savings"),
        ("funds_source", "夫の稼ぎ|息子が送ってくれる|親が入れてくれる", "family_support"),
        ("funds_source", "駐車場を貸してます|実家を売ったお金", "real_estate"),
        ("frequency", "ほったらかしです|もう何年も使っとらん|ほとんど使うことはないわ", "rarely"),
        ("frequency", "月に一ぺん", "monthly"),
        ("frequency", "週に何回か", "weekly"),
        ("respondent", "母は去年亡くなりました|主人が先月他界しまして|夫を亡くしました", "deceased_notice"),
        ("foreign_pep", "ただの会社員です|そんな人いないよ|政治家じゃない", "none"),
        ("foreign_pep", "以前大使でした|過去に該当していた", "self_former"),
        ("own_use", "誰にも貸してません|自分しか使わない", "yes"),
        ("own_use", "家族みんなで使う|娘にカードを預けてる", "no"),
        ("antisocial", "ヤクザじゃないです|暴力団とは無縁です|そういう人との付き合いはありません", "declared"),
        ("remittance_purpose", "国の親に仕送り|向こうの家族のため", "family_living"),
    ],
)
def test_taken(question: str, texts: str, name: str) -> None:
    for text in texts.split("|"):
        assert outcome(question, text) == {name}, text


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("occupation", "扶養から外れました"),
        ("occupation", "扶養家族がいます"),
        ("occupation", "妻を扶養しています"),
        ("occupation", "もう働いてます"),
        ("occupation", "派遣切りが心配"),
        ("occupation", "妻は銀行で働いてる"),
        ("occupation", "会社に勤めとった"),
        ("antisocial", "暴力団と関わっています"),
        ("antisocial", "反社の人と付き合いがあります"),
        ("frequency", "ほとんど毎日は使ってない"),
        ("own_use", "私以外の人も"),
        ("respondent", "本人じゃなくなりました"),
        ("tax_residence", "海外では払っていません"),
        ("consent", "同意しないとどうなる"),
        ("purposes", "ローンは返し終わった"),
        ("industry", "焼肉屋ではない"),
        ("occupation", "来月から会社員です"),
        ("occupation", "学生さんに教えています"),
        ("occupation", "パート先が閉まった"),
        ("industry", "病院に通っています"),
        ("industry", "銀行に行ってきます"),
        ("purposes", "ローンを断られた"),
        ("purposes", "家賃を滞納してる"),
        ("purposes", "給料の振込先は別です"),
        ("respondent", "家族には内緒です"),
        ("occupation", "主婦かと聞かれると違う"),
        ("occupation", "主人の扶養から抜けた"),
        ("occupation", "仕事を辞めたい"),
        ("occupation", "仕事辞めようか迷ってる"),
        ("occupation", "無職になりそう"),
        ("occupation", "役員を退任しました"),
        ("occupation", "市役所で聞きました"),
        ("occupation", "警察に相談した"),
        ("industry", "銀行に融資を頼んでる"),
        ("purposes", "電気代は妻が払っています"),
        ("respondent", "祖父が亡くなったら"),
        ("frequency", "毎日使う予定です"),
    ],
)
def test_not_taken(question: str, text: str) -> None:
    assert not isinstance(outcome(question, text), set)


def test_a_word_inside_a_katakana_word_is_none() -> None:
    """アパートの大家 has nothing to do with パート."""
    assert outcome("occupation", "アパートの大家をしています") == {"self_employed"}


@pytest.mark.parametrize(
    ("question", "texts", "name"),
    [
        ("respondent", "会社の代表をしております|院長です", "representative_officer"),
        ("respondent", "経理やってます|事務局の者です", "accounting"),
        ("respondent", "会計事務所の者です|顧問税理士です", "proxy"),
        ("corporate_type", "同窓会です|マンションの管理組合", "association"),
        ("listed", "していません|上場はしておりません|うちは中小企業です", "unlisted"),
        ("listed", "親会社が東証に出ています|親会社が上場企業", "listed_subsidiary"),
        ("offices", "本社だけです|支店はございません", "head_office"),
        ("offices", "大阪に支店があります", "elsewhere"),
        ("offices", "ベトナムに工場がある|上海に事務所", "abroad"),
        ("operation", "普通にやってます|通常営業です", "active"),
        ("operation", "今は動いていません|しばらく休んでます", "suspended"),
        ("staff_count", "社長だけ|従業員はいません", "up_to_1"),
        ("purposes", "外注先への支払い|仕入れ先に払ってます", "business"),
        ("purposes", "従業員の給料を払う|バイト代の支払い", "payroll"),
        ("purposes", "お布施を受け取る|診療報酬が入る|会費集め", "sales_receipts"),
        ("owner_majority", "社長が100%持ってます", "yes"),
        ("owner_holding", "持株会社を通じて", "indirect"),
    ],
)
def test_a_company_is_described(question: str, texts: str, name: str) -> None:
    for text in texts.split("|"):
        assert chosen(question, text, CORPORATE) == name, text


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("operation", "事業をやめるつもりはない"),
        ("offices", "海外に支店はありません"),
        ("owner_majority", "社長が株を持ってます"),
        ("listed", "上場を目指しています"),
        ("purposes", "給料は別の銀行から払っています"),
    ],
)
def test_what_a_company_denies_or_hopes_for_is_not_taken(question: str, text: str) -> None:
    assert chosen(question, text, CORPORATE) is None


def test_a_company_counts() -> None:
    assert chosen("staff_count", "十数人", CORPORATE) == "from_6"
    assert chosen("staff_count", "数十人", CORPORATE) is None
