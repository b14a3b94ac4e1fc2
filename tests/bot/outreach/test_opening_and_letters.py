"""Cases for those who are due, and the file with their codes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.outreach import letters
from bot.outreach.letter_codes import LETTER_COLUMNS
from bot.outreach.letters import Channels, make_letters
from bot.outreach.opening import NoSuchCustomer, Opened, open_case_of, open_due_cases
from storage.audit import list_entries
from storage.cases import CaseStatus, list_cases, load_stated_reason
from storage.database import Database
from storage.link_codes import find_link_code
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers, move

TOKYO = ZoneInfo("Asia/Tokyo")
TODAY = date(2026, 11, 2)
EXPIRES = date(2027, 1, 31)


def customer(number: str, **fields: str) -> dict[str, str]:
    return TARO | {"customer_no": number} | fields


def open_due(database: Database, due_by: date = TODAY) -> Opened:
    return open_due_cases(database, due_by=due_by, today=TODAY, actor="clerk", zone=TOKYO)


def make(database: Database, out: Path, **names: str) -> int:
    return make_letters(database, out, channels=Channels(**names), expires_on=EXPIRES, actor="clerk")


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def test_those_who_are_due_get_one_case(database: Database) -> None:
    add_customers(
        database,
        customer("0001", last_confirmed_on="2024-11-02"),
        customer("0002", last_confirmed_on="2024-11-03"),
        customer("0003", last_confirmed_on=""),
        customer("0004", last_confirmed_on="2026-01-01", residence_expiry="2027-01-15"),
        customer("0005", last_confirmed_on="2010-01-01", relationship_end_on="2026-11-02"),
    )
    assert open_due(database) == Opened(opened=3, already_open=0, ended=1, not_due=1)
    assert open_due(database) == Opened(opened=0, already_open=3, ended=1, not_due=1)
    cases = {case.customer_no: case for case in database.run_read(list_cases)}
    assert {number: case.reason for number, case in cases.items()} == {
        "0001": "cycle",
        "0003": "never_confirmed",
        "0004": "residence_expiry",
    }
    # What is overdue is due today: a letter with a day long past would only alarm.
    assert cases["0003"].due_on == cases["0004"].due_on == TODAY
    assert open_due(database, date(2026, 11, 3)).opened == 1


def test_a_review_completed_here_counts_before_the_banks_file_knows_it(sqlite_database: Database) -> None:
    add_customers(sqlite_database, customer("0001", last_confirmed_on="2020-01-01"))
    case = add_case(sqlite_database, "0001")
    path = (CaseStatus.SENT, CaseStatus.LINKED, CaseStatus.ANSWERING, CaseStatus.ANSWERED, CaseStatus.RECONCILING)
    move(sqlite_database, case, *path, CaseStatus.RECONCILED, CaseStatus.DONE)
    assert open_due(sqlite_database) == Opened(not_due=1)


def test_an_event_opens_a_case_beside_the_periodic_one_and_its_words_are_sealed(database: Database) -> None:
    add_customers(database, customer("0001"))
    words = "大口の現金取引があったため"
    for expected in (Opened(opened=1), Opened(already_open=1)):
        found = open_case_of(database, "0001", cause="event", reason=words, due=TODAY, today=TODAY, actor="clerk")
        assert found == expected
    assert open_due(database).opened == 1
    event = next(case for case in database.run_read(list_cases) if case.cause == "event")
    assert event.reason == "stated"
    assert database.run_read(lambda conn: load_stated_reason(conn, database.vault, event.id)) == words
    with pytest.raises(NoSuchCustomer):
        open_case_of(database, "9999", cause="periodic", reason="requested", due=TODAY, today=TODAY, actor="clerk")


def test_a_letter_per_case_with_a_code_that_works(database: Database, tmp_path: Path) -> None:
    add_customers(database, customer("0001"), customer("0002"))
    cases = {number: add_case(database, number) for number in ("0001", "0002")}
    out = tmp_path / "letters.csv"
    assert make(database, out, line_basic_id="@bank+1", telegram_username="bank_bot") == 2
    assert out.stat().st_mode & 0o777 == 0o600
    found = list(rows(out))
    assert tuple(found[0]) == LETTER_COLUMNS
    for row in found:
        case = cases[row["customer_no"]]
        code = row["code"]
        assert len(code) == 12
        assert (row["case_id"], row["check_number"], row["expires_on"]) == (case.id, case.check_number, "2027-01-31")
        assert row["line_url"] == f"https://line.me/R/oaMessage/%40bank%2B1/?{code}"
        assert row["telegram_url"] == f"https://t.me/bank_bot?start={code}"
        link = database.run_read(lambda conn, code=code: find_link_code(conn, database.vault, code))
        assert link is not None
        assert (link.case_id, link.state) == (case.id, "active")
    assert {case.status for case in database.run_read(list_cases)} == {CaseStatus.SENT}
    made = [
        entry for entry in database.run_read(lambda conn: list(list_entries(conn))) if entry.action == "letter.made"
    ]
    assert len(made) == 2
    assert not any(row["code"] in str(entry) for row in found for entry in made)


def test_without_channels_the_links_are_empty_and_a_second_run_makes_no_letter(
    sqlite_database: Database, tmp_path: Path
) -> None:
    add_customers(sqlite_database, customer("0001"))
    add_case(sqlite_database, "0001")
    make(sqlite_database, tmp_path / "1.csv")
    (row,) = rows(tmp_path / "1.csv")
    assert (row["line_url"], row["telegram_url"]) == ("", "")
    assert make(sqlite_database, tmp_path / "2.csv") == 0
    assert list(rows(tmp_path / "2.csv")) == []


def test_codes_that_exist_only_in_a_file_are_never_written_over(sqlite_database: Database, tmp_path: Path) -> None:
    out = tmp_path / "letters.csv"
    out.write_text("codes", encoding="utf-8")
    with pytest.raises(FileExistsError):
        make(sqlite_database, out)
    assert out.read_text(encoding="utf-8") == "codes"


def test_after_a_failure_the_file_holds_exactly_the_codes_that_the_store_knows(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [f"{number:04}" for number in range(1, 6)]
    add_customers(database, *(customer(number) for number in numbers))
    for number in numbers:
        add_case(database, number)
    real, made = letters.move_cases, []

    def fail_after_the_fourth(*arguments: object, **options: object) -> None:
        made.append(1)
        real(*arguments, **options)  # type: ignore[arg-type]
        if len(made) == 2:
            raise OSError("power cut")

    monkeypatch.setattr(letters, "BATCH", 2)
    monkeypatch.setattr(letters, "move_cases", fail_after_the_fourth)
    out = tmp_path / "letters.csv"
    with pytest.raises(OSError, match="power cut"):
        make(database, out)
    written = [row["customer_no"] for row in rows(out)]
    sent = [case.customer_no for case in database.run_read(list_cases) if case.status is CaseStatus.SENT]
    assert written == sent == ["0001", "0002"]
    assert make(database, tmp_path / "rest.csv") == 3


def test_a_failure_before_the_first_code_leaves_no_file(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_customers(sqlite_database, customer("0001"))
    add_case(sqlite_database, "0001")

    def fail(*_: object, **__: object) -> None:
        raise OSError("power cut")

    monkeypatch.setattr(letters, "make_link_codes", fail)
    with pytest.raises(OSError, match="power cut"):
        make(sqlite_database, tmp_path / "letters.csv")
    assert not list(tmp_path.glob("letters.csv*"))
