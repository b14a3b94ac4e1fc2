"""A prompt in one language: from phrases to the sentences the customer reads.

The same prompt renders to the same message for ever (definition and FAQ are named by hash), so what
was shown can be proved later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from dialogs.conversation.prompts import (
    Button,
    DayPick,
    FaqText,
    InputHint,
    Line,
    Literal,
    Message,
    MessageKind,
    PageLink,
    Phrase,
    Piece,
    Prompt,
    ShownButton,
    ShownDays,
    ShownLink,
    Wording,
)
from dialogs.definition.model import Questionnaire, pick
from dialogs.faq.topics import Topic
from dialogs.records import maker
from locales import fill

#: Before the choices of a multiple choice; no part of what the customer says by tapping one.
TICK_MARKS = (TICKED, UNTICKED) = ("☑ ", "☐ ")
_MARKS = {"ticked": TICKED, "unticked": UNTICKED}
_message, _shown_button = maker(Message), maker(ShownButton)


class Translator(Protocol):
    """A catalogue of one language."""

    locale: str

    def text(self, key: str, **params: str) -> str: ...
    def say(self, key: str, params: Mapping[str, str], facts: Mapping[str, str]) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Voice:
    """Everything needed to say something in one language."""

    catalogue: Translator
    topics: Mapping[str, Topic]
    #: What the bank's texts refer to: bank_name, bank_phone, channel_name, due_on, ...
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def locale(self) -> str:
        return self.catalogue.locale


def render(prompt: Prompt, definition: Questionnaire | None, voice: Voice) -> Message:
    """The message of a prompt; ``definition`` is needed where the prompt quotes the questionnaire."""
    return _message(
        kind=prompt.kind,
        text=_paragraphs(prompt.pieces, definition, voice),
        buttons=tuple([_button(button, definition, voice) for button in prompt.buttons]),
        shortcuts=tuple([_button(button, definition, voice) for button in prompt.shortcuts]),
        links=tuple([_link(link, definition, voice) for link in prompt.links]),
        token=prompt.token,
        hint=prompt.hint,
        alt="" if prompt.alt is None else _piece(prompt.alt, definition, voice),
        days=None if prompt.days is None else _days(prompt.days, definition, voice),
        quotes=_quotes(prompt.pieces),
    )


def _days(days: DayPick, definition: Questionnaire | None, voice: Voice) -> ShownDays:
    return ShownDays(
        label=_piece(days.label, definition, voice),
        initial=days.initial.isoformat(),
        earliest=None if days.earliest is None else days.earliest.isoformat(),
        latest=None if days.latest is None else days.latest.isoformat(),
    )


def _quotes(pieces: tuple[Piece, ...]) -> tuple[str, ...]:
    said = [piece.value if isinstance(piece, Line) else piece for piece in pieces]
    quoted = {one.of for one in said if isinstance(one, (Phrase, Literal)) and one.of is not None}
    return tuple(sorted(quoted)) if quoted else ()


def _paragraphs(pieces: tuple[Piece, ...], definition: Questionnaire | None, voice: Voice) -> str:
    text = ""
    before: Piece | None = None
    for piece in pieces:
        words = _piece(piece, definition, voice)
        if words and text:
            text += "\n" if isinstance(piece, Line) and isinstance(before, Line) else "\n\n"
        text += words
        before = piece
    return text


def _piece(piece: Piece, definition: Questionnaire | None, voice: Voice) -> str:
    match piece:
        case Phrase():
            return voice.catalogue.say(piece.key, piece.params, voice.facts)
        case Wording():
            assert definition is not None
            return _wording(piece, definition, voice)
        case Literal():
            return piece.text
        case FaqText():
            return _faq(piece, voice)
        case Line():
            name = _piece(piece.name, definition, voice)
            return f"{piece.number}. {name}: {_piece(piece.value, definition, voice)}"


def _faq(piece: FaqText, voice: Voice) -> str:
    topic = voice.topics.get(piece.topic)
    if topic is None and piece.field == "answer_if_any":
        return ""
    if topic is None:
        return voice.catalogue.text("faq.unknown_topic", **voice.facts)
    if piece.field == "short":
        return topic.short or topic.question
    return fill(topic.answer, voice.facts)


def _wording(piece: Wording, definition: Questionnaire, voice: Voice) -> str:
    question = definition.question(piece.question)
    language = definition.default_language
    if piece.choice is not None:
        choice = definition.choice(question, piece.choice)
        assert choice is not None
        label = pick(choice.button, voice.locale, language) or pick(choice.label, voice.locale, language)
        return _MARKS.get(piece.field, "") + label
    if piece.field == "example":
        return voice.catalogue.text("engine.example", example=pick(question.bot.example, voice.locale, language))
    if piece.field == "button":
        short = pick(question.bot.button, voice.locale, language) or pick(question.label, voice.locale, language)
        if not piece.instance:
            return short
        return voice.catalogue.text("engine.numbered", name=short, number=str(piece.instance))
    texts = question.bot if piece.field in ("why", "check_message") else question
    return pick(getattr(texts, piece.field), voice.locale, language)


def _button(button: Button, definition: Questionnaire | None, voice: Voice) -> ShownButton:
    label = _piece(button.label, definition, voice)
    return _shown_button(option=button.option, label=label, number=button.number, beside=button.beside)


def _link(link: PageLink, definition: Questionnaire | None, voice: Voice) -> ShownLink:
    return ShownLink(
        page=link.page,
        label=_piece(link.label, definition, voice),
        words=_piece(link.words, definition, voice),
        otherwise=_piece(link.otherwise, definition, voice),
    )


# Kept in the store and handed to the channels -----------------------------------------------


def to_json(message: Message) -> dict[str, Any]:
    """The message as plain data; ``from_json`` is its inverse."""
    return {
        "kind": message.kind.value,
        "text": message.text,
        "buttons": [_button_json(button) for button in message.buttons],
        "shortcuts": [_button_json(button) for button in message.shortcuts],
        "links": [[link.page, link.label, link.words, link.otherwise] for link in message.links],
        "token": message.token,
        "hint": message.hint.value,
        "alt": message.alt,
        "sender": message.sender,
        "share": message.share,
        "days": None if message.days is None else asdict(message.days),
        "quotes": list(message.quotes),
    }


def from_json(data: Mapping[str, Any]) -> Message:
    """The message behind plain data."""
    return Message(
        kind=MessageKind(data["kind"]),
        text=data["text"],
        buttons=tuple(_shown(*row) for row in data["buttons"]),
        shortcuts=tuple(_shown(*row) for row in data["shortcuts"]),
        links=tuple(
            ShownLink(page=page, label=label, words=words, otherwise=otherwise)
            # Messages of before there were pages have none.
            for page, label, words, otherwise in data.get("links", ())
        ),
        token=data["token"],
        hint=InputHint(data["hint"]),
        alt=data["alt"],
        sender=data["sender"],
        share=data.get("share"),
        days=None if data.get("days") is None else ShownDays(**data["days"]),
        quotes=tuple(data.get("quotes", ())),
    )


def _button_json(button: ShownButton) -> list[Any]:
    """Option and label; what few buttons have stands behind them."""
    row: list[Any] = [button.option, button.label]
    return row if button.number is None and not button.beside else [*row, button.number, button.beside]


def _shown(option: str, label: str, number: int | None = None, beside: bool = False) -> ShownButton:
    return ShownButton(option=option, label=label, number=number, beside=beside)
