"""``kakunin staff add``: a one-time password, printed once or read from standard input."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from bot.cli.errors import UserError
from bot.cli.staff import app
from storage import audit
from storage.database import Database
from storage.encryption import Keyring
from storage.staff import find_staff
from storage.universe import Universe
from tests.bot.cli.shell import KEYS, upgraded_store
from tests.bot.console.house import QUICK


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KAKUNIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KAKUNIN_DATABASE_URL", f"sqlite:///{tmp_path}/kakunin.db")
    monkeypatch.setenv("KAKUNIN_ENCRYPTION_KEYS", KEYS)
    # A real one takes a third of a second, on purpose.
    monkeypatch.setattr("bot.console.passwords.PasswordHasher", lambda: QUICK)
    (tmp_path / "kakunin.db").write_bytes(upgraded_store())


def run(*arguments: str, typed: str = "", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    app(args=["add", *arguments], standalone_mode=False)


def opened(tmp_path: Path) -> Database:
    return Database.open(f"sqlite:///{tmp_path}/kakunin.db", keys=Keyring.parse(KEYS), universe=Universe.real())


def test_a_one_time_password_is_printed_and_must_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(
        "佐藤",
        "--role",
        "operator",
        "--branch",
        "101",
        "--branch",
        " 20-3",
        "--display",
        " 窓口 佐藤 ",
        monkeypatch=monkeypatch,
    )
    out = capsys.readouterr().out
    password = re.search(r"(?:[2-9A-HJ-NP-Z]{4}-){3}[2-9A-HJ-NP-Z]{4}", out)
    assert password is not None
    with opened(tmp_path) as database:
        found = database.run_read(lambda conn: find_staff(conn, "佐藤"))
        (entry,) = database.run_read(lambda conn: list(audit.list_entries(conn)))
    assert found is not None
    member, password_hash, _, _ = found
    assert (member.role, str(member.branches), member.must_change) == ("operator", "101 20-3", True)
    assert member.display_name == "窓口 佐藤"
    assert PasswordHasher().verify(password_hash, password[0])
    assert entry.action == "staff.added"
    assert entry.actor_kind == "os_user"
    assert entry.subjects == {"staff": member.id}


def test_a_password_from_standard_input_is_not_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("suzuki", "--role", "approver", "--json", typed="given by script\n", monkeypatch=monkeypatch)
    out = capsys.readouterr().out
    assert json.loads(out) == {
        "login": "suzuki",
        "display": None,
        "role": "approver",
        "branch": None,
        "password": None,
    }
    with opened(tmp_path) as database:
        found = database.run_read(lambda conn: find_staff(conn, "suzuki"))
    assert found is not None
    assert PasswordHasher().verify(found[1], "given by script")


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (("x", "--role", "boss"), "", "operator, back_office, approver, auditor, admin"),
        (("x\ny", "--role", "operator"), "", "ログイン名は1〜64文字"),
        (("x", "--role", "operator", "--branch", "a b"), "", "店番は空白のない16文字まで"),
        (("x", "--role", "operator", "--branch", "101", "--branch", ""), "", "店番は空白のない16文字まで"),
        (("x", "--role", "operator", "--display", "あ" * 21), "", "お客さまに表示する名前は20文字まで"),
        (("x", "--role", "operator", "--display", "佐\n藤"), "", "お客さまに表示する名前は20文字まで"),
        (("x", "--role", "operator"), "short", "8文字以上"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], typed: str, words: str
) -> None:
    (tmp_path / "kakunin.db").unlink()
    with pytest.raises(UserError, match=re.escape(words)):
        run(*arguments, typed=typed, monkeypatch=monkeypatch)
    assert not (tmp_path / "kakunin.db").exists()


def test_a_name_is_given_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("sato", "--role", "operator", typed="first password", monkeypatch=monkeypatch)
    with pytest.raises(UserError, match="sato はもう登録されています"):
        run("sato", "--role", "admin", typed="second password", monkeypatch=monkeypatch)
    with opened(tmp_path) as database:
        found = database.run_read(lambda conn: find_staff(conn, "sato"))
    assert found is not None
    assert found[0].role == "operator"
    assert PasswordHasher().verify(found[1], "first password")
