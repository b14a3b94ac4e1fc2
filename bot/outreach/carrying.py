"""What is due in a campaign, carried out for some of its customers in one transaction.

Promise: who is to be written to is held first, and only then all that decides on his next step is looked at, so what he
says at that moment is known or waits; who says something just then is left for the next look.  A customer whose values
do not open is put aside and recorded, and holds up nobody.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import Connection

from bot.outreach.ahead import Ahead
from bot.outreach.inviting import Invitations
from bot.outreach.ladder import Step, StepKind
from bot.outreach.next_step import Do, GoTo, Hold, Leave, Now, after, decide
from bot.talk import Talk
from storage import campaign_steps as steps
from storage.bulk.moving import Way, lock_cases, move_cases
from storage.bulk.reaching import Reachable, hold_reachable
from storage.campaign_facts import MemberFacts, due_cases, facts_of_cases
from storage.case_status import ALLOWED, CaseStatus
from storage.notifying.queue import WITHIN, queue_notification
from storage.universe import Universe

#: Members of one transaction.
PIECE = 80
_ACTOR = "system:campaigns"
#: After a message that was not let go, and where a value does not open.
AGAIN, _DAMAGED = timedelta(minutes=10), timedelta(days=1)

#: Over which statuses a case may be led to the one that a step brings.
_BETWEEN = (CaseStatus.PAUSED, CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3)
_REMINDERS = (CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3)
_LISTS: Mapping[str, CaseStatus] = {
    StepKind.PHONE.value: CaseStatus.PHONE_AND_VISITS,
    StepKind.VISIT.value: CaseStatus.PHONE_AND_VISITS,
    StepKind.RESTRICTION.value: CaseStatus.RESTRICTION_CONSIDERED,
}


@dataclass
class Carried:
    """What one transaction came to."""

    #: Members that were looked at.
    looked: int = 0
    #: Messages that were queued, by channel.
    queued: Counter[str] = field(default_factory=Counter)
    #: Members who stay due until there is room for their message, by channel.
    waiting: Counter[str] = field(default_factory=Counter)

    @property
    def is_full(self) -> bool:
        """Whether there may be more of them."""
        return self.looked == PIECE


class Piece:
    """One transaction's share of a campaign."""

    def __init__(self, conn: Connection, now: Now, ahead: Ahead, talk: Talk) -> None:
        self._conn = conn
        self._now = now
        self._ahead = ahead
        self._rooms = ahead.rooms()
        self._talk = talk
        self._invitations = Invitations(talk, PIECE)
        self.carried = Carried()
        #: Customers and accounts that are written to here: what else there is for them has to see that first.
        self._written: set[str] = set()
        self._done: list[tuple[MemberFacts, Step, str, str | None]] = []
        self._held: list[tuple[MemberFacts, datetime, str]] = []
        self._left: list[tuple[MemberFacts, str]] = []
        self._gone_on: list[tuple[MemberFacts, int, datetime | None, date | None]] = []

    def carry_out(self, campaign_id: str, among: Sequence[str] | None = None) -> Carried:
        """Do what is due now for those who wait longest, or for those of some cases."""
        conn, talk = self._conn, self._talk
        due = due_cases(conn, campaign_id, self._now.at, PIECE, among)
        self.carried.looked = len(due)
        accounts = [account_id for account_id in due.values() if account_id is not None]
        reachable, damaged = hold_reachable(conn, talk.vault, talk.uni, accounts)
        for facts in facts_of_cases(conn, campaign_id, list(due)):
            match decide(facts, self._now):
                case Do(way="chat") if facts.account_id in damaged:
                    self._held.append((facts, self._now.at + _DAMAGED, "damaged"))
                case Do(step=step) if step.is_message and self._is_written_to(facts):
                    pass
                case Do(step=step, way="line_notification"):
                    queue_notification(conn, talk.uni, facts, step.step)
                    self._held.append((facts, self._now.at + WITHIN, "notification"))
                case Do(step=step, way="chat"):
                    assert facts.account_id is not None
                    if (found := reachable.get(facts.account_id)) is not None:
                        self._write(facts, step, found)
                case Do(step=step, way=way):
                    self._done.append((facts, step, way, None))
                case Hold(until=until, why=why):
                    self._held.append((facts, until, why))
                case Leave(why=why):
                    self._left.append((facts, why))
                case GoTo(step_no=step_no, at=at):
                    self._gone_on.append((facts, step_no, at, facts.base_on))
        self._keep()
        return self.carried

    def _is_written_to(self, facts: MemberFacts) -> bool:
        whom = {facts.customer_id, facts.account_id or facts.customer_id}
        before = bool(whom & self._written)
        self._written |= whom
        return before

    def _write(self, facts: MemberFacts, step: Step, found: Reachable) -> None:
        """Queue a message, or put it off until there is room."""
        channel = found.account.channel
        if self._rooms.get(channel, 0) <= 0:
            turn = self._ahead.turn(channel, self._now.at)
            if turn is None:
                self.carried.waiting[channel] += 1
            else:
                self._gone_on.append((facts, facts.next_step, turn, facts.base_on))
            return
        outgoing_id = self._invitations.invite(found, facts.customer_id, facts.case_id, step)
        if outgoing_id is None:
            self._held.append((facts, self._now.at + AGAIN, "staff"))
            return
        self._rooms[channel] -= 1
        self.carried.queued[channel] += 1
        self._done.append((facts, step, channel, outgoing_id))

    def _keep(self) -> None:
        """Write down what was decided, all of a kind together."""
        conn, uni = self._conn, self._talk.uni
        self._invitations.queue()
        steps.set_sending(conn, [(facts, outgoing_id) for facts, _, _, outgoing_id in self._done if outgoing_id])
        steps.note_deliveries(
            conn, uni, [(facts, step.step, channel, outgoing_id) for facts, step, channel, outgoing_id in self._done]
        )
        self._move()
        at_once = [(facts, *after(facts, self._now)) for facts, _, _, outgoing_id in self._done if outgoing_id is None]
        steps.advance(conn, [*at_once, *self._gone_on])
        steps.hold(conn, self._held)
        steps.leave(conn, uni, self._left)

    def _move(self) -> None:
        """Move the cases along with their steps; a letter's invitation counts as sent when its code is made."""
        moving = [one for one in self._done if one[2] != "none"]
        locked = lock_cases(self._conn, [facts.case_id for facts, *_ in moving])
        ways = []
        for facts, step, _, outgoing_id in moving:
            target = _target(step, locked[facts.case_id], in_chat=outgoing_id is not None)
            if target is not None:
                over = path(locked[facts.case_id], target)
                ways.append(Way(case_id=facts.case_id, over=over, reason=f"campaign:{step.step}", source=outgoing_id))
        move_cases(self._conn, self._talk.uni, locked, ways, actor=_ACTOR)


def _target(step: Step, status: CaseStatus, *, in_chat: bool) -> CaseStatus | None:
    if step.kind is StepKind.NOTICE:
        return CaseStatus.ANNOUNCED
    if step.kind is StepKind.INVITATION:
        return CaseStatus.SENT if in_chat else None
    if step.kind is StepKind.REMINDER:
        place = _REMINDERS.index(status) + 1 if status in _REMINDERS else 0
        return _REMINDERS[min(place, len(_REMINDERS) - 1)]
    return _LISTS.get(step.kind.value)


def move_along(conn: Connection, uni: Universe, case_id: str, step: Step, *, source: str) -> None:
    """Move one case along with a step that reached its customer outside the chat."""
    locked = lock_cases(conn, [case_id])
    target = _target(step, locked[case_id], in_chat=True)
    if target is not None:
        over = path(locked[case_id], target)
        way = Way(case_id=case_id, over=over, reason=f"campaign:{step.step}", source=source)
        move_cases(conn, uni, locked, [way], actor=_ACTOR)


@cache
def path(start: CaseStatus, target: CaseStatus) -> tuple[CaseStatus, ...]:
    """The shortest way of a case, over reminders where need be; empty where there is none or it is there."""
    ways: deque[tuple[CaseStatus, ...]] = deque([(start,)])
    while ways:
        way = ways.popleft()
        if way[-1] is target:
            return way[1:]
        following = (one for one in (*_BETWEEN, CaseStatus.PHONE_AND_VISITS, target) if one in ALLOWED[way[-1]])
        ways.extend((*way, one) for one in dict.fromkeys(following) if one not in way)
    return ()
