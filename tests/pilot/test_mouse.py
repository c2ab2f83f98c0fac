"""The mouse where it helps: the wheel moves what is under it, and nothing needs a mouse."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from console.domain.address import Address
from console.domain.fleet import Diagnosis, EnvironmentPicture
from console.domain.service import ServiceState
from screens.fleet import ORDER_CHANGED, FleetScreen
from screens.logs import LogsScreen
from tests.builders import ADDRESS, NOW, a_log_line, a_stopped_task, ago
from tests.fakes import FakeClock, FakeLogs
from tests.pilot.desk import Desk, failing_picture, only, steady_picture
from tests.pilot.stage import Stage, text_of
from widgets.keybar import KeyBar

WIDE, NARROW = (140, 40), (80, 24)


async def _wheel(pilot: Pilot[Any], widget: Widget, down: bool, at: tuple[int, int] = (5, 5)) -> None:
    """One notch of the wheel over a place of a widget."""
    kind = events.MouseScrollDown if down else events.MouseScrollUp
    x, y = at
    region = widget.region
    step = 1 if down else -1
    notch = kind(widget, x, y, 0, step, 0, False, False, False, region.x + x, region.y + y)
    widget.post_message(notch)
    await pilot.pause()


async def test_the_wheel_moves_the_fleet_and_keeps_its_order_meanwhile() -> None:
    """The cursor stays on its service, and rows do not jump under the hand."""
    rows = tuple(steady_picture(Address("rugmunch", "production", f"s{number:02}")) for number in range(60))
    desk = Desk(EnvironmentPicture(rows[0].environment, ago(1), rows))
    async with desk.app.run_test(size=NARROW) as pilot:
        desk.publish()
        await pilot.pause()
        screen = desk.app.screen
        assert isinstance(screen, FleetScreen)
        chosen = screen.grid.cursor_key
        await _wheel(pilot, screen.grid, down=True)
        assert screen.grid.scroll_offset.y > 0
        assert screen.grid.cursor_key == chosen
        sick = replace(rows[50], diagnosis=Diagnosis(ServiceState.FAILING, "it crashes"))
        desk.publish(replace(desk.pictures[0], services=(*rows[:50], sick, *rows[51:])))
        assert screen.query_one(KeyBar).note[0] == ORDER_CHANGED
        await _wheel(pilot, screen.grid, down=False)
        assert screen.grid.cursor_key == chosen


async def test_the_wheel_moves_the_pane_under_it() -> None:
    """Tasks on the left; the lines of the log, which end with the newest, on the right."""
    row = failing_picture()
    assert row.observation is not None
    dead = tuple(a_stopped_task(number=number, stopped_at=ago(number)) for number in range(1, 90))
    desk = Desk(only(replace(row, observation=replace(row.observation, tasks=dead))))
    async with desk.app.run_test(size=WIDE) as pilot:
        screen = await desk.open_service(pilot)
        pane = screen.query_one("#service")
        before = text_of(pane)
        tasks = next(number for number, line in enumerate(before.splitlines()) if line[2:7] == "tasks")
        await _wheel(pilot, pane, down=True, at=(20, tasks + 9))
        assert text_of(pane) != before
        await _wheel(pilot, pane, down=False, at=(20, tasks + 9))
        assert text_of(pane) == before


async def test_the_wheel_stops_a_log_and_leads_back_to_its_end() -> None:
    """Up is a pause, which is said; down to the end is no key that orders anything."""
    screen = LogsScreen(ADDRESS, FakeClock(), FakeLogs(), autostart=False)
    async with Stage(screen).run_test(size=NARROW) as pilot:
        await pilot.pause()
        screen.feed.ring.add(
            a_log_line(f"line {n}.", id=f"{n:04}", at=NOW + timedelta(seconds=n)) for n in range(90)
        )
        screen.flush()
        await pilot.pause()
        assert "line 89." in text_of(screen.pane)
        await _wheel(pilot, screen.pane, down=False)
        assert "line 89." not in text_of(screen.pane)
        assert "PAUSED" in text_of(screen)
        for _ in range(3):
            await _wheel(pilot, screen.pane, down=True)
        assert "line 89." in text_of(screen.pane)
