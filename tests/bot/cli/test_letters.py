"""``kakunin letters make``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell("customers", "import", shell.write("m.csv", HEADER, TARO, HANAKO))
    shell("cases", "open", "--due-by", "2030-01-01")
    return shell


def test_one_row_per_case_with_the_links_of_the_settings(shell: Shell) -> None:
    shell.set(LINE_BASIC_ID="@bank", TELEGRAM_BOT_USERNAME="bank_bot")
    done = shell("letters", "make", "--out", shell.folder / "letters.csv")
    assert done.code == 0
    rows = shell.read("letters.csv")
    assert [row["customer_no"] for row in rows] == ["0001", "0002"]
    assert all(row["line_url"] == f"https://line.me/R/oaMessage/%40bank/?{row['code']}" for row in rows)
    assert all(row["telegram_url"] == f"https://t.me/bank_bot?start={row['code']}" for row in rows)
    assert not any(row["code"] in done.out + done.err for row in rows)


def test_codes_are_never_written_over(shell: Shell) -> None:
    out = shell.folder / "letters.csv"
    shell("letters", "make", "--out", out)
    before = out.read_bytes()
    assert "letters.csv" in shell.refused("letters", "make", "--out", out)
    assert out.read_bytes() == before


@pytest.mark.parametrize(
    "options",
    [
        ("--out", "{folder}/none/letters.csv"),
        ("--out", "{folder}"),
        ("--out", "{folder}/l.csv", "--pdf", "{folder}"),
        ("--out", "{folder}/l.csv", "--campaign", "1"),
        ("--out", "{folder}/l.csv", "--valid-days", "0"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(shell: Shell, options: tuple[str, ...]) -> None:
    shell.refused("letters", "make", *(option.format(folder=shell.folder) for option in options))
    assert not list(shell.folder.glob("l*.csv*"))


def test_a_run_that_was_cut_off_is_gone_on_with(shell: Shell) -> None:
    out = shell.folder / "letters.csv"
    assert "--resume" in shell.refused("letters", "make", "--out", out, "--resume")
    shell("letters", "make", "--out", out, "--customer", "0001")
    part = out.rename(out.with_name("letters.csv.part"))
    (first,) = shell.read("letters.csv.part")
    # What it says is how to go on, not to remove the only copy of a code.
    assert "--resume" in shell.refused("letters", "make", "--out", out)
    done = shell("letters", "make", "--out", out, "--resume", "--json")
    assert (done.code, json.loads(done.out)["letters"]) == (0, 1)
    assert [row["customer_no"] for row in shell.read("letters.csv")] == ["0001", "0002"]
    assert shell.read("letters.csv")[0] == first
    assert not part.exists()
    out.write_text(out.read_text().replace(first["code"], "AAAABBBBCCCC"))
    assert "2" in shell.refused("letters", "draw", out, "--merge", shell.folder / "m2.csv")
