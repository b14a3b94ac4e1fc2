"""What expressions mean: XPath 1.0's facts, ODK's functions, and dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from dialogs.definition.expressions import FUNCTIONS, literal, parse, text_of

JST = timezone(timedelta(hours=9))


class Answers:
    """A scope made of plain mappings."""

    def __init__(
        self,
        values: Mapping[str, str] | None = None,
        *,
        own: str = "",
        columns: Mapping[str, str] | None = None,
        series: Mapping[str, Sequence[str]] | None = None,
        instance: int = 0,
    ) -> None:
        self._instance = instance
        self._values = values or {}
        self._own = own
        self._columns = columns or {}
        self._series = series or {}

    def value(self, name: str) -> str:
        return self._values.get(name, "")

    def own(self) -> str:
        return self._own

    def today(self) -> date:
        return date(2026, 11, 23)

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 6, 0, tzinfo=JST)

    def label(self, question: str, choice: str) -> str:
        return f"<{question}:{choice}>"

    def column(self, name: str) -> str:
        return self._columns.get(name, "")

    def series(self, name: str) -> Sequence[str]:
        return self._series.get(name, ())

    def instance(self) -> int:
        return self._instance

    def of_instance(self, name: str, instance: int) -> str:
        return next(iter(self._series.get(name, ())[instance - 1 : instance]), "")


# Facts of XPath 1.0, written down by hand from its rules (and its own examples of mod and substring-*).
XPATH_FACTS = [
    # numbers and precedence
    ("1 + 2 * 3", "7"),
    ("2 * 3 + 1", "7"),
    ("(1 + 2) * 3", "9"),
    ("7 - 2 - 1", "4"),
    ("8 div 2 div 2", "2"),
    ("-2 - -3", "1"),
    ("- 2 * 3", "-6"),
    ("5 mod 2", "1"),
    ("5 mod -2", "1"),
    ("-5 mod 2", "-1"),
    ("-5 mod -2", "-1"),
    ("1.5 mod .5", "0"),
    ("5 mod 0", "NaN"),
    ("1 div 0", "Infinity"),
    ("-1 div 0", "-Infinity"),
    ("0 div 0", "NaN"),
    ("1 div 4", "0.25"),
    ("1.50 + 1.50", "3"),
    ("1 - 1", "0"),
    ("'3' + 4", "7"),
    ("' 3 ' + 4", "7"),
    ("'' + 4", "NaN"),
    ("'x' + 4", "NaN"),
    ("'1e3' + 0", "NaN"),
    ("'+1' + 0", "NaN"),
    ("true() + true()", "2"),
    # equality: booleans, then numbers, then strings
    ("1 = 1.0", "true"),
    ("'1' = '1.0'", "false"),
    ("'1' = 1.0", "true"),
    ("'x' = 1", "false"),
    ("'01' = 1", "true"),
    ("' 1.0 ' != 1", "false"),
    ("true() = 'x'", "true"),
    ("true() = ''", "false"),
    ("false() = 0", "true"),
    ("true() = 5", "true"),
    ("0 div 0 = 0 div 0", "false"),
    ("0 div 0 != 0 div 0", "true"),
    ("'a' != 'b'", "true"),
    ("'' = ''", "true"),
    ("1 = 1 = 1", "true"),
    ("2 = 2 = 2", "true"),
    # order: always numbers
    ("'2' < '10'", "true"),
    ("'a' < 'b'", "false"),
    ("'a' >= 'a'", "false"),
    ("3 > 2 > 1", "false"),
    ("1 < 2 < 3", "true"),
    ("true() > false()", "true"),
    ("'' < 1", "false"),
    ("'' >= 1", "false"),
    ("not(3) <= -3", "false"),
    ("('x' - 3) div 0", "NaN"),
    ("1 div 0 > 99999", "true"),
    ("2 <= 2", "true"),
    ("2 >= 3", "false"),
    # and, or, not
    ("1 or 0 and 0", "true"),
    ("(1 or 0) and 0", "false"),
    ("not(1 = 2)", "true"),
    ("not('')", "true"),
    ("not('0')", "false"),
    ("boolean('false')", "true"),
    ("boolean(0)", "false"),
    ("boolean(0 div 0)", "false"),
    ("boolean(-0.1)", "true"),
    ("1 < 2 = true()", "true"),
    # texts
    ("string(1.0)", "1"),
    ("string(-0)", "0"),
    ("string(0.10)", "0.1"),
    ("string(1 = 1)", "true"),
    ("string(100)", "100"),
    ("concat('a', 1, true())", "a1true"),
    ("contains('abc', '')", "true"),
    ("contains('abc', 'bc')", "true"),
    ("starts-with('abc', 'b')", "false"),
    ("substring-before('1999/04/01', '/')", "1999"),
    ("substring-after('1999/04/01', '/')", "04/01"),
    ("substring-after('1999/04/01', '19')", "99/04/01"),
    ("substring-before('abc', 'x')", ""),
    ("substring-after('abc', '')", "abc"),
    ("substring('12345', 2, 3)", "234"),
    ("substring('12345', 2)", "2345"),
    ("substring('12345', 1.5, 2.6)", "234"),
    ("substring('12345', 0, 3)", "12"),
    ("substring('12345', 0 div 0, 3)", ""),
    ("substring('12345', 1, 0 div 0)", ""),
    ("substring('12345', -42, 1 div 0)", "12345"),
    ("substring('12345', -1 div 0, 1 div 0)", ""),
    ("normalize-space('  a  b ')", "a b"),
    ("string-length('確認')", "2"),
    ("string-length('')", "0"),
    # number functions
    ("number('')", "NaN"),
    ("number('12.50')", "12.5"),
    ("number(true())", "1"),
    ("floor(-1.5)", "-2"),
    ("ceiling(-1.5)", "-1"),
    ("round(2.5)", "3"),
    ("round(-2.5)", "-2"),
    ("round(1.4)", "1"),
    ("round(0 div 0)", "NaN"),
]


@pytest.mark.parametrize(("source", "expected"), XPATH_FACTS)
def test_means_what_xpath_means(source: str, expected: str) -> None:
    assert text_of(parse(source).evaluate(Answers())) == expected


ANSWERS = {"age": "18", "q": "yes", "purposes": "saving salary", "born": "2000-02-29", "amount": "0.1", "n": "3"}

ODK_FACTS = [
    ("decimal('1.50')", "1.5"),
    ("decimal('x')", "NaN"),
    ("pow(2, 10)", "1024"),
    ("pow(1.1, 2)", "1.21"),
    ("pow('', 2)", "NaN"),
    ("pow(-8, 0.5)", "NaN"),
    ("pow(0, 0)", "1"),
    ("sqrt(2.25)", "1.5"),
    ("sqrt(-1)", "NaN"),
    ("exp(0)", "1"),
    ("exp10(2)", "100"),
    ("exp10(-1)", "0.1"),
    ("log(1)", "0"),
    ("log(0)", "-Infinity"),
    ("log(-1)", "NaN"),
    ("log10(1000)", "3"),
    ("translate('bar', 'abc', 'ABC')", "BAr"),
    ("translate('--aaa--', 'abc-', 'ABC')", "AAA"),
    ("translate('aa', 'aba', 'xyz')", "xx"),
    ("${age} >= 18 and selected(${purposes}, 'saving')", "true"),
    ("${missing} = ''", "true"),
    ("${missing} != 'yes'", "true"),
    ("${missing} > 0", "false"),
    ("${missing} + 1", "NaN"),
    ("selected(${purposes}, 'sav')", "false"),
    ("selected(${missing}, 'saving')", "false"),
    ("count-selected(${purposes})", "2"),
    ("count-selected(${missing})", "0"),
    ("selected-at(${purposes}, 1)", "salary"),
    ("selected-at(${purposes}, 2)", ""),
    ("selected-at(${purposes}, -1)", ""),
    ("if(${q} = 'yes', 'a', 'b')", "a"),
    ("if(${missing}, 'a', 'b')", "b"),
    ("checklist(1, 2, ${age} > 17, ${q} = 'yes', 1 = 2)", "true"),
    ("checklist(3, -1, ${age} > 17, ${q} = 'yes', 1 = 2)", "false"),
    ("checklist(-1, 1, ${age} > 17, ${q} = 'yes', 1 = 2)", "false"),
    ("weighted-checklist(5, 9, ${age} > 17, 4, ${q} = 'no', 3, 1 = 1, 2)", "true"),
    ("weighted-checklist(-1, 5, ${age} > 17, 4, ${q} = 'no', 3, 1 = 1, 2)", "false"),
    ("weighted-checklist(1, -1, ${age} > 17, ${missing})", "false"),
    ("coalesce(${missing}, ${q})", "yes"),
    ("coalesce(${missing} + 1, 'none')", "none"),
    ("coalesce('', '')", ""),
    ("jr:choice-name(${q}, '${q}')", "<q:yes>"),
    ("jr:choice-name(selected-at(${purposes}, 0), '${purposes}')", "<purposes:saving>"),
    ("jr:choice-name(${missing}, '${q}')", ""),
    ("${amount} + 0.2 = 0.3", "true"),
    ("round(2.345, 2)", "2.35"),
    ("round(1250, -2)", "1300"),
    ("int(-1.9)", "-1"),
    ("int('')", "NaN"),
    ("abs(-2)", "2"),
    ("substr('abcdef', 1, 3)", "bc"),
    ("substr('abcdef', 2)", "cdef"),
    ("substr('abcdef', -2)", "ef"),
    ("ends-with('abc', 'bc')", "true"),
    ("regex('150-0001', '[0-9]{3}-[0-9]{4}')", "true"),
    ("regex('x150-0001', '[0-9]{3}-[0-9]{4}')", "false"),
    ("boolean-from-string('false')", "false"),
    ("boolean-from-string('1')", "true"),
    ("min(3, 1, 2)", "1"),
    ("max(3, ${n}, '10')", "10"),
    ("../age + 1", "19"),
    ("current()/../age + 1", "19"),
    ("../../person/age + 1", "19"),
    # dates
    ("today()", "2026-11-23"),
    ("now()", "2026-11-23T06:00:00.000+09:00"),
    ("${born} < today()", "true"),
    ("${born} > '2000-02-28'", "true"),
    ("${born} = '2000-02-29'", "true"),
    ("today() - ${born}", "9764"),
    ("date(${born} + 1)", "2000-03-01"),
    ("date('2026-02-30')", ""),
    ("date-time(0.25)", "1970-01-01T06:00:00.000"),
    ("date-time('2026-11-23')", "2026-11-23T00:00:00.000"),
    ("date-time(now())", "2026-11-23T06:00:00.000+09:00"),
    ("date-time('x')", ""),
    ("date-time(9999999999)", ""),
    ("date(0)", "1970-01-01"),
    ("date(-1)", "1969-12-31"),
    ("date('2026-11-23T23:59:00+09:00')", "2026-11-23"),
    ("date(9999999999)", ""),
    ("date('x')", ""),
    ("today() <= now()", "true"),
    ("'2026-02-30' < today()", "false"),
    ("decimal-date-time('1970-01-02T12:00:00+09:00')", "1.5"),
    ("decimal-time('1970-01-02T06:00:00+09:00')", "0.25"),
    ("format-date(${born}, '%Y/%n/%e %%')", "2000/2/29 %"),
    ("format-date(now(), '%y%m%d %H:%M')", "261123 06:00"),
    ("format-date(${missing}, '%Y')", ""),
    ("int((today() - ${born}) div 365.25)", "26"),
]


@pytest.mark.parametrize(("source", "expected"), ODK_FACTS)
def test_means_what_odk_means(source: str, expected: str) -> None:
    assert text_of(parse(source).evaluate(Answers(ANSWERS))) == expected


def test_own_value_columns_and_once() -> None:
    assert parse(". > 5").truth(Answers(own="6"))
    assert not parse(". > 5").truth(Answers(own=""))
    assert parse("region = ${q}").truth(Answers({"q": "kanto"}, columns={"region": "kanto"}))
    assert parse("once(today())").evaluate(Answers(own="2020-01-01")) == "2020-01-01"
    assert parse("once(today())").evaluate(Answers()) == "2026-11-23"


def test_repeats_are_read_over_all_instances() -> None:
    scope = Answers(series={"share": ["30", "25.5"], "hole": ["30", ""]})
    assert parse("sum(${share})").evaluate(scope) == Decimal("55.5")
    assert parse("count(${share})").evaluate(scope) == 2
    assert parse("max(${share})").evaluate(scope) == 30
    assert parse("min(${share})").evaluate(scope) == Decimal("25.5")
    assert parse("count(${hole})").evaluate(scope) == 2
    assert parse("count-non-empty(${hole})").evaluate(scope) == 1
    assert text_of(parse("sum(${hole})").evaluate(scope)) == "NaN"
    assert parse("sum(${none})").evaluate(scope) == 0
    assert parse("join(', ', ${share})").evaluate(scope) == "30, 25.5"
    assert parse("join('-', 'a', 1 + 1, ${none})").evaluate(scope) == "a-2-"
    assert text_of(parse("max(${none})").evaluate(scope)) == "NaN"


def test_an_instance_is_read_by_its_number() -> None:
    scope = Answers({"n": "2"}, series={"share": ["30", "25.5"]}, instance=2)
    assert parse("position(..)").evaluate(scope) == 2
    assert parse("position(current()/../..) + 1").evaluate(scope) == 3
    assert parse("indexed-repeat(${share}, ${owners}, ${n})").evaluate(scope) == "25.5"
    assert parse("indexed-repeat(${share}, ${owners}, position(..) - 1)").evaluate(scope) == "30"
    for number in ("0", "3", "-1", "''", "1 div 0"):
        assert parse(f"indexed-repeat(${{share}}, ${{owners}}, {number})").evaluate(scope) == "", number


def test_text_of_a_missing_number_is_no_answer() -> None:
    assert parse("${missing} + 1").text(Answers()) == ""
    assert parse("${n} + 1").text(Answers(ANSWERS)) == "4"


def test_if_evaluates_only_the_branch_that_is_taken() -> None:
    class NoSeries(Answers):
        def series(self, name: str) -> Sequence[str]:
            raise AssertionError("the other branch was evaluated")

    assert parse("if(1 = 1, 'a', sum(${x}))").evaluate(NoSeries()) == "a"


@pytest.mark.parametrize("operator", ["=", "!="])
@pytest.mark.parametrize("answer", ["", "a", "b", "1", "1.0"])
@pytest.mark.parametrize("code", ["", "a", "1"])
def test_short_cuts_mean_the_same_as_the_general_way(operator: str, answer: str, code: str) -> None:
    scope = Answers({"q": answer}, own=answer)
    general = parse(f"string(${{q}}) {operator} '{code}'").evaluate(scope)
    assert parse(f"${{q}} {operator} '{code}'").evaluate(scope) == general
    assert parse(f"'{code}' {operator} ${{q}}").evaluate(scope) == general
    assert parse(f". {operator} '{code}'").evaluate(scope) == general
    chosen = parse(f"selected(string(${{q}}), '{code}')").evaluate(scope)
    assert parse(f"selected(${{q}}, '{code}')").evaluate(scope) == chosen


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("answer", ["", "a", "17", "18", "18.0", " 18 ", "-1", "9" * 40, "2026-11-23"])
def test_the_short_cut_for_bounds_means_the_same(operator: str, answer: str) -> None:
    scope = Answers({"q": answer})
    general = parse(f"${{q}} {operator} number('18')").evaluate(scope)
    assert parse(f"${{q}} {operator} 18").evaluate(scope) is general


def test_knows_what_it_reads() -> None:
    expression = parse("jr:choice-name(${a}, '${b}') = concat(../c, region, 'x${d}')")
    assert expression.references == {"a", "b", "c"}
    assert expression.columns == {"region"}
    assert expression == parse(expression.source)
    assert parse("now() > 1").reads_clock
    assert not expression.reads_clock


@pytest.mark.parametrize("text", ["plain", "it's", 'a "b"', ""])
def test_a_literal_is_its_text(text: str) -> None:
    assert literal(text).constant == text
    assert literal(text).evaluate(Answers()) == text


def test_long_chains_of_conditions_are_fine() -> None:
    source = " or ".join(f"${{q}} = 'c{number}'" for number in range(200))
    assert parse(source).truth(Answers({"q": "c199"}))
    assert not parse(source).truth(Answers({"q": "c200"}))


def test_numbers_stay_bounded() -> None:
    source = " * ".join(["9" * 80] * 40)
    assert text_of(parse(source).evaluate(Answers())) == "Infinity"


def test_every_function_is_in_the_tables_above() -> None:
    written = " ".join(source for source, _ in XPATH_FACTS + ODK_FACTS)
    tested_elsewhere = {"sum", "count", "count-non-empty", "join", "once", "format-date-time", "position"}
    tested_elsewhere |= {"indexed-repeat"}
    assert {name for name in FUNCTIONS if f"{name}(" not in written} == tested_elsewhere
