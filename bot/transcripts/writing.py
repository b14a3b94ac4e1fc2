"""Turns a conversation into a transcript: each line is played first, and must bring about what was recorded.

Promise: the file passes the suite as it is.  Where a line cannot be said in other words on the same path, where a
transcript has no line for what happened, or where playing it departs from the record, the transcript ends and says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.transcripts import office
from bot.transcripts.deeds import AT_ONCE, BY_CUSTOMER, Deed
from bot.transcripts.fiction import Fiction
from bot.transcripts.stage import ACTS, CHANNELS, Opening, Stage, words
from dialogs.conversation import events as ev
from dialogs.conversation.answering import reader_kind
from dialogs.conversation.events import AnswerState, Key, Owner
from dialogs.conversation.prompts import Message
from dialogs.conversation.understanding import Understanding
from dialogs.definition.model import Questionnaire
from locales import Catalogue

_CUSTOMER, _BANK, _STAFF, _CLOCK = "客", "銀行", "係", "時計"
#: What two playings of the same path need not have in common.
_FREE = frozenset({
    "kind", "at", "token", "value", "display", "content_id", "score", "scores", "version", "receipt_no", "epoch",
    "staff_id", "by", "basis",
})  # fmt: skip
_BASES = frozenset({"master", "previous", "default"})
#: What was read from a message that was taken back: it fits everything.
_LOST = "\0"
#: As many replies are tried in the place of one.
_MOST_TRIES = 120


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Why a transcript ends before the conversation did."""

    #: value: no other words take the same path; button; beyond: a transcript has no line for it; differs
    why: str
    #: The line that would have come, from 1.
    line: int
    #: Name of the question that was open, or what goes beyond a transcript.
    what: str


@dataclass(kw_only=True)
class Written:
    lines: list[tuple[str, str]] = field(default_factory=list)
    #: Lines in which other words stand for the customer's.
    replaced: int = 0
    cut: Cut | None = None


class Writer:
    """Writes one transcript; without ``fiction`` the words stay what they were."""

    def __init__(
        self,
        opening: Opening,
        deeds: Sequence[Deed],
        recorded: Sequence[Mapping[str, Any]],
        understanding: Understanding,
        fiction: Fiction | None,
    ) -> None:
        self._stage = Stage(opening, understanding)
        self._deeds = deeds
        self._recorded = recorded
        #: Messages of which nobody knows any more what they said, and what was read from them.
        self._taken_back = {str(event["content_id"]) for event in recorded if event["kind"] == "taken_back"}
        self._marks = [_mark(event, opening.definition, self._taken_back) for event in recorded]
        #: The content rows of what was typed so far, in order.
        self._typed: list[str] = []
        self._fiction = fiction
        self._written = Written()
        #: When the deed that is being played was done, and how many are begun.
        self._until = opening.start
        self._begun = 0

    def write(self) -> Written:
        """The lines as far as they can be played."""
        if not self._bring_about(self._stage.begin):
            # Even then the suite hears how it begins.
            self._written.lines += [(_BANK, bubble(message)) for message in self._stage.begin()]
            self._end("differs")
            return self._written
        for deed in self._deeds:
            self._wait(deed.at)
            self._until = deed.at
            self._begun += 1
            if not self._do(deed):
                break
        return self._written

    def file(self, catalogue: Catalogue, form: str | None) -> str:
        """The file of what was written, with the ``form`` (canonical) where the suite has it not."""
        shows = "2" if self._fiction is not None else "made_up"
        return "".join(f"{line}\n" for line in _file(self._stage, self._written, catalogue, form, shows))

    # One deed -------------------------------------------------------------------------------------

    def _do(self, deed: Deed) -> bool:
        stage = self._stage
        match deed.kind:
            case "typed":
                return self._say(deed)
            case "secret":
                invented = words()["secrets"].get(deed.text, ())
                return any(self._line(_CUSTOMER, one, stage.typed) for one in invented) or self._end("value")
            case "tapped":
                button = stage.button(deed.text, deed.token)
                label = "" if button is None else button.label.removeprefix("☑ ").removeprefix("☐ ")
                done = bool(label) and self._line(_CUSTOMER, f"[{label}]", lambda _: stage.tapped(label))
                return done or self._end("differs" if label else "button")
            case "media":
                sign = words()["media"].get(deed.text)
                done = sign is not None and self._line(_CUSTOMER, sign, lambda _: stage.sent(deed.text))
                return done or self._end("beyond", deed.text)
            case "taken_back" if deed.content_id in self._typed:
                return self._take_back(len(self._typed) - self._typed.index(deed.content_id))
            case "returned":
                return self._line(_CUSTOMER, words()["returns"], lambda _: stage.returned()) or self._end("differs")
            case "moved" if deed.text in CHANNELS:
                return self._move(deed.text, sensitive_allowed=not deed.value)
            case "entered" if deed.key is not None:
                return self._enter(deed, Key(*deed.key))
            case "staff_said" if stage.state.owner is Owner.STAFF:
                self._written.lines.append((_STAFF, words()["staff_says"]))
                return True
            case act if act in ACTS:
                speaker, text = words()["acts"][act]
                return self._line(speaker, text, lambda _: stage.act(act)) or self._end("differs")
        return self._end("beyond", deed.text or deed.kind)

    def _say(self, deed: Deed) -> bool:
        is_lost = deed.content_id in self._taken_back
        if (not deed.text and not is_lost) or deed.text.startswith("[withheld"):
            return self._end("value")
        if self._fiction is None and not is_lost:
            said = self._line(_CUSTOMER, deed.text, self._stage.typed) or self._end("differs")
        else:
            fiction = self._fiction or Fiction("", self._stage.now.date())
            fitting = fiction.candidates(deed.text, self._stage, list(self._next_recorded()), self._wanted(deed))
            said = self._try(fitting, deed.text, _CUSTOMER, "{}", self._stage.typed)
        if said:
            self._typed.append(deed.content_id)
        return said

    def _wanted(self, deed: Deed) -> str:
        """Of topics that are offered now the one that is chosen next, if any is."""
        later = self._deeds[self._deeds.index(deed) + 1 :]
        chosen = next((one.text for one in later if one.kind == "tapped"), "")
        return chosen.removeprefix("q.") if chosen.startswith("q.") else ""

    def _try(
        self, fitting: Iterable[str], real: str, speaker: str, shape: str, play: Callable[[str], list[Message]]
    ) -> bool:
        """Say the first of these words that takes the recorded path, in a line of this shape."""
        tried: set[str] = set()
        for one in fitting:
            if one in tried or not one or one.startswith(("[", "(")):
                continue
            tried.add(one)
            if self._line(speaker, shape.format(one), lambda _, one=one: play(one)):  # type: ignore[misc]
                self._written.replaced += one != real
                return True
            if len(tried) >= _MOST_TRIES:
                break
        return self._end("value")

    def _take_back(self, which: int) -> bool:
        shapes = words()["takes_back"]
        text = shapes["last"] if which == 1 else shapes["before"].format(n=which)
        return self._line(_CUSTOMER, text, lambda _: self._stage.takes_back(which)) or self._end("differs")

    def _move(self, channel: str, *, sensitive_allowed: bool) -> bool:
        text = words()["moves"]["all" if sensitive_allowed else "plain"].format(channel=channel)
        stage, before = self._stage, self._stage.channel
        done = self._line(_CUSTOMER, text, lambda _: stage.moved(channel, sensitive_allowed=sensitive_allowed))
        if not done:
            stage.channel = before
        return done or self._end("differs")

    def _enter(self, deed: Deed, key: Key) -> bool:
        shape = f"{words()['enters'].format(key=key)} {{}}"
        if self._fiction is None:
            fitting: Iterable[str] = (deed.text,)
        else:
            question = self._stage.opening.definition.question(key.question)
            fitting = self._fiction.entered(question, deed.text, deed.value, self._stage)
        return self._try(fitting, deed.text, _STAFF, shape, lambda one: self._stage.entered(key, one))

    def _line(self, speaker: str, text: str, play: Callable[[str], list[Message]]) -> bool:
        """Play a line and keep it, where it brings about what was recorded."""
        lines = len(self._written.lines)
        self._written.lines.append((speaker, text))
        if self._bring_about(lambda: play(text)):
            return True
        del self._written.lines[lines:]
        return False

    def _bring_about(self, play: Callable[[], list[Message]]) -> bool:
        stage = self._stage
        mark, played = stage.mark(), len(stage.events) - 1
        try:
            said = play()
        except LookupError:
            return False
        fresh = [_mark(ev.to_json(event), stage.opening.definition) for event in stage.events[played + 1 :]]
        until = played + len(fresh)
        same = len(self._marks) >= until and all(map(_fits, fresh, self._marks[played:until]))
        if not same or not self._is_whole(played, until):
            stage.back_to(mark)
            return False
        self._written.lines += [(_BANK, bubble(message)) for message in said]
        return True

    def _is_whole(self, since: int, until: int) -> bool:
        """Whether all that one turn recorded has come about: it bears one time."""
        if until == len(self._recorded):
            return True
        following = _at(self._recorded[until])
        parted = following > self._until if since == until else following != _at(self._recorded[until - 1])
        return parted or self._shares_a_turn(following)

    def _shares_a_turn(self, moment: datetime) -> bool:
        """Whether what was recorded as of this moment may be of the next deed: what comes together is one turn."""
        later = self._deeds[self._begun] if self._begun < len(self._deeds) else None
        return later is not None and later.kind in BY_CUSTOMER and later.at - moment < AT_ONCE

    def _next_recorded(self) -> Iterator[Mapping[str, Any]]:
        at = len(self._stage.events) - 1
        for event in self._recorded[at:]:
            if event["at"] != self._recorded[at]["at"]:
                return
            yield event

    def _wait(self, at: datetime) -> None:
        gap = at - self._stage.now
        shapes = words()["later"]
        for unit, span in (
            ("days", timedelta(days=1)),
            ("hours", timedelta(hours=1)),
            ("minutes", timedelta(minutes=1)),
        ):
            count = gap // span
            if count > 0:
                gap -= count * span
                self._stage.later(count * span)
                self._written.lines.append((_CLOCK, shapes[unit].format(n=count)))

    def _end(self, why: str, what: str = "") -> bool:
        question = self._stage.question
        place = what or (question.name if question is not None else self._stage.state.phase)
        while self._written.lines and self._written.lines[-1][0] == _CLOCK:
            self._written.lines.pop()
        self._written.cut = Cut(why=why, line=len(self._written.lines) + 1, what=place)
        return False


def _at(event: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(event["at"])


def _mark(event: Mapping[str, Any], form: Questionnaire, lost: Collection[str] = ()) -> dict[str, Any]:
    """What two playings of one path have in common about an event; ``_LOST`` where that is not known any more."""
    kept: dict[str, Any] = {key: value for key, value in event.items() if key not in _FREE}
    kind, key = event["kind"], event.get("key")
    if kind == "asked":
        if event.get("basis") in _BASES:
            kept["basis"] = event["basis"]
        if lost and not event.get("selection"):
            kept["selection"] = _LOST
    # Which topics are like a text depends on all its words.
    if kind == "not_understood" or (kind == "faq_shown" and event["action"] == "offer"):
        kept.pop("topics", None)
    if kind in ("answered", "proposed") and key is not None and key[0] in form.by_name:
        question = form.question(key[0])
        if question.is_select or reader_kind(question) == "yes_no":
            kept["value"] = _LOST if event.get("content_id") in lost else event["value"]
    return {"kind": kind, **json.loads(json.dumps(kept))}


def _fits(played: Mapping[str, Any], recorded: Mapping[str, Any]) -> bool:
    """Whether both are of one path."""
    return set(played) == set(recorded) and all(recorded[name] in (_LOST, played[name]) for name in recorded)


# The file -------------------------------------------------------------------------------------------


def bubble(message: Message) -> str:
    """One bubble as it stands in a file."""
    shown = [
        button.label if button.number is None else f"{button.number}. {button.label}" for button in message.buttons
    ]
    lines = [message.text, *(f"[{label}]" for label in shown)]
    if message.shortcuts:
        lines.append("(" + " · ".join(button.label for button in message.shortcuts) + ")")
    return "\n".join(lines)


def _file(stage: Stage, written: Written, catalogue: Catalogue, form: str | None, shows: str) -> Iterator[str]:
    opening = stage.opening
    questionnaire = opening.definition.id
    day = opening.start.date().isoformat()
    yield f"title: {_text(catalogue.text('transcript.title', day=day, form=questionnaire))}"
    yield "shows:"
    for number in ("1", shows, "3"):
        yield f"  - {_text(catalogue.text(f'transcript.shows_{number}', replaced=str(written.replaced)))}"
    yield f"questionnaire: {questionnaire}"
    yield f"channel: {opening.channel}"
    yield f"locale: {opening.locale}"
    yield f"sensitive_allowed: {str(opening.sensitive_allowed).lower()}"
    yield f"start: {_text(opening.start.isoformat(timespec='seconds'))}"
    if opening.office is not None:
        yield f"office: {json.dumps(office.written(opening.office))}"
    yield "master:" if opening.master else "master: {}"
    yield from (f"  {column}: {_text(value)}" for column, value in opening.master.items())
    yield "conversation:"
    for speaker, text in written.lines:
        if speaker == _BANK:
            yield f"  - {speaker}: |"
            yield from (f"      {line}".rstrip() for line in text.splitlines())
        else:
            yield f"  - {speaker}: {_text(text)}"
    if written.cut is not None:
        yield f"  # {sentence(written.cut, catalogue)}"
    yield "outcome:"
    yield from _outcome(stage)
    if form is not None:
        yield "form: |"
        yield f"  {form}"


def sentence(cut: Cut, catalogue: Catalogue) -> str:
    """Why a transcript ends where it does."""
    return catalogue.text(f"transcript.cut_{cut.why}", line=str(cut.line), what=cut.what)


def _outcome(stage: Stage) -> Iterator[str]:
    state, events = stage.state, stage.events
    yield f"  phase: {state.phase}"
    yield "  answers:" if state.answers else "  answers: {}"
    yield from (f"    {_text(str(key))}: {_text(answer.value)}" for key, answer in state.answers.items())
    order = {question.name: place for place, question in enumerate(stage.opening.definition.questions)}
    for wanted in (AnswerState.UNCHANGED, AnswerState.DECLINED, AnswerState.OTHER_CHANNEL):
        keys = [str(key) for key, answer in state.answers.items() if answer.state is wanted]
        yield f"  {wanted.value}: {_list(sorted(keys, key=lambda key: (order[key.split('[')[0]], key)))}"
    marked = [str(key) for key, answer in state.answers.items() if answer.marked]
    yield f"  marked: {_list(sorted(marked, key=lambda key: (order[key.split('[')[0]], key)))}"
    waits = [e.reason for e in events if isinstance(e, ev.OwnerChanged) and e.owner is Owner.WAITING]
    yield f"  handover: {_list(waits)}"
    topics = [one for e in events if isinstance(e, ev.FaqShown) and e.action != "offer" for one in e.topics]
    yield f"  faq: {_list(topics)}"
    yield f"  withheld: {_list(e.secret for e in events if isinstance(e, ev.SecretKeptBack))}"


def _list(items: Iterable[str]) -> str:
    return json.dumps(list(items), ensure_ascii=False)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
