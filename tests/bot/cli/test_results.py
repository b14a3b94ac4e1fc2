"""``kakunin worklist import``, ``kakunin letters returned`` and the lists that follow from them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from storage.cases import CaseStatus, list_cases
from storage.contacts import tries_of
from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell

RETURNED = "customer_no,returned_on,reason"
TRIES = "customer_no,channel,result,at,promised_on,note"
TOKYO = ZoneInfo("Asia/Tokyo")
TODAY = datetime.now(TOKYO).date().isoformat()


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell("customers", "import", shell.write("m.csv", HEADER, TARO, HANAKO))
    shell("cases", "open", "--due-by", "2030-01-01")
    shell.set(OFFICE_HOURS="")
    return shell


def statuses(shell: Shell) -> dict[str, CaseStatus]:
    with shell.database() as database:
        return {case.customer_no: case.status for case in database.run_read(list_cases)}


def tomorrow(days: int = 1) -> str:
    return (datetime.now(TOKYO).date() + timedelta(days=days)).isoformat()


def test_letters_that_came_back_are_taken_once_and_stand_on_the_list_of_calls(shell: Shell) -> None:
    shell("letters", "make", "--out", shell.folder / "c.csv")
    file = shell.write(
        "r.csv",
        RETURNED,
        f"0001,{TODAY},返送:転居先不明",
        f"0002,{TODAY},kept",
        encoding="cp932",
    )
    done = shell("letters", "returned", file, "--json")
    assert (done.code, json.loads(done.out)) == (0, {"entered": 2, "known": 0, "closed": 0})
    assert set(statuses(shell).values()) == {CaseStatus.UNDELIVERABLE}
    again = shell("letters", "returned", file, "--json")
    assert json.loads(again.out) == {"entered": 0, "known": 2, "closed": 0}
    out = shell.folder / "phone.csv"
    assert shell("export", "worklist", "phone", "--out", out).code == 0
    rows = shell.read("phone.csv")
    assert [(row["customer_no"], row["last_channel"], row["last_result"], row["tries"]) for row in rows] == [
        ("0001", "post", "returned_moved", "0"),
        ("0002", "post", "returned_kept", "0"),
    ]
    assert shell("audit", "verify").code == 0
    for branch, count in (("007", 2), ("008", 0)):
        shell("export", "worklist", "phone", "--out", out, "--branch", branch)
        assert len(shell.read("phone.csv")) == count


def test_who_has_moved_gets_a_letter_as_soon_as_the_bank_knows_where(shell: Shell) -> None:
    header = f"{HEADER},address"
    shell("customers", "import", shell.write("m.csv", header, f"{TARO},東京都港区1-1", f"{HANAKO},大阪府堺市2-2"))
    shell("letters", "make", "--out", shell.folder / "c.csv")
    shell("letters", "returned", shell.write("r.csv", RETURNED, f"0001,{TODAY},moved", f"0002,{TODAY},moved"))
    assert shell("letters", "reissue", "--moved", "--out", shell.folder / "0.csv").code == 0
    assert shell.read("0.csv") == []
    shell("customers", "import", shell.write("m.csv", header, f"{TARO},東京都港区9-9", f"{HANAKO},大阪府堺市2-2"))
    assert shell("letters", "reissue", "--moved", "--out", shell.folder / "1.csv").code == 0
    assert [row["customer_no"] for row in shell.read("1.csv")] == ["0001"]
    assert statuses(shell) == {"0001": CaseStatus.SENT, "0002": CaseStatus.UNDELIVERABLE}
    for given in ((), ("--moved", "--customer", "0001")):
        shell.refused("letters", "reissue", *given, "--out", shell.folder / "2.csv")


def test_calls_of_an_outside_office(shell: Shell) -> None:
    shell("letters", "make", "--out", shell.folder / "c.csv")
    shell("letters", "returned", shell.write("r.csv", RETURNED, f"0001,{TODAY},moved", f"0002,{TODAY},moved"))
    file = shell.write(
        "t.csv",
        TRIES,
        f"0001,phone,promised,{TODAY},{tomorrow(3)},折り返し",
        f"0002,phone,現在使われていない,{TODAY},,",
    )
    done = shell("worklist", "import", file)
    assert (done.code, done.err) == (0, "")
    assert set(statuses(shell).values()) == {CaseStatus.PHONE_AND_VISITS}
    shell("export", "worklist", "visit", "--out", shell.folder / "v.csv")
    assert [row["customer_no"] for row in shell.read("v.csv")] == ["0002"]
    with shell.database() as database:
        cases = database.run_read(list_cases)
        notes = [one.note for one in database.run_read(lambda conn: tries_of(conn, database.vault, cases[0].id))]
    assert "折り返し" in notes


def test_one_bad_line_takes_nothing_and_every_bad_line_is_named(shell: Shell) -> None:
    shell("letters", "make", "--out", shell.folder / "c.csv")
    lines = (
        f"0001,{TODAY},moved",
        f"0009,{TODAY},moved",
        f"0002,{TODAY},eaten",
        "0002,yesterday,moved",
        "0002,2001-01-01,moved",
        f"0001,{TODAY},kept",
        f"0002,{tomorrow(2)},moved",
    )
    file = shell.write("r.csv", RETURNED, *lines)
    done = shell("letters", "returned", file)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 7
    # A code that is none comes with those that are.
    assert "moved, unknown, refused, kept, other" in done.err
    assert statuses(shell)["0001"] is CaseStatus.SENT
    shell.refused("letters", "returned", file, "--rejects", shell.folder / "bad.csv")
    assert [(row["line"], row["column"], row["code"]) for row in shell.read("bad.csv")] == [
        ("3", "customer_no", "no_customer"),
        ("4", "reason", "result"),
        ("5", "returned_on", "moment"),
        ("6", "customer_no", "no_letter"),
        ("7", "customer_no", "twice"),
        ("8", "returned_on", "at"),
    ]


@pytest.mark.parametrize("head", ["customer_no,returned_on", "", 'customer_no,returned_on,reason\r\n"0001'])
def test_a_file_of_another_shape_is_one_sentence(shell: Shell, head: str) -> None:
    shell.refused("letters", "returned", shell.write("r.csv", head))
    shell.refused("worklist", "import", shell.write("r.csv", head))


def test_a_customer_with_two_cases_is_named_by_the_case(shell: Shell) -> None:
    shell("cases", "open", "--customer", "0001", "--cause", "event", "--reason", "moved")
    file = shell.write("t.csv", TRIES, f"0001,phone,no_answer,{TODAY},,")
    assert "case_id" in shell("worklist", "import", file).err
    secret = shell.write("s.csv", TRIES, f"0002,phone,no_answer,{TODAY},,カード番号 4111 1111 1111 1111")
    refused = shell("worklist", "import", secret)
    assert (refused.code, "4111" in refused.err) == (2, False)
    with shell.database() as database:
        case = next(one for one in database.run_read(list_cases) if one.customer_no == "0001")
    named = shell.write("t.csv", f"{TRIES},case_id", f"0001,phone,no_answer,{TODAY},,,{case.id}")
    assert shell("worklist", "import", named).code == 0


def test_a_list_that_there_is_not(shell: Shell) -> None:
    shell.refused("export", "worklist", "fax", "--out", shell.folder / "x.csv")
    assert shell("export", "worklist", "restriction", "--out", shell.folder / "x.csv").code == 0
