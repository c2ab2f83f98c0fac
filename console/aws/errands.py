"""One-off tasks: those that no service keeps, and the last that they wrote."""

from collections.abc import Iterable, Iterator

from console.aws.calls import Calls
from console.aws.log_lines import kept_text
from console.aws.log_places import places_of
from console.aws.tasks import task_of
from console.domain.tasks import Task
from console.errors import QuarterdeckError

STARTED_BY = "quarterdeck"
_AT_ONCE = 100
"""Tasks of one DescribeTasks (ECS API reference)."""
LAST_LINES = 12


def one_off_tasks(calls: Calls, cluster: str, definition: str, keeps: Iterable[str]) -> tuple[Task, ...]:
    """The tasks of a definition's family that no service keeps, newest first.

    ECS shows stopped tasks for about an hour (ECS API reference, ListTasks).

    Args:
        keeps: Beginnings of ``startedBy`` that mean a service's own tasks.
    """
    family = family_of(definition)
    found: list[Task] = []
    for wanted in ("RUNNING", "STOPPED"):
        for page in calls.pages("ecs", "ListTasks", cluster=cluster, family=family, desiredStatus=wanted):
            arns = list(page.get("taskArns", ()))[:_AT_ONCE]
            if arns:
                answer = calls.read("ecs", "DescribeTasks", cluster=cluster, tasks=arns)
                found += [task_of(raw) for raw in answer.get("tasks", ())]
    loose = {task.id: task for task in found if not task.deployment.startswith(tuple(keeps))}
    return tuple(
        sorted(loose.values(), key=lambda task: (task.created_at is not None, task.created_at), reverse=True)
    )


def family_of(definition: str) -> str:
    """The family of an ARN, of ``family:revision``, or of a family."""
    return definition.rsplit("/", 1)[-1].partition(":")[0]


def last_lines(calls: Calls, containers: Iterable[dict[str, object]], task: str) -> Iterator[str]:
    """The last lines that a task's containers wrote, oldest first, secrets masked.

    Nothing where they log elsewhere, or where it cannot be read: it is evidence, and nothing waits for it.
    """
    for place in places_of(list(containers), ""):
        if place.problem:
            continue
        try:
            answer = calls.read(
                "logs",
                "FilterLogEvents",
                region=place.region,
                logGroupName=place.group,
                logStreamNames=[f"{place.stream}{task}"],
            )
        except QuarterdeckError:
            continue
        for raw in list(answer.get("events", ()))[-LAST_LINES:]:
            yield kept_text(str(raw.get("message", "")))
