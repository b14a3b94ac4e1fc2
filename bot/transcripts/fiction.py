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
from itertools import chain, count, islice
from typing import Any

import yaml

from bot.transcripts.notation import RUN, digits_of, gives_away, is_bare, like, same_notation, telling, without_words
from bot.transcripts.offers import offered_by
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
#: A date goes at least so many days away, and less than so many more; so often it is drawn.
_NEAREST, _SPREAD, _DRAWS = 200, 1300, 10
_DATES = ("{y}年{m}月{d}日", "{y}-{m:02}-{d:02}", "{y}/{m}/{d}", "{y}{m:02}{d:02}")


class Fiction:
    """Who stands for whom in one transcript."""

    def __init__(self, salt: str, today: date) -> None:
        self._today = today
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
                found[column] = self._first(kind, value)
        return {column: value for column, value in found.items() if value}

    def _owners(self, written: str) -> str:
        try:
            owners = [one for one in json.loads(written) if isinstance(one, dict)]
        except (ValueError, TypeError):
            return ""
        found: list[dict[str, Any]] = []
        for one in owners:
            invented: dict[str, Any] = {
                key: self._first(kind, str(one[key])) for key, kind in _OWNER.items() if one.get(key)
            }
            if "nationality" in one:
                invented["nationality"] = one["nationality"]
            if re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?%?", str(one.get("share"))):
                invented["share"] = one["share"]
            found.append(invented)
        return json.dumps(found, ensure_ascii=False)

    def _first(self, kind: str, value: str) -> str:
        ours = _own_words()
        fitting = (one for one in self._values(kind, value, value) if _plain(one) in ours or not gives_away(one, value))
        return next(fitting, "")

    def candidates(
        self, text: str, stage: Stage, recorded: Iterable[Mapping[str, Any]], wanted: str = ""
    ) -> Iterator[str]:
        """What may be said instead of ``text``, the likeliest first; ``recorded`` is what came of it.

        Whatever made it, nothing passes that shares with the text more than words which are ours.  ``wanted`` is a
        topic that has to be among those which are offered.
        """
        ours = _own_words() | _shown_words(stage)
        recorded = list(recorded)
        offers = offered_by(stage, next((event for event in recorded if event["kind"] == "faq_shown"), None), wanted)
        # Words of the shipped answers are ours, whoever else has used them.
        yield from offers
        fitting = self._fitting(text, stage, recorded)
        yield from (one for one in fitting if _plain(one) in ours or not gives_away(one, text))

    def entered(self, question: Question, text: str, value: str, stage: Stage) -> Iterator[str]:
        """What staff may have entered instead, where this ``value`` was read from it."""
        ours = _own_words() | _shown_words(stage)
        fitting = self._replies(question, text, [value], stage)
        yield from (one for one in fitting if _plain(one) in ours or not gives_away(one, text))

    def _fitting(self, text: str, stage: Stage, recorded: Iterable[Mapping[str, Any]]) -> Iterator[str]:
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
            elif event["kind"] == "not_understood":
                yield from words()["unmatched"]
            elif event["kind"] == "owner_changed" and event["reason"] == "danger":
                yield from words()["danger"]
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
            if values == [""]:
                yield from words()["plain"].get(kind, ())
            if not values:
                yield from words()["slips"].get(kind, ())
                yield self._renumbered(without_words(text, words()["slips"]["email"][3]), keep=0)

    # Values ---------------------------------------------------------------------------------------

    def _values(self, kind: str, text: str, value: str) -> Iterator[str]:
        digits = len(digits_of(text))
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
                drawn = self._fresh(text)
                yield from (_corporate_number("".join(islice(drawn, 12))) for _ in range(3))
            case "phone":
                if is_bare(text):
                    yield self._renumbered(text, keep=max(0, min(3, digits - 4)))
                yield from words()["phones"]
            case "text":
                yield from words()["free"][self._number(text, 2) :]
            case "integer" | "amount" | "decimal" | "percentage":
                yield from self._near(value)
        # Whatever else stands there would be the customer's own: only numbers in a bare frame get other digits.
        if digits > 1 and is_bare(text):
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
        for moved in self._days(day):
            written = same_notation(text, day, moved)
            if written is not None:
                yield written
            yield from (shape.format(y=moved.year, m=moved.month, d=moved.day) for shape in _DATES)

    def _days(self, day: date) -> list[date]:
        """Other days, months or years away in either direction; first those that are past or to come as this one is."""
        found: list[date] = []
        for draw in range(_DRAWS):
            drawn = self._number(f"{day}/{draw}", 2 * _SPREAD)
            shift = _NEAREST + drawn if drawn < _SPREAD else _SPREAD - _NEAREST - drawn
            try:
                moved = day + timedelta(days=shift)
            except OverflowError:
                continue
            if moved.year != day.year and (moved.month, moved.day) != (day.month, day.day):
                found.append(moved)
        return sorted(found, key=lambda moved: (moved < self._today) != (day < self._today))

    def _renumbered(self, text: str, *, keep: int) -> str:
        """The text with other digits, but for the first ``keep`` of them; wide or narrow, of no other script."""
        kept = digits_of(text)[:keep]
        fresh = chain(kept, self._fresh(text, kept))
        return RUN.sub(lambda run: "".join(like(sign, next(fresh)) for sign in run[0]), text)

    def _fresh(self, text: str, kept: str = "") -> Iterator[str]:
        """Digits without end that after those which are ``kept`` repeat no number of the text."""
        known, stream, before = telling(text), self._digits(text), kept
        length = max(map(len, known), default=1)
        while True:
            digit = next((one for one in islice(stream, 50) if (before + one)[-length:] not in known), "0")
            before = (before + digit)[-length:]
            yield digit

    def _digits(self, text: str) -> Iterator[str]:
        """The digits that belong to a text in this transcript, without end."""
        for part in count():
            hashed = hashlib.sha256(f"{self._salt}\0{part}\0{_folded(text)}".encode()).hexdigest()
            yield from str(int(hashed, 16))[5:70]

    def _number(self, text: str, below: int) -> int:
        return int("".join(islice(self._digits(text), 6))) % below


@cache
def _commands(language: str) -> tuple[str, ...]:
    """The very words of the commands, two of each."""
    written = yaml.safe_load(shipped_text(language, "commands.yaml"))
    entries = (one.get("exact", ()) for one in written.values() if isinstance(one, dict))
    return tuple(word for words in entries for word in [str(one) for one in words if str(one)[:1] != "/"][:2])


@cache
def _own_words() -> frozenset[str]:
    """Every word of transcripts, as ``_plain`` has it."""
    return frozenset(map(_plain, _leaves(words())))


def _leaves(written: Any) -> Iterator[str]:
    if isinstance(written, str):
        yield written
    else:
        for one in written.values() if isinstance(written, Mapping) else written:
            yield from _leaves(one)


def _shown_words(stage: Stage) -> frozenset[str]:
    """What stands or could stand on the customer's screen, as ``_plain`` has it."""
    language, question = language_of(stage.state.locale), stage.question
    found = [button.label for message in stage.shown for button in (*message.buttons, *message.shortcuts)]
    found += [*_commands(language), *(topic.question for topic in load_shipped(language))]
    if question is not None and question.is_select:
        choices = stage.opening.definition.choices.get(question.list_name or "", ())
        found += [label for choice in choices for label in (*choice.label.values(), *choice.button.values())]
        found += map(str, range(1, 100))
    return frozenset(map(_plain, found))


def _plain(text: str) -> str:
    """A word, however it is spaced and in either of the kana."""
    return "".join(chr(ord(sign) + 0x60) if "ぁ" <= sign <= "ゖ" else sign for sign in _folded(text).replace("-", ""))


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split()).removeprefix("☑").removeprefix("☐")


def _are_codes(form: Questionnaire, question: Question, value: str) -> bool:
    return set(value.replace(";", " ").split()) <= set(form.codes.get(question.list_name or "", {}))


def _corporate_number(digits: str) -> str:
    """A corporate number with its check digit (the ordinance on corporate numbers, article 2)."""
    total = sum(int(digit) * (1 if place % 2 else 2) for place, digit in enumerate(digits))
    return f"{9 - total % 9}{digits}"
