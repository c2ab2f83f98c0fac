"""Tasks by revision, stopped ones with the reason that ECS gives, and what each of them really runs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.domain import words
from console.domain.fleet import ServicePicture
from console.domain.release import Release
from console.domain.tasks import Target, Task
from console.domain.text import cut_end
from console.domain.version import short_digest
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.listing import Listing

EXIT_KILLED = 137
"""128 + SIGKILL."""


@dataclass(frozen=True)
class TaskGroup:
    """The tasks of one deployment, trouble first."""

    revision: str
    """``:43``."""
    label: str
    """What people call its version; empty where nobody knows."""
    said: str
    """``1 of 2 running``, ``replaced``."""
    tasks: tuple[Task, ...]
    digests: Mapping[str, str]
    """Container -> the digest that its tasks should run: the release's, else what most of them run."""

    def strays(self, task: Task) -> str:
        """What a task runs that is not its revision's, in words; empty where it runs what it should."""
        other = [
            f"{item.name} runs {short_digest(item.digest)}"
            for item in task.containers
            if item.digest and self.digests.get(item.name, item.digest) != item.digest
        ]
        return ", ".join(other)

    @property
    def is_mixed(self) -> bool:
        """Live tasks of one revision run different images."""
        return any(self.strays(task) for task in self.tasks if not task.is_stopped)


@dataclass(frozen=True)
class TaskRoll:
    """Every task that is known of a service, in the order in which it is shown."""

    groups: tuple[TaskGroup, ...]
    note: str = ""
    """What is not known: that only running ones were listed, or why nothing was read."""
    targets: Mapping[str, tuple[Target, ...]] | None = None
    """By address; ``None``: not read."""

    @property
    def count(self) -> int:
        return sum(len(group.tasks) for group in self.groups)


def task_roll(picture: ServicePicture, now: datetime) -> TaskRoll:
    """The tasks of the last observation; without one the running ones that the whole cluster's list has."""
    observation = picture.observation
    missing = observation.missing.get("tasks", "") if observation else ""
    tasks, note = (observation.tasks, "") if observation and not missing else (picture.tasks, "")
    if observation is None or missing:
        because = f"not read: {missing}" if missing else ""
        listed = ""
        if tasks is not None and picture.tasks_as_of is not None:
            age = words.age((now - picture.tasks_as_of).total_seconds())
            listed = f"running ones only, listed {age} ago"
        note = " · ".join(part for part in (because, listed) if part) or ("" if tasks else "not read yet")
    if not tasks and not note:
        note = "no tasks, neither running nor stopped of late"
    targets: dict[str, tuple[Target, ...]] | None = None
    if observation is not None and "targets" not in observation.missing:
        targets = {}
        for target in observation.targets:
            targets[target.ip] = (*targets.get(target.ip, ()), target)
    return TaskRoll(_groups(picture, tasks or ()), note, targets)


def _groups(picture: ServicePicture, tasks: Sequence[Task]) -> tuple[TaskGroup, ...]:
    """The service's own deployments first, then those that are gone."""
    status, observation = picture.status, picture.observation
    deployments = status.deployments if status else ()
    members: dict[str, list[Task]] = {item.id: [] for item in deployments}
    for task in tasks:
        members.setdefault(task.deployment, []).append(task)
    found = []
    for key, group in members.items():
        if not group:
            continue
        release = observation.release_of(key) if observation else None
        known = next((item for item in deployments if item.id == key), None)
        if release is None and known is not None and known.is_primary:
            release = picture.release
        running = sum(1 for task in group if task.status == "RUNNING" and not task.is_leaving)
        said = f"{running:,} of {known.desired:,} running" if known else "replaced"
        found.append(
            TaskGroup(
                revision=revision_of(group[0]),
                label=release.version.label if release else "",
                said=said,
                tasks=ordered(group),
                digests=_expected(group, release),
            )
        )
    return tuple(found)


def _expected(tasks: Sequence[Task], release: Release | None) -> Mapping[str, str]:
    """The digests of a release; of one whose digests ECS does not tell, those that most tasks run."""
    if release is not None and release.digests:
        return release.digests
    seen: dict[str, Counter[str]] = {}
    for task in tasks:
        for item in task.containers:
            if item.digest:
                seen.setdefault(item.name, Counter())[item.digest] += 1
    return {name: counts.most_common(1)[0][0] for name, counts in seen.items()}


def task_state(task: Task, targets: Sequence[Target], glyphs: Glyphs) -> tuple[str, str, str]:
    """Mark, word and ink of a task; ``targets`` are those at its address."""
    if task.is_stopped:
        if task.has_failed:
            return glyphs.failed, "stopped", "critical"
        return glyphs.replaced, "stopped", "muted"
    if task.is_leaving:
        return glyphs.draining, "leaving", "deploying"
    if task.is_starting:
        return glyphs.forward, "starting", "deploying"
    if task.health == "UNHEALTHY" or any(target.state == "unhealthy" for target in targets):
        return glyphs.warning, "unhealthy", "warning"
    if any(target.state == "initial" for target in targets):
        return glyphs.forward, "checking", "deploying"
    if task.health == "HEALTHY" or any(target.state == "healthy" for target in targets):
        return glyphs.steady, "healthy", "steady"
    return glyphs.steady, "running", "text"


def reason(task: Task, targets: Sequence[Target] = ()) -> str:
    """Why a task stopped, or what a live one waits for or fails: the container's words before the task's."""
    if task.is_stopped and task.was_told_to_stop:
        return task.stopped_reason
    if task.is_stopped:
        return _ended(task)
    if task.is_starting:
        return next((item.reason for item in task.containers if item.reason), "") or task.status.lower()
    if task.is_leaving:
        return task.stopped_reason or task.status.lower()
    sick = next((target for target in targets if target.state == "unhealthy"), None)
    if sick is not None:
        return sick.description or sick.reason
    return "container health check fails" if task.health == "UNHEALTHY" else ""


def _ended(task: Task) -> str:
    worst = next((item for item in task.containers if item.exit_code not in (None, 0)), None)
    said = (worst.reason if worst else "") or task.stopped_reason
    code = f" (exit {worst.exit_code})" if worst else ""
    if worst is not None and worst.exit_code == EXIT_KILLED and "OutOfMemory" in said:
        return f"out of memory{code}"
    return f"{said}{code}"


def _memory(task: Task) -> int | None:
    limits = [item.memory_mb for item in task.containers if item.memory_mb is not None]
    return max(limits) if limits else task.memory_mb


def _lasted(task: Task, now: datetime, *, narrow: bool) -> str:
    """Age of a live task; of a stopped one how long it ran."""
    begin = task.started_at or task.created_at
    if begin is None:
        return words.NOTHING
    seconds = ((task.stopping_at or task.stopped_at or now) - begin).total_seconds()
    return words.clock(seconds) if seconds < 3600 else words.age(seconds, narrow=narrow)


def ordered(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Trouble first: stopped ones newest first, then the starting, then the running."""

    def place(task: Task) -> tuple[int, float, str]:
        rank = 0 if task.is_stopped else 1 if task.is_leaving or task.is_starting else 2
        moment = task.stopped_at or task.created_at
        return rank, -(moment.timestamp() if moment else 0.0), task.id

    return tuple(sorted(tasks, key=place))


def revision_of(task: Task) -> str:
    """``:43``."""
    return ":" + task.definition.rsplit(":", 1)[-1]


def task_lines(roll: TaskRoll, now: datetime, left: int, end: int, glyphs: Glyphs, narrow: bool) -> Listing:
    """A heading a revision, then its tasks; at 80 columns without headings."""
    rows: list[tuple[TaskGroup, Task | None] | None] = [None] if roll.note else []
    for group in roll.groups:
        if not narrow:
            rows.append((group, None))
        rows.extend((group, task) for task in group.tasks)

    def draw(place: int) -> Line:
        row = rows[place]
        if row is None:
            ink = "stale" if roll.note.startswith("not read:") else "muted"
            return Line().put(left, cut_end(roll.note, end - left, glyphs.ellipsis), ink)
        group, task = row
        if task is None:
            return _heading(group, left)
        targets = (roll.targets or {}).get(task.ip, ()) if task.ip else ()
        one = TaskRow(task, group, targets, now, glyphs)
        return (one.narrow if narrow else one.wide)(left, end)

    return Listing(len(rows), draw)


def _heading(group: TaskGroup, left: int) -> Line:
    line = Line()
    label = f" {group.label}" if group.label else ""
    column = line.run(left, (group.revision, "bold strong"), (label, "text"), (f"  {group.said}", "muted"))
    if group.is_mixed:
        line.put(column + 2, "mixed digests", "warning")
    return line


@dataclass(frozen=True)
class TaskRow:
    """One task, as it is drawn."""

    task: Task
    group: TaskGroup
    targets: Sequence[Target]
    """Those at its address."""
    now: datetime
    glyphs: Glyphs

    def wide(self, left: int, end: int) -> Line:
        """State, id, zone, age, memory and what there is to say, from ``left`` to ``end``."""
        task, memory = self.task, _memory(self.task)
        line = self._state(left + 2)
        line.put(left + 15, task.id[:8], "text")
        line.put(left + 25, task.zone.rsplit("-", 1)[-1][:4], "muted")
        line.right(left + 35, _lasted(task, self.now, narrow=False), "muted")
        line.right(left + 51, words.NOTHING if memory is None else words.megabytes(memory), "muted")
        return self._said(line, left + 53, end)

    def narrow(self, left: int, end: int) -> Line:
        """State, id, revision, age and what there is to say."""
        task, line = self.task, self._state(left)
        line.put(left + 12, task.id[:4], "text").put(left + 17, revision_of(task), "muted")
        line.right(left + 27, _lasted(task, self.now, narrow=True), "muted")
        return self._said(line, left + 28, end)

    def _state(self, column: int) -> Line:
        glyph, word, ink = task_state(self.task, self.targets, self.glyphs)
        line = Line()
        line.run(column, (glyph, ink), (f" {word}", ink))
        return line

    def _said(self, line: Line, column: int, end: int) -> Line:
        """What a task really runs where it is not its revision's, then why it is as it is."""
        strays, why = self.group.strays(self.task), reason(self.task, self.targets)
        ellipsis = self.glyphs.ellipsis
        if strays:
            strays = cut_end(strays, max(0, end - column), ellipsis)
            column = line.run(column, (strays, "warning"), (" · " if why else "", "text"))
        return line.put(column, cut_end(why, max(0, end - column), ellipsis), "text")
