"""What the bot wants to say, before any platform draws it.

The engine yields ``Prompt``s made of phrases (catalogue keys, questionnaire wording, FAQ answers),
``wording.render`` turns them into a ``Message`` in one language, and the channels draw messages.
Each question carries a token, so that a button of an earlier question is recognised as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from dialogs.records import quick


class MessageKind(StrEnum):
    """Why a message is sent; decides what happens when its delivery is uncertain."""

    #: Anything that waits for a reply; may be asked again with the same token.
    QUESTION = "question"
    #: Says something and expects nothing.
    NOTICE = "notice"
    #: Receipt number; never sent twice.
    RECEIPT = "receipt"
    #: Written by a member of staff; never sent twice.
    STAFF = "staff"
    #: A message of a campaign, which nobody waits for; asked once more whether it may go just before it does.
    INVITATION = "invitation"
    #: An earlier question once it was answered: what was chosen, and no buttons any more.
    SETTLED = "settled"


@quick
@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A sentence of the catalogue: ``key`` with named parameters."""

    key: str
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    #: The content row of the message whose words stand in ``params``: they go when it is taken back.
    of: str | None = None


@quick
@dataclass(frozen=True, kw_only=True)
class Wording:
    """A text of the questionnaire: ``field`` of a question, of a choice or the title."""

    #: label, hint, why, example, button, constraint_message, required_message, check_message;
    #: of a choice: choice (its button label), ticked, unticked
    field: str
    question: str
    choice: str | None = None
    #: In a repeat: which instance; stands behind a short name.
    instance: int = 0


@dataclass(frozen=True, kw_only=True)
class FaqText:
    """The approved answer (or the question) of an FAQ topic."""

    topic: str
    #: answer; answer_if_any (nothing where the topic is gone); short (its button)
    field: str = "answer"


@quick
@dataclass(frozen=True, kw_only=True)
class Literal:
    """Text that stands as it is: an echoed value, what a member of staff typed."""

    text: str = field(repr=False)
    #: See ``Phrase.of``.
    of: str | None = None


@quick
@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a list: number, short name, value. Consecutive lines make one paragraph."""

    number: int
    name: Phrase | Wording
    value: Phrase | Literal


Piece = Phrase | Wording | FaqText | Literal | Line


@quick
@dataclass(frozen=True, kw_only=True)
class Button:
    """Something to tap. ``option`` is ASCII and short: it travels in the platforms' button data."""

    option: str
    label: Piece
    #: Its place in a list of which only a part is shown: typed, it means the same.
    number: int | None = None
    #: Stands in one row with its neighbours that say so too.
    beside: bool = False


#: The page on which the customer logs in at the bank, and so proves who he is.
BANK_LOGIN = "bank_login"


@dataclass(frozen=True, kw_only=True)
class PageLink:
    """A button that opens a page outside the chat; only the channel can make its address, at the moment of sending."""

    #: Which page: a code that the channel knows.
    page: str
    label: Piece
    #: Stands in the text beside the button.
    words: Piece
    #: Stands there instead where the address could not be made, and so no button is shown.
    otherwise: Piece


#: The option of the button by which a day is picked; the day itself comes as if it were typed.
PICK_DAY = "date"


@dataclass(frozen=True, kw_only=True)
class DayPick:
    """A calendar beside the question, where a channel has one: typing stays possible."""

    label: Phrase
    #: The day on which it opens.
    initial: date
    earliest: date | None = None
    latest: date | None = None


class InputHint(StrEnum):
    """What kind of typing is expected, so that a channel can open the fitting keyboard."""

    NONE = "none"
    TEXT = "text"
    DATE = "date"
    PHONE = "phone"


@quick
@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One bubble."""

    kind: MessageKind
    #: Paragraphs, in order.
    pieces: tuple[Piece, ...]
    #: The replies to the question: one column, kept in the chat.
    buttons: tuple[Button, ...] = ()
    #: Ways out (back, later, a person): a quick reply or the last row.
    shortcuts: tuple[Button, ...] = ()
    links: tuple[PageLink, ...] = ()
    token: str | None = None
    #: The token of an earlier prompt in whose place this one stands, where a channel can change a message.
    replaces: str | None = None
    hint: InputHint = InputHint.NONE
    days: DayPick | None = None
    #: What a notification may show instead of the text: never personal data.
    alt: Phrase | None = None


@quick
@dataclass(frozen=True, kw_only=True)
class ShownButton:
    """A button in one language."""

    option: str
    label: str
    number: int | None = None
    beside: bool = False


@dataclass(frozen=True, kw_only=True)
class ShownLink:
    """A page's button in one language."""

    page: str
    label: str
    words: str
    otherwise: str
    #: Given by the channel while it sends; never kept: it may open something for whoever reads it.
    address: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class ShownDays:
    """A calendar in one language; the days are ISO 8601."""

    label: str
    initial: str
    earliest: str | None = None
    latest: str | None = None


@quick
@dataclass(frozen=True, kw_only=True)
class Message:
    """A prompt in one language: what the customer is shown and what is kept as evidence."""

    kind: MessageKind
    text: str = field(repr=False)
    buttons: tuple[ShownButton, ...] = ()
    shortcuts: tuple[ShownButton, ...] = ()
    links: tuple[ShownLink, ...] = ()
    token: str | None = None
    hint: InputHint = InputHint.NONE
    days: ShownDays | None = None
    #: Stands in notifications and chat lists; without personal data.
    alt: str = ""
    #: Who speaks, when it is not the bot: the name a member of staff shows.
    sender: str | None = None
    #: The label of a button with which the phone shares its own number; empty: that button is put away.
    share: str | None = None
    #: The content rows of the customer's messages that ``text`` repeats.
    quotes: tuple[str, ...] = ()
