"""What a stored event means to the engine: the one place where an event becomes an input, or nothing.

The text was read outside the transaction; where the language changed meanwhile, or a crash left the event over,
it is read again.  A tap and a picked date count only for the question that they are from.
"""

from __future__ import annotations

from datetime import timedelta

from bot.channels.base import InboundKind
from bot.preparing import Prepared
from bot.talk import Talk
from dialogs.conversation import inputs as inp
from dialogs.conversation.events import Owner
from dialogs.conversation.prompts import PICK_DAY
from storage import content, inbound as inbox, lost_questions
from storage.conversations import Conversation
from storage.inbound import InboundRow

#: A text this much older than what was last worked off answers a question that is no longer open: platforms
#: redeliver late.  The margin covers their clocks, of which Telegram's counts whole seconds.
_LATE = timedelta(seconds=5)
#: Pictures and stickers come in handfuls: one kind word for all of them is enough.
_ONE_WORD_FOR = timedelta(minutes=1)


def input_of(talk: Talk, conversation: Conversation, row: InboundRow, prepared: Prepared | None) -> inp.Input | None:
    """The input behind an event; ``None`` where it is to be left at having recorded it."""
    payload = row.payload
    if payload.get("secret"):
        return inp.SecretWithheld(secret=payload["secret"])
    unseen = _asks_unseen(talk, conversation)
    match InboundKind(row.kind):
        case InboundKind.CHOICE if payload["tap"] is not None:
            return _tapped(talk, conversation, row, prepared)
        case InboundKind.TEXT if _is_late(conversation, row):
            return inp.Chose(token="-", option=inp.TYPED_LATE, content_id=row.content_id)  # noqa: S106
        case InboundKind.TEXT:
            return _said(talk, conversation, row, prepared, unseen=unseen)
        case InboundKind.MEDIA if _is_one_of_many(talk, conversation, row):
            return None
        case InboundKind.MEDIA:
            return inp.MediaSent(media=payload.get("media") or "other")
        case InboundKind.FOLLOW:
            return inp.Returned(after_blocking=bool(payload.get("after_blocking")))
    return None


def _tapped(talk: Talk, conversation: Conversation, row: InboundRow, prepared: Prepared | None) -> inp.Input | None:
    ref, token, option = row.payload["tap"]
    if not _is_option(talk, conversation, option):
        return inp.Chose(token="-", option="-", content_id=row.content_id)  # noqa: S106
    # A button of another conversation of this account is a stale one here.
    token = token if ref == conversation.ref else "-"
    if option == PICK_DAY and token in _open_tokens(conversation):
        return _said(talk, conversation, row, prepared)
    return inp.Chose(token=token, option=option, content_id=row.content_id)


def _open_tokens(conversation: Conversation) -> tuple[str, ...]:
    """The tokens of the question that waits for a reply."""
    state = conversation.state if conversation.kind == "lobby" else conversation.state.get("open") or {}
    return tuple(state.get("tokens", ()))


def _is_option(talk: Talk, conversation: Conversation, option: str) -> bool:
    """Whether a button of ours may carry this: clients can send anything, and a topic may be gone by now."""
    if option.startswith("q."):
        return option[2:] in talk.live.voice(conversation.locale).topics
    return option.isascii()


def _said(
    talk: Talk, conversation: Conversation, row: InboundRow, prepared: Prepared | None, *, unseen: bool = False
) -> inp.Input | None:
    if prepared is not None and prepared.reading is not None and prepared.look.locale == conversation.locale:
        return inp.Said(reading=prepared.reading, content_id=row.content_id, unseen=unseen)
    text = _text_of(talk, row) if prepared is None or prepared.event.text is None else prepared.event.text.reveal()
    if text is None:
        return None  # taken back before it was read
    reading = talk.live.understanding.read(text, conversation.locale)
    return inp.Said(reading=reading, content_id=row.content_id, unseen=unseen)


def _text_of(talk: Talk, row: InboundRow) -> str | None:
    body = None if row.content_id is None else content.load_content(talk.conn, talk.vault, row.content_id)
    return None if body is None else str(body.get("text", ""))


def _is_late(conversation: Conversation, row: InboundRow) -> bool:
    """Whether something newer was worked off before this came in: it was written to another question."""
    newest = conversation.last_occurred_at
    return newest is not None and row.occurred_at < newest - _LATE


def _asks_unseen(talk: Talk, conversation: Conversation) -> bool:
    """Whether the open question never arrived, as when the month's allowance is used up: nobody can answer it.

    It is asked again now, with the right to answer this message, so nobody else has to look after it.
    """
    if conversation.owner != Owner.BOT.value or not lost_questions.newest_is_lost(talk.conn, conversation.id):
        return False
    lost_questions.settle_lost(talk.conn, conversation.id)
    return True


def _is_one_of_many(talk: Talk, conversation: Conversation, row: InboundRow) -> bool:
    """Whether a picture, sticker or the like came a moment ago, and was answered then."""
    since = row.received_at - _ONE_WORD_FOR
    media = InboundKind.MEDIA.value
    return inbox.came_before(talk.conn, row.id, conversation.account_id, conversation.id, media, since)
