"""The list: its cursor belongs to a key, and nothing that a row does can bring it down."""

from dataclasses import dataclass
from typing import Any

from textual.app import App, ComposeResult

from tests.pilot.stage import text_of
from widgets.glyphs import Glyphs
from widgets.grid import GridView
from widgets.line import Line


@dataclass(frozen=True)
class Row:
    """A row that shows its key on every line; ``broken`` ones cannot be drawn."""

    key: str | None
    height: int = 1
    broken: bool = False

    def lines(self, width: int, theme: str, glyphs: Glyphs, selected: bool) -> tuple[Line, ...]:
        if self.broken:
            raise ValueError("cannot be drawn")
        return tuple(Line().put(2, f"{self.key} {place}") for place in range(self.height))


class Lone(App[None]):
    """A list alone, and what it says."""

    def __init__(self, *keys: str | None) -> None:
        super().__init__()
        self.grid = GridView([Row(key) for key in keys])
        self.chosen: list[str] = []
        self.highlighted: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield self.grid

    def on_grid_view_row_chosen(self, event: GridView.RowChosen) -> None:
        self.chosen.append(event.key)

    def on_grid_view_row_highlighted(self, event: GridView.RowHighlighted) -> None:
        self.highlighted.append(event.key)


async def test_the_cursor_keeps_its_key_when_rows_are_sorted_added_and_removed() -> None:
    """Position means nothing; no highlight is announced, because none has changed."""
    app = Lone("a", "b", "c")
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j")
        app.highlighted.clear()
        for keys in ("cba", "xyzabc", "b"):
            app.grid.set_rows([Row(key) for key in keys])
            await pilot.pause()
            assert app.grid.cursor_key == "b"
        assert app.highlighted == []


async def test_when_its_row_disappears_the_cursor_goes_to_the_next_one_and_says_so() -> None:
    """The neighbour that took its place; the last one when there is none behind."""
    app = Lone("a", "b", "c")
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j")
        app.grid.set_rows([Row("a"), Row("c")])
        await pilot.pause()
        assert app.grid.cursor_key == "c"
        assert app.highlighted[-1] == "c"
        app.grid.set_rows([Row("a")])
        assert app.grid.cursor_key == "a"
        app.grid.set_rows([])
        assert app.grid.cursor_key is None


async def test_headings_are_never_selected() -> None:
    """Rows without a key are passed over."""
    app = Lone(None, "a", None, "b")
    async with app.run_test(size=(40, 10)) as pilot:
        assert app.grid.cursor_key == "a"
        await pilot.press("down")
        assert app.grid.cursor_key == "b"
        await pilot.press("enter")
        assert app.chosen == ["b"]


async def test_the_cursor_is_always_in_sight() -> None:
    """Down to the end and back to the top, rows of several lines included."""
    app = Lone()
    async with app.run_test(size=(40, 5)) as pilot:
        app.grid.set_rows([Row(f"k{number}", height=1 + number % 2) for number in range(20)])
        await pilot.press("G")
        await pilot.pause()
        assert "k19 1" in text_of(app.grid)
        await pilot.press("g")
        await pilot.pause()
        assert text_of(app.grid).splitlines()[0].endswith("k0 0")


async def test_a_row_keeps_its_place_on_the_screen_while_others_come_above_it() -> None:
    """A scrolled list does not jump."""
    app = Lone(*(f"k{number:02}" for number in range(40)))
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.press("G")
        await pilot.press("k", "k")
        await pilot.pause()
        before = text_of(app.grid).splitlines().index("▌ k37 0")
        app.grid.set_rows([Row("new"), *(Row(f"k{number:02}") for number in range(40))])
        await pilot.pause()
        assert text_of(app.grid).splitlines().index("▌ k37 0") == before


async def test_a_row_that_cannot_be_drawn_leaves_the_others_alone() -> None:
    """It says that it failed, in its place; nothing else is touched."""
    app = Lone("a")
    async with app.run_test(size=(60, 10)) as pilot:
        app.grid.set_rows([Row("a"), Row("b", broken=True), Row("c")])
        await pilot.pause()
        lines = text_of(app.grid).splitlines()
        assert lines[0].endswith("a 0")
        assert "this pane failed (ValueError)" in lines[1]
        assert lines[2].endswith("c 0")
        assert app.grid.failures > 0


async def test_a_click_selects_and_a_double_click_opens() -> None:
    """The mouse does what the keys do."""
    app = Lone("a", "b", "c")
    async with app.run_test(size=(40, 10)) as pilot:
        where: dict[str, Any] = {"offset": (5, 2)}
        await pilot.click(app.grid, **where)
        assert app.grid.cursor_key == "c"
        await pilot.double_click(app.grid, **where)
        assert app.chosen == ["c"]
