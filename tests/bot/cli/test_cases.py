"""``kakunin cases``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storage.cases import list_cases, transitions_of
from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys)
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
