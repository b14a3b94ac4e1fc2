"""A campaign's message in the chat of a linked customer, and how a new case comes to an old link.

Promise: a link that is carried over to a new case keeps its age, so the second factor is asked before anything
personal is shown; the message itself says nothing about the customer, asks for nothing and holds no address of a page.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from babel.dates import format_date

from bot.channels.limits import LIMITS
from bot.outreach.ladder import Step
from bot.talk import Talk, notice
from dialogs.conversation import wording
from dialogs.conversation.asking import RESUME, STAFF
from dialogs.conversation.events import Owner
from dialogs.conversation.prompts import MessageKind, Phrase, Prompt
from locales import language_of
from storage import accounts
from storage.bulk.inviting import Invited, queue_invitations
from storage.bulk.reaching import Reachable
from storage.encryption import canonical_json


class Invitations:
    """The messages of one transaction; queued together, where the platform changes nothing that was sent."""

    def __init__(self, talk: Talk, most: int) -> None:
        self._talk = talk
        self._waiting: list[Invited] = []
        self._ids = iter(talk.uni.new_ids(most))
        #: The same words for all whom a step reaches in one language.
        self._words: dict[tuple[str, int, str], bytes] = {}

    def invite(self, found: Reachable, customer_id: str, case_id: str, step: Step) -> str | None:
        """The id of the message of a step in the account's own conversation; ``None`` where nobody is there any more.

        It is queued at the latest by ``queue``; nothing is written where there is none.
        """
        account, lobby = found.account, found.lobby
        his = [link for link in found.links if link.customer_id == customer_id]
        if account.state != "active" or not his or (lobby is not None and lobby.owner != Owner.BOT.value):
            return None
        linked_at = None
        if all(link.case_id != case_id for link in his):
            linked_at = max(link.linked_at for link in his)
        if LIMITS[account.channel].changes:
            return self._invite_alone(found, customer_id, case_id, step, linked_at)
        begins = self._talk.new_lobby(account.id, account.locale) if lobby is None else None
        its = begins or lobby
        assert its is not None
        invited = Invited(
            outgoing_id=next(self._ids),
            account_id=account.id,
            lobby_id=its.id,
            out_seq=its.out_seq,
            epoch=its.epoch,
            begins=begins,
            customer_id=customer_id,
            case_id=case_id,
            linked_at=linked_at,
            # What he writes next is about the new case.
            becomes_active=not found.is_busy and account.active_conversation_id != its.id,
            words=self._worded(step, its.locale),
        )
        self._waiting.append(invited)
        return invited.outgoing_id

    def _invite_alone(
        self, found: Reachable, customer_id: str, case_id: str, step: Step, linked_at: datetime | None
    ) -> str:
        """On a platform where it may change what was sent before."""
        talk = self._talk
        account = accounts.lock_account(talk.conn, talk.vault, found.account.id)
        assert account is not None
        lobby = talk.lobby_of(account)
        if linked_at is not None:
            accounts.make_link(talk.conn, talk.uni, account.id, customer_id, case_id, linked_at=linked_at)
        if not found.is_busy and account.active_conversation_id != lobby.id:
            accounts.set_active_conversation(talk.conn, account.id, lobby.id)
        talk.save(lobby, [], [self._prompt(step, lobby.locale)])
        return talk.queued[-1]

    def queue(self) -> None:
        """Write down all that was only decided so far."""
        talk = self._talk
        kind = MessageKind.INVITATION.value
        queue_invitations(talk.conn, talk.vault, talk.uni, self._waiting, kind=kind, turn_id=talk.turn_id)
        self._waiting = []

    def _worded(self, step: Step, locale: str) -> bytes:
        place = (step.text, step.answer, locale)
        if place not in self._words:
            message = wording.render(self._prompt(step, locale), None, self._talk.live.voice(locale))
            self._words[place] = canonical_json(wording.to_json(message))
        return self._words[place]

    def _prompt(self, step: Step, locale: str) -> Prompt:
        answer_by = self._talk.local_now.date() + timedelta(days=step.answer)
        return invitation(step.text, format_date(answer_by, "long", language_of(locale)))


def invitation(text: str, answer_by: str) -> Prompt:
    """The message of a step; ``answer_by`` is the day in words."""
    return replace(
        notice(Phrase(key=f"outreach.{text}", params={"answer_by": answer_by})),
        kind=MessageKind.INVITATION,
        buttons=(replace(RESUME, label=Phrase(key="button.open_form")), STAFF),
        token="l0",  # noqa: S106 - the token of buttons that hold anywhere
    )
