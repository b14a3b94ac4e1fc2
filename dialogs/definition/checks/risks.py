"""Which names an expression reads in a way that turns out differently when there is no answer."""

from __future__ import annotations

from dialogs.definition.expressions import Expression
from dialogs.definition.expressions.syntax import (
    Arithmetic,
    Call,
    Comparison,
    Literal,
    Name,
    Negate,
    Node,
    children,
    walk,
)

#: Functions by which an author shows to have thought of the missing answer.
_GUARDS = frozenset({"coalesce", "string-length", "count-selected", "string", "boolean"})


def risky_names(expression: Expression) -> frozenset[str]:
    """Names under ``!=``, ``not()``, order or arithmetic that the expression does not guard."""
    risky: set[str] = set()
    _collect(expression.tree, False, risky)
    return frozenset(risky - _guarded(expression.tree))


def _collect(node: Node, negated: bool, risky: set[str]) -> None:
    if isinstance(node, Name) and negated:
        risky.add(node.name)
    for child in children(node):
        inside = negated
        if isinstance(node, Call) and node.function == "not":
            inside = not negated
        elif isinstance(node, Arithmetic | Negate) or (isinstance(node, Comparison) and node.operator != "="):
            inside = True
        _collect(child, inside, risky)


def _guarded(tree: Node) -> set[str]:
    """Names compared with the empty text, or read through a function made for missing answers."""
    found: set[str] = set()
    for node in walk(tree):
        if isinstance(node, Comparison):
            sides = (node.left, node.right)
            if any(isinstance(side, Literal) and side.value == "" for side in sides):
                found |= {side.name for side in sides if isinstance(side, Name)}
        elif isinstance(node, Call) and node.function in _GUARDS:
            found |= {each.name for each in walk(node) if isinstance(each, Name)}
    return found
