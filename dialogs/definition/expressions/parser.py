"""Reads an expression: a Pratt parser with XPath's precedence and bounded depth."""

from __future__ import annotations

import difflib
import re

from dialogs.definition.expressions import library, library_dates, library_repeats
from dialogs.definition.expressions.errors import ExpressionError
from dialogs.definition.expressions.functions import FUNCTIONS, REFUSED
from dialogs.definition.expressions.lexer import NAME_PATTERN, Token, TokenKind, tokens_of
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
    children,
)
from dialogs.definition.expressions.values import ARITHMETIC

#: Deepest nesting; chains of ``and``/``or`` count as one level.
MAX_DEPTH = 50

#: Importing the libraries is what fills the registry.
LIBRARIES = (library, library_dates, library_repeats)

_BINDING = {
    "or": 1,
    "and": 2,
    "=": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "div": 6,
    "mod": 6,
}
_UNARY = 7
_QUOTED_NAME = re.compile(rf"\s*\$\{{\s*({NAME_PATTERN})\s*\}}\s*")


def parse_tree(source: str) -> Node:
    """The tree of a source; raises ``ExpressionError``."""
    parser = _Parser(tokens_of(source))
    return parser.read()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def read(self) -> Node:
        if self._peek().kind is TokenKind.END:
            raise ExpressionError("empty", 0)
        tree = self._expression(0)
        if self._peek().kind is not TokenKind.END:
            raise self._unexpected()
        _refuse_depth(tree)
        return tree

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _unexpected(self) -> ExpressionError:
        token = self._peek()
        if token.kind is TokenKind.END:
            return ExpressionError("unexpected_end", token.position)
        return ExpressionError("unexpected", token.position, {"token": token.text})

    def _expect(self, text: str) -> None:
        if not self._is_operator(text):
            raise self._unexpected()
        self._take()

    def _is_operator(self, text: str) -> bool:
        token = self._peek()
        return token.kind is TokenKind.OPERATOR and token.text == text

    def _expression(self, binding: int) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError("too_deep", self._peek().position, {"limit": str(MAX_DEPTH)})
        left = self._operand()
        while True:
            token = self._peek()
            # After an operand a word can only be an operator: that is how XPath tells them apart.
            strength = _BINDING.get(token.text) if token.kind in (TokenKind.OPERATOR, TokenKind.NAME) else None
            if strength is None or strength <= binding:
                break
            self._take()
            left = _combine(token, left, self._expression(strength))
        self._depth -= 1
        return left

    def _operand(self) -> Node:
        token = self._peek()
        match token.kind:
            case TokenKind.NUMBER:
                self._take()
                return Literal(ARITHMETIC.create_decimal(token.text), token.position)
            case TokenKind.STRING:
                self._take()
                return Literal(token.text, token.position)
            case TokenKind.REFERENCE:
                self._take()
                return Name(token.text, token.position)
            case TokenKind.OWN:
                self._take()
                return Own(token.position)
            case TokenKind.NAME:
                self._take()
                return self._call(token) if self._is_operator("(") else Column(token.text, token.position)
            case TokenKind.OPERATOR if token.text == "-":
                self._take()
                return Negate(self._expression(_UNARY - 1), token.position)
            case TokenKind.OPERATOR if token.text == "(":
                self._take()
                inner = self._expression(0)
                self._expect(")")
                return inner
            case _:
                raise self._unexpected()

    def _call(self, token: Token) -> Call:
        function = FUNCTIONS.get(token.text)
        if token.text in REFUSED:
            raise ExpressionError(
                "unsupported_function", token.position, {"function": token.text, "reason": REFUSED[token.text]}
            )
        if function is None:
            near = difflib.get_close_matches(token.text, FUNCTIONS, n=1)
            raise ExpressionError(
                "unknown_function", token.position, {"function": token.text, "suggestion": near[0] if near else ""}
            )
        self._take()
        arguments: list[Node] = []
        if token.text == "position" and self._peek().kind is TokenKind.PARENT:
            parent = self._take()
            arguments.append(Parent(parent.text.count(".."), parent.position))
        elif not self._is_operator(")"):
            arguments.append(self._expression(0))
            while self._is_operator(","):
                self._take()
                arguments.append(self._expression(0))
        self._expect(")")
        if len(arguments) < function.least or (function.most is not None and len(arguments) > function.most):
            raise ExpressionError(
                "wrong_argument_count", token.position, {"function": token.text, "given": str(len(arguments))}
            )
        if token.text == "jr:choice-name":
            arguments[1] = _unquoted(arguments[1])
        return Call(token.text, tuple(arguments), token.position)


def _combine(token: Token, left: Node, right: Node) -> Node:
    operator = token.text
    if operator in ("and", "or"):
        before = left.operands if isinstance(left, Logic) and left.operator == operator else (left,)
        return Logic(operator, (*before, right), token.position)
    if _BINDING[operator] in (3, 4):
        return Comparison(operator, left, right, token.position)
    return Arithmetic(operator, left, right, token.position)


def _unquoted(node: Node) -> Node:
    """``'${name}'`` as ODK wants the second argument of ``jr:choice-name``, or the name itself."""
    if isinstance(node, Literal) and isinstance(node.value, str):
        found = _QUOTED_NAME.fullmatch(node.value)
        if found:
            return Name(found[1], node.position)
    return node


def _refuse_depth(tree: Node) -> None:
    """Long chains of one operator nest to the left without the parser nesting; closures would."""
    level: list[Node] = [tree]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return
        level = [child for node in level for child in children(node)]
    if level:
        raise ExpressionError("too_deep", 0, {"limit": str(MAX_DEPTH)})
