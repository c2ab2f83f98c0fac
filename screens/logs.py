"""The log of one service: all its tasks in one stream, filtered, searched, paused and saved."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from operator import attrgetter
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from console.domain import words
from console.domain.address import Address
from console.domain.fleet import ServicePicture
from console.domain.signals import LogLine
from console.errors import UsageError
from console.logtail.view import LogView as Lines
from console.ports import Clock, LogSource
from screens.base import ConsoleScreen
from screens.feeds import TailFeed, ask
from screens.logs_filter import SOURCES, FilterBook, Wanted
from screens.logs_save import all_text, default_name, save
from screens.logs_time import HELP, moment_from
from screens.messages import Answered, AskFailed
from widgets.banner import Banner
from widgets.line import Line
from widgets.lines import LinesView
from widgets.log_bar import LogCounts, filter_line, pause_line, strip_columns, strip_line, title_line
from widgets.log_line import PLATFORM, LogLook, no_spans
from widgets.log_view import LogView
from widgets.task_table import revision_of

FLUSH_S = 0.1
_SERIOUS = ("error", "fatal")
_FIELDS = {
    "include": 'words, "several words", /expression/, -not: all of them in a line',
    "exclude": "words or /expressions/ of which none is in a line",
    "find": "words or /expressions/ to mark; n and N go from one to the next",
    "since": f"{HELP}, or deploy; empty shows everything",
    "time": HELP,
    "save": "a new file",
}


class Bar(LinesView):
    """A line of the filter bar's paper."""

    PAPER = "surface"


class PauseBar(LinesView):
    """The line that says that the log stands still."""

    PAPER = "warning-back"


class LogsScreen(ConsoleScreen):
    """Reads the log as long as it is open, and does nothing while another screen is in front of it."""

    CSS_PATH = "logs.tcss"
    AUTO_FOCUS = "LogView"
    KEY_ORDER: ClassVar[tuple[str, ...]] = (
        "logs.back",
        "logs.pause",
        "logs.include",
        "logs.next",
        "logs.unfold",
        "logs.exclude",
        "logs.severity",
        "logs.time",
        "logs.copy",
        "logs.save",
        "logs.source",
        "logs.since",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="logs.back", tooltip="Leave the field, or the log"),
        Binding("space", "pause", "pause", id="logs.pause", tooltip="Stand still, or follow again"),
        Binding("slash", "field('include')", "include", id="logs.include", tooltip="Lines with words only"),
        Binding(
            "exclamation_mark",
            "field('exclude')",
            "exclude",
            id="logs.exclude",
            key_display="!",
            tooltip="No lines with these words",
        ),
        Binding("v", "severity", "severity", id="logs.severity", tooltip="All, info, warn, error and worse"),
        Binding("n", "next(1)", "next error", id="logs.next", tooltip="Next found line, or next error"),
        Binding("N", "next(-1)", "error before", id="logs.previous", show=False, tooltip="The one before"),
        Binding("t", "field('time')", "to a time", id="logs.time", tooltip="Go to 03:11, 03:11:45 or -5m"),
        Binding("enter", "unfold", "unfold", id="logs.unfold", tooltip="Show the members of a line"),
        Binding("y", "copy", "copy", id="logs.copy", tooltip="Copy the selected line, or all that are seen"),
        Binding("w", "field('save')", "save", id="logs.save", tooltip="Write all lines that match to a file"),
        Binding("tab", "source", "source", id="logs.source", tooltip="All, new, old revision, this task"),
        Binding("a", "field('since')", "after", id="logs.since", tooltip="Lines after a time only"),
        Binding("f", "field('find')", "find", id="logs.find", show=False, tooltip="Mark words, hide nothing"),
        Binding("c", "clear", "clear", id="logs.clear", show=False, tooltip="Show everything again"),
        Binding("z", "wrap", "wrap", id="logs.wrap", show=False, tooltip="Long lines over several rows"),
        Binding("u", "zone", "utc or local", id="logs.zone", show=False, tooltip="Times in UTC or local"),
        Binding("G,end", "follow", "follow", id="logs.follow", show=False, tooltip="Go to the end, follow"),
    ]

    def __init__(
        self,
        address: Address,
        clock: Clock,
        source: LogSource,
        book: FilterBook | None = None,
        revision: str = "",
        *,
        local: bool = False,
        autostart: bool = True,
    ) -> None:
        super().__init__()
        self.address = address
        self._clock = clock
        self._book = book or FilterBook()
        self._autostart = autostart
        self._began = clock.now()
        self.feed = TailFeed(source, address, clock)
        self.shown = Lines(self.feed.ring)
        """The lines of the ring that the filter lets through."""
        self.wanted = self._book.of(address)
        if revision:
            self.wanted = replace(self.wanted, source=revision)
        self._revisions: dict[str, str] = {}
        self._deployments: dict[str, str] = {}
        """Task id -> deployment: two releases may share one revision, when only a tag has moved."""
        self._new = ""
        """The newest deployment."""
        self._events: set[str] = set()
        self._typing = ""
        self._before = self.wanted
        self._paused_at: datetime | None = None
        self._arrived_then = self._lost_then = 0
        self._counted: tuple[int, int] = (0, 0)
        self._back_to: datetime | None = None
        """How far back history is wanted."""
        self._goes_to: datetime | None = None
        self._tag = 0
        self._timer: Timer | None = None
        self._wraps = False
        self._zone: tzinfo | None = _here() if local else None

    def body(self) -> Iterable[Widget]:
        yield LinesView(id="title")
        yield Banner(id="notes")
        yield Bar(id="filters")
        yield Input(id="field", compact=True)
        yield LinesView(id="refused")
        yield LinesView(id="strip")
        yield LogView(id="log")
        yield PauseBar(id="paused")

    @property
    def pane(self) -> LogView:
        """The lines as they are seen."""
        return self.query_one("#log", LogView)

    @property
    def watched(self) -> Address | None:
        return self.address

    @property
    def place(self) -> str:
        picture = self.picture
        return picture.environment.tier.value if picture else "all"

    @property
    def picture(self) -> ServicePicture | None:
        """The newest picture of the service."""
        return self.snapshot.find(self.address)

    def on_mount(self) -> None:
        field = self.query_one("#field", Input)
        field.cursor_blink = False
        self._apply()
        if self._autostart:
            self.feed.start()
            self._timer = self.set_interval(FLUSH_S, self.flush)

    def on_unmount(self) -> None:
        self.feed.stop()
        self._book.keep(self.address, self.wanted)

    def on_screen_suspend(self) -> None:
        if self._timer is not None:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        if self._timer is not None:
            self._timer.resume()

    # -- data ---------------------------------------------------------------------------------

    def flush(self) -> None:
        """Show what came since the last flush, a tenth of a second ago."""
        behind = self.shown.is_behind
        changed = self.shown.update()
        self._read_back()
        if changed or behind:
            self.pane.show(self.shown.lines)
            self._draw_bars()

    def picture_changed(self) -> None:
        """Once a second and at every new picture: tasks, events, density and counts."""
        if not self.query("#log"):
            return
        self._learn()
        severities = Counter(map(attrgetter("severity"), self.shown.lines))
        self._counted = sum(severities[name] for name in _SERIOUS), severities["warn"]
        notes = (*self.feed.tail.notes, *([self.feed.failed] if self.feed.failed else []))
        self.query_one("#notes", Banner).texts = notes
        self.pane.show(self.shown.lines)
        self._draw_bars()
        self._draw_strip()

    def _learn(self) -> None:
        """Take over from the picture whose revision every task is, and what the platform said."""
        picture = self.picture
        if picture is None:
            return
        tasks = (*(picture.tasks or ()), *(picture.observation.tasks if picture.observation else ()))
        known = {task.id: revision_of(task) for task in tasks}
        primary = picture.status.primary if picture.status else None
        new = primary.id if primary else self._new
        if new != self._new or not known.items() <= self._revisions.items():
            self._deployments.update((task.id, task.deployment) for task in tasks)
            self._new = new
            self._revisions = {**self._revisions, **known}
            self._dress()
            if self.wanted.source in ("new", "old"):
                self._apply()
        events = picture.status.events if picture.status else ()
        fresh = [item for item in events if item.id not in self._events and item.at >= self._first]
        if fresh:
            self._events.update(item.id for item in fresh)
            self.feed.ring.add(
                LogLine(f"event {item.id}", item.at, "", PLATFORM, words_of_event(item.message))
                for item in fresh
            )

    @property
    def _first(self) -> datetime:
        """From when on the log is shown."""
        first = next((line.at for line in self.shown.lines), self._began)
        return min(first, self._began)

    def _read_back(self) -> None:
        """Ask for older lines until the wanted moment is reached, as long as there is room for them."""
        tail, ring = self.feed.tail, self.feed.ring
        oldest = tail.oldest
        if self._back_to is not None and oldest is not None and not tail.is_asking:
            if oldest <= self._back_to or len(ring) >= ring.limit:
                self._back_to = None
            else:
                tail.ask_history(oldest)
        if self._goes_to is not None and self._back_to is None and not tail.is_asking:
            self._show_time(self._goes_to)
            self._goes_to = None

    @on(LogView.AtStart)
    def _want_older(self, event: LogView.AtStart) -> None:
        event.stop()
        ring, tail = self.feed.ring, self.feed.tail
        before = tail.oldest or (ring.first.at if ring.first is not None else None)
        if len(ring) >= ring.limit:
            self.say(f"the newest {ring.limit:,} lines are kept, nothing older", "warning")
        elif before is not None and not tail.is_asking:
            tail.ask_history(before)
            self._draw_bars()

    # -- drawing ------------------------------------------------------------------------------

    def _dress(self) -> None:
        """Let the lines be drawn as the filter, the zone and the tasks are now."""
        query, search = self.shown.query, self.shown.search
        spans = search.spans if search is not None else query.spans if query.include else no_spans
        log = self.pane
        log.look = LogLook(
            log.size.width or self.size.width, self._wraps, self._zone, self._revisions, spans, log.glyphs
        )

    def _clock_time(self, moment: datetime, form: str = "%H:%M:%S") -> str:
        return moment.astimezone(self._zone or UTC).strftime(form)

    @property
    def counts(self) -> LogCounts:
        """How much there is, and what is missing."""
        ring, tail = self.feed.ring, self.feed.tail
        return LogCounts(
            len(ring),
            ring.limit,
            len(self.shown.lines),
            *self._counted,
            rate=tail.rate,
            dropped=ring.lost,
            sampled=tail.sampled,
            judging=self.shown.is_behind,
        )

    def _draw_bars(self) -> None:
        log, counts, width = self.pane, self.counts, self.size.width
        picture = self.picture
        name = picture.address.service if picture else self.address.service
        environment = self.address.environment
        title = title_line(name, environment, self._whose(), counts, width, log.glyphs)
        self.query_one("#title", LinesView).lines = (title,) if self.is_narrow else (Line(), title, Line())
        since = self._clock_time(self.wanted.since) if self.wanted.since else ""
        self.query_one("#filters", LinesView).lines = (
            filter_line(self.wanted.in_words(since), counts, width),
        )
        log.empty = Line().put(2, self._nothing(), "muted", width - 4)
        self.set_class(not log.follow, "-paused")
        if self._paused_at is not None:
            self.query_one("#paused", LinesView).lines = (
                pause_line(
                    self._clock_time(self._paused_at),
                    self.shown.arrived - self._arrived_then,
                    counts.dropped - self._lost_then,
                    counts.limit,
                    width,
                    log.glyphs,
                ),
            )

    def _whose(self) -> str:
        """Whose lines these are, from when on, and in which zone times are."""
        tail = self.feed.tail
        revisions = {"new": "new revision", "old": "old revision", "task": "one task"}
        parts = [revisions.get(self.wanted.source, "every revision")]
        if tail.is_asking:
            parts.append(f"reading back from {self._clock_time(tail.oldest or self._first, '%H:%M')}")
        elif not self.is_narrow:
            tasks = len({line.task for line in self.pane.seen if line.task})
            parts.append(f"{words.count(tasks, 'task')} in sight + {PLATFORM} events")
        if self._zone is not None:
            parts.append(f"times {self._zone.tzname(None) or 'local'}")
        return " · ".join(parts)

    def _nothing(self) -> str:
        """What is said where no line stands."""
        if self.shown.is_behind:
            return "reading what there is"
        if self.feed.ring.arrived:
            return "nothing matches · c shows everything again"
        if self.feed.tail.oldest is None:
            return "reading the log"
        return f"no line since {self._clock_time(self.feed.tail.oldest, '%H:%M')} · g reads further back"

    def _draw_strip(self) -> None:
        lines = self.shown.lines
        if self.is_narrow or not lines:
            self.query_one("#strip", LinesView).lines = ()
            return
        width, last = self.size.width, lines[-1].at
        start = lines[0].at
        buckets = self.shown.density(start, last, strip_columns(width))
        form = "%H:%M"
        times = self._clock_time(start, form), self._clock_time(last, form)
        self.query_one("#strip", LinesView).lines = (
            strip_line(buckets, *times, self.counts, width, self.pane.glyphs),
        )

    def key_labels(self) -> Mapping[str, str]:
        return {
            "logs.next": "next found" if self.shown.search is not None else "next error",
            "logs.pause": "pause" if not self.query("#log") or self.pane.follow else "follow",
        }

    # -- filters ------------------------------------------------------------------------------

    def _apply(self, wanted: Wanted | None = None) -> bool:
        """Show what a filter lets through; whether it could be: a refused one is said and changes nothing."""
        wanted = wanted or self.wanted
        try:
            query, search = wanted.query(self._deployments, self._new), wanted.search
        except UsageError as error:
            self._refuse(str(error))
            return False
        self._refuse("")
        self.wanted = wanted
        self.shown.ask(query)
        self.shown.look_for(search)
        if wanted.since is not None:
            self._back_to = wanted.since
        self._arrived_then = self.shown.arrived
        self._dress()
        if self.is_attached:
            self.picture_changed_now()
        return True

    def picture_changed_now(self) -> None:
        """Draw everything that hangs on the filter."""
        self.pane.show(self.shown.lines)
        self._draw_bars()
        self._draw_strip()
        self.update_keys()

    def _refuse(self, why: str) -> None:
        self.set_class(bool(why), "-refused")
        self.query_one("#refused", LinesView).lines = (
            Line().put(2, f"{self.pane.glyphs.warning} {why}", "warning", self.size.width - 4),
        )

    def action_severity(self) -> None:
        self._apply(replace(self.wanted, severity=self.wanted.next_severity))

    def action_source(self) -> None:
        line = self.pane.selected
        choices = [name for name in SOURCES if name != "task" or (line is not None and line.task)]
        here = choices.index(self.wanted.source) if self.wanted.source in choices else -1
        source = choices[(here + 1) % len(choices)]
        self._apply(replace(self.wanted, source=source, task=line.task if line and source == "task" else ""))

    def action_clear(self) -> None:
        self._apply(Wanted())

    # -- the field ----------------------------------------------------------------------------

    def action_field(self, what: str) -> None:
        """Let something be typed."""
        self._typing, self._before = what, self.wanted
        field = self.query_one("#field", Input)
        value = {
            "include": self.wanted.include,
            "exclude": self.wanted.exclude,
            "find": self.wanted.find,
            "save": default_name(self.address, self.feed.ring.last),
        }.get(what, "")
        field.placeholder = f"{what}: {_FIELDS[what]}"
        with field.prevent(Input.Changed):
            field.value = value
        field.cursor_position = len(value)
        self.add_class("-typing")
        field.focus()

    def _close_field(self) -> None:
        self._typing = ""
        self.remove_class("-typing")
        self._refuse("")
        self.pane.focus()

    @on(Input.Changed, "#field")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._typing in ("include", "exclude", "find"):
            self._apply(self.wanted.with_words(self._typing, event.value))

    @on(Input.Submitted, "#field")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        done: Mapping[str, Callable[[str], bool]] = {
            "time": self._go_to_time,
            "since": self._filter_since,
            "save": self._save_to,
        }
        what = self._typing
        kept = done[what](text) if what in done else self._apply(self.wanted.with_words(what, text))
        if kept:
            self._close_field()

    def _moment(self, text: str) -> datetime | None:
        try:
            return moment_from(text, self._clock.now(), self._zone)
        except UsageError as error:
            self._refuse(str(error))
            return None

    def _filter_since(self, text: str) -> bool:
        if not text:
            return self._apply(replace(self.wanted, since=None))
        moment = self._deployed_at() if text == "deploy" else self._moment(text)
        return moment is not None and self._apply(replace(self.wanted, since=moment))

    def _deployed_at(self) -> datetime | None:
        """When the newest deployment was made."""
        status = self.picture.status if self.picture else None
        found = status.primary.created_at if status and status.primary else None
        if found is None:
            self._refuse("no deployment is known")
        return found

    def _go_to_time(self, text: str) -> bool:
        moment = self._moment(text)
        if moment is None:
            return False
        oldest = self.feed.tail.oldest
        if oldest is not None and moment < oldest:
            self._back_to = self._goes_to = moment
        self._show_time(moment)
        return True

    def _show_time(self, moment: datetime) -> None:
        if self.shown.lines:
            self.pane.select(min(self.shown.index_at(moment), len(self.shown.lines) - 1))

    def _save_to(self, text: str) -> bool:
        if not text:
            self._refuse("a file needs a name")
            return False
        path, lines, revisions = Path(text), tuple(self.shown.lines), self._revisions
        self._tag += 1
        ask(self, lambda: save(path, lines, revisions), self._tag)
        return True

    @on(Answered)
    def _saved(self, message: Answered) -> None:
        message.stop()
        self.notify(str(message.value), markup=False, timeout=8)

    @on(AskFailed)
    def _not_saved(self, message: AskFailed) -> None:
        message.stop()
        self.notify(str(message.error), severity="warning", markup=False, timeout=8)

    # -- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action == "back" or not self._typing

    def action_back(self) -> None:
        if not self._typing:
            self.dismiss()
            return
        if self.wanted != self._before:
            self._apply(self._before)
        self._close_field()

    @on(LogView.Paused)
    def _paused(self, event: LogView.Paused) -> None:
        event.stop()
        self._paused_at = self._clock.now()
        self._arrived_then, self._lost_then = self.shown.arrived, self.feed.ring.lost
        self._draw_bars()
        self.update_keys()

    def action_pause(self) -> None:
        if self.pane.follow:
            self.pane.pause()
        else:
            self.action_follow()

    def action_follow(self) -> None:
        self.pane.resume()
        self._paused_at = None
        self._draw_bars()
        self.update_keys()

    def action_next(self, step: int) -> None:
        """To the next line that is looked for; where nothing is, to the next error."""
        log, lines = self.pane, self.shown.lines
        here = log.index_of(log.cursor)
        if here is None:
            here = len(lines) if step < 0 or log.follow else -1
        found = (
            self.shown.next_match(here, step) if self.shown.search is not None else self._error(here, step)
        )
        if found is None:
            self.say("nothing found" if self.shown.search is not None else "no error", "muted")
        else:
            log.select(found)

    def _error(self, here: int, step: int) -> int | None:
        """The next error after, or before, a line; at an end it goes on at the other."""
        lines = self.shown.lines
        for away in range(1, len(lines) + 1):
            index = (here + step * away) % len(lines)
            if lines[index].severity in _SERIOUS:
                return index
        return None

    def action_unfold(self) -> None:
        self.pane.toggle_unfolded()

    def action_wrap(self) -> None:
        self._wraps = not self._wraps
        self._dress()

    def action_zone(self) -> None:
        self._zone = None if self._zone is not None else _here()
        self._dress()
        self.picture_changed()

    def action_copy(self) -> None:
        selected = self.pane.selected
        lines = (selected,) if selected is not None else self.pane.seen
        self.app.copy_to_clipboard(all_text(lines, self._revisions))
        self.say(f"{words.count(len(lines), 'line')} copied")


def words_of_event(message: str) -> str:
    """What the platform said, without the name of the service before it."""
    return message.split(") ", 1)[1] if message.startswith("(service ") and ") " in message else message


def _here() -> tzinfo | None:
    """The zone of the machine."""
    return datetime.now().astimezone().tzinfo
