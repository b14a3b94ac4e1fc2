"""What all tables share: one metadata with named constraints, aware times, and the few kinds of column.

Each constraint has a name, so that a migration can change it on both databases.  A table holds ids,
codes, states, times, counts and keyed digests in clear; everything about a person is in its one
``sealed`` column.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


_SEALED: dict[Any, Any] = {"sealed": True}


class Stored(SQLModel, registry=registry(metadata=metadata)):
    """The base of every table; the metadata is our own, so that no other package's tables mix in."""


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC; a naive one is refused (SQLite would forget the zone and nobody would notice)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Any:
        """For SQLite at once what two processors would do, one after the other, to every time of every row."""
        return _written if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """The other way round."""
        return _read if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None or value.utcoffset() is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _written(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None or value.utcoffset() is None:
        raise ValueError("a time without a zone cannot be stored")
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(" ", "microseconds")[: -len("+00:00")]


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


@cache
def table_of(model: type[Stored]) -> Table:
    """The Core table of a model: what the statements are written with."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def key() -> Any:
    """The primary key: a UUIDv7 made by the program."""
    return Field(sa_column=Column(String(36), primary_key=True))


def link(
    target: str, *, nullable: bool = False, index: bool = False, unique: bool = False, primary_key: bool = False
) -> Any:
    """A reference to another table's id."""
    return Field(
        sa_column=Column(
            String(36),
            ForeignKey(target),
            nullable=nullable,
            index=index or None,
            unique=unique or None,
            primary_key=primary_key,
        )
    )


def code(length: int = 64, *, nullable: bool = False, unique: bool = False, primary_key: bool = False) -> Any:
    """A code, a state or an id of somebody else's: never text about a person."""
    return Field(sa_column=Column(String(length), nullable=nullable, unique=unique, primary_key=primary_key))


def text(*, nullable: bool = False) -> Any:
    """A long text that is not about a person: published content, JSON of ids and codes."""
    return Field(sa_column=Column(Text, nullable=nullable))


def number(*, nullable: bool = False, unique: bool = False, primary_key: bool = False) -> Any:
    """A count or a place in a sequence, given by the program."""
    return Field(
        sa_column=Column(Integer, nullable=nullable, unique=unique, primary_key=primary_key, autoincrement=False)
    )


def when(*, nullable: bool = False, index: bool = False) -> Any:
    """A time in UTC."""
    return Field(sa_column=Column(UtcDateTime, nullable=nullable, index=index))


def day(*, nullable: bool = False) -> Any:
    """A calendar day."""
    return Field(sa_column=Column(Date, nullable=nullable))


def digest(*, nullable: bool = False, unique: bool = False, index: bool = False) -> Any:
    """A keyed digest (or a plain one of something random) of 32 bytes."""
    return Field(sa_column=Column(LargeBinary(32), nullable=nullable, unique=unique, index=index))


def sealed(*, nullable: bool = False) -> Any:
    """The row's one sealed value, bound to the table and to ``row_id`` of the row."""
    return Field(sa_column=Column(LargeBinary, nullable=nullable, info=_SEALED))


def sealed_columns() -> dict[Table, Column[Any]]:
    """Every sealed column there is, in the order of the tables' names."""
    return {
        table: column
        for _, table in sorted(metadata.tables.items())
        for column in table.columns
        if column.info == _SEALED
    }


def row_id(table: Table, row: Any) -> str:
    """What a sealed value of ``row`` is bound to: its primary key, the parts joined by a colon."""
    return ":".join(str(getattr(row, column.name)) for column in table.primary_key.columns)
