"""What a one-off task does: how long it works, how it ends, what it writes.

A task of a service serves until it is stopped; one that was run for an errand, such as a migration,
ends by itself. Fleets say what errands their task definitions are made for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SECONDS = 12.0
"""How long a command takes of which nothing else is known."""


@dataclass(frozen=True)
class Errand:
    """One errand. All delays count from RUNNING, in seconds at speed 1."""

    dies_after: float = SECONDS
    """When its main container exits by itself."""
    exit_code: int = 0
    container_reason: str | None = None
    """``containers[].reason`` of that end; ``None``: ECS names none."""
    lines: tuple[tuple[float, str, str], ...] = ()
    """What it writes: when, level, text."""
    ignores_sigterm: bool = False
    """It works on when it is told to stop, until it is killed (exit code 137 instead of 143)."""


def of_command(command: Sequence[str]) -> Errand:
    """A command of which nothing else is known: it says what it does, and succeeds."""
    text = " ".join(command)
    return Errand(lines=((0.4, "info", f"running {text}"), (SECONDS - 0.5, "info", f"{text}: done")))
