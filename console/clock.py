"""The system's clock; everything else in the console is given one."""

import time
from datetime import UTC, datetime
from threading import Event


class SystemClock:
    """Implements :class:`console.ports.Clock` with the machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))

    def wait(self, event: Event, seconds: float) -> bool:
        return event.wait(max(0.0, seconds))
