"""Carrying campaigns out: what is due is queued, listed or put off, a few seconds ahead of the platforms.

Promise: one process at a time does it, a killed one is followed by another that finds exactly what is still to do, a
step is carried out once per customer, and a campaign that is stopped or paused queues nothing more; what was queued
is asked again just before it leaves (``Gate``), so no message is left that could leave later.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Connection

from bot.channels.limits import LIMITS
from bot.chores import Chore
from bot.live_content import LiveContent
from bot.outreach.ahead import Ahead
from bot.outreach.campaigning import hours_of, release
from bot.outreach.carrying import AGAIN, PIECE, Carried, Piece
from bot.outreach.ladder import RATINGS, first_day, ladder_of
from bot.outreach.next_step import Now, after, why_not
from bot.outreach.notified import end_notifications
from bot.settings import Settings
from bot.talk import Rules, Talk
from storage import campaign_steps as steps, quota
from storage.campaign_facts import Place, due_elsewhere, facts_of_messages
from storage.campaign_members import begin_piece, leave_all
from storage.campaigns import CLOCK, Campaign, list_campaigns, load_campaign, move_campaign
from storage.database import Database
from storage.leases import Lease, fence
from storage.notifying.queue import is_any_over
from storage.problems import LeaseLost

log = structlog.get_logger("kakunin.campaigns")

#: Messages whose sending has ended, of one transaction.
_SETTLED = 500
#: Pieces of a campaign between two looks at what has been sent and who else is due.
_PIECES = 3


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is the same for all campaigns of a process."""

    database: Database
    settings: Settings
    #: Platforms that are connected.
    channels: frozenset[str]
    #: Calls that one takes in a second, where that is not what the platform says (``LIMITS``); 0: nobody counts them.
    speeds: Mapping[str, float] = field(default_factory=dict)

    def now(self, conn: Connection, campaign_ladder: str) -> Now:
        """This moment for one ladder."""
        used_up = {one.channel for one in quota.load_quotas(conn) if one.is_used_up}
        ladder = ladder_of(campaign_ladder)
        return Now(
            at=self.database.universe.now(),
            hours=hours_of(ladder, self.settings),
            ladder=ladder,
            open_channels=self.channels - used_up,
            may_notify=self.may_notify,
        )

    @property
    def may_notify(self) -> bool:
        """Whether LINE may be told telephone numbers."""
        return self.settings.line_notifications and "line" in self.channels

    def ahead(self) -> Ahead:
        """How much may wait for each of the platforms."""
        return Ahead({name: self.speeds.get(name, LIMITS[name].calls_per_second) for name in self.channels})


class Gate:
    """Asked by the sender just before a campaign's messages leave: which of them must not."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def __call__(self, conn: Connection, outgoing_ids: Sequence[str]) -> Mapping[str, str]:
        """Message -> why not."""
        refused = dict.fromkeys(outgoing_ids, "no_campaign")
        moments = _Moments(conn, self._setting)
        for facts in facts_of_messages(conn, outgoing_ids):
            assert facts.outgoing_id is not None
            why = why_not(facts, moments.of(facts.campaign_id))
            if why:
                refused[facts.outgoing_id] = why
            else:
                del refused[facts.outgoing_id]
        return refused


class _Moments:
    """This moment for each campaign that is asked for."""

    def __init__(self, conn: Connection, setting: Setting) -> None:
        self._conn, self._setting = conn, setting
        self._known: dict[str, Now] = {}

    def of(self, campaign_id: str) -> Now:
        if campaign_id not in self._known:
            ladder = load_campaign(self._conn, campaign_id).ladder
            self._known[campaign_id] = self._setting.now(self._conn, ladder)
        return self._known[campaign_id]


class Climbing:
    """The campaigns of one store."""

    def __init__(self, setting: Setting, live: LiveContent, rules: Rules) -> None:
        self._setting = setting
        self._database = setting.database
        self._live = live
        self._rules = rules
        self._ahead = setting.ahead()
        #: How far a campaign was looked through for those who do not wait for a platform that is full.
        self._looked_to: dict[str, Place | None] = {}
        #: Campaigns of which everybody has begun: nobody joins one that runs.
        self._whole: set[str] = set()
        #: The last of all pieces so far by which messages of a campaign were queued.
        self._served: dict[str, int] = {}
        self._pieces = 0
        #: Whether messages are going out, so that more is to be done within a moment.
        self.is_sending = False

    def chore(self) -> Chore:
        """As a chore: one process at a time."""

        def is_due(conn: Connection) -> bool:
            return steps.has_work(conn, self._database.universe.now()) or self._is_any_over(conn)

        return Chore("campaigns", is_due, self.step, soon=lambda: self.is_sending)

    def step(self, lease: Lease) -> bool:
        """One round; true where more is to be done at once."""
        running = self._database.run_read(lambda conn: list_campaigns(conn, state="running"))
        self.is_sending = False
        busy = self._end_notifications(lease) | self._settle(lease)
        self._look_ahead()
        # Whoever comes first takes what room there is.
        running.sort(key=lambda campaign: self._served.get(campaign.id, 0))
        first_due = self._first_due()
        busy |= self._each(running, lambda campaign: self._go_on(lease, campaign, first_due.get(campaign.id)))
        if not busy and self._hurry(lease, running):
            # In this round, and whatever comes of it: whoever is put off again would never let it rest.
            first_due = self._first_due()
            hurried = [campaign for campaign in running if self._is_past(first_due.get(campaign.id))]
            busy |= self._each(hurried, lambda campaign: self._climb(lease, campaign))
        return busy

    def _first_due(self) -> Mapping[str, datetime]:
        return self._database.run_read(steps.first_due)

    def _is_past(self, moment: datetime | None) -> bool:
        return moment is not None and moment <= self._database.universe.now()

    def _go_on(self, lease: Lease, campaign: Campaign, first_due: datetime | None) -> bool:
        """What there is to do for a campaign in which somebody is due from ``first_due`` on, or nobody."""
        begun = self._begin(lease, campaign)
        busy = begun
        if begun or self._is_past(first_due):
            busy |= self._climb(lease, campaign)
        self._ramp(lease, campaign)
        if first_due is None or self._is_past(first_due):
            self._finish(lease, campaign)
        return busy

    @staticmethod
    def _each(campaigns: Sequence[Campaign], do: Callable[[Campaign], bool]) -> bool:
        """Whether more is to be done for one of them; a campaign that fails holds up no other one."""
        busy = False
        for campaign in campaigns:
            try:
                busy |= do(campaign)
            except LeaseLost:
                raise
            except Exception as error:
                log.exception("campaign.failed", campaign=campaign.id, error=type(error).__name__)
        return busy

    # What was sent ------------------------------------------------------------------------------

    def _settle(self, lease: Lease) -> bool:
        """What has left the house brings its step to an end; what has not is decided anew."""
        found = self._database.run_read(lambda conn: steps.arrived(conn, _SETTLED))
        if not found:
            return False

        def settle(conn: Connection) -> None:
            fence(conn, lease)
            steps.forget_left(conn, [one.outgoing_id for one in found])
            moments = _Moments(conn, self._setting)
            moved, held = [], []
            for one in found:
                now = moments.of(one.campaign_id)
                if one.left_the_house:
                    moved.append((one, *after(one, now)))
                else:
                    # A refusal is decided on at once (the letter), what was not let go a little later.
                    held.append((one, now.at if one.state == "failed" else now.at + AGAIN, "again"))
            steps.advance(conn, moved)
            steps.hold(conn, held)

        self._database.run_piece(settle)
        self.is_sending = True
        return len(found) == _SETTLED

    def _is_any_over(self, conn: Connection) -> bool:
        return is_any_over(conn, self._database.universe.now(), may_send=self._setting.may_notify)

    def _end_notifications(self, lease: Lease) -> bool:
        """Messages to telephone numbers that no call will end any more; true where there may be more of them."""
        if not self._database.run_read(self._is_any_over):
            return False

        def end(conn: Connection) -> bool:
            fence(conn, lease)
            return end_notifications(conn, self._database.universe, may_send=self._setting.may_notify)

        return self._database.run_piece(end)

    def _begin(self, lease: Lease, campaign: Campaign) -> bool:
        """Let a piece of those begin whose wave has its turn; true where there are more."""
        waves = (1,) if campaign.rest_from is not None else (1, 2)
        if campaign.id in self._whole:
            return False
        if not self._database.run_read(lambda conn: steps.has_not_begun(conn, campaign.id, waves)):
            if campaign.rest_from is None:
                self._whole.add(campaign.id)
            return False
        ladder = ladder_of(campaign.ladder)
        opening = hours_of(ladder, self._setting.settings).next_opening(self._database.universe.now())
        start_day = opening.astimezone(self._rules.zone).date()
        days = {rating: first_day(ladder.steps(rating), start_day) for rating in RATINGS}

        def begin(conn: Connection) -> int:
            fence(conn, lease)
            return begin_piece(conn, campaign.id, waves, days, opening)

        return self._database.run_piece(begin) > 0

    # What is due --------------------------------------------------------------------------------

    def _look_ahead(self) -> None:
        """What waits for the platforms at this moment, and what is left of their allowances."""
        waiting, quotas = self._database.run_read(lambda conn: (steps.on_their_way(conn), quota.load_quotas(conn)))
        left = {one.channel: one.allowed - one.used for one in quotas if one.allowed is not None}
        self._ahead.look(waiting, left, self._database.universe.now())

    def _climb(self, lease: Lease, campaign: Campaign) -> bool:
        """Some pieces of a campaign; true where more is due and can be done at once."""
        return all(self._piece(lease, campaign) for _ in range(_PIECES))

    def _piece(self, lease: Lease, campaign: Campaign) -> bool:
        among: list[str] | None = None
        full = self._ahead.full()
        if full:
            # Who waits for these stays where he is, ahead of the others, and must not keep them from their step.
            self.is_sending = True
            among = self._elsewhere(campaign, full)
            if not among:
                return False

        def carry(conn: Connection) -> Carried:
            fence(conn, lease)
            # A pause or a stop waits for what is queued here, and nothing is queued after it.
            here = load_campaign(conn, campaign.id, lock=True)
            if here.state != "running":
                return Carried()
            piece = Piece(conn, self._setting.now(conn, here.ladder), self._ahead, self._talk(conn))
            return piece.carry_out(here.id, among)

        carried = self._database.run_piece(carry)
        if carried.queued:
            self._pieces += 1
            self._served[campaign.id] = self._pieces
        for channel, messages in carried.queued.items():
            self._ahead.queued(channel, messages)
        self.is_sending |= bool(carried.queued or carried.waiting)
        # Where a platform is full now, the next look is for those who do not wait for it; who was found by such a
        # look and does wait (his letter came back, so the chat it is) is not looked at again at once.
        waits = carried.waiting.keys()
        return carried.is_full and self._ahead.full() >= waits and not full & waits

    def _elsewhere(self, campaign: Campaign, full: Collection[str]) -> list[str]:
        """Some who are due and do not wait for a full platform."""
        after, now = self._looked_to.get(campaign.id), self._database.universe.now()
        in_chat = ladder_of(campaign.ladder).in_chat
        found, self._looked_to[campaign.id] = self._database.run_read(
            lambda conn: due_elsewhere(conn, campaign.id, now, PIECE, full, in_chat, after)
        )
        return found

    def _talk(self, conn: Connection) -> Talk:
        database = self._database
        return Talk(conn, database.vault, database.universe, self._live, self._rules, database.universe.new_id())

    def _hurry(self, lease: Lease, running: Sequence[Campaign]) -> bool:
        """Whose letter came back is due at once; true where there were any."""
        came_back = self._database.run_read(steps.returned) if running else []
        if not came_back:
            return False

        def hurry(conn: Connection) -> int:
            fence(conn, lease)
            return steps.hurry(conn, [one.id for one in running], came_back, self._database.universe.now())

        return self._database.run_piece(hurry) > 0

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
            here = load_campaign(conn, campaign.id, lock=True)
            if here.state == "running" and here.rest_from is None and steps.is_over(conn, campaign.id):
                leave_all(conn, self._database.universe, campaign.id, "climbed")
                move_campaign(conn, self._database.universe, campaign, "finished", actor=CLOCK)

        if campaign.rest_from is None and self._database.run_read(lambda conn: steps.is_over(conn, campaign.id)):
            self._database.run(finish)
