"""What staff do beside the transcript: enter an answer for the customer, see who he is in full.

Promise: an answer that staff enter passes the never-ask guard and the reader, leaves its audit row, and counts only
once the customer has confirmed it (dialogs.conversation.entries); what is shown in full was asked for with a reason.
"""

from __future__ import annotations

from bot.console.desk import CustomerFact, EntryRefused, NotOwner, SecretTyped
from bot.conversing import apply_input
from bot.desk_work import DeskWork
from bot.panel_view import facts_in_full, form_of
from bot.talk import Talk
from dialogs.conversation import inputs as inp
from dialogs.conversation.answering import reader_kind
from dialogs.conversation.entries import read_entry
from dialogs.conversation.events import Key
from dialogs.guard import find_secret
from dialogs.replies.base import Problem
from storage import content
from storage.staff import StaffMember


class PanelDesk(DeskWork):
    """``bot.console.desk.Desk`` as a whole."""

    async def enter(
        self, conversation_id: str, staff: StaffMember, question: str, instance: int, text: str, *, epoch: int
    ) -> None:
        """Propose an answer; raises ``NotOwner``, ``SecretTyped`` or ``EntryRefused``."""

        def deed(talk: Talk) -> None:
            conversation = self._owned(talk, conversation_id, staff, epoch)
            form = form_of(talk, conversation)
            if form is None or form.state.is_over or not self._has_customer(talk, conversation):
                raise NotOwner
            key = Key(question, instance)
            slot = form.slot(key)
            asked = None if slot is None else slot.question
            secret = find_secret(text, expected=None if asked is None else reader_kind(asked))
            if secret is not None:
                raise SecretTyped(secret.kind.value)
            read = read_entry(form, key, text)
            if isinstance(read, Problem):
                raise EntryRefused(read.code, dict(read.params))
            content_id = content.save_content(
                talk.conn,
                talk.vault,
                talk.uni,
                conversation_id,
                direction="note",
                body={"text": text},
                staff_id=staff.id,
            )
            what = inp.StaffEntered(
                key=key, value=read.value, display=read.display, staff_id=staff.id, content_id=content_id
            )
            apply_input(talk, conversation, what)
            self._record(talk, "handoff.answer_entered", staff, conversation_id, content=content_id)

        await self._do(deed)

    async def full(self, conversation_id: str) -> tuple[CustomerFact, ...]:
        """Who the customer is, unmasked; whoever asks has recorded why."""
        return await self._database.read(lambda conn: facts_in_full(self._talk(conn), conversation_id))
