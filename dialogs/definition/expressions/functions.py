"""The registry of functions: name, number of arguments, kinds, and how a call becomes a closure.

A function is added by one decorated definition; the parser, the type checker and the tests find it
here.  Most functions take evaluated values (``function``); those that look at their arguments as
written, or at the scope, build their own closure (``special``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dialogs.definition.expressions.scope import Scope
from dialogs.definition.expressions.syntax import Call
from dialogs.definition.expressions.values import ExprValue

Compiled = Callable[[Scope], ExprValue]


class Kind(StrEnum):
    """What a value is for the type checker."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    #: Code of a select_one, codes of a select_multiple.
    CODE = "code"
    CODES = "codes"
    ANY = "any"


class Build(Protocol):
    """Makes the closure of one call from the closures of its arguments."""

    def __call__(self, call: Call, arguments: tuple[Compiled, ...]) -> Compiled: ...


@dataclass(frozen=True, kw_only=True)
class Function:
    name: str
    least: int
    #: ``None`` is any number.
    most: int | None
    result: Kind
    #: What the arguments should be; the last one stands for all further ones.
    parameters: tuple[Kind, ...]
    build: Build

    def parameter(self, index: int) -> Kind:
        if not self.parameters:
            return Kind.ANY
        return self.parameters[min(index, len(self.parameters) - 1)]


#: Every function of the language by name.
FUNCTIONS: dict[str, Function] = {}

_REASONS: Mapping[str, tuple[str, ...]] = {
    # The same answers must give the same conversation again, years later.
    "chance": ("random", "randomize", "uuid"),
    # A form is judged by what stands in it.
    "outside": ("instance", "jr:itext", "property", "pulldata"),
    "maps": ("area", "distance", "geofence", "intersects"),
    "angles": ("acos", "asin", "atan", "atan2", "cos", "pi", "sin", "tan"),
    "codes": ("base64-decode", "digest", "extract-signed"),
    # What XPath says of the nodes of a document; questions are read by their names.
    "nodes": ("current", "id", "lang", "last", "local-name", "name", "namespace-uri"),
}

#: ODK's and XPath's functions that are not taken, each with the reason why (``check.reason.*``).
REFUSED: Mapping[str, str] = {name: reason for reason, names in _REASONS.items() for name in names}


def special(name: str, least: int, most: int | None, result: Kind, *parameters: Kind) -> Callable[[Build], Build]:
    """Registers a function that builds its own closure."""

    def register(build: Build) -> Build:
        if name in FUNCTIONS:
            raise LookupError(f"function {name!r} is registered twice")
        FUNCTIONS[name] = Function(name=name, least=least, most=most, result=result, parameters=parameters, build=build)
        return build

    return register


def function(
    name: str, least: int, most: int | None, result: Kind, *parameters: Kind
) -> Callable[[Callable[..., ExprValue]], Callable[..., ExprValue]]:
    """Registers a plain function of evaluated values."""

    def register(plain: Callable[..., ExprValue]) -> Callable[..., ExprValue]:
        def build(call: Call, arguments: tuple[Compiled, ...]) -> Compiled:
            if len(arguments) == 0:
                return lambda scope: plain()
            if len(arguments) == 1:
                (only,) = arguments
                return lambda scope: plain(only(scope))
            if len(arguments) == 2:
                first, second = arguments
                return lambda scope: plain(first(scope), second(scope))
            return lambda scope: plain(*[argument(scope) for argument in arguments])

        special(name, least, most, result, *parameters)(build)
        return plain

    return register
