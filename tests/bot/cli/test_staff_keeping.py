"""``kakunin staff list``, ``reset``, ``disable``, ``enable``, ``move``: what can be done about an account."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from bot.cli.errors import UserError
from bot.cli.staff import app
from storage import audit, second_factors, staff
from storage.database import Database
from tests.bot.cli.test_staff import opened, run, settings

__all__ = ["settings"]

HOUR = timedelta(hours=1)


def keeping(*arguments: str) -> None:
    app(args=[*arguments], standalone_mode=False)


def give_app(database: Database, login: str) -> str:
    """An app that counts, and an open session; returns the session's token."""
    found = database.run_read(lambda conn: staff.find_staff(conn, login))
    assert found is not None
    who, uni = found[0].id, database.universe
    database.run(lambda conn: second_factors.begin_factor(conn, database.vault, uni, who, b"k" * 20))
    database.run(lambda conn: second_factors.confirm_factor(conn, uni, who, 1))
    return database.run(lambda conn: staff.create_session(conn, uni, database.vault, who, idle=HOUR, absolute=HOUR))


def is_signed_in(database: Database, token: str) -> bool:
    uni, vault = database.universe, database.vault
    return database.run(lambda conn: staff.load_session(conn, uni, vault, token)) is not None


@pytest.fixture
def sato(monkeypatch: pytest.MonkeyPatch) -> None:
    run("sato", "--role", "admin", "--branch", "101", typed="first password", monkeypatch=monkeypatch)


@pytest.mark.usefixtures("sato")
def test_a_lost_phone_is_forgotten_and_the_member_signed_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(tmp_path) as database:
        token = give_app(database, "sato")
        assert is_signed_in(database, token)
    keeping("reset", "sato", "--factor")
    assert "sato さんの認証アプリの登録を消しました" in capsys.readouterr().out
    with opened(tmp_path) as database:
        assert not is_signed_in(database, token)
        assert database.run_read(second_factors.members_with_factor) == set()
        newest = database.run_read(audit.list_entries)[0]
        found = database.run_read(lambda conn: staff.find_staff(conn, "sato"))
    assert (newest.action, newest.actor_kind) == ("staff.factor_reset", "os_user")
    assert found is not None
    assert PasswordHasher().verify(found[1], "first password"), "the password stays"
    keeping("reset", "sato", "--factor")
    assert "登録されていません" in capsys.readouterr().out


@pytest.mark.usefixtures("sato")
def test_a_new_one_time_password_replaces_the_old(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keeping("reset", "sato", "--password")
    password = re.search(r"(?:[2-9A-HJ-NP-Z]{4}-){3}[2-9A-HJ-NP-Z]{4}", capsys.readouterr().out)
    assert password is not None
    with opened(tmp_path) as database:
        found = database.run_read(lambda conn: staff.find_staff(conn, "sato"))
    assert found is not None
    assert found[0].must_change
    assert PasswordHasher().verify(found[1], password[0])


@pytest.mark.usefixtures("sato")
def test_who_is_shut_out_is_signed_out_and_may_come_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(tmp_path) as database:
        token = give_app(database, "sato")
    keeping("disable", "sato")
    keeping("list", "--json")
    shown = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert shown == {
        "login": "sato",
        "display": None,
        "role": "admin",
        "branch": "101",
        "state": "disabled",
        "second_factor": True,
        "linked": False,
    }
    with opened(tmp_path) as database:
        assert not is_signed_in(database, token)
    keeping("enable", "sato")
    keeping("list")
    assert capsys.readouterr().out.splitlines()[-1] == "sato\t管理者\t101\t利用中\t認証アプリあり"
    with opened(tmp_path) as database:
        actions = [entry.action for entry in database.run_read(audit.list_entries)]
    assert actions[:2] == ["staff.enabled", "staff.disabled"]


@pytest.mark.usefixtures("sato")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("reset", "sato"), "--password と --factor"),
        (("reset", "nobody", "--factor"), "nobody という係はいません"),
        (("disable", "nobody"), "nobody という係はいません"),
        (("move", "sato"), "--branch か --head-office"),
        (("move", "sato", "--head-office", "--branch", "101"), "--branch か --head-office"),
        (("move", "sato", "--branch", ""), "店番は空白のない"),
        (("move", "nobody", "--branch", "101"), "nobody という係はいません"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(UserError, match=re.escape(words)):
        keeping(*arguments)


@pytest.mark.usefixtures("sato")
def test_who_is_moved_sees_the_customers_of_other_branches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(tmp_path) as database:
        token = give_app(database, "sato")
    keeping("move", "sato", "--branch", "102", "--branch", "101")
    assert "店番 101, 102" in capsys.readouterr().out
    with opened(tmp_path) as database:
        assert not is_signed_in(database, token)
        newest = database.run_read(audit.list_entries)[0]
    assert (newest.action, newest.detail) == ("staff.moved", {"before": "101", "branches": "101 102"})
    keeping("list")
    assert "\t101, 102\t" in capsys.readouterr().out
    keeping("move", "sato", "--head-office")
    assert "本部(すべての店)" in capsys.readouterr().out
    keeping("list", "--json")
    assert json.loads(capsys.readouterr().out)["branch"] is None
