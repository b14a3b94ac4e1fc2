"""Constant statements of the hot path, sent through the driver itself.

Promise: what arrives at the database and what comes back is what ``Connection.execute`` would send and give: the
statement is written once by SQLAlchemy in the connection's dialect, values and columns pass the processors of their
types, listeners of the engine hear of it, and an error is raised as the same exception.  Only the work that
SQLAlchemy repeats at each execution is left out, which is most of the time that a short statement takes.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    String,
    Table,
    Text,
    any_,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

_Process = Callable[[Any], Any]


@dataclass(frozen=True)
class _Ready:
    """A statement as one dialect writes it."""

    sql: str
    #: Of each parameter in the statement: name, value where the statement brings it, processor.
    parameters: tuple[tuple[str, Any, _Process | None], ...]
    names: tuple[str, ...]
    positional: bool
    #: Columns that are not used as the driver gives them: place and processor.
    processed: tuple[tuple[int, _Process], ...]
    row: Any

    def bind(self, values: Mapping[str, Any]) -> Any:
        bound = [
            values.get(name, own) if process is None else process(values.get(name, own))
            for name, own, process in self.parameters
        ]
        return bound if self.positional else dict(zip(self.names, bound, strict=True))

    def bind_columns(self, columns: Mapping[str, Sequence[Any]], same: Mapping[str, Any]) -> list[Any]:
        """Of many rows: a column's values, or the one that all of them have."""
        bound: list[Iterable[Any]] = []
        for name, own, process in self.parameters:
            if name in columns:
                bound.append(columns[name] if process is None else map(process, columns[name]))
            else:
                value = same.get(name, own)
                bound.append(repeat(value if process is None else process(value)))
        rows = zip(*bound, strict=False)
        return list(rows) if self.positional else [dict(zip(self.names, row, strict=True)) for row in rows]

    def read(self, row: Sequence[Any]) -> Any:
        if not self.processed:
            return self.row._make(row)
        values = list(row)
        for place, process in self.processed:
            values[place] = process(values[place])
        return self.row._make(values)


class Direct:
    """One statement, always with the same names of parameters; none of them may be a list, but one of ``among``."""

    def __init__(self, statement: Executable | Callable[[str], Executable]) -> None:
        #: Or what makes it for the name of a dialect.
        self._statement = statement
        self._ready: dict[str, _Ready] = {}

    def rows(self, conn: Connection, values: Mapping[str, Any]) -> list[Any]:
        """All rows, with their columns as attributes."""
        ready = self._made(conn, values)
        cursor = _send(conn, ready, ready.bind(values))
        try:
            return [ready.read(row) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def first(self, conn: Connection, values: Mapping[str, Any]) -> Any:
        """The first row, or ``None``."""
        found = self.rows(conn, values)
        return found[0] if found else None

    def run(self, conn: Connection, values: Mapping[str, Any]) -> int:
        """How many rows were written."""
        ready = self._made(conn, values)
        cursor = _send(conn, ready, ready.bind(values))
        written: int = cursor.rowcount
        cursor.close()
        return written

    def run_each(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """The statement once for each of the rows, sent together; it reads nothing back."""
        if rows:
            ready = self._made(conn, rows[0])
            _send(conn, ready, [ready.bind(row) for row in rows], many=True).close()

    def run_columns(self, conn: Connection, columns: Mapping[str, Sequence[Any]], same: Mapping[str, Any]) -> None:
        """``run_each`` for rows that are given column by column, of which ``same`` is the same in all."""
        ready = self._made(conn, [*columns, *same])
        _send(conn, ready, ready.bind_columns(columns, same), many=True).close()

    def _made(self, conn: Connection, names: Iterable[str]) -> _Ready:
        ready = self._ready.get(conn.dialect.name)
        if ready is None:
            ready = self._ready[conn.dialect.name] = self._make_ready(conn.dialect, names)
        return ready

    def _make_ready(self, dialect: Dialect, values: Iterable[str]) -> _Ready:
        statement: Any = self._statement if isinstance(self._statement, Executable) else self._statement(dialect.name)
        compiled = statement.compile(dialect=dialect, column_keys=list(values))
        assert isinstance(compiled, SQLCompiler)
        assert not compiled.post_compile_params, "a list cannot be sent directly"
        names = compiled.positiontup if compiled.positional else list(compiled.binds)
        own = compiled.params
        read = statement.exported_columns if compiled.effective_returning or statement.is_select else {}
        processors = [_of(dialect, column.type).result_processor(dialect, None) for column in read.values()]
        return _Ready(
            sql=compiled.string,
            names=tuple(names or ()),
            parameters=tuple(
                (name, own.get(name), _binding(dialect, compiled.binds[name].type)) for name in names or ()
            ),
            positional=compiled.positional,
            processed=tuple((place, one) for place, one in enumerate(processors) if one is not None),
            row=namedtuple("Row", read.keys()) if read else None,
        )


def _send(conn: Connection, ready: _Ready, parameters: Any, *, many: bool = False) -> Any:
    if not conn.in_transaction():
        conn.begin()
    cursor = conn.connection.cursor()
    for hear in conn.dispatch.before_cursor_execute:
        hear(conn, cursor, ready.sql, parameters, None, many)
    try:
        (cursor.executemany if many else cursor.execute)(ready.sql, parameters)
    except conn.dialect.loaded_dbapi.Error as problem:
        raise _as_raised(conn, ready.sql, problem, cursor) from problem
    for hear in conn.dispatch.after_cursor_execute:
        hear(conn, cursor, ready.sql, parameters, None, many)
    return cursor


class Together:
    """A statement for many rows, sent together: each row has its own values of some columns, the others are the same.

    PostgreSQL takes them as lists, in one statement: a row costs it less than being asked once more.
    """

    def __init__(
        self, each: Mapping[str, Column[Any]], statement: Callable[[Mapping[str, ColumnElement[Any]]], Executable]
    ) -> None:
        #: The names of the values that each row has, in order, with the columns whose kind they are.
        self._each = each
        self._statement = statement
        self._direct = Direct(self._written)

    @classmethod
    def inserting(cls, table: Table, *each: str) -> Together:
        """New rows of a table; of all other columns than ``each`` they have the same."""
        fixed = {one.name: bindparam(one.name, type_=one.type) for one in table.c if one.name not in each}

        def statement(row: Mapping[str, ColumnElement[Any]]) -> Executable:
            if all(isinstance(value, BindParameter) for value in row.values()):
                return insert(table)
            return insert(table).from_select([*each, *fixed], select(*row.values(), *fixed.values()))

        return cls({name: table.c[name] for name in each}, statement)

    def run(
        self, conn: Connection, rows: Sequence[Sequence[Any]], same: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        """Write them down; nothing is read back."""
        if not rows:
            return
        same = {name: value for name, value in same.items() if name not in self._each}
        columns = dict(zip(self._each, zip(*rows, strict=True), strict=True))
        if conn.dialect.name == "postgresql":
            self._direct.run(conn, {name: list(values) for name, values in columns.items()} | same)
        else:
            self._direct.run_columns(conn, columns, same)

    def _written(self, dialect: str) -> Executable:
        if dialect != "postgresql":
            return self._statement({name: bindparam(name, type_=one.type) for name, one in self._each.items()})
        # As long as it is, so that a text too long for its column is refused there and not cut short here.
        kinds = {name: Text() if isinstance(one.type, String) else one.type for name, one in self._each.items()}
        lists = func.unnest(*(bindparam(name, type_=ARRAY(kind)) for name, kind in kinds.items()))
        rows = lists.table_valued(*(column(name, kind) for name, kind in kinds.items())).render_derived()
        return self._statement({name: rows.c[name] for name in kinds})


def among(dialect: str, column: Column[str], name: str) -> ColumnElement[bool]:
    """Whether the column is one of the texts of a list that is sent as one value, however many they are."""
    if dialect == "postgresql":
        return column == any_(bindparam(name, type_=ARRAY(Text)))
    texts = func.json_each(bindparam(name, type_=JSON)).table_valued("value")
    return column.in_(select(texts.c.value))


def codes(values: Collection[str]) -> list[ColumnElement[str]]:
    """A list of codes of ours, written out in the statement."""
    assert all(value.replace("_", "").isalnum() and value.isascii() for value in values)
    return [literal_column(f"'{value}'") for value in values]


def _binding(dialect: Dialect, kind: TypeEngine[Any]) -> _Process | None:
    if isinstance(kind, ARRAY) and isinstance(kind.item_type, Text):
        return _as_array
    return _of(dialect, kind).bind_processor(dialect)


#: Several texts with commas between them, none of which would have to be quoted.
_PLAIN = re.compile(r"[0-9A-Za-z_.:-]+(?:,[0-9A-Za-z_.:-]+)*")


def _as_array(texts: Sequence[str | None]) -> Any:
    """A list of texts as PostgreSQL writes it, where they are ids and codes; the driver looks at each of them alone."""
    try:
        written = ",".join(texts)  # type: ignore[arg-type]
    except TypeError:
        return list(texts)
    if _PLAIN.fullmatch(written) and written.count(",") == len(texts) - 1 and "null" not in written.lower():
        return "{" + written + "}"
    return list(texts)


def _of(dialect: Dialect, kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return kind.dialect_impl(dialect)


def _as_raised(conn: Connection, sql: str, problem: Exception, cursor: Any) -> BaseException:
    dialect = conn.dialect
    gone = dialect.is_disconnect(problem, conn.connection, cursor)  # type: ignore[arg-type]
    if gone:
        conn.invalidate(problem)
    return DBAPIError.instance(
        sql,
        None,
        problem,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=gone,
        dialect=dialect,
    )
