"""``kakunin report monthly``: the month as a PDF, written down, and refused with one sentence where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage import audit
from tests.bot.cli.shell import HEADER, TARO, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    assert shell("customers", "import", shell.write("m.csv", HEADER, TARO)).code == 0
    return shell


def test_a_month_is_written_and_the_deed_with_it(shell: Shell, tmp_path: Path) -> None:
    done = shell("report", "monthly", "--month", "2026-01", "--out", str(tmp_path / "r.pdf"), "--locale", "en")
    assert (done.code, "r.pdf" in done.out) == (0, True), done
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
    database = shell.database()
    try:
        assert database.run_read(audit.list_entries)[0].action == "report.monthly"
    finally:
        database.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--month", "2026-1"), "2026-10"),
        (("--month", "2999-12"), "まだ始まっていません"),
        (("--month", "2026-01", "--locale", "fr"), "ja, en"),
    ],
)
def test_what_cannot_be_reported_is_said(shell: Shell, tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    done = shell("report", "monthly", *options, "--out", str(tmp_path / "r.pdf"))
    assert (done.code, said in done.err) == (2, True), done
    assert not (tmp_path / "r.pdf").exists()


def test_without_the_extra_the_sentence_names_it(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.console.report.making.find_spec", lambda name: None)
    done = shell("report", "monthly", "--month", "2026-01", "--out", str(tmp_path / "r.pdf"))
    assert (done.code, "kakunin[pdf]" in done.err) == (2, True)
