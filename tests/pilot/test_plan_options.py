"""What can be changed of a plan from its dialog, and what no key of any dialog may do."""

import random
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from console.domain.action import Action, ActionKind
from console.domain.fleet import EnvironmentPicture
from console.domain.group import GroupAddress
from console.domain.instance import Instance
from console.domain.operation import Check, CheckState, Mechanism, OperationEvent, Plan, Verb
from console.domain.scaling import Scaling, ScalingPolicy
from console.domain.wish import Wish
from console.errors import RefusedError
from screens.confirm import PlanScreen
from screens.dialog_frame import Stage as At
from screens.messages import ChecklistRequested, GroupWished, OperationConfirmed, Statement, StatementMade
from screens.statement import StatementScreen
from screens.under_way import UnderWay
from screens.validate import ValidateScreen
from tests.builders import (
    ADDRESS,
    NOW,
    a_picture,
    a_rolling_observation,
    a_task,
    an_environment,
    an_identity,
    an_observation,
)
from tests.fakes import FakeClock, FakePlatform
from tests.pilot.desk import Desk
from tests.pilot.stage import FakePlanner, Stage, a_plan, text_of, until

GROUP = GroupAddress("rugmunch", "production", "all")


class Dialog:
    """A plan's dialog with something to look at."""

    def __init__(self, wish: Wish, *answers: Plan | Exception, forbidden: str = "") -> None:
        self.clock = FakeClock()
        self.planner = FakePlanner(*answers)
        self.platform = FakePlatform(a_rolling_observation())
        self.screen = PlanScreen(self.planner, self.clock, wish, self.platform, (GROUP,), forbidden)
        self.app = Stage(self.screen)

    @property
    def sent(self) -> list[OperationConfirmed]:
        return self.app.heard_of(OperationConfirmed)

    @property
    def wishes(self) -> list[Wish]:
        return self.planner.asked

    async def ready(self, pilot: Pilot[Any], plans: int = 1) -> None:
        await until(pilot, lambda: self.screen.stage is At.READY and len(self.wishes) == plans)

    def text(self) -> str:
        self.screen.show()
        return text_of(self.screen)


def a_walk(verb: Verb, **overrides: Any) -> Plan:
    """A plan of one step."""
    action = Action(ActionKind.SET_DESIRED, "desired 2 -> 4", {"desired": 4})
    default: dict[str, Any] = {"verb": verb, "mechanism": Mechanism.ACTIONS, "actions": (action,)}
    return a_plan(**{**default, **overrides})


async def test_a_rollback_can_go_all_at_once_and_is_confirmed_anew() -> None:
    """What was typed for the other plan is gone; the key now offers the steps again."""
    dialog = Dialog(Wish(Verb.ROLLBACK, ADDRESS), a_plan(choices=("direct",)))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        assert "f5 all at once" in dialog.text()
        await pilot.press(*"production/api", "f5")
        await dialog.ready(pilot, plans=2)
        await pilot.press("enter")
        await pilot.pause()
        assert dialog.wishes[-1].direct
        assert "f5 by its steps" in dialog.text() and "14 letters to go" in dialog.text()
        assert dialog.sent == []


async def test_a_change_that_is_refused_is_taken_back_and_said() -> None:
    """The plan that can be confirmed is the one before."""
    refused = RefusedError("its deployment configuration is not known")
    plan = a_plan(choices=("direct", "capacity"))
    dialog = Dialog(Wish(Verb.ROLLBACK, ADDRESS), plan, refused, plan)
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press("f6")
        await dialog.ready(pilot, plans=3)
        assert [wish.capacity for wish in dialog.wishes] == [False, True, False]
        assert "not changed:" in dialog.text() and "configuration is not known" in dialog.text()


async def test_a_pause_can_be_refused_from_its_dialog() -> None:
    """What enter does is said in the title and on the button."""
    going, refusing = a_walk(Verb.CONTINUE), a_walk(Verb.CONTINUE, asked={"refuse": True})
    dialog = Dialog(Wish(Verb.CONTINUE, ADDRESS), going, refusing)
    async with dialog.app.run_test(size=(80, 24)) as pilot:
        await dialog.ready(pilot)
        await pilot.press("f5")
        await dialog.ready(pilot, plans=2)
        assert dialog.wishes[-1].refuse
        assert "Refuse the pause of rugmunch-api" in dialog.text() and "enter refuse" in dialog.text()


async def test_memory_and_grace_are_asked_for_and_a_wrong_size_is_said() -> None:
    """The version stays; nothing is planned for what cannot be read."""
    deploy = a_plan(verb=Verb.DEPLOY)
    dialog = Dialog(Wish(Verb.DEPLOY, ADDRESS, version="v1.4.4"), deploy)
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press("f6", *"lots", "enter")
        assert "lots is not a size" in dialog.text()
        dialog.clock.advance(5)
        await pilot.press(*["backspace"] * 4, *"memory", "space", *"2048", "space", *"grace", "space", *"90")
        await pilot.press("enter")
        await dialog.ready(pilot, plans=2)
        wish = dialog.wishes[-1]
        assert (wish.version, wish.memory_mb, wish.cpu, wish.grace_s) == ("v1.4.4", 2048, None, 90)


async def test_leaving_a_question_keeps_the_plan_that_was_there() -> None:
    """Esc leads back first, and out only then."""
    dialog = Dialog(Wish(Verb.DEPLOY, ADDRESS, version="v1.4.4"), a_plan(verb=Verb.DEPLOY))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press("f6", *"mem", "escape")
        assert dialog.screen.stage is At.READY and len(dialog.wishes) == 1
        await pilot.press("escape")
        await until(pilot, lambda: dialog.app.screen is not dialog.screen)
        assert dialog.sent == []


async def test_one_task_is_picked_to_leave() -> None:
    """The arrows name it; nobody types an id."""
    dialog = Dialog(Wish(Verb.DRAIN, ADDRESS), a_walk(Verb.DRAIN))
    dialog.platform.put(an_observation(tasks=(a_task(number=1), a_task(number=2))))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: a_task(number=2).id[:8] in dialog.text())
        await pilot.press("down", "down", "enter")
        await dialog.ready(pilot)
        assert dialog.wishes == [Wish(Verb.DRAIN, ADDRESS, task=a_task(number=2).id)]


async def test_an_instance_that_leaves_already_is_brought_back() -> None:
    """What is picked decides the verb."""
    dialog = Dialog(Wish(Verb.DRAIN, ADDRESS), a_walk(Verb.UNDRAIN))
    dialog.platform.put(an_observation(tasks=()))
    dialog.platform.machines = (Instance("4f" * 16, "arn", "i-0abc", "DRAINING", 2, 0),)
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: "is brought back" in dialog.text())
        await pilot.press("down", "enter")
        await dialog.ready(pilot)
        assert dialog.wishes == [Wish(Verb.UNDRAIN, ADDRESS, instance="4f" * 16)]


async def test_scaling_says_first_what_there_is_and_what_never_scales_in() -> None:
    """Counts, limits, and the ratchet."""
    policy = ScalingPolicy("out", "step", "+2 on queue-depth", ("out",))
    dialog = Dialog(Wish(Verb.SCALE, ADDRESS), a_walk(Verb.SCALE))
    dialog.platform.scalings[ADDRESS] = Scaling(2, 20, policies=(policy,))
    async with dialog.app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "2 to 20 tasks" in dialog.text())
        assert "only ever scales out" in dialog.text()
        await pilot.press(*"4", "enter")
        await dialog.ready(pilot)
        assert "enter scale" in dialog.text()


async def test_the_whole_group_takes_the_place_of_the_service() -> None:
    """With the version that is known by now; the service's own dialog is gone, and nothing is sent."""
    dialog = Dialog(Wish(Verb.DEPLOY, ADDRESS, version="v1.4.4"), a_plan(verb=Verb.DEPLOY))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press("f8")
        await until(pilot, lambda: bool(dialog.app.heard_of(GroupWished)))
        wish = dialog.app.heard_of(GroupWished)[0].wish
        assert (wish.group, wish.version, dialog.sent) == (GROUP, "v1.4.4", [])


async def test_in_a_read_only_environment_nothing_is_sent() -> None:
    """Not even a rollback, which no failed check would stop."""
    dialog = Dialog(Wish(Verb.ROLLBACK, ADDRESS), a_plan(), forbidden="rugmunch/production is read-only")
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"production/api", "enter")
        await pilot.pause()
        assert "rugmunch/production is read-only" in dialog.text()
        assert dialog.app.screen is dialog.screen and dialog.sent == []


async def test_a_version_is_marked_once_with_its_reason() -> None:
    """An empty answer says nothing; a held enter says it once."""
    screen = StatementScreen(Statement.MARK_BAD, ADDRESS, FakePlanner(a_plan()), FakeClock())
    app = Stage(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        assert app.screen is screen
        await pilot.press(*"v1.4.3", "space", *"leaks", "enter", "enter")
        await until(pilot, lambda: bool(app.heard_of(StatementMade)))
        said = app.heard_of(StatementMade)
        assert [(item.statement, item.version, item.why) for item in said] == [
            (Statement.MARK_BAD, "v1.4.3", "leaks")
        ]


@pytest.mark.parametrize(("forbidden", "keys", "times"), [("", ["tab"], 1), ("", [], 0), ("no", ["tab"], 0)])
async def test_a_rehearsal_begins_by_the_second_button_only(
    forbidden: str, keys: list[str], times: int
) -> None:
    """A stray enter leaves; where it is forbidden no key begins it."""
    screen = StatementScreen(Statement.REHEARSE, ADDRESS, FakePlanner(a_plan()), FakeClock(), forbidden)
    app = Stage(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys, "enter")
        await until(pilot, lambda: len(app.heard_of(StatementMade)) == times)
        await pilot.pause()
        assert len(app.heard_of(StatementMade)) == times


async def test_a_validation_says_what_is_not_as_it_should_be() -> None:
    """Every service in a table, with the verdict over it."""
    desk = Desk()
    async with desk.app.run_test(size=(80, 24)) as pilot:
        desk.publish()
        vars(desk.app.runtime)["outside"] = dict.fromkeys(desk.platforms)
        screen = ValidateScreen("rugmunch", (ADDRESS,), desk.app.runtime.findings)
        desk.app.push_screen(screen)
        await until(pilot, lambda: screen.over)
        await pilot.pause()
        assert "NG   rugmunch" in text_of(screen) and str(ADDRESS) in text_of(screen)


KEYS = (*"RPDSXM", "enter", "escape", "tab", "down", "f2", "f5", "f6", "f8", "ctrl+t", "r", "o")
TYPED = ("production/api", "4", "v1.4.2")


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("seed", range(2))
async def test_no_sequence_of_keys_sends_what_was_not_confirmed_and_journalled(
    seed: int, read_only: bool
) -> None:
    """In a read-only environment nothing is sent at all; elsewhere every order has its record."""
    chance = random.Random(seed)
    row = a_picture(observation=a_rolling_observation())
    environment = an_environment(read_only=read_only)
    desk = Desk(EnvironmentPicture(environment, NOW, (replace(row, environment=environment),), an_identity()))
    platform = desk.platforms[environment.key]
    platform.put(a_rolling_observation())
    async with desk.app.run_test(size=(80, 24)) as pilot:
        desk.publish()
        for _ in range(25):
            typed = [*chance.choice(TYPED), "enter"]
            await pilot.press(*(typed if chance.random() < 0.2 else [chance.choice(KEYS)]))
            desk.clock.advance(1)
        sent = len(platform.orders) + len(platform.performed)
        begun = [record for record in desk.journal.operations() if record.ordered_at is not None]
        assert sent <= len(begun) * (0 if read_only else 3)
        assert not (read_only and begun)
        assert desk.app.is_running


def test_a_rehearsal_is_not_over_with_its_first_leg() -> None:
    """Its rollback has a verdict of its own; the rehearsal ends with its feed."""
    under_way = UnderWay()
    token = under_way.begin_rehearsal(ADDRESS, NOW).token
    verdict = OperationEvent("verdict", NOW, "01JD", "SUCCEEDED", {"verdict": "SUCCEEDED"})
    assert not under_way.progressed(token, verdict).over
    assert under_way.ended(token, None, NOW).over


async def test_a_plan_that_waits_for_its_checklist_leads_to_it() -> None:
    """Its key is there with the check, leaves the dialog, and sends nothing."""
    check = Check("checklist", CheckState.FAIL, "2 open: told is so (open)", "walk it")
    dialog = Dialog(Wish(Verb.DEPLOY, ADDRESS, version="v1"), a_plan(verb=Verb.DEPLOY, checks=(check,)))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        assert "2 open: told is so (open)" in text_of(dialog.screen)
        await pilot.press("f4")
        await until(pilot, lambda: bool(dialog.app.heard_of(ChecklistRequested)))
        assert dialog.sent == []

    without = Dialog(Wish(Verb.DEPLOY, ADDRESS, version="v1"), a_plan(verb=Verb.DEPLOY))
    async with without.app.run_test(size=(140, 40)) as pilot:
        await without.ready(pilot)
        await pilot.press("f4")
        assert without.app.heard_of(ChecklistRequested) == []
