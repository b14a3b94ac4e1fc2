"""A campaign in a house: cases after an event, for customers whose account is known from an earlier review."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from bot.outreach.campaigning import approve, make, start
from bot.outreach.ladder import shipped_ladder
from bot.outreach.opening import open_case_of
from dialogs.personal import Personal
from storage import accounts
from storage.campaigns import Actor, Rule
from storage.cases import Case, cases_of_customer
from tests.e2e.house import Customer, House

ZONE = ZoneInfo("Asia/Tokyo")
_MAKER, _CHECKER = Actor(kind="os_user", id="maker"), Actor(kind="os_user", id="checker")


def open_again(house: House, number: str) -> Case:
    """A case after an event, besides the one of the letter."""
    database = house.database
    day = house.universe.now().astimezone(ZONE).date()
    open_case_of(database, number, cause="event", reason="alert", due=day, today=day, actor="clerk")
    customer_id = house.case(number).customer_id
    return database.run_read(lambda conn: cases_of_customer(conn, customer_id, open_only=True))[-1]


def begin_campaign(house: House) -> None:
    """For all cases after an event, everybody at once."""
    ladder = shipped_ladder()
    everybody = ladder.model_copy(update={"ramp": ladder.ramp.model_copy(update={"percent": 100})})
    make(house.database, name="c1", rule=Rule(causes=("event",)), ladder=everybody, actor=_MAKER)
    approve(house.database, house.settings, "c1", actor=_CHECKER)
    start(house.database, house.settings, "c1", actor=_CHECKER)


def known_customers(house: House, count: int) -> dict[str, Customer]:
    """People on LINE who answered for a customer once, and whose new case a campaign can take."""
    vault, uni = house.database.vault, house.universe
    numbers = [number for number, letter in sorted(house.letters.items()) if letter.master.get("birth_date")][:count]
    people = {number: house.on_line() for number in numbers}

    old = {number: house.case(number) for number in numbers}

    def link(conn: Connection) -> None:
        for number, case in old.items():
            user = Personal(people[number].user_id)
            account = accounts.upsert_account(conn, vault, uni, "line", user, "ja")
            a_year_ago = uni.now() - timedelta(days=365)
            accounts.make_link(conn, uni, account.id, case.customer_id, case.id, linked_at=a_year_ago)
            conn.execute(text("UPDATE review_case SET status = '75' WHERE id = :id"), {"id": case.id})

    house.database.run(link)
    for number in numbers:
        open_again(house, number)
    return people
