"""What ``make bench`` prints: a figure beside its budget, aligned, as soon as it is known."""

from collections.abc import Iterable, Sequence

Row = tuple[str, str, str]
"""What was measured, its budget, and the figure."""


def heading(title: str) -> None:
    """Begin a subject."""
    print(f"\n{title}", flush=True)


def show(rows: Iterable[Row]) -> None:
    """Print rows under each other."""
    for what, budget, figure in rows:
        print(f"  {what:<52}{budget:>16}{figure:>18}", flush=True)


def ms(seconds: float, digits: int = 0) -> str:
    """A duration in milliseconds."""
    return f"{seconds * 1000:,.{digits}f} ms"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]
