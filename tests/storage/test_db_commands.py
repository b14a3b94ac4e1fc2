"""``kakunin db upgrade`` and ``kakunin db current``."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.db import app
from bot.cli.errors import UserError
from storage.migrations import HEAD

KEYS = "one:" + base64.b64encode(bytes(32)).decode()


def run(*words: str) -> tuple[str, str]:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout, result.stderr


def test_upgrade_makes_a_sqlite_store_and_current_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKUNIN_DATABASE_URL", f"sqlite:///{tmp_path}/kakunin.db")
    assert run("current")[0] == "empty outdated\n"
    assert list(tmp_path.iterdir()) == []
    out, said = run("upgrade")
    assert out.splitlines()[-1] == HEAD
    assert "kakunin.key" in said
    assert run("current")[0] == f"{HEAD} current\n"
    assert run("upgrade")[1] == ""


def test_upgrade_makes_a_postgresql_store(postgres_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = postgres_server
    name = server.create()
    monkeypatch.setenv("KAKUNIN_DATABASE_URL", server.url(name))
    with pytest.raises(UserError, match="KAKUNIN_ENCRYPTION_KEYS"):
        run("upgrade")
    monkeypatch.setenv("KAKUNIN_ENCRYPTION_KEYS", KEYS)
    assert run("current")[0] == "empty outdated\n"
    assert run("upgrade")[0] == f"{HEAD}\n"
    assert run("current")[0] == f"{HEAD} current\n"
    server.drop(name)


def test_a_wrong_address_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKUNIN_DATABASE_URL", "mysql://localhost/kakunin")
    for command in ("upgrade", "current"):
        with pytest.raises(UserError, match="must begin with"):
            run(command)
