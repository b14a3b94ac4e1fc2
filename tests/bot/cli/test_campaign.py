"""``kakunin campaign``: from the draft to the stop, by two people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli import campaign
from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    assert shell("customers", "import", shell.write("m.csv", HEADER, TARO, HANAKO)).code == 0
    assert shell("cases", "open", "--due-by", "2029-04-01").code == 0
    return shell


def another(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next command is given by somebody else."""
    monkeypatch.setattr(campaign, "os_user", lambda: "somebody-else")


def test_from_the_draft_to_the_stop(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    made = json.loads(shell("campaign", "new", "low-1", "--rating", "low", "--json").out)
    assert (made["state"], made["chosen"], made["letter"], made["line_left"]) == ("draft", 1, 1, None)
    assert "1 名です" in shell("campaign", "preview", "low-1").out
    assert shell.refused("campaign", "start", "low-1")
    assert shell.refused("campaign", "approve", "low-1")
    another(monkeypatch)
    assert json.loads(shell("campaign", "approve", "low-1", "--json").out)["state"] == "approved"
    assert json.loads(shell("campaign", "start", "low-1", "--json").out)["members"] == 1
    assert json.loads(shell("campaign", "preview", "low-1", "--json").out)["busy"] == 1
    assert json.loads(shell("campaign", "reach", "low-1", "--json").out)["registered"] == 1
    assert json.loads(shell("campaign", "pause", "low-1", "--json").out)["state"] == "paused"
    assert shell("campaign", "start", "low-1").code == 0
    assert "low-1" in shell("campaign", "stop", "low-1").out
    assert shell.refused("campaign", "release", "low-1")
    assert json.loads(shell("campaign", "status", "--json").out)["left_campaign_stopped"] == 1
    assert "1 名" in shell("campaign", "status", "low-1").out


def test_reach_as_a_list_on_a_day_and_as_one_customers_history(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell("campaign", "new", "all")
    another(monkeypatch)
    shell("campaign", "approve", "all")
    shell("campaign", "start", "all")
    assert "対象: 2" in shell("campaign", "reach", "all", "--out", shell.folder / "r.csv").out
    assert [row["reach"] for row in shell.read("r.csv")] == ["registered", "registered"]
    assert json.loads(shell("campaign", "reach", "all", "--json").out)["registered"] == 2
    # Nobody was in it then.
    assert json.loads(shell("campaign", "reach", "all", "--on", "2020-01-01", "--json").out)["customers"] == 0
    assert shell("campaign", "reach", "all", "--customer", "0001", "--json").code == 0
    assert "9999" in shell.refused("campaign", "reach", "all", "--customer", "9999")
    assert "none" in shell.refused("campaign", "reach", "none")


def test_letters_of_a_campaign(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell("campaign", "new", "all")
    another(monkeypatch)
    shell("campaign", "approve", "all")
    shell("campaign", "start", "all")
    done = shell("letters", "make", "--campaign", "all", "--out", shell.folder / "l.csv", "--json")
    assert json.loads(done.out)["letters"] == 0
    out = shell.folder / "m2.csv"
    assert shell.refused("letters", "make", "--campaign", "all", "--customer", "0001", "--out", out)
    assert "none" in shell.refused("letters", "make", "--campaign", "none", "--out", out)


def test_a_ladder_of_the_banks_own(shell: Shell) -> None:
    wrong = shell.write("l.yaml", "high: [{step: a, kind: invitation, day: 1, by: [letter], answer: 30}]")
    assert "high" in shell.refused("campaign", "new", "x", "--ladder", wrong)
    assert shell.refused("campaign", "new", "x", "--ladder", shell.write("m.yaml", "髙", encoding="cp932"))
    steps = "[{step: a, kind: invitation, day: 0, by: [letter], answer: 30}, {step: b, kind: phone, day: 30}]"
    right = shell.write("r.yaml", *(f"{rating}: {steps}" for rating in ("high", "medium", "low")))
    assert shell("campaign", "new", "x", "--ladder", right).code == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("two words",), "64"),
        (("x", "--rating", "severe"), "--rating"),
        (("x", "--channel", "pigeon"), "--channel"),
        (("x", "--due-by", "soon"), "--due-by"),
    ],
)
def test_bad_options_are_one_sentence(shell: Shell, arguments: tuple[str, ...], word: str) -> None:
    assert word in shell.refused("campaign", "new", *arguments)
    shell("campaign", "new", "twice")
    assert "twice" in shell.refused("campaign", "new", "twice")
