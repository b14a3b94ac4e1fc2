"""How the bot gives a customer to people and takes him back, and what he hears of it at each moment.

Promise: whoever asks for a person hears at once whether somebody is there; nobody waits without knowing that he may go
on; and the position in the form is never touched, so it goes on at the same question.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dialogs.conversation import asking, events as ev
from dialogs.conversation.events import Event, Key, Owner
from dialogs.conversation.prompts import Button, Phrase, Piece
from dialogs.conversation.state import State

#: "Wait on", where the customer is asked whether he will.
WAIT = Button(option="wait", label=Phrase(key="button.wait"))
#: The bank's telephone number.
PHONE = Button(option="phone", label=Phrase(key="button.phone"))

#: Reasons for which the form goes on while nobody is there: the bot can still do its part.
_FORM_GOES_ON = frozenset({"customer_asked", "unmatched"})
#: Questions in a row that nothing fitted, after which a person is called.
CALL_AFTER_UNMATCHED = 2


class Staffing(Protocol):
    """Whether the bank's staff are there at this moment."""

    @property
    def is_open(self) -> bool: ...

    def hours(self, locale: str) -> str:
        """Their days and hours in words; empty where somebody is always there."""

    def next_day(self, locale: str) -> str:
        """Day and hour when they reply at the earliest if not today; empty where somebody is always there."""


class _Turn(Protocol):
    """What a turn can do (dialogs.conversation.turn)."""

    now: datetime
    state: State
    staffing: Staffing | None

    def record(self, event: Event) -> None: ...
    def say(self, *pieces: Piece, buttons: Sequence[Button] = ()) -> None: ...
    def go_on(self, *lead: Piece) -> None: ...


def call(turn: _Turn, reason: str, *lead: Piece, key: Key | None = None) -> None:
    """A person takes over as soon as one is free; ``key`` is the answer that called for one."""
    locale = turn.state.locale
    if turn.staffing is not None and not turn.staffing.is_open and reason in _FORM_GOES_ON:
        _ask_for_later(turn, turn.staffing, reason, lead)
        return
    epoch = turn.state.epoch + 1
    turn.record(ev.OwnerChanged(at=turn.now, owner=Owner.WAITING, epoch=epoch, reason=reason, key=key))
    words = waiting_words(turn.staffing, locale)
    if key is None:
        turn.say(*lead, *words, buttons=(asking.RESUME,))
    else:
        words = (Phrase(key="handover.by_answer"), *(words if words[0].key == "handover.closed" else ()))
        turn.say(*lead, *words, buttons=(asking.CHANGE_ANSWER,))


def waiting_words(staffing: Staffing | None, locale: str) -> tuple[Phrase, ...]:
    """What somebody hears who begins to wait."""
    if staffing is None or staffing.is_open:
        return (Phrase(key="handover.waiting"),)
    return (Phrase(key="handover.closed", params={"hours": staffing.hours(locale)}), reply_words(staffing, locale))


def reply_words(staffing: Staffing | None, locale: str) -> Phrase:
    """When staff will reply, if not now."""
    day = "" if staffing is None else staffing.next_day(locale)
    return Phrase(key="handover.reply_on", params={"day": day}) if day else Phrase(key="handover.reply_later")


def _ask_for_later(turn: _Turn, staffing: Staffing, reason: str, lead: Sequence[Piece]) -> None:
    """Nobody is there: the request goes to staff, and the form goes on."""
    locale = turn.state.locale
    turn.record(ev.PersonAsked(at=turn.now, reason=reason))
    pieces = (*lead, *waiting_words(staffing, locale))
    if turn.state.noting:
        pieces = (*pieces, Phrase(key="handover.write_down"))
    over = turn.state.is_over
    turn.say(
        *pieces, *(() if over else (Phrase(key="handover.form_goes_on"),)), buttons=() if over else (asking.RESUME,)
    )
    if not turn.state.noting:
        turn.go_on()


def take_note(turn: _Turn, content_id: str | None) -> None:
    """What the customer wrote down for staff while nobody was there; then the same question again."""
    turn.record(ev.NoteLeft(at=turn.now, content_id=content_id))
    turn.go_on(Phrase(key="handover.note_taken"))


def still_waiting(turn: _Turn, *lead: Piece, again: bool = False) -> None:
    """Said once: the message has arrived, a person is coming."""
    if again or not turn.state.waiting_told:
        turn.record(ev.WaitingTold(at=turn.now))
        turn.say(*lead, Phrase(key="handover.still_waiting"), buttons=(_way_back(turn),))


def waited_long(turn: _Turn) -> None:
    """The customer is not forgotten; what else he can do."""
    turn.record(ev.WaitingTold(at=turn.now))
    turn.say(Phrase(key="handover.waited_long"), buttons=(WAIT, _way_back(turn), PHONE))


def nobody_came(turn: _Turn) -> None:
    """Told, and on with the form; past an answer that calls for a person the form does not go by itself."""
    words = (Phrase(key="handover.nobody_came"), reply_words(turn.staffing, turn.state.locale))
    if turn.state.handover_at is None:
        back_to_bot(turn, "nobody_came", *words, Phrase(key="handover.form_goes_on"))
    elif turn.state.owner is Owner.WAITING:
        turn.record(ev.WaitingTold(at=turn.now))
        turn.say(*words, buttons=(_way_back(turn), PHONE))


def release(turn: _Turn, reason: str) -> None:
    """Back into the line, for somebody else; a customer who was left without an answer hears so."""
    epoch = turn.state.epoch + 1
    turn.record(ev.OwnerChanged(at=turn.now, owner=Owner.WAITING, epoch=epoch, reason=f"released:{reason}"))
    if reason == "idle":
        turn.say(Phrase(key="handover.other_staff"), buttons=(_way_back(turn),))


def hand_back(turn: _Turn, reason: str, *, past_due: bool) -> None:
    """Staff are done; a form that is late goes on all the same, and the customer hears that it may."""
    late = (Phrase(key="handover.past_due"),) if past_due and not turn.state.is_over else ()
    back_to_bot(turn, reason, Phrase(key="handover.returned"), *late)


def back_to_bot(turn: _Turn, reason: str, *lead: Piece) -> None:
    """The bot speaks again, at the same question."""
    turn.record(ev.OwnerChanged(at=turn.now, owner=Owner.BOT, epoch=turn.state.epoch + 1, reason=reason))
    if turn.state.paused:
        turn.record(ev.Resumed(at=turn.now))
    turn.go_on(*lead)


def _way_back(turn: _Turn) -> Button:
    return asking.RESUME if turn.state.handover_at is None else asking.CHANGE_ANSWER
