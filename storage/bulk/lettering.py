"""Codes for many letters in one transaction: the same rows as ``link_codes.make_link_code`` makes one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, insert, update

from storage.direct import Direct, among
from storage.encryption import Vault
from storage.link_codes import CODE_LENGTH, LinkCode, code_values
from storage.tables import LinkCodeRow, table_of
from storage.universe import Universe

_code = table_of(LinkCodeRow)
_ADD = Direct(insert(_code))
_REVOKE = Direct(
    lambda dialect: (
        update(_code)
        .where(among(dialect, _code.c.case_id, "cases"))
        .where((_code.c.state == "active") | (_code.c.state == "locked"))
        .values(state="revoked")
    )
)


def make_link_codes(
    conn: Connection, vault: Vault, uni: Universe, check_numbers: Mapping[str, str], *, expires_on: date
) -> dict[str, tuple[LinkCode, str]]:
    """Case -> its new code and the clear code; earlier codes of the cases are revoked.

    ``check_numbers``: those of cases that ``lock_cases`` has locked.
    """
    if not check_numbers:
        return {}
    _REVOKE.run(conn, {"cases": list(check_numbers)})
    made: dict[str, tuple[LinkCode, str]] = {}
    rows = []
    for case_id, check_number in check_numbers.items():
        clear = uni.code(CODE_LENGTH)
        values = code_values(vault, uni, case_id, clear, check_number=check_number, expires_on=expires_on)
        rows.append(values)
        made[case_id] = (LinkCode(**{name: values[name] for name in LinkCode.__dataclass_fields__}), clear)
    _ADD.run_each(conn, rows)
    return made
