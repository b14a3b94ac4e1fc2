"""Comparing names of people and companies, their readings, and free text.

Promise: character variants of the family register are one name, look-alikes are not; a reading in any script and
as transfer files write it is one reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dialogs.japanese.kana import to_katakana
from dialogs.japanese.variants import has_gaiji
from storage.reconciliation.notation import (
    COMPANY_FORMS,
    Steps,
    long_marks,
    spell_out_company,
    unify_width,
    without_spaces,
)
from storage.reconciliation.slips import is_swap, one_typo, slip, sounds_the_same, swap_only
from storage.reconciliation.variants import fold_kana, same_characters
from storage.reconciliation.verdict import Comparator, Verdict, VerdictCode

_LATIN = re.compile(r"[a-zÀ-ɏ .,'\-]+", re.IGNORECASE)
_KANA = re.compile(r"[ァ-ヺーa-z0-9.,&'()\-]+")
_PUNCTUATION = re.compile("[・･·.,，．、。'’\"“”「」]")
_DASHES = re.compile("[‐‑‒–—―−－─━]")


@dataclass(frozen=True, slots=True)
class NameKey:
    """A name without blanks, and where its given name begins if a blank said so."""

    text: str = field(repr=False)
    given_at: int | None = field(default=None, compare=False)

    @property
    def is_latin(self) -> bool:
        return _LATIN.fullmatch(self.text) is not None


def _name(value: str) -> tuple[NameKey, tuple[str, ...]] | None:
    if has_gaiji(value):
        return None
    steps = Steps(value).to(unify_width(value), "width")
    steps.to(spell_out_company(steps.text), "company_form").to(steps.text.casefold(), "case")
    steps.to(re.sub("[‘’`´]", "'", steps.text), "punctuation")
    if _LATIN.fullmatch(steps.text):
        words = re.split(r"[\s.,]+", steps.text.strip(" .,"))
        steps.to(" ".join(words), "space").to("".join(sorted(words)), "order")
        return (NameKey(steps.text), tuple(steps.rules)) if steps.text else None
    parts = steps.text.split()
    given_at = len(parts[0]) if len(parts) == 2 else None
    steps.to(without_spaces(steps.text), "space").to(long_marks(steps.text), "dash")
    steps.to(_PUNCTUATION.sub("", steps.text), "punctuation")
    return (NameKey(steps.text, given_at), tuple(steps.rules)) if steps.text else None


def _same_name(left: NameKey, right: NameKey) -> tuple[str, ...] | None:
    return same_characters(left.text, right.text)


def _name_typo(left: NameKey, right: NameKey) -> Verdict | None:
    """One wrong character of a kanji name is another name; in Latin letters it is more likely a slip."""
    if left.is_latin and right.is_latin and min(len(left.text), len(right.text)) > 4:
        return one_typo(left.text, right.text)
    if is_swap(left.text, right.text):
        return slip("swapped")
    given_at = left.given_at or right.given_at
    if given_at and left.text[:given_at] == right.text[:given_at]:
        # The same family name, and given names that only the kanji tell apart: 裕子 and 祐子.
        given = left.text[given_at:], right.text[given_at:]
        if len(given[0]) == len(given[1]) and sounds_the_same(left.text, right.text):
            return slip("homophone")
    return _form_left_out(left.text, right.text)


def _form_left_out(master: str, answer: str) -> Verdict | None:
    """青葉商店 for 株式会社青葉商店 says less, and nothing else."""
    for form in COMPANY_FORMS:
        if master in (form + answer, answer + form):
            return Verdict(verdict=VerdictCode.INCOMPLETE, reason="company_form_left_out")
    return None


def _text(value: str) -> tuple[str, tuple[str, ...]] | None:
    if has_gaiji(value):
        return None
    steps = Steps(value).to(unify_width(value), "width")
    steps.to(spell_out_company(steps.text), "company_form").to(steps.text.casefold(), "case")
    steps.to(without_spaces(steps.text), "space").to(long_marks(steps.text), "dash")
    steps.to(_DASHES.sub("-", steps.text), "dash").to(_PUNCTUATION.sub("", steps.text), "punctuation")
    return (steps.text, tuple(steps.rules)) if steps.text else None


def _text_typo(left: str, right: str) -> Verdict | None:
    return swap_only(left, right) or _form_left_out(left, right)


def _kana(value: str) -> tuple[str, tuple[str, ...]] | None:
    steps = Steps(value).to(unify_width(value), "width")
    steps.to(without_spaces(steps.text), "space").to(to_katakana(steps.text.casefold()), "kana_script")
    steps.to(long_marks(steps.text), "dash").to(steps.text.replace("・", ""), "punctuation")
    return (steps.text, tuple(steps.rules)) if _KANA.fullmatch(steps.text) else None


def _same_kana(left: str, right: str) -> tuple[str, ...] | None:
    return ("small_kana",) if fold_kana(left) == fold_kana(right) else None


def _kana_typo(left: str, right: str) -> Verdict | None:
    return one_typo(left, right) if min(len(left), len(right)) > 3 else swap_only(left, right)


NAME = Comparator(canonical=_name, fold=_same_name, explain=_name_typo)
TEXT = Comparator(canonical=_text, fold=same_characters, explain=_text_typo)
KANA = Comparator(canonical=_kana, fold=_same_kana, explain=_kana_typo)
