"""A picture with the table beside it: what the page of charts and a simulation both show.

Promise: whatever can be seen in a picture can be read in its table, on the page and in a spreadsheet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture, and the same as a table."""

    id: str
    title: str
    lead: str
    picture: Markup
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_csv(self) -> str:
        """The table, as a spreadsheet opens it."""
        out = io.StringIO()
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(self.head)
        writer.writerows(self.rows)
        return "\ufeff" + out.getvalue()
