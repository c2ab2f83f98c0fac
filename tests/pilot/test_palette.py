"""The palette's added entries: asked for when it opens, run on a thread, about what is under the cursor."""

import pytest
from textual.command import CommandList

from console.domain.address import Address
from console.errors import SandboxError
from screens.palette import Extra
from tests.builders import ADDRESS
from tests.pilot.desk import Desk
from tests.pilot.stage import until

SIZE = (140, 40)


def said(desk: Desk) -> list[str]:
    """What the app has notified."""
    return [str(item.message) for item in desk.app._notifications]


async def choose(desk: Desk, extra: Extra, words: str) -> list[str]:
    """Open the palette, type, take the first hit; what was said then."""
    desk.app.extras = lambda: [extra]
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        await pilot.press("ctrl+p")
        await until(pilot, lambda: type(desk.app.screen).__name__ == "CommandPalette")
        await pilot.press(*words)
        await until(pilot, lambda: desk.app.screen.query_one(CommandList).option_count > 0)
        await pilot.press("enter")
        await until(pilot, lambda: bool(said(desk)))
        return said(desk)


async def test_an_added_entry_is_about_the_service_under_the_cursor() -> None:
    """It gets the address, and its one line is shown."""
    asked: list[Address | None] = []

    def run(address: Address | None) -> str:
        asked.append(address)
        return f"crash begins for {address}"

    told = await choose(Desk(), Extra("sandbox: crash", "exits with 1", run), "sandboxcrash")

    assert asked == [ADDRESS]
    assert f"crash begins for {ADDRESS}" in told[0]


async def test_an_entry_that_fails_says_why_and_the_console_goes_on() -> None:
    """One line; nothing else happens."""

    def run(address: Address | None) -> str:
        raise SandboxError("the sandbox does not answer")

    told = await choose(Desk(), Extra("sandbox: crash", "exits with 1", run), "sandboxcrash")

    assert "does not answer" in told[0]


@pytest.mark.parametrize("typed", ["roll back worker", "roll back"])
async def test_what_the_palette_does_to_a_service_is_still_to_be_confirmed(typed: str) -> None:
    """By name and as an action of the screen: a plan opens, and nothing is sent."""
    desk = Desk()
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        await pilot.press("ctrl+p")
        await until(pilot, lambda: type(desk.app.screen).__name__ == "CommandPalette")
        await pilot.press(*("space" if key == " " else key for key in typed))
        await until(pilot, lambda: desk.app.screen.query_one(CommandList).option_count > 0)
        await pilot.press("enter")
        await until(pilot, lambda: type(desk.app.screen).__name__ == "PlanScreen")
        assert not any(platform.orders for platform in desk.platforms.values())


@pytest.mark.parametrize(
    ("typed", "screen"),
    [
        ("migrate", "PlanScreen"),
        ("restore worker", "PlanScreen"),
        ("refuse", "PlanScreen"),
        ("mark bad", "StatementScreen"),
        ("rehearse", "StatementScreen"),
        ("validate", "ValidateScreen"),
        ("restart @all", "GroupPlanScreen"),
    ],
)
async def test_what_has_no_key_is_reached_by_its_name(typed: str, screen: str) -> None:
    """About the service under the cursor, one that is named, or a group; a dialog opens, nothing is sent."""
    desk = Desk()
    settings = desk.app.runtime.settings.environments["rugmunch/production"]
    settings.groups["all"] = (("api",), ("worker",))  # type: ignore[index]
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        await pilot.press("ctrl+p")
        await until(pilot, lambda: type(desk.app.screen).__name__ == "CommandPalette")
        await pilot.press(*("space" if key == " " else key for key in typed))
        await until(pilot, lambda: desk.app.screen.query_one(CommandList).option_count > 0)
        await pilot.press("enter")
        await until(pilot, lambda: type(desk.app.screen).__name__ == screen)
        assert not any(platform.orders or platform.performed for platform in desk.platforms.values())
