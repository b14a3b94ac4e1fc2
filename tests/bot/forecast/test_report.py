"""The folder that comes out: pages in both languages, a CSV beside each picture; and the command."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.cli import run
from bot.forecast.assumptions import read_assumptions
from bot.forecast.bank import Plan
from bot.forecast.report import write_report
from bot.forecast.simulating import Order, Outcome, simulate
from bot.outreach.cadence import Cadence
from bot.outreach.ladder import shipped_ladder
from bot.settings import Settings
from locales import load_catalogue


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    plan = Plan(ladder=shipped_ladder(), cadence=Cadence())
    shorter = replace(plan, cadence=Cadence(months={"high": 6, "medium": 12, "low": 24}))
    order = Order(
        customers=60,
        months=2,
        seed=5,
        first=date(2026, 12, 1),
        sample=8,
        plans=(plan, shorter),
        before=Cadence(),
        assumptions=read_assumptions(),
        settings=Settings(),
    )
    return simulate(order, tmp_path_factory.mktemp("stores"))


@pytest.fixture(scope="module")
def written(outcome: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "result"
    write_report(outcome, out, "ja")
    return out


@pytest.mark.parametrize(("name", "language"), [("index.html", "ja"), ("index.en.html", "en")])
def test_a_page_stands_alone_and_says_what_it_rests_on(written: Path, name: str, language: str) -> None:
    page = (written / name).read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in page
    assert load_catalogue(language).text("simulate.no_finding") in page
    assert "{" not in re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)
    assert not re.search(r"https?://|<script|<style|style=|\son[a-z]+=", page)
    for link in re.findall(r'href="([^"]+)"', page):
        assert (written / link).is_file(), link
    assert "invitation: 34" in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_each_picture_is_well_formed_and_has_its_table(written: Path) -> None:
    page = (written / "index.html").read_text(encoding="utf-8")
    pictures = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(pictures) == page.count("<details>") == 12 * 2 + 2 == len(list(written.glob("*.ja.csv")))
    for picture in pictures:
        ElementTree.fromstring(picture)


def test_the_table_of_a_picture_is_what_was_counted(outcome: Outcome, written: Path) -> None:
    for plan, tally in zip("ab", outcome.tallies, strict=True):
        with (written / f"{plan}-reach-low.en.csv").open(encoding="utf-8-sig", newline="") as stream:
            _, *rows = csv.reader(stream)
        assert [row[0] for row in rows] == ["2026-12", "2027-01"]
        for row, month in zip(rows, tally.months, strict=True):
            living = sum(n for name, n in month.places.items() if name.startswith("low.") and name != "low.left")
            assert sum(map(int, row[1:])) == living


def test_the_summary_holds_both_plans_and_their_figures(outcome: Outcome, written: Path) -> None:
    summed = json.loads((written / "summary.json").read_text(encoding="utf-8"))
    a, b = summed["plans"]
    assert b["figures"]["opened"] > a["figures"]["opened"] > 0
    assert a["figures"]["done"] == outcome.tallies[0].total("done")
    assert summed["sample"]["played"] == 8
    assert [month["month"] for month in a["months"]] == ["2026-12", "2027-01"]
    assert read_assumptions() == outcome.order.assumptions


def test_the_command_writes_the_folder_and_a_short_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "simulation").mkdir()
    order = ["simulate", "--customers", "20", "--months", "1", "--from", "2027-01", "--sample", "8"]
    assert run(order) == 0
    # What is there already is left alone.
    assert "simulation-2" in capsys.readouterr().out
    assert (tmp_path / "simulation-2" / "index.html").is_file()
    assert not list(tmp_path.glob("kakunin.*"))
    assert run([*order, "--out", "simulation-2"]) == 2
    assert "simulation-2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "key"),
    [
        ("--from", "soon", "simulate.bad_month"),
        ("--low", "6", "simulate.bad_months"),
        ("--compare-high", "200", "simulate.bad_months"),
        ("--ladder", "bad.yaml", "simulate.bad_ladder"),
        ("--compare-ladder", "bad.yaml", "simulate.bad_ladder"),
        ("--assumptions", "bad.yaml", "simulate.bad_assumptions"),
        ("--assumptions", "none.yaml", "backoffice.no_file"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    option: str,
    value: str,
    key: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text("high: []\nbank: 3\n", encoding="utf-8")
    assert run(["simulate", "--out", "r", option, value]) == 2
    said = capsys.readouterr().err.strip()
    assert said.count("\n") == 0
    assert said.startswith(load_catalogue("ja").template(key).partition("{")[0])
    assert not (tmp_path / "r").exists()
