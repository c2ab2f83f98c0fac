"""Statistics over measured values: the plain ones, and percentiles."""

import math
import re
from collections.abc import Callable, Sequence

from console.sandbox.registry import AwsError

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


def check(statistic: str) -> None:
    """Refuse a statistic that :func:`statistic_of` does not know.

    Raises:
        AwsError: ``ValidationError``.
    """
    if statistic not in _PLAIN and not _PERCENTILE.fullmatch(statistic):
        raise AwsError("ValidationError", f"The value {statistic} for parameter Stat is not supported.")


def statistic_of(statistic: str, values: Sequence[float]) -> float:
    """One number out of at least one value; ``pNN`` interpolates between the nearest two."""
    plain = _PLAIN.get(statistic)
    if plain is not None:
        return plain(values)
    ordered = sorted(values)
    place = float(statistic[1:]) / 100 * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _average(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


_PLAIN: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": math.fsum,
    "Average": _average,
    "Minimum": min,
    "Maximum": max,
    "SampleCount": lambda values: float(len(values)),
}
