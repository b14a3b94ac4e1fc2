"""What staff do with a conversation beside answering: pass it on, put it off, note something, let a tap count.

Each deed checks who has the conversation under the epoch of the page it was decided on, changes it and leaves its
audit row in one transaction; what is typed passes the never-ask guard, also where only colleagues read it.
"""

from __future__ import annotations

from datetime import datetime

from bot.console.desk import NothingOwed, NothingToRecord, NotOwner
from bot.conversing import apply_input
from bot.ownership import StaffDesk
from bot.staff_view import hand_overs
from bot.talk import Talk
from bot.tapped import taps_of_takeover
from dialogs.conversation import inputs as inp
from storage import passing_on, snoozes
from storage.hand_overs import settle
from storage.staff import StaffMember


class DeskWork(StaffDesk):
    """``bot.console.desk.Desk`` as a whole."""

    async def transfer(
        self, conversation_id: str, staff: StaffMember, to: StaffMember, reason: str, *, epoch: int
    ) -> None:
        """The owner passes it on; raises ``NotOwner`` or ``SecretTyped``."""
        self._refuse_secret(reason)

        def deed(talk: Talk) -> None:
            self._owned(talk, conversation_id, staff, epoch)
            self._pass_on(talk, conversation_id, staff, to, reason, epoch, "transferred")

        await self._do(deed)

    async def assign(
        self, conversation_id: str, staff: StaffMember, to: StaffMember, reason: str, *, epoch: int
    ) -> None:
        """A supervisor gives it to somebody; raises ``NotOwner`` where it changed meanwhile, or ``SecretTyped``."""
        self._refuse_secret(reason)
        await self._do(lambda talk: self._pass_on(talk, conversation_id, staff, to, reason, epoch, "assigned"))

    def _pass_on(
        self, talk: Talk, conversation_id: str, staff: StaffMember, to: StaffMember, reason: str, seen: int, how: str
    ) -> None:
        conversation = talk.lock(conversation_id)
        if not self._has_customer(talk, conversation):
            raise NotOwner
        epoch = passing_on.pass_on(talk.conn, conversation_id, to=to.id, seen_epoch=seen)
        if epoch is None:
            raise NotOwner
        self._note(talk, talk.lock(conversation_id), staff, reason)
        self._bring_forward(talk, talk.lock(conversation_id))
        apply_input(talk, talk.lock(conversation_id), inp.StaffTook(staff_id=to.id, epoch=epoch, reason=how))
        talk.introduce_staff(talk.lock(conversation_id), to)
        self._record(talk, f"handoff.{how}", staff, conversation_id)

    async def snooze(self, conversation_id: str, staff: StaffMember, until: datetime | None, *, epoch: int) -> None:
        """Out of the owner's list until then, or until the customer writes; raises ``NotOwner``."""

        def deed(talk: Talk) -> None:
            conversation = self._owned(talk, conversation_id, staff, epoch)
            snoozes.snooze(talk.conn, talk.uni, conversation, staff.id, until)
            self._record(talk, "handoff.snoozed", staff, conversation_id)

        await self._do(deed)

    async def wake(self, conversation_id: str, staff: StaffMember, *, epoch: int) -> None:
        """Back into the owner's list; raises ``NotOwner``."""

        def deed(talk: Talk) -> None:
            self._owned(talk, conversation_id, staff, epoch)
            snoozes.wake(talk.conn, conversation_id)
            self._record(talk, "handoff.woken", staff, conversation_id)

        await self._do(deed)

    async def settle(self, conversation_id: str, staff: StaffMember, note: str, *, epoch: int) -> None:
        """What was promised is done, by telephone perhaps; raises ``NotOwner``, ``NothingOwed`` or ``SecretTyped``."""
        self._refuse_secret(note)

        def deed(talk: Talk) -> None:
            conversation = talk.lock(conversation_id)
            if conversation.epoch != epoch:
                raise NotOwner
            if not settle(talk.conn, talk.uni, conversation_id):
                raise NothingOwed
            self._note(talk, conversation, staff, note)
            self._record(talk, "handoff.settled", staff, conversation_id)

        await self._do(deed)

    async def note(self, conversation_id: str, staff: StaffMember, text: str) -> None:
        """Something for colleagues; raises ``SecretTyped``."""
        self._refuse_secret(text)

        def deed(talk: Talk) -> None:
            self._note(talk, talk.lock(conversation_id), staff, text)
            self._record(talk, "handoff.noted", staff, conversation_id)

        await self._do(deed)

    async def record_tap(self, conversation_id: str, staff: StaffMember, content_id: str, *, epoch: int) -> None:
        """The tap counts as the customer's own answer; raises ``NotOwner`` or ``NothingToRecord``."""

        def deed(talk: Talk) -> None:
            conversation = self._owned(talk, conversation_id, staff, epoch)
            tap = taps_of_takeover(talk, conversation, hand_overs(talk, conversation_id)).get(content_id)
            if tap is None or conversation.kind != "case":
                raise NothingToRecord
            what = inp.TapRecorded(token=tap.token, option=tap.option, content_id=content_id)
            apply_input(talk, conversation, what)
            if talk.lock(conversation_id).event_seq == conversation.event_seq:
                raise NothingToRecord
            self._record(talk, "handoff.tap_recorded", staff, conversation_id, content=content_id)

        await self._do(deed)
