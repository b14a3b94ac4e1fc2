"""The one status machine of a case, as data (domain: status model of a case).

10 selected -> 15 announced -> 20 sent -> 25 linked -> 40 answering <-> 45 paused
                                    \\-> 30 undeliverable -> 35 phone and visits
40 -> 60 answered -> 65 reconciling -> 66 no difference -> 75 done
                                   \\-> 70 to be checked -> 71, 72, 75, or 40 again
50..52 reminders -> 80 restriction considered -> 81 restricted;  55 with a person
"""

from __future__ import annotations

from enum import StrEnum

from storage.tables.cases import CLOSED_STATUSES


class CaseStatus(StrEnum):
    """The codes that are stored and exported."""

    SELECTED = "10"
    ANNOUNCED = "15"
    SENT = "20"
    LINKED = "25"
    UNDELIVERABLE = "30"
    PHONE_AND_VISITS = "35"
    ANSWERING = "40"
    PAUSED = "45"
    REMINDED_1 = "50"
    REMINDED_2 = "51"
    REMINDED_3 = "52"
    WITH_STAFF = "55"
    ANSWERED = "60"
    RECONCILING = "65"
    RECONCILED = "66"
    TO_CHECK = "70"
    AWAITING_DOCUMENTS = "71"
    AWAITING_APPROVAL = "72"
    DONE = "75"
    RESTRICTION_CONSIDERED = "80"
    RESTRICTED = "81"
    EXEMPT = "90"
    STOPPED = "91"
    REFUSED = "92"
    CANCELLED = "99"


CLOSED = frozenset(CaseStatus(code) for code in CLOSED_STATUSES)


def _statuses(codes: str) -> frozenset[CaseStatus]:
    return frozenset(CaseStatus(code) for code in codes.split())


_TABLE = {
    "10": "15 20 90",
    "15": "20",
    "20": "25 30 40 50",
    "25": "40 50",
    # A customer who comes back by himself needs no new letter: he may link and answer.
    "30": "20 25 35 40",
    "35": "25 40 60 80 92",
    "40": "45 60",
    "45": "40 50",
    "50": "25 35 40 51 80",
    "51": "25 35 40 52 80",
    "52": "25 35 40 80",
    "55": "40 60 70",
    "60": "65",
    "65": "66 70",
    "66": "75",
    "70": "40 71 72 75",
    "71": "70 75",
    # Who is to agree may send it back.
    "72": "70 75 80",
    # The next cycle is a case of its own.
    "75": "",
    "80": "40 81",
    "81": "40 75",
    "90": "10",
    "91": "",
    "92": "40 80",
    "99": "",
}
_FROM_ANY_OPEN = _statuses("55 30 91 92 99")

#: Where a case may go; a handed-over one (55) also back to the status it came from.
ALLOWED: dict[CaseStatus, frozenset[CaseStatus]] = {
    status: (_statuses(_TABLE[status]) | (frozenset() if status in CLOSED else _FROM_ANY_OPEN)) - {status}
    for status in CaseStatus
}

#: What a case passes on the way to its answers that came outside the chat.
_ON_THE_WAY = _statuses("20 40 70")
#: The comparison is at work: it decides first where the case goes.
BEING_COMPARED = _statuses("60 65 66")


def way_to_answered(status: CaseStatus) -> tuple[CaseStatus, ...]:
    """The moves by which answers on paper or by telephone bring a case to 60; none where they cannot any more.

    A case under review has such a way: what is entered then corrects what was answered before.
    """
    if status in CLOSED or status in BEING_COMPARED:
        return ()
    ways: list[tuple[CaseStatus, ...]] = [()]
    for way in ways:
        here = way[-1] if way else status
        if CaseStatus.ANSWERED in ALLOWED[here]:
            return (*way, CaseStatus.ANSWERED)
        ways += [(*way, on) for on in sorted(_ON_THE_WAY & ALLOWED[here]) if on not in way]
    return ()


#: Where the chat still takes an answer; from 60 on a submission is being worked on.
ANSWERABLE = frozenset(CaseStatus) - CLOSED - _statuses("60 65 66 70 71 72")
