"""What customers type at the lists of the shipped form: taken where one choice is clear, else offered or explained."""

from __future__ import annotations

from datetime import date

import pytest

from dialogs.definition.model import QuestionType
from dialogs.definition.yaml_format import load_shipped
from dialogs.replies.base import Parsed, ReplyContext
from dialogs.replies.choices import Ambiguous, ParsedMany, read_choice, read_choices

FORM = load_shipped("individual")
SATURDAY = ReplyContext(today=date(2026, 11, 28))


def outcome(question_name: str, text: str) -> set[str] | tuple[str, ...] | str:
    """A set where choices are taken, a tuple where they are offered, else the problem."""
    question = FORM.question(question_name)
    choices = FORM.choices[question.list_name or ""]
    if question.type is QuestionType.SELECT_MULTIPLE:
        many = read_choices(text, choices, SATURDAY, "ja")
        if isinstance(many, ParsedMany):
            return set(many.values)
        return many.candidates if isinstance(many, Ambiguous) else many.code
    one = read_choice(text, choices, SATURDAY, "ja", kind=question.bot.kind)
    if isinstance(one, Parsed):
        return {str(one.value)}
    return one.candidates if isinstance(one, Ambiguous) else one.code


@pytest.mark.parametrize(
    ("question", "texts", "names"),
    [
        ("consent", "うん|はいはい|OK|せやな|承諾します|進めてください", "agree"),
        ("consent", "同意できません|同意しかねます|不同意|I don't agree|いやです", "disagree"),
        ("respondent", "僕です|もちろん本人|私本人です", "self"),
        ("respondent", "母の代わりです|長男です|配偶者です|I am his wife", "family"),
        ("respondent", "the customer is dead|主人は亡くなりました|my father passed away", "deceased_notice"),
        ("occupation", "会社勤めです|1|いち", "company_employee"),
        ("occupation", "シルバー人材センター", "part_time"),
        ("occupation", "会社員を辞めて年金暮らし|年金もらってます", "pensioner"),
        ("occupation", "仕事やめました|定年で辞めました|会社員でしたが退職しました", "retired_unemployed"),
        ("occupation", "ｹｲﾔｸｼｬｲﾝ|けいやくしゃいんです", "temporary_contract"),
        ("occupation", "ねんきんせいかつ", "pensioner"),
        ("respondent", "ほんにん", "self"),
        ("respondent", "妻の私です", "family"),
        ("purposes", "ボーナスがほとんどです", "salary"),
        ("purposes", "お給料が入ります、ローンはやってません", "salary"),
        ("pep_relation", "主人の父", "spouse_family"),
        ("monthly_amount", "1,400万円", "over_10m"),
        ("occupation", "上から3番目|さんばん|3番のやつ", "public_official"),
        ("occupation", "一番下", "other"),
        ("purposes", "(1)(3)|1.3|いちとさん|1と3以上|1番と3番です", "living_expenses pension"),
        ("purposes", "投資はしない、貯金だけ|savings only|お金をためる", "savings"),
        ("purposes", "子供の学費送ってる|sending money to my family", "family_allowance"),
        ("purposes", "カードの引き落とし|カードの引落し|pay bills", "living_expenses"),
        ("purposes", "年金受取り|年金の受け取り", "pension"),
        ("purposes", "12番|⑫", "other"),
        ("frequency", "週に1回|週に一度|週2、3回|週に2〜3回", "weekly"),
        ("frequency", "月に2回くらい|毎月2回|二週間に一度", "several_monthly"),
        ("frequency", "2ヶ月に1回|年に2、3回", "yearly"),
        ("industry", "食品メーカー|メーカー", "manufacturing"),
        ("industry", "保険会社", "finance"),
        ("funds_source", "夫の給料|my husband's salary", "family_support"),
        ("funds_source", "親の遺産", "inheritance_gift"),
        ("monthly_amount", "10万台|10万か20万|10万ちょい", "from_100k"),
        ("monthly_amount", "数万円|10万円いかない|ほとんどない", "under_100k"),
        ("remittance_purpose", "子供の学費送ってる|娘の留学費用", "tuition"),
        ("remittance_currency", "カナダドル|香港ドル|バーツ", "other"),
        ("remittance_frequency", "3ヶ月に1回|四半期に一度|5、6回", "several"),
        ("remittance_frequency", "1回|1〜2回|年に一度", "once_or_twice"),
        ("income_band", "103万以内|130万以下", "under_2m"),
        ("pep_relation", "夫|旦那", "spouse"),
        ("tax_residence", "Japan and US|日本とアメリカ", "japan_and_other"),
        ("own_use", "私しか使ってない|他の人は使っていません|誰にも貸していません|はい、私だけです", "yes"),
        ("own_use", "妻も使っています|家族と共有|夫婦で使ってます", "no"),
        ("antisocial", "もちろん関係ありません|かかわっていません|うん", "declared"),
        ("antisocial", "表明できません", "not_declared"),
    ],
)
def test_taken(question: str, texts: str, names: str) -> None:
    for text in texts.split("|"):
        assert outcome(question, text) == set(names.split()), text


@pytest.mark.parametrize(
    ("question", "texts", "names"),
    [
        ("occupation", "営業です", "self_employed"),
        ("occupation", "会社院", "company_employee"),
        ("occupation", "社長の甥です", "company_officer"),
        ("monthly_amount", "50万前後", "from_100k from_500k"),
        ("pep_relation", "姉の夫", "spouse sibling"),
        ("occupation", "会社員と農業|会社員 農業", "company_employee self_employed"),
        ("occupation", "年金もらいながら働いてます", "pensioner"),
        ("purposes", "家賃保証", "living_expenses"),
        ("purposes", "給与は別の銀行", "salary"),
        ("purposes", "12", "living_expenses salary other"),
        ("industry", "宝石|貴金属", "jewellery_retail jewellery_dealer"),
        ("remittance_frequency", "2", "once_or_twice several"),
        ("remittance_count", "2つか3つ", "2 3"),
        ("monthly_amount", "40万か50万", "from_100k from_500k"),
    ],
)
def test_offered(question: str, texts: str, names: str) -> None:
    for text in texts.split("|"):
        assert outcome(question, text) == tuple(names.split()), text


@pytest.mark.parametrize(
    ("question", "text", "code"),
    [
        ("consent", "ええよ", "choice.unreadable"),
        ("respondent", "本人の友人です", "choice.negated"),
        ("consent", "同意していいのか", "choice.question"),
        ("antisocial", "あります", "choice.unreadable"),
        ("residence_status", "永住申請中", "choice.negated"),
        ("foreign_pep", "not me", "choice.negated"),
        ("monthly_amount", "3万5", "amount.unit_missing"),
        ("monthly_amount", "毎週3万円", "amount.period"),
    ],
)
def test_explained(question: str, text: str, code: str) -> None:
    assert outcome(question, text) == code
