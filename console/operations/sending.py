"""Sent, and sent again only where AWS has certainly refused it as one call too many.

Every other doubt is looked up and never repeated: see :mod:`console.operations.ordering`.
"""

from collections.abc import Callable, Generator, Mapping
from typing import TypeVar

from console.domain.operation import OperationEvent, Verdict
from console.errors import ThrottledError
from console.operations.carrier import Carrier

SEND_FOR_S = 120.0
"""For how long a write that is refused so is sent again, from its first attempt."""
PAUSES_S = (2.0, 4.0, 8.0)
"""Before each further attempt; the last one stays. Shorter than a heartbeat may be old."""

_T = TypeVar("_T")


def send(
    carrier: Carrier,
    what: str,
    call: Callable[[], _T],
    *,
    outcome: Callable[[], _T | None] = lambda: None,
    changed: Callable[[], str] = lambda: "",
    intent: str = "sent",
    facts: Mapping[str, object] | None = None,
    journal_only: Mapping[str, object] | None = None,
) -> Generator[OperationEvent, None, _T | None]:
    """Make one call until AWS takes it; every attempt but the first is journalled here before it is made.

    Args:
        what: The call, in words.
        call: Makes it, once.
        outcome: Looks whether a refused attempt was carried out all the same; ``None``: it was not.
        changed: Reads what has changed since the plan, in words; empty when nothing has.
        intent: The event that announces a further attempt.
        facts: Of that event.
        journal_only: Of that event, for a resume.

    Returns:
        What the call, or ``outcome``, answered; ``None`` when the operation has ended instead.

    Raises:
        QuarterdeckError: as the call does; a throttled one once the time is up.
    """
    began, attempt = carrier.clock.monotonic(), 1
    while True:
        try:
            return call()
        except ThrottledError as error:
            pause = PAUSES_S[min(attempt, len(PAUSES_S)) - 1]
            if not _may_wait(carrier, carrier.clock.monotonic() - began + pause, pause):
                raise
            said = f"{what} throttled, not carried out; retrying in {pause:g} s"
            yield carrier.event("throttled", f"{said} · {error.message}", {"attempt": attempt})
        carrier.log.beat()
        carrier.clock.sleep(pause)
        answer = outcome()
        if answer is not None:
            return answer
        difference = changed()
        if difference:
            yield carrier.end(Verdict.REFUSED, None, f"the service changed since the plan: {difference}")
            return None
        attempt += 1
        yield carrier.event(intent, f"sending {what} again, attempt {attempt}", facts, journal_only)


def _may_wait(carrier: Carrier, spent_s: float, pause_s: float) -> bool:
    """Whether the next attempt would still be made in time."""
    limit = carrier.limits.timeout_s
    watched = (carrier.clock.now() - carrier.watched_since).total_seconds()
    return spent_s <= SEND_FOR_S and (limit is None or watched + pause_s < limit)
