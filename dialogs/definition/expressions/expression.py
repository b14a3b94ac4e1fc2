"""An expression that was read once and can be evaluated many times."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from dialogs.definition.expressions.compiler import compile_node
from dialogs.definition.expressions.functions import Compiled
from dialogs.definition.expressions.parser import parse_tree
from dialogs.definition.expressions.scope import Scope
from dialogs.definition.expressions.syntax import Call, Column, Literal, Name, Node, walk
from dialogs.definition.expressions.values import ExprValue, is_nan, text_of, truth_of


@dataclass(frozen=True)
class Expression:
    """Compared by its source; safe to share between threads."""

    source: str
    #: Names of the questions it reads, also those read over all repeat instances.
    references: frozenset[str] = field(compare=False, repr=False)
    #: Bare names: columns of the choice row.
    columns: frozenset[str] = field(compare=False, repr=False)
    tree: Node = field(compare=False, repr=False)
    _run: Compiled = field(compare=False, repr=False)

    def evaluate(self, scope: Scope) -> ExprValue:
        """The value in this scope."""
        return self._run(scope)

    def truth(self, scope: Scope) -> bool:
        """The value as a condition."""
        value = self._run(scope)
        return value if isinstance(value, bool) else truth_of(value)

    def text(self, scope: Scope) -> str:
        """The value as the canonical text of an answer; NaN is empty, for it stands for no answer."""
        value = self._run(scope)
        return "" if is_nan(value) else text_of(value)

    @property
    def constant(self) -> str | None:
        """The text of an expression that is one literal, for defaults; ``None`` for any other."""
        if isinstance(self.tree, Literal):
            value = self.tree.value
            return text_of(value) if isinstance(value, Decimal) else value
        return None

    @property
    def reads_clock(self) -> bool:
        """Whether the result depends on the day or the time."""
        return any(isinstance(node, Call) and node.function in ("today", "now") for node in walk(self.tree))


def parse(source: str) -> Expression:
    """Reads an expression; raises ``ExpressionError`` and nothing else."""
    return _expression(source, parse_tree(source))


def literal(text: str) -> Expression:
    """The expression that is just this text, for defaults that are written without quotes."""
    quote = '"' if "'" in text else "'"
    return _expression(f"{quote}{text}{quote}", Literal(text, 0))


def of_tree(tree: Node) -> Expression:
    """A tree, or a part of one, as an expression of its own; it has no source."""
    return _expression("", tree)


def _expression(source: str, tree: Node) -> Expression:
    nodes = list(walk(tree))
    return Expression(
        source=source,
        references=frozenset(node.name for node in nodes if isinstance(node, Name)),
        columns=frozenset(node.name for node in nodes if isinstance(node, Column)),
        tree=tree,
        _run=compile_node(tree),
    )
