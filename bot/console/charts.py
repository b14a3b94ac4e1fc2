"""The eight charts of the console, each answering one question: from counts to a picture and the table beside it.

Promise: a picture and its table show the same, and whoever may not see small counts gets both without them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain, repeat
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, get_day_names
from sqlalchemy import Connection

from bot.console.drawing import Bar, Climb, Figure, Heat, Lengths, Mark, Named, Stacked
from bot.console.few import LEAST, Table, days_without_few, steps_without_few, whole, without_few
from bot.console.picture import Picture
from bot.outreach.ladder import RATINGS, Ladder, StepKind, ladder_of
from locales import Catalogue
from storage import charts
from storage.campaigns import list_campaigns
from storage.case_status import CaseStatus
from storage.charts import Question, Sending, Span
from storage.quota import Quota, load_quotas
from storage.supervision import Period, periods

#: Who sees every count.
SEE_FEW = frozenset({"approver", "auditor"})
RISKS = ("high", "medium", "low")
#: Where a case is, in words that fit a bar.
GROUPS: Mapping[str, str] = {
    "not_sent": "10 15",
    "sent": "20 50 51 52",
    "no_contact": "30 35",
    "started": "25 40 45",
    "person": "55",
    "answered": "60 65 66 70 71 72",
    "done": "75",
    "other": "80 81 90 91 92 99",
}
VERDICTS: Mapping[str, str] = {
    "same": "same",
    "notation": "same_normalised same_variant",
    "changed": "changed new",
    "check": "incomplete missing suspected_slip conflict unreadable",
}
STATES: Mapping[str, str] = {
    "taken": "sent",
    "open": "pending leased",
    "unknown": "unknown",
    "failed": "failed",
    "not_sent": "cancelled dropped",
}
#: What was sent, under the status that it stands for.
SENDINGS = (CaseStatus.SENT, CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3)
#: A day is marked with at least this share of what was sent of its kind: not every day on which one letter goes out.
_WAVE = 0.05
_SIGNS = {CaseStatus.SENT: "●", CaseStatus.REMINDED_1: "①", CaseStatus.REMINDED_2: "②", CaseStatus.REMINDED_3: "③"}


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What the store counted for one look at the page."""

    statuses: Mapping[tuple[str, str], int]
    funnel: Sequence[int]
    submitted: Mapping[datetime, int]
    sent: Mapping[CaseStatus, Mapping[datetime, int]]
    questions: Sequence[Question]
    period: Period
    outcomes: Mapping[str, int]
    verdicts: Mapping[tuple[str, str], int]
    sendings: Sequence[Sending]
    blocked: Mapping[str, int]
    quotas: Sequence[Quota]


def count(conn: Connection, span: Span) -> Counted:
    """All of it, in one snapshot."""
    (period,) = periods(conn, [span.since], span.branches, span.until)
    return Counted(
        statuses=charts.statuses(conn, span),
        funnel=charts.funnel(conn, span),
        submitted=charts.submitted_hours(conn, span),
        sent=_sent(conn, span),
        questions=charts.questions(conn, span),
        period=period,
        outcomes=charts.outcomes(conn, span),
        verdicts=charts.verdicts(conn, span),
        sendings=charts.sendings(conn, span),
        blocked=charts.blocked(conn) if span.branches.is_whole_bank else {},
        quotas=load_quotas(conn),
    )


def _sent(conn: Connection, span: Span) -> dict[CaseStatus, Counter[datetime]]:
    """Invitations and reminders as they left the house, by the hour of UTC."""
    found: dict[CaseStatus, Counter[datetime]] = {status: Counter() for status in SENDINGS}
    found[CaseStatus.SENT].update(charts.letter_hours(conn, span))
    steps = {campaign.id: _steps(ladder_of(campaign.ladder)) for campaign in list_campaigns(conn)}
    for (campaign_id, step), hours in charts.delivered_hours(conn, span).items():
        status = steps[campaign_id].get(step)
        if status is not None:
            found[status].update(hours)
    return found


def _steps(ladder: Ladder) -> dict[str, CaseStatus]:
    """What the steps of a ladder stand for; a notice and the lists for nothing."""
    found: dict[str, CaseStatus] = {}
    for rating in RATINGS:
        reminders = chain(SENDINGS[1:], repeat(SENDINGS[-1]))
        for step in ladder.steps(rating):
            if step.kind is StepKind.INVITATION:
                found[step.step] = CaseStatus.SENT
            elif step.kind is StepKind.REMINDER:
                found[step.step] = next(reminders)
    return found


@dataclass(frozen=True, kw_only=True)
class Chart(Picture):
    """A picture of the console, which the monthly report draws anew on paper."""

    #: What the picture is drawn from.
    figure: Figure


class Charts:
    """Draws what was counted, for one reader."""

    def __init__(
        self,
        counted: Counted,
        span: Span,
        catalogue: Catalogue,
        zone: ZoneInfo,
        name_of: Callable[[str], str],
        *,
        every_count: bool,
    ) -> None:
        self._counted, self._span, self._catalogue, self._zone = counted, span, catalogue, zone
        self._name_of, self._every_count = name_of, every_count

    def all(self) -> list[Chart]:
        """In the order of the page."""
        return [
            self._reach(),
            self._answers(),
            self._funnel(),
            self._questions(),
            self._hours(),
            self._hand_overs(),
            self._comparison(),
            self._channels(),
        ]

    # Words ------------------------------------------------------------------------------------

    def _say(self, key: str, **params: Any) -> str:
        return self._catalogue.text(f"console.charts.{key}", **{name: str(value) for name, value in params.items()})

    def _chart(self, name: str, figure: Figure, rows: Sequence[Sequence[str]], *columns: str) -> Chart:
        title, lead = self._say(f"{name}.title"), self._lead(name)
        head = [self._say(f"column.{column}") for column in columns]
        named = Named(id=f"chart-{name}", title=title, description=lead)
        return Chart(id=name, title=title, lead=lead, figure=figure, picture=figure.draw(named), head=head, rows=rows)

    def _lead(self, name: str) -> str:
        facts = {"cohort": f"{charts.COHORT:,}", "timed": f"{charts.TIMED:,}", "messages": f"{charts.MESSAGES:,}"}
        return self._say(f"{name}.lead", zone=self._zone.key, **facts)

    def _number(self, count: int | None) -> str:
        return self._say("few") if count is None else str(count)

    def _few(self, count: int) -> int | None:
        return count if self._every_count or not 0 < count < LEAST else None

    def _table(self, counts: Sequence[Sequence[int]]) -> Table:
        return whole(counts) if self._every_count else without_few(counts)

    def _day(self, day: date) -> str:
        return format_skeleton("MMMd", day, locale=self._catalogue.locale)

    # The charts -------------------------------------------------------------------------------

    def _reach(self) -> Chart:
        found = self._counted.statuses
        counts = [
            [sum(found.get((risk, code), 0) for code in GROUPS[name].split()) for name in GROUPS] for risk in RISKS
        ]
        table = self._table(counts)
        series = [self._say(f"group.{name}") for name in GROUPS]
        lines = [
            Bar(label=self._say(f"risk.{risk}"), parts=cells, note=self._number(total), total=total)
            for risk, cells, total in zip(RISKS, table.cells, table.totals, strict=True)
        ]
        rows = [
            [bar.label, series[place], self._number(cell)]
            for bar in lines
            for place, cell in enumerate(bar.parts)
            if cell != 0
        ]
        return self._chart("reach", Stacked(lines, series), rows, "risk", "group", "people")

    def _answers(self) -> Chart:
        first = self._span.since.astimezone(self._zone).date()
        last = (self._span.now.astimezone(self._zone).date() - first).days
        came = sorted(self._by_day(self._counted.submitted, first).items())
        shown = came if self._every_count else days_without_few(came)
        points, total = [], 0
        for day, count_ in shown:
            total += count_
            points.append((day, total))
        marks: list[Mark] = []
        signs: dict[int, list[str]] = {}
        for status, hours in self._counted.sent.items():
            wave = _WAVE * sum(hours.values())
            for day, count_ in sorted(self._by_day(hours, first).items()):
                if count_ >= wave and self._few(count_) is not None:
                    marks.append(Mark(at=day, sign=_SIGNS[status]))
                    signs.setdefault(day, []).append(self._say(f"mark.{status.value}"))
        totals = dict(points)
        rows = [
            [self._day(first + timedelta(days=day)), str(totals.get(day, "")), "、".join(signs.get(day, ()))]
            for day in sorted(totals.keys() | signs.keys())
        ]
        ends = (self._day(first), self._day(first + timedelta(days=last)))
        return self._chart("answers", Climb(points, marks, last, ends), rows, "day", "answers", "marks")

    def _by_day(self, hours: Mapping[datetime, int], first: date) -> Counter[int]:
        found: Counter[int] = Counter()
        for hour, count_ in hours.items():
            found[(hour.astimezone(self._zone).date() - first).days] += count_
        return found

    def _funnel(self) -> Chart:
        counts = self._counted.funnel
        shown = list(counts) if self._every_count else steps_without_few(counts)
        top = shown[0]
        lines, rows = [], []
        for step, count_ in zip(charts.STEPS, shown, strict=True):
            share = "" if not top or count_ is None else f"{count_ / top:.0%}"
            label = self._say(f"step.{step.value}")
            lines.append(Bar(label=label, parts=[count_], note=" · ".join(filter(None, (self._number(count_), share)))))
            rows.append([label, self._number(count_), share])
        return self._chart("funnel", Lengths(lines), rows, "step", "people", "share")

    def _questions(self) -> Chart:
        lines, rows = [], []
        for one in self._counted.questions:
            saw = self._few(one.saw)
            left = None if saw is None else self._few(one.left)
            label = self._name_of(one.name)
            share = "" if not saw or left is None else f"{left / saw:.1%}"
            seconds = (
                ""
                if one.seconds is None or self._few(one.timed) is None
                else self._say("seconds", count=round(one.seconds))
            )
            note = " · ".join(filter(None, (share, seconds)))
            tenths = None if saw is None or left is None else round(1000 * left / saw)
            lines.append(Bar(label=label, parts=[tenths], note=note))
            rows.append([label, self._number(saw), self._number(left), share, seconds])
        columns = ("question", "saw", "left", "share", "seconds")
        return self._chart("questions", Lengths(lines), rows, *columns)

    def _hours(self) -> Chart:
        counts = [[0] * 24 for _ in range(7)]
        for hour, count_ in self._counted.submitted.items():
            local = hour.astimezone(self._zone)
            counts[local.weekday()][local.hour] += count_
        names = get_day_names("abbreviated", locale=self._catalogue.locale)
        cells = self._table(counts).cells
        lines = [(names[day], cells[day]) for day in range(7)]
        rows = [[name, *map(self._number, row)] for name, row in lines]
        hours = [str(hour) for hour in range(24)]
        chart = self._chart("hours", Heat(lines, hours), rows, "weekday")
        return replace(chart, head=[*chart.head, *hours])

    def _hand_overs(self) -> Chart:
        period, outcomes = self._counted.period, self._counted.outcomes
        reasons = list(period.reasons)
        cells = self._table([[period.reasons[reason] for reason in reasons]]).cells[0]
        lines = [
            Bar(label=self._reason(reason), parts=[cell], note=self._number(cell))
            for reason, cell in zip(reasons, cells, strict=True)
        ]
        rows = [[bar.label, bar.note] for bar in lines]
        if self._few(period.waited) is not None:
            for name, length in (("half", period.half), ("most", period.most)):
                minutes = "" if length is None else self._say("minutes", count=int(length.total_seconds() // 60))
                rows.append([self._say(f"wait.{name}"), minutes])
        total, back = sum(outcomes.values()), outcomes.get("handed_back", 0)
        if total and None not in (self._few(total), self._few(back), self._few(total - back)):
            rows.append([self._say("handed_back"), f"{back / total:.0%}"])
        return self._chart("hand_overs", Lengths(lines), rows, "reason", "count")

    def _reason(self, code: str) -> str:
        key = f"console.reason.{code}"
        return self._catalogue.text(key) if key in self._catalogue else code

    def _comparison(self) -> Chart:
        found = self._counted.verdicts
        fields = sorted({field for field, _ in found})
        counts = [
            [sum(found.get((field, code), 0) for code in VERDICTS[name].split()) for name in VERDICTS]
            for field in fields
        ]
        table = self._table(counts)
        series = [self._say(f"verdict.{name}") for name in VERDICTS]
        lines = [
            Bar(label=self._name_of(field), parts=cells, note=self._number(total), total=total)
            for field, cells, total in zip(fields, table.cells, table.totals, strict=True)
        ]
        rows = [[bar.label, *map(self._number, bar.parts), bar.note] for bar in lines]
        columns = ("field", *(f"verdict.{name}" for name in VERDICTS), "people")
        return self._chart("comparison", Stacked(lines, series), rows, *columns)

    def _channels(self) -> Chart:
        lines, rows = [], []
        for channel in sorted({one.channel for one in self._counted.sendings}):
            ours = [one for one in self._counted.sendings if one.channel == channel]
            kinds = [(name, answer) for name in STATES for answer in ("", "4xx", "429", "5xx")]
            for name, answer in kinds:
                of_kind = [one for one in ours if one.state in STATES[name].split() and one.answer == answer]
                if not of_kind:
                    continue
                messages = sum(one.messages for one in of_kind)
                shown = None if any(self._few(one.people) is None for one in of_kind) else messages
                words = " ".join(filter(None, (self._say(f"state.{name}"), answer)))
                label = f"{self._catalogue.text(f'console.channel.{channel}')} · {words}"
                lines.append(Bar(label=label, parts=[shown], note=self._number(shown)))
                rows.append([label, self._number(shown)])
        for channel, count_ in sorted(self._counted.blocked.items()):
            label = f"{self._catalogue.text(f'console.channel.{channel}')} · {self._say('state.blocked')}"
            rows.append([label, self._number(self._few(count_))])
        for quota in self._counted.quotas:
            label = f"{self._catalogue.text(f'console.channel.{quota.channel}')} · {self._say('quota')}"
            left = self._say("no_limit") if quota.allowed is None else str(max(0, quota.allowed - quota.used))
            rows.append([label, left])
        return self._chart("channels", Lengths(lines), rows, "state", "count")
