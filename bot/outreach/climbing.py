"""Carrying campaigns out: what is due is queued, listed or put off, a few hundred messages ahead of the platforms.

Promise: one process at a time does it, a killed one is followed by another that finds exactly what is still to do, a
step is carried out once per customer, and a campaign that is stopped or paused queues nothing more; what was queued
is asked again just before it leaves (``Gate``), so no message is left that could leave later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import Connection

from bot.chores import Chore
from bot.live_content import LiveContent
from bot.outreach.campaigning import hours_of, release
from bot.outreach.inviting import invite
from bot.outreach.ladder import RATINGS, Step, StepKind, first_day, ladder_of
from bot.outreach.next_step import Do, GoTo, Hold, Leave, Now, after, decide, why_not
from bot.settings import Settings
from bot.talk import Rules, Talk
from storage import campaign_steps as steps, quota
from storage.campaign_facts import MemberFacts, due_members, facts_of_member, facts_of_messages
from storage.campaign_members import begin_piece, count_members, leave_all
from storage.campaigns import CLOCK, Campaign, list_campaigns, move_campaign
from storage.case_status import ALLOWED, CaseStatus
from storage.cases import load_case, lock_case, move_case
from storage.database import Database
from storage.leases import Lease, fence

log = structlog.get_logger("kakunin.campaigns")

#: Messages of campaigns that are queued at a time: a stop leaves no more than these, and each is asked again.
AHEAD = 1000
#: Members of one look.
PIECE = 50
#: After a message that was not let go.
_AGAIN = timedelta(minutes=10)
_ACTOR = "system:campaigns"

#: Over which statuses a case may be led to the one that a step brings.
_BETWEEN = (CaseStatus.PAUSED, CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3)
_REMINDERS = (CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3)
_LISTS: Mapping[str, CaseStatus] = {
    StepKind.PHONE.value: CaseStatus.PHONE_AND_VISITS,
    StepKind.VISIT.value: CaseStatus.PHONE_AND_VISITS,
    StepKind.RESTRICTION.value: CaseStatus.RESTRICTION_CONSIDERED,
}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is the same for all campaigns of a process."""

    database: Database
    settings: Settings
    #: Platforms that are connected.
    channels: frozenset[str]

    def now(self, conn: Connection, campaign_ladder: str) -> Now:
        """This moment for one ladder."""
        used_up = {one.channel for one in quota.load_quotas(conn) if one.is_used_up}
        ladder = ladder_of(campaign_ladder)
        return Now(
            at=self.database.universe.now(),
            hours=hours_of(ladder, self.settings),
            ladder=ladder,
            open_channels=self.channels - used_up,
        )


class Gate:
    """Asked by the sender just before a campaign's messages leave: which of them must not."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def __call__(self, conn: Connection, outgoing_ids: Sequence[str]) -> Mapping[str, str]:
        """Message -> why not."""
        refused = dict.fromkeys(outgoing_ids, "no_campaign")
        ladders = {one.id: one.ladder for one in list_campaigns(conn)}
        for facts in facts_of_messages(conn, outgoing_ids):
            assert facts.outgoing_id is not None
            why = why_not(facts, self._setting.now(conn, ladders[facts.campaign_id]))
            if why:
                refused[facts.outgoing_id] = why
            else:
                del refused[facts.outgoing_id]
        return refused


class Climbing:
    """The campaigns of one store."""

    def __init__(self, setting: Setting, live: LiveContent, rules: Rules) -> None:
        self._setting = setting
        self._database = setting.database
        self._live = live
        self._rules = rules

    def chore(self) -> Chore:
        """As a chore: one process at a time."""

        def is_due(conn: Connection) -> bool:
            return bool(list_campaigns(conn, state="running")) or steps.count_on_their_way(conn) > 0

        return Chore("campaigns", is_due, self.step)

    def step(self, lease: Lease) -> bool:
        """One round; true where more is to be done at once."""
        busy = self._settle(lease)
        for campaign in self._database.run_read(lambda conn: list_campaigns(conn, state="running")):
            busy |= self._begin(lease, campaign)
            busy |= self._climb(lease, campaign)
            self._ramp(lease, campaign)
            self._finish(lease, campaign)
        return busy

    # What was sent ------------------------------------------------------------------------------

    def _settle(self, lease: Lease) -> bool:
        """What has left the house brings its step to an end; what has not is decided anew."""
        found = self._database.run_read(lambda conn: steps.arrived(conn, PIECE))
        if not found:
            return False

        states = {one.outgoing_id: one for one in found}

        def settle(conn: Connection) -> None:
            fence(conn, lease)
            steps.forget_left(conn, list(states))
            ladders = {one.id: one.ladder for one in list_campaigns(conn)}
            for facts in facts_of_messages(conn, list(states)):
                one = states[str(facts.outgoing_id)]
                now = self._setting.now(conn, ladders[facts.campaign_id])
                if one.left_the_house:
                    steps.advance(conn, [(facts, *after(facts, now))])
                else:
                    # A refusal is decided on at once (the letter), what was not let go a little later.
                    later = now.at if one.state == "failed" else now.at + _AGAIN
                    steps.hold(conn, [(facts, later, "again")])

        self._database.run(settle)
        return len(found) == PIECE

    def _begin(self, lease: Lease, campaign: Campaign) -> bool:
        """Let a piece of those begin whose wave has its turn; true where there are more."""
        ladder = ladder_of(campaign.ladder)
        opening = hours_of(ladder, self._setting.settings).next_opening(self._database.universe.now())
        start_day = opening.astimezone(self._rules.zone).date()
        days = {rating: first_day(ladder.steps(rating), start_day) for rating in RATINGS}
        waves = (1,) if campaign.rest_from is not None else (1, 2)

        def begin(conn: Connection) -> int:
            fence(conn, lease)
            return begin_piece(conn, campaign.id, waves, days, opening)

        return self._database.run_piece(begin) > 0

    # What is due --------------------------------------------------------------------------------

    def _climb(self, lease: Lease, campaign: Campaign) -> bool:
        """One piece of a campaign: what reaches no chat in one transaction, each message in its own."""
        uni = self._database.universe
        room = AHEAD - self._database.run_read(steps.count_on_their_way)
        came_back = self._database.run_read(steps.returned)
        messages: deque[MemberFacts] = deque()

        def look(conn: Connection) -> int:
            fence(conn, lease)
            messages.clear()
            if came_back:
                steps.hurry(conn, campaign.id, came_back, uni.now())
            now = self._setting.now(conn, campaign.ladder)
            found = due_members(conn, campaign.id, uni.now(), PIECE)
            self._carry_out(conn, [(facts, decide(facts, now)) for facts in found], now, messages)
            return len(found)

        looked = self._database.run_piece(look)
        sent = 0
        for facts in list(messages)[: max(room, 0)]:
            sent += self._database.run(lambda conn, one=facts: self._queue(conn, lease, campaign, one))  # type: ignore[misc]
        # Where messages only wait for room, the platforms have to be waited for.
        return looked == PIECE and (not messages or sent > 0)

    def _carry_out(
        self,
        conn: Connection,
        decided: Iterable[tuple[MemberFacts, Do | Hold | Leave | GoTo]],
        now: Now,
        messages: deque[MemberFacts],
    ) -> None:
        done: list[tuple[MemberFacts, Do]] = []
        held, left = [], []
        gone_on: list[tuple[MemberFacts, int, datetime | None, date | None]] = []
        for facts, what in decided:
            match what:
                case Do(way="chat"):
                    messages.append(facts)
                case Do():
                    done.append((facts, what))
                case Hold(until=until, why=why):
                    held.append((facts, until, why))
                case Leave(why=why):
                    left.append((facts, why))
                case GoTo(step_no=step_no, at=at):
                    gone_on.append((facts, step_no, at, facts.base_on))
        for facts, what in done:
            self._move(conn, facts, what.step, what.way)
        uni = self._database.universe
        steps.note_deliveries(conn, uni, [(facts, what.step.step, what.way, None) for facts, what in done])
        steps.advance(conn, [*((facts, *after(facts, now)) for facts, _ in done), *gone_on])
        steps.hold(conn, held)
        steps.leave(conn, uni, left)

    def _queue(self, conn: Connection, lease: Lease, campaign: Campaign, seen: MemberFacts) -> bool:
        """Queue one message, if everything about the customer still is as it was; true where it was queued."""
        fence(conn, lease)
        vault, uni = self._database.vault, self._database.universe
        talk = Talk(conn, vault, uni, self._live, self._rules, uni.new_id())
        assert seen.account_id is not None
        savepoint = conn.begin_nested()
        case = load_case(conn, seen.case_id)
        now = self._setting.now(conn, campaign.ladder)
        step = now.ladder.steps(seen.rating)[seen.next_step]
        # Before anything is looked at again, what he says at this moment waits for this transaction, or is in it.
        outgoing_id = None if case is None else invite(talk, case, seen.account_id, step)
        facts = facts_of_member(conn, seen.campaign_id, seen.case_id)
        what = None if facts is None or facts.next_step != seen.next_step else decide(facts, now)
        if outgoing_id is None or facts is None or not (isinstance(what, Do) and what.way == "chat"):
            savepoint.rollback()
            if facts is not None and what is not None:
                put_off = Hold(until=now.at + _AGAIN, why="staff") if isinstance(what, Do) else what
                self._carry_out(conn, [(facts, put_off)], now, deque())
            return False
        savepoint.commit()
        if not steps.set_sending(conn, facts, outgoing_id):
            raise RuntimeError("the member was dealt with twice")
        assert facts.channel is not None
        steps.note_deliveries(conn, talk.uni, [(facts, step.step, facts.channel, outgoing_id)])
        self._move(conn, facts, step, "chat", source=outgoing_id)
        return True

    def _move(self, conn: Connection, facts: MemberFacts, step: Step, way: str, *, source: str | None = None) -> None:
        """Move the case along with its step; a letter's invitation counts as sent when its code is made."""
        case = lock_case(conn, facts.case_id)
        if case is None or way == "none":
            return
        target = _LISTS.get(step.kind.value)
        if step.kind is StepKind.NOTICE:
            target = CaseStatus.ANNOUNCED
        elif step.kind is StepKind.INVITATION and way == "chat":
            target = CaseStatus.SENT
        elif step.kind is StepKind.REMINDER:
            place = _REMINDERS.index(case.status) + 1 if case.status in _REMINDERS else 0
            target = _REMINDERS[min(place, len(_REMINDERS) - 1)]
        if target is None:
            return
        for status in path(case.status, target):
            reason = f"campaign:{step.step}"
            move_case(conn, self._database.universe, case.id, status, actor=_ACTOR, reason=reason, source=source)

    # The campaign itself ------------------------------------------------------------------------

    def _ramp(self, lease: Lease, campaign: Campaign) -> None:
        """After the first wave the rest follows, unless too many of the first could not be reached."""
        now = self._database.universe.now()
        if campaign.rest_from is None or campaign.rest_from > now:
            return
        most = ladder_of(campaign.ladder).ramp.most_failed
        settled, failed = self._database.run_read(lambda conn: steps.wave_outcome(conn, campaign.id, 1))
        if failed * 100 > settled * most:
            log.error("campaign.first_wave_failed", campaign=campaign.id, settled=settled, failed=failed)
            detail = {"why": "first_wave", "settled": str(settled), "failed": str(failed)}
            uni = self._database.universe

            def pause(conn: Connection) -> None:
                fence(conn, lease)
                move_campaign(conn, uni, campaign, "paused", actor=CLOCK, detail=detail)

            self._database.run(pause)
            return
        release(self._database, campaign.id, actor=CLOCK)

    def _finish(self, lease: Lease, campaign: Campaign) -> None:
        """Nothing is to come for anybody: the campaign is over."""

        def finish(conn: Connection) -> None:
            fence(conn, lease)
            counts = count_members(conn, campaign.id)
            if campaign.rest_from is not None or counts["to_come"] or counts["not_begun"]:
                return
            leave_all(conn, self._database.universe, campaign.id, "climbed")
            move_campaign(conn, self._database.universe, campaign, "finished", actor=CLOCK)

        if self._database.run_read(lambda conn: count_members(conn, campaign.id))["to_come"] == 0:
            self._database.run(finish)


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
