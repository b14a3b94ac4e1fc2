"""``kakunin customers import``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storage.customers import iter_customers
from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys, upgraded=True)


def held(shell: Shell) -> dict[str, dict[str, str]]:
    with shell.database() as database:
        found = database.run_read(lambda conn: list(iter_customers(conn, database.vault)))
    return {customer.customer_no: dict(customer.fields) for customer in found}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_file_in_each_encoding(shell: Shell, encoding: str) -> None:
    done = shell("customers", "import", shell.write("m.csv", HEADER, TARO, HANAKO, encoding=encoding))
    assert (done.code, done.err) == (0, "")
    assert "2 件を取り込みました" in done.out
    customers = held(shell)
    assert customers["0001"]["name"] == "髙橋 太郎"
    assert customers["0001"]["birth_date"] == "1964-10-10"
    assert customers["0001"]["occupation"] == "company_employee"
    assert customers["0001"]["nationality"] == "JPN"


def test_the_second_import_says_that_nothing_has_changed(shell: Shell) -> None:
    path = shell.write("m.csv", HEADER, TARO)
    assert json.loads(shell("customers", "import", path, "--json").out)["changed"] == 1
    assert "変わったものはありません" in shell("customers", "import", path).out
    again = json.loads(shell("customers", "import", path, "--json").out)
    assert (again["changed"], again["unchanged"], again["version"]) == (0, 1, None)


def test_bad_rows_are_reported_and_the_good_ones_taken(shell: Shell) -> None:
    path = shell.write("m.csv", HEADER, TARO, HANAKO.replace("学生", "宇宙飛行士"))
    done = shell("customers", "import", path, "--rejects", shell.folder / "rejects.csv")
    assert (done.code, done.err) == (0, "")
    (reject,) = shell.read("rejects.csv")
    assert (reject["line"], reject["customer_no"], reject["column"]) == ("3", "0002", "occupation")
    assert reject["reason"] == "選択肢にない値です。"
    assert "宇宙飛行士" not in (shell.folder / "rejects.csv").read_text(encoding="utf-8-sig")
    assert set(held(shell)) == {"0001"}
    named = shell("customers", "import", path).err
    assert "3 行目" in named
    assert "宇宙飛行士" not in named


def test_all_or_nothing_takes_nothing(shell: Shell) -> None:
    path = shell.write("m.csv", HEADER, TARO, HANAKO.replace("low", "tiny"))
    sentence = shell.refused("customers", "import", path, "--all-or-nothing")
    assert "3 行目の列「risk_rating」" in sentence
    assert held(shell) == {}


def test_a_banks_own_headers(shell: Shell) -> None:
    path = shell.write("m.csv", "顧客番号,区分,氏名,備考", "0001,個人,髙橋 太郎,x", encoding="cp932")
    mapping = shell.write("mapping.yaml", "顧客番号: customer_no", "区分: kind", "氏名: name")
    assert shell("customers", "import", path, "--mapping", mapping).code == 0
    assert held(shell)["0001"] == {"customer_no": "0001", "kind": "individual", "name": "髙橋 太郎", "備考": "x"}


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ((HEADER, TARO), ("--encoding", "latin-1"), "latin-1"),
        (("a,b", "1,2"), (), "customer_no"),
        ((HEADER, TARO + ',"x'), (), "2 行目"),
        ((), (), "空です"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(
    shell: Shell, content: tuple[str, ...], options: tuple[str, ...], words: str
) -> None:
    assert words in shell.refused("customers", "import", shell.write("m.csv", *content), *options)


def test_a_wrong_encoding_names_line_and_column_and_takes_nothing(shell: Shell) -> None:
    path = shell.write("m.csv", HEADER, TARO, encoding="cp932")
    sentence = shell.refused("customers", "import", path, "--encoding", "utf-8")
    assert "2 行目の 3 列目" in sentence
    assert "髙橋" not in sentence
    assert held(shell) == {}


def test_files_that_are_not_there_or_cannot_be_written(shell: Shell) -> None:
    path = shell.write("m.csv", HEADER, TARO)
    assert "missing.csv" in shell.refused("customers", "import", shell.folder / "missing.csv")
    assert "none.yaml" in shell.refused("customers", "import", path, "--mapping", shell.folder / "none.yaml")
    shell.refused("customers", "import", path, "--rejects", shell.folder / "no" / "rejects.csv")
    shell.refused("customers", "import", path, "--rejects", path)
    assert path.read_text(encoding="utf-8").startswith("customer_no")


def test_the_users_language_is_the_banks(shell: Shell) -> None:
    shell.set(DEFAULT_LOCALE="en")
    assert "does not exist" in shell.refused("customers", "import", shell.folder / "missing.csv")
