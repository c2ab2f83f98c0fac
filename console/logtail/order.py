"""Lines in the order of time, whatever order they came in."""

from bisect import bisect_left
from operator import attrgetter

from console.domain.signals import LogLine

key = attrgetter("at", "id")
"""What lines are ordered by."""
_FEW = 32
"""Late lines that are put in place one by one; more of them are merged at once."""


def merge(lines: list[LogLine], fresh: list[LogLine]) -> bool:
    """Put lines into a list that is in order; whether all of them went to its end.

    Args:
        lines: In order; changed in place.
        fresh: In any order, none of them in ``lines``; it is sorted in place.
    """
    if not fresh:
        return True
    fresh.sort(key=key)
    first = key(fresh[0])
    if not lines or key(lines[-1]) <= first:
        lines.extend(fresh)
        return True
    if key(fresh[-1]) <= key(lines[0]):
        lines[:0] = fresh
        return False
    place = bisect_left(lines, first, key=key)
    if len(fresh) <= _FEW:
        for line in fresh:
            place = bisect_left(lines, key(line), place, key=key)
            lines.insert(place, line)
    else:
        lines[place:] = sorted((*lines[place:], *fresh), key=key)
    return False


def place_of(lines: list[LogLine], line: LogLine) -> int:
    """Where a line is, or would be, in a list that is in order."""
    return bisect_left(lines, key(line), key=key)
