"""Which keys the store needs: told at the start, not by the first row that does not open.

Promise: no process seals under a key that is not registered, so the keys registered are all the keys that any
row may need.  A store is refused with one sentence when a needed key is missing or is another one of the same
id; a key that is no longer given is looked for in every sealed value before the store is opened without it.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, and_, delete, func, literal, select, update

from storage.counters import insert_or
from storage.encryption import Keyring, header_of, key_id_of
from storage.problems import KeyMissing, KeyProblem, SealBroken
from storage.tables import EncryptionKeyRow, StoreSecretRow, row_id, sealed_columns, table_of
from storage.universe import Universe

_key = table_of(EncryptionKeyRow)
_secret = table_of(StoreSecretRow)
#: The longest header: format, length, and an id of 32 signs.
_HEADER_BYTES = 34
#: Rows that are tried where a key was never seen: one of them may be damaged.
_SAMPLES = 5


def check_keys(conn: Connection, keyring: Keyring) -> None:
    """Refuse keys that do not fit what is registered; reads a few rows, and all only for a key that is not given."""
    for row in conn.execute(select(_key.c.key_id, _key.c.proof)).all():
        proof = keyring.proofs.get(row.key_id)
        if proof is None:
            if is_used(conn, row.key_id):
                raise KeyMissing("", "", row.key_id)
        elif row.proof is not None and not hmac.compare_digest(bytes(row.proof), proof):
            raise KeyProblem(f"The encryption key '{row.key_id}' is not the one under which the store was sealed.")


def is_settled(conn: Connection, keyring: Keyring) -> bool:
    """Whether the register says what ``register_keys`` would write."""
    known = {row.key_id: row.proof for row in conn.execute(select(_key.c.key_id, _key.c.proof))}
    return keyring.current in known and None not in known.values() and known.keys() <= set(keyring.key_ids)


def register_keys(conn: Connection, uni: Universe, keyring: Keyring) -> None:
    """Note the key that seals from now on; drop those that no row needs and that are not given any more."""
    known = {row.key_id: row.proof for row in conn.execute(select(_key.c.key_id, _key.c.proof))}
    if not known:
        # A store from before the register, or a new one: what its rows name.
        known = dict.fromkeys(_ids_in_use(conn))
        for key_id in known:
            _add(conn, uni, key_id, None)
    check_keys(conn, keyring)
    for key_id, proof in known.items():
        if key_id not in keyring.proofs:
            conn.execute(delete(_key).where(_key.c.key_id == key_id))
        elif proof is None:
            _try(conn, keyring, key_id)
            conn.execute(update(_key).where(_key.c.key_id == key_id).values(proof=keyring.proofs[key_id]))
    if keyring.current not in known:
        _add(conn, uni, keyring.current, keyring.proofs[keyring.current])


def _add(conn: Connection, uni: Universe, key_id: str, proof: bytes | None) -> None:
    values = {"key_id": key_id, "proof": proof, "since": uni.now(), "pass_found": 0}
    conn.execute(insert_or(conn, _key).on_conflict_do_nothing(), values)


def is_registered(conn: Connection, key_id: str | None) -> bool:
    """Whether some process may have sealed under this key; any other id in a row is damage."""
    return conn.execute(select(_key.c.key_id).where(_key.c.key_id == key_id)).first() is not None


def is_used(conn: Connection, key_id: str) -> bool:
    """Whether any sealed value needs this key."""
    return any(
        conn.execute(select(literal(1)).select_from(table).where(names_key(column, key_id)).limit(1)).first()
        for table, column in sealed_columns().items()
    )


def names_key(column: ColumnElement[Any], key_id: str) -> ColumnElement[bool]:
    """Whether a sealed value names this key in front."""
    header = header_of(key_id)
    return func.substr(column, 1, len(header), type_=LargeBinary) == literal(header, LargeBinary)


def _ids_in_use(conn: Connection) -> Iterable[str]:
    found: list[str] = []
    for table, column in sealed_columns().items():
        head = func.substr(column, 1, _HEADER_BYTES, type_=LargeBinary)
        damaged: list[bytes] = []
        while True:
            others = and_(column.is_not(None), head.not_in(damaged), *(~names_key(column, key_id) for key_id in found))
            blob = conn.execute(select(head).select_from(table).where(others).limit(1)).scalar()
            if blob is None:
                break
            key_id = key_id_of(blob)
            if key_id is None:
                damaged.append(blob)
            else:
                found.append(key_id)
    return found


def _try(conn: Connection, keyring: Keyring, key_id: str) -> None:
    """Open something under a key that was never checked; raises ``SealBroken`` where nothing opens."""
    problem: SealBroken | None = None
    for table, column in sealed_columns().items():
        query = select(*table.primary_key.columns, column.label("blob")).where(names_key(column, key_id))
        for row in conn.execute(query.limit(_SAMPLES)):
            try:
                keyring.reseal(table.name, row_id(table, row), row.blob)
            except SealBroken as error:
                problem = error
            else:
                return
    if problem is not None:
        raise problem
