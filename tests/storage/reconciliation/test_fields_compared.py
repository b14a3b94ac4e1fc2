"""One table per kind of field: what is the same, what is a slip, what is a change."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings, strategies as st

from storage.masterfile.columns import COLUMNS
from storage.reconciliation.coded import with_parts_of_labels
from storage.reconciliation.comparators import COMPARATORS, FIELD_KINDS, compare
from storage.reconciliation.verdict import SETTLED, VerdictCode

CASES = [
    ("name", "山田 太郎", "山田 太郎", "same"),
    ("name", "山田　太郎", "山田太郎", "same_normalised"),
    ("name", "髙橋一郎", "高橋一郎", "same_variant"),
    ("name", "渡邉花子", "渡辺花子", "same_variant"),
    ("name", "𠮷田花子", "吉田花子", "same_variant"),
    ("name", "辻󠄀花子", "辻花子", "same_variant"),
    ("name", "佐々木花子", "佐佐木花子", "same_variant"),
    ("name", "斉藤花子", "斎藤花子", "changed"),
    ("name", "山田花子", "佐藤花子", "changed"),
    ("name", "山田花子", "山田子花", "suspected_slip"),
    ("name", "ＳＭＩＴＨ　ＪＯＨＮ", "John Smith", "same_normalised"),
    ("name", "O'Brien Pat", "Pat O’Brien", "same_normalised"),
    ("name", "SMITH JOHN", "SMYTH JOHN", "suspected_slip"),
    ("name", "(株)青葉商店", "株式会社青葉商店", "same_normalised"),
    ("name", "㈱青葉商店", "株式会社 青葉商店", "same_normalised"),
    ("name", "青葉商店株式会社", "株式会社青葉商店", "changed"),
    ("name", "山\ue000太郎", "山田太郎", "unreadable"),
    ("name", "山田 裕子", "山田祐子", "suspected_slip"),
    ("name", "山田裕子", "山田祐子", "changed"),
    ("name", "斉藤 花子", "斎藤 花子", "changed"),
    ("name", "株式会社青葉商店", "青葉商店", "incomplete"),
    ("name", "青葉商店", "株式会社青葉商店", "changed"),
    ("kana", "ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダタロウ", "same_normalised"),
    ("kana", "やまだ たろう", "ヤマダ　タロウ", "same_normalised"),
    ("kana", "ｼﾖｳｼﾞ ﾏｰｸ", "ショウジ マーク", "same_variant"),
    ("kana", "ﾏ-ｸ ｽﾐｽ", "マーク スミス", "same_normalised"),
    ("kana", "ミヅノ", "ミズノ", "same_variant"),
    ("kana", "ヤマダタロウ", "ヤマタタロウ", "suspected_slip"),
    ("kana", "ヤマダタロウ", "サトウハナコ", "changed"),
    ("kana", "ヤマダ", "山田", "unreadable"),
    ("birth_date", "1964-10-10", "昭和39年10月10日", "same_normalised"),
    ("birth_date", "19641010", "S39.10.10", "same_normalised"),
    ("birth_date", "1964-10-10", "1964-10-01", "suspected_slip"),
    ("birth_date", "1964-03-12", "1964-12-03", "suspected_slip"),
    ("birth_date", "1964-10-10", "1971-05-23", "conflict"),
    ("birth_date", "1964-10-10", "1964-02-30", "unreadable"),
    ("birth_date", "1964-10-10", "今日", "unreadable"),
    ("date", "2026-04-01", "2029-04-01", "changed"),
    ("date", "2026-04-01", "R8.4.1", "same_normalised"),
    ("date", "2026-04-01", "2026-04-10", "suspected_slip"),
    ("postal_code", "100-0001", "〒1000001", "same_normalised"),
    ("postal_code", "１００ー０００１", "1000001", "same_normalised"),
    ("postal_code", "1000001", "5300001", "changed"),
    ("postal_code", "1000001", "1000002", "suspected_slip"),
    ("postal_code", "1000012", "1000021", "suspected_slip"),
    ("phone", "090-1234-5678", "０９０(１２３４)５６７８", "same_normalised"),
    ("phone", "09012345678", "+81-90-1234-5678", "same_normalised"),
    ("phone", "09012345678", "09012345687", "suspected_slip"),
    ("phone", "09012345678", "0353211111", "changed"),
    ("phone", "09012345678", "9012345678", "same_normalised"),
    ("phone", "0353211111", "353211111", "same_normalised"),
    ("phone", "0353211111", "3532111110", "unreadable"),
    ("email", "Taro@Example.com", "taro@example.com", "same_normalised"),
    ("email", "taro@example.com", "tarou@example.com", "suspected_slip"),
    ("email", "taro@example.com", "hanako@example.org", "changed"),
    ("amount", "3,500,000", "350万円", "same_normalised"),
    ("amount", "3500000", "35000000", "suspected_slip"),
    ("amount", "3500000", "4200000", "changed"),
    ("percentage", "60%", "60", "same_normalised"),
    ("percentage", "60", "50", "changed"),
    ("country", "JPN", "日本", "same_normalised"),
    ("country", "JPN", "中国", "changed"),
    ("country", "KOR", "kor", "same_normalised"),
    ("nationality", "JPN", "日本", "same_normalised"),
    ("nationality", "JPN", "中国", "conflict"),
    ("country", "USA;JPN", "JPN;USA", "same_normalised"),
    ("code", "employee", "ｅｍｐｌｏｙｅｅ", "same_normalised"),
    ("code", "employee", "unemployed", "changed"),
    ("codes", "salary;saving", "saving salary", "same_normalised"),
    ("codes", "salary;saving", "salary", "changed"),
    ("codes", "salary", "salary;remittance", "changed"),
    ("text", "ﾔﾏﾄ(株)", "ヤマト株式会社", "same_normalised"),
    ("text", "青葉商店", "みどり商店", "changed"),
    ("corporate_number", "7000012050002", "7000012050002 ", "same_normalised"),
    ("corporate_number", "7000012050002", "7000012050003", "suspected_slip"),
    ("residence_card", "AB12345678CD", "ａｂ１２３４５６７８ｃｄ", "same_normalised"),
    ("owners", '[{"name":"山田 太郎","share":"60"}]', '[{"share": "60", "name": "山田太郎"}]', "same_normalised"),
    ("owners", '[{"name":"山田 太郎","share":60}]', '[{"name":"山田 太郎","share":"60%"}]', "same_normalised"),
    ("owners", '[{"name":"山田 太郎"}]', "[]", "changed"),
    ("owners", "[]", '[{"name":"山田 太郎"}]', "changed"),
    ("owners", '[{"name":"髙橋 一"},{"name":"辻 二"}]', '[{"name":"辻二"},{"name":"高橋一"}]', "same_variant"),
    (
        "owners",
        '[{"name":"山田 一","birth_date":"1964-10-10"}]',
        '[{"name":"山田一","birth_date":"昭和39年10月10日"}]',
        "same_normalised",
    ),
    (
        "owners",
        '[{"name":"山田 一","birth_date":"1964-10-10"}]',
        '[{"name":"山田一","birth_date":"1964-10-01"}]',
        "suspected_slip",
    ),
    (
        "owners",
        '[{"name":"山田 一","address":"港区三田1丁目2番3号"}]',
        '[{"name":"山田一","address":"港区三田1-2-3"}]',
        "same_normalised",
    ),
    ("owners", '[{"name":"山田 一","share":"60"}]', '[{"name":"山田一","share":"40"}]', "changed"),
    ("owners", '[{"name":"山田 一","share":"60"}]', '[{"name":"山田一"}]', "changed"),
    ("owners", '[{"name":"山田 太郎"}]', "山田さん", "unreadable"),
    ("text", "青葉商店", "", "missing"),
    ("text", " ", "青葉商店", "new"),
    ("text", "", "　", "same_normalised"),
]


@pytest.mark.parametrize(("kind", "master", "answer", "expected"), CASES)
def test_verdict(kind: str, master: str, answer: str, expected: str) -> None:
    assert compare(kind, master, answer).verdict == expected


def test_every_column_of_the_contract_has_a_kind_and_every_kind_a_case() -> None:
    assert set(FIELD_KINDS) == set(COLUMNS)
    assert set(FIELD_KINDS.values()) <= set(COMPARATORS)
    assert {kind for kind, *_ in CASES} | {"address"} == set(COMPARATORS)


def test_the_reason_names_what_was_taken_out() -> None:
    assert compare("name", "㈱ 青葉", "株式会社青葉").rules == ("width", "company_form", "space")
    assert compare("name", "髙橋", "高橋").rules == ("kanji_variant",)


def test_labels_of_a_choice_list_stand_for_their_code() -> None:
    codes = {"employee": "employee", "会社員・団体職員": "employee", "student": "student"}
    assert compare("code", "employee", "会社員・団体職員", codes=codes).verdict is VerdictCode.SAME_NORMALISED
    assert compare("code", "student", "会社員・団体職員", codes=codes).verdict is VerdictCode.CHANGED


def test_a_part_of_a_label_is_enough_where_only_one_choice_has_it() -> None:
    codes = with_parts_of_labels({"会社員・団体職員": "employee", "会社役員・団体役員": "officer", "団体役員": "board"})
    assert compare("code", "employee", "会社員", codes=codes).verdict is VerdictCode.SAME_NORMALISED
    assert compare("code", "officer", "団体役員", codes=codes).verdict is VerdictCode.CHANGED
    both = {"給与受取": "salary", "貯蓄": "saving", "年金・給付": "pension"}
    assert compare("codes", "salary;saving", "貯蓄・給与受取", codes=both).verdict is VerdictCode.SAME_NORMALISED
    assert compare("codes", "pension", "年金・給付", codes=both).verdict is VerdictCode.SAME_NORMALISED


DIGITS = st.text("0123456789", min_size=8, max_size=8)


@given(DIGITS, st.sampled_from(["", "-", "−", "ー", " "]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_phone_is_the_same_in_every_notation(tail: str, dash: str, wide: bool) -> None:
    plain = "090" + tail
    written = dash.join((plain[:3], plain[3:7], plain[7:]))
    if wide:
        written = written.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert compare("phone", plain, written).verdict in SETTLED


@given(DIGITS, DIGITS)
@settings(max_examples=150, deadline=None)
def test_another_phone_is_never_the_same(one: str, other: str) -> None:
    assume(one != other)
    assert compare("phone", "090" + one, "090" + other).verdict not in SETTLED


@given(st.dates(), st.dates())
@settings(max_examples=150, deadline=None)
def test_another_day_is_never_the_same(one: object, other: object) -> None:
    assume(one != other)
    assert compare("birth_date", str(one), str(other)).verdict not in SETTLED


@given(st.sampled_from(sorted(COMPARATORS)), st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_a_comparison_and_equal_bytes_are_the_same(kind: str, one: str, other: str) -> None:
    compare(kind, one, other)
    assert compare(kind, one, one).verdict is VerdictCode.SAME
