"""What stands in the report of a month, in words and tables, before it is drawn.

Promise: every figure is a count of the charts or of ``storage.reports``, none is counted here; whoever may not see
small counts gets the report without them, as on the page of charts, and without what they follow from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton

from bot.console.charts import GROUPS, RISKS, VERDICTS, Charts
from bot.console.drawing import Bar, Figure, Lengths, Stacked
from bot.console.few import LEAST, Table, whole, without_few
from bot.console.report.gathering import CONSIDERED, RESTRICTED, RETURNED, Figures, Month, Standing
from locales import Catalogue

#: Not begun, or begun and not answered: what is late when its day is over.
_ANSWERED = ("answered", "done")
_NOT_BEGUN = ("not_sent", "sent", "no_contact")
_OVER = (*_ANSWERED, "other")
#: From here on a figure is pointed out.
_FALL = 0.10
_FAILED = 0.05
_RISE = 1.5


@dataclass(frozen=True, kw_only=True)
class Headline:
    """One figure, and what it was the month before."""

    label: str
    value: str
    before: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """One question, its picture and its table."""

    title: str
    lead: str
    figure: Figure | None
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The report."""

    title: str
    scope: str
    notes: Sequence[str]
    headlines: Sequence[Headline]
    attention_title: str
    attention: Sequence[str]
    sections: Sequence[Section]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """For whom it is, and in which words."""

    catalogue: Catalogue
    zone: ZoneInfo
    name_of: Callable[[str], str]
    every_count: bool
    bank_name: str
    #: Yen by kind; empty: no estimate.
    costs: Mapping[str, Decimal]
    #: Minutes after which nobody should wait any more.
    wait_most: int


def write(month: Month, now: Figures, before: Figures, reader: Reader, *, running: bool) -> Contents:
    """The report of a month, with the one before beside it."""
    return _Writer(month, now, before, reader).contents(running=running)


class _Writer:
    def __init__(self, month: Month, now: Figures, before: Figures, reader: Reader) -> None:
        self._month, self._now, self._before, self._reader = month, now, before, reader
        self._catalogue = reader.catalogue
        # What is only known of today has no place in the report of a month.
        counted = replace(now.counted, blocked={}, quotas=(), questions=())
        drawn = Charts(
            counted, now.span, reader.catalogue, reader.zone, reader.name_of, every_count=reader.every_count
        ).all()
        self._charts = {chart.id: chart for chart in drawn}

    def contents(self, *, running: bool) -> Contents:
        name = format_skeleton("yMMMM", self._month.first, locale=self._catalogue.locale)
        branches = self._now.span.branches
        if branches.is_whole_bank:
            scope = self._say("scope.bank", bank=self._reader.bank_name)
        else:
            scope = self._say("scope.branches", bank=self._reader.bank_name, branches=branches.shown)
        notes = [self._say("note.running")] if running else []
        if not self._reader.every_count:
            notes.append(self._catalogue.text("console.charts.few_hint"))
        return Contents(
            title=self._say("title", month=name),
            scope=scope,
            notes=notes,
            headlines=self._headlines(),
            attention_title=self._say("attention.title"),
            attention=self._attention() or [self._say("attention.nothing")],
            sections=[
                self._standing("by_risk", self._now.by_risk, RISKS, lambda risk: self._chart_word(f"risk.{risk}")),
                self._standing(
                    "by_branch",
                    self._now.by_branch,
                    sorted({branch for branch, _ in self._now.by_branch}),
                    lambda branch: branch or self._say("no_branch"),
                ),
                self._of_chart("funnel"),
                self._of_chart("answers"),
                self._row("channels", self._now.channels, self._channel),
                self._of_chart("hand_overs"),
                self._of_chart("comparison"),
                self._row("decisions", self._now.decisions, self._decision),
                self._of_chart("channels", "sendings"),
                *self._costs(),
            ],
        )

    # Words ------------------------------------------------------------------------------------

    def _say(self, key: str, **params: Any) -> str:
        return self._catalogue.text(f"report.{key}", **{name: str(value) for name, value in params.items()})

    def _chart_word(self, key: str) -> str:
        return self._catalogue.text(f"console.charts.{key}")

    def _channel(self, code: str) -> str:
        key = f"console.channel.{code}"
        return self._catalogue.text(key) if key in self._catalogue else code

    def _decision(self, code: str) -> str:
        key = f"console.review.standing.{code}"
        return self._catalogue.text(key) if key in self._catalogue else code

    def _few(self, count: int) -> int | None:
        return count if self._reader.every_count or not 0 < count < LEAST else None

    def _number(self, count: int | None) -> str:
        return self._chart_word("few") if count is None else f"{count:,}"

    def _table(self, counts: Sequence[Sequence[int]]) -> Table:
        return whole(counts) if self._reader.every_count else without_few(counts)

    # The parts --------------------------------------------------------------------------------

    def _headlines(self) -> list[Headline]:
        def row(key: str, of: Callable[[Figures], str]) -> Headline:
            return Headline(label=self._say(f"headline.{key}"), value=of(self._now), before=of(self._before))

        return [
            row("due", lambda one: self._number(self._few(_total(one.by_risk)))),
            row("answered_of_due", self._answered_of_due),
            row("answers", lambda one: self._number(self._few(sum(one.channels.values())))),
            row("days", self._days),
            row("hand_overs", lambda one: self._number(self._few(one.counted.period.hand_overs))),
            row("wait", self._wait),
            row("differences", lambda one: self._number(self._few(_found(one)))),
            row("returned", lambda one: self._number(self._few(one.moved[RETURNED]))),
            row("considered", lambda one: self._number(self._few(one.moved[CONSIDERED]))),
            row("restricted", lambda one: self._number(self._few(one.moved[RESTRICTED]))),
        ]

    def _shows_share(self, one: Figures) -> bool:
        """Whether the share of the answered may be read: a share of a total is a count."""
        due, answered = _total(one.by_risk), _total(one.by_risk, _ANSWERED)
        return None not in (self._few(due), self._few(answered), self._few(due - answered))

    def _answered_of_due(self, one: Figures) -> str:
        due, answered = _total(one.by_risk), _total(one.by_risk, _ANSWERED)
        if not self._shows_share(one):
            return self._number(None)
        return self._say("of_due", count=f"{answered:,}", share=f"{answered / due:.0%}") if due else "0"

    def _days(self, one: Figures) -> str:
        if one.pace.days is None:
            return self._say("none")
        return self._number(None) if self._few(one.pace.answers) is None else f"{one.pace.days:.1f}"

    def _wait(self, one: Figures) -> str:
        period = one.counted.period
        if period.half is None:
            return self._say("none")
        hidden = self._few(period.waited) is None
        return self._number(None) if hidden else str(int(period.half.total_seconds() // 60))

    def _attention(self) -> list[str]:
        """What has to be looked at, by rules: each with its figure, the most pressing first."""
        now, before, said = self._now, self._before, []

        def tell(key: str, count: int, **params: Any) -> None:
            said.append(self._say(f"attention.{key}", count=self._number(self._few(count)), **params))

        late = _total(now.due_so_far) - _total(now.due_so_far, _OVER)
        if late:
            tell("late", late)
        soon = _total(now.due_soon, _NOT_BEGUN, "high")
        if soon:
            tell("soon", soon)
        share, earlier = _share(now), _share(before)
        shown = self._shows_share(now) and self._shows_share(before)
        if shown and share is not None and earlier is not None and earlier - share >= _FALL:
            said.append(self._say("attention.fall", before=f"{earlier:.0%}", now=f"{share:.0%}"))
        half = now.counted.period.half
        minutes = 0 if half is None else int(half.total_seconds() // 60)
        if minutes >= self._reader.wait_most and self._few(now.counted.period.waited) is not None:
            said.append(self._say("attention.wait", minutes=minutes, most=self._reader.wait_most))
        messages = sum(one.messages for one in now.counted.sendings)
        failed = sum(one.messages for one in now.counted.sendings if one.state == "failed")
        if failed >= LEAST and failed / messages >= _FAILED:
            tell("failed", failed, share=f"{failed / messages:.0%}")
        returned, earlier_returned = now.moved[RETURNED], before.moved[RETURNED]
        if returned >= LEAST and returned >= _RISE * earlier_returned:
            tell("returned", returned, before=self._number(self._few(earlier_returned)))
        if now.moved[CONSIDERED]:
            tell("considered", now.moved[CONSIDERED])
        return said

    def _standing(self, name: str, found: Standing, keys: Sequence[str], label: Callable[[str], str]) -> Section:
        """Cases that were due, by something and by where they stood."""
        groups = list(GROUPS)
        counts = [
            [sum(found.get((key, code), 0) for code in GROUPS[group].split()) for group in groups] for key in keys
        ]
        table = self._table(counts)
        series = [self._chart_word(f"group.{group}") for group in groups]
        bars = [
            Bar(label=label(key), parts=cells, note=self._number(total), total=total)
            for key, cells, total in zip(keys, table.cells, table.totals, strict=True)
        ]
        rows = [[bar.label, bar.note, *map(self._number, bar.parts)] for bar in bars]
        head = [self._say(f"column.{name}"), self._say("column.due"), *series]
        figure = Stacked(bars, series) if any(map(any, counts)) else None
        return self._section(name, figure, head, rows if figure else [])

    def _row(self, name: str, found: Mapping[str, int], label: Callable[[str], str]) -> Section:
        codes = sorted(found, key=lambda code: (-found[code], code))
        cells = self._table([[found[code] for code in codes]]).cells[0] if codes else ()
        bars = [
            Bar(label=label(code), parts=[cell], note=self._number(cell))
            for code, cell in zip(codes, cells, strict=True)
        ]
        head = [self._say(f"column.{name}"), self._say("column.count")]
        return self._section(name, Lengths(bars) if bars else None, head, [[bar.label, bar.note] for bar in bars])

    def _of_chart(self, chart_id: str, name: str = "") -> Section:
        chart = self._charts[chart_id]
        nothing = not chart.rows or chart.figure == Lengths([])
        return self._section(
            name or chart_id, None if nothing else chart.figure, chart.head, [] if nothing else chart.rows
        )

    def _costs(self) -> list[Section]:
        """An estimate where the bank said what things cost; one that hides a count hides the sum too."""
        costs, rows, total = self._reader.costs, [], Decimal(0)
        hidden = False
        for kind, price in costs.items():
            count = self._few(self._now.outside.get(kind, 0))
            hidden |= count is None
            amount = self._number(None) if count is None else f"{count * price:,.0f}"
            total += Decimal(0) if count is None else count * price
            rows.append([self._say(f"cost.{kind}"), self._number(count), f"{price:,}", amount])
        if not rows:
            return []
        rows.append([self._say("cost.total"), "", "", self._number(None) if hidden else f"{total:,.0f}"])
        head = [self._say(f"column.{column}") for column in ("cost", "count", "price", "yen")]
        return [self._section("costs", None, head, rows)]

    def _section(self, name: str, figure: Figure | None, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Section:
        title, lead = self._say(f"section.{name}"), self._say(f"lead.{name}")
        return Section(title=title, lead=lead, figure=figure, head=head, rows=rows)


def _total(found: Standing, groups: Sequence[str] = tuple(GROUPS), risk: str | None = None) -> int:
    codes = {code for group in groups for code in GROUPS[group].split()}
    return sum(count for (of, code), count in found.items() if code in codes and risk in (None, of))


def _share(one: Figures) -> float | None:
    due = _total(one.by_risk)
    return _total(one.by_risk, _ANSWERED) / due if due else None


def _found(one: Figures) -> int:
    """Differences that a person has to look at."""
    codes = {code for name in ("changed", "check") for code in VERDICTS[name].split()}
    return sum(count for (_, verdict), count in one.counted.verdicts.items() if verdict in codes)
