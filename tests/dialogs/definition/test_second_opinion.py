"""Our evaluator against an independent implementation of XPath 1.0, on expressions that both of them know.

Random expressions of the shared part of the language are evaluated by both; an answer is a variable there and a
``${name}`` here.  Left out are the places where our language differs on purpose, as ODK's does or for the sake of
money: decimals in the place of binary fractions, days that count as numbers, and what only ODK has.  Left out too is
where the other one leaves XPath 1.0: it compares a text with a number or with truth as text, raises where a text is
ordered or a number divided by 0, takes ``1e3`` and ``+1`` for numbers, writes -0, gives ``mod`` the sign of the
divisor, rounds halves to even in ``substring``, and of a character named twice in ``translate`` takes the last.  What
the recommendation says of those stands as facts in ``test_expressions``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings, strategies as st

from dialogs.definition.expressions import parse, text_of
from tests.dialogs.definition.test_expressions import Answers

NAMES = ("a", "b", "c")
#: Answers that mean the same to both: no ISO days, no fractions that are not binary.
ANSWERS = st.sampled_from(
    ["", "0", "1", "2", "-3", "2.5", "-0.25", "10", " 7 ", "x", "yes", "no", "a b", "true", "-", "2026", "false",
     "\N{KATAKANA LETTER A}x"]
)  # fmt: skip
LITERALS = st.sampled_from(["0", "1", "2", "3", "10", "-1", "0.5", ".25", "1.50", "7.75"])
TEXTS = st.sampled_from(["''", "'x'", '"yes"', "'1'", "' 2 '", "'a b'", "'-3'", "'0'", "'x2'"])
PLACES = st.sampled_from(["0", "1", "2", "3", "-1", "10", "string-length(${a})"])
REFERENCES = st.sampled_from([f"${{{name}}}" for name in NAMES])


def numbers(depth: int) -> st.SearchStrategy[str]:
    if depth == 0:
        return LITERALS | REFERENCES.map("number({})".format)
    inner, any_, text = numbers(depth - 1), values(depth - 1), texts(depth - 1)
    return st.one_of(
        LITERALS,
        st.builds("{} {} {}".format, any_, st.sampled_from(["+", "-", "*"]), any_),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["+", "-", "*"]), inner),
        # By a power of two, so that binary fractions are exact as well.
        st.builds("({}) {} {}".format, any_, st.just("div"), st.sampled_from(["2", "4", "-2"])),
        st.builds("string-length({}) mod {}".format, text, st.sampled_from(["2", "3", "0.5"])),
        st.builds("-{}".format, inner),
        st.builds("- ({})".format, any_),
        st.builds("{}({})".format, st.sampled_from(["number", "floor", "ceiling", "round"]), any_),
        # Halves, where rounding shows its rule.
        st.builds("{}(({}) div 2)".format, st.sampled_from(["floor", "ceiling", "round"]), any_ | LITERALS),
        st.builds("string-length({})".format, text),
    )


def texts(depth: int) -> st.SearchStrategy[str]:
    if depth == 0:
        return TEXTS | REFERENCES
    inner, number = texts(depth - 1), numbers(depth - 1)
    parts = inner | st.builds("string(({}) + 0)".format, number) | conditions(depth - 1).map("string({})".format)
    return st.one_of(
        TEXTS,
        REFERENCES,
        parts,
        st.builds("concat({}, {})".format, parts, parts),
        st.builds("normalize-space({})".format, inner),
        st.builds("translate({}, {}, {})".format, inner, st.sampled_from(["'x1'", "' -2'", "'aeys'"]), inner),
        st.builds("{}({}, {})".format, st.sampled_from(["substring-before", "substring-after"]), inner, inner),
        st.builds("substring({}, {})".format, inner, PLACES),
        st.builds("substring({}, {}, {})".format, inner, PLACES, PLACES),
    )


def conditions(depth: int) -> st.SearchStrategy[str]:
    if depth == 0:
        return st.sampled_from(["true()", "false()", "${a} = 'x'", "number(${b}) > 1", "${c} != ''"])
    inner, any_, text = conditions(depth - 1), values(depth - 1), texts(depth - 1)
    ordered = values(depth - 1).map("number({})".format) | LITERALS
    return st.one_of(
        st.builds("{} {} {}".format, text, st.sampled_from(["=", "!="]), text),
        st.builds("{} {} {}".format, ordered, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), ordered),
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or"]), any_),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["=", "!="]), inner),
        st.builds("{}({})".format, st.sampled_from(["not", "boolean"]), any_),
        st.builds("{}({}, {})".format, st.sampled_from(["contains", "starts-with"]), text, text),
    )


def values(depth: int) -> st.SearchStrategy[str]:
    # The other grammar takes no comparison of a comparison without brackets; ours is tested apart.
    return st.one_of(numbers(depth), texts(depth), conditions(depth).map("({})".format))


ROOT = ElementTree.Element("form")


def elsewhere(source: str, answers: Mapping[str, str]) -> Any:
    """The value by the other implementation."""
    from elementpath import XPath1Parser, XPathContext

    written = re.sub(r"\$\{(\w+)\}", r"$\1", source)
    root = XPath1Parser().parse(written)
    return root.evaluate(XPathContext(ROOT, variables=dict(answers)))


def plain(value: Any) -> tuple[str, str]:
    """A value of either side as its kind and text."""
    if isinstance(value, bool):
        return "truth", str(value)
    if isinstance(value, str):
        return "text", value
    if isinstance(value, float) and math.isnan(value):
        return "number", "NaN"
    return "number", text_of(Decimal(value) + 0)


@pytest.mark.slow
@given(source=values(3) | conditions(3), answers=st.fixed_dictionaries(dict.fromkeys(NAMES, ANSWERS)))
@settings(max_examples=1_500, deadline=None)
@example(source="${a} = ''", answers={"a": "", "b": "", "c": ""})
@example(source="round(${a} div 2) * 100 + round(-${a} div 2)", answers={"a": "5", "b": "", "c": ""})
@example(
    source="concat(floor(-${a}), ceiling(-${a}), substring(${b}, 2, 1))", answers={"a": "2.5", "b": "xyz", "c": ""}
)
@example(source="${a} + 1 = 1", answers={"a": "", "b": "", "c": ""})
@example(source="-${a} mod 2 - 3 * 2 > 1 or ${b} = 1 and ${c} != 2", answers={"a": "5", "b": "", "c": ""})
def test_both_say_the_same(source: str, answers: dict[str, str]) -> None:
    ours = parse(source).evaluate(Answers(answers))
    assert plain(ours) == plain(elsewhere(source, answers)), (source, answers)
