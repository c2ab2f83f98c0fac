"""The steps of an operation, read off what is observed: each is noted once, when it is first seen."""

from collections.abc import Sequence
from datetime import datetime

from console.domain.operation import Estimate, Step
from console.domain.service import Observation
from console.domain.tasks import Task
from console.operations.safe import Sight

NAMED_TASKS = 4
"""Up to so many arriving tasks are told one by one."""


class Timeline:
    """Steps in the order in which they were seen; times are seconds from confirmed."""

    def __init__(self, confirmed_at: datetime) -> None:
        self._confirmed_at = confirmed_at
        self._seen: set[str] = set()
        self._done: list[Step] = []

    def mark(self, key: str, at: datetime, text: str, evidence: str = "", *, failed: bool = False) -> bool:
        """Note a step once; whether it was new."""
        if key in self._seen:
            return False
        self._seen.add(key)
        seconds = (at - self._confirmed_at).total_seconds()
        self._done.append(Step("failed" if failed else "done", max(0.0, seconds), text, evidence))
        self._done.sort(key=lambda step: step.at_s or 0.0)
        return True

    def observe(self, observation: Observation, good: frozenset[str], arriving: str, sight: Sight) -> None:
        """Note what an observation shows of the tasks that arrive and of those that leave."""
        new = [
            task
            for task in observation.tasks
            if task.deployment in good and task.created_at and task.created_at >= self._confirmed_at
        ]
        for task in new[:NAMED_TASKS]:
            self._observe_task(task, observation, arriving)
        if sight.bad == 0 and "tasks" not in observation.missing and "targets" not in observation.missing:
            where = "the targets" if observation.status.target_groups else "service"
            self.mark("left", observation.at, f"others out of {where}", "no new work reaches them")

    def _observe_task(self, task: Task, observation: Observation, arriving: str) -> None:
        name = f"{arriving} task {task.id[:4]}"
        if task.created_at:
            self.mark(f"start {task.id}", task.created_at, f"{name} starting", task.zone)
        if task.started_at and task.created_at:
            took = (task.started_at - task.created_at).total_seconds()
            self.mark(f"run {task.id}", task.started_at, f"{name} running", f"{took:.0f} s to start")
        states = [target.state for target in observation.targets if target.ip and target.ip == task.ip]
        if states and all(state == "healthy" for state in states) and not task.is_stopped:
            self.mark(f"healthy {task.id}", observation.at, f"{name} healthy", "target group")
        if task.has_failed:
            at = task.stopped_at or observation.at
            self.mark(f"stop {task.id}", at, f"{name} stopped", task.stopped_reason, failed=True)

    def walked(self, actions: Sequence[str], *, over: bool) -> tuple[Step, ...]:
        """Everything noted, then the actions of a walk that are still to come, the first of them now.

        Args:
            actions: What each action does, in their order; marked as ``action N`` once it has ended.
            over: The operation has ended: nothing is to come.
        """
        return (*self._done, *(() if over else self._left(actions)))

    def _left(self, actions: Sequence[str]) -> list[Step]:
        left = [said for n, said in enumerate(actions) if f"action {n}" not in self._seen]
        return [Step("next" if place else "now", None, said) for place, said in enumerate(left)]

    def steps(
        self, now: str, estimate: Estimate | None, *, safe: bool, done: bool, first: Sequence[str] = ()
    ) -> tuple[Step, ...]:
        """Everything noted, then what is waited for, then what is to come with its estimate.

        Args:
            first: What each action before the order does, as long as that is not accepted.
        """
        ahead = self._left(first)
        if now:
            ahead.append(Step("now", None, now))
        if not safe:
            ahead.append(Step("next", estimate.safe_s if estimate else None, "safe"))
        if not done:
            ahead.append(Step("next", estimate.done_s if estimate else None, "done"))
        return (*self._done, *ahead)
