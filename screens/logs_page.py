"""The page of a log: what is read of it, which lines are shown, and what its bars say."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, tzinfo

from textual import on
from textual.timer import Timer
from textual.widget import Widget

from console.domain.address import Address
from console.errors import UsageError
from console.logtail.rates import ErrorCounter
from console.logtail.view import LogView as Lines
from console.ports import Clock, LogSource
from screens.feeds import TailFeed
from screens.logs_field import LogField
from screens.logs_filter import FilterBook, Wanted
from screens.logs_history import WayBack
from screens.logs_tasks import TaskBook
from screens.logs_time import here
from screens.logs_words import clock_time, counts_of, nothing, rates_of, whose
from screens.of_service import OfService
from widgets.banner import Banner
from widgets.line import Line
from widgets.lines import LinesView
from widgets.log_bar import LogCounts, filter_line, pause_line, strip_columns, strip_line, title_line
from widgets.log_line import LogLook, no_spans
from widgets.log_view import LogView

FLUSH_S = 0.1


class Bar(LinesView):
    """A line of the filter bar's paper."""

    PAPER = "surface"


class PauseBar(LinesView):
    """The line that says that the log stands still."""

    PAPER = "warning-back"


class LogPage(OfService):
    """Reads the log as long as it is open, and does nothing while another screen is in front of it."""

    AUTO_FOCUS = "LogView"

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
        self.tasks = TaskBook()
        self.error_rates: tuple[tuple[str, float | None], ...] = ()
        """(revision, lines at error or above a minute) of what runs, newest first; ``None``: no data."""
        self._errors = ErrorCounter(self.feed.ring)
        self._way_back = WayBack(self.feed.tail, self.feed.ring)
        self._paused_at: datetime | None = None
        self._arrived_then = self._lost_then = 0
        self._goes_to: datetime | None = None
        self._timer: Timer | None = None
        self._wraps = False
        self._zone: tzinfo | None = here() if local else None

    def body(self) -> Iterable[Widget]:
        yield LinesView(id="title")
        yield Banner(id="notes")
        yield Bar(id="filters")
        yield LogField()
        yield LinesView(id="refused")
        yield LinesView(id="strip")
        yield LogView(id="log")
        yield PauseBar(id="paused")

    @property
    def pane(self) -> LogView:
        """The lines as they are seen."""
        return self.query_one("#log", LogView)

    def on_mount(self) -> None:
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
        self._errors.update()
        self._read_back()
        if changed or behind:
            self.pane.show(self.shown.lines)
            self._draw_bars()

    def picture_changed(self) -> None:
        """Once a second and at every new picture: tasks, events, notes and density."""
        if not self.query("#log"):
            return
        picture = self.picture
        if picture is not None:
            if self.tasks.learn(picture):
                self._dress()
                self._judge_anew()
            self.feed.ring.add(self.tasks.events(picture, self._first))
        self.error_rates = rates_of(self._errors, self.tasks, self._clock.now(), self.feed.tail.oldest)
        self.query_one("#notes", Banner).texts = self._notes
        self._draw_all()

    @property
    def _notes(self) -> tuple[str, ...]:
        """What is wrong, a line each."""
        return (*self.feed.tail.notes, *([self.feed.failed] if self.feed.failed else []))

    def _judge_anew(self) -> None:
        """Lines of a task came before it was known whose it is: choose the revisions again."""
        if self.wanted.source in ("new", "old"):
            self.shown.ask(self.wanted.query(self.tasks.deployments, self.tasks.new))

    @property
    def _first(self) -> datetime:
        """From when on the log is shown."""
        first = next((line.at for line in self.shown.lines), self._began)
        return min(first, self._began)

    def _read_back(self) -> None:
        """Read towards the moment that is wanted, and go there once it is reached or cannot be."""
        ended = self._way_back.step()
        if ended:
            self.say(ended, "warning")
        if self._goes_to is not None and not self._way_back.is_wanted and not self.feed.tail.is_asking:
            self._show_time(self._goes_to)
            self._goes_to = None

    @on(LogView.AtStart)
    def _want_older(self, event: LogView.AtStart) -> None:
        event.stop()
        refused = self._way_back.stretch()
        if refused:
            self.say(refused, "warning")
        self._draw_bars()

    # -- drawing ------------------------------------------------------------------------------

    def _dress(self) -> None:
        """Let the lines be drawn as the filter, the zone and the tasks are now."""
        query, search = self.shown.query, self.shown.search
        spans = search.spans if search is not None else query.spans if query.include else no_spans
        log = self.pane
        log.look = LogLook(
            log.size.width or self.size.width,
            self._wraps,
            self._zone,
            self.tasks.revisions,
            spans,
            log.glyphs,
        )

    def _clock_time(self, moment: datetime, form: str = "%H:%M:%S") -> str:
        return clock_time(moment, self._zone, form)

    @property
    def counts(self) -> LogCounts:
        """How much there is, and what is missing."""
        return counts_of(self.shown, self.feed.tail, self.error_rates)

    def _draw_all(self) -> None:
        self.pane.show(self.shown.lines)
        self._draw_bars()
        self._draw_strip()

    def _draw_bars(self) -> None:
        log, counts, width = self.pane, self.counts, self.size.width
        tail, picture = self.feed.tail, self.picture
        name = picture.address.service if picture else self.address.service
        tasks = (line.task for line in log.seen if line.task)
        said = whose(self.wanted, tail, self._first, tasks, self._zone, self.is_narrow)
        title = title_line(name, self.address.environment, said, counts, width, log.glyphs)
        self.query_one("#title", LinesView).lines = (title,) if self.is_narrow else (Line(), title, Line())
        since = self._clock_time(self.wanted.since) if self.wanted.since else ""
        filters = filter_line(self.wanted.in_words(since), counts, width, log.glyphs)
        self.query_one("#filters", LinesView).lines = (filters,)
        said = nothing(self.shown, tail, self._zone, fails=bool(self._notes))
        log.empty = Line().put(2, said, "muted", width - 4)
        self.set_class(not log.follow, "-paused")
        if self._paused_at is not None:
            self.query_one("#paused", LinesView).lines = (self._pause_line(self._paused_at, counts),)

    def _pause_line(self, since: datetime, counts: LogCounts) -> Line:
        log = self.pane
        return pause_line(
            self._clock_time(since),
            self.shown.arrived - self._arrived_then,
            counts.dropped - self._lost_then,
            log.below,
            counts.limit,
            self.size.width,
            log.glyphs,
        )

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

    # -- what is shown ------------------------------------------------------------------------

    def _apply(self, wanted: Wanted | None = None) -> bool:
        """Show what a filter lets through; whether it could be: a refused one is said and changes nothing."""
        wanted = wanted or self.wanted
        try:
            query, search = wanted.query(self.tasks.deployments, self.tasks.new), wanted.search
        except UsageError as error:
            self._refuse(str(error))
            return False
        self._refuse("")
        self.wanted = wanted
        self.shown.ask(query)
        self.shown.look_for(search)
        self._way_back.to(wanted.since)
        self._arrived_then = self.shown.arrived
        self._dress()
        if self.is_attached:
            self._draw_all()
            self.update_keys()
        return True

    def _refuse(self, why: str) -> None:
        self.set_class(bool(why), "-refused")
        self.query_one("#refused", LinesView).lines = (
            Line().put(2, f"{self.pane.glyphs.warning} {why}", "warning", self.size.width - 4),
        )

    def _show_time(self, moment: datetime) -> None:
        if self.shown.lines:
            self.pane.select(min(self.shown.index_at(moment), len(self.shown.lines) - 1))
