"""A new version of the form comes while customers are at it: who goes over, what they hear, what is kept."""

from __future__ import annotations

import asyncio
import base64
import signal
import subprocess
import sys
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from bot.upgrading import Report, Upgrading
from dialogs.conversation import events as ev
from dialogs.conversation.upgrade import Fate
from dialogs.definition.source_files import read_source
from dialogs.definition.yaml_format import read_canonical, shipped_source
from storage import publishing
from storage.cases import CaseStatus
from storage.conversations import load_events
from storage.submissions import submissions_of_case
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, half_way, say

MORI = "0000124"
ZONE = ZoneInfo("Asia/Tokyo")


def publish(house: House, *changes: tuple[str, str], upgrade: str = "[]") -> str:
    """A version of the individual form with some texts otherwise; its digest."""
    source = shipped_source("individual").decode()
    for old, new in (("default_language: ja\n", f"default_language: ja\n  upgrade: {upgrade}\n"), *changes):
        assert old in source, old
        source = source.replace(old, new, 1)
    body = read_source(source.encode(), origin="individual.yaml").canonical()
    sha256 = read_canonical(body).sha256

    def flip(conn: Connection) -> None:
        publishing.publish(
            conn,
            house.universe,
            kind="questionnaire",
            name="individual",
            locale=None,
            body=body,
            sha256=sha256,
            version="next",
            actor="tests",
        )

    house.database.run(flip)
    return sha256


def upgrade(house: House, *, dry_run: bool = False) -> Report:
    return Upgrading(house.database, ZONE).run("individual", actor="tester", dry_run=dry_run)


def fates(report: Report) -> dict[Fate, int]:
    return {fate: count for tally in report.tallies.values() for fate, count in tally.fates.items()}


def answer_rows(house: House, number: str) -> dict[str, dict[str, Any]]:
    found = house.database.run_read(
        lambda conn: submissions_of_case(conn, house.database.vault, house.letter(number).case_id)
    )
    return {row["name"]: row for row in found[-1].answers}


@on_both
async def test_the_open_question_comes_in_its_new_words_and_the_answers_keep_theirs(house: House) -> None:
    customer = house.on_line()
    await half_way(customer, MORI)
    before = house.conversation_of(MORI)
    bubble, _ = customer.button("same")
    consent = "ここまでの内容に同意して、質問に進みますか。"
    new = publish(
        house,
        ("いまお住まいのご住所を教えてください", "現在のご住所を教えてください"),
        (consent, "ご同意いただけますか。"),
    )

    counted = upgrade(house, dry_run=True)
    assert fates(counted) == {Fate.CARRIED: 1}
    assert {change.name: count for tally in counted.tallies.values() for change, count in tally.touched.items()} == {
        "consent": 1,
        "address": 1,
    }
    assert house.conversation_of(MORI) == before
    assert "conversation.upgraded" not in house.audited()

    heard = len(customer.person.received())
    assert fates(upgrade(house)) == {Fate.CARRIED: 1}
    await house.settle()
    assert len(customer.person.received()) == heard, "nobody is written to"
    assert house.conversation_of(MORI).questionnaire_sha256 == new
    assert house.audited().count("conversation.upgraded") == 1
    house.check_folds()
    assert upgrade(house).tallies == {}, "there is nothing left to do"

    await customer.does(house.line.tap(customer.user_id, bubble.message_id, 0))
    assert say("engine.form_renewed") in customer.said
    assert "現在のご住所を教えてください" in customer.said
    await customer.answers_all()
    assert house.case(MORI).status is CaseStatus.ANSWERED
    rows = answer_rows(house, MORI)
    assert consent in rows["consent"]["wording"]
    assert rows["consent"]["definition_sha256"] == before.questionnaire_sha256
    assert rows["address"]["definition_sha256"] == new
    house.check_folds()


DYING = """
import os, signal, sys
from zoneinfo import ZoneInfo
from bot import upgrading
from storage.database import Database
from storage.encryption import Keyring
from storage.universe import Universe
left = [2]
record = upgrading.audit.record
def dying(*arguments, **named):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return record(*arguments, **named)
upgrading.audit.record = dying
database = Database.open(sys.argv[1], keys=Keyring.parse(sys.argv[2]), universe=Universe.real())
upgrading.Upgrading(database, ZoneInfo("Asia/Tokyo")).run("individual", actor="tester", dry_run=False)
"""
MANY = ("0000100", "0000101", "0000114", "0000124")


async def begun(house: House) -> dict[str, Customer]:
    customers = {number: house.on_line(number) for number in MANY}
    for number, customer in customers.items():
        await customer.links(number)
        await customer.answers()
        await customer.answers()
    return customers


def pinned(house: House) -> list[str | None]:
    return [house.conversation_of(number).questionnaire_sha256 for number in MANY]


@pytest.mark.slow
@on_both
async def test_a_run_that_is_killed_goes_on_where_it_stopped(house: House, store: tuple[str, Any]) -> None:
    customers = await begun(house)
    (old,) = set(pinned(house))
    new = publish(house, ("いまお住まいのご住所を教えてください", "現在のご住所を教えてください"))
    keys = "test:" + base64.b64encode(bytes(range(32))).decode("ascii")
    command = [sys.executable, "-c", DYING, store[0], keys]
    killed = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    assert sorted(pinned(house), key=str) == sorted([new, new, old, old], key=str)
    house.check_folds()
    assert fates(upgrade(house)) == {Fate.CARRIED: 2}
    assert set(pinned(house)) == {new}
    entries = house.rows("SELECT action FROM audit_entry WHERE action = 'conversation.upgraded'")
    assert len(entries) == len(MANY), "each of them once"
    house.check_folds()
    await customers[MORI].answers_all()
    assert house.case(MORI).status is CaseStatus.ANSWERED


@pytest.mark.slow
@on_both
async def test_turns_and_upgrades_at_the_same_moment_come_one_after_the_other(house: House) -> None:
    customers = await begun(house)
    (first,) = set(pinned(house))
    words = ("いまお住まいのご住所を教えてください", "現在のご住所を教えてください")

    async def answering(customer: Customer) -> None:
        for _ in range(6):
            options = customer.options()
            await customer.taps(next(one for one in ("same", "c0", "skip", "yes") if one in options))

    async def upgrading() -> None:
        for round_ in range(6):
            publish(house, words, upgrade="[]" if round_ % 2 else "[wording=ask]")
            await asyncio.to_thread(upgrade, house)

    await asyncio.gather(upgrading(), *(answering(customer) for customer in customers.values()))
    upgrade(house)
    house.check_folds()
    (last,) = set(pinned(house))
    assert last != first
    for number, customer in customers.items():
        conversation = house.conversation_of(number)
        recorded = house.database.run_read(
            lambda conn, one=conversation.id: load_events(conn, house.database.vault, one)  # type: ignore[misc]
        )
        moves = [event for event in map(ev.from_json, recorded) if isinstance(event, ev.Migrated)]
        assert moves[-1].definition_sha256 == last
        await customer.types(say("button.resume"))
        await customer.answers_all()
        assert house.case(number).status is CaseStatus.ANSWERED
    house.check_folds()
