"""A campaign's message in the chat of a linked customer, and how a new case comes to an old link.

Promise: a link that is carried over to a new case keeps its age, so the second factor is asked before anything
personal is shown; the message itself says nothing about the customer, asks for nothing and holds no address of a page.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from babel.dates import format_date

from bot.outreach.ladder import Step
from bot.talk import Talk, notice
from dialogs.conversation.asking import RESUME, STAFF
from dialogs.conversation.events import Owner
from dialogs.conversation.prompts import MessageKind, Phrase, Prompt
from locales import language_of
from storage import accounts
from storage.bulk.reaching import Reachable


def invite(talk: Talk, found: Reachable, customer_id: str, case_id: str, step: Step) -> str | None:
    """Queue the message of a step in the account's own conversation; ``None`` where nobody is there any more.

    Nothing is written in that case.
    """
    account, lobby = found.account, found.lobby
    his = [link for link in found.links if link.customer_id == customer_id]
    if account.state != "active" or not his or (lobby is not None and lobby.owner != Owner.BOT.value):
        return None
    if all(link.case_id != case_id for link in his):
        linked_at = max(link.linked_at for link in his)
        accounts.make_link(talk.conn, talk.uni, account.id, customer_id, case_id, linked_at=linked_at)
    lobby = lobby or talk.lobby_of(account)
    if not found.is_busy and account.active_conversation_id != lobby.id:
        # What he writes next is about the new case.
        accounts.set_active_conversation(talk.conn, account.id, lobby.id)
    answer_by = talk.local_now.date() + timedelta(days=step.answer)
    shown = format_date(answer_by, "long", language_of(lobby.locale))
    talk.save(lobby, [], [invitation(step.text, shown)])
    return talk.queued[-1]


def invitation(text: str, answer_by: str) -> Prompt:
    """The message of a step; ``answer_by`` is the day in words."""
    return replace(
        notice(Phrase(key=f"outreach.{text}", params={"answer_by": answer_by})),
        kind=MessageKind.INVITATION,
        buttons=(replace(RESUME, label=Phrase(key="button.open_form")), STAFF),
        token="l0",  # noqa: S106 - the token of buttons that hold anywhere
    )
