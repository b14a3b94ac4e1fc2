"""``kakunin reply`` prints what the contract says."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from bot.cli.errors import UserError
from bot.cli.reply import app

RUN = CliRunner()


def _ok(*args: str, lines: str | bytes | None = None) -> str:
    done = RUN.invoke(app, args, input=lines)
    assert done.exit_code == 0, done.output
    return done.stdout


def _refused(*args: str, lines: str | bytes | None = None) -> str:
    done = RUN.invoke(app, args, input=lines)
    assert isinstance(done.exception, UserError)
    return str(done.exception)


def test_a_value() -> None:
    assert json.loads(_ok("date", "昭和39年10月10日", "--json")) == {
        "value": "1964-10-10",
        "display": "1964年10月10日(昭和39年)",
        "problem": None,
    }
    assert json.loads(_ok("amount", "三百五十万円"))["value"] == 3_500_000
    assert json.loads(_ok("yes_no", "いいえ", "--json"))["value"] is False


def test_a_problem() -> None:
    found = json.loads(_ok("date", "平成31年5月1日", "--json"))
    assert (found["value"], found["problem"]) == (None, "date.era_over")
    assert "令和元年" in found["message"]
    assert _ok("date", "平成31年5月1日").startswith("date.era_over: ")
    assert "Reiwa 1" in json.loads(_ok("date", "平成31年5月1日", "--json", "--locale", "en"))["message"]


def test_today_comes_from_outside() -> None:
    assert json.loads(_ok("date", "明日", "--today", "2024-02-28"))["value"] == "2024-02-29"


def test_batch_one_object_a_line() -> None:
    lines = [
        {"kind": "phone", "text": "０９０－１２３４－５６７８"},
        {"kind": "date", "text": "来月末", "today": "2024-01-15"},
        {"kind": "yes_no", "text": "大丈夫です"},
        {"kind": "text", "text": "a\ud800b"},
    ]
    out = [json.loads(line) for line in _ok("--batch", lines="\n\n".join(map(json.dumps, lines))).splitlines()]
    assert [row["value"] for row in out] == ["09012345678", "2024-02-29", None, "ab"]
    assert [row["problem"] for row in out] == [None, None, "yes_no.ambiguous", None]


@pytest.mark.parametrize(
    ("args", "lines", "says"),
    [
        (("colour", "red"), None, "unknown kind 'colour'"),
        ((), None, "Give KIND and TEXT"),
        (("date",), None, "Give KIND and TEXT"),
        (("date", "今日", "--today", "yesterday"), None, "--today"),
        (("date", "今日", "--locale", "fr"), None, "Unknown locale"),
        (("date", "--batch"), None, "--batch"),
        (("--batch",), '{"kind": "date"}\n', "line 1"),
        (("--batch",), "\n[1]\n", "line 2"),
        (("--batch",), "not json\n", "line 1"),
        (("--batch",), '{"kind": "colour", "text": "x"}\n', "line 1: unknown kind"),
        (("--batch",), '{"kind": "date", "text": "x", "today": 1}\n', "today"),
        (("--batch",), '{"kind": "date", "text": "x", "today": "soon"}\n', "today"),
        (("--batch",), b"\xff\xfe\n", "UTF-8"),
    ],
)
def test_bad_usage(args: tuple[str, ...], lines: str | bytes | None, says: str) -> None:
    assert says in _refused(*args, lines=lines)
