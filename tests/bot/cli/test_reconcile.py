"""``kakunin reconcile run`` and ``reconcile files``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bot.cli.shell import HEADER, TARO, Shell
from tests.storage.reconciliation.seeding import add_case, answer, publish_form, submit

MASTER = (
    "customer_no,name,phone,address,occupation,memo_master",
    "0001,髙橋 太郎,090-1234-5678,東京都港区南町3丁目4番15号,company_employee,a",
    "0002,佐藤 花子,0312345678,,student,b",
    "0003,鈴木,,,,c",
)
ANSWERS = (
    "customer_no,address,name,occupation,phone,memo_answer",
    "0004,x,新井,student,,z",
    "0002,大阪市北区1-1,佐藤 花子,学生,0312345679,y",
    "0001,港区南町3-4-15,高橋太郎,会社員・団体職員,09012345678,x",
)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)


def verdicts(shell: Shell, *options: str) -> list[tuple[str, str, str, str]]:
    master, answers = shell.folder / "master.csv", shell.folder / "answers.csv"
    done = shell("reconcile", "files", master, answers, "--out", shell.folder / "v.csv", *options)
    assert done.code == 0, done.err
    return [(row["customer_no"], row["field"], row["verdict"], row["reason"]) for row in shell.read("v.csv")]


EXPECTED = {
    ("0001", "name", "same_variant", "variant:kanji_variant"),
    ("0001", "phone", "same_normalised", "notation:dash"),
    ("0001", "address", "same_normalised", "notation:unit+prefecture_left_out"),
    ("0001", "occupation", "same_normalised", "notation:label"),
    ("0002", "phone", "suspected_slip", "one_character"),
    ("0002", "address", "new", "not_in_master"),
    ("0002", "occupation", "same_normalised", "notation:label"),
    ("0003", "customer_no", "missing", "not_answered"),
    ("0004", "customer_no", "new", "not_in_master"),
}


def test_one_row_for_every_cell_that_is_not_byte_equal(shell: Shell) -> None:
    shell.write("master.csv", *MASTER)
    shell.write("answers.csv", *ANSWERS, encoding="cp932")
    found = verdicts(shell)
    assert len(found) == len(EXPECTED)
    assert set(found) == EXPECTED


def test_the_order_does_not_depend_on_the_number_of_workers(shell: Shell) -> None:
    shell.write("master.csv", *MASTER)
    shell.write("answers.csv", *ANSWERS)
    assert verdicts(shell, "--workers", "2") == verdicts(shell, "--workers", "1")


@pytest.mark.parametrize("padding", ["", "x" * 500])
def test_which_file_is_the_larger_makes_no_difference(shell: Shell, padding: str) -> None:
    shell.write("master.csv", MASTER[0], MASTER[1] + padding, *MASTER[2:])
    shell.write("answers.csv", *ANSWERS)
    assert set(verdicts(shell)) == EXPECTED


@pytest.mark.parametrize("broken", ["master.csv", "answers.csv"])
def test_a_duplicate_key_is_refused_with_its_rows(shell: Shell, broken: str) -> None:
    shell.write("master.csv", *MASTER)
    shell.write("answers.csv", *ANSWERS)
    lines = MASTER if broken == "master.csv" else ANSWERS
    shell.write(broken, *lines, lines[1])
    out = shell.folder / "v.csv"
    sentence = shell.refused(
        "reconcile", "files", shell.folder / "master.csv", shell.folder / "answers.csv", "--out", out
    )
    assert broken in sentence
    assert f"2, {len(lines) + 1} 行目" in sentence
    assert not list(shell.folder.glob("v.csv*"))


def test_unusable_files_are_one_sentence(shell: Shell) -> None:
    master, answers = shell.write("master.csv", *MASTER), shell.write("answers.csv", *ANSWERS)
    out = shell.folder / "v.csv"
    command = ("reconcile", "files")
    assert "other.csv" in shell.refused(*command, master, shell.write("other.csv", "a,b", "1,2"), "--out", out)
    assert "共通の列" in shell.refused(*command, master, shell.write("other.csv", "customer_no,z", "1,2"), "--out", out)
    wide = shell.write("wide.csv", *ANSWERS, "0009,1")
    assert "5 行目" in shell.refused(*command, master, wide, "--out", out)
    keyless = shell.write("keyless.csv", ANSWERS[0], ",x,新井,student,,z")
    assert "2 行目" in shell.refused(*command, master, keyless, "--out", out)
    shell.refused(*command, master, shell.folder / "none.csv", "--out", out)
    shell.refused(*command, master, answers, "--out", answers)
    shell.refused(*command, master, answers, "--out", out, "--workers", "0")
    assert not list(shell.folder.glob("v.csv*"))


def test_a_mapping_may_name_headers_of_either_file(shell: Shell) -> None:
    shell.write("master.csv", "番号,氏名", "0001,髙橋")
    shell.write("answers.csv", "customer_no,name", "0001,高橋")
    mapping = shell.write("mapping.yaml", "番号: customer_no", "氏名: name")
    assert verdicts(shell, "--mapping", str(mapping)) == [("0001", "name", "same_variant", "variant:kanji_variant")]


def test_new_submissions_are_compared_and_counted(shell: Shell) -> None:
    shell("customers", "import", shell.write("m.csv", HEADER, TARO))
    with shell.database() as database:
        case = add_case(database, "0001")
        submit(database, publish_form(database), case, [answer("name", "髙橋 太郎"), answer("phone", "0312345678")])
    assert json.loads(shell("reconcile", "run", "--json").out) == {
        "submissions": 1,
        "matched": 0,
        "to_check": 1,
        "asked": 0,
    }
    assert "0 件の提出を突合しました" in shell("reconcile", "run").out


def test_the_standing_is_shown_in_words_and_as_json(shell: Shell) -> None:
    shell("customers", "import", shell.write("m.csv", HEADER, TARO))
    with shell.database() as database:
        case = add_case(database, "0001")
        submit(database, publish_form(database), case, [answer("phone", "0312345678")])
    before = json.loads(shell("reconcile", "status", "--json").out)
    assert (before["waiting"], before["compared"], before["cases"]) == (1, 0, {"60": 1})
    shell("reconcile", "run")
    after = json.loads(shell("reconcile", "status", "--json").out)
    assert (after["waiting"], after["compared"], after["cases"]) == (0, 1, {"70": 1})
    assert after["verdicts"]["changed"] == 1
    assert "突合済み 1 件" in shell("reconcile", "status").out


@pytest.mark.parametrize("share", ["0/2", "3/2", "2", "a/b"])
def test_a_share_that_is_none_is_refused(shell: Shell, share: str) -> None:
    paths = shell.write("master.csv", *MASTER), shell.write("answers.csv", *ANSWERS)
    assert "--share" in shell.refused("reconcile", "files", *paths, "--out", shell.folder / "v.csv", "--share", share)


def test_the_shares_of_several_machines_are_the_whole(shell: Shell) -> None:
    shell.write("master.csv", *MASTER)
    shell.write("answers.csv", *ANSWERS)
    shares = [set(verdicts(shell, "--share", f"{number}/2")) for number in (1, 2)]
    assert shares[0] | shares[1] == EXPECTED
    assert not shares[0] & shares[1]
