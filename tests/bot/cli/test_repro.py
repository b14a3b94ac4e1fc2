"""``kakunin repro``: a stored conversation as a file that the suite runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Connection

from bot.transcripts.stage import Opening, Stage, shipped_understanding
from dialogs.conversation import events as ev
from dialogs.definition.model import Questionnaire
from dialogs.definition.source_files import read_source
from dialogs.definition.yaml_format import load_shipped
from dialogs.personal import Personal
from storage import accounts, conversations, publishing
from storage.audit import list_entries
from tests.bot.cli.shell import Shell
from tests.conversations.transcripts import play

MASTER = {"name": "榊原 薫子", "phone": "09022775512", "kind": "individual", "risk_rating": "low"}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell.set(DEFAULT_LOCALE="en")
    assert shell("content", "publish").code == 0
    return shell


#: A form of the bank's own.
OWN = """
settings: {id: visit, version: "3", title: {ja: ご来店の確認}, default_language: ja}
survey:
  - {type: text, name: name, label: {ja: お名前は。}, required: yes, bot: {kind: name, prefill: name}}
  - {type: integer, name: years, label: {ja: 何年お住まいですか。}, required: yes}
"""


def publish_own(shell: Shell) -> Questionnaire:
    source = read_source(OWN.encode(), origin="visit.yaml")
    form = source.questionnaire()
    place: dict[str, Any] = {"kind": "questionnaire", "name": form.id, "locale": None, "version": form.version}
    with shell.database() as database:
        uni, body = database.universe, source.canonical()
        database.run(
            lambda conn: publishing.publish(conn, uni, **place, body=body, sha256=form.sha256, actor="os_user:x")
        )
    return form


def talked(shell: Shell, definition: Questionnaire | None = None, *, form: bool = True) -> str:
    """A conversation that has just begun, in the store; its short name."""
    with shell.database() as database:
        vault, uni = database.vault, database.universe
        stage = Stage(
            Opening(
                definition=definition or load_shipped("individual"),
                channel="line",
                locale="ja",
                sensitive_allowed=True,
                start=uni.now(),
                master=MASTER,
            ),
            shipped_understanding(),
        )

        def deed(conn: Connection) -> str:
            account = accounts.upsert_account(conn, vault, uni, "line", Personal("U1"), "ja")
            talk = conversations.create_conversation(
                conn,
                vault,
                uni,
                kind="case" if form else "lobby",
                account_id=account.id,
                case_id=None,
                questionnaire_sha256=stage.opening.definition.sha256,
                locale="ja",
            )
            if not form:
                return talk.ref
            stage.begin()
            conversations.save_conversation(conn, vault, talk, [ev.to_json(event) for event in stage.events])
            return talk.ref

        return database.run(deed)


def test_the_file_passes_and_the_deed_is_recorded(shell: Shell) -> None:
    ref = talked(shell)
    out = shell.folder / "wrong.yaml"
    done = shell("repro", ref, "--out", out)
    assert (done.code, done.err) == (0, "")
    assert done.out == "4 lines written to wrong.yaml.\n"
    text = out.read_text(encoding="utf-8")
    assert not {value for key, value in MASTER.items() if key in ("name", "phone") and value in text}
    transcript = yaml.safe_load(text)
    assert [{who: said.rstrip("\n") for who, said in line.items()} for line in transcript["conversation"]] == play(
        transcript
    ).lines()
    assert yaml.safe_load(shell("repro", ref).out)["conversation"] == transcript["conversation"]
    with shell.database() as database:
        entries = database.run_read(list_entries)
    assert [entry.actor_kind for entry in entries if entry.action == "conversation.reproduced"] == ["os_user"] * 2


def test_a_form_of_the_banks_own_goes_with_its_conversation(shell: Shell) -> None:
    form = publish_own(shell)
    transcript = yaml.safe_load(shell("repro", talked(shell, form)).out)
    assert transcript["questionnaire"] == "visit"
    played = play(transcript)
    assert played.talk.definition.sha256 == form.sha256
    assert [{who: said.rstrip("\n") for who, said in line.items()} for line in transcript["conversation"]] == (
        played.lines()
    )
    assert "お名前は。" in transcript["conversation"][0]["銀行"]
    # Of the shipped form, as it is shipped, nothing more than its name is there.
    assert "form" not in yaml.safe_load(shell("repro", talked(shell)).out)


@pytest.mark.parametrize(("name", "said"), [("nobodyis", "There is no conversation"), ("lobby", "is about no form")])
def test_what_cannot_be_taken_out_is_refused_in_one_sentence(shell: Shell, name: str, said: str) -> None:
    ref = talked(shell, form=False) if name == "lobby" else name
    done = shell("repro", ref, "--out", shell.folder / "x.yaml")
    assert done.code == 2
    assert said in done.err
    assert not (shell.folder / "x.yaml").exists()
