"""The newest log lines below an operation."""

from console.domain.operation import Verb
from console.domain.signals import LogLine
from console.domain.words import time_of_day
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.operation_picture import OperationPicture
from widgets.regions import heading

_SEVERITY = {
    "debug": ("dot", "faint"),
    "info": ("dot", "muted"),
    "warn": ("warning", "warning"),
    "error": ("failed", "critical"),
    "fatal": ("failed", "bold critical"),
}


def log_lines(shown: OperationPicture, end: int, rows: int, glyphs: Glyphs, long: bool) -> list[Line]:
    """The newest log lines of both revisions, as many as fit; nothing while there are none."""
    if rows < 2 or not (shown.logs or shown.logs_missing):
        return []
    lines = [
        heading(
            "logs", 2, end, glyphs, [("its tasks" if shown.walks else "tasks of both revisions", "muted")]
        )
    ]
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
