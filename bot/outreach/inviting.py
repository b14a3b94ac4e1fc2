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
from dialogs.conversation.prompts import MessageKind, Phrase
from locales import language_of
from storage import accounts, conversations, outgoing
from storage.accounts import Account
from storage.cases import Case


def invite(talk: Talk, case: Case, account_id: str, step: Step) -> str | None:
    """Queue the message of a step in the account's own conversation; ``None`` where nobody is there any more."""
    account = accounts.lock_account(talk.conn, talk.vault, account_id)
    if account is None or account.state != "active":
        return None
    lobby = talk.lobby_of(account)
    if lobby.owner != Owner.BOT.value or not _carry_link(talk, account, case):
        return None
    _come_back(talk, account, lobby.id)
    answer_by = talk.local_now.date() + timedelta(days=step.answer)
    shown = format_date(answer_by, "long", language_of(lobby.locale))
    says = replace(
        notice(Phrase(key=f"outreach.{step.text}", params={"answer_by": shown})),
        kind=MessageKind.INVITATION,
        buttons=(replace(RESUME, label=Phrase(key="button.open_form")), STAFF),
        token="l0",  # noqa: S106 - the token of buttons that hold anywhere
    )
    lobby = talk.save(lobby, [], [says])
    return outgoing.newest_of(talk.conn, lobby.id)


def _carry_link(talk: Talk, account: Account, case: Case) -> bool:
    """Let the account act in the new case as it does in those before; false where it is the customer's no more."""
    his = [link for link in accounts.live_links(talk.conn, account.id) if link.customer_id == case.customer_id]
    if not his:
        return False
    if all(link.case_id != case.id for link in his):
        linked_at = max(link.linked_at for link in his)
        accounts.make_link(talk.conn, talk.uni, account.id, case.customer_id, case.id, linked_at=linked_at)
    return True


def _come_back(talk: Talk, account: Account, lobby_id: str) -> None:
    """What he writes next is about the new case, unless he is busy with another one."""
    active = account.active_conversation_id
    conversation = None if active is None else conversations.load_conversation(talk.conn, talk.vault, active)
    if conversation is None or conversation.closed_at is not None or conversation.phase == "completed":
        accounts.set_active_conversation(talk.conn, account.id, lobby_id)
