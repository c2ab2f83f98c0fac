"""The checklist's screen: phases, ticks, waivers, checks that write, and what it says when it cannot."""

from pathlib import Path
from typing import Any

import pytest

from console.domain.checklist import ItemState, ItemView, Phase
from console.domain.fleet import FleetSnapshot
from console.domain.operation import Verb
from console.domain.rollout import Hook
from console.domain.wish import Wish
from console.errors import JournalError
from screens.checklist import ChecklistScreen
from screens.checklist_walk import PERIOD_S
from screens.messages import ChecklistRequested, OperationWished
from screens.operation import OperationScreen
from tests.builders import (
    ADDRESS,
    a_new_rollout,
    a_picture,
    a_rolling_observation,
    ago,
    an_environment_picture,
)
from tests.checklists import Walks, an_item
from tests.pilot.stage import Stage, text_of, until
from tests.pilot.test_operation import running

TEXT = (
    an_item("tests", 'check = "one.reads"\nremedy = "mend the build"')
    + an_item("told")
    + an_item("flags", "if_any = true")
    + an_item("order", 'check = "one.writes"', "during")
    + an_item("quiet", "", "after")
)


class Desk:
    """The screen in the smallest app."""

    def __init__(self, folder: Path, text: str = TEXT, **more: Any) -> None:
        self.walks = Walks(folder, text, **more)
        self.screen = ChecklistScreen(ADDRESS, self.walks.door, self.walks.clock)
        self.app = Stage(self.screen)

    async def seen(self, pilot: Any, *words: str) -> None:
        """Wait until all of that can be read; the clock goes on meanwhile, so that it looks again."""

        def there() -> bool:
            self.walks.clock.advance(PERIOD_S)
            self.screen.update_frame()
            text = text_of(self.screen)
            return all(word in text for word in words)

        await until(pilot, there)

    async def begun(self, pilot: Any) -> None:
        await self.seen(pilot, "not begun")
        await pilot.press("b", *"v1", "enter")
        await self.seen(pilot, "begun", "by devon")

    def item(self, id: str) -> ItemView:
        assert self.screen.view is not None
        return next(view for view in self.screen.view.items if view.item.id == id)

    def phase(self) -> Phase | None:
        """The phase that is shown."""
        return self.screen.phase

    def kept(self) -> list[str]:
        """What the journal has of it."""
        (record,) = self.walks.journal.operations()
        return [entry.text for entry in self.walks.journal.entries(record.id)]


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_a_list_is_looked_at_begun_ticked_and_waived(tmp_path: Path, size: tuple[int, int]) -> None:
    """Nothing is written before it is begun; every word of a person is."""
    desk = Desk(tmp_path)
    async with desk.app.run_test(size=size) as pilot:
        await desk.seen(pilot, "not begun", "tests is so", "pass")
        await pilot.press("space", "w")
        assert desk.walks.journal.operations() == ()
        await pilot.press("b", *"v1", "enter")
        await desk.seen(pilot, "2 required open")

        await pilot.press("j", "space")
        await until(pilot, lambda: desk.item("told").state is ItemState.PASS)
        await pilot.press("j", "w", "enter")
        assert desk.item("flags").state is ItemState.OPEN
        await pilot.press(*"none", "enter")
        await until(pilot, lambda: desk.item("flags").state is ItemState.WAIVED)
        await desk.seen(pilot, "“none”", "settled")

        assert "told is so: pass" in desk.kept()
        assert "flags is so: WAIVED · none" in desk.kept()


async def test_a_tick_is_taken_back_by_the_same_key(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.begun(pilot)
        await pilot.press("j", "space")
        await until(pilot, lambda: desk.item("told").state is ItemState.PASS)

        await pilot.press("space")
        await until(pilot, lambda: desk.item("told").state is ItemState.OPEN)

        assert desk.kept()[-1] == "told is so: open"


async def test_what_a_check_finds_cannot_be_ticked_away(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.walks.found(ItemState.FAIL, "3 of 214 are red")
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.begun(pilot)
        await desk.seen(pilot, "FAIL", "3 of 214 are red", "mend the build")

        await pilot.press("space")
        await desk.seen(pilot, "judged by one.reads")

        assert desk.item("tests").state is ItemState.FAIL


async def test_nothing_this_time_needs_a_reason_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.begun(pilot)
        await pilot.press("j", "j", "x", *"no flags", "enter")
        await until(pilot, lambda: desk.item("flags").state is ItemState.NOT_APPLICABLE)
        await pilot.press("k", "x", *"no", "enter")
        await desk.seen(pilot, "always applies")


async def test_a_check_that_writes_is_run_once_by_its_key(tmp_path: Path) -> None:
    desk = Desk(tmp_path, an_item("order", 'check = "one.writes"'))
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.begun(pilot)
        assert desk.walks.checks.ran == 0

        await pilot.press("W", "W")
        await until(pilot, lambda: desk.item("order").state is ItemState.PASS)
        await desk.seen(pilot, "pass")

        assert desk.walks.checks.ran == 1


async def test_read_only_keeps_what_writes_from_running(tmp_path: Path) -> None:
    desk = Desk(tmp_path, an_item("order", 'check = "one.writes"'), read_only=True)
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.begun(pilot)
        await pilot.press("W")
        await desk.seen(pilot, "read-only")

    assert desk.walks.checks.ran == 0


async def test_phases_are_walked_to_and_what_comes_later_waits(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.begun(pilot)
        assert desk.phase() is Phase.BEFORE
        await pilot.press("right_square_bracket", "right_square_bracket", "right_square_bracket")
        await desk.seen(pilot, "quiet is so")
        assert desk.phase() is Phase.AFTER
        await pilot.press("left_square_bracket")
        await desk.seen(pilot, "order is so")


async def test_a_runbook_stands_behind_the_releases_list(tmp_path: Path) -> None:
    book = 'goal = "15m"\n' + an_item("declare", "", "walk")
    desk = Desk(tmp_path, runbook=book)
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.seen(pilot, "List of own.toml", "1 of 2 lists")
        await pilot.press("tab")
        await desk.seen(pilot, "List of book.toml", "declare is so")
        await pilot.press("b")
        await desk.seen(pilot, "of 15:00")
        desk.walks.clock.advance(16 * 60)
        await pilot.press("space")
        await until(pilot, lambda: desk.item("declare").state is ItemState.PASS)
        await pilot.press("E")
        await until(pilot, lambda: desk.screen.view is not None and desk.screen.view.ended_at is not None)


async def test_a_tick_that_cannot_be_written_down_is_said_and_not_made(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.begun(pilot)
        desk.walks.journal.fail("append", JournalError("the disk is full"), times=None)
        await pilot.press("j", "space")
        await desk.seen(pilot, "the disk is full")
        assert desk.item("told").state is ItemState.OPEN


@pytest.mark.parametrize("text", ["title = ", "[[items]]\nid = 1"])
async def test_a_list_that_cannot_be_read_is_one_line(tmp_path: Path, text: str) -> None:
    desk = Desk(tmp_path)
    desk.walks.write("own.toml", text)
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.seen(pilot, "own.toml")
        await pilot.press("b", "space", "w", "W", "E", "y", "right_square_bracket", "enter")


async def test_markup_and_control_characters_of_a_list_are_text(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.walks.checks.answer = desk.walks.checks.answer.__class__(
        ItemState.FAIL, "[bold]\x1b[31mred[/] [@click=app.bell]x[/]", "[/x]", "\x1b]0;title\x07"
    )
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.seen(pilot, "[bold]red[/]")
        assert "\x1b" not in text_of(desk.screen)


async def test_another_process_finds_ticks_and_evidence(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.begun(pilot)
        await pilot.press("j", "n", *"seen in Slack", "enter")
        await until(pilot, lambda: desk.item("told").state is ItemState.PASS)

    other = desk.walks.another().look(ADDRESS).settle()

    told = next(view for view in other.items if view.item.id == "told")
    assert (told.state, told.value, told.by) == (ItemState.PASS, "seen in Slack", "devon")


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_an_operation_shows_the_list_that_is_walked_around_it(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    """What is left of the phase first; its key opens the list. A rollback shows none."""
    walks = Walks(tmp_path, TEXT)
    walks.door.begin(ADDRESS, version="v1").settle()
    screen = OperationScreen(running({"verb": Verb.DEPLOY}), walks.clock, None, walks.door)
    app = Stage(screen)
    async with app.run_test(size=size) as pilot:
        screen.now = walks.clock.now()

        def there() -> bool:
            walks.clock.advance(PERIOD_S)
            screen.update_frame()
            text = text_of(screen)
            return "checklist before" in text and "1 of 3" in text and "told is so" in text

        await until(pilot, there)
        await pilot.press("c")
        await until(pilot, lambda: bool(app.heard_of(ChecklistRequested)))

    back = OperationScreen(running({"verb": Verb.ROLLBACK}), walks.clock, None, walks.door)
    async with Stage(back).run_test(size=size) as pilot:
        back.now = walks.clock.now()
        await pilot.pause(0.05)
        assert "checklist" not in text_of(back)


def paused() -> FleetSnapshot:
    """The service's deployment waits for somebody, ten minutes more."""
    hook = Hook("h", "PRE_SCALE_UP", "AWAITING_ACTION", "PAUSE", ago(-600), "ROLLBACK")
    observation = a_rolling_observation(rollout=a_new_rollout(hooks=(hook,)))
    row = a_picture(status=observation.status, observation=observation)
    return FleetSnapshot({"rugmunch/production": an_environment_picture(row)})


async def test_the_last_tick_of_a_paused_stage_offers_to_continue_and_refusing_goes_back(
    tmp_path: Path,
) -> None:
    """The plan is asked for, not sent; its expiry is counted down meanwhile."""
    desk = Desk(tmp_path, an_item("tests", 'check = "one.reads"') + an_item("zero", "", "during"))
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.begun(pilot)
        assert desk.app.heard_of(OperationWished) == []
        desk.screen.snapshot = paused()
        await desk.seen(
            pilot, "PAUSED", "PRE_SCALE_UP", "expires in", "then ECS rolls back", "1 required open"
        )

        await pilot.press("N")
        await until(pilot, lambda: bool(desk.app.heard_of(OperationWished)))
        assert desk.app.heard_of(OperationWished)[0].wish == Wish(Verb.CONTINUE, ADDRESS, refuse=True)

        await pilot.press("right_square_bracket", "space")
        await until(pilot, lambda: len(desk.app.heard_of(OperationWished)) == 2)
        assert desk.app.heard_of(OperationWished)[1].wish == Wish(Verb.CONTINUE, ADDRESS)
        await desk.seen(pilot, "M continues")


async def test_without_a_pause_nothing_is_continued(tmp_path: Path) -> None:
    desk = Desk(tmp_path, an_item("told"))
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.begun(pilot)
        await pilot.press("M", "N", "space")
        await until(pilot, lambda: desk.item("told").state is ItemState.PASS)
        assert desk.app.heard_of(OperationWished) == []
