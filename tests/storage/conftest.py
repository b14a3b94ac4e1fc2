"""A linked customer with a conversation: the ground on which most storage tests stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import Connection

from dialogs.personal import Personal
from storage.accounts import Account, make_link, upsert_account
from storage.cases import Case, open_case
from storage.conversations import Conversation, create_conversation
from storage.customers import begin_master_version, find_customer_no, finish_master_version, stage_master_rows
from storage.database import Database
from storage.universe import FrozenUniverse


def master_row(number: str, **changes: str) -> dict[str, str]:
    """A row of the master file."""
    return {
        "customer_no": number,
        "kind": "individual",
        "name": "山田 花子",
        "name_kana": "ヤマダ ハナコ",
        "birth_date": "1980-02-29",
        "postal_code": "1000001",
        "address": "東京都千代田区千代田1-1",
        "phone": "09012345678",
        "risk_rating": "medium",
        "branch_no": "012",
        "last_confirmed_on": "2024-05-01",
        "relationship_end_on": "",
        "locale": "ja",
    } | changes


def import_rows(database: Database, rows: list[dict[str, str]]) -> int:
    """Make a master version of the rows current, as an import would."""
    uni = database.universe
    seq = database.run(lambda conn: begin_master_version(conn, uni, "0" * 64))
    database.run(lambda conn: stage_master_rows(conn, database.vault, uni, seq, rows))
    database.run(lambda conn: finish_master_version(conn, uni, seq, 0))
    return seq


@dataclass(frozen=True)
class Scene:
    """One customer, one case, one account, one conversation."""

    customer_id: str
    case: Case
    account: Account
    conversation: Conversation


def set_scene(database: Database, number: str = "0000123", user: str = "U0123456789") -> Scene:
    vault, uni = database.vault, database.universe
    import_rows(database, [master_row(number)])

    def make(conn: Connection) -> Scene:
        customer_id = find_customer_no(conn, number)
        assert customer_id is not None
        case = open_case(
            conn,
            uni,
            customer_id,
            cause="periodic",
            reason="cadence",
            due_on=date(2026, 12, 1),
            questionnaire_id="individual",
        )
        account = upsert_account(conn, vault, uni, "line", Personal(user), "ja")
        make_link(conn, uni, account.id, customer_id, case.id)
        conversation = create_conversation(
            conn,
            vault,
            uni,
            kind="case",
            account_id=account.id,
            case_id=case.id,
            questionnaire_sha256="a" * 64,
            locale="ja",
        )
        return Scene(customer_id, case, account, conversation)

    return database.run(make)


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


@pytest.fixture
def another_scene(database: Database, scene: Scene) -> Scene:
    """A second customer beside the first."""
    return set_scene(database, "0000456", "U9876543210")


Advance = Callable[[int], None]


@pytest.fixture
def advance(universe: FrozenUniverse) -> Advance:
    """Let seconds pass."""
    from datetime import timedelta

    def pass_seconds(seconds: int) -> None:
        universe.advance(timedelta(seconds=seconds))

    return pass_seconds


@pytest.fixture
def make_row() -> Callable[..., dict[str, str]]:
    """Rows of the master file."""
    return master_row
