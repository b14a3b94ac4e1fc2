"""The pictures of a simulation: from counts to SVG and the table beside it, with the charts of the console.

Promise: a picture and its table show the same; two plans are drawn to the same scale.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from bot.console.charts import RISKS
from bot.console.drawing import Bar, Named, bars
from bot.console.drawing_columns import Column, columns
from bot.console.picture import Picture
from bot.forecast.assumptions import WORK
from bot.forecast.simulating import Outcome
from bot.forecast.tally import PLACES, WAYS, Month, capacity, costs
from locales import Catalogue

#: Months between two that are named below a picture.
_NAMED = 6
#: Questions that are shown of those where people left.
_MOST_QUESTIONS = 12
_PAID = (*WAYS, *WORK)


class Pictures:
    """Draws one plan of an outcome, in one language."""

    def __init__(self, outcome: Outcome, place: int, catalogue: Catalogue) -> None:
        self._outcome, self._tally, self._catalogue = outcome, outcome.tallies[place], catalogue
        self._assumptions, self._plan = outcome.order.assumptions, "ab"[place]

    def all(self) -> list[Picture]:
        """In the order of the page."""
        return [
            *(self._reach(risk) for risk in RISKS),
            self._reviews(),
            self._overdue(),
            self._costs(),
            *(self._load(work) for work in WORK),
            self._letters(),
        ]

    # Words ------------------------------------------------------------------------------------

    def _say(self, key: str, **params: Any) -> str:
        return self._catalogue.text(f"simulate.{key}", **{name: str(value) for name, value in params.items()})

    def _months(
        self,
        name: str,
        title: str,
        series: Mapping[str, str],
        count: Callable[[Month], Mapping[str, int]],
        *,
        level: float | None = None,
    ) -> Picture:
        """A column for each month."""
        found, rows = [], []
        for number, month in enumerate(self._tally.months):
            counts = count(month)
            parts = [counts.get(code, 0) for code in series]
            found.append(Column(label=month.name[2:] if number % _NAMED == 0 else "", parts=parts))
            rows.append([month.name, *map(str, parts)])
        lead = self._say(f"{name.partition('-')[0]}.lead")
        named = Named(id=f"{self._plan}-{name}", title=title, description=lead)
        level_name = "" if level is None else self._say("capacity", count=f"{level:,.0f}")
        # Two plans are drawn to the same scale.
        months = [month for tally in self._outcome.tallies for month in tally.months]
        least = max(sum(count(month).get(code, 0) for code in series) for month in months)
        picture = columns(named, found, list(series.values()), level=level, level_name=level_name, least=least)
        head = [self._say("month"), *series.values()]
        return Picture(id=f"{self._plan}-{name}", title=title, lead=lead, picture=picture, head=head, rows=rows)

    # The pictures -----------------------------------------------------------------------------

    def _reach(self, risk: str) -> Picture:
        series = {place: self._say(f"place.{place}") for place in PLACES}

        def count(month: Month) -> dict[str, int]:
            return {place: month.places[f"{risk}.{place}"] for place in PLACES}

        title = self._say("reach.title", risk=self._catalogue.text(f"console.charts.risk.{risk}"))
        return self._months(f"reach-{risk}", title, series, count)

    def _reviews(self) -> Picture:
        series = {name: self._say(f"figure.{name}") for name in ("opened", "answered", "done")}
        lines = Counter({name: self._tally.total(name) for name in series})
        top = max(lines.values()) or 1
        found = [
            Bar(label=series[name], parts=[lines[name]], note=f"{lines[name]:,} · {lines[name] / top:.0%}")
            for name in series
        ]
        rows = [[month.name, *(str(month.done[name]) for name in series)] for month in self._tally.months]
        named = Named(
            id=f"{self._plan}-reviews", title=self._say("reviews.title"), description=self._say("reviews.lead")
        )
        head = [self._say("month"), *series.values()]
        return Picture(
            id=named.id, title=named.title, lead=named.description, picture=bars(named, found), head=head, rows=rows
        )

    def _overdue(self) -> Picture:
        series = {risk: self._catalogue.text(f"console.charts.risk.{risk}") for risk in RISKS}
        return self._months("overdue", self._say("overdue.title"), series, lambda month: month.overdue)

    def _costs(self) -> Picture:
        series = {name: self._say(f"figure.{name}") for name in _PAID}
        return self._months("cost", self._say("cost.title"), series, lambda month: costs(self._assumptions, month.done))

    def _load(self, work: str) -> Picture:
        series = {"done": self._say("done_in_month"), "waiting": self._say("left_over")}
        title = self._say("load.title", work=self._say(f"figure.{work}"))
        level = capacity(self._assumptions, work, self._tally.customers)
        return self._months(
            f"load-{work}",
            title,
            series,
            lambda month: {"done": month.done[work], "waiting": month.waiting[work]},
            level=level,
        )

    def _letters(self) -> Picture:
        series = {"letter": self._say("figure.letter"), "returned": self._say("figure.returned")}
        return self._months("letters", self._say("letters.title"), series, lambda month: month.done)


class Talks:
    """Draws the sample of conversations, which is the same for all plans."""

    def __init__(self, outcome: Outcome, catalogue: Catalogue, name_of: Callable[[str], str]) -> None:
        self._played, self._catalogue, self._name_of = outcome.played, catalogue, name_of

    def all(self) -> list[Picture]:
        """How conversations ended, and where people left."""
        ends = Counter(one.outcome for one in self._played)
        left = Counter(one.question for one in self._played if one.outcome == "left" and one.question)
        names = {code: self._catalogue.text(f"simulate.outcome.{code}") for code in ends}
        return [
            self._bars("outcomes", [(names[code], count) for code, count in ends.most_common()]),
            self._bars(
                "questions", [(self._name_of(code), count) for code, count in left.most_common(_MOST_QUESTIONS)]
            ),
        ]

    def _bars(self, name: str, counts: Sequence[tuple[str, int]]) -> Picture:
        title = self._catalogue.text(f"simulate.{name}.title")
        lead = self._catalogue.text(f"simulate.{name}.lead", count=str(len(self._played)))
        named = Named(id=f"talk-{name}", title=title, description=lead)
        found = [Bar(label=label, parts=[count], note=str(count)) for label, count in counts]
        picture = bars(named, found) if found else Markup("")
        head = [self._catalogue.text(f"simulate.{name}.column"), self._catalogue.text("simulate.conversations")]
        rows = [[label, str(count)] for label, count in counts]
        return Picture(id=named.id, title=title, lead=lead, picture=picture, head=head, rows=rows)
