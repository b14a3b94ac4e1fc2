"""The result of a simulation as a folder: a page in each language, a CSV beside each picture, ``summary.json``.

Promise: the page stands alone (no network, no script), prints, and states every assumption that it rests on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined

from bot.console.charts import RISKS
from bot.console.picture import Picture
from bot.forecast.assumptions import WORK, Assumptions
from bot.forecast.bank import Plan
from bot.forecast.pictures import Pictures, Talks
from bot.forecast.sample import forms_of, summary
from bot.forecast.simulating import Outcome
from bot.forecast.tally import WAYS, WITHIN, figures
from dialogs.definition.model import Questionnaire, pick
from locales import SHIPPED_LANGUAGES, Catalogue, load_catalogue

#: The lines of the table at the top, in order.
LINES = (
    *("opened", "answered", "done"),
    *(f"within_{days}" for days in WITHIN),
    *("overdue_end", "overdue_most", "restriction", "cost", "cost_each"),
    *WAYS,
    *WORK,
    *(f"full_{work}" for work in WORK),
)
#: Parts of a name of a question that fit beside a bar.
_LONGEST_NAME = 24


def write_report(outcome: Outcome, out: Path, first_language: str) -> None:
    """Write everything; ``index.html`` is in the first language."""
    out.mkdir(parents=True, exist_ok=True)
    css = (files("bot.forecast") / "report.css").read_text(encoding="utf-8")
    (out / "report.css").write_text(css, encoding="utf-8")
    summed = json.dumps(summarise(outcome), ensure_ascii=False, indent=1)
    (out / "summary.json").write_text(summed + "\n", encoding="utf-8")
    pages = {language: page_name(language, first_language) for language in SHIPPED_LANGUAGES}
    for language, name in pages.items():
        catalogue = load_catalogue(language)
        charts = [Pictures(outcome, place, catalogue).all() for place in range(len(outcome.tallies))]
        talks = Talks(outcome, catalogue, _names(outcome, language)).all()
        for chart in [*(chart for plan in charts for chart in plan), *talks]:
            (out / csv_name(chart, language)).write_text(chart.as_csv(), encoding="utf-8", newline="")
        html = render_page(outcome, catalogue, charts, talks, pages)
        (out / name).write_text(html, encoding="utf-8")


def page_name(language: str, first_language: str) -> str:
    """The file of a language."""
    return "index.html" if language == first_language else f"index.{language}.html"


def csv_name(chart: Picture, language: str) -> str:
    """The file beside a picture."""
    return f"{chart.id}.{language}.csv"


def render_page(
    outcome: Outcome,
    catalogue: Catalogue,
    charts: Sequence[Sequence[Picture]],
    talks: Sequence[Picture],
    pages: dict[str, str],
) -> str:
    """One page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((files("bot.forecast") / "report.html").read_text(encoding="utf-8"))
    order = outcome.order
    language = catalogue.locale

    def say(key: str, **params: object) -> str:
        return catalogue.text(f"simulate.{key}", **{name: str(value) for name, value in params.items()})

    return template.render(
        language=language,
        others={code: name for code, name in pages.items() if code != language},
        say=say,
        order=order,
        table=table(outcome, catalogue),
        plans=[_shown(plan, catalogue) for plan in order.plans],
        pairs=list(zip(*charts, strict=True)),
        talks=talks,
        share=f"{100 * len(outcome.played) / max(1, outcome.tallies[0].talks):.2g}",
        talked=f"{outcome.tallies[0].talks:,}",
        played=summary(outcome.played),
        csv_name=lambda chart: csv_name(chart, language),
        assumptions=as_yaml(order.assumptions),
    )


def table(outcome: Outcome, catalogue: Catalogue) -> list[tuple[str, list[str]]]:
    """The lines of the table: a name, a figure for each plan, and what differs between two."""
    found = [figures(tally, outcome.order.assumptions) for tally in outcome.tallies]
    lines = []
    for name in LINES:
        values = [one[name] for one in found]
        cells = ["–" if value is None else f"{value:,}" for value in values]
        if len(values) == 2:
            a, b = values
            cells.append("–" if a is None or b is None else f"{round(b - a, 1):+,}")
        lines.append((_line(name, catalogue), cells))
    return lines


def _line(name: str, catalogue: Catalogue) -> str:
    what, _, of = name.partition("_")
    if what == "within":
        return catalogue.text("simulate.within", days=of)
    if what == "full":
        return catalogue.text("simulate.full", work=catalogue.text(f"simulate.figure.{of}"))
    return catalogue.text(f"simulate.figure.{name}")


def summarise(outcome: Outcome) -> dict[str, Any]:
    """``summary.json``."""
    order = outcome.order
    plans = [
        {
            "cadence": {**plan.cadence.months, "before_expiry": plan.cadence.months_before_expiry},
            "ladder": plan.ladder.model_dump(mode="json"),
            "figures": figures(tally, order.assumptions),
            "conversations": tally.talks,
            "months": [month.to_json() for month in tally.months],
        }
        for plan, tally in zip(order.plans, outcome.tallies, strict=True)
    ]
    return {
        "customers": order.customers,
        "months": order.months,
        "first": order.first.isoformat(),
        "seed": order.seed,
        "sample": summary(outcome.played),
        "plans": plans,
        "assumptions": order.assumptions.model_dump(mode="json"),
    }


def as_yaml(assumptions: Assumptions) -> str:
    """The assumptions as they can be written into a file of one's own."""
    values = assumptions.model_dump(mode="json")
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)


def _shown(plan: Plan, catalogue: Catalogue) -> dict[str, Any]:
    """A plan in words: the cadence, and the steps of each rating."""

    def step(one: Any) -> str:
        ways = "/".join(catalogue.text(f"simulate.way.{way}") for way in one.by)
        return f"{one.day:+d} {catalogue.text(f'simulate.kind.{one.kind.value}')}" + (f" ({ways})" if ways else "")

    return {
        "rows": [
            (
                catalogue.text(f"console.charts.risk.{risk}"),
                catalogue.text("simulate.months_between", count=str(plan.cadence.months[risk])),
                " → ".join(map(step, plan.ladder.steps(risk))),
            )
            for risk in RISKS
        ],
        "hours": plan.ladder.hours,
        "days_between": plan.ladder.days_between,
    }


def _names(outcome: Outcome, language: str) -> Callable[[str], str]:
    """What a question is called in the forms."""
    forms: list[Questionnaire] = list(forms_of(outcome.order.settings.content_dir).values())

    def name_of(code: str) -> str:
        for form in forms:
            question = form.by_name.get(code)
            if question is not None:
                words = pick(question.bot.button or question.label, language, form.default_language)
                if words:
                    return words if len(words) <= _LONGEST_NAME else f"{words[: _LONGEST_NAME - 1]}…"
        return code

    return name_of
