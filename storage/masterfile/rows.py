"""One row of the master file: checked, its coded and dated columns in one spelling.

Promise: a row is either taken whole or refused with the column that is wrong; names, addresses
and phone numbers are kept as the bank writes them (comparison folds notation, storing never does),
and a customer number keeps its leading zeros.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from storage.masterfile.choices import CODED_COLUMNS, CodeTable, fold_label
from storage.masterfile.columns import REQUIRED

DATE_COLUMNS = ("birth_date", "residence_expiry", "last_confirmed_on", "relationship_end_on")
OWNER_KEYS = {"name", "name_kana", "birth_date", "address", "nationality", "relation", "share"}

_CUSTOMER_NO = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,31}\Z")
_LOCALE = re.compile(r"[a-z]{2}(_[a-z]+)?\Z")
_KINDS = {"individual": "individual", "個人": "individual", "corporate": "corporate", "法人": "corporate"}
_RATINGS = {"high": "high", "高": "high", "medium": "medium", "中": "medium", "low": "low", "低": "low"}


class ReadsReplies(Protocol):
    """A reader of ``dialogs.replies``, bound to a day: canonical text, or ``None`` where it cannot be read."""

    def __call__(self, kind: str, text: str) -> str | None: ...


@dataclass(frozen=True, kw_only=True)
class Flaw:
    """What is wrong with one column of a row; worded by ``masterfile.row.<code>``."""

    column: str
    code: str


def plain_text(value: str) -> str:
    """A code as it is compared: half width, without blanks around it."""
    return unicodedata.normalize("NFKC", value).strip()


class RowChecker:
    """Checks rows one after the other; holds what it needs to know as data."""

    def __init__(self, *, codes: CodeTable, read: ReadsReplies, today: date) -> None:
        self._codes = codes
        self._read = read
        self._today = today

    def check(self, fields: Mapping[str, str]) -> tuple[dict[str, str], tuple[Flaw, ...]]:
        """The row as it is to be kept, and its flaws; with any flaw it is not to be kept."""
        row = {column: "" if not value.strip() else value for column, value in fields.items()}
        flaws: list[Flaw] = []
        for column in REQUIRED:
            if not row.get(column):
                flaws.append(Flaw(column=column, code="required"))
        for column, value in row.items():
            if value and any(unicodedata.category(mark) == "Cc" and mark not in "\t\r\n" for mark in value):
                flaws.append(Flaw(column=column, code="control_character"))
            elif value:
                kept, code = self._column(column, value)
                row[column] = kept
                if code:
                    flaws.append(Flaw(column=column, code=code))
        return row, tuple(flaws)

    def _column(self, column: str, value: str) -> tuple[str, str]:
        """The value to keep and, where it cannot be taken, why not."""
        plain = plain_text(value)
        if column == "customer_no":
            return plain, "" if _CUSTOMER_NO.match(plain) else "customer_no"
        if column == "kind":
            return _of(_KINDS, plain, "kind")
        if column == "risk_rating":
            return _of(_RATINGS, plain, "risk_rating")
        if column == "locale":
            return plain, "" if _LOCALE.match(plain) else "locale"
        if column in DATE_COLUMNS:
            return self._date(column, value)
        if column in CODED_COLUMNS:
            return self._coded(column, value)
        if column == "nationality":
            return self._nationality(value)
        if column == "corporate_number":
            read = self._read("corporate_number", value)
            return (value, "corporate_number") if read is None else (read, "")
        if column == "owners":
            return self._owners(value)
        return value, ""

    def _date(self, column: str, value: str) -> tuple[str, str]:
        read = self._read("date", value)
        if read is None:
            return value, "date"
        if column == "birth_date" and date.fromisoformat(read) > self._today:
            return value, "birth_date_future"
        return read, ""

    def _coded(self, column: str, value: str) -> tuple[str, str]:
        """A code by name or label; without a choice list for the column there is nothing to check against."""
        words = self._codes.get(column)
        if words is None:
            return value, ""
        parts = [value] if column != "purposes" else [part for part in re.split("[;；]", value) if part.strip()]
        codes = [words.get(fold_label(part), "") for part in parts]
        if not all(codes):
            return value, "unknown_choice"
        return ";".join(dict.fromkeys(codes)), ""

    def _nationality(self, value: str) -> tuple[str, str]:
        codes = [self._read("country", part) for part in re.split("[;；]", value) if part.strip()]
        known = [code for code in codes if code is not None]
        if len(known) < len(codes) or not known:
            return value, "country"
        return ";".join(dict.fromkeys(known)), ""

    def _owners(self, value: str) -> tuple[str, str]:
        """A JSON list of owners, written back in one spelling; unknown keys would be lost, so they are refused."""
        try:
            owners = json.loads(value, parse_constant=_no_number)
        except ValueError:
            return value, "owners_json"
        if not isinstance(owners, list) or not all(isinstance(owner, dict) for owner in owners):
            return value, "owners_json"
        for owner in owners:
            if not set(owner) <= OWNER_KEYS or not str(owner.get("name", "")).strip():
                return value, "owners_keys"
            if not all(isinstance(item, str | int | float) and not isinstance(item, bool) for item in owner.values()):
                return value, "owners_json"
            if text := str(owner.get("birth_date", "")).strip():
                read = self._read("date", text)
                if read is None:
                    return value, "owners_date"
                owner["birth_date"] = read
            if text := str(owner.get("nationality", "")).strip():
                code = self._read("country", text)
                if code is None:
                    return value, "owners_country"
                owner["nationality"] = code
        return json.dumps(owners, ensure_ascii=False, separators=(",", ":")), ""


def _of(words: Mapping[str, str], plain: str, code: str) -> tuple[str, str]:
    found = words.get(plain.casefold())
    return (plain, code) if found is None else (found, "")


def _no_number(name: str) -> float:
    """JSON has no NaN and no infinity, though Python's reader would take them."""
    raise ValueError(name)
