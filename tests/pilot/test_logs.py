"""The log of a service: followed, filtered, paused, unfolded, left."""

from datetime import timedelta
from pathlib import Path

import pytest

from console.domain.signals import LogLine
from console.errors import UsageError
from screens.logs import LogsScreen
from screens.logs_filter import FilterBook
from screens.logs_save import save
from tests.builders import ADDRESS, NOW, task_id
from tests.fakes import FakeClock, FakeLogs
from tests.pilot.stage import Stage, text_of


def line(number: int, text: str, severity: str = "info", task: int = 1) -> LogLine:
    """The line of that number, a second after the one before."""
    at = NOW + timedelta(seconds=number)
    return LogLine(f"{number:08}", at, task_id(task), "api", text, severity)


def a_screen(book: FilterBook | None = None) -> LogsScreen:
    return LogsScreen(ADDRESS, FakeClock(), FakeLogs(), book, autostart=False)


def fill(screen: LogsScreen, *lines: LogLine) -> None:
    screen.feed.ring.add(lines)
    screen.flush()


async def test_the_newest_lines_are_followed_and_a_paused_log_stands_still() -> None:
    screen = a_screen()
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        fill(screen, *(line(number, f"request {number}.") for number in range(200)))
        await pilot.pause()
        assert "request 199." in text_of(screen.pane)
        await pilot.press("pageup")
        before = text_of(screen.pane)
        fill(screen, *(line(number, f"request {number}.") for number in range(200, 300)))
        await pilot.pause()
        assert text_of(screen.pane) == before
        assert "+100 new" in text_of(screen)
        await pilot.press("G")
        assert "request 299." in text_of(screen.pane) and "PAUSED" not in text_of(screen)


async def test_words_are_included_and_a_refused_expression_is_said() -> None:
    screen = a_screen()
    async with Stage(screen).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        fill(screen, line(1, "GET /health"), line(2, "scan done"), line(3, "[/x] scan \x1b[2J"))
        await pilot.press("slash", *"scan", "enter")
        await pilot.pause()
        shown = text_of(screen.pane)
        assert "scan done" in shown and "[/x] scan" in shown and "health" not in shown
        await pilot.press("slash", *"/(a+)+/")
        assert "repetition" in text_of(screen)
        await pilot.press("escape")
        assert "repetition" not in text_of(screen) and "scan done" in text_of(screen.pane)


async def test_a_line_unfolds_and_the_next_error_is_found() -> None:
    screen = a_screen()
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        fill(screen, line(1, '{"msg": "timeout", "route": "/v1/scan"}', "error"), line(2, "fine"))
        await pilot.press("n", "enter")
        await pilot.pause()
        selected = screen.pane.selected
        assert selected is not None and selected.severity == "error"
        rows = [row.split() for row in text_of(screen.pane).splitlines()]
        assert any(row[-2:] == ["route", "/v1/scan"] for row in rows)


async def test_filters_are_kept_and_a_broken_book_is_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "log-filters.json"
    screen = a_screen(FilterBook(path))
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        await pilot.press("v", "v", "escape")
        await pilot.pause()
    assert FilterBook(path).of(ADDRESS).severity == "warn"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("[{")
    assert FilterBook(path).of(ADDRESS).severity == ""


async def test_lines_that_match_are_saved_and_no_file_is_overwritten(
    tmp_path: Path,
) -> None:
    lines = (line(1, "one"), line(2, "two"))
    path = tmp_path / "api.log"
    assert save(path, lines, {}).startswith("2 lines")
    assert path.read_text().splitlines()[1].endswith("two")
    with pytest.raises(UsageError, match="is there already"):
        save(path, lines[:1], {})
    assert len(path.read_text().splitlines()) == 2
