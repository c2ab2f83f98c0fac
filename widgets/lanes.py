"""Old and new tasks trading places: one lane that leaves, one that arrives, and the traffic."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from console.domain.operation import Progress, Verb
from console.domain.service import Observation
from console.domain.tasks import Target, Task
from console.domain.words import count
from widgets.glyphs import Glyphs
from widgets.line import Line

MOST_MARKS = 20
"""Above this many tasks a lane's marks are grouped by state."""

ORDER = ("healthy", "running", "checking", "starting", "unhealthy", "draining", "gone", "stopped")
_INK = {
    "healthy": "steady",
    "running": "text",
    "checking": "deploying",
    "starting": "deploying",
    "unhealthy": "warning",
    "draining": "deploying",
    "gone": "muted",
    "stopped": "critical",
}


@dataclass(frozen=True)
class Lane:
    """The tasks of one side, as words of :data:`ORDER`."""

    label: str
    version: str
    tasks: tuple[tuple[str, Task], ...]

    def counts(self) -> dict[str, int]:
        """How many tasks are in each state, in the order of :data:`ORDER`."""
        counter = Counter(state for state, _ in self.tasks)
        return {state: counter[state] for state in ORDER if counter[state]}

    def one(self, state: str) -> Task | None:
        """The task in that state, when there is only one."""
        found = [task for word, task in self.tasks if word == state]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True)
class Picture:
    """Both lanes, and how the healthy targets are shared between them."""

    leaving: Lane
    arriving: Lane
    desired: int
    healthy: tuple[int, int] | None
    """Healthy targets (leaving, arriving); ``None``: no load balancer, or it could not be read."""
    missing: str = ""
    """Why the targets could not be read."""
    share: float | None = None
    """Per cent of the traffic that the load balancer's rules give to what arrives, where they tell the two
    apart; ``None``: both are behind the same rule, and share by their healthy targets."""


def task_word(task: Task, targets: Iterable[Target], balanced: bool) -> str:
    """The state of one task in one word of :data:`ORDER`.

    Args:
        targets: The targets of that task.
        balanced: Whether the service is behind a load balancer.
    """
    if task.is_stopped:
        return "stopped" if task.has_failed else "gone"
    states = {target.state for target in targets}
    if task.is_leaving or states & {"draining", "unhealthy.draining"}:
        return "draining"
    if task.is_starting:
        return "starting"
    if task.health == "UNHEALTHY" or states & {"unhealthy", "unavailable"}:
        return "unhealthy"
    if balanced:
        return "healthy" if states and states <= {"healthy", "unused"} else "checking"
    return "healthy" if task.health == "HEALTHY" else "running"


def picture(progress: Progress) -> Picture | None:
    """The lanes of a running operation; ``None`` before it was observed."""
    seen = progress.observation
    if seen is None:
        return None
    targets: dict[str, list[Target]] = {}
    for target in seen.targets:
        targets.setdefault(target.ip, []).append(target)
    balanced = bool(seen.status.target_groups) and "targets" not in seen.missing
    sides: dict[bool, list[tuple[str, Task]]] = {True: [], False: []}
    arriving_ips = set()
    for task in seen.tasks:
        arrives = _arrives(task, progress)
        if task.is_stopped and not _of_this_operation(task, progress, arrives):
            continue
        sides[arrives].append((task_word(task, targets.get(task.ip, ()), balanced), task))
        if arrives and not task.is_stopped:
            arriving_ips.add(task.ip)
    healthy = [target.ip in arriving_ips for target in seen.targets if target.state == "healthy"]
    return Picture(
        Lane(progress.plan.source.revision, progress.plan.source.version.label, _sorted(sides[False])),
        Lane(_arriving_label(progress, seen), progress.plan.target.version.label, _sorted(sides[True])),
        seen.status.desired,
        (healthy.count(False), healthy.count(True)) if balanced else None,
        seen.missing.get("targets", ""),
        _share(progress, seen),
    )


def _arrives(task: Task, progress: Progress) -> bool:
    """Which side a task is on: by the images that it tells, where they are those of one side alone; else by
    its deployment, which is not known before ECS has made it."""
    told = {item.name: item.digest for item in task.containers if item.digest}
    sides = [
        bool(set(told) & set(release.digests))
        and all(told[name] == digest for name, digest in release.digests.items() if name in told)
        for release in (progress.plan.source, progress.plan.target)
    ]
    of_source, of_target = sides
    return of_target if of_source != of_target else task.deployment in progress.arriving


def _share(progress: Progress, seen: Observation) -> float | None:
    rollout = seen.rollout
    if rollout is None or not rollout.weights or rollout.status.is_over:
        return None
    known: dict[bool, set[str]] = {True: set(), False: set()}
    for item in seen.status.deployments:  # CodeDeploy's shares are those of task sets
        known[item.id in progress.arriving] |= {item.id, item.release or item.id}
    if not known[True] or not set(rollout.weights) <= known[True] | known[False]:
        return None
    return sum(weight for name, weight in rollout.weights.items() if name in known[True])


def _of_this_operation(task: Task, progress: Progress, arrives: bool) -> bool:
    """Whether a stopped task says something about it: it died, or it left, since it was confirmed."""
    recent = task.stopped_at is not None and task.stopped_at >= progress.confirmed_at
    died = task_word(task, (), balanced=False) == "stopped"
    in_flight = (
        {item.id for item in progress.observation.status.deployments} if progress.observation else set()
    )
    return recent or (died and (arrives or task.deployment in in_flight))


def _sorted(tasks: list[tuple[str, Task]]) -> tuple[tuple[str, Task], ...]:
    return tuple(sorted(tasks, key=lambda pair: (ORDER.index(pair[0]), pair[1].id)))


def _arriving_label(progress: Progress, seen: Observation) -> str:
    definitions = [item.definition for item in seen.status.deployments if item.id in progress.arriving]
    return ":" + definitions[0].rsplit(":", 1)[-1] if definitions else progress.plan.target.revision or "new"


def lane_line(
    lane: Lane, arrives: bool, verb: Verb, desired: int, columns: tuple[int, int, int], glyphs: Glyphs
) -> Line:
    """One lane: label, a run of marks, the counts in words.

    Args:
        columns: Where the marks begin, where the words begin, and what nothing may reach.
    """
    marks_at, words_at, end = columns
    line = Line()
    bad = verb is Verb.ROLLBACK and not arrives
    after = line.run(2, (lane.label or "old", "critical" if bad else "bold strong" if arrives else "text"))
    line.put(after + 1, lane.version, "text", max(0, marks_at - after - 2))
    _marks(line, lane, marks_at, words_at - 2, glyphs)
    parts: list[tuple[str, str]] = []
    for state, number in lane.counts().items():
        if parts:
            parts.append((f" {glyphs.dot} ", "muted"))
        parts.append((f"{number} {state}", _INK[state]))
        task = lane.one(state)
        if task is not None and end - words_at > 60:
            parts.append((f" {task.id[:8]}", "muted"))
        if state == "stopped":
            parts.append((_why(lane), "muted"))
    if arrives:
        parts.append((f" {glyphs.dot} needs {desired}" if parts else f"needs {desired}", "muted"))
    elif not parts:
        parts.append(("none left", "muted"))
    _run_within(line, words_at, end, parts)
    return line


def _run_within(line: Line, column: int, end: int, parts: Iterable[tuple[str, str]]) -> None:
    for text, words in parts:
        if column >= end:
            return
        line.put(column, text, words, end - column)
        column += len(text)


def _marks(line: Line, lane: Lane, column: int, end: int, glyphs: Glyphs) -> None:
    counts = lane.counts()
    grouped = len(lane.tasks) > min(MOST_MARKS, (end - column + 1) // 2)
    for state, number in counts.items():
        text = f"{_mark(state, glyphs)} {number}  " if grouped else f"{_mark(state, glyphs)} " * number
        if column + len(text.rstrip()) > end:
            line.put(column, glyphs.ellipsis, "muted")
            return
        column = line.run(column, (text, _INK[state]))


def _mark(state: str, glyphs: Glyphs) -> str:
    return {
        "healthy": glyphs.steady,
        "running": glyphs.steady,
        "checking": glyphs.forward,
        "starting": glyphs.forward,
        "unhealthy": glyphs.warning,
        "draining": glyphs.draining,
        "gone": glyphs.open,
        "stopped": glyphs.failed,
    }[state]


def _why(lane: Lane) -> str:
    """What the newest dead task died of, in the shortest words there are."""
    dead = [task for state, task in lane.tasks if state == "stopped"]
    newest = max(dead, key=lambda task: (task.stopped_at is not None, task.stopped_at))
    for container in newest.containers:
        if container.exit_code == 137 or "OutOfMemory" in container.reason:
            return " out of memory" if "OutOfMemory" in container.reason else " killed (exit 137)"
        if container.exit_code:
            return f" exit {container.exit_code}"
    return f" {newest.stopped_reason}" if newest.stopped_reason else ""


def traffic_line(shown: Picture, verb: Verb, columns: tuple[int, int], glyphs: Glyphs) -> Line | None:
    """Who the load balancer's healthy targets belong to; ``None`` without a load balancer.

    Args:
        columns: Where the figure of the leaving side ends, and what nothing may reach.
    """
    start, end = columns
    line = Line()
    if shown.missing:
        return line.put(start, f"{glyphs.nodata} NODATA", "stale").put(
            start + 10, shown.missing, "muted", end - start - 10
        )
    if shown.healthy is None:
        return None
    leaving, arriving = shown.healthy
    total = leaving + arriving
    if not total:
        return line.put(start, f"{glyphs.failed} no healthy target", "bold critical")
    share = leaving / total
    if shown.share is not None:
        share = 1 - shown.share / 100
        leaving, arriving = round(100 * share), round(shown.share)
    bad = "critical" if verb is Verb.ROLLBACK else "muted"
    old, new = round(100 * share), 100 - round(100 * share)
    line.right(start + 5, f"{old} %", bad if leaving else "muted")
    width = end - start - 12
    dashes = min(width, max(1, round(width * share))) if leaving else 0
    after = line.run(
        start + 6,
        (glyphs.bad * dashes, bad),
        (glyphs.bar * (width - dashes), "steady" if arriving else "rule"),
    )
    line.right(after + 6, f"{new} %", "steady" if arriving else "muted")
    return line


def summary(lane: Lane) -> str:
    """The counts of a lane for a line of plain text."""
    return ", ".join(f"{number} {state}" for state, number in lane.counts().items()) or count(0, "task")
