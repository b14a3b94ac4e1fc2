"""Forms from paper for the console's tests: a published questionnaire, the desk, and an entry that was begun."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.entering import EntryRules, StoreEntryDesk
from bot.live_content import LiveContent
from bot.talk import Rules
from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import canonical_source, read_canonical, shipped_source
from storage import entries, publishing, staff
from tests.bot.console.house import Bank


def entry_desk(bank: Bank, *doubled: str) -> StoreEntryDesk:
    """The desk of the service over the bank's store."""
    rules = Rules(zone=ZoneInfo("Asia/Tokyo"))
    return StoreEntryDesk(bank.database, LiveContent(facts={}), rules, EntryRules(doubled=frozenset(doubled)))


@cache
def _individual() -> tuple[str, Questionnaire]:
    body = canonical_source(shipped_source("individual"), origin="individual.yaml")
    return body, read_canonical(body)


def publish_individual(conn: Connection, bank: Bank) -> str:
    """Make the shipped form live; its digest."""
    body, form = _individual()
    publishing.publish(
        conn,
        bank.universe,
        kind="questionnaire",
        name=form.id,
        locale=None,
        body=body,
        sha256=form.sha256,
        version=form.version,
        actor="test",
    )
    return form.sha256


def begin_entry(bank: Bank, name: str) -> str:
    """Let somebody have begun to enter the form of a conversation's case; returns the entry's id."""
    case_id = bank.conversation(name).case_id
    assert case_id is not None

    def begin(conn: Connection) -> str:
        entry = entries.open_entry(
            conn,
            bank.database.vault,
            bank.universe,
            case_id=case_id,
            medium="paper",
            scan_no=f"S-{name}",
            said_by="customer",
            locale="ja",
            questionnaire_sha256=publish_individual(conn, bank),
            doubled=False,
            staff_id=staff.list_staff(conn)[0].id,
        )
        return entry.id

    return bank.database.run(begin)
