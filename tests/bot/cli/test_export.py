"""``kakunin export``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storage.audit import list_entries
from storage.cases import CaseStatus, list_cases, move_case
from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell
from tests.storage.reconciliation.seeding import add_case, answer, move, publish_form, submit


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell("customers", "import", shell.write("m.csv", HEADER, TARO, HANAKO))
    with shell.database() as database:
        form = publish_form(database)
        submit(database, form, add_case(database, "0001"), [answer("name", "𠮷田 太郎"), answer("memo", "@x")])
        move(database, add_case(database, "0002"), CaseStatus.SENT, CaseStatus.UNDELIVERABLE)
    shell("reconcile", "run")
    return shell


def test_responses_and_what_came_after_them(shell: Shell) -> None:
    done = shell("export", "responses", "--out", shell.folder / "out", "--json")
    first = json.loads(done.out)
    assert first["rows"] == 1
    (row,) = shell.read("out/responses.csv")
    assert (row["customer_no"], row["memo"], row["reconciliation"]) == ("0001", "'@x", "to_check")
    codebook = {row["column"]: row["label"] for row in shell.read("out/codebook.csv")}
    assert codebook["customer_no"] == "顧客番号"
    for since in (str(first["batch"]), first["batch_id"]):
        again = shell("export", "responses", "--out", shell.folder / "later", "--since", since, "--json")
        assert json.loads(again.out)["rows"] == 0
    with shell.database() as database:
        entries = database.run_read(lambda conn: list(list_entries(conn)))
    assert [entry.actor_kind for entry in entries if entry.action == "export.responses"] == ["os_user"] * 3


def test_cp932_says_what_it_could_not_write(shell: Shell) -> None:
    done = shell("export", "responses", "--out", shell.folder / "out", "--encoding", "cp932")
    assert (done.code, "1 件" in done.err) == (0, True)
    assert shell.read("out/responses.csv", "cp932")[0]["name"] == "〓田 太郎"
    assert len(shell.read("out/unmappable.csv", "cp932")) == 1


def test_parquet_needs_its_extra_and_says_so(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("export", "responses", "--out", shell.folder / "out", "--format", "parquet")
    with monkeypatch.context() as without:
        without.setattr("storage.exports.parquet.find_spec", lambda name: None)
        assert "kakunin[parquet]" in shell.refused(*asked)
    assert not (shell.folder / "out").exists()
    assert shell(*asked).code == 0
    assert sorted(path.name for path in (shell.folder / "out").iterdir()) == [
        *("codebook.csv", "manifest.json", "responses.parquet"),
    ]


def test_differences_in_words(shell: Shell) -> None:
    assert shell("export", "differences", "--out", shell.folder / "d.csv").code == 0
    (row,) = shell.read("d.csv")
    assert (row["field"], row["master"], row["answer"]) == ("name", "髙橋 太郎", "𠮷田 太郎")
    assert (row["verdict"], row["reason"], row["severity"]) == ("changed", "値が違います。", "medium")


def test_a_worklist(shell: Shell) -> None:
    assert shell("export", "worklist", "phone", "--out", shell.folder / "w.csv").code == 0
    (row,) = shell.read("w.csv")
    assert (row["customer_no"], row["name"], row["phone"]) == ("0002", "佐藤 花子", "03-1234-5678")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("responses", "--out", "{folder}/o", "--format", "pdf"), "pdf"),
        (("responses", "--out", "{folder}/o", "--encoding", "shift_jis"), "shift_jis"),
        (("responses", "--out", "{folder}/o", "--status", "all"), "--status"),
        (("responses", "--out", "{folder}/o", "--since", "99"), "99"),
        (("responses", "--out", "{folder}/m.csv/o"), "m.csv"),
        (("differences", "--out", "{folder}/none/d.csv"), "none"),
        (("worklist", "fax", "--out", "{folder}/w.csv"), "phone"),
        (("worklist", "phone", "--out", "{folder}"), ""),
    ],
)
def test_what_cannot_be_done_is_one_sentence(shell: Shell, arguments: tuple[str, ...], word: str) -> None:
    assert word in shell.refused("export", *(argument.format(folder=shell.folder) for argument in arguments))
    assert not (shell.folder / "o").exists()


def test_names_to_screen(shell: Shell) -> None:
    assert shell("export", "names", "--out", shell.folder / "n.csv").code == 0
    (row,) = shell.read("n.csv")
    assert (row["customer_no"], row["role"], row["name"]) == ("0001", "customer", "𠮷田 太郎")


def test_proposed_ratings_with_their_reasons(shell: Shell) -> None:
    with shell.database() as database:
        case = next(one for one in database.run_read(list_cases) if one.customer_no == "0002")
        database.run(
            lambda conn: move_case(
                conn, database.universe, case.id, CaseStatus.SENT, actor="staff-1", reason="returned_mail"
            )
        )
        move(database, case, CaseStatus.UNDELIVERABLE)
    shell("reconcile", "run")
    assert shell("export", "ratings", "--out", shell.folder / "r.csv").code == 0
    (row,) = shell.read("r.csv")
    assert (row["customer_no"], row["rule"], row["rating_after"], row["decision"]) == (
        "0002",
        "returned_mail",
        "high",
        "",
    )
    assert row["reason"] == "届出住所への郵便が返送されました。"


def test_rules_that_cannot_be_used_are_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.write("review.yaml", "second_person: []")
    monkeypatch.setenv("KAKUNIN_CONTENT_DIR", str(shell.folder))
    assert "review.yaml" in shell.refused("export", "ratings", "--out", shell.folder / "r.csv")
