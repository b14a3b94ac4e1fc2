"""The tree of an expression: closed, immutable, every node with its place in the source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Literal:
    """A text or a number as it was written."""

    value: str | Decimal
    position: int


@dataclass(frozen=True, slots=True)
class Name:
    """``${name}``: the answer to a question."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Own:
    """``.``: the answer that is being judged."""

    position: int


@dataclass(frozen=True, slots=True)
class Parent:
    """``..``: the group around, or with more of them the one so far out; only ``position`` takes it."""

    steps: int
    position: int


@dataclass(frozen=True, slots=True)
class Column:
    """A bare name: a column of the choice row in a ``choice_filter``."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Negate:
    operand: Node
    position: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``+ - * div mod``."""

    operator: str
    left: Node
    right: Node
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """``= != < <= > >=``."""

    operator: str
    left: Node
    right: Node
    position: int


@dataclass(frozen=True, slots=True)
class Logic:
    """``and`` / ``or`` over two or more conditions; flat, so that long chains stay shallow."""

    operator: str
    operands: tuple[Node, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Node, ...]
    position: int


Node = Literal | Name | Own | Parent | Column | Negate | Arithmetic | Comparison | Logic | Call


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case Negate(operand=operand):
            return (operand,)
        case Arithmetic(left=left, right=right) | Comparison(left=left, right=right):
            return (left, right)
        case Logic(operands=operands):
            return operands
        case Call(arguments=arguments):
            return arguments
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, parents first, left to right."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))
