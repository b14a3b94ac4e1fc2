"""Properties of the language under any input: no text and no answer can break it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given, settings, strategies as st

from dialogs.definition.expressions import Expression, ExpressionError, parse, text_of
from dialogs.definition.expressions.pattern_syntax import PatternError
from dialogs.definition.expressions.patterns import Pattern

ANSWERS = st.sampled_from(
    ["", "0", "-1", "1.5", "a", "a b", "2026-11-23", "9" * 50, "2026-11-23T10:00:00+09:00", "0000"]
)


class AnyAnswer:
    def __init__(self, answers: Sequence[str]) -> None:
        self._answers = answers

    def value(self, name: str) -> str:
        return self._answers[len(name) % len(self._answers)]

    def own(self) -> str:
        return self._answers[0]

    def today(self) -> date:
        return date(2026, 11, 23)

    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC)

    def label(self, question: str, choice: str) -> str:
        return choice

    def column(self, name: str) -> str:
        return self._answers[-1]

    def series(self, name: str) -> Sequence[str]:
        return self._answers

    def instance(self) -> int:
        return len(self._answers)

    def of_instance(self, name: str, instance: int) -> str:
        return self._answers[instance % len(self._answers)]


# fmt: off
PIECES = st.sampled_from([
    "${a}", "${bb}", ".", "..", "(", ")", ",", "+", "-", "*", "div", "mod", "and", "or", "=", "!=", "<",
    "<=", ">", ">=", "'x'", '"y"', "1", "2.5", ".5", "0", "name", "not(", "selected(", "if(", "today()",
    "now()", "date(", "sum(", "count(", "max(", "min(", "regex(", "'[a-z]+'", "concat(", "substr(", "round(",
    "int(", "coalesce(", "../a", "jr:choice-name(", "'${a}'", "format-date(", "'%Y'", "number(",
    "string-length(", "once(", "position(", "indexed-repeat(", "checklist(", "substring(", "sqrt(", "log(",
    "exp(", "date-time(", "99999999999999999999", "true()", "/",
])
# fmt: on
SOURCES = st.lists(PIECES, max_size=14).map(" ".join) | st.text(max_size=40)


def read(source: str) -> tuple[ExpressionError | None, Expression | None]:
    try:
        return None, parse(source)
    except ExpressionError as error:
        return error, None


@given(source=SOURCES, answers=st.lists(ANSWERS, min_size=1, max_size=4))
@settings(max_examples=600, deadline=None)
def test_a_source_is_refused_with_a_code_or_always_evaluates(source: str, answers: list[str]) -> None:
    refused, expression = read(source)
    if expression is None:
        assert refused is not None
        assert 0 <= refused.position <= len(source)
        return
    value = expression.evaluate(AnyAnswer(answers))
    assert isinstance(value, str | Decimal | bool) or value != value
    assert isinstance(text_of(value), str)
    assert expression.truth(AnyAnswer(answers)) in (True, False)
    assert parse(source) == expression


OPERANDS = st.one_of(st.integers(-99, 99).map(str), st.sampled_from(["${a}", "'7'", "''", "true()"]))


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> str:
    """A fully bracketed expression."""
    if depth == 0 or draw(st.booleans()):
        return draw(OPERANDS)
    operator = draw(st.sampled_from(["+", "-", "*", "=", "<", "and", "or"]))
    return f"({draw(trees(depth=depth - 1))} {operator} {draw(trees(depth=depth - 1))})"


@given(tree=trees())
@settings(max_examples=200, deadline=None)
def test_brackets_and_spaces_change_nothing(tree: str) -> None:
    scope = AnyAnswer(["5"])
    plain = text_of(parse(tree).evaluate(scope))
    assert text_of(parse(f"( ({tree}) )").evaluate(scope)) == plain
    assert text_of(parse(tree.replace(" ", "\n ")).evaluate(scope)) == plain


@st.composite
def patterns(draw: st.DrawFn, depth: int = 3) -> str:
    """Patterns of the subset that mean the same in Python."""
    if depth == 0:
        return draw(st.sampled_from(["a", "b", "1", ".", "[ab]", "[^a]", "[a-c1]", r"\d", r"\W", r"\.", "^", "$"]))
    kind = draw(st.integers(0, 3))
    inner = draw(patterns(depth=depth - 1))
    if kind == 0:
        return inner + draw(patterns(depth=depth - 1))
    if kind == 1:
        return f"(?:{inner}|{draw(patterns(depth=depth - 1))})"
    if kind == 2:
        return f"({inner})" + draw(st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}"]))
    return inner


@given(pattern=patterns(), text=st.text(alphabet="abc1.\u3042", max_size=7))
@settings(max_examples=800, deadline=None)
def test_patterns_match_as_in_python(pattern: str, text: str) -> None:
    assert Pattern(pattern).matches(text) == bool(re.fullmatch(pattern, text, re.ASCII))


@given(pattern=st.text(alphabet="ab1()[]{}*+?|\\.^$,-&dwsn", max_size=12))
@settings(max_examples=500, deadline=None)
def test_any_pattern_is_taken_or_refused(pattern: str) -> None:
    try:
        compiled = Pattern(pattern)
    except PatternError:
        return
    assert compiled.matches("ab1") in (True, False)


def test_patterns_that_hang_elsewhere_take_linear_time() -> None:
    for source in ("(a+)+b", "(a|aa)*b", "(.*)*b", "a*a*a*a*a*a*a*b"):
        assert not Pattern(source).matches("a" * 4_000)
        assert Pattern(source).matches("a" * 3_999 + "b")


def test_patterns_and_texts_are_bounded() -> None:
    for source in ("a" * 501, "(a{999}){999}", "((){999}){999}", "(" * 31 + ")" * 31, "a{99999}"):
        try:
            Pattern(source)
        except PatternError:
            continue
        raise AssertionError(source)
    assert not Pattern(".*").matches("a" * 4_001)
