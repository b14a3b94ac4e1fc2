"""Invented values in the place of real ones: of the same shape, and always the same one for the same real value.

Promise: no sign that a customer wrote or that the bank holds gets through but the frame of its notation (the marks of a
date, the dash of a number): a reply is one of the choices shown, a word of ours, or invented.  Whether an invented
reply takes the same path is not guessed here; whoever plays it finds out and takes the next.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import yaml

from bot.transcripts.stage import Stage, words
from dialogs.conversation.answering import reader_kind
from dialogs.definition.model import Question, Questionnaire, QuestionType
from dialogs.faq.topics import load_shipped
from locales import language_of, shipped_text

#: Columns of the master record by the kind of value in them, where no question says it.
_KINDS = {
    "name": "name", "name_kana": "kana", "birth_date": "date", "postal_code": "postal_code", "address": "address",
    "phone": "phone", "email": "email", "employer": "text", "residence_expiry": "date", "representative_name": "name",
    "business": "text", "corporate_number": "corporate_number",
}  # fmt: skip
#: Codes of the bank that say nothing of who somebody is, and on which forms depend.
_KEPT = frozenset({"kind", "risk_rating", "locale", "nationality"})
_OWNER = {"name": "name", "name_kana": "kana", "birth_date": "date", "address": "address"}
_RUN = re.compile(r"[0-9０-９]+")
#: Whatever is no digit and no mark.
_LETTERS = re.compile(r"[^\W\d_]+")
_DATES = ("{y}年{m}月{d}日", "{y}-{m:02}-{d:02}", "{y}/{m}/{d}", "{y}{m:02}{d:02}")


class Fiction:
    """Who stands for whom in one transcript."""

    def __init__(self, salt: str) -> None:
        # Without something secret, a short value could be found again by trying them all.
        self._salt = salt
        self._people: dict[str, int] = {}
        self._places: dict[str, int] = {}
        self._newest = self._place = 0
        self._of_place: set[str] = set()

    def master(self, given: Mapping[str, str], form: Questionnaire) -> dict[str, str]:
        """The record with invented values; what no question of the form reads is left out."""
        read: dict[str, list[Question]] = {}
        for question in form.questions:
            for column in (question.bot.prefill, question.bot.compare):
                if column:
                    read.setdefault(column.partition(".")[0], []).append(question)
        found: dict[str, str] = {}
        for column, value in given.items():
            readers = read.get(column, [])
            if column in _KEPT or any(question.is_select and _are_codes(form, question, value) for question in readers):
                found[column] = value
            elif column == "owners":
                found[column] = self._owners(value)
            elif value and readers and not any(question.is_select for question in readers):
                kind = _KINDS.get(column) or reader_kind(readers[0])
                found[column] = next(iter(self._values(kind, value, value)), "")
        return {column: value for column, value in found.items() if value}

    def _owners(self, written: str) -> str:
        try:
            owners = json.loads(written)
        except ValueError:
            return ""
        kept = ("nationality", "relation", "share")
        return json.dumps(
            [
                {key: value for key, value in one.items() if key in kept}
                | {
                    key: next(iter(self._values(kind, one[key], one[key])), "")
                    for key, kind in _OWNER.items()
                    if one.get(key)
                }
                for one in owners
                if isinstance(one, dict)
            ],
            ensure_ascii=False,
        )

    def candidates(self, text: str, stage: Stage, recorded: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        """What may be said instead of ``text``, the likeliest first; ``recorded`` is what came of it."""
        language = language_of(stage.state.locale)
        shown = [b.label for m in stage.shown[-4:] for b in (*m.buttons, *m.shortcuts)]
        ours = [*shown, *_commands(language)]
        spoken = _folded(text)
        # A choice that is shown, its number, or a command in the very word: nothing of it is the customer's own.
        yield from (word for word in ours if _folded(word) == spoken)
        question = stage.question
        if question is not None and question.is_select and re.fullmatch("[1-9][0-9]?", spoken):
            yield spoken
        topics = {topic.id: topic for topic in load_shipped(language)}
        values: list[str] = []
        for event in recorded:
            if event["kind"] == "faq_shown":
                yield from (topics[one].question for one in event["topics"] if one in topics)
            elif event["kind"] == "answered" and question is not None:
                values.append(str(event["value"]))
        if question is not None:
            yield from self._replies(question, text, values, stage)
        yield from self._staff_words(stage)
        yield from shown
        yield from words()["refused"]
        yield from words()["free"]
        yield from (word for place, word in enumerate(_commands(language)) if place % 2 == 0)

    @staticmethod
    def _staff_words(stage: Stage) -> Iterator[str]:
        if stage.state.owner != "bot":
            yield words()["free"][2]

    def _replies(self, question: Question, text: str, values: list[str], stage: Stage) -> Iterator[str]:
        kind = reader_kind(question)
        if question.is_select:
            for value in values:
                picked = (stage.opening.definition.choice(question, code) for code in value.split())
                for choice in filter(None, picked):
                    yield from (label for label in (*choice.label.values(), *choice.button.values()))
        elif kind == "yes_no" or question.type is QuestionType.ACKNOWLEDGE:
            yield from (*words()["yes"], *words()["no"])
        else:
            yield from self._values(kind, text, values[0] if values else "")
            if not values:
                yield from words()["slips"].get(kind, ())
                yield _LETTERS.sub("mihon", _RUN.sub(lambda run: self._digits(text, len(run[0])), text))

    # Values ---------------------------------------------------------------------------------------

    def _values(self, kind: str, text: str, value: str) -> Iterator[str]:
        match kind:
            case "name" | "kana":
                yield from self._names(kind, text)
            case "date":
                yield from self._dates(text, value)
            case "postal_code" | "address":
                yield from self._places_for(kind, text)
            case "email":
                yield words()["people"][self._person(text)]["email"]
            case "country":
                yield from words()["countries"]
            case "corporate_number":
                yield _corporate_number(self._digits(text, 12))
            case "phone":
                yield self._renumbered(text, keep=3)
                yield from words()["phones"]
            case "text":
                yield from words()["free"][self._number(text, 2) :]
            case "integer" | "amount" | "decimal" | "percentage":
                yield from self._near(value)
        digits = len("".join(_RUN.findall(text)))
        # Letters would be the customer's own: only numbers in a bare frame get other digits.
        if digits > 1 and not any(map(str.isalpha, _frame(text))):
            yield from (self._renumbered(text, keep=keep) for keep in (1, 2) if keep < digits)

    def _near(self, value: str) -> Iterator[str]:
        """Numbers of the same size."""
        if re.fullmatch("[0-9]{1,12}", value):
            step = max(1, 10 ** (len(value) - 2))
            tried = (int(value) + count * step for count in (1 + self._number(value, 3), 1, -1, 2, -2))
            yield from (str(number // step * step) for number in tried if number > 0)

    def _names(self, kind: str, text: str) -> Iterator[str]:
        person = words()["people"][self._person(text)]
        between = "　" if "　" in text else " " if " " in text.strip() else ""
        latin = any("a" <= sign.lower() <= "z" for sign in text)
        if latin:
            yield person["latin"]
        forms = (person["kana"],) if kind == "kana" else (person["name"],)
        for one in forms:
            if kind == "kana" and any("ぁ" <= sign <= "ゖ" for sign in text):
                one = "".join(chr(ord(sign) - 0x60) if "ァ" <= sign <= "ヶ" else sign for sign in one)
            yield one.replace(" ", between)
            yield one
            yield one.replace(" ", "")

    def _person(self, text: str) -> int:
        """Who stands for this name; a reading that was not met before belongs to the name before it."""
        key = "".join(text.split())
        if key not in self._people:
            kana = all(unicodedata.name(sign, "").startswith(("KATAKANA", "HIRAGANA")) for sign in key)
            if not kana or not self._people:
                self._newest = len(set(self._people.values())) % len(words()["people"])
            self._people[key] = self._newest
        return self._people[key]

    def _places_for(self, kind: str, text: str) -> Iterator[str]:
        key = f"{kind} {''.join(text.split())}"
        places = words()["places"]
        if key not in self._places:
            # A code and an address in succession are those of one place; another of the same kind is another place.
            if kind in self._of_place:
                self._place, self._of_place = self._place + 1, set()
            self._of_place.add(kind)
            self._places[key] = self._place
        first = self._places[key]
        for number in range(len(places)):
            place = places[(first + number) % len(places)][kind]
            if kind == "postal_code" and "-" in unicodedata.normalize("NFKC", text):
                place = f"{place[:3]}-{place[3:]}"
            yield place

    def _dates(self, text: str, value: str) -> Iterator[str]:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return
        for years in (1, -1, 2, -2, 0):
            moved = day + timedelta(days=365 * years + 11 + self._number(value, 17))
            written = _rewritten(text, day, moved)
            if written is not None:
                yield written
            yield from (shape.format(y=moved.year, m=moved.month, d=moved.day) for shape in _DATES)

    def _renumbered(self, text: str, *, keep: int) -> str:
        """The text with other digits, but for the first ``keep`` of them."""
        fresh, seen = iter(self._digits(text, 64)), 0
        signs: list[str] = []
        for sign in text:
            if _RUN.fullmatch(sign):
                seen += 1
                digit = sign if seen <= keep else next(fresh)
                sign = chr(ord(digit) + 0xFEE0) if "０" <= sign <= "９" and digit.isascii() else digit
            signs.append(sign)
        return "".join(signs)

    def _digits(self, text: str, count: int) -> str:
        return str(int(hashlib.sha256(f"{self._salt}{_folded(text)}".encode()).hexdigest(), 16))[5 : 5 + count]

    def _number(self, text: str, below: int) -> int:
        return int(self._digits(text, 6)) % below


@cache
def _commands(language: str) -> tuple[str, ...]:
    """The very words of the commands, two of each."""
    written = yaml.safe_load(shipped_text(language, "commands.yaml"))
    entries = (one.get("exact", ()) for one in written.values() if isinstance(one, dict))
    return tuple(word for words in entries for word in [str(one) for one in words if str(one)[:1] != "/"][:2])


def _rewritten(text: str, day: date, moved: date) -> str | None:
    """The same notation of another day: each number that is the day's year, month or day becomes the other's."""
    runs = list(_RUN.finditer(text))
    if len(runs) != 3 or any(map(str.isalpha, _frame(text).translate(_MARKS))):
        return None
    numbers = [int(run[0]) for run in runs]
    if numbers[1:] != [day.month, day.day]:
        return None
    wanted = (numbers[0] + moved.year - day.year, moved.month, moved.day)
    if wanted[0] < 1:
        return None
    pieces, end = [], 0
    for run, number in zip(runs, wanted, strict=True):
        digits = str(number).zfill(len(run[0]) if run[0][0] in "0０" else 1)
        wide = "０" <= run[0][0] <= "９"
        pieces += [text[end : run.start()], "".join(chr(ord(d) + 0xFEE0) for d in digits) if wide else digits]
        end = run.end()
    return "".join([*pieces, text[end:]])


#: The marks of a date that are no letters of the customer's own.
_MARKS = dict.fromkeys(map(ord, "年月日明治大正昭和平成令MTSHRmtshrＭＴＳＨＲ"), "")


def _frame(text: str) -> str:
    return _RUN.sub("", text)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split()).removeprefix("☑").removeprefix("☐")


def _are_codes(form: Questionnaire, question: Question, value: str) -> bool:
    return set(value.replace(";", " ").split()) <= set(form.codes.get(question.list_name or "", {}))


def _corporate_number(digits: str) -> str:
    """A corporate number with its check digit (the ordinance on corporate numbers, article 2)."""
    total = sum(int(digit) * (1 if place % 2 else 2) for place, digit in enumerate(digits))
    return f"{9 - total % 9}{digits}"
