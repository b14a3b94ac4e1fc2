"""The end of the audit chain, noted outside the database: what shows that a whole older copy was put back.

Inside the store the chain proves itself up to its sealed end; an older copy of the store proves itself too.  Only
who noted the end elsewhere can tell.  After a restore that was meant, a marked line says up to where the chain is
known; what was noted beyond it is known to be lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from storage.audit import Verified, chain_head, chain_macs, verify
from storage.encryption import Vault
from storage.outside import append_lines, read_lines
from storage.tables import AuditChainRow, table_of
from storage.universe import Universe

_chain = table_of(AuditChainRow)


@dataclass(frozen=True, kw_only=True)
class NotedHead:
    """A line of the file: the chain had this end."""

    seq: int
    mac: str


def read_heads(path: Path, vault: Vault) -> list[NotedHead]:
    """The heads of this store that still must be in its chain, oldest first."""
    heads: list[NotedHead] = []
    for line in read_lines(path):
        if line.get("store") != vault.store_id or not isinstance(line.get("seq"), int):
            continue
        restored_to = line.get("restored_to")
        if isinstance(restored_to, int):
            heads = [head for head in heads if head.seq <= restored_to]
        heads.append(NotedHead(seq=line["seq"], mac=str(line.get("mac", ""))))
    return heads


def note_head(conn: Connection, vault: Vault, uni: Universe, path: Path, *, restored: bool = False) -> bool:
    """Append the present end of the chain; false where nothing was chained since the last line."""
    seq, mac = chain_head(conn, vault)
    heads = read_heads(path, vault)
    if heads and (heads[-1].seq, heads[-1].mac) == (seq, mac) and not restored:
        return False
    line: dict[str, Any] = {"at": uni.now().isoformat(), "store": vault.store_id, "seq": seq, "mac": mac}
    if restored:
        macs = chain_macs(conn, [head.seq for head in heads])
        line["restored_to"] = max((head.seq for head in heads if macs.get(head.seq) == head.mac), default=0)
    append_lines(path, [line])
    return True


def follows(conn: Connection, vault: Vault, path: Path) -> bool:
    """Whether the last noted head is in the chain: a quick look, without walking the chain."""
    heads = read_heads(path, vault)
    if not heads or heads[-1].seq == 0:
        return True
    mac = conn.execute(select(_chain.c.mac).where(_chain.c.seq == heads[-1].seq)).scalar()
    return mac is not None and bytes(mac).hex() == heads[-1].mac


def verify_with_heads(conn: Connection, vault: Vault, path: Path) -> Verified:
    """``audit.verify``, and then every noted head against the chain."""
    found = verify(conn, vault)
    if not found.ok:
        return found
    heads = sorted(read_heads(path, vault), key=lambda head: head.seq)
    macs = chain_macs(conn, [head.seq for head in heads])
    for head in heads:
        if head.seq > found.entries:
            return found.spoiled(found.entries + 1, "older_than_noted")
        if head.seq and macs.get(head.seq) != head.mac:
            return found.spoiled(head.seq, "not_as_noted")
    return found
