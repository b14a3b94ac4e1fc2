"""What is no expression of ours: refused with a code, its place, and where there is one a way to put it right."""

from __future__ import annotations

import pytest

from dialogs.definition.expressions import FUNCTIONS, ExpressionError, parse
from dialogs.definition.expressions.functions import REFUSED
from dialogs.definition.issues import Place, issue_of
from locales import SHIPPED_LANGUAGES, load_catalogue


@pytest.mark.parametrize(
    ("source", "code", "position"),
    [
        ("", "empty", 0),
        ("  ", "empty", 0),
        ("1 +", "unexpected_end", 3),
        ("1 2", "unexpected", 2),
        ("(1", "unexpected_end", 2),
        ("1)", "unexpected", 1),
        ("and 1", "unexpected", 4),
        ("${age} = ‘x’", "smart_quote", 9),
        ("${age} = 'x", "unterminated_string", 9),
        ("${1a} = 1", "bad_name", 0),
        ("${a b}", "bad_name", 0),
        ("${last-saved#x}", "bad_name", 0),
        ("${age", "bad_name", 0),
        ("/data/age", "absolute_path", 0),
        ("1 | 2", "unexpected_character", 2),
        ("1 == 2", "unexpected", 3),
        ("a[1]", "unexpected_character", 1),
        ("selectd(${a}, 'x')", "unknown_function", 0),
        ("random()", "unsupported_function", 0),
        ("1 + position(1)", "parent_expected", 4),
        ("position()", "wrong_argument_count", 0),
        (".. = 1", "unexpected", 0),
        ("indexed-repeat('a', ${b}, 1)", "name_expected", 0),
        ("weighted-checklist(1, 2, 3, 4, 5)", "wrong_argument_count", 0),
        ("selected(${a})", "wrong_argument_count", 0),
        ("today(1)", "wrong_argument_count", 0),
        ("jr:choice-name(${a}, 'a')", "name_expected", 0),
        ("sum(1 + 2)", "name_expected", 0),
        ("regex(${a}, ${b})", "literal_expected", 0),
        ("regex(${a}, '(a)\\1')", "bad_pattern", 12),
        ("format-date(${a}, '%Q')", "bad_format", 18),
        ("format-date(${a}, '%')", "bad_format", 18),
        ("(" * 60 + "1" + ")" * 60, "too_deep", 50),
        ("-" * 60 + "1", "too_deep", 50),
        ("1" + "+1" * 60, "too_deep", 0),
        ("1" * 4001, "too_long", 4000),
    ],
)
def test_refuses_with_a_code_and_a_place(source: str, code: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    assert (caught.value.code, caught.value.position) == (code, position)


def test_suggests_the_function_that_was_meant() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("selectd(${a}, 'x')")
    assert caught.value.params["suggestion"] == "selected"


# fmt: off
#: The functions of ODK's reference, by name.
ODK = (
    "abs", "acos", "area", "asin", "atan", "atan2", "base64-decode", "boolean", "boolean-from-string", "checklist",
    "coalesce", "concat", "contains", "cos", "count", "count-non-empty", "count-selected", "current", "date",
    "date-time",
    "decimal-date-time", "decimal-time", "digest", "distance", "ends-with", "exp", "exp10", "extract-signed", "false",
    "format-date", "format-date-time", "geofence", "id", "if", "indexed-repeat", "instance", "int", "intersects",
    "join",
    "jr:choice-name", "jr:itext", "log", "log10", "max", "min", "normalize-space", "not", "now", "number", "once", "pi",
    "position", "pow", "pulldata", "random", "randomize", "regex", "round", "selected", "selected-at", "sin", "sqrt",
    "starts-with", "string", "string-length", "substr", "substring-after", "substring-before", "sum", "tan", "today",
    "translate", "true", "uuid", "weighted-checklist",
)
# fmt: on


def test_every_function_of_odk_is_taken_or_refused_by_name() -> None:
    assert {name for name in ODK if name not in FUNCTIONS and name not in REFUSED} == set()
    assert REFUSED.keys() & FUNCTIONS.keys() == set()


@pytest.mark.parametrize("language", SHIPPED_LANGUAGES)
@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_function_that_is_not_taken_is_said_to_be_odks_and_why(name: str, language: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(f"1 + {name}(1)")
    assert (caught.value.code, caught.value.position) == ("unsupported_function", 4)
    catalogue = load_catalogue(language)
    sentence = issue_of(caught.value, Place(sheet="survey", row=3)).message(catalogue.text)
    assert name in sentence
    assert catalogue.text(f"check.reason.{REFUSED[name]}") in sentence
