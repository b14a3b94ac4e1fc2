"""What is kept of an event in its content row, and what must not be.

The words go into one row that can be erased.  What opens a case or proves who somebody is never gets there:
the reply to the second factor, and the code of a letter, which opens the case until it is used.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from bot.channels.base import Inbound, InboundKind, Sticker
from bot.letter_code import normalise_code
from bot.talk import Talk
from bot.tap_labels import tap_label
from dialogs.conversation.events import Owner
from dialogs.guard import Secret, withheld_mark
from storage import content, images, link_codes
from storage.conversations import Conversation
from storage.encryption import Vault

#: Steps of the lobby whose replies are not kept.
FACTOR_STEPS = frozenset({"birth_date", "phone_tail"})
#: Kinds whose words were the customer's own: typed, or a date that was picked.
_WORDED = (InboundKind.TEXT, InboundKind.CHOICE)
_FACTOR_MARK = "[withheld: second_factor]"
_CODE_MARK = "[withheld: link_code]"


def words_of(talk: Talk, conversation: Conversation, event: Inbound, secret: Secret | None) -> dict[str, Any] | None:
    """The words, or the mark of what was kept back; nothing where an event has no words."""
    if secret is not None:
        return {"text": withheld_mark(secret)}
    if event.kind in _WORDED and event.text is not None:
        text = event.text.reveal()
        mark = _mark(talk, conversation, text)
        return {"text": mark or (text if event.start_code is None else _CODE_MARK)}
    if event.kind is InboundKind.CHOICE and event.tap is not None:
        return {"label": tap_label(talk, conversation, event.tap), "option": event.tap.option}
    if event.kind is InboundKind.MEDIA:
        sticker = {} if event.sticker is None else _on_sticker(talk, conversation, event.sticker)
        return {"media": event.media or "other", **sticker}
    if event.kind is InboundKind.BANK_LOGIN:
        return {}  # no words, but whoever reads the conversation sees that it was
    return None


def _mark(talk: Talk, conversation: Conversation, text: str) -> str:
    """What is kept instead of these words; empty where they may be kept themselves."""
    # What is said to a person is no reply to the step at which the bot left off.
    asked = conversation.kind == "lobby" and conversation.owner == Owner.BOT.value
    if asked and conversation.open_question in FACTOR_STEPS:
        return _FACTOR_MARK
    return "" if _code(talk, conversation, text) is None else _CODE_MARK


def _on_sticker(talk: Talk, conversation: Conversation, sticker: Sticker) -> dict[str, Any]:
    written = None if sticker.written is None else sticker.written.reveal()
    if written is not None:
        written = _mark(talk, conversation, written) or written
    found = {"written": written, "keywords": list(sticker.keywords), "emoji": sticker.emoji}
    return {name: value for name, value in found.items() if value}


def keep(talk: Talk, conversation: Conversation, event: Inbound, words: dict[str, Any], content_id: str) -> None:
    """Store the words; of a picture that came with them only that it is to be fetched.

    A message that was taken back before it came has no words left, and its picture is not wanted.
    """
    content.save_content(
        talk.conn, talk.vault, talk.uni, conversation.id, direction="in", body=words, content_id=content_id
    )
    if event.image is not None and words:
        images.expect_image(
            talk.conn,
            talk.vault,
            talk.uni,
            content_id=content_id,
            conversation_id=conversation.id,
            channel=event.channel,
            ref=event.image,
        )


def code_in(talk: Talk, conversation: Conversation, event: Inbound) -> str | None:
    """The code of a start link, or one typed where the lobby does not read its own replies."""
    if event.start_code is not None:
        return event.start_code.reveal()
    lobby_reads = conversation.kind == "lobby" and conversation.owner == Owner.BOT.value
    if event.text is None or lobby_reads or not is_letter_code(talk.conn, talk.vault, event.text.reveal()):
        return None
    return normalise_code(event.text.reveal())


def _code(talk: Talk, conversation: Conversation, text: str) -> str | None:
    """In the lobby a code by its shape, in a case only one that a letter ever bore.

    A couple with one phone sends the second letter's code in the middle of the first form; any other
    twelve signs are an answer there.
    """
    code = normalise_code(text)
    return code if conversation.kind == "lobby" or is_letter_code(talk.conn, talk.vault, text) else None


def is_letter_code(conn: Connection, vault: Vault, text: str) -> bool:
    """Whether a letter ever bore this code."""
    code = normalise_code(text)
    return code is not None and link_codes.find_link_code(conn, vault, code) is not None
