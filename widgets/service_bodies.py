"""The lines of every pane of a service, drawn for where the pane stands at a width."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from widgets.config_view import change_count, config_lines
from widgets.deployments import MOST_COLUMNS, deployment_lines, deployment_rows
from widgets.event_list import event_lines
from widgets.explanation import explanation_lines
from widgets.figures_view import figure_lines
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line
from widgets.listing import Listing
from widgets.log_peek import log_lines
from widgets.rollout_cells import Course
from widgets.scaling_view import scaling_lines
from widgets.target_list import target_lines
from widgets.task_table import revision_of, task_lines, task_roll

if TYPE_CHECKING:
    from widgets.service_view import ServiceView

LEFT, LEFT_END, RIGHT = 2, 84, 88
"""Columns of the two regions at 140: the left one holds the evidence, the right one what runs by."""
NARROW_PANE_END, NARROW_CHART = 45, 47
"""At 80, of a pane that has a chart beside it."""


class Bodies:
    """Draws the panes of one view; long ones only where they are looked at."""

    def __init__(self, view: "ServiceView", glyphs: Glyphs, width: int) -> None:
        self._view = view
        self._glyphs = glyphs
        self._width = width
        self._narrow = width < NARROW
        self._end = width - 2 if self._narrow else LEFT_END
        self._beside = NARROW_PANE_END if self._narrow and view.picture.signals else self._end
        """Where a pane ends that has a chart at its right."""
        self._roll = task_roll(view.picture, view.now)
        self._panes: dict[str, Callable[[], Listing]] = {
            "tasks": self._tasks,
            "targets": self._targets,
            "events": self._events,
            "scaling": self._scaling,
            "config": self._config,
            "figures": self._figures,
            "logs": self._logs,
        }

    def body(self, pane: str) -> Listing:
        """The lines of a pane."""
        return self._panes[pane]()

    def explanation(self, most: int) -> tuple[Line, ...]:
        """Cause, remedy, evidence, in at most so many lines."""
        return explanation_lines(self._view.picture, self._view.now, self._width, most, self._glyphs)

    def deployments(self) -> tuple[Line, ...]:
        """Head and rows of the deployments."""
        picture = self._view.picture
        if picture.status is None:
            return (Line().put(LEFT, "not read yet", "muted"),)
        course = Course(
            picture.status, picture.observation, self._view.now, self._glyphs, narrow=self._narrow
        )
        return deployment_lines(deployment_rows(picture, course), LEFT, self._end, self._glyphs)

    def shown(self) -> str:
        """How many deployments there are, and how many of them have no column."""
        status = self._view.picture.status
        count = len(status.deployments) if status else 0
        if count > MOST_COLUMNS:
            return f"{MOST_COLUMNS} of {count}"
        return str(count) if count else ""

    def count(self, pane: str) -> str:
        """How much there is in a pane; empty where that is not known or nothing is counted."""
        picture = self._view.picture
        seen, status = picture.observation, picture.status
        aimed = seen is not None and "targets" not in seen.missing and bool(seen.status.target_groups)
        counts: dict[str, int | None] = {
            "tasks": self._roll.count if seen is not None or picture.tasks is not None else None,
            "targets": len(seen.targets) if seen is not None and aimed else None,
            "figures": len(picture.signals.picture.series) if picture.signals else None,
            "events": len(status.events) if status is not None else None,
            "logs": len(self._view.logs) or None,
        }
        number = counts.get(pane)
        return "" if number is None else f"{number:,}"

    def counted(self, pane: str) -> tuple[str, str]:
        """What stands behind a tab's name, and its ink."""
        if pane == "config":
            number = change_count(self._view.revisions)
            if number:
                picture = self._view.picture
                loud = picture.state.is_trouble or picture.state.is_moving
                return (str(number) if self._narrow else f"{number} changed"), "warning" if loud else ""
            return "", ""
        return self.count(pane), ""

    # -- panes --------------------------------------------------------------------------------

    def _unread(self, column: int = LEFT) -> Listing:
        return Listing.of((Line().put(column, "not read yet", "muted"),))

    def _tasks(self) -> Listing:
        return task_lines(self._roll, self._view.now, LEFT, self._beside, self._glyphs, self._narrow)

    def _targets(self) -> Listing:
        seen = self._view.picture.observation
        if seen is None:
            return self._unread()
        return target_lines(seen, LEFT, self._beside, self._glyphs, self._narrow)

    def _events(self) -> Listing:
        status = self._view.picture.status
        if status is None:
            return self._unread()
        return Listing.of(event_lines(status.events, LEFT, self._end, self._glyphs))

    def _scaling(self) -> Listing:
        view = self._view
        return scaling_lines(view.scaling, view.picture.status, view.now, LEFT, self._end, self._glyphs)

    def _config(self) -> Listing:
        view = self._view
        return config_lines(view.revisions, view.now, LEFT, self._end, self._glyphs, view.compare_keys)

    def _figures(self) -> Listing:
        view = self._view
        return figure_lines(view.picture.signals, view.now, LEFT, self._end, self._glyphs, self._narrow)

    def _logs(self) -> Listing:
        view = self._view
        column, end = (LEFT if self._narrow else RIGHT), self._width - 2
        if not view.logs:
            said, ink = (view.logs_note, "stale") if view.logs_note else ("reading the logs", "muted")
            return Listing.of((Line().put(column, said, ink, end - column),))
        tasks = view.picture.observation.tasks if view.picture.observation else view.picture.tasks or ()
        revisions = {task.id: revision_of(task) for task in tasks}

        def draw(place: int) -> Line:
            part = view.logs[place : place + 1]
            return log_lines(part, revisions, column, end, self._glyphs, full_time=self._narrow)[0]

        return Listing(len(view.logs), draw)
