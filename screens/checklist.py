"""A checklist, walked: its phases, the items of one, and what a person says of them."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from console.domain.checklist import ItemState, ItemView
from screens.checklist_keys import KEYS, ORDER
from screens.checklist_walk import PERIOD_S, WalkedScreen
from widgets.checklist_top import TopPicture, top_lines
from widgets.checklist_view import RAIL, detail, following, heads, phase_name, rail, rows, waived
from widgets.dialog import DialogPane
from widgets.grid import GridRow, GridView
from widgets.journal_table import SentenceRow
from widgets.line import Line
from widgets.lines import LinesView
from widgets.regions import heading

if TYPE_CHECKING:
    from console.checklists.registry import Deed


class ChecklistScreen(WalkedScreen):
    """Walks the lists of one service.

    Args:
        door: Loads, begins and judges them, on threads of questions.
        name: The list that is shown first; empty: the one of the service's releases.
    """

    CSS_PATH = "checklist.tcss"
    AUTO_FOCUS = "#items"
    KEY_ORDER: ClassVar[tuple[str, ...]] = ORDER
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def body(self) -> Iterable[Widget]:
        yield LinesView(id="top")
        field = Input(id="words", compact=True)
        field.cursor_blink = False
        yield field
        with Horizontal(id="columns"):
            yield LinesView(id="rail")
            with Vertical(id="right"):
                yield LinesView(id="heads")
                yield GridView(id="items")
                pane = DialogPane(id="detail")
                pane.paper = "background"
                yield pane

    # -- drawing ------------------------------------------------------------------------------

    def picture_changed(self) -> None:
        if not self.query("#detail"):
            return
        if self._asked_at is not None and self._clock.monotonic() - self._asked_at >= PERIOD_S:
            self._look()
        width = self.size.width if self.is_narrow else self.size.width - RAIL
        self.set_class(self.full and self.is_narrow, "-full")
        self.query_one("#top", LinesView).lines = top_lines(self._picture(), self.size.width, self._glyphs)
        self.query_one("#heads", LinesView).lines = self._heads(width)
        self.grid.set_rows(self._rows())
        if self.view is not None:
            self.query_one("#rail", LinesView).lines = rail(self.view, self.phase, self._glyphs)
        self._draw_detail(width)
        self.refresh_bindings()

    def _rows(self) -> tuple[GridRow, ...]:
        if self.view is None or self.phase is None:
            said = f"{self.error.title}: {self.error}" if self.error is not None else "reading the list"
            return (SentenceRow(said),)
        return rows(self.view.of(self.phase), self._time)

    def _picture(self) -> TopPicture:
        version = str(self._walker.context.facts.get("version") or "") if self._walker is not None else ""
        place = self.names.index(self._list) + 1 if self._list in self.names else 0
        error = str(self.error) if self.error is not None else ""
        return TopPicture(
            str(self.address),
            self.view,
            self.phase,
            version,
            (place, len(self.names)),
            error,
            self._hook,
            self._time,
        )

    def _heads(self, width: int) -> tuple[Line, ...]:
        if self.view is None or self.phase is None:
            return ()
        if self.is_narrow:
            return (heads(width),)
        ending = (("required unless marked advisory", "muted"),)
        return heading(phase_name(self.phase), 2, width - 2, self._glyphs, ending), heads(width)

    @property
    def _list(self) -> str:
        return self.name_of_list or (self.names[0] if self.names else "")

    def _draw_detail(self, width: int) -> None:
        pane = self.query_one("#detail", DialogPane)
        view, item = self.view, self.selected
        if view is None or item is None:
            pane.lines = ()
            return
        lines = [Line(), *detail(item, width, self._glyphs, self._may(item))]
        if not self.is_narrow:
            for more in (waived(view, width, self._glyphs), following(view, self.phase, width, self._glyphs)):
                lines += [Line(), *more] if more else []
        pane.lines = tuple(lines)

    def _may(self, view: ItemView) -> str:
        """What may be pressed now for an item."""
        if not (self.view and self.view.id):
            return "b begins the walk"
        words = []
        if view.is_said:
            words.append("space takes it back")
        elif not view.item.check and not view.item.problem and not view.waits_for:
            words.append("space ticks it")
        if self._is_writing(view) and view.state in (ItemState.OPEN, ItemState.FAIL):
            words.append("W runs it, once")
        if not view.state.is_settled:
            words.append("w waives it with a reason")
        if view.item.if_any:
            words.append("x none this time")
        return " · ".join(words)

    @property
    def _deed(self) -> "Deed | None":
        """What can be done about the selected item from here."""
        item = self.selected
        return self._walker.deed(item.item) if self._walker is not None and item is not None else None

    def _is_writing(self, view: ItemView) -> bool:
        return self._walker is not None and self._walker.writes(view.item)

    @on(GridView.RowHighlighted)
    def _other_row(self, event: GridView.RowHighlighted) -> None:
        event.stop()
        self._draw_detail(self.size.width if self.is_narrow else self.size.width - RAIL)
        self.refresh_bindings()

    # -- keys ---------------------------------------------------------------------------------

    def key_labels(self) -> Mapping[str, str]:
        item = self.selected
        done = item is not None and item.is_said
        verb = self._deed.verb if self._deed is not None else ""
        return {"checklist.tick": "take back" if done else "tick"} | ({"checklist.act": verb} if verb else {})

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        walked = self.view is not None and bool(self.view.id) and self.view.ended_at is None
        if action in ("tick", "note", "waive", "skip", "run", "end"):
            if not walked:
                return False
            item = self.selected
            return action != "run" or (item is not None and self._is_writing(item))
        if action == "act":
            return walked and self._deed is not None
        if action == "begin":
            return self.view is not None and not walked
        if action in ("move_on", "refuse"):
            return self._hook is not None
        if action == "other":
            return len(self.names) > 1
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        if self._asking_for:
            self._close_field()
        elif self.full:
            self.full = False
            self.update_frame()
        else:
            self.dismiss()

    @on(GridView.RowChosen)
    def _open(self, event: GridView.RowChosen) -> None:
        event.stop()
        self.full = self.is_narrow and not self.full
        self.update_frame()

    def action_phase(self, step: int) -> None:
        """Show the phase before or after."""
        if self.view is None or self.phase is None:
            return
        phases = self.view.checklist.phases
        place = phases.index(self.phase) + step
        self.phase = phases[max(0, min(len(phases) - 1, place))]
        self.update_frame()

    def action_other(self) -> None:
        """Show the next list of the service."""
        place = self.names.index(self._list) + 1
        self.name_of_list = self.names[place % len(self.names)]
        self._walker, self.view, self.phase, self.error = None, None, None, None
        self._look()
        self.update_frame()

    def action_again(self) -> None:
        """Judge everything anew."""
        if self._walker is not None:
            self._walker.again()
            self._look()

    def action_tick(self) -> None:
        """Say that the selected item is so; said before, take it back."""
        item = self.selected
        if item is None:
            return
        if item.is_said:
            self._say(lambda walker, who: walker.take_back(item.item.id, who))
        else:
            self._say(lambda walker, who: walker.tick(item.item.id, who))

    def action_run(self) -> None:
        """Run the check that writes."""
        item = self.selected
        if item is not None:
            self.say(f"running {item.item.title}")
            self._say(lambda walker, who: walker.run(item.item.id, who))

    def action_act(self) -> None:
        """Do what the selected item is about."""
        item, deed = self.selected, self._deed
        if deed is not None and deed.asks:
            self._open_field("act")
        elif deed is not None and item is not None:
            name = item.item.id
            self._say(lambda walker, who: walker.act(name, who))

    def action_note(self) -> None:
        self._open_field("tick")

    def action_waive(self) -> None:
        self._open_field("waive")

    def action_skip(self) -> None:
        self._open_field("skip")

    def action_begin(self) -> None:
        if self.view is not None and self.view.checklist.is_runbook:
            self._begin("")
        else:
            self._open_field("begin")

    def action_end(self) -> None:
        if self.view is not None and not self.view.blockers():
            self._say(lambda walker, who: walker.end(who))
        else:
            self._open_field("end")

    def action_copy(self) -> None:
        """Copy the list as Markdown."""
        from console.checklists.markdown import markdown

        if self.view is not None:
            self.app.copy_to_clipboard(markdown(self.view, str(self.address)))
            self.say("copied as Markdown")
