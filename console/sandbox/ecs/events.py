"""The event list of a service, in ECS's own words (ECS developer guide, service-event-messages-list)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.sandbox.ecs import ids, timing
from console.sandbox.ecs.model import Deployment, Event, Service, Task

if TYPE_CHECKING:
    from console.sandbox.kernel import World

MOST = 100
"""Events kept (ECS developer guide, service-event-messages)."""

STEADY = "has reached a steady state."
DEADLOCK = (
    "was unable to stop or start tasks during a deployment because of the service deployment configuration. "
    "Update the minimumHealthyPercent or maximumPercent value and try again."
)
INCONSISTENT = "is unable to consistently start tasks successfully."


def say(
    world: "World",
    service: Service,
    text: str,
    *,
    task_set: Deployment | None = None,
    later: float = 0.0,
    at: float | None = None,
) -> None:
    """Add an event.

    Args:
        task_set: Whose tasks it is about, where ECS names the deployment in the prefix.
        later: Seconds after now; ECS stamps the second of a pair 1 to 6 ms after the first.
        at: The moment, for an event of the past.
    """
    owner = f"(service {service.name}, taskSet {task_set.id})" if task_set else f"(service {service.name})"
    moment = round((world.now() if at is None else at) + later, 3)
    if service.events:
        moment = max(moment, service.events[0].at)
    service.events.insert(0, Event(ids.event_id(world, service), moment, f"{owner} {text}"))
    del service.events[MOST:]


def say_once(world: "World", service: Service, text: str) -> None:
    """Add an event unless the same was said less than six hours ago."""
    since = world.now() - world.seconds(timing.REPEAT)
    message = f"(service {service.name}) {text}"
    if not any(event.message == message and event.at > since for event in service.events):
        say(world, service, text)


def started(tasks: Sequence[Task], unhealthy: int = 0) -> str:
    text = f"has started {len(tasks)} tasks: {_names(tasks)}."
    if unhealthy:
        text += f" Amazon ECS replaced {unhealthy} tasks due to an unhealthy status."
    return text


def stopped(tasks: Sequence[Task]) -> str:
    return f"has stopped {len(tasks)} running tasks: {_names(tasks)}."


def started_in_zone(tasks: Sequence[Task]) -> str:
    zones = ", ".join(dict.fromkeys(task.zone for task in tasks))
    return f"has started {len(tasks)} tasks in {zones} to AZ Rebalance: {_names(tasks)}."


def stopped_in_zone(tasks: Sequence[Task]) -> str:
    zones = ", ".join(dict.fromkeys(task.zone for task in tasks))
    return f"has stopped {len(tasks)} running tasks in {zones} due to AZ rebalancing: {_names(tasks)}."


def stopped_pending(tasks: Sequence[Task]) -> str:
    return f"has stopped {len(tasks)} pending tasks."


def registered(count: int, group: str) -> str:
    return f"registered {count} targets in (target-group {group})"


def deregistered(count: int, group: str) -> str:
    return f"deregistered {count} targets in (target-group {group})"


def draining(count: int) -> str:
    return f"has begun draining connections on {count} tasks."


def unhealthy_target(task: Task, port: int, group: str, reason: str) -> str:
    return f"(task {task.id}) (port {port}) is unhealthy in (target-group {group}) due to (reason {reason})."


def unhealthy_container(task: Task) -> str:
    return f"(task {task.id}) failed container health checks."


def completed(deployment: Deployment) -> str:
    return f"(deployment {deployment.id}) deployment completed."


def failed(deployment: Deployment) -> str:
    return f"(deployment {deployment.id}) deployment failed: tasks failed to start."


def failed_by_alarm(deployment: Deployment) -> str:
    return f"(deployment {deployment.id}) deployment failed: alarm detected."


def rolling_back(deployment: Deployment) -> str:
    return f"rolling back to deployment {deployment.id}."


def _names(tasks: Sequence[Task]) -> str:
    return " ".join(f"(task {task.id})" for task in tasks)
