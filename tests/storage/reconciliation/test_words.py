"""Every code that the back office can utter has its words, in every language, with the same placeholders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from locales import SHIPPED_LANGUAGES, load_catalogue, placeholders
from storage.exports.columns import FIXED_COLUMNS

ROOT = Path(__file__).parents[3]
AREAS = ("masterfile.", "reconcile.", "export.", "customers.", "cases.", "letters.", "backoffice.")


def uttered(folder: str, *patterns: str) -> set[str]:
    # The worker's reasons are those of a case's moves.
    paths = [path for path in sorted((ROOT / folder).glob("*.py")) if path.name != "worker.py"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    return {code for pattern in patterns for code in re.findall(pattern, text)}


REASONS = uttered(
    "storage/reconciliation",
    r'reason="([a-z_]+)"',
    r'_changed\("([a-z_]+)"\)',
    r'slip\("([a-z_]+)"\)',
    r'"(cannot_read_[a-z]+)"',
    r'_judge\(.*?"([a-z_]+)"\)',
) | {"prefecture_differs", "district_differs", "declined", "other_channel"}
RULES = uttered(
    "storage/reconciliation",
    r'\.to\(.*?, "([a-z_]+)"\)',
    r'return \("([a-z_]+)",\)',
    r'rules\.append\("([a-z_]+)"\)',
    r'_by_reader\("[a-z_]+", "([a-z_]+)"\)',
    r'\(\["([a-z_]+)"\] if ',
    r'\("(unit|space|order)",\)',
    r'return "(kanji_variant|small_kana|accent)"',
) | {"prefecture_left_out", "district_left_out"}
_RAISED = r'MasterFileProblem\(\s*"([a-z_0-9]+)"'
FILE_PROBLEMS = uttered("storage/masterfile", _RAISED) | uttered("bot/outreach", _RAISED)
ROW_PROBLEMS = uttered("storage/masterfile", r'code="([a-z_]+)"', r'value, "([a-z_]+)"', r'else "([a-z_]+)"') | {
    "kind",
    "risk_rating",
}

WANTED = {
    *(f"reconcile.reason.{code}" for code in REASONS),
    *(f"reconcile.rule.{code}" for code in RULES),
    *(f"masterfile.{code}" for code in FILE_PROBLEMS),
    *(f"masterfile.row.{code}" for code in ROW_PROBLEMS),
    *(f"export.column.{name}" for name in FIXED_COLUMNS),
}


def test_the_scan_sees_the_codes() -> None:
    assert {"house_number_differs", "expired", "marked", "check_digit", "variant"} <= REASONS
    assert {"width", "kanji_variant", "unit", "room_number", "date_form", "label"} <= RULES
    assert {"undecodable", "mapping_shape"} <= FILE_PROBLEMS
    assert {"duplicate", "required", "owners_json", "customer_no"} <= ROW_PROBLEMS


@pytest.mark.parametrize("locale", SHIPPED_LANGUAGES)
def test_every_code_has_its_words(locale: str) -> None:
    catalogue = load_catalogue(locale)
    assert sorted(key for key in WANTED if key not in catalogue) == []


def test_all_languages_have_the_same_keys_and_placeholders() -> None:
    first, *others = (load_catalogue(locale) for locale in SHIPPED_LANGUAGES)
    keys = {key for key in set(first.keys()) if key.startswith(AREAS)}
    for other in others:
        assert {key for key in set(other.keys()) if key.startswith(AREAS)} == keys
        for key in keys:
            assert placeholders(other.template(key)) == placeholders(first.template(key)), key


def test_no_words_are_left_without_a_code() -> None:
    catalogue = load_catalogue(SHIPPED_LANGUAGES[0])
    spoken = {
        key for key in set(catalogue.keys()) if key.startswith(("masterfile.", "reconcile.reason.", "reconcile.rule."))
    }
    assert sorted(spoken - WANTED) == []
