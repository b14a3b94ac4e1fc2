"""Constant statements of the hot path, sent through the driver itself.

Promise: what arrives at the database and what comes back is what ``Connection.execute`` would send and give: the
statement is written once by SQLAlchemy in the connection's dialect, values and columns pass the processors of their
types, listeners of the engine hear of it, and an error is raised as the same exception.  Only the work that
SQLAlchemy repeats at each execution is left out, which is most of the time that a short statement takes.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Text,
    any_,
    bindparam,
    func,
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
        ready, cursor = self._send(conn, values)
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
        _, cursor = self._send(conn, values)
        written: int = cursor.rowcount
        cursor.close()
        return written

    def run_each(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """The statement once for each of the rows, sent together; it reads nothing back."""
        if rows:
            self._send(conn, rows[0], rows)[1].close()

    def _send(
        self, conn: Connection, values: Mapping[str, Any], each: Sequence[Mapping[str, Any]] | None = None
    ) -> tuple[_Ready, Any]:
        ready = self._ready.get(conn.dialect.name)
        if ready is None:
            ready = self._ready[conn.dialect.name] = self._make_ready(conn.dialect, values)
        if not conn.in_transaction():
            conn.begin()
        many = each is not None
        parameters = ready.bind(values) if each is None else [ready.bind(row) for row in each]
        cursor = conn.connection.cursor()
        for hear in conn.dispatch.before_cursor_execute:
            hear(conn, cursor, ready.sql, parameters, None, many)
        try:
            (cursor.executemany if many else cursor.execute)(ready.sql, parameters)
        except conn.dialect.loaded_dbapi.Error as problem:
            raise _as_raised(conn, ready.sql, problem, cursor) from problem
        for hear in conn.dispatch.after_cursor_execute:
            hear(conn, cursor, ready.sql, parameters, None, many)
        return ready, cursor

    def _make_ready(self, dialect: Dialect, values: Mapping[str, Any]) -> _Ready:
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
                (name, own.get(name), _of(dialect, compiled.binds[name].type).bind_processor(dialect))
                for name in names or ()
            ),
            positional=compiled.positional,
            processed=tuple((place, one) for place, one in enumerate(processors) if one is not None),
            row=namedtuple("Row", read.keys()) if read else None,
        )


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
