"""``kakunin faq unmatched``: the list for those without the console."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from dialogs.personal import Personal
from storage import accounts, content, conversations
from storage.audit import list_entries
from tests.bot.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell.set(DEFAULT_LOCALE="en")
    assert shell("content", "publish").code == 0
    return shell


def ask(shell: Shell, *texts: str) -> None:
    with shell.database() as database:
        vault, uni = database.vault, database.universe

        def deed(conn: Connection) -> None:
            account = accounts.upsert_account(conn, vault, uni, "line", Personal("U1"), "ja")
            lobby = conversations.create_conversation(
                conn,
                vault,
                uni,
                kind="lobby",
                account_id=account.id,
                case_id=None,
                questionnaire_sha256=None,
                locale="ja",
            )
            for text in texts:
                content_id = content.save_content(conn, vault, uni, lobby.id, direction="in", body={"text": text})
                event: dict[str, Any] = {"kind": "not_understood", "at": uni.now().isoformat(), "locale": "ja"}
                event |= {"content_id": content_id, "why": "unknown", "asked": "code", "version": "f" * 64}
                event |= {"topics": ["F01", "F02"], "scores": [0.25, 0.125]}
                lobby = conversations.save_conversation(conn, vault, lobby, [event])

        database.run(deed)


def test_what_was_asked_newest_first_masked_and_counted(shell: Shell) -> None:
    ask(shell, "何色ですか?", "電話0312345678ですか", "何色ですか？")
    lines = shell("faq", "unmatched").out.splitlines()
    assert [line.partition("  ja  ")[2] for line in lines] == [
        "2x  何色ですか?  (F01 0.25, F02 0.12)",
        "1x  電話●●●ですか  (F01 0.25, F02 0.12)",
    ]
    rows = [json.loads(line) for line in shell("faq", "unmatched", "--json").out.splitlines()]
    assert [(row["text"], row["times"]) for row in rows] == [("何色ですか?", 2), ("電話●●●ですか", 1)]
    assert rows[0]["nearest"] == [{"topic": "F01", "score": 0.25}, {"topic": "F02", "score": 0.125}]
    assert rows[0].keys() >= {"at", "locale", "channels", "why", "asked", "version"}
    assert rows[0]["at"].endswith("+09:00")
    with shell.database() as database:
        entries = database.run_read(lambda conn: list(list_entries(conn)))
    assert [entry.action for entry in entries][:2] == ["question.listed"] * 2


def test_nothing_was_asked(shell: Shell) -> None:
    assert shell("faq", "unmatched").out == "No question waits to be looked at.\n"
    assert shell("faq", "unmatched", "--json").out == ""
