"""The report of a month: the charts' own counts on paper, the same whenever it is made, small ones for few."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pypdfium2
import pytest

from bot.console.charts import GROUPS
from bot.console.report.contents import Contents, Reader, write
from bot.console.report.gathering import Figures, Month, gather
from bot.console.report.making import Order, collect, pages
from bot.settings import Settings
from locales import SHIPPED_LANGUAGES, load_catalogue
from storage import audit, charts
from storage.branches import WHOLE_BANK, Branches
from storage.database import Database
from storage.reports import monthly
from storage.universe import FrozenUniverse
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank
from tests.bot.console.report_bank import live_a_month, open_due

NOVEMBER = Month(date(2026, 11, 1))
ZONE = ZoneInfo("Asia/Tokyo")
SETTINGS = Settings(bank_name="見本銀行", costs="letter=110,line=3")


def order(universe: FrozenUniverse, *, every_count: bool = True, branches: Branches = WHOLE_BANK) -> Order:
    return Order(month=NOVEMBER, branches=branches, every_count=every_count, now=universe.now())


def contents(database: Database, wanted: Order, locale: str = "ja") -> Contents:
    words = load_catalogue(locale)
    return database.run_read(lambda conn: collect(conn, wanted, SETTINGS, words))


def drawn(database: Database, wanted: Order, locale: str = "ja") -> bytes:
    return pages(contents(database, wanted, locale), wanted, SETTINGS, load_catalogue(locale))


def text_of(pdf: bytes) -> str:
    """What a reader of the PDF could copy, without blanks: a cell may be broken anywhere."""
    document = pypdfium2.PdfDocument(pdf)
    words = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return re.sub(r"\s", "", words)


def test_figures_are_those_of_the_charts_as_of_the_months_end(database: Database, universe: FrozenUniverse) -> None:
    live_a_month(database, universe)
    span = NOVEMBER.span(ZONE, WHOLE_BANK)
    found = contents(database, order(universe))
    by_risk = database.run_read(lambda conn: charts.statuses(conn, span))
    section = next(one for one in found.sections if one.title == "期限の来た案件(リスク格付別)")
    groups = list(GROUPS)
    for risk, row in zip(("high", "medium", "low"), section.rows, strict=True):
        counts = [sum(by_risk.get((risk, code), 0) for code in GROUPS[group].split()) for group in groups]
        assert row[1:] == [str(sum(counts)), *map(str, counts)]
    assert [row[0] for row in section.rows] == ["リスク格付 高", "リスク格付 中", "リスク格付 低"]
    headlines = {one.label: one.value for one in found.headlines}
    assert headlines["期限の来た案件"] == "47"
    assert headlines["そのうち回答済み"] == "23(49%)"
    assert headlines["今月の回答"] == "23"
    assert headlines["回答までの日数(中央値)"] == "6.1"
    assert headlines["台帳との差異"] == "12"
    assert headlines["制限の検討に移った案件"] == "8"
    assert database.run_read(lambda conn: monthly.answered_by_channel(conn, span)) == {
        "line": 12,
        "telegram": 9,
        "paper": 2,
    }
    assert [one.before for one in found.headlines][:3] == ["0", "0", "0"]


def test_what_happens_later_changes_no_month_that_is_over(database: Database, universe: FrozenUniverse) -> None:
    live_a_month(database, universe)
    # Since then some cases have moved on.
    now = contents(database, order(universe))
    universe.advance(timedelta(days=40))
    later = replace(order(universe), now=universe.now())
    assert contents(database, later) == now
    assert drawn(database, replace(later, now=order(universe).now)) == drawn(
        database, replace(later, now=order(universe).now)
    )


def test_a_branch_sees_its_own_month(database: Database, universe: FrozenUniverse) -> None:
    live_a_month(database, universe)
    found = contents(database, order(universe, branches=Branches.of("200")))
    assert {one.label: one.value for one in found.headlines}["期限の来た案件"] == "14"
    section = next(one for one in found.sections if one.title == "期限の来た案件(店番別)")
    assert [row[0] for row in section.rows] == ["200"]
    assert "店番 200" in found.scope


@pytest.mark.parametrize("locale", SHIPPED_LANGUAGES)
def test_every_figure_stands_in_the_pdf(sqlite_database: Database, universe: FrozenUniverse, locale: str) -> None:
    live_a_month(sqlite_database, universe)
    wanted = order(universe)
    found, text = contents(sqlite_database, wanted, locale), text_of(drawn(sqlite_database, wanted, locale))
    assert len(found.sections) >= 10
    words = [found.title, *found.attention, *(word for one in found.headlines for word in (one.label, one.value))]
    words += [word for one in found.sections for row in (one.head, *one.rows) if one.rows for word in row]
    lost = [word for word in words if re.sub(r"\s", "", word) not in text]
    assert lost == []


def test_small_counts_and_what_they_follow_from_are_for_few(database: Database, universe: FrozenUniverse) -> None:
    live_a_month(database, universe)
    found = contents(database, order(universe, every_count=False))
    # The last one has prices as well.
    for section in found.sections[:-1]:
        cells = [cell for row in section.rows for cell in row[1:]]
        few = [cell for cell in cells if cell in ("1", "2", "3", "4")]
        assert few == [], section.title
    assert [one.value for one in found.headlines if one.value in ("1", "2", "3", "4")] == []
    by_branch = next(one for one in found.sections if one.title == "期限の来た案件(店番別)")
    assert "(非表示)" in [cell for row in by_branch.rows for cell in row]
    assert any("伏せて" in note for note in found.notes)


@pytest.mark.parametrize(
    ("answered", "before", "told"),
    [(2, 16, False), (5, 37, False), (5, 16, True)],
    ids=["few answered", "few did not the month before", "many"],
)
def test_a_fall_tells_nobody_a_small_count(
    sqlite_database: Database, universe: FrozenUniverse, answered: int, before: int, told: bool
) -> None:
    figures = sqlite_database.run_read(lambda conn: gather(conn, NOVEMBER, ZONE, WHOLE_BANK, universe.now()))

    def month(count: int) -> Figures:
        return replace(figures, by_risk={("low", "20"): 40 - count, ("low", "60"): count})

    for every_count in (True, False):
        reader = Reader(
            catalogue=load_catalogue("ja"),
            zone=ZONE,
            name_of=str,
            every_count=every_count,
            bank_name="見本銀行",
            costs={},
            wait_most=10,
        )
        said = write(NOVEMBER, month(answered), month(before), reader, running=False).attention
        shares = (f"{answered / 40:.0%}", f"{before / 40:.0%}")
        assert any(share in sentence for sentence in said for share in shares) == (told or every_count), said


def test_what_needs_attention_is_said_in_words(database: Database, universe: FrozenUniverse) -> None:
    live_a_month(database, universe)
    said = contents(database, order(universe)).attention
    assert [sentence for sentence in said if "期限を過ぎても" in sentence] == [
        "期限を過ぎても回答のない案件が 16 件あります。架電・訪問・郵送の一覧で順に進めてください。"
    ]
    assert any("制限を検討する案件が 8 件" in sentence for sentence in said)
    assert contents(database, replace(order(universe), month=NOVEMBER.before)).attention == [
        "規則に当てはまる点はありませんでした。"
    ]


def test_in_a_month_that_runs_only_who_had_his_day_is_late(database: Database, universe: FrozenUniverse) -> None:
    today = universe.now().astimezone(ZONE).date()
    assert Month.of(today) == Month.of(today + timedelta(days=7)) == NOVEMBER
    open_due(database, universe, [today - timedelta(days=1), today, *[today + timedelta(days=7)] * 9])
    late = [sentence for sentence in contents(database, order(universe)).attention if "期限を過ぎても" in sentence]
    assert late == ["期限を過ぎても回答のない案件が 1 件あります。架電・訪問・郵送の一覧で順に進めてください。"]
    universe.advance(timedelta(days=40))
    late = [sentence for sentence in contents(database, order(universe)).attention if "期限を過ぎても" in sentence]
    assert late == ["期限を過ぎても回答のない案件が 11 件あります。架電・訪問・郵送の一覧で順に進めてください。"]


def test_an_estimate_stands_only_where_prices_are_set(database: Database, universe: FrozenUniverse) -> None:
    live_a_month(database, universe)
    assert contents(database, order(universe)).sections[-1].rows[-1][0] == "合計"
    words = load_catalogue("ja")
    without = database.run_read(lambda conn: collect(conn, order(universe), Settings(), words))
    assert "費用の見積もり" not in [one.title for one in without.sections]


def test_months_are_read_and_have_an_end() -> None:
    month = Month.parse("2026-12")
    assert (str(month.before), str(month.after), month.last) == ("2026-11", "2027-01", date(2026, 12, 31))
    span = month.span(ZONE, WHOLE_BANK)
    assert span.since.astimezone(UTC) == datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert span.until is not None
    assert span.until.astimezone(UTC) == datetime(2026, 12, 31, 15, tzinfo=UTC)
    for text in ("2026-13", "2026-1", "26-01", "", "２０２６-01"):
        with pytest.raises(ValueError, match="YYYY-MM"):
            Month.parse(text)


async def test_the_console_gives_it_by_role_and_writes_it_down(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("kato")
    _, page = await browser.get("/charts")
    assert "<option>2026-10</option>" in page
    answer = await browser.client.get("/console/charts/report.pdf?month=2026-11")
    assert (answer.status, answer.content_type) == (200, "application/pdf")
    text = text_of(await answer.read())
    assert "伏せています" in text
    assert "この月はまだ終わっていません" in text
    for month in ("2026-12", "x", ""):
        assert (await browser.get(f"/charts/report.pdf?month={month}"))[0] == 404
    await browser.post("/sign-out")
    await browser.sign_in("suzuki")
    assert "伏せています" not in text_of(
        await (await browser.client.get("/console/charts/report.pdf?month=2026-11")).read()
    )
    entries = bank.database.run_read(lambda conn: list(audit.list_entries(conn)))
    made = [entry for entry in entries if entry.action == "report.monthly"]
    assert [entry.detail["month"] for entry in made] == ["2026-11", "2026-11"]


def test_gathering_asks_as_of_the_end(database: Database, universe: FrozenUniverse) -> None:
    live_a_month(database, universe)
    figures = database.run_read(lambda conn: gather(conn, NOVEMBER, ZONE, WHOLE_BANK, universe.now()))
    # The first three have gone on in December; at the end of November they were answered.
    assert sum(count for (_, code), count in figures.by_risk.items() if code == "60") == 23
    assert sum(figures.counted.submitted.values()) == 23
