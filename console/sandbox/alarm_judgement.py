"""Whether an alarm's datapoints cross its threshold, missing ones included, and how that is said.

The rules are those of CloudWatch's user guide, alarm-evaluation and alarms-and-missing-data.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import ge, gt, le, lt

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"

COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (ge, "greater than or equal to"),
    "LessThanThreshold": (lt, "less than"),
    "LessThanOrEqualToThreshold": (le, "less than or equal to"),
}
_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


@dataclass(frozen=True)
class Rule:
    """What turns datapoints into a state."""

    comparison: str
    threshold: float
    periods: int
    """N: evaluation periods."""
    enough: int
    """M: breaching datapoints that make an alarm."""
    missing: str
    """``missing``, ``ignore``, ``breaching`` or ``notBreaching``."""

    def breaches(self, value: float) -> bool:
        return COMPARISONS[self.comparison][0](value, self.threshold)


@dataclass(frozen=True)
class Point:
    """One period: when it began (epoch seconds), and its value if it has one."""

    at: float
    value: float | None


def judge(rule: Rule, points: Sequence[Point]) -> str | None:
    """The state that the evaluation range calls for; ``None`` keeps the one that is.

    Args:
        points: The range, oldest first: some more periods than the rule needs, so that datapoints
            which are late are made up for by older ones.
    """
    real = considered(rule, points)
    breaching = sum(rule.breaches(value) for value in real)
    lacking = rule.periods - len(real)
    if breaching >= rule.enough:
        return ALARM
    if lacking <= 0 or rule.missing == "notBreaching":
        return OK
    if rule.missing == "breaching":
        return ALARM if breaching + lacking >= rule.enough else OK
    if breaching < len(real):
        return OK
    if rule.missing == "ignore":
        return None
    if not real:
        return INSUFFICIENT
    return ALARM if _age_of_oldest(points) >= rule.enough else None


def considered(rule: Rule, points: Sequence[Point]) -> list[float]:
    """The datapoints that count: the newest that there are, no more than the rule's periods."""
    return [point.value for point in points if point.value is not None][-rule.periods :]


def reason(rule: Rule, state: str, points: Sequence[Point]) -> str:
    """The sentence of ``StateReason``."""
    known = [point for point in points if point.value is not None][-rule.periods :]
    lacking = rule.periods - len(known)
    if state == INSUFFICIENT:
        some = "1 datapoint was" if lacking == 1 else f"{lacking} datapoints were"
        return f"Insufficient Data: {some} unknown."
    if not known:
        periods = "1 period" if lacking == 1 else f"{lacking} periods"
        points_are = "1 missing datapoint was" if lacking == 1 else f"{lacking} missing datapoints were"
        treated = _TREATED.get(rule.missing, rule.missing)
        return (
            f"Threshold Crossed: no datapoints were received for {periods} and "
            f"{points_are} treated as [{treated}]."
        )
    is_alarm = state == ALARM
    named = [point for point in known if rule.breaches(point.value or 0.0) == is_alarm] or known
    listed = ", ".join(f"{point.value} ({_day(point.at)})" for point in reversed(named))
    verb = ("was" if len(named) == 1 else "were") + ("" if is_alarm else " not")
    needed = rule.enough if is_alarm else rule.periods - rule.enough + 1
    plural = "datapoint" if needed == 1 else "datapoints"
    direction = "OK -> ALARM" if is_alarm else "ALARM -> OK"
    return (
        f"Threshold Crossed: {len(named)} out of the last {rule.periods} datapoints [{listed}] {verb} "
        f"{COMPARISONS[rule.comparison][1]} the threshold ({rule.threshold}) "
        f"(minimum {needed} {plural} for {direction} transition)."
    )


def reason_data(rule: Rule, points: Sequence[Point], statistic: str, period: int, now: float) -> str:
    """``StateReasonData``: the datapoints that were looked at, as JSON."""
    known = [point for point in points if point.value is not None][-rule.periods :]
    data = {
        "version": "1.0",
        "queryDate": stamp(now),
        "startDate": stamp(known[0].at if known else now),
        "statistic": statistic,
        "period": period,
        "recentDatapoints": [point.value for point in known],
        "threshold": rule.threshold,
        "evaluatedDatapoints": [
            {"timestamp": stamp(point.at), "value": point.value} for point in reversed(known)
        ],
    }
    return json.dumps(data, separators=(",", ":"))


def stamp(at: float) -> str:
    """A moment as alarm data spells it: milliseconds, ``+0000``."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def _age_of_oldest(points: Sequence[Point]) -> int:
    """How many periods ago the oldest datapoint is; the newest period is 1."""
    ages = [len(points) - number for number, point in enumerate(points) if point.value is not None]
    return max(ages, default=0)


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d/%m/%y %H:%M:%S")
