"""Keys pressed half awake: any of them, anywhere, at both sizes."""

from random import Random

import pytest

from tests.pilot.desk import Desk, some_fleet

KEYS = (
    *"RPDSXMejkgGbyuhol?/12345[]{}aZ ",
    "enter",
    "escape",
    "tab",
    "shift+tab",
    "up",
    "down",
    "pagedown",
    "home",
    "end",
    "ctrl+r",
    "backspace",
)
PRESSES = 40
"""On each size. ``q`` is none of them: it leaves, as it should."""


@pytest.mark.parametrize(("seed", "size"), [(1, (140, 40)), (2, (80, 24))])
async def test_any_keys_in_any_order_break_nothing_and_order_nothing(
    seed: int, size: tuple[int, int]
) -> None:
    """In production an order takes the service's name, letter by letter: no chance types that."""
    keys, desk = Random(seed), Desk(*some_fleet()[:2])
    async with desk.app.run_test(size=size) as pilot:
        desk.publish()
        for _ in range(PRESSES):
            await pilot.press(keys.choice(KEYS))
            desk.clock.advance(0.3)
            desk.app.tick()
        assert desk.app.is_running
        assert not any(platform.orders for platform in desk.platforms.values())
        assert not desk.app.under_way.operations
