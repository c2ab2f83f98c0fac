"""Whose the lines of a log are, and what the platform said between them, taken from the picture."""

from collections.abc import Iterable
from datetime import datetime

from console.domain.fleet import ServicePicture
from console.domain.signals import LogLine
from console.domain.tasks import Task
from console.logtail.revisions import NEW, OLD
from widgets.log_line import PLATFORM
from widgets.task_table import revision_of


class TaskBook:
    """Every task that was ever seen; tasks that are gone keep their revision, as their lines stay."""

    def __init__(self) -> None:
        self.revisions: dict[str, str] = {}
        """Task id -> ``:43``. Another object after every change."""
        self.deployments: dict[str, str] = {}
        """Task id -> deployment: two releases may share one revision, when only a tag has moved."""
        self.new = ""
        """The newest deployment."""
        self.present: tuple[str, ...] = ()
        """What :attr:`sides` are called of the tasks that there are now, newest first."""
        self.sides: dict[str, str] = {}
        """Task id -> its revision, or *new* and *old* where two deployments run the same one."""
        self._events: set[str] = set()

    def learn(self, picture: ServicePicture) -> bool:
        """Take over what is new in a picture; whether there was anything."""
        tasks = _tasks(picture)
        primary = picture.status.primary if picture.status else None
        new = primary.id if primary else self.new
        known = {task.id: revision_of(task) for task in tasks}
        self._compare([task for task in tasks if task.stopped_at is None], new)
        if new == self.new and known.items() <= self.revisions.items():
            return False
        self.new = new
        self.deployments.update((task.id, task.deployment) for task in tasks)
        self.revisions = {**self.revisions, **known}
        return True

    def _compare(self, running: list[Task], new: str) -> None:
        """Find names by which the deployments that run now can be told apart."""
        revisions = {revision_of(task) for task in running}
        if len(revisions) < len({task.deployment for task in running}):
            self.sides = {task.id: NEW if task.deployment == new else OLD for task in running}
            self.present = tuple(name for name in (NEW, OLD) if name in self.sides.values())
        else:
            self.sides = {task.id: revision_of(task) for task in running}
            self.present = tuple(sorted(revisions, key=_number, reverse=True))

    def events(self, picture: ServicePicture, first: datetime) -> tuple[LogLine, ...]:
        """What the platform said since a moment and was not asked for before."""
        events = picture.status.events if picture.status else ()
        fresh = [item for item in events if item.id not in self._events and item.at >= first]
        self._events.update(item.id for item in fresh)
        return tuple(
            LogLine(f"event {item.id}", item.at, "", PLATFORM, words_of_event(item.message)) for item in fresh
        )


def words_of_event(message: str) -> str:
    """What the platform said, without the name of the service before it."""
    return message.split(") ", 1)[1] if message.startswith("(service ") and ") " in message else message


def _tasks(picture: ServicePicture) -> tuple[Task, ...]:
    observed: Iterable[Task] = picture.observation.tasks if picture.observation else ()
    return (*(picture.tasks or ()), *observed)


def _number(revision: str) -> tuple[int, str]:
    digits = revision.removeprefix(":")
    return (int(digits) if digits.isascii() and digits.isdigit() else 0), revision
