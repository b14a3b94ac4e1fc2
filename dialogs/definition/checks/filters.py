"""A choice filter, judged for each choice of its list: the columns of the row are put in, the answers are left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialogs.definition.checks.subject import Subject
from dialogs.definition.expressions import Expression
from dialogs.definition.expressions.expression import of_tree
from dialogs.definition.expressions.syntax import (
    Arithmetic,
    Call,
    Column,
    Comparison,
    Literal,
    Logic,
    Negate,
    Node,
)
from dialogs.definition.model import Choice, Question

#: Filters of longer lists are not looked into.
MOST_CHOICES = 60


def filters_of(subject: Subject, question: Question) -> Mapping[str, Expression]:
    """By the code of each choice, what must hold for it to be offered; empty without a filter, or for a long list."""
    if question.choice_filter is None or not question.is_select:
        return {}
    choices = subject.questionnaire.choices.get(question.list_name or "", ())
    if len(choices) > MOST_CHOICES:
        return {}
    tree = question.choice_filter.tree
    return {choice.name: of_tree(_with_row(tree, choice)) for choice in choices}


def _with_row(node: Node, row: Choice) -> Node:
    match node:
        case Column(name=name):
            return Literal(row.name if name == "name" else row.extra.get(name, ""), node.position)
        case Negate(operand=operand):
            return replace(node, operand=_with_row(operand, row))
        case Arithmetic(left=left, right=right) | Comparison(left=left, right=right):
            return replace(node, left=_with_row(left, row), right=_with_row(right, row))
        case Logic(operands=operands):
            return replace(node, operands=tuple(_with_row(operand, row) for operand in operands))
        case Call(arguments=arguments):
            return replace(node, arguments=tuple(_with_row(argument, row) for argument in arguments))
        case _:
            return node
