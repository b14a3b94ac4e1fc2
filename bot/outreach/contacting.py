"""What follows from a call, a visit or a returned letter: for the case, the code of the letter, the reminder.

Promise: the try, what follows from it and its audit entry stand in one transaction.  A refusal or a returned letter
moves the case along the status machine where it can go; a death stops every message at once and is for a superior to
settle; nobody is restricted here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import Final

from sqlalchemy import Connection

from bot.office_hours import OfficeHours
from dialogs.guard import find_secret
from storage import audit
from storage.case_status import CLOSED, CaseStatus
from storage.cases import Case, can_move, lock_case, move_case
from storage.contacts import (
    DECEASED,
    PROMISED,
    REFUSED,
    RETURNED,
    SHIPPED_RULES,
    BadTry,
    Try,
    TryRules,
    check_try,
    save_try,
    set_promise,
    settle_promise,
)
from storage.encryption import Vault
from storage.flags import FlagKind, place_flag
from storage.link_codes import link_codes_of_case, revoke_link_codes
from storage.triggers import Trigger, is_noted, lock_customer, note_event
from storage.universe import Universe

#: The office opens later on some days; before this hour nobody is reminded on any.
_REMIND: Final = time(10, 0)
#: The longest note.
LONGEST_NOTE: Final = 500
#: From here a call or a visit is the follow-up that the status machine knows.
_BEFORE_FOLLOW_UP = frozenset(
    {CaseStatus.UNDELIVERABLE, CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3}
)
#: Who is at it in the chat is reached, whatever became of his letter.
_WAITS_FOR_LETTER = frozenset({CaseStatus.SENT, CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3})


def check_note(note: str) -> None:
    """Raise ``BadTry`` where a note is too long, or holds what is never stored."""
    if len(note) > LONGEST_NOTE:
        raise BadTry("note")
    if note and find_secret(note, expected=None) is not None:
        raise BadTry("secret")


def enter_try(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    one: Try,
    *,
    office: OfficeHours,
    actor_kind: audit.ActorKind,
    rules: TryRules = SHIPPED_RULES,
) -> str:
    """Write a try down with all that follows from it; raises ``BadTry``. ``by`` is the id of who enters it."""
    case = lock_case(conn, one.case_id)
    if case is None or case.status in CLOSED:
        raise BadTry("case")
    check_note(one.note)
    check_try(one, today=uni.now().astimezone(office.zone).date(), now=uni.now())
    who = one.by if actor_kind == "staff" else f"{actor_kind}:{one.by}"
    day = one.at.astimezone(office.zone).date()
    try_id = save_try(conn, vault, uni, replace(one, by=who), day=day, rules=rules)
    audit.record(
        conn,
        uni,
        "contact.tried",
        actor_kind=actor_kind,
        actor_id=one.by,
        subjects={"case": case.id, "customer": case.customer_id},
        detail={"channel": one.channel, "result": one.result},
    )
    if one.result in RETURNED:
        _came_back(conn, uni, case, one, try_id, who, office)
    elif one.channel != "post":
        _followed_up(conn, vault, uni, case, one, try_id, who, office)
    return try_id


def _followed_up(
    conn: Connection, vault: Vault, uni: Universe, case: Case, one: Try, try_id: str, who: str, office: OfficeHours
) -> None:
    if one.result == PROMISED and one.promised_on is not None:
        morning = datetime.combine(one.promised_on, _REMIND, office.zone)
        set_promise(conn, case.id, try_id, office.next_opening(max(morning, uni.now())))
    if one.result == REFUSED:
        settle_promise(conn, uni, case.id, "closed")
        _move(conn, uni, case, CaseStatus.REFUSED, who, "refused", try_id)
    elif one.result == DECEASED:
        settle_promise(conn, uni, case.id, "closed")
        lock_customer(conn, case.customer_id)
        place_flag(conn, vault, uni, case.customer_id, FlagKind.DECEASED, reason=one.note or one.result, by=who)
    elif case.status in _BEFORE_FOLLOW_UP:
        _move(conn, uni, case, CaseStatus.PHONE_AND_VISITS, who, f"contact.{one.channel}", try_id)


def _came_back(
    conn: Connection, uni: Universe, case: Case, one: Try, try_id: str, who: str, office: OfficeHours
) -> None:
    """The code that lay in the letter links nobody any more, and the address is known to be wrong.

    An older letter that comes back late says nothing of the one that was sent since.
    """
    day = one.at.astimezone(office.zone).date()
    codes = link_codes_of_case(conn, case.id)
    if all(code.created_at.astimezone(office.zone).date() <= day for code in codes):
        revoke_link_codes(conn, case.id)
        if case.status in _WAITS_FOR_LETTER:
            source = codes[-1].id if codes else try_id
            _move(conn, uni, case, CaseStatus.UNDELIVERABLE, who, Trigger.RETURNED_MAIL.value, source)
    lock_customer(conn, case.customer_id)
    if not is_noted(conn, case.customer_id, Trigger.RETURNED_MAIL, day):
        note_event(
            conn,
            uni,
            case.customer_id,
            Trigger.RETURNED_MAIL,
            happened_on=day,
            source=f"try:{try_id}",
            by=who,
            outcome="covered",
            case_id=case.id,
        )


def _move(conn: Connection, uni: Universe, case: Case, to: CaseStatus, who: str, reason: str, source: str) -> None:
    if to is not case.status and can_move(case, to):
        move_case(conn, uni, case.id, to, actor=who, reason=reason, source=source)
