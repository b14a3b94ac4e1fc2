"""Why a file or one of its rows cannot be taken, as codes that the catalogues put into words.

Promise: a problem says where (line and column) and what, and never carries a value of the file:
what stands in a bank's master file is personal, and messages end in terminals and logs.
The wording is ``masterfile.<code>`` in the catalogue ``backoffice``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NO_PARAMS: Mapping[str, str] = MappingProxyType({})


class MasterFileProblem(Exception):
    """The file as a whole cannot be read; nothing of it was taken."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        #: For example ``undecodable``; worded by ``masterfile.undecodable``.
        self.code = code
        #: Lines, column names, counts: never a value.
        self.params: Mapping[str, str] = params

    def __str__(self) -> str:
        places = ", ".join(f"{name} {value}" for name, value in self.params.items())
        return f"{self.code} ({places})" if places else self.code


@dataclass(frozen=True, kw_only=True)
class RowProblem:
    """One reason why one row was not taken."""

    #: Line of the file on which the row begins (1 = header).
    line: int
    #: The column as the file calls it; empty where the row as a whole is wrong.
    column: str
    #: Worded by ``masterfile.row.<code>``.
    code: str
    params: Mapping[str, str] = field(default_factory=lambda: NO_PARAMS)
    #: Only an id: staff find the row by it.
    customer_no: str = ""
