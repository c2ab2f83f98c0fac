"""Single tasks: one is stopped, or one is run once and followed to its exit code."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from console.aws.actions.reach import Family, Reach, absent, done, failed, text, waiting
from console.aws.errands import STARTED_BY, last_lines, one_off_tasks
from console.aws.orders import pinned
from console.aws.tasks import Tasks, task_of
from console.domain.action import Action, ActionKind, ActionSight
from console.domain.service import ServiceStatus
from console.domain.tasks import Task
from console.domain.text import plain
from console.errors import QuarterdeckError, RejectedError


def started_by(token: str) -> str:
    """Who started a one-off task, by which it is found again if the answer that named it is lost.

    Another one for each token, and no longer than the 36 characters that ECS has always taken (ECS API
    reference, RunTask).
    """
    return f"{STARTED_BY}-{sha256(token.encode()).hexdigest()[:24]}"


class StopTask:
    """``task``, ``reason``: StopTask, followed until the task is stopped and the count is whole again."""

    def perform(self, reach: Reach, action: Action) -> Mapping[str, object]:
        task = text(action, "task")
        reach.calls.write(
            "ecs",
            "StopTask",
            cluster=reach.settings.cluster,
            task=task,
            reason=str(action.parameters.get("reason", "")),
        )
        return {"task": task}

    def look(self, reach: Reach, action: Action, facts: Mapping[str, object]) -> ActionSight:
        found = described(reach, text(action, "task"))
        status = reach.status()
        if found is not None and not found.is_stopped:
            if not facts and found.desired_status == "RUNNING":
                return absent("it runs as before")
            stands = _target(reach, found, status)
            return waiting(f"task {found.id[:8]} is {found.status}{stands}")
        if status.running < status.desired or status.pending:
            newest = _newest(reach)
            return waiting(
                f"stopped; {status.running} of {status.desired} running{newest}", running=status.running
            )
        return done(f"{status.running} of {status.desired} running again", running=status.running)


def _target(reach: Reach, task: Task, status: ServiceStatus) -> str:
    """The state of the target through which requests reach a task; empty where none does."""
    states = sorted({item.state for item in reach.groups.targets(status.groups) if item.ip == task.ip})
    return f" · its target is {', '.join(states)}" if states and task.ip else ""


def _newest(reach: Reach) -> str:
    """The task that replaces it, as far as there is one."""
    tasks = Tasks(reach.calls).of(reach.settings.cluster, reach.settings.service)
    coming = next((task for task in tasks if task.is_starting), None)
    return f" · {coming.id[:8]} is {coming.status}" if coming else ""


class RunTask:
    """``definition``, ``token``, with ``images``, ``container`` and ``command`` where they are not the
    definition's: one task in the service's network, followed to its exit code.

    The token makes RunTask safe to be asked for twice: AWS starts one task for it (ECS API reference).
    """

    def perform(self, reach: Reach, action: Action) -> Mapping[str, object]:
        raw = reach.services.raw(reach.settings.address)
        params: dict[str, Any] = {
            "cluster": reach.settings.cluster,
            "taskDefinition": self._definition(reach, action),
            "count": 1,
            "startedBy": started_by(text(action, "token")),
            "clientToken": text(action, "token"),
        }
        for key in ("networkConfiguration", "platformVersion"):
            if raw.get(key):
                params[key] = raw[key]
        if raw.get("capacityProviderStrategy"):
            params["capacityProviderStrategy"] = raw["capacityProviderStrategy"]
        elif raw.get("launchType"):
            params["launchType"] = raw["launchType"]
        command = action.parameters.get("command")
        if command:
            override = {"name": text(action, "container"), "command": command}
            params["overrides"] = {"containerOverrides": [override]}
        answer = reach.calls.write("ecs", "RunTask", **params)
        failures = answer.get("failures", ())
        if not answer.get("tasks"):
            why = plain(str(failures[0].get("reason", ""))) if failures else "no task was started"
            raise RejectedError(f"RunTask started nothing: {why}")
        return {"task": str(answer["tasks"][0]["taskArn"])}

    def look(self, reach: Reach, action: Action, facts: Mapping[str, object]) -> ActionSight:
        task = described(reach, str(facts["task"])) if facts.get("task") else self._found(reach, action)
        if task is None:
            said = "no such task is to be seen"
            return waiting(f"started; {said} yet") if facts.get("task") else absent(said)
        if not task.is_stopped:
            return waiting(f"task {task.id[:8]} is {task.status}", task=task.id)
        name = action.parameters.get("container")
        containers = [item for item in task.containers if name in (None, "", item.name)]
        codes = [item.exit_code for item in containers]
        reasons = next((item.reason for item in containers if item.reason), "") or task.stopped_reason
        if codes and all(code == 0 for code in codes):
            return done(f"task {task.id[:8]} ended with exit code 0", task=task.id)
        code = next((code for code in codes if code), None)
        said = f"exit code {code}" if code is not None else "it never ran"
        said = f"task {task.id[:8]}: {said}{' · ' + reasons if reasons else ''}"
        lines = list(last_lines(reach.calls, self._containers(reach, task), task.id))
        return failed(said + (f" · its last line: {lines[-1]}" if lines else ""), task=task.id, log=lines)

    def _containers(self, reach: Reach, task: Task) -> list[dict[str, Any]]:
        """As its definition has them; none where that cannot be read."""
        try:
            return list(reach.definitions.get(task.definition).containers)
        except QuarterdeckError:
            return []

    def _definition(self, reach: Reach, action: Action) -> str:
        base = reach.definitions.get(text(action, "definition"))
        images = action.parameters.get("images")
        changed = (
            pinned(base, {str(k): str(v) for k, v in images.items()}) if isinstance(images, Mapping) else {}
        )
        return reach.definitions.register(base, changed).arn if changed or not base.is_active else base.arn

    def _found(self, reach: Reach, action: Action) -> Task | None:
        """The task of that token, when the answer that named it was lost.

        ListTasks takes no filter beside ``startedBy``, and with it leaves out what has stopped; so the
        family is listed.
        """
        ours = started_by(text(action, "token"))
        tasks = one_off_tasks(reach.calls, reach.settings.cluster, text(action, "definition"), ("ecs-svc/",))
        return next((task for task in tasks if task.deployment == ours), None)


def described(reach: Reach, task: str) -> Task | None:
    """One task as it is now; ``None`` when ECS no longer shows it."""
    answer = reach.calls.read("ecs", "DescribeTasks", cluster=reach.settings.cluster, tasks=[task])
    return next((task_of(raw) for raw in answer.get("tasks", ())), None)


TASKS: Mapping[ActionKind, Family] = {ActionKind.STOP_TASK: StopTask(), ActionKind.RUN_TASK: RunTask()}
