"""``kakunin staff add --oidc-subject``, ``link`` and ``unlink``: who somebody is at the identity provider."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.errors import UserError
from storage import audit
from storage.sign_on.identities import find_by_identity
from storage.staff import NO_PASSWORD, find_staff
from tests.bot.cli.test_staff import opened, run, settings
from tests.bot.cli.test_staff_keeping import keeping

__all__ = ["settings"]

ISSUER = "https://id.example.co.jp"


@pytest.fixture(autouse=True)
def provider(settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "CONSOLE_URL": "https://console.example.co.jp",
        "OIDC_ISSUER": ISSUER,
        "OIDC_CLIENT_ID": "kakunin",
        "OIDC_CLIENT_SECRET": "s",
    }.items():
        monkeypatch.setenv(f"KAKUNIN_{name}", value)


def linked(tmp_path: Path, subject: str) -> str | None:
    with opened(tmp_path) as database:
        found = database.run_read(lambda conn: find_by_identity(conn, database.vault, ISSUER, subject))
    return None if found is None else found.login


def test_who_is_added_with_a_subject_has_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("sato", "--role", "operator", "--oidc-subject", "u-1", "--json", monkeypatch=monkeypatch)
    assert json.loads(capsys.readouterr().out)["password"] is None
    assert linked(tmp_path, "u-1") == "sato"
    with opened(tmp_path) as database:
        found = database.run_read(lambda conn: find_staff(conn, "sato"))
        actions = [entry.action for entry in database.run_read(audit.list_entries)]
    assert found is not None
    assert (found[0].must_change, found[1]) == (False, NO_PASSWORD)
    assert actions == ["staff.identity_linked", "staff.added"]


def test_a_link_is_made_taken_back_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("sato", "--role", "operator", typed="first password", monkeypatch=monkeypatch)
    keeping("link", "sato", "--oidc-subject", "u-1")
    assert "結びつけました" in capsys.readouterr().out
    keeping("list", "--json")
    assert json.loads(capsys.readouterr().out)["linked"] is True
    with pytest.raises(UserError, match="すでに結びつけられています"):
        keeping("link", "sato", "--oidc-subject", "u-2")
    keeping("unlink", "sato")
    assert "結びつきを消しました" in capsys.readouterr().out
    assert linked(tmp_path, "u-1") is None
    keeping("unlink", "sato")
    assert "結びつけられていません" in capsys.readouterr().out
    keeping("link", "sato", "--oidc-subject", "u-2")
    assert linked(tmp_path, "u-2") == "sato"


def test_a_subject_of_another_stays_his_and_nobody_is_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("sato", "--role", "operator", "--oidc-subject", "u-1", monkeypatch=monkeypatch)
    with pytest.raises(UserError, match="すでに結びつけられています"):
        run("suzuki", "--role", "admin", "--oidc-subject", "u-1", monkeypatch=monkeypatch)
    with opened(tmp_path) as database:
        assert database.run_read(lambda conn: find_staff(conn, "suzuki")) is None


@pytest.mark.parametrize("subject", ["", "あ", "a\nb", "x" * 256])
def test_what_is_no_subject_is_refused(monkeypatch: pytest.MonkeyPatch, subject: str) -> None:
    with pytest.raises(UserError, match="255"):
        run("sato", "--role", "operator", "--oidc-subject", subject, monkeypatch=monkeypatch)


def test_without_a_provider_nobody_is_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAKUNIN_OIDC_ISSUER")
    with pytest.raises(UserError, match="KAKUNIN_OIDC_ISSUER"):
        keeping("link", "sato", "--oidc-subject", "u-1")
