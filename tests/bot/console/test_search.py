"""Finding a conversation by what a customer can tell, on both databases; nothing of it gets anywhere else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.console.search import search
from storage import audit, customers, staff, submissions
from storage.database import Database
from storage.universe import FrozenUniverse
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank, seed


@pytest.fixture
def full(database: Database, universe: FrozenUniverse) -> Bank:
    bank = seed(database, universe)
    know(bank)
    return bank


def know(bank: Bank) -> None:
    """The bank learns names and phone numbers, and one form was submitted."""

    def deed(conn: Connection) -> None:
        seq = customers.begin_master_version(conn, bank.universe, "2" * 64)
        rest = {"risk_rating": "low", "locale": "ja", "kind": "individual"}
        rows = [
            {"customer_no": "0001", "name": "髙橋 花子", "phone": "090-1234-5678", "branch_no": "100"},
            {"customer_no": "0003", "name": "髙橋 花子", "phone": "03-0000-5678", "branch_no": "100"},
            {"customer_no": "0004", "name": "森 太郎", "phone": "080-0000-5678", "branch_no": "200"},
        ]
        customers.stage_master_rows(conn, bank.database.vault, bank.universe, seq, [row | rest for row in rows])
        customers.finish_master_version(conn, bank.universe, seq)
        over = bank.conversation("over")
        assert over.case_id is not None
        customer_id = customers.find_customer_no(conn, "0005")
        assert customer_id is not None
        submissions.save_submission(
            conn,
            bank.database.vault,
            bank.universe,
            case_id=over.case_id,
            customer_id=customer_id,
            conversation_id=over.id,
            receipt_no="ABCDE-23456",
            answered_by="customer",
            channel="line",
            locale="ja",
            started_at=bank.universe.now(),
            questionnaire_id="individual",
            questionnaire_version="1",
            questionnaire_sha256="0" * 64,
            answers=[],
        )

    bank.database.run(deed)


def find(bank: Bank, login: str, typed: str) -> tuple[set[str], tuple[str, ...]]:
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, login))
    assert found is not None
    by_ref = {ref: name for name, ref in bank.refs.items()}
    result = bank.database.run_read(
        lambda conn: search(conn, bank.database.vault, found[0], typed, bank.universe.now())
    )
    return {by_ref[slip.ref] for slip in result.slips}, result.by


@pytest.mark.parametrize(
    ("typed", "names", "by"),
    [
        ("ABCDE-23456", {"over"}, ("receipt_no",)),
        ("abcde23456", {"over"}, ("receipt_no",)),
        ("0005", {"over"}, ("customer_no",)),
        ("髙橋 花子", {"waiting_long", "with_bot"}, ("name",)),
        ("髙橋\u3000花子", {"waiting_long", "with_bot"}, ("name",)),
        ("髙橋", set(), ()),
        ("090-1234-5678", {"waiting_long"}, ("phone",)),
        ("09012345678", {"waiting_long"}, ("phone",)),
        ("1234-5678", set(), ()),
        # With the bot is 0003, whose number ends alike: the end of a number counts in the open queue alone.
        ("5678", {"waiting_long", "branch_200"}, ("phone_tail",)),
        ("", set(), ()),
        ("%", set(), ()),
    ],
)
def test_what_is_found_and_how(full: Bank, typed: str, names: set[str], by: tuple[str, ...]) -> None:
    assert find(full, "sato", typed) == (names, by)


def test_another_branch_finds_only_its_own(full: Bank) -> None:
    assert find(full, "mori", "5678") == ({"branch_200"}, ("phone_tail",))
    assert find(full, "mori", "0001") == (set(), ())
    assert find(full, "mori", "髙橋花子") == (set(), ())


def test_the_check_number_of_somebody_who_waits(full: Bank) -> None:
    who = full.database.run_read(lambda conn: staff.find_staff(conn, "sato"))
    assert who is not None
    case_id = full.conversation("waiting_short").case_id
    assert case_id is not None
    from storage import cases

    case = full.database.run_read(lambda conn: cases.load_case(conn, case_id))
    assert case is not None
    names, by = find(full, "sato", case.check_number)
    assert "waiting_short" in names
    assert "check_number" in by


async def test_nothing_that_was_typed_gets_into_an_address_or_the_audit(browser: Browser, bank: Bank) -> None:
    know(bank)
    await browser.sign_in("sato")
    await browser.get("/")
    answer = await browser.client.post("/console/search", data={"csrf": browser.csrf, "q": "髙橋 花子"})
    page = await answer.text()
    assert answer.url.path == "/console/search"
    assert not answer.history, "the results are the form's own answer: there is no address to keep"
    assert bank.refs["waiting_long"] in page
    assert "2件見つかりました" in page
    (entry,) = [
        e for e in bank.database.run_read(lambda c: list(audit.list_entries(c))) if e.action == "console.searched"
    ]
    assert entry.detail == {"by": "name", "found": "2"}
    status, page = await browser.get("/search")
    assert (status, "長くお待ちのかたから順に" in page) == (200, True)
    bank.universe.advance(timedelta(minutes=1))
    _, page = await browser.post("/search", q="<script>x</script>")
    assert "見つかりませんでした" in page
    assert "<script>x" not in page
