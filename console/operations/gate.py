"""What else has to be settled before something new is shipped: of a team's checklist we know this alone."""

from typing import Protocol

from console.domain.operation import Check, Plan, Verb

GATED = frozenset({Verb.DEPLOY, Verb.MIGRATE, Verb.CONTINUE})
"""Verbs that wait for it. What goes back, and what only moves tasks, never does; see :func:`is_gated`."""
NAME = "checklist"
"""Of the check that stands for it in a plan."""


def is_gated(plan: Plan) -> bool:
    """Whether a plan waits for it: one that refuses a pause goes back."""
    return plan.verb in GATED and not plan.nothing_to_do and not plan.asked.get("refuse")


class Gate(Protocol):
    """Judges plans of gated verbs; never raises."""

    def check(self, plan: Plan) -> Check | None:
        """How it stands now; ``None`` where there is nothing to be settled. A failed one blocks."""

    def begun(self, plan: Plan, operation: str) -> None:
        """An operation has been confirmed and written down."""


class NoGate:
    """Where there is no checklist."""

    def check(self, plan: Plan) -> Check | None:
        return None

    def begun(self, plan: Plan, operation: str) -> None:
        return
