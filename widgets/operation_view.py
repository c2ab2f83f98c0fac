"""A running operation on one screen: clock, steps, tasks, traffic, outcome, logs."""

from dataclasses import dataclass, replace
from datetime import datetime

from textual.reactive import reactive

from console.domain.address import Address
from console.domain.operation import Mechanism, Plan, Progress, Step, Verb, Verdict
from console.domain.signals import LogLine
from console.domain.text import cut_end
from console.domain.words import clock, time_of_day
from widgets.clock_face import digits, ink, scale
from widgets.glyphs import Glyphs
from widgets.lanes import ORDER, Lane, lane_line, picture, traffic_line
from widgets.lanes import Picture as Lanes
from widgets.line import Line
from widgets.lines import Pane
from widgets.outcome import outcome_lines
from widgets.plan_view import PROMISE_S, by_words
from widgets.regions import beside, heading
from widgets.timeline import timeline

_VERDICTS: dict[Verdict, tuple[str, str]] = {
    Verdict.SUCCEEDED: ("passed", "bold steady"),
    Verdict.NOTHING_CHANGED: ("open", "bold text"),
    Verdict.FAILED: ("failed", "bold critical"),
    Verdict.ROLLED_BACK: ("back", "bold warning"),
    Verdict.BAKING: ("forward", "bold deploying"),
    Verdict.MIXED: ("warning", "bold critical"),
    Verdict.BOUNCED: ("failed", "bold critical"),
    Verdict.REFUSED: ("failed", "bold warning"),
    Verdict.UNKNOWN: ("unknown", "bold stale"),
    Verdict.PAUSED: ("paused", "bold warning"),
    Verdict.STUCK: ("stuck", "bold critical"),
    Verdict.TIMED_OUT: ("warning", "bold critical"),
    Verdict.REPLACED: ("replaced", "bold warning"),
}

_IN_MOTION = {
    Verb.ROLLBACK: ("back", "ROLLING BACK"),
    Verb.DEPLOY: ("forward", "DEPLOYING"),
    Verb.RESTART: ("forward", "RESTARTING"),
    Verb.SCALE: ("forward", "SCALING"),
    Verb.DRAIN: ("draining", "DRAINING"),
    Verb.UNDRAIN: ("forward", "BRINGING BACK"),
    Verb.MIGRATE: ("forward", "MIGRATING"),
    Verb.CONTINUE: ("forward", "MOVING ON"),
    Verb.RESTORE: ("back", "RESTORING"),
}


@dataclass(frozen=True)
class OperationPicture:
    """All that the view draws from; what is not known yet is ``None`` or empty."""

    verb: Verb
    address: Address
    started_at: datetime
    now: datetime
    plan: Plan | None = None
    progress: Progress | None = None
    steps: tuple[Step, ...] = ()
    verdict: Verdict | None = None
    by: str = ""
    reason: str = ""
    journal: str = ""
    """What the verdict says of the journal: ``written``, or why it could not be."""
    last: str = ""
    """The last thing that happened, for when contact is lost."""
    last_at: datetime | None = None
    error: str = ""
    """Why it ended without a verdict."""
    ended_at: datetime | None = None
    logs: tuple[LogLine, ...] = ()
    logs_missing: str = ""
    question: str = ""
    """What it asks a person."""
    pause: str = ""
    """The pause that nobody has decided about."""

    @property
    def began(self) -> datetime:
        """The clock's zero: when it was confirmed."""
        return self.progress.confirmed_at if self.progress else self.started_at

    def seconds(self, moment: datetime | None) -> float | None:
        """Seconds from confirmed to a moment."""
        return max(0.0, (moment - self.began).total_seconds()) if moment else None

    @property
    def safe_s(self) -> float | None:
        """Seconds from confirmed to safe; ``None``: not reached."""
        return self.seconds(self.progress.safe_at) if self.progress else None

    @property
    def done_s(self) -> float | None:
        """Seconds from confirmed to done; ``None``: not reached."""
        return self.seconds(self.progress.done_at) if self.progress else None

    @property
    def elapsed_s(self) -> float:
        """Seconds from confirmed to now, or to the end once there is one."""
        ended = self.ended_at if self.verdict or self.error else None
        end = (self.progress.done_at if self.progress else None) or ended or self.now
        return self.seconds(end) or 0.0

    @property
    def limit_s(self) -> float | None:
        """What the big clock is measured against: only a rollback has a promise."""
        return PROMISE_S if self.verb is Verb.ROLLBACK else None

    @property
    def walks(self) -> bool:
        """It ships nothing: one thing is done after another."""
        return self.plan is not None and self.plan.mechanism is Mechanism.ACTIONS

    @property
    def lost_s(self) -> float | None:
        """How long nobody has answered; ``None``: in contact."""
        since = self.progress.contact_lost_since if self.progress else None
        return (self.now - since).total_seconds() if since and self.verdict is None else None


class OperationView(Pane):
    """Draws an operation; wide from 110 columns and 24 rows on, else in the short form."""

    shown: reactive[OperationPicture | None] = reactive(None)

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        if self.shown is None:
            return ()
        if width >= 110 and height >= 24:
            return wide(self.shown, width, height, self.glyphs)
        return narrow(self.shown, width, height, self.glyphs)


def wide(shown: OperationPicture, width: int, height: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The comfortable layout; every region keeps its rows whether it has something to say or not."""
    end = width - 2
    steps = timeline(shown.steps, 8, 49, end, 85, shown.elapsed_s, glyphs)
    top = [Line(), title_line(shown, width, glyphs, short=False), Line()]
    top += beside(_clock(shown, 5, 46, glyphs), steps, [Line()] * 8)
    top += [Line(), *_tasks(shown, min(end, 109), glyphs), Line()]
    top += _padded(outcome_lines(shown, 2, end, glyphs), 5)
    top.append(Line())
    return (*top, *_logs(shown, end, height - len(top), glyphs, long=True))


def narrow(shown: OperationPicture, width: int, height: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The short layout: the clock's three rows, the newest steps, both lanes with the traffic."""
    end = width - 2
    gap = [Line()] if height >= 18 else []
    steps = timeline(shown.steps, 6, 35, end, None, shown.elapsed_s, glyphs)
    top = [title_line(shown, width, glyphs, short=True), *gap]
    top += beside(_clock(shown, 3, 28, glyphs), steps, [Line()] * 6)
    top += [*gap, *_short_tasks(shown, end, glyphs), *gap]
    outcome = outcome_lines(shown, 2, end, glyphs)
    top += _padded(outcome, 5 if gap else 3)
    return (*top, *_logs(shown, end, height - len(top), glyphs, long=False))


def _padded(lines: tuple[Line, ...], rows: int) -> list[Line]:
    return [*lines[:rows], *(Line() for _ in range(rows - len(lines)))]


def state_words(shown: OperationPicture, glyphs: Glyphs) -> tuple[str, str, str]:
    """Mark, word and style of the state that the title begins with."""
    if shown.error:
        return glyphs.unknown, "NOT WATCHED", "bold stale"
    if shown.verdict is not None and not (shown.verdict is Verdict.SUCCEEDED and shown.safe_s is not None):
        mark, words = _VERDICTS[shown.verdict]
        return getattr(glyphs, mark), shown.verdict.words, words
    if shown.lost_s is not None:
        return glyphs.unknown, "UNKNOWN", "bold stale"
    if shown.question or shown.pause:
        return glyphs.paused, "PAUSED", "bold warning"
    if shown.safe_s is not None:
        return glyphs.passed, f"SAFE in {clock(shown.safe_s)}", "bold steady"
    mark, word = _IN_MOTION.get(shown.verb, ("forward", shown.verb.value.upper()))
    return getattr(glyphs, mark), word, "bold deploying"


def title_line(shown: OperationPicture, width: int, glyphs: Glyphs, short: bool) -> Line:
    """State, service, environment, from and to, and the mechanism where there is room."""
    mark, word, words = state_words(shown, glyphs)
    line = Line()
    gap = "  " if short else "   "
    name = (shown.address.service, "bold strong")
    line.run(2, (f"{mark} {word}", words), (gap, "text"), name, (f"  {shown.address.environment}", "text"))
    if shown.plan is None:
        return line
    parts = _runs(shown.plan, short) if shown.walks else _from_to(shown, shown.plan, short, glyphs)
    size = sum(len(text) for text, _ in parts)
    start = width - 2 - size
    if start > line.end + 1:
        line.run(start, *parts)
    elif not shown.walks and width - 2 - line.end > len(str(shown.plan.target.version)) + 4:
        line.right(width - 2, f"{glyphs.arrow} {shown.plan.target.version}", "bold strong")
    return line


def _runs(plan: Plan, short: bool) -> list[tuple[str, str]]:
    """What runs, and goes on running."""
    name = str(plan.source.version) if short else f"{plan.source.revision} {plan.source.version}".strip()
    return [("runs ", "muted"), (name, "text")]


def _from_to(shown: OperationPicture, plan: Plan, short: bool, glyphs: Glyphs) -> list[tuple[str, str]]:
    source, target = plan.source, plan.target
    bad = "critical" if shown.verb is Verb.ROLLBACK else "text"
    from_text = f"{source.revision} {source.version}".strip()
    to_text = f"{target.revision} {target.version}".strip()
    if short and source.revision == target.revision:
        from_text, to_text = str(source.version), str(target.version)
    elif short:
        from_text = source.revision or from_text
    parts = [(from_text, bad), (f" {glyphs.arrow} ", "muted"), (to_text, "bold strong")]
    return parts if short else [*parts, (f"   by {by_words(plan.mechanism)[0]}", "muted")]


def _clock(shown: OperationPicture, rows: int, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The big clock, what it is measured against, and the line on which it runs."""
    seconds = shown.safe_s if shown.safe_s is not None else shown.elapsed_s
    estimate = shown.plan.estimate.safe_s if shown.plan and shown.plan.estimate else None
    colour = "steady" if shown.safe_s is not None else ink(seconds, estimate, shown.limit_s)
    face = digits(seconds, rows, glyphs)
    lines = [Line().put(2, row, colour) for row in face]
    side = 2 + len(face[0]) + (4 if rows == 5 else 3)
    for line, (text, words) in zip(
        lines[1 if rows == 5 else 0 :], _beside_clock(shown, seconds, estimate), strict=False
    ):
        line.put(side, text, words, max(0, width + 3 - side))
    bar, under = scale(2, width - 1, seconds, estimate, shown.limit_s, glyphs)
    return (*lines, Line(), bar, under)


def _beside_clock(shown: OperationPicture, seconds: float, estimate: float | None) -> list[tuple[str, str]]:
    limit = shown.limit_s
    said = [(f"of {clock(limit)}", "text")] if limit else []
    if shown.safe_s is not None:
        return [*said, *_until_done(shown)]
    if shown.verdict is not None or shown.error:
        return [*said, ("ended here", "muted")]
    if limit is not None and seconds > limit:
        return [*said, ("over by", "critical"), (clock(seconds - limit), "bold critical")]
    if shown.walks and shown.plan is not None:
        reached = sum(step.state in ("done", "failed") for step in shown.steps[1:])
        return [*said, (f"{min(reached + 1, len(shown.plan.actions))} of {len(shown.plan.actions)}", "text")]
    if estimate is None:
        return [*said, ("no estimate", "muted")]
    if seconds > estimate:
        return [*said, ("past the", "warning"), (f"estimate {clock(estimate)}", "warning")]
    return [*said, ("safe in about", "muted"), (clock(estimate - seconds), "bold strong")]


def _until_done(shown: OperationPicture) -> list[tuple[str, str]]:
    """The small second clock, from safe to done."""
    if shown.done_s is not None:
        return [("safe", "steady"), (f"done in {clock(shown.done_s)}", "text")]
    if shown.verdict is not None or shown.error:
        return [("safe", "steady")]
    return [("safe, to done", "steady"), (clock(shown.elapsed_s), "bold strong")]


def _tasks(shown: OperationPicture, end: int, glyphs: Glyphs) -> list[Line]:
    lanes = picture(shown.progress) if shown.progress else None
    if lanes is None:
        return [heading("tasks", 2, end, glyphs), Line().put(2, "not observed yet", "muted"), Line(), Line()]
    if shown.walks:
        desired = heading("tasks", 2, end, glyphs, [(f"desired {lanes.desired}", "muted")])
        return [desired, _only_lane(lanes, (16, 30, end), glyphs), Line(), Line()]
    said = f"{lanes.leaving.version} leaves, {lanes.arriving.version} arrives"
    lines = [heading("tasks", 2, end, glyphs, [(said, "muted")])]
    columns = (16, 30, end)
    lines.append(lane_line(lanes.leaving, False, shown.verb, lanes.desired, columns, glyphs))
    lines.append(lane_line(lanes.arriving, True, shown.verb, lanes.desired, columns, glyphs))
    traffic = traffic_line(lanes, shown.verb, (16, min(end, 100)), glyphs)
    lines.append(traffic.put(2, "traffic", "faint") if traffic else Line())
    return lines


def _short_tasks(shown: OperationPicture, end: int, glyphs: Glyphs) -> list[Line]:
    lanes = picture(shown.progress) if shown.progress else None
    if lanes is None:
        return [Line().put(2, "tasks not observed yet", "muted"), Line()]
    if shown.walks:
        return [_only_lane(lanes, (10, 21, end), glyphs), Line()]
    traffic = traffic_line(lanes, shown.verb, (56, end), glyphs) if end >= 78 else None
    old, new = _short(lanes.leaving), _short(lanes.arriving)
    first = lane_line(old, False, shown.verb, lanes.desired, (10, 21, 55 if traffic else end), glyphs)
    second = lane_line(new, True, shown.verb, lanes.desired, (10, 21, end), glyphs)
    return [beside([first], [traffic])[0] if traffic else first, second]


def _only_lane(lanes: Lanes, columns: tuple[int, int, int], glyphs: Glyphs) -> Line:
    """All tasks in one lane: nothing takes their place."""
    tasks = sorted((*lanes.leaving.tasks, *lanes.arriving.tasks), key=lambda pair: ORDER.index(pair[0]))
    lane = Lane(lanes.leaving.label, lanes.leaving.version, tuple(tasks))
    lane = _short(lane) if columns[0] < 16 else lane
    return lane_line(lane, False, Verb.SCALE, lanes.desired, columns, glyphs)


def _short(lane: Lane) -> Lane:
    """A lane named by its version alone, in seven cells; of a branch build only the commit."""
    return replace(lane, label=cut_end(lane.version.rpartition("@")[2], 7), version="")


_SEVERITY = {
    "debug": ("dot", "faint"),
    "info": ("dot", "muted"),
    "warn": ("warning", "warning"),
    "error": ("failed", "critical"),
    "fatal": ("failed", "bold critical"),
}


def _logs(shown: OperationPicture, end: int, rows: int, glyphs: Glyphs, long: bool) -> list[Line]:
    """The newest log lines of both revisions, as many as fit; nothing while there are none."""
    if rows < 2 or not (shown.logs or shown.logs_missing):
        return []
    lines = [heading("logs", 2, end, glyphs, [("tasks of both revisions", "muted")])]
    if shown.logs_missing:
        return [
            *lines,
            Line().put(2, f"{glyphs.nodata} NODATA", "stale").put(12, shown.logs_missing, "muted", end - 12),
        ]
    definitions = {}
    leaving = set()
    if shown.progress and shown.progress.observation:
        for task in shown.progress.observation.tasks:
            definitions[task.id] = ":" + task.definition.rsplit(":", 1)[-1]
            if task.deployment not in shown.progress.arriving:
                leaving.add(task.id)
    for entry in shown.logs[-(rows - 1) :]:
        bad = entry.task in leaving and shown.verb is Verb.ROLLBACK
        lines.append(_log_line(entry, definitions.get(entry.task, ""), bad, end, glyphs, long))
    return lines


def _log_line(entry: LogLine, revision: str, bad: bool, end: int, glyphs: Glyphs, long: bool) -> Line:
    mark, words = _SEVERITY.get(entry.severity, _SEVERITY["info"])
    loud = entry.severity in ("warn", "error", "fatal")
    line = (
        Line()
        .put(2, time_of_day(entry.at), "faint")
        .put(12 if long else 11, revision, "critical" if bad else "muted", 4)
    )
    if long:
        line.put(17, entry.task[:4], "muted")
        line.put(23, f"{getattr(glyphs, mark)} {entry.severity.upper()}", words)
        return line.put(32, entry.text, "strong" if loud else "muted", end - 32)
    line.put(15, getattr(glyphs, mark), words)
    return line.put(17, entry.text, "strong" if loud else "muted", end - 17)
