"""Customers who never say a word: a million rows of each kind in minutes, for what must not slow down with them.

Their sealed values are noise of the usual length; nothing opens them.  Written in the database itself, one
statement a table, into a store that is then kept and copied for each run.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from storage.database import Database

#: Numbers of the crowd's rows begin here, so that the customers of a run never meet them.
_FIRST = 50_000_000
_AT_ONCE = 100_000

#: Table -> rows of each customer, and what stands in the columns: ``{id}`` is the row's own id, ``{c}`` the
#: customer's, ``{n}`` his number, ``{k}`` the row's number among his.
_TABLES: dict[str, tuple[int, dict[str, str]]] = {
    "customer": (1, {"id": "{id}", "customer_no": "'c' || {n}", "created_at": "{then}"}),
    "master_record": (
        1,
        {
            **{"id": "{id}", "customer_id": "{c}", "seq": "1", "row_digest": "{digest}", "branch_no": "'001'"},
            **{"kind": "'individual'", "risk_rating": "'low'", "locale": "'ja'", "last_confirmed_on": "'2023-10-02'"},
            **{"name_digest": "{digest}", "phone_digest": "{digest}", "sealed": "{noise}"},
        },
    ),
    "review_case": (
        1,
        {
            **{"id": "{id}", "customer_id": "{c}", "kind": "'individual'", "cause": "'periodic'"},
            **{"reason": "'due'", "status": "'50'", "check_number": "'1234'", "opened_at": "{then}"},
            **{"due_on": "'2027-01-31'", "questionnaire_id": "'individual'"},
        },
    ),
    "link_code": (
        1,
        {
            **{"id": "{id}", "case_id": "{c}", "code_digest": "{digest}", "check_number": "'1234'"},
            **{"expires_on": "'2027-01-31'", "state": "'used'", "tries": "0", "created_at": "{then}"},
        },
    ),
    "channel_account": (
        1,
        {
            **{"id": "{id}", "channel": "'line'", "user_digest": "{digest}", "locale": "'ja'", "state": "'active'"},
            **{"active_conversation_id": "{c}", "failures": "0", "created_at": "{then}", "sealed": "{noise}"},
        },
    ),
    "account_link": (
        1,
        {"id": "{id}", "account_id": "{c}", "customer_id": "{c}", "case_id": "{c}", "linked_at": "{then}"},
    ),
    "conversation": (
        1,
        {
            **{"id": "{id}", "ref": "CAST({n} AS text)", "kind": "'case'", "account_id": "{c}", "case_id": "{c}"},
            **{"questionnaire_sha256": "'0'", "locale": "'ja'", "owner": "'bot'", "epoch": "0", "phase": "'asking'"},
            **{"open_question": "'address'", "version": "9", "event_seq": "9", "out_seq": "9"},
            **{"last_inbound_at": "{then}", "created_at": "{then}", "sealed": "{noise}"},
        },
    ),
    "content": (
        2,
        {"id": "{id}", "conversation_id": "{c}", "direction": "'out'", "at": "{then}", "sealed": "{noise}"},
    ),
    "conversation_event": (
        2,
        {"conversation_id": "{c}", "seq": "{k}", "kind": "'asked'", "at": "{then}", "sealed": "{noise}"},
    ),
    "inbound_event": (
        1,
        {
            **{"id": "{id}", "channel": "'line'", "event_key": "{id}", "account_id": "{c}", "conversation_id": "{c}"},
            **{"kind": "'text'", "occurred_at": "{then}", "received_at": "{then}", "message_id": "{id}"},
            **{"attempts": "0", "done_at": "{then}", "sealed": "{noise}"},
        },
    ),
    "outgoing_message": (
        1,
        {
            **{"id": "{id}", "conversation_id": "{c}", "seq": "{k}", "kind": "'question'", "state": "'sent'"},
            **{"epoch": "0", "turn_id": "{c}", "retry_key": "{id}", "content_id": "{id}", "due_at": "{then}"},
            **{"attempts": "1", "provider_id": "{id}", "detail": "'sent'", "created_at": "{then}"},
            "settled_at": "{then}",
        },
    ),
}

_SQLITE = {
    "id": "printf('01900000-{k:04x}-7000-8000-%012x', {n})",
    "c": "printf('01900000-0001-7000-8000-%012x', {n})",
    "digest": "randomblob(32)",
    "noise": "randomblob(400)",
    "then": "'2026-10-01 00:00:00.000000'",
    "numbers": "WITH RECURSIVE s(n) AS (SELECT :low UNION ALL SELECT n + 1 FROM s WHERE n < :high - 1)",
    "from": "s",
    "day": "",
}
_POSTGRESQL = {
    "id": "'01900000-{k:04x}-7000-8000-' || lpad(to_hex({n}), 12, '0')",
    "c": "'01900000-0001-7000-8000-' || lpad(to_hex({n}), 12, '0')",
    "digest": "sha256(random()::text::bytea)",
    "noise": "decode(repeat(md5(random()::text), 25), 'hex')",
    "then": "timestamptz '2026-10-01 00:00:00+00'",
    "numbers": "",
    "from": "generate_series(CAST(:low AS integer), CAST(:high AS integer) - 1) AS s(n)",
    "day": "date ",
}
_DATES = ("last_confirmed_on", "due_on", "expires_on")


def add_crowd(database: Database, count: int) -> None:
    """So many customers with everything that belongs to a form half answered."""
    for table in _TABLES:
        for low in range(_FIRST, _FIRST + count, _AT_ONCE):
            high = min(low + _AT_ONCE, _FIRST + count)
            database.run(lambda conn, t=table, a=low, b=high: _fill(conn, t, a, b))  # type: ignore[misc]
    database.run(lambda conn: conn.execute(text("ANALYZE")))


def _fill(conn: Connection, table: str, low: int, high: int) -> None:
    words = _POSTGRESQL if conn.dialect.name == "postgresql" else _SQLITE
    rows, columns = _TABLES[table]
    for place in range(1, rows + 1):
        known = {"n": "n", "k": place}
        known |= {name: words[name].format(n="n", k=place) for name in ("id", "c", "digest", "noise", "then")}
        written = {name: expression.format(**known) for name, expression in columns.items()}
        values = [words["day"] + value if name in _DATES else value for name, value in written.items()]
        # Every name in it is written in this file.
        query = (
            f"INSERT INTO {table} ({', '.join(columns)}) {words['numbers']} "
            f"SELECT {', '.join(values)} FROM {words['from']}"
        )
        conn.execute(text(query), {"low": low, "high": high})
