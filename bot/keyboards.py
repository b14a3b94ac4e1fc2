"""One live keyboard a chat, where the channel can change a message: an answered question shows its answer.

Promise: a question that a tap on its own buttons asks again (a tick, a page) changes in its place; any other
question that is not open any more is changed into itself and what was chosen, without buttons.  Nothing is
shown there that this chat did not show or say before: the label that was tapped, or the reply as it was
read; what was masked stays masked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from dialogs.conversation import inputs as inp
from dialogs.conversation.prompts import InputHint, Message, MessageKind, Prompt
from dialogs.conversation.vocabulary import IN_CHAT
from dialogs.conversation.wording import TICK_MARKS, Translator
from storage import content, keyboards
from storage.conversations import Conversation
from storage.encryption import Vault


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What becomes of the message whose buttons stood in the chat before this turn."""

    outgoing_id: str
    #: It is changed into the prompt with this token.
    taken_by: str | None = None
    #: It is changed into this.
    settled: Message | None = None
    #: It asked for a telephone number.
    was_phone: bool = False


def decide_changes(
    conn: Connection,
    vault: Vault,
    words: Callable[[], Translator],
    conversation: Conversation,
    events: Sequence[Mapping[str, Any]],
    says: Sequence[Prompt],
    heard: inp.Input | None,
) -> Changes | None:
    """The change that goes with what is said now; ``None`` where the keyboard stays as it is."""
    before = keyboards.open_keyboard(conn, conversation.id)
    if before is None or (before.token in _live_tokens(conversation) and not any(map(holds_keyboard, says))):
        return None
    keyboards.take_off_keyboards(conn, conversation.id)
    taker = next((prompt for prompt in says if prompt.replaces == before.token), None)
    if taker is not None:
        return Changes(outgoing_id=before.outgoing_id, taken_by=taker.token)
    body = content.load_content(conn, vault, before.content_id)
    if body is None:
        return None
    answer = _answer(body, before.token, events, heard)
    was_phone = body["hint"] == InputHint.PHONE.value
    if not (answer or body["buttons"] or body["shortcuts"]):
        return Changes(outgoing_id=before.outgoing_id, was_phone=was_phone)
    text = settled_text(words, body["text"], answer)
    # What is repeated here goes when the words that it repeats are taken back.
    said = heard.content_id if answer and isinstance(heard, inp.Said) else None
    quotes = (*body.get("quotes", ()), *([] if said is None else [said]))
    settled = Message(kind=MessageKind.SETTLED, text=text, alt=body["alt"], quotes=quotes)
    return Changes(outgoing_id=before.outgoing_id, settled=settled, was_phone=was_phone)


def holds_keyboard(prompt: Prompt) -> bool:
    """Whether the buttons of this prompt are the ones that wait for a tap."""
    return prompt.kind is MessageKind.QUESTION and prompt.token is not None


def phone_button(
    words: Callable[[], Translator], conversation: Conversation, says: Sequence[Prompt], changes: Changes | None
) -> Message | None:
    """What offers the button that shares the phone's own number, or puts it away; ``None`` where it stays as it is.

    Only where a questionnaire asks for a number: in the lobby four digits are a proof, and nothing is shared.
    """
    asked = [prompt for prompt in says if holds_keyboard(prompt)]
    was = changes is not None and changes.was_phone
    wanted = any(prompt.hint is InputHint.PHONE for prompt in asked)
    if conversation.kind != "case" or wanted == was or (changes is None and not asked):
        return None
    return share_message(words(), wanted)


def share_message(words: Translator, wanted: bool) -> Message:
    """The button that shares the phone's own number comes, or goes."""
    text = words.text("engine.share_number" if wanted else "engine.share_number_done")
    share = words.text("button.share_number") if wanted else ""
    return Message(kind=MessageKind.NOTICE, text=text, alt=words.text("alt.notice"), share=share)


def settled_text(words: Callable[[], Translator], asked: str, answer: str) -> str:
    """A question once it was answered: itself, and what was chosen."""
    return asked + (f"\n\n{words().text('engine.chosen', value=answer)}" if answer else "")


def _live_tokens(conversation: Conversation) -> Sequence[str]:
    state = conversation.state
    asked: Mapping[str, Any] = (state.get("open") or {}) if conversation.kind == "case" else state
    tokens: Sequence[str] = asked.get("tokens", ())
    return tokens


def _answer(body: Mapping[str, Any], token: str, events: Sequence[Mapping[str, Any]], heard: inp.Input | None) -> str:
    """The label that was tapped, unless it only ended a choice of several; else the reply as it was read."""
    if isinstance(heard, inp.Chose) and heard.token == token and heard.option != "ok":
        label = next((row[1] for row in body["buttons"] if row[0] == heard.option), "")
        for mark in TICK_MARKS:
            label = label.removeprefix(mark)
        if label:
            return str(label)
    read = (event["display"] for event in events if event["kind"] == "answered" and event["by"] in IN_CHAT)
    return next((str(display) for display in read if display), "")
