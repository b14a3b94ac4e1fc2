"""``kakunin cases``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storage.cases import list_cases, transitions_of
from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    assert shell("customers", "import", shell.write("m.csv", HEADER, TARO, HANAKO)).code == 0
    return shell


def test_the_cases_that_are_due_by_a_day(shell: Shell) -> None:
    assert json.loads(shell("cases", "open", "--due-by", "2026-04-01", "--json").out)["opened"] == 1
    done = json.loads(shell("cases", "open", "--due-by", "2029-04-01", "--json").out)
    assert (done["opened"], done["already_open"]) == (1, 1)


def test_an_event_of_one_customer(shell: Shell) -> None:
    done = shell("cases", "open", "--customer", "0002", "--cause", "event", "--reason", "住所変更の届出")
    assert done.code == 0
    assert "1 件の案件を作りました" in done.out
    with shell.database() as database:
        (case,) = database.run_read(list_cases)
    assert (case.customer_no, case.cause, case.reason) == ("0002", "event", "stated")


def test_one_customer_whenever_due(shell: Shell) -> None:
    assert json.loads(shell("cases", "open", "--customer", "0002", "--json").out)["opened"] == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--cause", "whim"), "--cause"),
        (("--cause", "event"), "--reason"),
        (("--cause", "event", "--customer", "0001", "--reason", " "), "--reason"),
        (("--reason", "x"), "--reason"),
        (("--due-by", "tomorrow"), "--due-by"),
        (("--customer", "9999"), "9999"),
    ],
)
def test_bad_options_are_one_sentence(shell: Shell, arguments: tuple[str, ...], word: str) -> None:
    assert word in shell.refused("cases", "open", *arguments)


def test_what_became_of_a_case_outside_the_chat(shell: Shell) -> None:
    shell("cases", "open", "--customer", "0001")
    done = shell("cases", "move", "--customer", "0001", "--to", "stopped", "--note", "相続の連絡があった")
    assert (done.code, "1 件" in done.out) == (0, True)
    with shell.database() as database:
        (case,) = database.run_read(list_cases)
        moves = database.run_read(lambda conn: transitions_of(conn, case.id, database.vault))
    assert (case.status.value, moves[-1].reason, moves[-1].note) == ("91", "stopped", "相続の連絡があった")
    assert moves[-1].actor.startswith("os_user:")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--customer", "0001", "--to", "gone", "--note", "x"), "returned_mail"),
        (("--customer", "0001", "--to", "stopped", "--note", " "), "--note"),
        (("--customer", "9999", "--to", "stopped", "--note", "x"), "9999"),
        (("--customer", "0001", "--to", "restricted", "--note", "x"), "restricted"),
    ],
)
def test_a_move_that_cannot_be_is_one_sentence(shell: Shell, arguments: tuple[str, ...], word: str) -> None:
    shell("cases", "open", "--customer", "0001")
    assert word in shell.refused("cases", "move", *arguments)


def test_the_cadence_is_shown_and_decided_with_a_reason(shell: Shell) -> None:
    assert json.loads(shell("cases", "cadence", "--json").out)["low"] == 36
    assert "--reason" in shell.refused("cases", "cadence", "--low", "30")
    assert "120" in shell.refused("cases", "cadence", "--low", "0", "--reason", "x")
    assert shell.refused("cases", "cadence", "--high", "30", "--reason", "x")
    assert shell("cases", "cadence", "--low", "30", "--reason", "経営会議").code == 0
    assert json.loads(shell("cases", "cadence", "--json").out) == {
        "high": 12,
        "medium": 24,
        "low": 30,
        "before_expiry": 3,
    }


def test_events_of_a_file_and_of_one_customer(shell: Shell) -> None:
    rows = ("customer_no,event,happened_on", "0001,large_cash,", "9999,alert,", "0002,whim,", "0002,alert,2999-01-01")
    done = shell("cases", "event", "--file", shell.write("e.csv", *rows), "--json")
    assert {name: count for name, count in json.loads(done.out).items() if count} == {"opened": 1, "refused": 3}
    assert [line.split()[0] for line in done.err.splitlines()] == ["3", "4", "5"]
    assert json.loads(shell("cases", "event", "--customer", "0001", "--event", "alert", "--json").out)["covered"] == 1
    assert "large_cash" in shell.refused("cases", "event", "--customer", "0001", "--event", "whim")
    assert "--file" in shell.refused("cases", "event")
    assert "customer_no" in shell.refused("cases", "event", "--file", shell.write("f.csv", "a,b", "1,2"))


def test_the_coverage_report_and_its_list(shell: Shell) -> None:
    assert shell("customers", "flag", "0001", "--kind", "deceased", "--reason", "相続").code == 0
    report = json.loads(shell("cases", "coverage", "--out", shell.folder / "c.csv", "--json").out)
    assert (report["customers"], report["stopped"], report["uncovered"]) == (2, 1, 0)
    assert report["by_risk"]["low"] == {"not_due": 1}
    assert [row["state"] for row in shell.read("c.csv")] == ["stopped", "not_due"]
    assert "2 名" in shell("cases", "coverage").out


def test_a_flag_is_placed_and_lifted_with_its_reasons(shell: Shell) -> None:
    assert "--reason" in shell.refused("customers", "flag", "0001", "--kind", "dispute")
    assert "dispute" in shell.refused("customers", "flag", "0001", "--kind", "angry", "--reason", "x")
    assert shell("customers", "flag", "0001", "--kind", "dispute", "--reason", "訴訟").code == 0
    assert shell.refused("customers", "flag", "0001", "--kind", "dispute", "--reason", "訴訟")
    assert shell("customers", "unflag", "0001", "--kind", "dispute", "--reason", "和解").code == 0
    assert shell.refused("customers", "unflag", "0001", "--kind", "dispute", "--reason", "和解")
    one = json.loads(shell("customers", "flags", "0001", "--json").out)
    assert (one["kind"], one["reason"], one["lifted_because"]) == ("dispute", "訴訟", "和解")
    # In the time of the bank, as everything that people read.
    assert one["placed_at"].endswith("+09:00")


def test_an_import_tells_what_it_made_due(shell: Shell) -> None:
    raised = HANAKO.replace(",low,", ",high,")
    done = shell("customers", "import", shell.write("n.csv", HEADER, TARO, raised), "--json")
    assert json.loads(done.out)["events"] == {"opened": 1}
