"""Finding a conversation by what a customer can tell: receipt, customer number, whole name, whole phone number.

Promise: a look-up goes by a keyed digest or a number, never through the texts; nothing of what was typed gets into an
address, a log or the audit record (which holds only by which ways something was found); and the last four digits of a
phone number count only among those whom a person has or who wait for one: nobody leafs through the bank by them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.console.queue import PAGE, Slip, list_slips, slips_of_cases
from storage import audit, cases, customers, submissions
from storage.encryption import Vault
from storage.link_codes import normal_code
from storage.staff import StaffMember
from storage.universe import Universe

_RECEIPT_LENGTH = 10
_TAIL_LENGTH = 4
_SHORTEST_PHONE = 10
#: Beyond these a name or number is none.
LONGEST = 100


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search came to."""

    slips: tuple[Slip, ...]
    #: receipt_no, customer_no, name, phone, check_number, phone_tail: the ways that led somewhere.
    by: tuple[str, ...]


def search(conn: Connection, vault: Vault, staff: StaffMember, typed: str, now: datetime) -> Found:
    """The conversations behind what was typed, within what this member of staff may see."""
    text = _plain(typed)
    found: dict[str, Slip] = {}
    by: list[str] = []
    for way, case_ids in _ways(conn, vault, staff, text, now):
        slips = slips_of_cases(conn, staff, case_ids)
        found |= {slip.ref: slip for slip in slips}
        by += [way] if slips else []
    return Found(slips=tuple(found.values()), by=tuple(by))


def find_cases(
    conn: Connection, vault: Vault, staff: StaffMember, typed: str, now: datetime
) -> tuple[list[str], tuple[str, ...]]:
    """The cases behind what was typed, whatever their branch, and the ways that led to them."""
    found: dict[str, None] = {}
    by: list[str] = []
    for way, case_ids in _ways(conn, vault, staff, _plain(typed), now):
        found |= dict.fromkeys(case_ids)
        by += [way] if case_ids else []
    return list(found), tuple(by)


def _plain(typed: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", typed).split())[:LONGEST]


def _ways(
    conn: Connection, vault: Vault, staff: StaffMember, text: str, now: datetime
) -> Iterator[tuple[str, list[str]]]:
    if not text:
        return
    if len(normal_code(text)) == _RECEIPT_LENGTH:
        submission = submissions.find_receipt(conn, vault, text)
        yield "receipt_no", [] if submission is None else [submission.case_id]
    number = customers.find_customer_no(conn, text)
    yield "customer_no", [] if number is None else _cases(conn, [number])
    digits = customers.normal_phone(text)
    plain = text.replace("-", "").replace(" ", "")
    if len(digits) >= _SHORTEST_PHONE and digits == plain:
        yield "phone", _cases(conn, customers.find_customers(conn, vault, phone=digits))
    elif len(plain) == _TAIL_LENGTH and plain.isdecimal():
        queue = [slip for folder in ("waiting", "staff") for slip in list_slips(conn, staff, folder, now)]
        yield "check_number", [slip.case_id for slip in queue if slip.case_id and slip.check_number == plain]
        yield "phone_tail", [slip.case_id for slip in queue if slip.case_id and _tail(conn, vault, slip) == plain]
    elif not plain.isdecimal():
        yield "name", _cases(conn, customers.find_customers(conn, vault, name=text))


def _cases(conn: Connection, customer_ids: list[str]) -> list[str]:
    few = customer_ids[:PAGE]  # a name that hundreds bear is no way to find one of them
    return [case.id for customer_id in few for case in cases.cases_of_customer(conn, customer_id)]


def _tail(conn: Connection, vault: Vault, slip: Slip) -> str:
    case = None if slip.case_id is None else cases.load_case(conn, slip.case_id)
    customer = None if case is None else customers.load_customer(conn, vault, case.customer_id)
    return "" if customer is None else customers.normal_phone(customer.fields.get("phone", ""))[-_TAIL_LENGTH:]


def record_search(
    conn: Connection, uni: Universe, staff: StaffMember, by: Sequence[str], found: Sized, **purpose: str
) -> None:
    """Note who looked for somebody, by which ways and how many were found; never what was typed."""
    audit.record(
        conn,
        uni,
        "console.searched",
        actor_kind="staff",
        actor_id=staff.id,
        subjects={},
        detail={"by": ",".join(by), "found": str(len(found)), **purpose},
    )
