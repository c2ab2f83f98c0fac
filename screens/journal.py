"""The journal: every operation by anybody, open ones first, and one of them in full."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from console.domain.operation import Entry, OperationRecord
from console.errors import QuarterdeckError
from console.ports import Clock, Journal
from screens.base import ConsoleScreen
from screens.feeds import ask
from screens.frozen_rows import FrozenRows
from screens.messages import Answered, AskFailed
from widgets.dialog import DialogPane
from widgets.grid import GridRow, GridView
from widgets.journal_table import (
    SentenceRow,
    as_text,
    detail_lines,
    heads,
    in_order,
    is_failure,
    matches,
    rows,
)
from widgets.line import Line
from widgets.lines import LinesView

MOST = 500
"""Operations that are read."""
PERIOD_S = 5.0
"""How often the journal is read again while it is looked at."""
_ALL = -1
"""Tag of the question for the operations; entries have tags of their own."""


class JournalScreen(ConsoleScreen):
    """Reads the journal on a thread, again while it is shown; the cursor stays on its operation."""

    CSS_PATH = "journal.tcss"
    AUTO_FOCUS = "GridView"
    KEY_ORDER = ("journal.back", "grid.choose", "journal.filter", "journal.failures", "journal.copy")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="journal.back", tooltip="Back: from the detail, or out"),
        Binding("slash", "filter", "filter", id="journal.filter", tooltip="Show some operations only"),
        Binding("f", "failures", "failures only", id="journal.failures", tooltip="Show failures only"),
        Binding("y", "copy", "copy", id="journal.copy", tooltip="Copy the operation in full"),
        Binding(
            "down,j,pagedown",
            "down",
            "further down",
            id="journal.down",
            show=False,
            tooltip="The detail further down",
        ),
        Binding(
            "up,k,pageup", "up", "further up", id="journal.up", show=False, tooltip="The detail further up"
        ),
    ]

    def __init__(self, journal: Journal, clock: Clock) -> None:
        super().__init__()
        self._journal = journal
        self._clock = clock
        self.records: tuple[OperationRecord, ...] | None = None
        self.entries: tuple[Entry, ...] = ()
        self.error: QuarterdeckError | None = None
        self.failures_only = False
        self.full = False
        """One operation is shown in full, in place of the list."""
        self._wanted = ""
        self._tag = 0
        self._shown: str | None = None
        """Id of the operation whose entries are shown or asked for."""
        self._asked_at: float | None = None
        self._frozen = FrozenRows(clock, holds_back=True)

    def body(self) -> Iterable[Widget]:
        yield LinesView(id="top")
        yield Input(id="filter", placeholder="part of a service, verdict, version or name", compact=True)
        yield GridView(id="list")
        yield LinesView(id="foot")
        detail = DialogPane(id="detail")
        detail.paper = "background"
        yield detail

    @property
    def grid(self) -> GridView:
        """The list."""
        return self.query_one("#list", GridView)

    def on_mount(self) -> None:
        self.query_one("#filter", Input).cursor_blink = False
        self._read()

    def on_screen_resume(self) -> None:
        self._read()

    def touched(self) -> None:
        """A key was pressed: no new operation moves the one under the cursor for a while."""
        self._frozen.touched()

    def on_mouse_down(self) -> None:
        self.touched()

    # -- reading ------------------------------------------------------------------------------

    def _read(self) -> None:
        """Ask for the operations, and for the entries of the selected one."""
        self._asked_at = self._clock.monotonic()
        journal = self._journal
        ask(self, lambda: journal.operations(limit=MOST), _ALL)
        self._read_entries()

    def _read_entries(self) -> None:
        shown = self._shown
        if shown is None:
            return
        self._tag += 1
        journal = self._journal
        ask(self, lambda: journal.entries(shown), self._tag)

    def on_answered(self, message: Answered) -> None:
        message.stop()
        if message.tag == _ALL:
            self.error = None
            self.records = message.value if isinstance(message.value, tuple) else ()
        elif message.tag == self._tag and isinstance(message.value, tuple):
            self.entries = message.value
        else:
            return
        self.picture_changed()

    def on_ask_failed(self, message: AskFailed) -> None:
        message.stop()
        self.error = message.error
        self.picture_changed()

    # -- drawing ------------------------------------------------------------------------------

    @property
    def _time(self) -> datetime:
        return self.now or self._clock.now()

    @property
    def selected(self) -> OperationRecord | None:
        """The operation under the cursor."""
        key = self.grid.cursor_key
        return next((record for record in self.records or () if record.id == key), None)

    @property
    def matching(self) -> tuple[OperationRecord, ...]:
        """The operations that filter and failures-only let through, in their order."""
        found = (record for record in self.records or () if matches(record, self._wanted))
        return in_order([record for record in found if is_failure(record) or not self.failures_only])

    def picture_changed(self) -> None:
        if not self.query("#detail"):
            return
        if self._asked_at is not None and self._clock.monotonic() - self._asked_at >= PERIOD_S:
            self._read()
        found = self.matching
        newest = rows(found, self._time) or self._nothing()
        self.grid.set_rows(self._frozen.place(newest, self.grid.rows))
        self.set_class(self.full, "-full")
        self.query_one("#top", LinesView).lines = self._top(len(found))
        self.query_one("#foot", LinesView).lines = self._foot()
        self._draw_detail()
        self.refresh_bindings()

    def _nothing(self) -> tuple[GridRow, ...]:
        if self.error is not None:
            return (SentenceRow(f"{self.error.title}: {self.error}"),)
        if self.records is None:
            return (SentenceRow("reading the journal"),)
        if not self.records:
            return (SentenceRow("no operation yet"),)
        if self._wanted:
            return (SentenceRow(f'nothing matches "{self._wanted}" · esc clears the filter'),)
        return (SentenceRow("no failure · f shows all"),)

    def _top(self, shown: int) -> tuple[Line, ...]:
        width = self.size.width
        line = Line().put(2, "journal", "bold strong")
        if not self.is_narrow:
            line.put(12, "every operation by anybody, open ones first, then newest, in UTC", "muted")
        total = len(self.records or ())
        kind = self._wanted or ("failures" if self.failures_only else "none")
        said = (f"{shown}", "text"), (f" of {total}   filter ", "muted"), (kind, "text")
        size = sum(len(text) for text, _ in said)
        line.run(width - 2 - size, *said)
        if self.error is not None and self.records:
            line.put(12, f"not read again: {self.error}", "warning", width - 16 - size)
        return (line, heads(width)) if self.is_narrow else (Line(), line, Line(), heads(width))

    def _foot(self) -> tuple[Line, ...]:
        below = self.grid.rows_below
        more = self.app.glyphs.more if hasattr(self.app, "glyphs") else "v"
        return (Line().put(2, f"{more} {below} more", "muted"),) if below else ()

    def _draw_detail(self) -> None:
        pane = self.query_one("#detail", DialogPane)
        record = self.selected
        if record is None:
            pane.lines = ()
            return
        entries = self.entries if record.id == self._shown else ()
        lines = detail_lines(record, entries, self.size.width, pane.glyphs, self._time, self.full)
        pane.lines = (Line(), *lines) if self.full and not self.is_narrow else lines

    @on(GridView.RowHighlighted)
    def _other_row(self, event: GridView.RowHighlighted) -> None:
        event.stop()
        if event.key != self._shown:
            self._shown, self.entries = event.key, ()
            self._read_entries()
        self._draw_detail()

    @on(GridView.Moved)
    def _moved(self, event: GridView.Moved) -> None:
        event.stop()
        self.query_one("#foot", LinesView).lines = self._foot()

    # -- keys ---------------------------------------------------------------------------------

    def key_labels(self) -> Mapping[str, str]:
        return {
            "journal.back": "list" if self.full else "back",
            "journal.failures": "all" if self.failures_only else "failures only",
        }

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("filter", "failures"):
            return not self.full
        return True

    @on(GridView.RowChosen)
    def _open(self, event: GridView.RowChosen) -> None:
        event.stop()
        self._show_full(True)

    def _show_full(self, full: bool) -> None:
        self.full = full
        self.query_one("#detail", DialogPane).scrolled = 0
        if full:
            self.set_focus(None)
        else:
            self.grid.focus()
        self.update_frame()

    def action_back(self) -> None:
        field = self.query_one("#filter", Input)
        if self.full:
            self._show_full(False)
        elif field.display or self._wanted:
            field.value, self._wanted = "", ""
            field.display = False
            self.grid.focus()
            self._frozen.release()
            self.picture_changed()
        else:
            self.dismiss()

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.display = True
        field.focus()

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._wanted = event.value.strip()
        self._frozen.release()
        self.picture_changed()

    @on(Input.Submitted, "#filter")
    def _filter_kept(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one("#filter", Input).display = False
        self.grid.focus()

    def action_failures(self) -> None:
        self.failures_only = not self.failures_only
        self._frozen.release()
        self.update_frame()

    def action_copy(self) -> None:
        record = self.selected
        if record is not None:
            glyphs = self.query_one("#detail", DialogPane).glyphs
            self.app.copy_to_clipboard(as_text(record, self.entries, glyphs, self._time))
            self.say("operation copied")

    def action_down(self) -> None:
        if self.full:
            self.query_one("#detail", DialogPane).scroll_lines(5)

    def action_up(self) -> None:
        if self.full:
            self.query_one("#detail", DialogPane).scroll_lines(-5)
