"""What a customer says is not so, was so once or is only wished for is never taken as a choice, however it is said."""

from __future__ import annotations

import pytest

from dialogs.definition.yaml_format import load_shipped
from tests.dialogs.replies.test_choices_in_dialect import chosen

#: (question, a word for a choice): what follows makes a denial of it.
NOUNS = (("occupation", "会社員"), ("occupation", "年金"), ("respondent", "本人"), ("residence_status", "永住者"))
DENIALS = (
    "ではございません|では無いです|じゃなか|じゃねえ|じゃねーよ|でねえべ|やおまへん|ではあらしまへん|ちゃいます|とちがいます|ちごて"
    "|とは言えません|なんかじゃない|なわけがない|だったけど今は違う|じゃなくなりました|に興味があります"
)
#: A statement and the choice that it seems to name.
VERBS = (
    ("purposes", "ビットコインを買っ", "crypto"),
    ("purposes", "年金をもらっ", "pension"),
    ("purposes", "家賃を払っ", "living_expenses"),
    ("occupation", "店を手伝っ", "family_employee"),
)
ENDINGS = (
    "ていません|てないです|ておりません|てへん|てまへん|とらん|ちょらん|てねえ|てなか|てはいない|てるわけない|てなんかない"
    "|ていました|てた|とった|とりました|たことはない|てたけどやめた"
)


@pytest.mark.parametrize(("question", "noun"), NOUNS)
@pytest.mark.parametrize("denial", DENIALS.split("|"))
def test_a_denied_noun(question: str, noun: str, denial: str) -> None:
    assert chosen(question, noun) is not None
    assert chosen(question, noun + denial) is None


@pytest.mark.parametrize(("question", "verb", "choice"), VERBS)
@pytest.mark.parametrize("ending", ENDINGS.split("|"))
def test_a_denied_verb(question: str, verb: str, choice: str, ending: str) -> None:
    assert chosen(question, verb + "ています") == choice
    assert chosen(question, verb + ending) is None


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("purposes", "年金や給料ではありません"),
        ("purposes", "年金と給料はもらっていません"),
        ("occupation", "会社員や公務員ではありません"),
        ("occupation", "会社に勤めたいです"),
        ("occupation", "会社に勤める予定です"),
        ("occupation", "会社で働いていません"),
        ("occupation", "もし会社員なら"),
        ("occupation", "後見人をしていました"),
        ("occupation", "高校の先生"),
        ("occupation", "年金事務所で働いてます"),
        ("occupation", "学生寮の管理人"),
        ("respondent", "後見人をしていました"),
        ("consent", "同意せざるをえない"),
        ("funds_source", "国からもらったお金"),
        ("own_use", "息子も使ってません"),
        ("remittance", "送ることはあっても受け取ることはない"),
        ("occupation", "I used to be a student"),
        ("occupation", "my husband is an office worker"),
        ("occupation", "former civil servant"),
        ("occupation", "student's mother"),
        ("purposes", "I don't receive a pension"),
        ("purposes", "I never use it for investment"),
        ("residence_status", "applying for permanent residence"),
    ],
)
def test_what_only_seems_to_name_a_choice(question: str, text: str) -> None:
    assert chosen(question, text) is None


@pytest.mark.parametrize(
    ("question", "text", "choice"),
    [
        ("occupation", "年金やねえ", "pensioner"),
        ("occupation", "会社員じゃなくて年金です", "pensioner"),
        ("occupation", "公務員を辞めて自営業", "self_employed"),
        ("occupation", "パートを辞めて主婦になりました", "homemaker"),
        ("purposes", "給料の受け取りにしか使っていません", "salary"),
        ("purposes", "生活費だけです、貯金はしてません", "living_expenses"),
        ("purposes", "給料だったけど今は年金です", "pension"),
        ("purposes", "家賃の受け取り", "other"),
        ("respondent", "本人ではなく妻です", "family"),
        ("frequency", "1週間に3回", "weekly"),
        ("frequency", "月に一度か二度", "several_monthly"),
        ("purposes", "the account is used to pay my rent", "living_expenses"),
        ("purposes", "no loan, salary only", "salary"),
        ("occupation", "no, I am a student", "student"),
        ("frequency", "月1ぐらいかな", "monthly"),
        ("residence_status", "永住者の妻です", "spouse_of_permanent_resident"),
        ("occupation", "銀行につとめてます", "company_employee"),
    ],
)
def test_what_is_said_beside_a_denial_is_still_heard(question: str, text: str, choice: str) -> None:
    assert chosen(question, text) == choice


@pytest.mark.parametrize(
    ("question", "text", "choice"),
    [
        ("respondent", "前の社長です", None),
        ("respondent", "社長ではなく経理です", "accounting"),
        ("corporate_type", "町の工場です", None),
        ("corporate_type", "株式会社ではございません", None),
        ("listed", "親会社は上場してます", "listed_subsidiary"),
        ("listed", "上場してへん", "unlisted"),
    ],
)
def test_a_company_is_heard_as_well(question: str, text: str, choice: str | None) -> None:
    assert chosen(question, text, load_shipped("corporate")) == choice
