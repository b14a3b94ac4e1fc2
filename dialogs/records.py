"""Copies of frozen records in which some fields are otherwise, and what an object works out once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, overload

__all__ = ["changed", "kept", "maker", "quick"]

P = ParamSpec("P")
T = TypeVar("T")

_new, _fill = object.__new__, object.__setattr__

if TYPE_CHECKING:
    # Checked like it, field by field.
    from dataclasses import replace as changed
else:

    def changed(record: Any, /, **fields: Any) -> Any:
        """``dataclasses.replace`` for a record that is nothing but its fields, in a tenth of the time.

        The copy is made at once and not field by field through ``__init__``: only for classes without slots,
        without ``__post_init__`` and without anything worked out that is kept beside the fields.
        """
        copy = _new(type(record))
        _fill(copy, "__dict__", record.__dict__ | fields)
        return copy


def quick(cls: type[T]) -> type[T]:
    """For a frozen dataclass of which a turn makes many: a new one is filled at once, in half the time.

    ``dataclass`` fills a frozen record through ``object.__setattr__``, one call for each field; here the fields go
    into the record's dictionary.  Only for classes whose fields are all named when one is made, whose defaults can be
    shared, and for which ``changed`` is good.
    """
    setattr(cls, "__init__", _filling(cls, "self, ", ["fill = self.__dict__"]))  # noqa: B010
    return cls


def maker(cls: Callable[P, T]) -> Callable[P, T]:
    """What makes records of a ``quick`` class as a call of the class does, in two thirds of its time.

    A call of a class gathers the fields in a dictionary, and takes them out of it again, on its way to ``__init__``.
    For the few places through which every turn goes.
    """
    make: Callable[P, T] = _filling(cls, "", ["made = new(cls)", "fill = made.__dict__"], ["return made"])
    return make


def _filling(cls: Any, first: str, begin: Sequence[str], end: Sequence[str] = ()) -> Any:
    """A function that takes the fields of a record by name, and puts them into ``fill``."""
    its = [spec for spec in fields(cls) if spec.init]
    given = {spec.name: spec.default for spec in its if spec.default is not MISSING}
    given |= {spec.name: spec.default_factory() for spec in its if spec.default_factory is not MISSING}
    heads = [f"{spec.name}=given[{spec.name!r}]" if spec.name in given else spec.name for spec in its]
    body = [*begin, *(f"fill[{spec.name!r}] = {spec.name}" for spec in its), *end]
    space: dict[str, Any] = {"given": given, "new": _new, "cls": cls}
    # Nothing but the names of fields stands in it; ``dataclass`` makes its own in the same way.
    exec("\n    ".join([f"def filling({first}*, {', '.join(heads)}):", *body]), space)  # noqa: S102
    return space["filling"]


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
