"""The little statistics that judging takes: exact for counts, robust for the rest."""

from collections.abc import Sequence
from math import exp, lgamma, log
from statistics import median

_MAD = 1.4826
"""Median absolute deviation to standard deviation, of a normal distribution."""


def chance_of_as_many(bad: int, of: int, usual_bad: int, usual_of: int) -> float:
    """How likely at least ``bad`` failures among ``of`` requests are, if they fail as often as the usual
    ones: Fisher's exact test, one-sided.

    Exact also where failures are few, where the normal approximation calls three errors of fifty a proof.
    """
    total, failures = of + usual_of, bad + usual_bad
    if bad <= 0 or of <= 0 or usual_of <= 0:
        return 1.0
    every = _choose(total, of)
    chance = 0.0
    for k in range(bad, min(of, failures) + 1):
        term = exp(_choose(failures, k) + _choose(total - failures, of - k) - every)
        chance += term
        if term < chance * 1e-12:
            break
    return min(1.0, chance)


def spread(values: Sequence[float]) -> float:
    """Standard deviation of the logarithms, by their median absolute deviation: a single outlier does not
    move it. 0 for fewer than three values above zero."""
    logs = [log(value) for value in values if value > 0]
    if len(logs) < 3:
        return 0.0
    middle = median(logs)
    return _MAD * median(abs(item - middle) for item in logs)


def _choose(n: int, k: int) -> float:
    """Logarithm of the number of ways to take ``k`` of ``n``."""
    if k < 0 or k > n:
        return float("-inf")
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
