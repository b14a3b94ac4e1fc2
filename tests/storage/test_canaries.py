"""Fifty personal values go in through every function that keeps them; none is to be found on disk or in a log.

The scanner is tried first on a value that is planted in clear on purpose: a scanner that finds nothing
anywhere would prove nothing.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from dialogs.personal import Personal
from storage.accounts import make_link, upsert_account
from storage.audit import record, seal_chain
from storage.branches import WHOLE_BANK, Branches
from storage.cadences import decide_cadence
from storage.cases import Case, CaseStatus, find_link_code, move_case, open_case
from storage.claims import claim_outgoing
from storage.contacts import Try, save_try
from storage.content import save_content
from storage.conversations import create_conversation, save_conversation
from storage.customers import begin_master_version, find_customer_no, finish_master_version, stage_master_rows
from storage.database import Database
from storage.differences import load_differences
from storage.encryption import Keyring, Vault, canonical_json
from storage.entries import open_entry, save_entry
from storage.erasures import erase, new_erasure
from storage.export_batches import add_export_spans, begin_export_batch, save_export_batch
from storage.export_requests import add_part, ask_for_export, claim_export, finish_export, seal_part
from storage.flags import FlagKind, place_flag
from storage.holds import place_hold, release_hold
from storage.images import expect_image
from storage.inbound import insert_inbound
from storage.outgoing import insert_outgoing
from storage.problems import StaleConversation
from storage.ratings import decide_proposal, load_proposals, propose
from storage.reviews import Decision, Deed, decide
from storage.second_factors import begin_factor
from storage.staff import add_staff, create_session, load_session
from storage.submissions import save_differences, save_submission
from storage.universe import FrozenUniverse, Universe
from tests.link_codes import make_link_code


class Canaries:
    """Values that occur nowhere else, half of them Japanese."""

    def __init__(self) -> None:
        self.values: list[str] = []

    def next(self) -> str:
        number = len(self.values)
        value = f"金糸雀{number:02d}号の歌声" if number % 2 else f"Canary-{number:02d}-Zx9Qw7"
        self.values.append(value)
        return value


def spellings(value: str) -> Iterator[tuple[str, bytes]]:
    """The value as it might lie on disk."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = value.encode(encoding)
        yield encoding, raw
        yield f"{encoding} in hex", raw.hex().encode()
        yield f"{encoding} in HEX", raw.hex().upper().encode()
        for shift in range(3):
            # Without the signs that mix with what stands before and after.
            encoded = base64.b64encode(bytes(shift) + raw)
            yield f"{encoding} in base64, shifted by {shift}", encoded[4 if shift else 0 : -4]
    yield (
        "JSON escapes",
        value.encode("unicode_escape")
        if value.isascii()
        else "".join(f"\\u{ord(sign):04x}" if ord(sign) > 127 else sign for sign in value).encode(),
    )


def findings(places: dict[str, bytes], values: list[str]) -> list[str]:
    return [
        f"value {number} in {place} as {how}"
        for number, value in enumerate(values)
        for how, raw in spellings(value)
        for place, data in places.items()
        if raw in data
    ]


def plant(database: Database, canaries: Canaries) -> None:
    """Put a canary wherever personal data goes."""
    vault, uni, new = database.vault, database.universe, canaries.next
    columns = ["name", "name_kana", "birth_date", "postal_code", "address", "phone", "email", "occupation", "employer"]
    columns += ["purposes", "nationality", "residence_status", "residence_expiry", "representative_name", "business"]
    columns += ["owners", "memo"]
    row = {"customer_no": "0000123", "kind": "individual", "branch_no": "012", "risk_rating": "low"}
    row |= {column: new() for column in columns}

    def everything(conn: Connection) -> None:
        seq = begin_master_version(conn, uni, "0" * 64)
        stage_master_rows(conn, vault, uni, seq, [row, {"customer_no": "0000999"}])
        finish_master_version(conn, uni, seq, 0)
        customer_id = find_customer_no(conn, "0000123")
        assert customer_id is not None
        case = open_case(
            conn,
            uni,
            customer_id,
            cause="event",
            reason="金" + new(),
            due_on=date(2026, 12, 1),
            questionnaire_id="individual",
            vault=vault,
        )
        _, clear_code = make_link_code(conn, vault, uni, case.id, expires_on=date(2026, 12, 31))
        canaries.values.append(clear_code)
        assert find_link_code(conn, vault, clear_code) is not None
        account = upsert_account(conn, vault, uni, "line", Personal(new()), "ja")
        make_link(conn, uni, account.id, customer_id, case.id)
        member = add_staff(conn, uni, "sato", "operator", Branches.of("012"), "hash")
        token = create_session(conn, uni, vault, member.id, idle=timedelta(hours=1), absolute=timedelta(hours=8))
        canaries.values.append(token)
        assert load_session(conn, uni, vault, token) is not None
        conversation = create_conversation(
            conn,
            vault,
            uni,
            kind="case",
            account_id=account.id,
            case_id=case.id,
            questionnaire_sha256=None,
            locale="ja",
        )
        for direction in ("in", "out", "note"):
            save_content(conn, vault, uni, conversation.id, direction=direction, body={"text": new(), new(): 1})
        picture = save_content(conn, vault, uni, conversation.id, direction="in", body={"text": new()})
        place = {"content_id": picture, "conversation_id": conversation.id, "channel": "line"}
        expect_image(conn, vault, uni, **place, ref=Personal(new()))
        for number in range(3):
            insert_inbound(
                conn,
                vault,
                uni,
                channel="line",
                event_key=f"e{number}",
                account_id=account.id,
                conversation_id=conversation.id,
                kind="text",
                occurred_at=uni.now(),
                content_id=None,
                message_id=f"m{number}",
                payload={"reply_token": new(), "tap": {"option": new()}},
            )
        at = uni.now().isoformat()
        changed = replace(conversation, state={"answers": {"name": {"value": new(), "display": new()}}}, out_seq=2)
        saved = save_conversation(
            conn, vault, changed, [{"kind": "answered", "at": at, "value": new(), "by": {"x": [new()]}}]
        )
        for seq in (1, 2):
            insert_outgoing(
                conn,
                vault,
                uni,
                conversation=replace(saved, out_seq=seq),
                kind="question",
                body={"text": new(), "buttons": [new()]},
                turn_id=uni.new_id(),
                epoch=0,
                reply_token=Personal(new()),
                reply_until=uni.now(),
            )
        assert len(claim_outgoing(conn, vault, uni, owner="s", lease=timedelta(seconds=30), limit=1)) == 1
        submission = save_submission(
            conn,
            vault,
            uni,
            case_id=case.id,
            customer_id=customer_id,
            conversation_id=conversation.id,
            receipt_no=new(),
            answered_by="customer",
            channel="line",
            locale="ja",
            questionnaire_id="individual",
            questionnaire_version="1",
            questionnaire_sha256="a" * 64,
            answers=[{"name": "name", "value": new(), "display": new(), "raw": new(), "wording": new()}],
        )
        verdict = {"field": "name", "verdict": "changed", "severity": "high", "reason": "x", "comparator_version": "1"}
        save_differences(conn, vault, uni, submission, [verdict | {"master": new(), "answer": new()}])
        plant_export(conn, vault, uni, member.id, canaries)
        plant_review(conn, vault, uni, case.id, member.id, canaries)
        plant_entry(conn, vault, uni, case.id, member.id, canaries)
        plant_reasons(conn, vault, uni, case, canaries)
        # Why something was kept or erased outlives the customer.
        place_hold(conn, vault, uni, customer_id, reason="訴訟のため", by="bank")
        release_hold(conn, vault, uni, customer_id, reason="終結", by="bank")
        gone = find_customer_no(conn, "0000999")
        erasure = new_erasure(uni, cause="request", actor="bank", customer_id=gone, before=None)
        erase(conn, vault, uni, erasure, outside=None, reason="依頼による")
        record(conn, uni, "case.opened", actor_kind="system", actor_id=None, subjects={"case": case.id})
        seal_chain(conn, vault, uni)

    database.run(everything)


def plant_export(conn: Connection, vault: Vault, uni: Universe, staff_id: str, canaries: Canaries) -> None:
    """A file that carries the first submission and can be fetched."""
    asked = ask_for_export(
        conn,
        vault,
        uni,
        {"kind": "responses", "values": "masked"},
        requested_by=staff_id,
        branches=WHOLE_BANK,
        reason=canaries.next(),
    )
    lease = timedelta(minutes=1)
    claim_export(conn, vault, uni, owner="job", lease=lease)
    sealed = seal_part(vault, asked.id, 0, canonical_json({"a": canaries.next()}))
    add_part(conn, uni, asked.id, owner="job", lease=lease, no=0, sealed=sealed)
    batch_id = uni.new_id()
    begin_export_batch(conn, uni, batch_id)
    add_export_spans(conn, batch_id, [(1, 1)])
    facts: dict[str, Any] = {"sha256": "a" * 64, "batch_id": batch_id, "rows": 1, "filters": {}}
    save_export_batch(conn, uni, kind="responses", actor="sato", **facts)
    file: dict[str, Any] = {"file_name": "r.zip", "file_bytes": 1, "file_sha256": "a" * 64, "unmappable": 0}
    finish_export(conn, uni, asked.id, owner="job", batch_id=batch_id, keep=timedelta(days=7), **file)


def plant_review(
    conn: Connection, vault: Vault, uni: Universe, case_id: str, staff_id: str, canaries: Canaries
) -> None:
    """What people write while they review, and the secret of an authenticator app."""
    begin_factor(conn, vault, uni, staff_id, canaries.next().encode())
    told: dict[str, Any] = {"seen": Decision.OPEN, "staff_id": staff_id}
    (difference,) = load_differences(conn, vault)
    decide(conn, vault, uni, difference, Deed.HOLD, note=canaries.next(), **told)
    propose(conn, uni, case_id, "low", {"pep": "high"}, ["pep"])
    (proposal,) = load_proposals(conn, case_id)
    decide_proposal(conn, vault, uni, proposal, Deed.HOLD, note=canaries.next(), **told)
    note = {"note": canaries.next(), "vault": vault}
    move_case(conn, uni, case_id, CaseStatus.ANNOUNCED, actor="sato", reason="stated", **note)  # type: ignore[arg-type]


def plant_reasons(conn: Connection, vault: Vault, uni: Universe, case: Case, canaries: Canaries) -> None:
    """Why the bank asks when it asks, why it leaves a customer alone, and what one said on the telephone."""
    # The bank's own decision speaks of nobody and outlives every customer.
    why = {"reason": "new rules of the head office", "by": "sato"}
    decide_cadence(conn, vault, uni, high=12, medium=24, low=36, before_expiry=3, **why)
    place_flag(conn, vault, uni, case.customer_id, FlagKind.DISPUTE, reason=canaries.next(), by="sato")
    said = Try(case_id=case.id, channel="phone", result="no_answer", at=uni.now(), by="sato", note=canaries.next())
    save_try(conn, vault, uni, said, day=uni.now().date())


def plant_entry(conn: Connection, vault: Vault, uni: Universe, case_id: str, staff_id: str, canaries: Canaries) -> None:
    """What a clerk has typed from paper and not submitted yet."""
    entry = open_entry(
        conn,
        vault,
        uni,
        case_id=case_id,
        medium="paper",
        scan_no="S-0001",
        said_by="customer",
        locale="ja",
        questionnaire_sha256="0" * 64,
        doubled=False,
        staff_id=staff_id,
    )
    typed = {"phone": {"text": canaries.next(), "by": staff_id, "at": uni.now().isoformat()}}
    save_entry(conn, vault, uni, entry, staff_id=staff_id, passes={"first": typed})


def fail_loudly(database: Database, canaries: Canaries) -> list[str]:
    """Errors in the middle of a write, as a log would show them."""
    vault, uni = database.vault, database.universe
    messages = []

    def twice(conn: Connection) -> None:
        conversation_id = conn.execute(text("SELECT id FROM conversation")).scalar_one()
        for _ in range(2):
            values = {"content_id": None, "text": canaries.next()}
            save_content(conn, vault, uni, conversation_id, direction="in", body=values, content_id="0" * 36)

    def broken(conn: Connection) -> None:
        upsert_account(conn, vault, uni, "line", Personal(canaries.next()), "ja")
        raise StaleConversation("as good as any")

    for work in (twice, broken):
        try:
            database.run(work)
        except Exception as problem:
            logging.getLogger("test").exception("failed")
            messages.append(f"{problem!r} {problem}")
    assert len(messages) == 2
    return messages


def read_all(paths: list[Path]) -> dict[str, bytes]:
    # Empty pages hold nothing and cost most of the search.
    return {str(path): path.read_bytes().replace(bytes(1024), b"") for path in paths}


def server_files(database: Database, data: Path, first_wal: str) -> list[Path]:
    """The write-ahead log since ``first_wal``, and the files of everything that is not PostgreSQL's own catalogue."""
    with database._writer.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("CHECKPOINT"))
        relations = (
            "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 'i', 't') "
            "AND (relnamespace <> 'pg_catalog'::regnamespace OR relname LIKE 'pg_statistic%')"
        )
        paths = [data / path for path in conn.execute(text(relations)).scalars()]
    wal = sorted(path for path in (data / "pg_wal").iterdir() if path.is_file() and path.name >= first_wal)
    assert wal
    return [*wal, *(path for path in paths if path.is_file())]


def wal_file(database: Database) -> str:
    query = "SELECT pg_walfile_name(pg_current_wal_lsn())"
    return str(database.run_read(lambda conn: conn.execute(text(query)).scalar_one()))


@pytest.mark.slow
def test_no_planted_value_is_found_in_files_or_logs(
    database_url: str,
    keyring: Keyring,
    universe: FrozenUniverse,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "sqlalchemy")
    canaries = Canaries()
    with Database.open(database_url, keys=keyring, universe=universe) as database:
        first_wal = wal_file(database) if database.dialect == "postgresql" else ""
        plant(database, canaries)
        messages = fail_loudly(database, canaries)
        control = "Planted-in-clear-on-purpose"
        database.run(
            lambda conn: record(conn, universe, "a.b", actor_kind="system", actor_id=None, detail={"x": control})
        )
        paths = [path for path in tmp_path.rglob("*") if path.is_file()]
        if database.dialect == "postgresql":
            paths = server_files(database, request.getfixturevalue("postgres_server").data, first_wal)
        places = read_all(paths)
    printed = capsys.readouterr()
    places["log"] = "\n".join([caplog.text, printed.out, printed.err, *messages]).encode()
    assert b"INSERT INTO" in places["log"]
    found_control = findings(places, [control])
    in_wal = "kakunin.db-wal" if database.dialect == "sqlite" else "/pg_wal/"
    assert any(in_wal in one for one in found_control)
    if database.dialect == "postgresql":
        assert any("/base/" in one for one in found_control)
    assert len(set(canaries.values)) >= 50
    assert findings(places, canaries.values) == []


@pytest.mark.parametrize("prefix", ["", "x", "xy"])
def test_the_scanner_finds_every_spelling(prefix: str) -> None:
    """Negative control: each disguise is seen through."""
    value = "金糸雀01号の歌声"
    raw = (prefix + value + "!").encode()
    disguises: dict[str, Any] = {
        "plain": raw,
        "base64": base64.b64encode(raw),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "utf-16": (prefix + value).encode("utf-16"),
        "json": (prefix + value).encode("ascii", "backslashreplace"),
    }
    for name, data in disguises.items():
        assert findings({"place": b"\x00" + data + b"\x00"}, [value]), name
    assert findings({"place": "金糸雀02号の歌声".encode()}, [value]) == []
