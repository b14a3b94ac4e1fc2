"""A message as LINE draws it.  Pure: a ``Message`` in, the SDK's message objects out.

Promise: whatever the texts are, nothing that comes out breaks a limit of LINE (bot.channels.limits),
no answer's wording is lost, and notifications and the chat list show ``alt``, never the text of a
message that has one.
"""

from __future__ import annotations

from collections.abc import Sequence

from linebot.v3.messaging import (
    DatetimePickerAction,
    FlexBox,
    FlexBubble,
    FlexButton,
    FlexMessage,
    FlexText,
    PostbackAction,
    QuickReply,
    QuickReplyItem,
    Sender,
    TextMessage,
    URIAction,
)
from linebot.v3.messaging.models import Message as LineMessage

from bot.channels.choices import (
    Choice,
    button_data,
    in_rows,
    number_labels,
    page_choices,
    shorten_labels,
    text_with_pages,
)
from bot.channels.limits import (
    LINE,
    LINE_ALT_TEXT,
    LINE_DISPLAY_TEXT,
    LINE_QUICK_REPLIES,
    LINE_SENDER_NAME,
    clean,
    cut,
    is_blank,
    split_text,
    utf16_units,
)
from dialogs.conversation.prompts import PICK_DAY, Message, ShownButton, ShownDays
from dialogs.conversation.wording import TICK_MARKS

#: A bubble is at most 30 KB of JSON.  1,600 units of text and twelve buttons (a page of a long list, its way to
#: the next one and the answers beside it) stay below it even when every character is an escape of six bytes.
_BUBBLE_TEXT = 1600
_ALT_IF_NONE = "…"
_FIRST_DAY, _LAST_DAY = "1900-01-01", "2100-12-31"
#: Dark on the bubble's white, contrast 16:1.
_INK = "#1A1A1A"


def render(message: Message, conversation_ref: str, *, alt_if_none: str = _ALT_IF_NONE) -> list[LineMessage]:
    """The message objects of one message, at least one; shortcuts are on the last."""
    return render_all([message], conversation_ref, alt_if_none=alt_if_none)[0]


def render_all(
    messages: Sequence[Message], conversation_ref: str, *, alt_if_none: str = _ALT_IF_NONE
) -> list[list[LineMessage]]:
    """The message objects of each message.

    Quick replies vanish as soon as another message follows; those of the last message that has
    some are put on the last object of all.
    """
    drawn = [_draw(message, conversation_ref, alt_if_none) for message in messages]
    with_shortcuts = next((message for message in reversed(messages) if message.shortcuts), None)
    if drawn and with_shortcuts is not None:
        drawn[-1][-1].quick_reply = _quick_reply(with_shortcuts, conversation_ref)
    return drawn


def _quick_reply(message: Message, conversation_ref: str) -> QuickReply:
    shortcuts = message.shortcuts[:LINE_QUICK_REPLIES]
    data = [button_data(conversation_ref, message, button, LINE.data_bytes) for button in shortcuts]
    choices = shorten_labels(shortcuts, data, LINE.label)
    return QuickReply(items=[QuickReplyItem(action=_action(choice)) for choice in choices])


def _draw(message: Message, conversation_ref: str, alt_if_none: str) -> list[LineMessage]:
    sender, text = _sender(message, clean(text_with_pages(message)))
    buttons = message.buttons + message.shortcuts[LINE_QUICK_REPLIES:]
    data = [button_data(conversation_ref, message, button, LINE.data_bytes) for button in buttons]
    choices, lines = number_labels(buttons, data, LINE.label, text)
    if lines:
        text = f"{text}\n\n" + "\n".join(lines)
    choices += page_choices(message, LINE.label)
    alt = _alt(message, alt_if_none)
    calendar = None if message.days is None else _calendar(message, message.days, conversation_ref)
    if not choices and calendar is None and is_blank(clean(message.alt)):
        pieces = split_text(text, LINE.text) if not is_blank(text) else [alt]
        return [TextMessage(text=piece, sender=sender) for piece in pieces if not is_blank(piece)]
    return _bubbles(text, choices, alt, sender, calendar)


def _calendar(message: Message, days: ShownDays, conversation_ref: str) -> FlexButton:
    """LINE's own calendar; what it knows is 1900 to 2100, and a first day within the bounds."""
    data = button_data(conversation_ref, message, ShownButton(option=PICK_DAY, label=days.label), LINE.data_bytes)
    (choice,) = shorten_labels([ShownButton(option=PICK_DAY, label=days.label)], [data], LINE.label)
    earliest = min(max(days.earliest or _FIRST_DAY, _FIRST_DAY), _LAST_DAY)
    latest = max(min(days.latest or _LAST_DAY, _LAST_DAY), earliest)
    action = DatetimePickerAction(
        label=choice.label,
        data=choice.data,
        mode="date",
        initial=min(max(days.initial, earliest), latest),
        min=earliest,
        max=latest,
    )
    return FlexButton(style="secondary", height="md", scaling=True, action=action)


def _bubbles(
    text: str, choices: Sequence[Choice], alt: str, sender: Sender | None, calendar: FlexButton | None
) -> list[LineMessage]:
    pieces = [piece for piece in split_text(text, _BUBBLE_TEXT) if not is_blank(piece)]
    rows = in_rows(choices)
    groups = [rows[at : at + LINE.buttons] for at in range(0, len(rows), LINE.buttons)]
    if not pieces and not groups and calendar is None:
        return [TextMessage(text=alt, sender=sender)]
    contents: list[list[FlexText | FlexButton | FlexBox]] = [[_paragraph(piece)] for piece in pieces]
    for number, group in enumerate(groups):
        drawn = [_row(row) for row in group]
        if number == 0 and contents:
            contents[-1].extend(drawn)
        else:
            contents.append(list(drawn))
    if calendar is not None:
        contents[-1:] = [[*contents[-1], calendar]] if contents else [[calendar]]
    return [
        FlexMessage(
            alt_text=alt,
            sender=sender,
            contents=FlexBubble(body=FlexBox(layout="vertical", spacing="md", contents=content)),
        )
        for content in contents
    ]


def _alt(message: Message, alt_if_none: str) -> str:
    alt = clean(message.alt)
    return alt_if_none if is_blank(alt) else cut(alt, LINE_ALT_TEXT, units=LINE_ALT_TEXT)


def _sender(message: Message, text: str) -> tuple[Sender | None, str]:
    """The name above the bubble; LINE refuses its own name there, which then stands in the text."""
    name = " ".join(clean(message.sender or "").split())
    if is_blank(name):
        return None, text
    if "line" in name.casefold():
        return None, f"{name}\n{text}"
    return Sender(name=cut(name, LINE_SENDER_NAME, units=LINE_SENDER_NAME)), text


def _paragraph(text: str) -> FlexText:
    return FlexText(text=text, wrap=True, size="lg", color=_INK, scaling=True)


def _row(row: Sequence[Choice]) -> FlexButton | FlexBox:
    if len(row) == 1:
        return _button(row[0])
    return FlexBox(layout="horizontal", spacing="md", contents=[_button(choice) for choice in row])


def _button(choice: Choice) -> FlexButton:
    # "secondary" is dark on light grey; LINE's green with white letters is too faint to read.
    return FlexButton(style="secondary", height="md", scaling=True, action=_action(choice))


def _action(choice: Choice) -> PostbackAction | URIAction:
    if choice.opens:
        return URIAction(label=choice.label, uri=choice.opens)
    # Longer wordings would swell the bubble; their start says enough in the customer's own line.
    said = choice.wording if utf16_units(choice.wording) <= LINE_DISPLAY_TEXT // 3 else choice.label
    for mark in TICK_MARKS:  # 「☐ 給料」 in the customer's own bubble would say the opposite of the tap
        said = said.replace(mark, "", 1)
    return PostbackAction(label=choice.label, data=choice.data, display_text=said)
