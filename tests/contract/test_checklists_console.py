"""The five teams' lists walked from the console by its keys, on the sandbox, around a real release."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from console.domain.address import Address
from console.domain.checklist import ItemState, ItemView, Phase
from console.domain.operation import Verb, Verdict
from screens.checklist import ChecklistScreen
from screens.checklist_walk import PERIOD_S
from tests.builders import NOW
from tests.contract.conftest import SandboxFactory
from tests.contract.listed_world import Lists, open_lists
from tests.contract.shared_world import pretty
from tests.fakes import FakeClock
from tests.pilot.stage import Stage, until

RELEASES = {
    "rugmunch": ("api", "good"),
    "mealplanner": ("api", "good"),
    "clever-better": ("bot", "v2.9.0"),
    "fairtradeworker": ("api", "v2.7.3"),
    "swapjoy": ("api", "good"),
}
SLICED = "clever-better"


@pytest.fixture
def lists(
    make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[str], Lists]]:
    made: list[Lists] = []

    def make(name: str) -> Lists:
        clock = FakeClock(NOW + timedelta(hours=1))
        made.append(open_lists(make_sandbox(name, clock=clock, calm=True), clock, monkeypatch, tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.close()


class Walk:
    """Somebody at the keys of the list's screen."""

    def __init__(self, desk: Lists, address: Address, pilot: Pilot[Any], screen: ChecklistScreen) -> None:
        self.desk = desk
        self.address = address
        self.pilot = pilot
        self.screen = screen
        self.waived: list[str] = []

    async def wait(self, condition: Callable[[], bool]) -> None:
        def now() -> bool:
            self.desk.clock.advance(PERIOD_S)
            self.screen.update_frame()
            return condition()

        await until(self.pilot, now)

    def item(self, id: str) -> ItemView:
        assert self.screen.view is not None
        return next(view for view in self.screen.view.items if view.item.id == id)

    async def typed(self, key: str, words: str) -> None:
        await self.pilot.press(key, *("space" if char == " " else char for char in words), "enter")

    async def begin(self, version: str) -> None:
        await self.wait(lambda: self.screen.view is not None)
        await self.pilot.press("b")
        field = self.screen.query_one("#words")
        field.value = version  # type: ignore[attr-defined]
        await self.pilot.press("enter")
        await self.wait(lambda: self.screen.view is not None and bool(self.screen.view.id))

    async def settle(self, phase: Phase) -> None:
        """Everything of a phase, in its order: ticked, approved, run, or waived where it cannot pass."""
        await self.wait(lambda: self.screen.view is not None and phase in self.screen.view.begun)
        await self.pilot.press(*["left_square_bracket"] * 5)
        assert self.screen.view is not None
        for _ in range(self.screen.view.checklist.phases.index(phase)):
            await self.pilot.press("right_square_bracket")
        await self.wait(lambda: self.screen.phase is phase)
        for number, view in enumerate(self.screen.view.of(phase)):
            await self.pilot.press("g", *["j"] * number)
            assert self.screen.grid.cursor_key == view.item.id
            await self.settle_one(view.item.id)

    async def settle_one(self, id: str) -> None:
        await self.wait(
            lambda: self.item(id).state is not ItemState.CHECKING or self.item(id).left_s is not None
        )
        view = self.item(id)
        if view.state.is_settled:
            return
        if view.left_s is not None:
            self.desk.wait(view.left_s + 60)
        elif self.screen.check_action("act", ()) and "approv" in view.item.check:
            await self.typed("A", "seen by devon")
        elif self.screen.check_action("run", ()):
            await self.pilot.press("W")
        elif view.item.if_any:
            await self.typed("x", "none this time")
        elif not view.item.check:
            await self.pilot.press("space")
        else:
            self.waived.append(id)
            await self.typed("w", "known and looked at")
        await self.pilot.press("a")
        await self.wait(lambda: self.item(id).state.is_settled)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == SLICED else pytest.mark.campaign) for name in RELEASES]
)
async def test_a_teams_list_is_walked_by_keys_around_its_release(
    name: str, lists: Callable[[str], Lists]
) -> None:
    """Blocked while something is open, shipped when nothing is, and ended with who did what."""
    alias, version = RELEASES[name]
    desk, address = lists(name), Address(name, "production", alias)
    assert desk.said(address, version).startswith("FAIL")
    screen = ChecklistScreen(address, desk.door, desk.clock)
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        walk = Walk(desk, address, pilot, screen)
        await walk.begin(version)
        for phase in (Phase.BEFORE, Phase.APPROVAL):
            if screen.view is not None and screen.view.of(phase):
                await walk.settle(phase)
        assert desk.said(address, version).startswith("PASS"), desk.said(address, version)

        told = desk.deploy(address, version)
        assert told["verdict"] in ("SUCCEEDED", "BAKING"), pretty(told)
        for phase in (Phase.DURING, Phase.AFTER):
            await walk.settle(phase)
        assert screen.view is not None
        assert screen.view.blockers() == ()
        await pilot.press("E")
        await walk.wait(lambda: screen.view is not None and screen.view.ended_at is not None)

    records = desk.runtime.journal.operations(str(address))
    (record,) = [item for item in records if item.verb is Verb.WALK]
    assert record.verdict is Verdict.SUCCEEDED
    ticked = {entry.facts.get("item") for entry in desk.runtime.journal.entries(record.id)}
    assert screen.view is not None
    applying = {v.item.id for v in screen.view.items if v.item.phase is not Phase.ISSUES and not v.reason}
    assert applying <= ticked
    assert len(walk.waived) <= 3, walk.waived
