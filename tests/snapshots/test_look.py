"""A few pictures of whole screens; what they say is asserted as text in the pilot tests."""

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.messages import LogsRead, PlanMade, ServiceChosen
from screens.service import ServiceScreen
from tests.builders import ADDRESS, a_log_line, task_id
from tests.pilot.desk import Desk, failing_picture, only
from tests.pilot.stage import a_plan, until
from tests.pilot.test_guard_panel import GuardDesk, a_view
from tests.signals import some_signals

WIDE, NARROW = (140, 40), (80, 24)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_fleet(snap_compare: Any, size: tuple[int, int]) -> None:
    """One service in trouble, one in motion, five steady."""
    desk = Desk()

    async def read(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        desk.publish()
        await pilot.press("j", "k")

    assert snap_compare(desk.app, terminal_size=size, run_before=read)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_service(snap_compare: Any, size: tuple[int, int]) -> None:
    """The service in trouble, with its way back and its logs."""
    desk = Desk()

    async def opened(pilot: Pilot[Any]) -> None:
        desk.publish()
        desk.app.post_message(ServiceChosen(ADDRESS))
        await until(pilot, lambda: isinstance(desk.app.screen, ServiceScreen))
        desk.app.flush()
        screen = desk.app.screen
        assert isinstance(screen, ServiceScreen)
        screen.post_message(PlanMade(a_plan(), 0))
        lines = (
            a_log_line("GET /health 200 4 ms"),
            a_log_line("heap at 95 % of 512 MB", task=task_id(3), severity="warn"),
            a_log_line("POST /v1/scan 503 upstream timeout", task=task_id(3), severity="error"),
        )
        screen.post_message(LogsRead(screen.address, lines))
        await pilot.pause()

    assert snap_compare(desk.app, terminal_size=size, run_before=opened)


def test_fleet_on_light_paper(snap_compare: Any) -> None:
    """The same in the light theme."""
    desk = Desk()
    desk.app.theme = "quarterdeck-light"

    async def read(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        desk.publish()
        await pilot.press("j", "k")

    assert snap_compare(desk.app, terminal_size=WIDE, run_before=read)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_charts_below_a_guard_that_asks(snap_compare: Any, size: tuple[int, int]) -> None:
    """The question on top, the curves in full under it."""
    row = replace(failing_picture(), signals=some_signals())
    desk = GuardDesk(only(row))

    async def asked(pilot: Pilot[Any]) -> None:
        desk.publish()
        desk.app.post_message(ServiceChosen(ADDRESS))
        await until(pilot, lambda: isinstance(desk.app.screen, ServiceScreen))
        desk.app.flush()
        desk.app.screen.post_message(PlanMade(a_plan(), 0))
        desk.begin(a_view())
        await until(pilot, lambda: bool(desk.app.under_way.asking()))
        desk.app.flush()
        desk.later()
        await pilot.pause()

    assert snap_compare(desk.app, terminal_size=size, run_before=asked)
