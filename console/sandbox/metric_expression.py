"""The grammar of metric math: a text -> a tree (CloudWatch user guide, using-metric-math).

Numbers, ids, quoted texts, ``f(a, b)``, arithmetic, comparisons, AND and OR, arrays in brackets.
"""

import re
from dataclasses import dataclass, field

from console.sandbox.registry import AwsError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<sign><=|>=|==|!=|&&|\|\||[-+*/^<>(),\[\]]))"
)
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("OR", "||"),
    ("AND", "&&"),
    ("==", "!="),
    ("<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "/"),
    ("^",),
)
"""Binary operators, the loosest first."""
_SAME = {"||": "OR", "&&": "AND"}


@dataclass(frozen=True)
class Node:
    """One place of the tree.

    ``kind``: number, name, text, call (``word`` is the function), list, or an operator.
    """

    kind: str
    word: str = ""
    number: float = 0.0
    parts: tuple["Node", ...] = field(default_factory=tuple)


def parse(expression: str) -> Node:
    """The tree of an expression.

    Raises:
        AwsError: ``ValidationError`` for what is not metric math.
    """
    reader = _Reader(_tokens(expression), expression)
    tree = reader.binary(0)
    if reader.peek() != ("", ""):
        raise reader.error()
    return tree


def _tokens(expression: str) -> list[tuple[str, str]]:
    """(kind, text) of each word."""
    found, place = [], 0
    while place < len(expression.rstrip()):
        match = _TOKEN.match(expression, place)
        if match is None or match.lastgroup is None:
            raise _refusal(expression, f"unexpected character at {place}")
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], expression: str) -> None:
        self._tokens = tokens
        self._expression = expression
        self._place = 0

    def peek(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("", "")

    def error(self) -> AwsError:
        return _refusal(self._expression, f"unexpected {self.peek()[1] or 'end'}")

    def binary(self, level: int) -> Node:
        """Operators of one level and of all tighter ones, from left to right."""
        if level == len(_LEVELS):
            return self._unary()
        left = self.binary(level + 1)
        while self.peek()[1].upper() in _LEVELS[level] and self.peek()[0] != "text":
            sign = self._next()[1].upper()
            left = Node(_SAME.get(sign, sign), parts=(left, self.binary(level + 1)))
        return left

    def _unary(self) -> Node:
        if self.peek()[1] == "-":
            self._next()
            return Node("-", parts=(Node("number"), self._unary()))
        return self._atom()

    def _atom(self) -> Node:
        kind, text = self._next()
        if kind == "number":
            return Node("number", number=float(text))
        if kind == "text":
            return Node("text", text[1:-1])
        if kind == "name" and self.peek()[1] == "(":
            self._next()
            return Node("call", text.upper(), parts=self._parts(")"))
        if kind == "name":
            return Node("name", text)
        if text == "[":
            return Node("list", parts=self._parts("]"))
        if text == "(":
            inner = self.binary(0)
            self._expect(")")
            return inner
        self._place -= 1
        raise self.error()

    def _parts(self, end: str) -> tuple[Node, ...]:
        """Expressions between commas up to the closing sign."""
        if self.peek()[1] == end:
            self._next()
            return ()
        parts = [self.binary(0)]
        while self.peek()[1] == ",":
            self._next()
            parts.append(self.binary(0))
        self._expect(end)
        return tuple(parts)

    def _next(self) -> tuple[str, str]:
        token = self.peek()
        self._place += 1
        return token

    def _expect(self, sign: str) -> None:
        if self.peek()[1] != sign:
            raise self.error()
        self._next()


def _refusal(expression: str, why: str) -> AwsError:
    return AwsError("ValidationError", f"Invalid metrics expression: '{expression}': {why}.")
