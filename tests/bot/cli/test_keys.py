"""``kakunin keys``: a key is changed with the commands alone, and the old one is no longer good for anything."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from storage.encryption import Keyring
from tests.bot.cli.shell import HANAKO, HEADER, KEYS, TARO, Shell

NEW = "k2:" + KEYS.partition(":")[2].replace("A", "B", 10)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)


def fill(shell: Shell) -> None:
    assert shell("customers", "import", shell.write("m.csv", HEADER, TARO, HANAKO)).code == 0


def status(shell: Shell) -> dict[str, object]:
    done = shell("keys", "status", "--json")
    assert done.code == 0, done.err
    found: dict[str, object] = json.loads(done.out)
    return found


def test_keys_in_the_setting(shell: Shell) -> None:
    fill(shell)
    before = status(shell)
    assert before["current"] == "k1"
    assert before["may_be_retired"] == []
    shell.set(ENCRYPTION_KEYS=f"{NEW},{KEYS}")
    assert status(shell)["may_be_retired"] == []
    done = shell("keys", "rotate")
    assert (done.code, done.err) == (0, "")
    assert "k2" in done.out
    after = status(shell)
    assert after["current"] == "k2"
    assert after["may_be_retired"] == ["k1"]
    assert after["keys"] == {"k2": before["keys"]["k1"], "k1": {}}  # type: ignore[index]
    shell.set(ENCRYPTION_KEYS=NEW)
    assert shell("audit", "verify").code == 0
    assert list(status(shell)["keys"]) == ["k2"]  # type: ignore[call-overload]
    shell.set(ENCRYPTION_KEYS=KEYS)
    assert "'k2'" in shell.refused("keys", "status")


def test_the_state_is_told_in_sentences(shell: Shell) -> None:
    fill(shell)
    shell.set(ENCRYPTION_KEYS=f"{NEW},{KEYS}")
    lines = shell("keys", "status").out.splitlines()
    assert lines[0].startswith("k2: ")
    assert "  master_record: 2" in lines


def test_a_new_key_is_printed_where_keys_are_a_setting(shell: Shell) -> None:
    done = shell("keys", "new")
    assert done.code == 0
    shell.set(ENCRYPTION_KEYS=f"{done.out.strip()},{KEYS}")
    assert shell("keys", "rotate").code == 0
    assert "KAKUNIN_ENCRYPTION_KEYS" in shell.refused("keys", "retire", "k1")


def test_the_first_key_is_made_before_there_is_a_store(shell: Shell) -> None:
    shell.clear()
    # Nobody answers there, and without a key nobody would be asked.
    shell.set(DATABASE_URL="postgresql://kakunin@127.0.0.1:1/kakunin")
    done = shell("keys", "new")
    assert done.code == 0
    assert Keyring.parse(done.out.strip()).key_ids
    assert "KAKUNIN_ENCRYPTION_KEYS" in shell.refused("keys", "status")


def test_keys_in_the_file(shell: Shell) -> None:
    shell.clear()
    shell.set(DATABASE_URL=f"sqlite:///{shell.folder}/kakunin.db")
    fill(shell)
    file = shell.folder / "kakunin.key"
    old = file.read_text().partition(":")[0]
    assert old in shell.refused("keys", "retire", old)
    done = shell("keys", "new")
    assert (done.code, done.err) == (0, "")
    new = file.read_text().partition(":")[0]
    assert new != old
    assert new in done.out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in shell.folder.glob("kakunin.key*")] == ["kakunin.key"]
    assert old in shell.refused("keys", "retire", old)
    assert shell("keys", "rotate").code == 0
    assert shell("keys", "retire", old).code == 0
    assert "zzz" in shell.refused("keys", "retire", "zzz")
    assert file.read_text().count(":") == 1
    assert list(status(shell)["keys"]) == [new]  # type: ignore[call-overload]


def test_the_file_is_not_changed_under_a_running_service(shell: Shell) -> None:
    shell.clear()
    shell.set(DATABASE_URL=f"sqlite:///{shell.folder}/kakunin.db")
    assert shell("keys", "status").code == 0
    before = (shell.folder / "kakunin.key").read_text()
    from bot.cli.store import open_database
    from bot.settings import load_settings

    with open_database(load_settings()) as database, database.serve_lock():
        assert "kakunin serve" in shell.refused("keys", "new")
    assert (shell.folder / "kakunin.key").read_text() == before
