"""The choice lists of the individual form: complete, and found by how customers say it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from dialogs.definition.model import Choice
from dialogs.definition.vocabulary import KYC_ITEMS
from dialogs.definition.yaml_format import load_shipped
from dialogs.replies.residence_status import STATUSES
from tests.dialogs.questionnaires.test_lists import words_of

FORM = load_shipped("individual")

#: Labels of the reference's lists (domain 2.2 and 2.3); the master file may carry them.
OCCUPATIONS = (
    "会社役員・団体役員 会社員・団体職員 公務員 個人事業主・自営業 専従者 派遣・嘱託・契約社員 "
    "パート・アルバイト 主婦・主夫 学生 年金受給者 退職・無職 その他"
)
PURPOSES = (
    "生計費決済 給与受取 年金受取 仕送り 貯蓄 資産運用 融資・ローン返済 事業費決済 外国為替・海外送金 貸金庫 "
    "暗号資産関連 その他"
)
INDUSTRIES = (
    "農業・林業・漁業 建設業 製造業 情報通信業 運輸業 卸売業 小売業(貴金属・宝石) 小売業(貴金属・宝石を除く) "
    "金融業・保険業 不動産業 サービス業 飲食業 コンサルティング業 弁護士・司法書士・行政書士・会計士・税理士 "
    "投資事業 医師・病院・医療機関 古物商 美術商 両替商 質屋 貸金業 貿易業 貴金属・宝石等取扱業 "
    "中古自動車小売業 廃棄物処理業 電話受付代行業 娯楽業 その他"
)
RESIDENCE_STATUSES = (
    "永住者 日本人の配偶者等 永住者の配偶者等 定住者 特別永住者 外交 公用 教授 芸術 宗教 報道 高度専門職 "
    "経営・管理 法律・会計業務 医療 研究 教育 技術・人文知識・国際業務 企業内転勤 介護 興行 技能 技能実習 "
    "文化活動 短期滞在 留学 研修 家族滞在 特定活動 特定技能 育成就労 その他"
)
FUNDS = "給与・報酬 事業収入 年金 家族からの援助 資産運用・配当 不動産 相続・贈与 退職金 借入 その他"
REMITTANCE = "家族の生活費 学費 投資 不動産 商品代金 その他"


def bounds_of(choice: Choice) -> tuple[int, int]:
    """The yen that fall inside, both ends counted in."""
    extra = choice.extra
    low = int(extra["above"]) + 1 if "above" in extra else int(extra.get("from", "0"))
    high = int(extra["below"]) - 1 if "below" in extra else int(extra.get("to", "999999999999"))
    return low, high


@pytest.mark.parametrize(
    ("list_name", "labels"),
    [
        ("occupations", OCCUPATIONS),
        ("purposes", PURPOSES),
        ("industries", INDUSTRIES),
        ("residence_statuses", RESIDENCE_STATUSES),
        ("funds_sources", FUNDS),
        ("remittance_purposes", REMITTANCE),
    ],
)
def test_the_lists_of_the_reference_are_complete(list_name: str, labels: str) -> None:
    assert set(labels.split()) <= {choice.label["ja"] for choice in FORM.choices[list_name]}


@pytest.mark.parametrize(
    "list_name", ["occupations", "industries", "purposes", "residence_statuses", "funds_sources", "frequencies"]
)
def test_long_lists_are_found_by_how_customers_say_it(list_name: str) -> None:
    for choice in FORM.choices[list_name]:
        assert choice.extra.get("synonyms"), choice.name


@pytest.mark.parametrize(
    ("list_name", "said", "name"),
    [
        ("occupations", "サラリーマン", "company_employee"),
        ("occupations", "リーマン", "company_employee"),
        ("occupations", "専業主婦", "homemaker"),
        ("occupations", "年金暮らし", "pensioner"),
        ("occupations", "バイト", "part_time"),
        ("occupations", "無職", "retired_unemployed"),
        ("purposes", "給料", "salary"),
        ("purposes", "貯金", "savings"),
        ("purposes", "仮想通貨", "crypto"),
        ("industries", "メーカー", "manufacturing"),
        ("residence_statuses", "技人国", "engineer_humanities_international"),
        ("pep_choices", "該当しない", "none"),
    ],
)
def test_some_words_of_customers(list_name: str, said: str, name: str) -> None:
    assert [choice.name for choice in FORM.choices[list_name] if said in words_of(choice)] == [name]


def test_the_reader_of_residence_statuses_knows_the_same_codes() -> None:
    listed = {choice.name: (choice.label["ja"], choice.label["en"]) for choice in FORM.choices["residence_statuses"]}
    assert listed.pop("other")
    assert listed == {code: (japanese, english) for code, (japanese, english, _) in STATUSES.items()}


@pytest.mark.parametrize(
    ("list_name", "lowest"),
    [
        ("monthly_amounts", 0),
        ("cash_amounts", 2_000_001),
        ("remittance_amounts", 0),
        ("income_bands", 0),
        ("asset_bands", 0),
    ],
)
def test_bands_leave_no_gap_and_never_overlap(list_name: str, lowest: int) -> None:
    bands = [bounds_of(choice) for choice in FORM.choices[list_name]]
    assert bands[0][0] == lowest
    assert bands[-1][1] == 999_999_999_999
    assert all(low <= high for low, high in bands)
    assert all(after[0] == before[1] + 1 for before, after in pairwise(bands))


def test_the_items_of_the_law_are_covered() -> None:
    covered = {question.bot.kyc_item for question in FORM.questions} - {None}
    assert covered <= KYC_ITEMS
    assert set(FORM.required_items) | {"business"} == covered


def test_the_columns_of_the_master_file_are_offered_and_compared() -> None:
    columns = {
        *("name", "name_kana", "address", "phone", "email", "occupation", "employer", "purposes", "nationality"),
        *("residence_status", "residence_expiry"),
    }
    assert {q.bot.prefill for q in FORM.questions if q.is_asked} - {None} == columns
    assert {q.bot.compare for q in FORM.questions} - {None} == {*columns, "postal_code"}


def test_income_and_wealth_are_sensitive_and_nothing_else() -> None:
    sensitive = [question.name for question in FORM.questions if question.bot.sensitive]
    assert sensitive == ["income_band", "asset_band", "wealth_background"]
