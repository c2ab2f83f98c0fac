"""Container instances: drained of their tasks, or given back to the scheduler."""

from collections.abc import Mapping
from dataclasses import dataclass

from console.aws.actions.reach import Family, Reach, absent, changed, done, text, waiting
from console.aws.calls import Answer, batches
from console.aws.tasks import PAGE, task_of
from console.domain.action import Action, ActionKind, ActionSight
from console.domain.text import plain
from console.domain.words import count
from console.errors import RejectedError


@dataclass(frozen=True)
class SetState:
    """``instance``: UpdateContainerInstancesState; draining is followed until no task is left on it."""

    state: str

    def perform(self, reach: Reach, action: Action) -> Mapping[str, object]:
        instance = text(action, "instance")
        answer = reach.calls.write(
            "ecs",
            "UpdateContainerInstancesState",
            cluster=reach.settings.cluster,
            containerInstances=[instance],
            status=self.state,
        )
        for failure in answer.get("failures", ()):
            raise RejectedError(f"{instance.rsplit('/', 1)[-1]}: {plain(str(failure.get('reason', '')))}")
        return {"instance": instance}

    def look(self, reach: Reach, action: Action, facts: Mapping[str, object]) -> ActionSight:
        raw = _described(reach, text(action, "instance"))
        status = plain(str(raw.get("status", "")))
        if status != self.state:
            return changed(f"it is {status}") if facts else absent(f"it is {status}")
        if self.state == "DRAINING" and (left := _left(reach, raw)):
            return waiting(f"{count(left, 'task')} still on it", tasks=left)
        return done("no task is left on it" if self.state == "DRAINING" else "it takes tasks again")


def _left(reach: Reach, raw: Answer) -> int:
    """Tasks on an instance, those that are STOPPING included: ``runningTasksCount`` leaves them out as soon
    as they are told to stop, and they work until they end."""
    counted = int(raw.get("runningTasksCount", 0)) + int(raw.get("pendingTasksCount", 0))
    cluster, instance = reach.settings.cluster, str(raw.get("containerInstanceArn", ""))
    arns = {
        str(arn)
        for wanted in ("RUNNING", "STOPPED")
        for page in reach.calls.pages(
            "ecs", "ListTasks", cluster=cluster, containerInstance=instance, desiredStatus=wanted
        )
        for arn in page.get("taskArns", ())
    }
    there = 0
    for batch in batches(sorted(arns), PAGE):
        answer = reach.calls.read("ecs", "DescribeTasks", cluster=cluster, tasks=batch)
        there += sum(not task_of(item).is_stopped for item in answer.get("tasks", ()))
    return max(there, counted)


def _described(reach: Reach, instance: str) -> Answer:
    answer = reach.calls.read(
        "ecs", "DescribeContainerInstances", cluster=reach.settings.cluster, containerInstances=[instance]
    )
    for raw in answer.get("containerInstances", ()):
        return dict(raw)
    raise RejectedError(
        f"cluster {reach.settings.cluster} has no container instance {instance.rsplit('/', 1)[-1]}"
    )


INSTANCES: Mapping[ActionKind, Family] = {
    ActionKind.DRAIN_INSTANCE: SetState("DRAINING"),
    ActionKind.ACTIVATE_INSTANCE: SetState("ACTIVE"),
}
