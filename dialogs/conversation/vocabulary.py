"""The words that events, state and prompts share: a place of a form, and the closed lists."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Key(NamedTuple):
    """One answerable place: a question, and in a repeat which instance (from 1)."""

    question: str
    instance: int = 0

    def __str__(self) -> str:
        return f"{self.question}[{self.instance}]" if self.instance else self.question


#: Who answered, where nobody of the bank did: the customer, or somebody else for him.
CUSTOMER, PROXY = IN_CHAT = ("customer", "proxy")


class AnswerState(StrEnum):
    """How an answer came to be."""

    #: Given by the customer.
    ANSWERED = "answered"
    #: The customer confirmed the value of the master record.
    UNCHANGED = "unchanged"
    #: The customer would rather not say, or does not know.
    DECLINED = "declined"
    #: Not asked on this channel: the bank asks by phone or on paper.
    OTHER_CHANNEL = "other_channel"


#: By names of their own for what every turn asks: Python 3.11 looks up a member of an enum by a function.
ANSWERED, UNCHANGED, DECLINED, OTHER_CHANNEL = AnswerState


class Form(StrEnum):
    """The shapes that an open prompt can have."""

    #: The question itself.
    QUESTION = "question"
    #: A value is offered: the bank's, an earlier answer or a default. Still right?
    OFFERED = "offered"
    #: The value that was read is echoed: is it right?
    CONFIRM = "confirm"
    #: A cross check: really? Asked once.
    CHECK = "check"
    #: Another instance of a repeat?
    MORE = "more"
    #: All answers, not yet submitted.
    REVIEW = "review"
    #: Which answer is to be corrected?
    WHICH = "which"
    #: "I will not answer": sure?
    STOP = "stop"
    #: "Forget this account": sure?
    UNLINK = "unlink"


class Owner(StrEnum):
    """Who may speak."""

    BOT = "bot"
    WAITING = "waiting"
    STAFF = "staff"
    CLOSED = "closed"


BOT, WAITING, STAFF, CLOSED = Owner
