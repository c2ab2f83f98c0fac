"""Where pollers leave what they know, and from where one reader takes it.

Pictures are immutable and replaced whole, so that a reader never sees half of a change.
"""

from threading import Lock

from console.domain.fleet import EMPTY_FLEET, EnvironmentPicture, FleetSnapshot


class FleetStore:
    """The newest picture of every environment, in the order in which they were first published.

    Any thread may publish; ``take`` is meant for one reader, which asks as often as it draws.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._snapshot = EMPTY_FLEET
        self._taken = EMPTY_FLEET

    @property
    def snapshot(self) -> FleetSnapshot:
        """Everything known now."""
        with self._lock:
            return self._snapshot

    def publish(self, picture: EnvironmentPicture) -> None:
        """Replace the picture of one environment."""
        with self._lock:
            self._snapshot = FleetSnapshot({**self._snapshot.environments, picture.environment.key: picture})

    def take(self) -> FleetSnapshot | None:
        """Return everything known, or ``None`` when nothing was published since the last ``take``."""
        with self._lock:
            if self._snapshot is self._taken:
                return None
            self._taken = self._snapshot
            return self._snapshot
