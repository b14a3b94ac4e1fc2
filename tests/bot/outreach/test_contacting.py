"""What follows from calls, visits and returned letters, and who is on which list afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from bot.office_hours import OfficeHours
from bot.outreach.contacting import enter_try
from bot.outreach.letters import Channels, make_letters
from storage.audit import list_entries
from storage.cases import Case, CaseStatus, load_case, transitions_of
from storage.contacts import SHIPPED_RULES, BadTry, Try, TryRules, load_promise, tries_of
from storage.database import Database
from storage.flags import FlagKind, flags_in_force, lift_flag
from storage.link_codes import link_codes_of_case
from storage.triggers import events_of
from storage.worklists import LISTS, items, read_items
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers, move

TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE = OfficeHours(zone=TOKYO)
REMINDED = (CaseStatus.SENT, CaseStatus.REMINDED_1, CaseStatus.REMINDED_2)


def today(database: Database) -> date:
    return database.universe.now().astimezone(TOKYO).date()


def seed(database: Database, *statuses: CaseStatus, **fields: str) -> Case:
    add_customers(database, TARO | fields)
    case = add_case(database, "0001")
    move(database, case, *statuses)
    return case


def enter(
    database: Database, case: Case, channel: str, result: str, *, rules: TryRules = SHIPPED_RULES, **more: object
) -> None:
    at = more.pop("at", None) or database.universe.now()
    one = Try(case_id=case.id, channel=channel, result=result, at=at, by="clerk", **more)  # type: ignore[arg-type]
    vault, uni = database.vault, database.universe
    database.run(lambda conn: enter_try(conn, vault, uni, one, office=OFFICE, actor_kind="os_user", rules=rules))


def lists(database: Database, on: date | None = None, rules: TryRules = SHIPPED_RULES) -> list[str]:
    """On which lists the one customer is."""
    day = on or today(database)

    def holds(conn: Connection, name: str) -> bool:
        return bool(read_items(conn, items(name, day, rules=rules)))

    return [name for name in LISTS if database.run_read(lambda conn, name=name: holds(conn, name))]  # type: ignore[misc]


def status(database: Database, case: Case) -> CaseStatus:
    found = database.run_read(lambda conn: load_case(conn, case.id))
    assert found is not None
    return found.status


def later(database: Database, days: int) -> date:
    return today(database) + timedelta(days=days)


def test_a_call_in_vain_rests_and_three_hand_over_to_the_visit(database: Database) -> None:
    case = seed(database, *REMINDED)
    assert lists(database) == ["phone", "post"]
    enter(database, case, "phone", "no_answer", best_time="evening", note="息子さん同居")
    assert status(database, case) is CaseStatus.PHONE_AND_VISITS
    assert lists(database) == []
    assert lists(database, later(database, 1)) == ["phone", "visit"]
    (item,) = database.run_read(lambda conn: read_items(conn, items("phone", later(database, 1))))
    assert (item.tries, item.last_channel, item.last_result, item.best_time) == (1, "phone", "no_answer", "evening")
    (kept,) = database.run_read(lambda conn: tries_of(conn, database.vault, case.id))
    assert (kept.note, kept.by, kept.next_on) == ("息子さん同居", "os_user:clerk", later(database, 1))
    enter(database, case, "phone", "voicemail")
    enter(database, case, "phone", "no_answer")
    assert lists(database, later(database, 9)) == ["visit"]
    for _ in range(2):
        enter(database, case, "visit", "absent")
    assert lists(database, later(database, 9)) == []
    entries = [one for one in database.run_read(list_entries) if one.action == "contact.tried"]
    assert len(entries) == 5
    assert "息子" not in str(entries)


def test_how_often_and_how_long_is_the_banks_to_decide(database: Database) -> None:
    case = seed(database, *REMINDED)
    rules = TryRules(most={"phone": 1, "visit": 1}).with_rest({"no_answer": 5})
    enter(database, case, "phone", "no_answer", rules=rules)
    assert lists(database, later(database, 4), rules) == []
    assert lists(database, later(database, 5), rules) == ["visit"]
    # Where there is no rest the next try may follow at once; what was written down keeps its day.
    enter(database, case, "visit", "absent", rules=rules.with_rest({"absent": 0}))
    assert lists(database, None, SHIPPED_RULES) == ["phone", "visit"]
    assert lists(database, None, rules) == []


@pytest.mark.parametrize(
    ("result", "left"), [("out_of_service", ["visit"]), ("wrong_person", ["visit"]), ("family", ["phone", "visit"])]
)
def test_a_number_that_leads_nowhere_is_not_called_again(database: Database, result: str, left: list[str]) -> None:
    case = seed(database, *REMINDED)
    enter(database, case, "phone", result)
    assert lists(database, later(database, 9)) == left


def test_who_has_no_number_is_visited(database: Database) -> None:
    seed(database, *REMINDED, phone="")
    assert lists(database) == ["visit", "post"]


def test_a_promise_is_kept_until_its_day_and_sets_a_reminder(database: Database) -> None:
    case = seed(database, *REMINDED)
    friday = later(database, 4)
    enter(database, case, "phone", "promised", promised_on=friday)
    promise = database.run_read(lambda conn: load_promise(conn, case.id))
    assert promise is not None
    assert promise.remind_at == datetime.combine(friday, datetime.min.time(), TOKYO).replace(hour=10)
    assert lists(database, friday) == []
    assert lists(database, friday + timedelta(days=1)) == ["phone", "visit"]
    enter(database, case, "phone", "refused")
    assert status(database, case) is CaseStatus.REFUSED
    assert database.run_read(lambda conn: load_promise(conn, case.id)) is None
    assert lists(database, later(database, 30)) == []


def test_a_death_stops_everything_and_waits_for_a_superior(database: Database, tmp_path: Path) -> None:
    case = seed(database, *REMINDED)
    enter(database, case, "visit", "deceased", note="ご家族より")
    assert database.run_read(lambda conn: flags_in_force(conn, case.customer_id)) == {FlagKind.DECEASED}
    assert status(database, case) is CaseStatus.REMINDED_2
    assert lists(database, later(database, 30)) == ["restriction"]
    letter(database, tmp_path, "none.csv")
    assert database.run_read(lambda conn: link_codes_of_case(conn, case.id)) == []

    def lift(conn: object) -> bool:
        return lift_flag(
            conn,  # type: ignore[arg-type]
            database.vault,
            database.universe,
            case.customer_id,
            FlagKind.DECEASED,
            reason="別人でした",
            by="os_user:clerk",
        )

    database.run(lift)
    assert lists(database, later(database, 30)) == ["phone", "post"]


def letter(database: Database, folder: Path, name: str) -> None:
    expires = date(2027, 3, 31)
    make_letters(
        database,
        folder / name,
        channels=Channels(),
        expires_on=expires,
        actor="clerk",
        again_for=database.run_read(_customers),
    )


def _customers(conn: object) -> Sequence[str]:
    from storage.customers import find_customer_no

    found = find_customer_no(conn, "0001")  # type: ignore[arg-type]
    assert found is not None
    return [found]


def test_a_returned_letter_voids_its_code_and_puts_the_customer_on_the_list_of_calls(
    database: Database, tmp_path: Path
) -> None:
    case = seed(database)
    letter(database, tmp_path, "1.csv")
    enter(database, case, "post", "returned_moved")
    assert status(database, case) is CaseStatus.UNDELIVERABLE
    (code,) = database.run_read(lambda conn: link_codes_of_case(conn, case.id))
    assert code.state == "revoked"
    last = database.run_read(lambda conn: transitions_of(conn, case.id))[-1]
    assert (last.reason, last.source, last.actor) == ("returned_mail", code.id, "os_user:clerk")
    (event,) = database.run_read(lambda conn: events_of(conn, case.customer_id))
    assert (event.kind.value, event.happened_on, event.case_id) == ("returned_mail", today(database), case.id)
    # Not by post: the master record still has the address from which it came back.
    assert lists(database) == ["phone", "returned"]
    database.universe.advance(timedelta(days=3))  # type: ignore[attr-defined]
    add_customers(database, TARO | {"address": "東京都港区9-9"})
    assert lists(database) == ["phone", "post"]
    letter(database, tmp_path, "2.csv")
    assert status(database, case) is CaseStatus.SENT
    # The first letter, late: the second one stays good.
    enter(database, case, "post", "returned_other", at=database.universe.now() - timedelta(days=1))
    assert status(database, case) is CaseStatus.SENT
    assert [one.state for one in database.run_read(lambda conn: link_codes_of_case(conn, case.id))][1] == "active"


def test_who_is_at_it_in_the_chat_stays_there_whatever_became_of_the_letter(database: Database, tmp_path: Path) -> None:
    case = seed(database)
    letter(database, tmp_path, "1.csv")
    move(database, case, CaseStatus.LINKED, CaseStatus.ANSWERING)
    enter(database, case, "post", "returned_kept")
    assert status(database, case) is CaseStatus.ANSWERING


@pytest.mark.parametrize(
    ("channel", "result", "more", "code"),
    [
        ("fax", "sent", {}, "channel"),
        ("phone", "absent", {}, "result"),
        ("phone", "promised", {}, "promised_on"),
        ("phone", "no_answer", {"promised_on": date(2026, 11, 5)}, "promised_on"),
        ("phone", "promised", {"promised_on": date(2020, 1, 1)}, "promised_on"),
        ("phone", "promised", {"promised_on": date(2029, 1, 1)}, "promised_on"),
        ("phone", "no_answer", {"best_time": "night"}, "best_time"),
        ("phone", "no_answer", {"at": datetime(2099, 1, 1, tzinfo=UTC)}, "at"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    sqlite_database: Database, channel: str, result: str, more: dict[str, object], code: str
) -> None:
    case = seed(sqlite_database, *REMINDED)
    with pytest.raises(BadTry) as refused:
        enter(sqlite_database, case, channel, result, **more)
    assert refused.value.code == code
    assert sqlite_database.run_read(lambda conn: tries_of(conn, sqlite_database.vault, case.id)) == []


def test_a_case_that_is_over_takes_no_result(sqlite_database: Database) -> None:
    case = seed(sqlite_database, *REMINDED, CaseStatus.STOPPED)
    with pytest.raises(BadTry):
        enter(sqlite_database, case, "phone", "no_answer")
