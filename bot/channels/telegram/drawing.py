"""A message as Telegram draws it.  Pure: a ``Message`` in, texts and inline keyboards out.

Promise: whatever the texts are, nothing that comes out breaks a limit of Telegram
(bot.channels.limits), and no answer's wording is lost.  Plain text without a parse mode: what a
customer typed is never read as markup.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.channels.choices import (
    Choice,
    DoesNotFit,
    button_data,
    in_rows,
    number_labels,
    shorten_labels,
    text_with_pages,
)
from bot.channels.limits import TELEGRAM, TELEGRAM_KEYBOARD_BUTTONS, clean, cut, is_blank, split_text
from dialogs.conversation.prompts import Message


@dataclass(frozen=True, kw_only=True)
class Part:
    """One ``sendMessage``."""

    text: str = field(repr=False)
    #: Only the first kind can stand on a message that is changed later.
    keyboard: InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None = None

    @property
    def inline(self) -> InlineKeyboardMarkup | None:
        """The keyboard that belongs to the message itself."""
        return self.keyboard if isinstance(self.keyboard, InlineKeyboardMarkup) else None


def render(message: Message, conversation_ref: str, *, text_if_none: str = "…") -> list[Part]:
    """The parts of one message, at least one; the keyboard is on the last."""
    text = clean(text_with_pages(message))
    name = " ".join(clean(message.sender or "").split())
    if not is_blank(name):
        text = f"{name}:\n{text}"
    data = [button_data(conversation_ref, message, button, TELEGRAM.data_bytes) for button in message.buttons]
    choices, lines = number_labels(message.buttons, data, TELEGRAM.label, text)
    if lines:
        text = f"{text}\n\n" + "\n".join(lines)
    more = [button_data(conversation_ref, message, button, TELEGRAM.data_bytes) for button in message.shortcuts]
    shortcuts = shorten_labels(message.shortcuts, more, TELEGRAM.label)
    if len(choices) + len(shortcuts) > TELEGRAM_KEYBOARD_BUTTONS:
        raise DoesNotFit(f"more than {TELEGRAM_KEYBOARD_BUTTONS} buttons")
    pieces = [piece for piece in split_text(text, TELEGRAM.text, unit=TELEGRAM.text_unit) if not is_blank(piece)]
    if not pieces:
        alt = clean(message.alt)
        pieces = [text_if_none] if is_blank(alt) else split_text(alt, TELEGRAM.text, unit=TELEGRAM.text_unit)[:1]
    parts = [Part(text=piece) for piece in pieces]
    rows = [[_button(choice) for choice in row] for row in in_rows(choices)]
    rows += [[_button(choice) for choice in shortcuts[at : at + 2]] for at in range(0, len(shortcuts), 2)]
    if rows:
        parts[-1] = Part(text=parts[-1].text, keyboard=InlineKeyboardMarkup(rows))
    elif message.share is not None:
        parts[-1] = Part(text=parts[-1].text, keyboard=_contact(message.share))
    return parts


def _contact(label: str) -> ReplyKeyboardMarkup | ReplyKeyboardRemove:
    """The button below the chat that sends the person's own contact; nothing there where it has no label."""
    if is_blank(clean(label)):
        return ReplyKeyboardRemove()
    button = KeyboardButton(cut(clean(label), TELEGRAM.label * 2, units=TELEGRAM.label * 4), request_contact=True)
    return ReplyKeyboardMarkup([[button]], resize_keyboard=True, one_time_keyboard=True)


def _button(choice: Choice) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=choice.label, callback_data=choice.data)
