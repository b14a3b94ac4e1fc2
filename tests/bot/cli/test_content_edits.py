"""What staff added in the console and the files: no publishing and no start loses it unseen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.cli.checkup import Finding, _content
from bot.phrasing import load_live_faq, publish_phrasing, with_phrasing
from bot.running import _publish_first
from bot.settings import Settings
from dialogs.faq.topics import read_canonical
from storage.publishing import live
from tests.bot.cli.shell import Shell
from tests.bot.cli.test_content import OWN_TOPIC

WORDS = "何時に行けば空いていますか"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell.set(CONTENT_DIR=str(tmp_path / "own"), DEFAULT_LOCALE="en")
    (tmp_path / "own" / "locales" / "ja").mkdir(parents=True)
    faq_file(shell).write_text(OWN_TOPIC, encoding="utf-8")
    assert shell("content", "publish").code == 0
    return shell


def faq_file(shell: Shell) -> Path:
    return shell.folder / "own" / "locales" / "ja" / "faq.yaml"


def add(shell: Shell, words: str = WORDS) -> str:
    """As the console does; returns the version that is live then."""
    with shell.database() as database:
        uni = database.universe

        def deed(conn: Connection) -> str:
            before = load_live_faq(conn, "ja")
            after, _ = with_phrasing(before, "own_topic", words)
            publish_phrasing(conn, uni, before, after, staff_id="kato")
            return after.sha256

        return database.run(deed)


def live_now(shell: Shell) -> tuple[str, tuple[str, ...]]:
    with shell.database() as database:
        found = database.run_read(lambda conn: live(conn, "faq", "faq", "ja"))
    assert found is not None
    return found.sha256, read_canonical(found.body)[0].variants


def test_a_file_that_does_not_hold_it_is_refused_and_says_what_to_do(shell: Shell) -> None:
    sha256 = add(shell)
    sentence = shell.refused("content", "publish")
    for said in (WORDS, "own_topic", "locales/ja/faq.yaml", f"kakunin content export {sha256[:12]}", "--drop-edits"):
        assert said in sentence
    assert live_now(shell) == (sha256, ("予約したい", WORDS))


def test_neither_is_another_source_published_beside_it(shell: Shell) -> None:
    add(shell)
    english = shell.folder / "own" / "locales" / "en"
    english.mkdir()
    (english / "faq.yaml").write_text(OWN_TOPIC, encoding="utf-8")
    shell.refused("content", "publish")
    versions = json.loads(shell("content", "list", "--json").out)["versions"]
    assert len([row for row in versions if row["locale"] == "en"]) == 1


def test_written_back_it_can_be_gone_on_with(shell: Shell) -> None:
    sha256 = add(shell)
    assert shell("content", "export", sha256[:12], "--out", faq_file(shell)).code == 0
    written = faq_file(shell).read_text(encoding="utf-8")
    assert written.startswith("- id: own_topic\n  question: 来店の予約はできますか\n  variants:\n    - 予約したい\n")
    done = shell("content", "publish", "--json")
    assert (done.code, json.loads(done.out)["published"]) == (0, [])
    # From here on the file holds it, and may take it away.
    faq_file(shell).write_text(written.replace(f"    - {WORDS}\n", ""), encoding="utf-8")
    assert shell("content", "publish").code == 0
    assert live_now(shell)[1] == ("予約したい",)


def test_a_file_that_holds_it_beside_other_changes_is_published(shell: Shell) -> None:
    add(shell)
    changed = OWN_TOPIC.replace("[予約したい]", f"[予約したい, {WORDS}, 予約は必要か]")
    faq_file(shell).write_text(changed, encoding="utf-8")
    assert shell("content", "publish").code == 0
    assert live_now(shell)[1] == ("予約したい", WORDS, "予約は必要か")


def test_several_edits_are_all_remembered(shell: Shell) -> None:
    add(shell)
    sha256 = add(shell, "電話でも予約できますか")
    assert "2 phrasings" in shell.refused("content", "publish")
    faq_file(shell).write_text(OWN_TOPIC.replace("[予約したい]", f"[予約したい, {WORDS}]"), encoding="utf-8")
    assert "1 phrasings" in shell.refused("content", "publish")
    assert live_now(shell)[0] == sha256


def test_who_wants_to_lose_it_says_so(shell: Shell) -> None:
    add(shell)
    assert shell("content", "publish", "--drop-edits").code == 0
    assert live_now(shell)[1] == ("予約したい",)
    assert shell("content", "publish").code == 0


def test_a_start_publishes_nothing_over_it(shell: Shell) -> None:
    sha256 = add(shell)
    faq_file(shell).write_text(OWN_TOPIC.replace("予約したい", "予約を取りたい"), encoding="utf-8")
    settings = Settings(content_dir=shell.folder / "own", allow_drafts=True)
    with shell.database() as database:
        _publish_first(database, settings)
    assert live_now(shell)[0] == sha256


def test_the_doctor_names_what_is_in_no_file(shell: Shell) -> None:
    def findings(part: str) -> list[Finding]:
        with shell.database() as database:
            return [one for one in _content(database, Settings(allow_drafts=True)) if one.part == part]

    assert findings("faq.ja") == []
    sha256 = add(shell)
    (found,) = findings("faq.ja")
    assert found.ok
    assert f"kakunin content export {sha256[:12]}" in found.detail
