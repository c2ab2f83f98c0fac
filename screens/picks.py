"""What a question offers to pick from, or shows beside it: read on a thread, narrowed by what is typed."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from console.domain.address import Address
from console.domain.backlog import Backlog
from console.domain.instance import Instance
from console.domain.operation import Verb
from console.domain.registry import Offer
from console.domain.scaling import Scaling
from console.domain.service import Observation, ServiceStatus
from console.domain.tasks import Task
from console.domain.wish import Wish
from widgets.glyphs import Glyphs
from widgets.leavers import instance_line, task_line
from widgets.line import Line
from widgets.offers import listed, offer_line
from widgets.scaling_view import ScalingAnswer, scaling_lines

ROWS = 9
"""Rows that are shown at a time."""


class Sight(Protocol):
    """The part of a platform that is looked at while something is asked; its methods block and may raise."""

    def observe(self, address: Address) -> Observation: ...

    def instances(self, address: Address) -> tuple[Instance, ...]: ...

    def scaling(self, address: Address) -> Scaling | None: ...

    def backlog(self, address: Address) -> Backlog | None: ...


class Registry(Protocol):
    """What lists a registry; it blocks and may raise."""

    def versions(self, address: Address) -> tuple[Offer, ...]: ...


class Picks(Protocol):
    """Rows to pick from."""

    waiting: str
    """What is said while it is read."""
    unread: str
    """What could not be done, for when it cannot be read."""

    def read(self) -> object:
        """Read it; on a thread."""
        ...

    def take(self, value: object) -> str:
        """Keep what was read; why there is nothing to pick from, else empty."""
        ...

    def count(self, typed: str) -> int:
        """How many rows there are to pick from."""
        ...

    def picked(self, wish: Wish, typed: str, row: int) -> Wish:
        """The wish with that row in it."""
        ...

    def lines(
        self, typed: str, row: int, now: datetime, column: int, width: int, glyphs: Glyphs
    ) -> tuple[Line, ...]:
        """The rows that fit, the picked one among them."""
        ...


class Versions:
    """The registry's versions of a service, newest first.

    Args:
        known_only: Those only that run there or ran.
    """

    waiting = "reading the registry"
    unread = "the registry cannot be listed"

    def __init__(self, registry: Registry, address: Address, *, known_only: bool = False) -> None:
        self._registry = registry
        self._address = address
        self._known_only = known_only
        self._offers: tuple[Offer, ...] = ()

    def read(self) -> object:
        return self._registry.versions(self._address)

    def take(self, value: object) -> str:
        found: tuple[Offer, ...] = value if isinstance(value, tuple) else ()
        if self._known_only:
            self._offers = tuple(offer for offer in found if offer.runs or offer.ran or offer.is_bad)
            return "" if self._offers else "nothing that the registry holds is known to have run here"
        self._offers = found
        return "" if self._offers else "the registry holds no version"

    def count(self, typed: str) -> int:
        return len(self._shown(typed))

    def name(self, typed: str, row: int) -> str:
        """What names the version of a row: its label where that is a tag, else its digest."""
        version = self._shown(typed)[row].found.version
        return version.label if version.label in version.tags else version.digest or version.label

    def picked(self, wish: Wish, typed: str, row: int) -> Wish:
        return replace(wish, version=self.name(typed, row))

    def lines(
        self, typed: str, row: int, now: datetime, column: int, width: int, glyphs: Glyphs
    ) -> tuple[Line, ...]:
        shown = self._shown(typed)
        if not shown:
            return (Line().put(column, "nothing in the registry is called so", "muted", width),)
        lines = [offer_line(item, at == row, now, column, width, glyphs) for at, item in enumerate(shown)]
        return listed(lines, row, ROWS, column, glyphs)

    def _shown(self, typed: str) -> tuple[Offer, ...]:
        wanted = typed.lower()
        return tuple(offer for offer in self._offers if not wanted or wanted in _words(offer))


def _words(offer: Offer) -> str:
    version = offer.found.version
    return " ".join((version.label, *version.tags, version.digest or "", offer.found.commit)).lower()


@dataclass(frozen=True)
class _Leaving:
    """What could leave."""

    seen: Observation
    instances: tuple[Instance, ...]


class Leavers:
    """The tasks of a service, and the machines that they stand on where the cluster has any of its own."""

    waiting = "reading tasks and container instances"
    unread = "tasks and container instances cannot be read"

    def __init__(self, sight: Sight, address: Address) -> None:
        self._sight = sight
        self._address = address
        self._found: _Leaving | None = None

    def read(self) -> object:
        seen = self._sight.observe(self._address)
        return _Leaving(seen, self._sight.instances(self._address))

    def take(self, value: object) -> str:
        self._found = value if isinstance(value, _Leaving) else None
        return "" if self._shown("") else "no task runs, and no container instance stands there"

    def count(self, typed: str) -> int:
        return len(self._shown(typed))

    def picked(self, wish: Wish, typed: str, row: int) -> Wish:
        """A machine that leaves already is brought back instead."""
        item = self._shown(typed)[row]
        if isinstance(item, Task):
            return replace(wish, task=item.id, instance="")
        verb = Verb.UNDRAIN if item.status == "DRAINING" else Verb.DRAIN
        return replace(wish, verb=verb, task="", instance=item.id)

    def lines(
        self, typed: str, row: int, now: datetime, column: int, width: int, glyphs: Glyphs
    ) -> tuple[Line, ...]:
        shown = self._shown(typed)
        if self._found is None or not shown:
            return (Line().put(column, "no task or container instance is called so", "muted", width),)
        targets = self._found.seen.targets
        lines = [
            task_line(item, targets, at == row, now, column, width, glyphs)
            if isinstance(item, Task)
            else instance_line(item, at == row, column, width, glyphs)
            for at, item in enumerate(shown)
        ]
        return listed(lines, row, ROWS, column, glyphs)

    def _shown(self, typed: str) -> tuple[Task | Instance, ...]:
        if self._found is None:
            return ()
        tasks = tuple(task for task in self._found.seen.tasks if not task.is_stopped)
        every: tuple[Task | Instance, ...] = (*tasks, *self._found.instances)
        return tuple(item for item in every if typed.lower() in _name(item))


def _name(item: Task | Instance) -> str:
    return item.id if isinstance(item, Task) else f"{item.id} {item.machine}".lower()


@dataclass(frozen=True)
class _Counts:
    """What a new count is compared with."""

    status: ServiceStatus
    scaling: Scaling | None
    backlog: Backlog | None


class Counts:
    """How many tasks there are, who changes that, and what waits for them; nothing is picked from it."""

    waiting = "reading counts, autoscaling and queue"
    unread = "what there is cannot be read"

    def __init__(self, sight: Sight, address: Address) -> None:
        self._sight = sight
        self._address = address
        self._found: _Counts | None = None

    def read(self) -> object:
        seen = self._sight.observe(self._address)
        return _Counts(seen.status, self._sight.scaling(self._address), self._sight.backlog(self._address))

    def take(self, value: object) -> str:
        self._found = value if isinstance(value, _Counts) else None
        return ""

    def count(self, typed: str) -> int:
        return 0

    def picked(self, wish: Wish, typed: str, row: int) -> Wish:
        return wish

    def lines(
        self, typed: str, row: int, now: datetime, column: int, width: int, glyphs: Glyphs
    ) -> tuple[Line, ...]:
        if self._found is None:
            return ()
        status, backlog = self._found.status, self._found.backlog
        tasks = Line()
        said = f"{status.running:,} of {status.desired:,} running"
        if status.pending:
            said += f", {status.pending:,} pending"
        tasks.put(column, "tasks", "faint").put(column + 16, said, "text")
        lines = [tasks]
        if backlog is not None:
            ink = "warning" if backlog.ringing else "text"
            line = Line().put(column, "queue", "faint")
            lines.append(line.put(column + 16, backlog.said, ink, width - 16))
            if backlog.ringing:
                names = ", ".join(backlog.ringing)
                lines.append(Line().put(column + 16, f"alarms ring: {names}", "warning", width - 16))
        scaling = scaling_lines(
            ScalingAnswer(now, self._found.scaling), status, now, column, column + width, glyphs
        )
        return (*lines, *scaling.part(0, ROWS))
