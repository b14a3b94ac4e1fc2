"""``kakunin content``: what is shipped and what the bank writes becomes live, wholly or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dialogs.definition.source_files import read_source, write_source
from dialogs.definition.yaml_format import shipped_source
from locales import VOICES, shipped_text
from storage.audit import list_entries
from storage.database import Database
from storage.publishing import list_published, live
from tests.bot.cli.shell import Shell

OWN_FORM = """
settings: {id: branch_visit, version: "3", title: {ja: ご来店の確認, en: Your visit}, default_language: ja}
survey:
  - type: text
    name: memo
    label: {ja: ご用件を教えてください。, en: What is it about?}
"""
OWN_TOPIC = """
- id: own_topic
  question: 来店の予約はできますか
  variants: [予約したい]
  answer: "{bank_name}の窓口でお受けします。"
  source: [事務規程 3.2]
  status: approved
  approved_by: 山田
  approved_on: 2026-04-01
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell.set(CONTENT_DIR=str(tmp_path / "own"))
    (tmp_path / "own" / "questionnaires").mkdir(parents=True)
    for language in VOICES:
        (tmp_path / "own" / "locales" / language).mkdir(parents=True)
    return shell


def own(shell: Shell, name: str, text: str | bytes) -> Path:
    path = shell.folder / "own" / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def publish(shell: Shell) -> set[tuple[str, str, str | None]]:
    """What became live, by kind, name and language."""
    done = shell("content", "publish", "--json")
    assert (done.code, done.err) == (0, "")
    return {(row["kind"], row["name"], row["locale"]) for row in json.loads(done.out)["published"]}


def versions(shell: Shell) -> list[dict[str, str | bool | None]]:
    done = shell("content", "list", "--json")
    assert (done.code, done.err) == (0, "")
    found: list[dict[str, str | bool | None]] = json.loads(done.out)["versions"]
    return found


SHIPPED = {
    ("questionnaire", "individual", None),
    ("questionnaire", "corporate", None),
    *(("faq", "faq", voice) for voice in VOICES),
}
#: What the bank says in Japanese goes with what it says in plain Japanese: ours would say something else.
JAPANESE = {("faq", "faq", "ja"), ("faq", "faq", "ja_easy")}


def test_a_form_that_no_case_asks_is_named(shell: Shell) -> None:
    own(shell, "questionnaires/visit.yaml", OWN_FORM)
    done = shell("content", "publish")
    assert done.code == 0
    assert "branch_visit" in done.err
    assert done.err.count("\n") == 1, "of the shipped ones nothing is said"
    assert json.loads(shell("content", "publish", "--json").out)["never_asked"] == ["branch_visit"]
    own(shell, "questionnaires/visit.yaml", OWN_FORM.replace("branch_visit", "corporate"))
    done = shell("content", "publish")
    assert (done.code, done.err) == (0, "")


def test_what_is_shipped_becomes_live_once(shell: Shell) -> None:
    assert versions(shell) == []
    assert publish(shell) == SHIPPED
    before = versions(shell)
    assert [row["live"] for row in before] == [True] * len(SHIPPED)
    assert publish(shell) == set()
    assert versions(shell) == before
    with shell.database() as database:
        entries = database.run_read(lambda conn: list(list_entries(conn)))
    # Once for each source; publishing nothing is no deed.
    assert [(entry.action, entry.actor_kind) for entry in entries] == [("content.published", "os_user")] * len(SHIPPED)


def test_own_sources_lie_over_those_shipped(shell: Shell) -> None:
    publish(shell)
    own(shell, "questionnaires/visit.yaml", OWN_FORM)
    own(shell, "locales/ja/faq.yaml", OWN_TOPIC)
    assert publish(shell) == {("questionnaire", "branch_visit", None)} | JAPANESE
    assert publish(shell) == set()
    with shell.database() as database:
        japanese = database.run_read(lambda conn: live(conn, "faq", "faq", "ja"))
        english = database.run_read(lambda conn: live(conn, "faq", "faq", "en"))
        forms = [row.name for row in database.run_read(list_published) if row.kind == "questionnaire" and row.is_live]
    assert japanese is not None
    assert english is not None
    assert [topic["id"] for topic in json.loads(japanese.body)] == ["own_topic"]
    assert len(json.loads(english.body)) > 1
    assert forms == ["branch_visit", "corporate", "individual"]
    text = shell("content", "list").out.splitlines()
    assert sum(line.startswith("*") for line in text) == len(SHIPPED) + 1
    assert len(text) == len(SHIPPED) + 1 + len(JAPANESE)


def test_a_form_with_the_id_of_a_shipped_one_replaces_it_whatever_its_file_is_called(shell: Shell) -> None:
    publish(shell)
    changed = shipped_source("individual").decode().replace('version: "2026.11"', 'version: "2026.12"')
    assert changed != shipped_source("individual").decode()
    own(shell, "questionnaires/our-own.yml", changed)
    assert publish(shell) == {("questionnaire", "individual", None)}
    # Were the shipped one published as well, the two would take turns.
    assert publish(shell) == set()
    live_now = [row["version"] for row in versions(shell) if row["name"] == "individual" and row["live"]]
    assert live_now == ["2026.12"]


def test_taking_the_own_file_away_brings_the_shipped_version_back(shell: Shell) -> None:
    publish(shell)
    shipped = [row["sha256"] for row in versions(shell) if row["locale"] == "ja"]
    file = own(shell, "locales/ja/faq.yaml", OWN_TOPIC)
    publish(shell)
    file.unlink()
    assert publish(shell) == JAPANESE
    rows = [row for row in versions(shell) if row["locale"] == "ja"]
    assert len(rows) == 2
    assert [row["sha256"] for row in rows if row["live"]] == shipped


def test_files_with_a_byte_order_mark_and_hidden_ones(shell: Shell) -> None:
    own(shell, "questionnaires/visit.yaml", b"\xef\xbb\xbf" + OWN_FORM.encode())
    own(shell, "locales/ja/faq.yaml", b"\xef\xbb\xbf" + OWN_TOPIC.encode())
    own(shell, "questionnaires/.#visit.yaml", "what an editor leaves behind")
    own(shell, "questionnaires/README.md", "how we write forms")
    assert publish(shell) == SHIPPED | {("questionnaire", "branch_visit", None)}


def test_a_workbook_is_the_same_version_as_its_yaml(shell: Shell) -> None:
    yaml = own(shell, "questionnaires/visit.yaml", OWN_FORM)
    publish(shell)
    own(shell, "questionnaires/~$visit.xlsx", "what a spreadsheet leaves behind while it is open")
    book = yaml.with_suffix(".xlsx")
    book.write_bytes(write_source(read_source(yaml.read_bytes(), origin=yaml.name), ".xlsx"))
    yaml.unlink()
    assert publish(shell) == set()


BROKEN = [
    ("questionnaires/visit.yaml", OWN_FORM.replace("type: text", "type: telepathy"), "visit.yaml", "telepathy"),
    ("questionnaires/visit.yaml", "settings: [", "visit.yaml", "line "),
    ("questionnaires/visit.yaml", b"\x83\x7e\x83\x58", "visit.yaml", "UTF-8"),
    ("questionnaires/visit.yaml", OWN_FORM + "    relevant: ${nobody} = 1\n", "visit.yaml", "nobody"),
    ("questionnaires/visit.yaml", OWN_FORM.replace(", en: What is it about?", ""), "visit.yaml", "memo"),
    (
        "locales/ja/faq.yaml",
        OWN_TOPIC.replace("bank_name", "banc_name"),
        "locales/ja/faq.yaml (ja), line 2",
        "banc_name",
    ),
    ("locales/ja/faq.yaml", OWN_TOPIC.replace("  approved_by: 山田\n", ""), "locales/ja/faq.yaml", "approved_by"),
    ("locales/ja/faq.yaml", "- [", "locales/ja/faq.yaml (ja), line 2", "YAML"),
    ("locales/en/faq.yaml", "", "locales/en/faq.yaml", "list of topics"),
    ("locales/en/faq.yaml", b"- id: x\n  question: \x83\x7e", "locales/en/faq.yaml, line 2", "UTF-8"),
]


@pytest.mark.parametrize(("name", "text", "file", "word"), BROKEN)
def test_a_broken_source_publishes_nothing(shell: Shell, name: str, text: str | bytes, file: str, word: str) -> None:
    """Also the sources that are in order stay as they were: what is live fits together."""
    (shell.folder / "kakunin.db").unlink()
    own(shell, name, text)
    own(shell, "questionnaires/another.yaml", OWN_FORM.replace("branch_visit", "another"))
    sentence = shell.refused("content", "publish")
    assert file in sentence
    assert word in sentence
    # Not even an empty store was made.
    assert not (shell.folder / "kakunin.db").exists()


def test_a_folder_in_the_place_of_a_file(shell: Shell) -> None:
    (shell.folder / "own" / "questionnaires" / "visit.yaml").mkdir()
    assert "visit.yaml" in shell.refused("content", "publish")
    (shell.folder / "own" / "questionnaires" / "visit.yaml").rmdir()
    (shell.folder / "own" / "locales" / "en" / "faq.yaml").mkdir()
    assert "faq.yaml" in shell.refused("content", "publish")


def test_two_files_with_one_id(shell: Shell) -> None:
    own(shell, "questionnaires/a.yaml", OWN_FORM)
    own(shell, "questionnaires/b.yml", OWN_FORM)
    sentence = shell.refused("content", "publish")
    assert "a.yaml" in sentence
    assert "b.yml" in sentence


def test_sentences_about_a_form_are_in_the_language_of_the_office(shell: Shell) -> None:
    own(shell, "questionnaires/visit.yaml", OWN_FORM.replace("type: text", "type: telepathy"))
    japanese = shell.refused("content", "publish")
    shell.set(DEFAULT_LOCALE="en")
    english = shell.refused("content", "publish")
    assert not japanese.isascii()
    assert english.isascii()


def test_the_service_publishes_at_its_first_start_or_says_why_not(shell: Shell) -> None:
    own(shell, "locales/ja/faq.yaml", "- [")
    assert "locales/ja/faq.yaml" in shell.refused("serve")
    with shell.database() as database:
        assert database.run_read(list_published) == []


# Export ------------------------------------------------------------------------------------------


def test_an_exported_version_can_be_published_again_and_is_the_same(shell: Shell) -> None:
    own(shell, "questionnaires/visit.yaml", OWN_FORM)
    publish(shell)
    before = versions(shell)
    places = {"questionnaire": "questionnaires/{name}.yaml", "faq": "locales/{locale}/faq.yaml"}
    for row in before:
        place = places[str(row["kind"])].format(name=row["name"], locale=row["locale"])
        out = shell.folder / "own" / place
        done = shell("content", "export", str(row["sha256"])[:12], "--out", out)
        assert (done.code, done.out, done.err) == (0, f"{out}\n", "")
    (shell.folder / "own" / "questionnaires" / "visit.yaml").unlink()
    assert publish(shell) == set()
    assert versions(shell) == before


def test_what_is_exported_is_a_form_that_the_checker_takes(shell: Shell) -> None:
    publish(shell)
    (form,) = [row for row in versions(shell) if row["name"] == "individual"]
    out = shell.folder / "form.yaml"
    assert shell("content", "export", str(form["sha256"]), "--out", out).code == 0
    assert shell("questionnaire", "check", out).code == 0
    assert json.loads(out.read_text(encoding="utf-8"))["settings"]["id"] == "individual"


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_a_catalogue_of_the_bank_that_cannot_be_read(shell: Shell, locale: str) -> None:
    shell.set(DEFAULT_LOCALE=locale)
    (shell.folder / "own" / "locales" / locale / "LC_MESSAGES").mkdir()
    own(shell, f"locales/{locale}/LC_MESSAGES/own.po", b'msgid "x"\nmsgstr "\x83\x7e"\n')
    for command in ("publish", "list"):
        assert "CONTENT_DIR" in shell.refused("content", command)


@pytest.mark.parametrize("digest", ["", "z", "0" * 64])
def test_a_version_must_be_named_clearly(shell: Shell, digest: str) -> None:
    publish(shell)
    sentence = shell.refused("content", "export", digest, "--out", shell.folder / "out.yaml")
    assert "kakunin content list" in sentence
    assert digest in sentence
    assert not (shell.folder / "out.yaml").exists()


@pytest.mark.parametrize("place", ["none/out.yaml", "own", "kakunin.db/out.yaml"])
def test_an_export_that_cannot_be_written(shell: Shell, place: str) -> None:
    publish(shell)
    digest = str(versions(shell)[0]["sha256"])
    assert place in shell.refused("content", "export", digest, "--out", shell.folder / place)


def test_the_shipped_texts_are_those_of_the_catalogue_folder(shell: Shell) -> None:
    """The overlay's file is in the shape of the shipped one: a bank starts from a copy of it."""
    own(shell, "locales/ja/faq.yaml", shipped_text("ja", "faq.yaml"))
    publish(shell)
    (shell.folder / "own" / "locales" / "ja" / "faq.yaml").unlink()
    assert publish(shell) == {("faq", "faq", "ja_easy")}


def drafts(database: Database) -> int:
    from bot.content_sources import live_drafts

    return database.run_read(live_drafts)


def test_live_drafts_are_counted_over_all_languages(shell: Shell) -> None:
    for language in ("ja", "en"):
        own(shell, f"locales/{language}/faq.yaml", OWN_TOPIC)
    publish(shell)
    with shell.database() as database:
        assert drafts(database) == 0
    signed = "  status: approved\n  approved_by: 山田\n  approved_on: 2026-04-01\n"
    own(shell, "locales/en/faq.yaml", OWN_TOPIC.replace(signed, "  status: draft\n"))
    publish(shell)
    with shell.database() as database:
        assert drafts(database) == 1
