"""``kakunin support-bundle``: everything that helps, and none of what was planted in store, settings and log."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from storage.migrations import HEAD
from tests.bot.cli.shell import HANAKO, HEADER, KEYS, TARO, Shell

PLANTED = {
    "BANK_NAME": "みなと信用金庫",
    "BANK_PHONE": "03-1111-2222",
    "PUBLIC_URL": "https://bot.minato.example",
    "TRUSTED_PROXIES": "10.9.8.7",
    "LINE_CHANNEL_SECRET": "4f3c2b1a4f3c2b1a4f3c2b1a4f3c2b1a",
    "TELEGRAM_BOT_USERNAME": "minato_kakunin_bot",
}
LOG = """\
Nov 29 01:02:03 minato-db7 k[1]: at='2026-11-29T01:02:03Z' level='info' event='case.opened' count=2
Nov 29 01:02:04 minato-db7 k[1]: at='2026-11-29T01:02:04Z' level='info' event='x.y' why='髙橋 太郎 090-1234-5678'
Nov 29 01:02:05 minato-db7 k[1]: Traceback: 佐藤 花子
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    assert shell("customers", "import", shell.write("m.csv", HEADER, TARO, HANAKO)).code == 0
    assert shell("cases", "open", "--due-by", "2030-01-01").code == 0
    shell.set(CONSOLE_PORT="1", **PLANTED)
    return shell


def contents(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name).decode("utf-8") for name in bundle.namelist()}


def test_what_helps_is_there(shell: Shell) -> None:
    log = shell.folder / "log"
    log.write_text(LOG, encoding="utf-8")
    out = shell.folder / "bundle.zip"
    assert shell("support-bundle", "--out", out, "--log", log).code == 0
    assert oct(out.stat().st_mode)[-3:] == "600"
    found = contents(out)
    assert set(found) == {"versions.json", "settings.json", "doctor.json", "store.json", "metrics.txt", "log.txt"}
    assert json.loads(found["versions.json"])["schema"] == HEAD
    store = json.loads(found["store.json"])
    assert (store["revision"], store["rows"]["customer"], store["rows"]["review_case"]) == (HEAD, 2, 2)
    assert "kakunin_store_up 1.0" in found["metrics.txt"]
    assert found["log.txt"].startswith("at=2026-11-29T01:02:03Z level=info event=case.opened count=2\n")
    assert found["log.txt"].endswith("(1 other lines)\n")
    assert {one["part"] for one in json.loads(found["doctor.json"])} >= {"settings", "database", "line"}


def test_nothing_that_was_planted_is_there(shell: Shell) -> None:
    """Values of customers, of the log and of the settings, and each part of them."""
    log = shell.folder / "log"
    log.write_text(LOG, encoding="utf-8")
    out = shell.folder / "bundle.zip"
    assert shell("support-bundle", "--out", out, "--log", log, "--lines", "2").code == 0
    everything = "\n".join(contents(out).values())
    people = [
        word
        for row in (TARO, HANAKO)
        for word in row.split(",")
        if len(word) > 4 and word not in ("individual", "medium")
    ]
    for value in [
        *people,
        "髙橋",
        "花子",
        "1234-5678",
        "minato",
        str(shell.folder),
        KEYS.partition(":")[2],
        *PLANTED.values(),
    ]:
        assert value not in everything, value


def test_a_store_that_cannot_be_opened_is_no_reason_to_give_up(shell: Shell) -> None:
    (shell.folder / "kakunin.db").write_bytes(b"not a database, but long enough to be looked at" * 50)
    for beside in shell.folder.glob("kakunin.db-*"):
        beside.unlink()
    out = shell.folder / "bundle.zip"
    assert shell("support-bundle", "--out", out).code == 0
    assert "problem" in json.loads(contents(out)["store.json"])


def test_a_log_that_is_not_there_is_one_sentence(shell: Shell) -> None:
    assert "nolog" in shell.refused("support-bundle", "--out", shell.folder / "b.zip", "--log", shell.folder / "nolog")
    assert not (shell.folder / "b.zip").exists()
