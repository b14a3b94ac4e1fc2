"""Erasing what is kept of a customer, or the raw words whose time is over.

Promise: after the transaction no value about the person is left in any table or index; ids, states, times, the
marks of what was exported and the audit record stay.  An erased value is replaced by an empty sealed one, so what
reads the rows around it goes on working.  The rows of one customer go in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, func, or_, select, update

from storage.encryption import DigestKind, Vault
from storage.export_requests import erase_exports_of
from storage.images import ImageState
from storage.menus import touch_menus_of_customer
from storage.tables import (
    AccountLinkRow,
    AccountMenuRow,
    AccountRow,
    BankLoginRow,
    CaseRow,
    CaseTransitionRow,
    ContactTryRow,
    ContentRow,
    ConversationEventRow,
    ConversationRow,
    CustomerFlagRow,
    CustomerRow,
    DifferenceDecisionRow,
    DifferenceRow,
    EntryRow,
    HandOverRow,
    ImageRow,
    InboundRow,
    LinkCodeRow,
    MasterRecordRow,
    NotificationRow,
    OutgoingRow,
    RatingDecisionRow,
    RatingProposalRow,
    SubmissionRow,
    row_id,
    table_of,
)
from storage.universe import Universe

_account, _case, _content = table_of(AccountRow), table_of(CaseRow), table_of(ContentRow)
_conversation, _customer, _difference = table_of(ConversationRow), table_of(CustomerRow), table_of(DifferenceRow)
_event, _image, _inbound = table_of(ConversationEventRow), table_of(ImageRow), table_of(InboundRow)
_entry, _flag, _hand_over = table_of(EntryRow), table_of(CustomerFlagRow), table_of(HandOverRow)
_link, _login, _code = table_of(AccountLinkRow), table_of(BankLoginRow), table_of(LinkCodeRow)
_menu, _transition = table_of(AccountMenuRow), table_of(CaseTransitionRow)
_notification = table_of(NotificationRow)
_decision, _try = table_of(DifferenceDecisionRow), table_of(ContactTryRow)
_proposal, _rated = table_of(RatingProposalRow), table_of(RatingDecisionRow)
_outgoing, _record, _submission = table_of(OutgoingRow), table_of(MasterRecordRow), table_of(SubmissionRow)

#: Every sealed column, and what erasing a customer does to it; a test demands that none is missing.
ERASED = {
    "case_transition": "removed",
    "channel_account": "emptied, unless the account acts for somebody else too",
    "contact_try": "the note is removed",
    "content": "removed",
    "conversation": "emptied",
    "conversation_event": "emptied",
    "customer_flag": "why he was left alone is emptied",
    "data_entry": "emptied",
    "difference": "emptied",
    "difference_decision": "removed",
    "export_part": "removed with the whole file in which he stands",
    "export_request": "why the file was needed is emptied",
    "inbound_event": "emptied",
    "master_record": "rows deleted",
    "outgoing_message": "removed",
    "rating_decision": "removed",
    "received_image": "removed",
    "review_case": "removed",
    "submission": "emptied",
}
#: Sealed columns that hold nothing about the customer, or what must outlive him.
KEPT = {
    "audit_head": "the end of the audit chain",
    "customer_hold": "why something was kept: an erased customer has no hold in force",
    "erasure": "why something was erased",
    "review_cadence": "why reviews come round as often as they do; about no customer",
    "staff_factor": "the secret of a member of staff's authenticator app",
    "store_secret": "the secret of the digests",
}

_NOTHING: Mapping[str, Any] = {}
_NO_ANSWERS = {"receipt_no": "", "answers": []}
_NO_VERDICT = {"master": None, "answer": None}


def erase_customer(conn: Connection, vault: Vault, uni: Universe, customer_id: str) -> dict[str, int]:
    """Erase all about one customer; returns how many rows of each kind were touched."""
    now = uni.now()
    case_ids = list(conn.execute(select(_case.c.id).where(_case.c.customer_id == customer_id)).scalars())
    accounts = _only_his(conn, customer_id, case_ids)
    conversations = select(_conversation.c.id).where(
        or_(_conversation.c.case_id.in_(case_ids), _conversation.c.account_id.in_(accounts))
    )
    conversation_ids = list(conn.execute(conversations).scalars())
    counts = _erase_traffic(conn, vault, now, conversation_ids, None)
    counts["events"] = _empty(conn, vault, _event, _event.c.conversation_id.in_(conversation_ids), _NOTHING)
    counts["conversations"] = _close_conversations(conn, vault, now, conversation_ids)
    erase_exports_of(conn, vault, customer_id)
    counts["submissions"] = _erase_submissions(conn, vault, now, customer_id, case_ids)
    conn.execute(update(_case).where(_case.c.id.in_(case_ids)).values(sealed=None))
    conn.execute(update(_transition).where(_transition.c.case_id.in_(case_ids)).values(sealed=None))
    conn.execute(update(_try).where(_try.c.case_id.in_(case_ids)).values(sealed=None))
    waiting = _code.c.case_id.in_(case_ids) & _code.c.state.in_(("active", "locked"))
    conn.execute(update(_code).where(waiting).values(state="revoked"))
    touch_menus_of_customer(conn, customer_id)  # an account may act for others as well
    _empty(conn, vault, _flag, _flag.c.customer_id == customer_id, _NOTHING)
    live = (_link.c.customer_id == customer_id) & _link.c.ended_at.is_(None)
    conn.execute(update(_link).where(live).values(ended_at=now, end_reason="erased"))
    conn.execute(delete(_login).where(or_(_login.c.customer_id == customer_id, _login.c.account_id.in_(accounts))))
    conn.execute(update(_notification).where(_notification.c.customer_id == customer_id).values(number_digest=None))
    counts["accounts"] = _empty_accounts(conn, vault, accounts, conversation_ids)
    counts["master_records"] = conn.execute(delete(_record).where(_record.c.customer_id == customer_id)).rowcount
    conn.execute(update(_customer).where(_customer.c.id == customer_id).values(erased_at=now))
    return counts


def erase_words(
    conn: Connection, vault: Vault, uni: Universe, conversation_ids: Sequence[str], before: datetime
) -> int:
    """Erase the raw words, pictures and platform payloads older than ``before``; the state and its events stay."""
    return _erase_traffic(conn, vault, uni.now(), conversation_ids, before)["words"]


def hold_traffic(conn: Connection, customer_id: str) -> None:
    """Wait for the turns of the customer (and of clerks for him) that are under way, in the order in which they lock.

    What such a turn wrote would be seen by no statement that ran before its commit, and nobody would look again.
    """
    cases = select(_case.c.id).where(_case.c.customer_id == customer_id)
    # First, as a clerk does who submits what he has entered.
    entered = select(_entry.c.id).where(_entry.c.case_id.in_(cases)).order_by(_entry.c.id)
    conn.execute(entered.with_for_update(key_share=True)).all()
    his = select(_link.c.account_id).where(_link.c.customer_id == customer_id)
    talked = select(_conversation.c.account_id).where(_conversation.c.case_id.in_(cases))
    account = select(_account.c.id).where(or_(_account.c.id.in_(his), _account.c.id.in_(talked)))
    accounts = conn.execute(account.order_by(_account.c.id).with_for_update(key_share=True)).scalars().all()
    here = or_(_conversation.c.case_id.in_(cases), _conversation.c.account_id.in_(accounts))
    conversation = select(_conversation.c.id).where(here).order_by(_conversation.c.id)
    conn.execute(conversation.with_for_update(key_share=True)).all()


def _only_his(conn: Connection, customer_id: str, case_ids: Sequence[str]) -> list[str]:
    """Accounts that acted for this customer and for nobody who is still kept."""
    his = select(_link.c.account_id).where(_link.c.customer_id == customer_id)
    talked = select(_conversation.c.account_id).where(_conversation.c.case_id.in_(case_ids))
    others = (
        select(_link.c.account_id)
        .join(_customer, _customer.c.id == _link.c.customer_id)
        .where(_link.c.customer_id != customer_id)
        # Who was erased and came back counts with the links of afterwards.
        .where(_customer.c.erased_at.is_(None) | (_link.c.linked_at > _customer.c.erased_at))
    )
    query = select(_account.c.id).where(
        or_(_account.c.id.in_(his), _account.c.id.in_(talked)), _account.c.id.not_in(others)
    )
    return list(conn.execute(query).scalars())


def _erase_traffic(
    conn: Connection, vault: Vault, now: datetime, conversation_ids: Sequence[str], before: datetime | None
) -> dict[str, int]:
    """What came in and went out: the words, the pictures, the payloads."""
    here: ColumnElement[bool] = _content.c.conversation_id.in_(conversation_ids) & _content.c.erased_at.is_(None)
    pictures: ColumnElement[bool] = _image.c.conversation_id.in_(conversation_ids) & _image.c.sealed.is_not(None)
    out: ColumnElement[bool] = _outgoing.c.conversation_id.in_(conversation_ids)
    came: ColumnElement[bool] = _inbound.c.conversation_id.in_(conversation_ids)
    if before is not None:
        here &= _content.c.at < before
        pictures &= _image.c.received_at < before
        out &= _outgoing.c.created_at < before
        came &= (_inbound.c.received_at < before) & _inbound.c.done_at.is_not(None)
    words = conn.execute(update(_content).where(here).values(sealed=None, erased_at=now)).rowcount
    no_picture: dict[str, Any] = {"sealed": None, "lease_owner": None, "lease_until": None, "settled_at": now}
    no_picture |= {"state": ImageState.ERASED.value, "reason": ""}
    images = conn.execute(update(_image).where(pictures).values(no_picture)).rowcount
    open_still = out & _outgoing.c.state.in_(("pending", "leased"))
    dropped = {"state": "dropped", "detail": "erased", "settled_at": now, "lease_owner": None, "lease_until": None}
    conn.execute(update(_outgoing).where(open_still).values(dropped))
    conn.execute(update(_outgoing).where(out, _outgoing.c.sealed.is_not(None)).values(sealed=None))
    conn.execute(update(_inbound).where(came, _inbound.c.done_at.is_(None)).values(done_at=now))
    events = _empty(conn, vault, _inbound, came, _NOTHING)
    return {"words": words, "pictures": images, "inbound": events}


def _empty(conn: Connection, vault: Vault, table: Table, where: Any, nothing: Mapping[str, Any]) -> int:
    """Put an empty sealed value in place of each one."""
    keys = table.primary_key.columns.values()
    rows = conn.execute(select(*keys).where(where)).all()
    here = [column == bindparam(f"key_{column.name}") for column in keys]
    statement = update(table).where(*here).values(sealed=bindparam("nothing"))
    values = [
        {f"key_{column.name}": getattr(row, column.name) for column in keys}
        | {"nothing": vault.seal(table.name, row_id(table, row), nothing)}
        for row in rows
    ]
    if values:
        conn.execute(statement, values)
    return len(values)


def _close_conversations(conn: Connection, vault: Vault, now: datetime, ids: Sequence[str]) -> int:
    """Nobody speaks there any more; the number of recorded events stays."""
    rows = conn.execute(select(_conversation.c.id, _conversation.c.event_seq).where(_conversation.c.id.in_(ids))).all()
    for row in rows:
        sealed = vault.seal(_conversation.name, row.id, {"event_seq": row.event_seq, "state": {}})
        values = {
            "owner": "closed",
            "owner_staff_id": None,
            "waiting_since": None,
            "phase": "erased",
            "open_question": None,
            "epoch": _conversation.c.epoch + 1,
            "version": _conversation.c.version + 1,
            "closed_at": func.coalesce(_conversation.c.closed_at, now),
            "sealed": sealed,
        }
        conn.execute(update(_conversation).where(_conversation.c.id == row.id).values(values))
    waits = _hand_over.c.conversation_id.in_(ids) & _hand_over.c.ended_at.is_(None)
    over = {"state": "ended", "ended_at": now, "outcome": "erased", "timer": None, "due_at": None}
    conn.execute(update(_hand_over).where(waits).values(over))
    return len(rows)


def _erase_submissions(conn: Connection, vault: Vault, now: datetime, customer_id: str, case_ids: Sequence[str]) -> int:
    his = _submission.c.customer_id == customer_id
    count = _empty(conn, vault, _submission, his, _NO_ANSWERS)
    for submission_id in conn.execute(select(_submission.c.id).where(his)).scalars().all():
        # A look-up by receipt number finds nothing any more; the digest only has to be nobody else's.
        gone = {"receipt_digest": _nobody(vault, DigestKind.RECEIPT, submission_id), "erased_at": now}
        conn.execute(update(_submission).where(_submission.c.id == submission_id).values(gone))
    entered = _entry.c.case_id.in_(case_ids)
    _empty(conn, vault, _entry, entered, _NOTHING)
    conn.execute(update(_entry).where(entered, _entry.c.ended_at.is_(None)).values(state="discarded", ended_at=now))
    of_cases = _difference.c.case_id.in_(case_ids)
    _empty(conn, vault, _difference, of_cases, _NO_VERDICT)
    notes = _decision.c.difference_id.in_(select(_difference.c.id).where(of_cases))
    conn.execute(update(_decision).where(notes).values(sealed=None))
    of_ratings = _rated.c.proposal_id.in_(select(_proposal.c.id).where(_proposal.c.case_id.in_(case_ids)))
    conn.execute(update(_rated).where(of_ratings).values(sealed=None))
    for difference_id in conn.execute(select(_difference.c.id).where(of_cases)).scalars().all():
        values = {
            "master_digest": _nobody(vault, DigestKind.MASTER_ROW, difference_id),
            "superseded_at": func.coalesce(_difference.c.superseded_at, now),
        }
        conn.execute(update(_difference).where(_difference.c.id == difference_id).values(values))
    return count


def _empty_accounts(conn: Connection, vault: Vault, account_ids: Sequence[str], gone: Sequence[str]) -> int:
    for account_id in account_ids:
        values = {
            "user_digest": _nobody(vault, DigestKind.CHANNEL_USER, account_id),
            "sealed": vault.seal(_account.name, account_id, {"user_id": ""}),
            "state": "blocked",
        }
        conn.execute(update(_account).where(_account.c.id == account_id).values(values))
    # There is nobody any more to show a menu to.
    conn.execute(delete(_menu).where(_menu.c.account_id.in_(account_ids)))
    elsewhere = update(_account).where(_account.c.active_conversation_id.in_(gone))
    conn.execute(elsewhere.values(active_conversation_id=None))
    return len(account_ids)


def _nobody(vault: Vault, kind: DigestKind, of: str) -> bytes:
    return vault.digest(kind, f"erased:{of}")
