"""A condition of a form in words: the short names of questions and the wordings of choices instead of codes.

Promise: every expression that a form can hold has words; what has none of its own is named as the author wrote it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from dialogs.definition.expressions import Expression
from dialogs.definition.expressions.syntax import (
    Arithmetic,
    Call,
    Column,
    Comparison,
    Literal,
    Logic,
    Name,
    Negate,
    Node,
    Own,
    Parent,
)
from dialogs.definition.expressions.values import text_of
from dialogs.definition.model import Question, Questionnaire, QuestionType, Text, pick
from dialogs.replies.country import country_name
from locales import Catalogue

_COMPARED: Final = {"<": "less", "<=": "at_most", ">": "more", ">=": "at_least"}
_SIGNS: Final = {"div": "÷", "*": "×", "-": "−"}
#: Functions that only say how a value is looked at.
_PLAIN: Final = frozenset({"number", "int", "string", "date", "boolean"})
#: Of a pattern so much is shown: whoever reads more of it reads the file.
_PATTERN: Final = 24
_NAMED: Final = {
    "true": "always",
    "false": "never",
    "today": "today",
    "now": "now",
    "string-length": "length",
    "count-selected": "how_many",
}


class Words:
    """The conditions of one form in one language."""

    def __init__(self, form: Questionnaire, catalogue: Catalogue, locale: str) -> None:
        self._form = form
        self._catalogue = catalogue
        self._say = catalogue.text
        self._locale = locale

    def of(self, expression: Expression, own: Question | None = None) -> str:
        """The condition in words; ``own`` is the question whose answer it judges."""
        return self._node(expression.tree, own)

    def text(self, texts: Text) -> str:
        """A text of the form in this language."""
        return pick(texts, self._locale, self._form.default_language)

    def name(self, question: Question) -> str:
        """The short name of a question; of a value that the bank knows, what it is."""
        if question.type is QuestionType.CALCULATE and question.bot.prefill is not None:
            column = question.bot.prefill
            return self._say("draw.known", column=self._named_or(f"draw.column.{column}", column))
        return self.text(question.bot.button) or question.name

    def _node(self, node: Node, own: Question | None) -> str:
        match node:
            case Literal(value=value):
                return text_of(value) if isinstance(value, Decimal) else self._quoted(value)
            case Name(name=name):
                return self._quoted(self._named(name))
            case Own():
                return self._say("draw.own")
            case Parent():
                return self._say("draw.parent")
            case Column(name=name):
                return name
            case Negate(operand=operand):
                return f"−{self._node(operand, own)}"
            case Arithmetic():
                sign = _SIGNS.get(node.operator, node.operator)
                return f"{self._node(node.left, own)} {sign} {self._node(node.right, own)}"
            case Comparison():
                return self._comparison(node, own)
            case Logic():
                return self._logic(node, own)
            case Call():
                return self._call(node, own)

    def _named_or(self, key: str, plain: str) -> str:
        return self._say(key) if key in self._catalogue else plain

    def _quoted(self, text: str) -> str:
        return self._say("draw.quoted", text=text)

    def _named(self, name: str) -> str:
        question = self._form.by_name.get(name)
        return name if question is None else self.name(question)

    def _comparison(self, node: Comparison, own: Question | None) -> str:
        left = self._node(node.left, own)
        equal = node.operator in ("=", "!=")
        if equal and node.right == Literal("", getattr(node.right, "position", 0)):
            return self._say("draw.empty" if node.operator == "=" else "draw.filled", left=left)
        right = self._value(node.left, node.right, own)
        if equal:
            return self._say("draw.is" if node.operator == "=" else "draw.is_not", left=left, right=right)
        return self._say(f"draw.{_COMPARED[node.operator]}", left=left, right=right)

    def _value(self, left: Node, right: Node, own: Question | None) -> str:
        """What something is compared with: the wording of a choice where it is the code of one."""
        question = own if isinstance(left, Own) else None
        if isinstance(left, Name):
            question = self._form.by_name.get(left.name)
        if question is None or not isinstance(right, Literal) or not isinstance(right.value, str):
            return self._node(right, own)
        choice = self._form.choice(question, right.value)
        if choice is None and question.bot.kind == "country":
            return self._quoted(country_name(right.value, self._locale))
        if choice is None:
            return self._quoted(self._named_or(f"draw.value.{right.value}", right.value))
        return self._quoted(self.text(choice.button) or self.text(choice.label))

    def _logic(self, node: Logic, own: Question | None) -> str:
        if node.operator == "or" and (found := self._one_of(node, own)) is not None:
            return found
        parts = [
            self._say("draw.bracketed", words=self._node(part, own))
            if isinstance(part, Logic) and part.operator != node.operator and self._one_of(part, own) is None
            else self._node(part, own)
            for part in node.operands
        ]
        return self._say(f"draw.{node.operator}").join(parts)

    def _one_of(self, node: Logic, own: Question | None) -> str | None:
        """``a = 'x' or a = 'y'`` as one sentence; ``None`` for anything else."""
        if node.operator != "or" or not all(isinstance(p, Comparison) and p.operator == "=" for p in node.operands):
            return None
        comparisons = [part for part in node.operands if isinstance(part, Comparison)]
        lefts = {self._node(part.left, own) for part in comparisons}
        if len(lefts) != 1 or any(isinstance(part.right, Literal) and part.right.value == "" for part in comparisons):
            return None
        values = [self._value(part.left, part.right, own) for part in comparisons]
        return self._say("draw.is", left=lefts.pop(), right=self._say("draw.or_value").join(values))

    def _plain(self, node: Node, own: Question | None) -> str:
        """A value that an expression gives, in words where it is one of our own."""
        if node == Literal("", getattr(node, "position", 0)):
            return self._say("draw.nothing")
        if isinstance(node, Literal) and isinstance(node.value, str):
            return self._quoted(self._named_or(f"draw.value.{node.value}", node.value))
        return self._node(node, own)

    def _call(self, node: Call, own: Question | None) -> str:
        arguments = node.arguments
        inner = [self._node(argument, own) for argument in arguments]
        if node.function in _NAMED:
            return self._say(f"draw.{_NAMED[node.function]}", of="".join(inner))
        if node.function in _PLAIN and len(inner) == 1:
            return inner[0]
        match node.function, arguments:
            case "selected", (left, right):
                return self._say("draw.selected", left=inner[0], right=self._value(left, right, own))
            case "not", (_,):
                return self._say("draw.not", words=inner[0])
            case "if", (_, _, _):
                then, otherwise = (self._plain(part, own) for part in arguments[1:])
                return self._say("draw.if", when=inner[0], then=then, otherwise=otherwise)
            case "coalesce", (_, second):
                return self._say("draw.coalesce", first=inner[0], second=self._plain(second, own))
            case "sum", (_,):
                return self._say("draw.sum", of=inner[0])
            case "regex", (_, Literal(value=str(pattern))):
                return self._say("draw.regex", left=inner[0], pattern=_shortened(pattern))
            case (("contains" | "starts-with" | "ends-with"), (_, _)):
                return self._say("draw.contains", left=inner[0], right=inner[1])
        return f"{node.function}({', '.join(inner)})"


def _shortened(pattern: str) -> str:
    return pattern if len(pattern) <= _PATTERN else pattern[: _PATTERN - 1] + "…"
