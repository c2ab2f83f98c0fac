"""Which revision each task is of, in the words that people use: its number, and new or old."""

from collections.abc import Iterable

from console.domain.service import ServiceStatus
from console.domain.tasks import Task

NEW, OLD = "new", "old"


def numbers(tasks: Iterable[Task]) -> dict[str, str]:
    """Task id -> the number of its task definition, ``43``."""
    return {task.id: task.definition.rsplit(":", 1)[-1] for task in tasks}


def ages(tasks: Iterable[Task], status: ServiceStatus) -> dict[str, str]:
    """Task id -> ``new`` for tasks of the deployment that the service is to run, ``old`` for the others.

    A forced deployment runs the same revision anew: its tasks are new, the ones before it old.
    """
    primary = status.primary.id if status.primary is not None else ""
    return {task.id: NEW if task.deployment == primary else OLD for task in tasks}
