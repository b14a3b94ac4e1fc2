"""An account is linked by a login at the bank: the bank names who logged in, the platform names the account.

Promise: only both words together link somebody, in whichever order they come, and each login links once.  The
bank's word comes to ``POST /line/account-link`` (bot.account_link), the platform's as an event of the
conversation.  A login that links nobody is answered kindly, recorded, and counted like a wrong code where
somebody may have made it up: an account that failed too often links nothing for a day, by this way neither.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from bot.channels.base import Inbound, InboundKind
from bot.conversing import link_customer, lobby_of_bot, person_speaks, run_lobby
from bot.linking import refuse_login
from bot.lobby_room import Facts
from bot.talk import Talk
from dialogs.conversation.prompts import Phrase
from storage import accounts, audit, bank_logins, customers
from storage.bank_logins import Claim
from storage.conversations import Conversation
from storage.encryption import Vault
from storage.inbound import InboundRow


class Registered(StrEnum):
    """What became of the bank's word."""

    KEPT = "kept"
    #: The nonce was named before, or an account came with it that the platform does not vouch for.
    KNOWN = "nonce_known"
    NO_CUSTOMER = "customer_unknown"


def login_payload(vault: Vault, event: Inbound) -> dict[str, Any]:
    """What is kept of the platform's word: the nonce's digest, never the nonce."""
    if event.kind is not InboundKind.BANK_LOGIN or event.nonce is None:
        return {}
    digest = bank_logins.nonce_digest(vault, event.nonce.reveal())
    return {"login": [digest.hex(), event.vouched]}


def take_login(talk: Talk, conversation: Conversation, row: InboundRow) -> None:
    """The customer came back from the bank's login page."""
    if talk.account(conversation.account_id).channel not in talk.rules.login_channels:
        return  # another system of the bank that shares the account has asked for it
    digest, vouched = row.payload["login"]
    nonce = bytes.fromhex(digest)
    if not vouched:
        bank_logins.spend_login(talk.conn, talk.uni, nonce, conversation.account_id)
        _refuse(talk, conversation, "failed", counts=True)
    elif Facts(talk, talk.account(conversation.account_id)).is_locked():
        _refuse(talk, conversation, "locked", counts=False)
    elif person_speaks(talk, conversation):
        _record(talk, conversation.account_id, "link.login_not_taken")
    else:
        claimed = bank_logins.claim_login(talk.conn, talk.uni, nonce, conversation.account_id, at=row.occurred_at)
        if claimed.customer_id is not None:
            _link(talk, conversation, claimed.customer_id)
        else:
            # Who was too slow has made nothing up.
            _refuse(talk, conversation, claimed.claim.value, counts=claimed.claim is not Claim.EXPIRED)


def _link(talk: Talk, conversation: Conversation, customer_id: str) -> None:
    lobby = lobby_of_bot(talk, conversation)
    assert lobby is not None
    link_customer(talk, lobby, customer_id)


def _refuse(talk: Talk, conversation: Conversation, reason: str, *, counts: bool) -> None:
    if conversation.kind == "lobby" and not person_speaks(talk, conversation):
        run_lobby(talk, conversation, lambda state, facts: refuse_login(state, reason, counts, facts, talk.local_now))
        return
    _record(talk, conversation.account_id, f"link.login_{reason}")
    if counts:
        Facts(talk, talk.account(conversation.account_id)).count_failure(None)
    if not person_speaks(talk, conversation):
        # In the middle of a form: its open question stays.
        talk.say(conversation, Phrase(key="lobby.login_refused"))


def register(talk: Talk, nonce: str, customer_no: str) -> Registered:
    """The bank says who logged in; where the account came first, it is linked here and now."""
    customer_id = customers.find_customer_no(talk.conn, customer_no)
    if customer_id is None:
        return Registered.NO_CUSTOMER
    digest = bank_logins.nonce_digest(talk.vault, nonce)
    if bank_logins.register_login(talk.conn, talk.uni, digest, customer_id):
        _record(talk, None, "link.login_registered", customer=customer_id)
        return Registered.KEPT
    account_id = bank_logins.early_account(talk.conn, talk.uni, digest)
    if account_id is None:
        return Registered.KNOWN
    # The account first, as in a turn: two that hold what the other waits for would stop each other.
    account = accounts.lock_account(talk.conn, talk.vault, account_id)
    assert account is not None
    if not bank_logins.take_early(talk.conn, digest, customer_id):
        return Registered.KNOWN
    _record(talk, None, "link.login_registered", customer=customer_id)
    active = account.active_conversation_id
    conversation = talk.lobby_of(account) if active is None else talk.lock(active)
    if Facts(talk, account).is_locked() or person_speaks(talk, conversation):
        _record(talk, account_id, "link.login_not_taken")
    else:
        _link(talk, conversation, customer_id)
    return Registered.KEPT


def _record(talk: Talk, account_id: str | None, action: str, **subjects: str) -> None:
    audit.record(
        talk.conn,
        talk.uni,
        action,
        actor_kind="system" if account_id is None else "customer",
        actor_id="bank" if account_id is None else account_id,
        subjects=subjects,
        detail={},
    )
