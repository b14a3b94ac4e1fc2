"""``kakunin questionnaire upgrade``: the counts, the sentences, and what it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from dialogs.conversation import engine, events as ev, inputs as inp
from dialogs.conversation.state import State, apply, to_json
from dialogs.definition.yaml_format import load_shipped, shipped_source
from dialogs.personal import Personal
from storage.accounts import upsert_account
from storage.audit import list_entries
from storage.conversations import create_conversation, save_conversation
from storage.database import Database
from tests.bot.cli.shell import Shell

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
REWORDED = ("ここまでの内容に同意して、質問に進みますか。", "ご同意いただけますか。")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    (tmp_path / "own" / "questionnaires").mkdir(parents=True)
    assert shell("content", "publish").code == 0
    shell.set(CONTENT_DIR=str(tmp_path / "own"))
    return shell


def begun(database: Database, user: str, taps: int) -> str:
    """A conversation in the shipped form, so many taps far."""
    vault, uni, form = database.vault, database.universe, load_shipped("individual")

    def make(conn: Connection) -> str:
        account = upsert_account(conn, vault, uni, "line", Personal(user), "ja")
        conversation = create_conversation(
            conn,
            vault,
            uni,
            kind="case",
            account_id=account.id,
            case_id=None,
            questionnaire_sha256=form.sha256,
            locale="ja",
        )
        started = ev.Started(at=NOW, definition_sha256=form.sha256, locale="ja", receipt_no="AAAA-BBBB")
        state, events = apply(State(), started), [ev.to_json(started)]
        for what in (inp.Began(), *(inp.Chose(token=f"p{tap}", option="c0") for tap in range(1, taps + 1))):
            step = engine.step(form, state, what, NOW)
            state, events = step.state, events + [ev.to_json(event) for event in step.events]
        object.__setattr__(conversation, "state", to_json(state))
        return save_conversation(conn, vault, conversation, events).id

    return database.run(make)


def new_version(shell: Shell, upgrade: str = "[]") -> None:
    source = shipped_source("individual").decode()
    assert REWORDED[0] in source
    source = source.replace(*REWORDED).replace(
        "default_language: ja\n", f"default_language: ja\n  upgrade: {upgrade}\n", 1
    )
    (shell.folder / "own" / "questionnaires" / "individual.yaml").write_text(source, encoding="utf-8")
    done = shell("content", "publish", "--json")
    assert (done.code, json.loads(done.out)["open_on_older"]) == (0, ["individual"])


def test_a_dry_run_counts_and_changes_nothing(shell: Shell) -> None:
    with shell.database() as database:
        begun(database, "U1", 0)
        begun(database, "U2", 2)
    new_version(shell, "[wording=ask]")
    done = shell("questionnaire", "upgrade", "individual", "--dry-run", "--json")
    assert (done.code, done.err) == (0, "")
    counted = json.loads(done.out)
    (older,) = counted["from"]
    assert (older["conversations"], older["answers_again"], older["answers_dropped"]) == (2, 1, 0)
    assert older["fates"] == {"kept": 0, "carried": 1, "asked_again": 1, "restarted": 0}
    assert older["changes"] == [
        {"kind": "wording", "name": "consent", "columns": ["label"], "policy": "ask", "conversations": 2}
    ]
    with shell.database() as database:
        assert "conversation.upgraded" not in actions(database)
    assert json.loads(shell("questionnaire", "upgrade", "individual", "--json").out)["from"] == counted["from"]
    with shell.database() as database:
        assert actions(database).count("conversation.upgraded") == 2
    assert shell("audit", "verify").code == 0
    again = shell("questionnaire", "upgrade", "individual")
    assert (again.code, again.out.count("\n")) == (0, 1)


def actions(database: Database) -> list[str]:
    return [entry.action for entry in database.run_read(lambda conn: list(list_entries(conn)))]


def test_the_report_for_people_names_change_and_policy(shell: Shell) -> None:
    with shell.database() as database:
        begun(database, "U1", 2)
    new_version(shell, "[wording=keep]")
    done = shell("questionnaire", "upgrade", "individual")
    assert (done.code, done.err) == (0, "")
    assert "consent(label):前の版のまま、対象 1 件" in done.out
    assert "前の版のまま最後まで:1 件" in done.out
    with shell.database() as database:
        assert "conversation.upgraded" not in actions(database)


def test_publishing_says_who_is_still_on_the_older_version(shell: Shell) -> None:
    with shell.database() as database:
        begun(database, "U1", 2)
    source = shipped_source("individual").decode().replace(*REWORDED)
    (shell.folder / "own" / "questionnaires" / "individual.yaml").write_text(source, encoding="utf-8")
    assert "kakunin questionnaire upgrade individual --dry-run" in shell("content", "publish").out


def test_a_form_of_which_nothing_is_live_is_refused(shell: Shell) -> None:
    assert "no_such_form" in shell.refused("questionnaire", "upgrade", "no_such_form")


def test_one_that_cannot_be_read_stays_and_the_others_go_over(shell: Shell) -> None:
    with shell.database() as database:
        broken = begun(database, "U1", 2)
        whole = begun(database, "U2", 2)
        swap = text("UPDATE conversation SET sealed = (SELECT sealed FROM conversation WHERE id = :b) WHERE id = :a")
        database.run(lambda conn: conn.execute(swap, {"a": broken, "b": whole}))
    new_version(shell)
    done = shell("questionnaire", "upgrade", "individual", "--json")
    assert done.code == 1
    report = json.loads(done.out)
    assert report["failed"] == [broken]
    assert report["from"][0]["fates"]["carried"] == 1


@pytest.mark.parametrize(
    "wrong", ["[wording]", "[removal=ask]", "[type=carry]", "[wording=ask, wording=keep]", "[x=keep]"]
)
def test_a_policy_that_cannot_be_is_refused_with_the_form(shell: Shell, wrong: str) -> None:
    source = shipped_source("individual").decode()
    source = source.replace("default_language: ja\n", f"default_language: ja\n  upgrade: {wrong}\n", 1)
    path = shell.folder / "own" / "questionnaires" / "individual.yaml"
    path.write_text(source, encoding="utf-8")
    assert "upgrade" in shell("questionnaire", "check", path, "--json").out
    assert "individual.yaml" in shell.refused("content", "publish")
