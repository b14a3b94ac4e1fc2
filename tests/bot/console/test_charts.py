"""The charts of the console: eight of them, each with its table and CSV, and no small count for most."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from bot.console.charts import GROUPS, SENDINGS, STATES, VERDICTS, Chart, Charts, Counted
from bot.console.drawing import Named, climb
from bot.console.few import LEAST
from locales import SHIPPED_LANGUAGES, load_catalogue
from storage.branches import WHOLE_BANK
from storage.case_status import CaseStatus
from storage.charts import Question, Sending, Span
from storage.quota import Quota
from storage.reconciliation.verdict import VerdictCode
from storage.supervision import Period
from tests.bot.console.conftest import Browser

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")
SVG = "{http://www.w3.org/2000/svg}"


def counted(scale: int = 1) -> Counted:
    """A bank of some hundreds, with cells of few in each chart."""
    hours = {NOW - timedelta(hours=7 * number): 1 + number % 3 for number in range(60)}
    return Counted(
        statuses={
            ("high", "20"): 3,
            ("high", "60"): 40 * scale,
            ("medium", "40"): 2,
            ("low", "75"): 200,
            ("low", "20"): 9,
        },
        funnel=[254, 252, 200, 150, 3],
        submitted=hours,
        sent={status: {NOW - timedelta(days=place): 2 + 40 * place} for place, status in enumerate(SENDINGS)},
        questions=[
            Question(name="address", saw=200, left=40, seconds=31.4, timed=160),
            Question(name="phone", saw=160, left=2, seconds=8.0, timed=158),
            Question(name="email", saw=3, left=0, seconds=5.0, timed=3),
        ],
        period=Period(
            hand_overs=47,
            waited=3,
            half=timedelta(minutes=2),
            most=timedelta(minutes=9),
            reasons={"customer_asked": 30, "stuck": 14, "danger": 3},
        ),
        outcomes={"handed_back": 40, "settled": 7},
        verdicts={
            ("address", "same"): 90,
            ("address", "changed"): 4,
            ("phone", "same"): 94,
            ("name", "same_variant"): 94,
        },
        sendings=[
            Sending(channel="line", state="sent", answer="", messages=900, people=200),
            Sending(channel="line", state="failed", answer="4xx", messages=12, people=2),
            Sending(channel="telegram", state="sent", answer="", messages=40, people=9),
        ],
        blocked={"line": 4},
        quotas=[Quota(channel="line", allowed=5000, used=1200, asked_at=NOW, refused_at=None)],
    )


def drawn(found: Counted, *, every_count: bool, locale: str = "ja") -> dict[str, Chart]:
    span = Span(since=NOW - timedelta(days=29), now=NOW, branches=WHOLE_BANK)
    charts = Charts(found, span, load_catalogue(locale), TOKYO, str, every_count=every_count)
    return {chart.id: chart for chart in charts.all()}


def small(chart: Chart) -> list[str]:
    """Counts of few in the table; what is no count of people says its unit."""
    return [cell for row in chart.rows for cell in row[1:] if cell.isdecimal() and 0 < int(cell) < LEAST]


def test_every_status_verdict_and_state_has_its_place() -> None:
    assert sorted(" ".join(GROUPS.values()).split()) == sorted(CaseStatus)
    assert sorted(" ".join(VERDICTS.values()).split()) == sorted(VerdictCode)
    states = {"pending", "leased", "sent", "unknown", "failed", "cancelled", "dropped"}
    assert set(" ".join(STATES.values()).split()) == states


@pytest.mark.parametrize("locale", SHIPPED_LANGUAGES)
@pytest.mark.parametrize("every_count", [True, False])
def test_every_picture_says_what_it_shows(locale: str, every_count: bool) -> None:
    charts = drawn(counted(), every_count=every_count, locale=locale)
    assert len(charts) == 8
    ids: list[str] = []
    for chart in charts.values():
        picture = ElementTree.fromstring(
            str(chart.picture).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
        )
        assert picture.get("role") == "img"
        title, description = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
        assert title is not None
        assert description is not None
        assert (title.text, description.text) == (chart.title, chart.lead)
        assert picture.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        ids += [one.get("id", "") for one in picture.iter() if one.get("id")]
        assert {len(row) for row in chart.rows} == {len(chart.head)}
        # No style and no script in a page of ours.
        assert "style=" not in str(chart.picture)
    assert len(ids) == len(set(ids))


def test_who_answers_for_them_sees_every_count() -> None:
    charts = drawn(counted(), every_count=True)
    assert [row[2] for row in charts["reach"].rows] == ["3", "40", "2", "9", "200"]
    assert charts["funnel"].rows[-1][1:] == ["3", "1%"]
    assert charts["questions"].rows[1][1:] == ["160", "2", "1.2%", "8 秒"]
    assert charts["comparison"].rows[0][1:] == ["90", "0", "4", "0", "94"]
    assert ["LINE · ブロック中の人", "4"] in [list(row) for row in charts["channels"].rows]
    total = int(charts["answers"].rows[-1][1])
    assert total == sum(counted().submitted.values())


def test_nobody_else_sees_a_count_of_few() -> None:
    charts = drawn(counted(), every_count=False)
    assert {name: small(chart) for name, chart in charts.items() if small(chart)} == {}
    # What is not hidden is told.
    assert charts["funnel"].rows[2][1] == "200"
    assert charts["questions"].rows[0][1:4] == ["200", "40", "20.0%"]
    assert charts["questions"].rows[1][2] == "(非表示)"
    assert ["LINE · 届かなかった 4xx", "(非表示)"] in [list(row) for row in charts["channels"].rows]


def test_steps_of_the_sum_are_never_of_few() -> None:
    totals = [int(row[1]) for row in drawn(counted(), every_count=False)["answers"].rows if row[1]]
    assert all(later - earlier >= LEAST for earlier, later in zip([0, *totals], totals, strict=False))
    # The day on which two were reminded is not marked either.
    assert not any("案内" in row[2] for row in drawn(counted(), every_count=False)["answers"].rows)


def test_a_picture_tells_no_more_than_its_table() -> None:
    """Two banks that look alike to who may not see small counts have the same pictures."""
    one, other = counted(), counted()
    object.__setattr__(
        other, "questions", [*one.questions[:2], Question(name="email", saw=2, left=1, seconds=9.0, timed=2)]
    )
    object.__setattr__(other, "blocked", {"line": 2})
    seen, also = (drawn(found, every_count=False) for found in (one, other))
    assert {name: (chart.picture, chart.rows) for name, chart in seen.items()} == {
        name: (chart.picture, chart.rows) for name, chart in also.items()
    }
    assert drawn(one, every_count=True)["questions"].picture != drawn(other, every_count=True)["questions"].picture


def test_hours_are_those_of_the_bank() -> None:
    found = counted()
    object.__setattr__(found, "submitted", {datetime(2026, 11, 15, 23, 0, tzinfo=UTC): 7})
    rows = drawn(found, every_count=True)["hours"].rows
    # Sunday evening in Greenwich is Monday morning in Tokyo.
    assert rows[0][0] == "月"
    assert [hour for hour, cell in enumerate(rows[0][1:]) if cell == "7"] == [8]


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (1, [0, 1]),
        (2, [0, 1, 2]),
        (4, [0, 1, 2, 3, 4]),
        (5, [0, 2, 4]),
        (99, [0, 20, 40, 60, 80]),
        (100, [0, 50, 100]),
        (12_345, [0, 5_000, 10_000]),
    ],
)
def test_the_axis_counts_whole_people(most: int, ticks: list[int]) -> None:
    named = Named(id="x", title="t", description="d")
    picture = climb(named, [(0, most)], [], 1, ("first", "last"))
    labels = re.findall(r'text-anchor="end"[^>]*>(\d+)<', str(picture))
    assert labels == list(map(str, ticks))


def test_nothing_was_recorded_yet() -> None:
    empty = Counted(
        statuses={}, funnel=[0] * 5, submitted={}, sent={status: {} for status in SENDINGS}, questions=[],
        period=Period(hand_overs=0, waited=0, half=None, most=None, reasons={}), outcomes={}, verdicts={}, sendings=[],
        blocked={}, quotas=[],
    )  # fmt: skip
    for every_count in (True, False):
        charts = drawn(empty, every_count=every_count)
        assert charts["reach"].rows == charts["questions"].rows == charts["comparison"].rows == []


async def test_the_page_and_its_files(browser: Browser) -> None:
    await browser.sign_in("kimura")
    _, page = await browser.get("/charts")
    links = re.findall(r'href="/console(/charts/[a-z_]+\.csv\?days=90)"', page)
    assert page.count("<svg class=") == len(links) >= 4
    answer = await browser.client.get(f"/console{links[0]}")
    assert answer.content_type == "text/csv"
    assert 'filename="reach-90.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
    assert rows[0] == ["リスク格付", "状態", "人数"]
    assert rows[1:]
    assert all(row[2].isdecimal() for row in rows[1:])
    assert (await browser.get("/charts/nothing.csv"))[0] == 404
    assert (await browser.get("/charts?days=7"))[0] == 200


async def test_a_small_bank_shows_who_may_not_see_it_nothing(browser: Browser) -> None:
    """Five customers in several states: every cell is of few."""
    await browser.sign_in("kato")
    _, page = await browser.get("/charts")
    assert "(非表示)" in page
    cells = re.findall(r'<td class="number">([0-9]+)</td>', page)
    assert [cell for cell in cells if 0 < int(cell) < LEAST] == []
