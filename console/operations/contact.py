"""Whether the platform answers while an operation is followed; the platform goes on without us."""

from collections.abc import Iterator
from dataclasses import replace

from console.domain.operation import OperationEvent, Verdict
from console.errors import QuarterdeckError
from console.operations.carrier import Carrier

LONGER_S = 60.0
"""Contact must have been lost this long before a watch past its timeout ends UNKNOWN (s)."""


class Contact:
    """Says once that contact is lost, and once that it is back.

    It gives up when the watch is past its timeout and contact has been lost for :data:`LONGER_S`; without a
    timeout it never does.
    """

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._last = carrier.clock.monotonic()

    def lost(self, error: QuarterdeckError) -> Iterator[OperationEvent]:
        """A read failed; ends the operation as UNKNOWN once the time for which it is watched is up."""
        carrier = self._carrier
        if carrier.in_contact:
            carrier.in_contact = False
            since = carrier.clock.now()
            carrier.progress = replace(carrier.progress, contact_lost_since=since)
            yield carrier.event("contact_lost", f"contact lost: {error} · ECS goes on")
        lost_for = carrier.clock.monotonic() - self._last
        if lost_for >= LONGER_S and carrier.is_overdue:
            said = f"the time is up, contact lost for {lost_for:.0f} s: {error}"
            yield carrier.end(Verdict.UNKNOWN, None, said)

    def regained(self) -> Iterator[OperationEvent]:
        """A read was answered."""
        carrier = self._carrier
        self._last = carrier.clock.monotonic()
        if not carrier.in_contact:
            carrier.in_contact = True
            carrier.progress = replace(carrier.progress, contact_lost_since=None)
            yield carrier.event("contact", "in contact again")
