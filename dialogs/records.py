"""Copies of frozen records in which some fields are otherwise, and what an object works out once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

__all__ = ["changed", "kept"]

T = TypeVar("T")

if TYPE_CHECKING:
    # Checked like it, field by field.
    from dataclasses import replace as changed
else:

    def changed(record: Any, /, **fields: Any) -> Any:
        """``dataclasses.replace`` for a record that is nothing but its fields, in a tenth of the time.

        The copy is made at once and not field by field through ``__init__``: only for classes without slots,
        without ``__post_init__`` and without anything worked out that is kept beside the fields.
        """
        copy = object.__new__(type(record))
        copy.__dict__.update(record.__dict__, **fields)
        return copy


class kept(Generic[T]):
    """``functools.cached_property`` without the lock that Python 3.11 takes: for objects of one thread."""

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, whose: None, owner: type) -> Self: ...
    @overload
    def __get__(self, whose: object, owner: type) -> T: ...
    def __get__(self, whose: object | None, owner: type) -> Self | T:
        if whose is None:
            return self
        # Found in the object itself from now on.
        found = whose.__dict__[self._name] = self._work_out(whose)
        return found
