"""Metric math: series worked out of other series, as GetMetricData and alarms ask for it.

Three kinds of values, as in CloudWatch: a number, a series, and an array of series. Operators work
period by period, where both sides have a datapoint; a comparison is 1 or 0.
"""

import math
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from console.sandbox import series
from console.sandbox.metric_expression import Node, parse
from console.sandbox.registry import AwsError
from console.sandbox.series import Points
from console.sandbox.traffic import MINUTE

if TYPE_CHECKING:
    from console.sandbox.account import Account

Value = float | Points | list[Points] | str


def answer(
    account: "Account", queries: list[dict[str, Any]], start: float, end: float, *, is_aligned: bool = True
) -> dict[str, Points]:
    """The datapoints of every query, by its id, oldest first.

    Args:
        is_aligned: Periods begin at multiples of their length; else they follow from ``start``.

    Raises:
        AwsError: ``ValidationError`` for what cannot be worked out.
    """
    asked = _Asked(account, queries, start, end, is_aligned)
    return {query["Id"]: asked.points(query["Id"]) for query in queries}


def period_of(query: dict[str, Any], queries: Sequence[dict[str, Any]]) -> int:
    """Seconds: its own, or for an expression the longest of the metrics beside it."""
    if "MetricStat" in query:
        return int(query["MetricStat"]["Period"])
    found = [int(item["MetricStat"]["Period"]) for item in queries if "MetricStat" in item]
    return int(query.get("Period") or max(found, default=MINUTE))


class _Asked:
    """The queries of one request."""

    def __init__(
        self,
        account: "Account",
        queries: list[dict[str, Any]],
        start: float,
        end: float,
        is_aligned: bool,
    ) -> None:
        self._account, self._queries = account, {query["Id"]: query for query in queries}
        self._start, self._end, self._is_aligned = start, end, is_aligned
        self._known: dict[str, Value] = {}
        self._holders = series.holders(account) if len(queries) > 1 else None
        self._open: list[str] = []

    def points(self, id: str) -> Points:
        value = self._value(id)
        if not isinstance(value, dict):
            text = self._queries[id].get("Expression")
            raise AwsError("ValidationError", f"The expression '{text}' must return a single time series.")
        return dict(sorted(value.items()))

    def _value(self, id: str) -> Value:
        if id in self._known:
            return self._known[id]
        query = self._queries.get(id)
        if query is None or id in self._open:
            why = "is not defined" if query is None else "refers to itself"
            raise AwsError("ValidationError", f"The metric id '{id}' {why}.")
        self._open.append(id)
        if "MetricStat" in query:
            read = series.measure if self._is_aligned else series.window
            value: Value = read(self._account, query["MetricStat"], self._start, self._end, self._holders)
        else:
            moments = self._moments(period_of(query, list(self._queries.values())))
            value = self._work_out(parse(query["Expression"]), moments)
        self._open.pop()
        self._known[id] = value
        return value

    def _moments(self, period: int) -> list[float]:
        """The periods that are over or under way in the time asked for."""
        first = self._start // period * period if self._is_aligned else self._start
        end = min(self._end, self._account.world.now())
        return [first + period * number for number in range(math.ceil((end - first) / period))]

    def _work_out(self, node: Node, moments: list[float]) -> Value:
        if node.kind == "number":
            return node.number
        if node.kind == "text":
            return node.word
        if node.kind == "name":
            return node.word if node.word in ("REPEAT", "LINEAR") else self._value(node.word)
        if node.kind == "call" and node.word == "METRICS":
            return self._metrics(node)
        parts = [self._work_out(part, moments) for part in node.parts]
        if node.kind == "list":
            return [points for part in parts for points in _array(part)]
        if node.kind == "call" and node.word == "FILL":
            return _fill(parts, moments)
        if node.kind == "call":
            return _call(node.word, parts)
        return _each(_OPERATORS[node.kind], *parts)

    def _metrics(self, node: Node) -> list[Points]:
        """Every metric of the request, or those whose id holds the text."""
        part = node.parts[0].word if node.parts else ""
        names = [name for name, query in self._queries.items() if "MetricStat" in query and part in name]
        return [points for name in names for points in _array(self._value(name))]


def _divide(left: float, right: float) -> float | None:
    """Division by zero has no datapoint."""
    return left / right if right else None


_Function = Callable[..., float | bool | None]
_OPERATORS: dict[str, _Function] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "^": operator.pow,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "AND": lambda left, right: bool(left) and bool(right),
    "OR": lambda left, right: bool(left) or bool(right),
}
_PLAIN: dict[str, _Function] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}
_GATHER: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": math.fsum,
    "AVG": lambda values: math.fsum(values) / len(values),
    "MIN": min,
    "MAX": max,
}


def _call(name: str, parts: list[Value]) -> Value:
    if name in _GATHER and len(parts) == 1:
        return _gather(_GATHER[name], parts[0])
    if name in _PLAIN and len(parts) == 1:
        return _each(_PLAIN[name], parts[0])
    if name == "IF" and len(parts) in (2, 3):
        return _choose(*parts)
    raise AwsError("ValidationError", f"Unsupported function {name} with {len(parts)} operands.")


def _gather(function: Callable[[Sequence[float]], float], value: Value) -> Value:
    """A series gives a number, an array a series of what its members have in each period."""
    if isinstance(value, dict):
        return function(list(value.values())) if value else {}
    many = _array(value)
    moments = dict.fromkeys(moment for points in many for moment in points)
    return {at: function([points[at] for points in many if at in points]) for at in moments}


def _each(function: _Function, *parts: Value) -> Value:
    """Period by period where all have a datapoint; an array member by member."""
    for place, part in enumerate(parts):
        if isinstance(part, str):
            raise AwsError("ValidationError", f"A text is no operand: '{part}'.")
        if isinstance(part, list):
            before, after = parts[:place], parts[place + 1 :]
            return [p for points in part for p in _array(_each(function, *before, points, *after))]
    many = [part for part in parts if isinstance(part, dict)]
    if not many:
        result = function(*parts)
        return {} if result is None else float(result)
    found: Points = {}
    for at in many[0]:
        if all(at in points for points in many):
            result = function(*(part[at] if isinstance(part, dict) else part for part in parts))
            if result is not None:
                found[at] = float(result)
    return found


def _choose(condition: Value, yes: Value, no: Value | None = None) -> Value:
    """``IF``: one value where the condition is not 0, another, or none, where it is."""
    if isinstance(condition, list | str):
        raise AwsError("ValidationError", "The condition of IF must be a number or a time series.")
    if not isinstance(condition, dict):
        return yes if condition else {} if no is None else no
    found: Points = {}
    for at, holds in condition.items():
        taken = yes if holds else no
        if isinstance(taken, dict):
            if at in taken:
                found[at] = taken[at]
        elif isinstance(taken, int | float):
            found[at] = float(taken)
    return found


def _fill(parts: list[Value], moments: list[float]) -> Value:
    """``FILL``: datapoints where there are none, of a number or like the last one (``REPEAT``)."""
    if len(parts) != 2:
        raise AwsError("ValidationError", "FILL takes two operands.")
    value, filler = parts
    if isinstance(value, list):
        return [p for points in value for p in _array(_fill([points, filler], moments))]
    if not isinstance(value, dict):
        raise AwsError("ValidationError", "FILL takes a time series.")
    if isinstance(filler, int | float):
        return {at: value.get(at, float(filler)) for at in moments}
    if filler not in ("REPEAT", "LINEAR"):
        raise AwsError("ValidationError", "FILL takes a number, REPEAT or LINEAR.")
    known = sorted(value)
    found: Points = {}
    for at in moments:
        before = [moment for moment in known if moment <= at]
        after = [moment for moment in known if moment > at]
        if not before or (filler == "LINEAR" and not after):
            continue
        share = 0.0 if filler == "REPEAT" or not after else (at - before[-1]) / (after[0] - before[-1])
        rise = (value[after[0]] - value[before[-1]]) * share if after else 0.0
        found[at] = value[before[-1]] + rise
    for at in known:
        found.setdefault(at, value[at])
    return found


def _array(value: Value) -> list[Points]:
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return value
    raise AwsError("ValidationError", "A time series is expected here.")
