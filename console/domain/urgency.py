"""Whose calls go first when there are fewer than everybody wants."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum


class Urgency(IntEnum):
    """Orders go before looks, looks before sweeps; the lower number first."""

    ORDER = 0
    """Operations, and whatever says nothing else."""
    FOCUS = 1
    """What the operator looks at."""
    MOVING = 2
    """What is deploying or in trouble."""
    FLEET = 3
    """All the rest."""
    SPARE = 4
    """What may wait until nobody else wants anything: proofs of the way back."""


_CURRENT: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.ORDER)


def current_urgency() -> Urgency:
    """The urgency of the calls that this thread makes now."""
    return _CURRENT.get()


@contextmanager
def urgently(urgency: Urgency) -> Iterator[None]:
    """Make the calls of a block with that urgency."""
    token = _CURRENT.set(urgency)
    try:
        yield
    finally:
        _CURRENT.reset(token)
