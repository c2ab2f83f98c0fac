"""Keeps pauses of Python itself away from the keys.

Measured with a log of 100,000 lines: threads that parse made the interface's wait five milliseconds at
each of its turns, and a full garbage collection stopped everything for a fifth of a second.
"""

import gc
import sys

SWITCH_S = 0.001
"""How long a thread that computes keeps the others waiting (the interpreter's own is 5 ms)."""
QUIET_S = 5.0
"""Without a key for that long, nobody waits for one."""
EVERY_S = 60.0
"""Between two full collections."""
_YOUNG, _MIDDLE, _NEVER = 1_000, 20, 1_000_000


def hush() -> None:
    """Collect nothing while modules are loaded: what they make stays. :func:`prepare` begins again."""
    gc.disable()


def prepare() -> None:
    """Let threads take turns faster, and leave full collections to :class:`Collector`; once a process."""
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
    gc.freeze()  # what has been imported stays
    gc.enable()


class Collector:
    """Collects everything now and then, while nobody is at the keys; all times monotonic seconds."""

    def __init__(self) -> None:
        self._touched_at = self._collected_at = 0.0

    def touched(self, now: float) -> None:
        """Somebody is at the keys."""
        self._touched_at = now

    def tick(self, now: float) -> bool:
        """Collect where it is time; whether it was."""
        is_late = now - self._collected_at >= 10 * EVERY_S
        is_quiet = now - self._touched_at >= QUIET_S
        if now - self._collected_at < EVERY_S or not (is_quiet or is_late):
            return False
        gc.collect()
        self._collected_at = now
        return True
