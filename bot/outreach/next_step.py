"""What happens with a customer whose next step is due: done, put off, or over.  Pure.

Promise: a message leaves only within the hours, at most once in so many days, never to somebody whom staff own or who
is answering now, never against a stop flag; the same is asked again just before it leaves (``why_not``).
(Reference: experience 3.3 rules for sending, domain 5.3 escalation ladder.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

from bot.office_hours import OfficeHours
from bot.outreach.ladder import Ladder, Step, StepKind, opening_on
from dialogs.records import kept
from storage.campaign_facts import Leaving, MemberFacts
from storage.campaign_steps import OnLadder
from storage.case_status import CaseStatus
from storage.notifying.queue import WAITING

#: Why a case needs no further step, by its status.
_OVER: Mapping[CaseStatus, str] = MappingProxyType(
    {CaseStatus(code): "answered" for code in ("60", "65", "66", "70", "71", "72", "75")}
    | {
        CaseStatus.REFUSED: "refused",
        CaseStatus.RESTRICTION_CONSIDERED: "climbed",
        CaseStatus.RESTRICTED: "climbed",
        CaseStatus.EXEMPT: "ended",
        CaseStatus.STOPPED: "stopped",
        CaseStatus.CANCELLED: "ended",
    }
)
#: The invitation has not left the house yet.
_UNSENT = frozenset({CaseStatus.SELECTED, CaseStatus.ANNOUNCED})
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Do:
    """Carry the step out."""

    step: Step
    #: chat, line_notification, letter, none (there is no way), or the list: phone, visit, restriction.
    way: str


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Not now."""

    until: datetime
    why: str


@dataclass(frozen=True, kw_only=True)
class Leave:
    """No step any more."""

    why: str


@dataclass(frozen=True, kw_only=True)
class GoTo:
    """Another step comes next: its number, and when."""

    step_no: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Now:
    """The moment, and what is the same for everybody at it."""

    at: datetime
    hours: OfficeHours
    ladder: Ladder
    #: Platforms that are connected and whose allowance is not used up.
    open_channels: frozenset[str]
    #: Whether LINE may be told telephone numbers.
    may_notify: bool = False

    @kept
    def today(self) -> date:
        """The day where the bank is."""
        return self.at.astimezone(self.hours.zone).date()

    @kept
    def opening(self) -> datetime:
        """From when on messages may leave: this moment, where they may."""
        return self.hours.next_opening(self.at)


def decide(facts: MemberFacts, now: Now) -> Do | Hold | Leave | GoTo:
    """What becomes of a member whose step is due."""
    over = why_over(facts, now)
    if over:
        return Leave(why=over)
    if facts.stopped is not None:
        return Hold(until=now.at + _DAY, why="stopped")
    steps = now.ladder.steps(facts.rating)
    if facts.next_step >= len(steps):
        return Leave(why="climbed")
    step = steps[facts.next_step]
    if facts.notified in WAITING:
        return Hold(until=now.at + _DAY, why="notification")
    if facts.notified == "delivered":
        following, due, _ = after(facts, now)
        return GoTo(step_no=following, at=due or now.at)
    if facts.came_back and facts.account_id is None:
        # Returned mail: the phone at once (reference: escalation ladder).
        phone = next(place for place, one in enumerate(steps) if one.kind is StepKind.PHONE)
        if facts.next_step < phone:
            return GoTo(step_no=phone, at=now.at)
        if facts.next_step == phone:
            return Do(step=step, way=step.kind.value)
    if step.day > 0:
        if facts.status in _UNSENT:
            return Hold(until=opening_on(now.hours, now.today + _DAY), why="not_sent")
        due = opening_on(now.hours, base_of(facts, now) + timedelta(days=step.day))
        if due > now.at:
            return GoTo(step_no=facts.next_step, at=due)
    if not step.is_message:
        return Hold(until=now.at + _HOUR, why="staff") if facts.with_people else Do(step=step, way=step.kind.value)
    held = _why_held(facts, now)
    return held if held is not None else Do(step=step, way=_way(facts, step, now))


def why_over(facts: Leaving, now: Now) -> str:
    """Why there is nothing more to do for this customer in the campaign; empty where there is."""
    if not facts.known or (facts.relationship_end_on is not None and facts.relationship_end_on <= now.today):
        return "ended"
    return _OVER.get(facts.status, "")


def why_not(facts: Leaving, now: Now) -> str:
    """Why a message that was queued must not leave at this moment; empty where it may."""
    if facts.campaign_state != "running":
        return facts.campaign_state
    over = why_over(facts, now)
    if over or facts.stopped is not None:
        return over or "stopped"
    if facts.account_id is None:
        return "no_account"
    if facts.sent_to not in (None, facts.account_id):
        return "other_account"  # he is reached by another one since
    held = _why_held(facts, now)
    return "" if held is None else held.why


def why_not_notify(facts: MemberFacts, now: Now) -> str:
    """Why the message to a telephone number must not leave at this moment; empty where it may."""
    if facts.account_id is not None:
        return "account"
    if facts.had_account:
        return "withdrawn"
    why = why_not(replace(facts, account_id=""), now)
    return why or ("" if now.may_notify else "off")


def base_of(facts: OnLadder, now: Now) -> date:
    """The day from which the days of the ladder are counted: that on which the invitation left the house."""
    if facts.invited_at is not None:
        return facts.invited_at.astimezone(now.hours.zone).date()
    return facts.base_on or now.today


def after(facts: OnLadder, now: Now) -> tuple[int, datetime | None, date]:
    """The step after the present one, when it is due, and the day of the invitation."""
    steps = now.ladder.steps(facts.rating)
    base = now.today if steps[facts.next_step].kind is StepKind.INVITATION else base_of(facts, now)
    following = facts.next_step + 1
    if following >= len(steps):
        return following, None, base
    return following, opening_on(now.hours, base + timedelta(days=steps[following].day)), base


def _why_held(facts: Leaving, now: Now) -> Hold | None:
    if now.opening > now.at:
        return Hold(until=now.opening, why="hours")
    if facts.with_people:
        return Hold(until=now.hours.next_opening(now.at + _HOUR), why="staff")
    quiet = timedelta(minutes=now.ladder.minutes_quiet)
    if facts.heard_at is not None and now.at - facts.heard_at < quiet:
        return Hold(until=now.hours.next_opening(facts.heard_at + quiet), why="answering")
    between = timedelta(days=now.ladder.days_between)
    if facts.written_at is not None and now.at - facts.written_at < between:
        return Hold(until=now.hours.next_opening(facts.written_at + between), why="days_between")
    return None


def _way(facts: MemberFacts, step: Step, now: Now) -> str:
    if facts.status is CaseStatus.PHONE_AND_VISITS:
        return "none"  # people are at it already
    for way in step.by:
        if way == "letter" and not facts.came_back:
            return "letter"
        # By his number only who never was in the chat: who blocked us or ended the link wants none of it.
        if way == "line_notification" and now.may_notify and not facts.had_account and facts.notified is None:
            return way
        if way == "chat" and facts.account_id is not None and facts.channel in now.open_channels and not facts.refused:
            return "chat"
    return "none"
