"""The keys of where you are, built from the live bindings."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from console.domain import words
from console.domain.text import cell_width, cut_end
from widgets.keybar import KeyBar, KeyLabel
from widgets.line import Line
from widgets.lines import Pane

_PLACES = {"grid": "in the list", "app": "everywhere"}


def key_lines(keys: Sequence[KeyLabel], width: int) -> tuple[Line, ...]:
    """One line a key, grouped by where it works: keys of this place first, the app's last."""
    groups: dict[str, list[KeyLabel]] = {"": [], "grid": [], "app": []}
    keys = _merged(keys)
    for key in keys:
        prefix = key.id.split(".", 1)[0]
        groups[prefix if prefix in groups else ""].append(key)
    column = 4 + max((cell_width(key.key) for key in keys), default=0)
    lines: list[Line] = []
    for prefix, members in groups.items():
        if not members:
            continue
        if lines:
            lines.append(Line())
        lines.append(Line().put(2, _PLACES.get(prefix, "here"), "bold muted"))
        lines.extend(_key_line(key, column, width) for key in members)
    return tuple(lines)


def _merged(keys: Sequence[KeyLabel]) -> tuple[KeyLabel, ...]:
    """Keys that do the same, such as the numbers of tabs, on one line."""
    found: dict[str, KeyLabel] = {}
    for key in keys:
        said = key.tooltip or key.verb
        known = found.get(said)
        found[said] = replace(known, key=f"{known.key} {key.key}") if known else key
    return tuple(found.values())


def _key_line(key: KeyLabel, column: int, width: int) -> Line:
    ink = "bold accent" if key.enabled else "faint"
    said = key.tooltip or key.verb
    return Line().put(2, key.key, ink).put(column, cut_end(said, width - column - 2), "text")


class KeyList(Pane):
    """The lines of a key screen; as high as they are."""

    DEFAULT_CSS = "KeyList { height: auto; background: $surface; }"
    PAPER = "surface"

    def __init__(self, keys: Sequence[KeyLabel]) -> None:
        super().__init__()
        self._keys = tuple(keys)
        self.styles.height = len(key_lines(self._keys, 80)) + 2

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        return (Line(), *key_lines(self._keys, width))


class KeysScreen(ModalScreen[None]):
    """A dialog with every key that works on the screen below; any of esc, enter, ? and q closes it."""

    DEFAULT_CSS = """
    KeysScreen { align: center middle; background: $background 60%; }
    KeysScreen > VerticalScroll {
        width: 72; max-width: 100%; height: auto; max-height: 100%;
        background: $surface; scrollbar-size: 0 0;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,question_mark,q", "close", "close", id="keys.close", tooltip="Close this list"),
        Binding("j,down", "scroll(1)", "down", id="keys.down", tooltip="Further down"),
        Binding("k,up", "scroll(-1)", "up", id="keys.up", tooltip="Further up"),
        Binding("pagedown", "page(1)", "page down", id="keys.page_down", show=False, tooltip="A page down"),
        Binding("pageup", "page(-1)", "page up", id="keys.page_up", show=False, tooltip="A page up"),
    ]

    def __init__(self, keys: Sequence[KeyLabel]) -> None:
        super().__init__()
        self._keys = tuple(keys)
        self._fits = True

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield KeyList(self._keys)
        yield KeyBar()

    def on_resize(self) -> None:
        self.call_after_refresh(self._say_rest)

    def _say_rest(self) -> None:
        """Say how many lines are further down; with the keys that lead there."""
        scroll, bar = self.query_one(VerticalScroll), self.query_one(KeyBar)
        below = round(scroll.max_scroll_y - scroll.scroll_target_y)
        bar.note = (
            (f"{bar.glyphs.more} {words.count(below, 'more line')}", "muted") if below > 0 else ("", "muted")
        )
        fits = scroll.max_scroll_y == 0
        if fits is not self._fits:
            self._fits = fits
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "scroll" or not self._fits

    def action_close(self) -> None:
        self.dismiss(None)

    def action_scroll(self, step: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)
        self._say_rest()

    def action_page(self, direction: int) -> None:
        self.action_scroll(direction * max(1, self.query_one(VerticalScroll).size.height - 1))
