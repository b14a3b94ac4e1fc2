"""The checks of a master file's rows, with the choices of the bank's own questionnaires."""

from __future__ import annotations

from datetime import date

from dialogs.definition.yaml_format import load_shipped, read_canonical, shipped_names
from storage.database import Database
from storage.masterfile.choices import code_table
from storage.masterfile.rows import RowChecker
from storage.publishing import list_published
from storage.reconciliation.reading import read_value


def row_checker(database: Database, today: date) -> RowChecker:
    """The checks, knowing the choices of the questionnaires that are live, else of those shipped."""
    published = database.run_read(lambda conn: list_published(conn, live_only=True))
    forms = [read_canonical(one.body) for one in published if one.kind == "questionnaire"]
    if not forms:
        forms = [load_shipped(name) for name in shipped_names()]
    return RowChecker(codes=code_table(forms), read=read_value, today=today)
