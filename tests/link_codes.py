"""The code of a letter for a test that needs no letter."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from storage.cases import load_case
from storage.encryption import Vault
from storage.link_codes import LinkCode, make_link_codes
from storage.universe import Universe


def make_link_code(
    conn: Connection, vault: Vault, uni: Universe, case_id: str, *, expires_on: date
) -> tuple[LinkCode, str]:
    """A new code for one case, and the clear code."""
    case = load_case(conn, case_id)
    assert case is not None
    return make_link_codes(conn, vault, uni, {case_id: case.check_number}, expires_on=expires_on)[case_id]
