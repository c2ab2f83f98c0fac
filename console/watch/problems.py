"""What of an environment cannot be read, and which of it is told first."""

from datetime import datetime

from console.domain.fleet import Problem

PARTS = (
    "status",
    "unknown",
    "bug",
    "services",
    "holds",
    "identity",
    "standing",
    "tasks",
    "versions",
    "figures",
    "signals",
)
"""What can fail, by how much it takes away; a single service counts as ``services``."""
KEY = "key "
"""What a part begins with that is the key of another supplier: the least of all, because nothing that AWS
tells is missing."""
_SERVICES = PARTS.index("services")


class Problems:
    """By part. Not thread-safe."""

    def __init__(self) -> None:
        self._by_part: dict[str, Problem] = {}

    def __contains__(self, part: str) -> bool:
        return part in self._by_part

    def fail(self, part: str, title: str, message: str, remedy: str, at: datetime) -> None:
        """Note why a part cannot be read; ``since`` stays that of its first failure in a row."""
        known = self._by_part.get(part)
        since = known.since if known else at
        self._by_part[part] = Problem(title, message, remedy, since, part)

    def recover(self, part: str) -> None:
        """Note that a part was read."""
        self._by_part.pop(part, None)

    def first(self) -> Problem | None:
        """Of several the one that takes most away; services stand between status and the rest."""
        return min(self._by_part.values(), key=lambda item: (_rank(item.part), item.since), default=None)


def _rank(part: str) -> int:
    if part.startswith(KEY):
        return len(PARTS)
    return PARTS.index(part) if part in PARTS else _SERVICES
