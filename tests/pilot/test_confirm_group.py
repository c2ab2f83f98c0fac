"""The dialog and the screen of several services: one plan, one confirmation, one clock."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

from textual.pilot import Pilot

from console.domain.address import Address, Tier
from console.domain.group import GroupAddress, GroupEvent, GroupPlan, GroupWish
from console.domain.operation import Check, CheckState, OperationEvent, Plan, Progress, Verb, Verdict
from console.domain.registry import Offer
from console.errors import EndpointError, UnknownVersionError
from screens.confirm_group import GroupPlanScreen
from screens.dialog_frame import Stage as At
from screens.group import GroupScreen, summary_of_group
from screens.messages import GroupConfirmed, OperationOpened
from screens.running_group import RunningGroup
from screens.under_way import UnderWay
from tests.builders import ADDRESS, NOW, a_new_release
from tests.fakes import FakeClock
from tests.pilot.stage import Stage, a_plan, text_of, until

GROUP = GroupAddress("rugmunch", "production", "all")
WORKER = Address("rugmunch", "production", "worker")
FAILED = Check("image", CheckState.FAIL, "not in the registry")


def member(address: Address, **overrides: Any) -> Plan:
    """A member's deploy of v1.4.4."""
    default: dict[str, Any] = {
        "verb": Verb.DEPLOY,
        "address": address,
        "service": address.service,
        "target": a_new_release(label="v1.4.4"),
        "confirm": address.short,
    }
    return a_plan(**{**default, **overrides})


def a_group_plan(**overrides: Any) -> GroupPlan:
    """The API first, the worker after it."""
    default = GroupPlan(
        Verb.DEPLOY, GROUP, Tier.PRODUCTION, ((member(ADDRESS),), (member(WORKER),)), NOW, "production"
    )
    return replace(default, **overrides)


class FakeGroupPlanner:
    """Plans that the test made, the last one again and again; an exception among them is raised."""

    def __init__(self, *answers: GroupPlan | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[GroupWish] = []
        self.gate = Event()
        self.gate.set()

    def versions(self, address: Address) -> tuple[Offer, ...]:
        return ()

    def plan_group(self, wish: GroupWish) -> GroupPlan:
        self.asked.append(wish)
        assert self.gate.wait(20), "the gate was never opened"
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Dialog:
    """A group's dialog in the smallest app."""

    def __init__(self, planner: FakeGroupPlanner, version: str = "v1.4.4", forbidden: str = "") -> None:
        self.clock = FakeClock()
        self.planner = planner
        wish = GroupWish(Verb.DEPLOY, GROUP, version=version)
        self.screen = GroupPlanScreen(planner, self.clock, wish, ADDRESS, forbidden)
        self.app = Stage(self.screen)

    @property
    def sent(self) -> list[GroupConfirmed]:
        return self.app.heard_of(GroupConfirmed)

    @property
    def is_open(self) -> bool:
        return self.app.screen is self.screen

    async def ready(self, pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: self.screen.stage is At.READY)

    def text(self) -> str:
        self.screen.show()
        return text_of(self.screen)


async def test_a_group_is_confirmed_once_by_the_name_of_its_environment() -> None:
    """Every member in its wave; what was shown is what is posted, with what was typed, and only once."""
    dialog = Dialog(FakeGroupPlanner(a_group_plan()))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        text = dialog.text()
        assert (
            text.index("wave 1 of 2") < text.index("api") < text.index("wave 2 of 2") < text.index("worker")
        )
        assert "every member safe in about 3:40, one wave after the other" in text
        await pilot.press(*"production")
        for _ in range(3):
            dialog.screen.action_accept()
            dialog.clock.advance(5)
        await until(pilot, lambda: not dialog.is_open and bool(dialog.sent))
        assert [(item.plan, item.typed) for item in dialog.sent] == [(a_group_plan(), "production")]


async def test_a_members_plan_opens_in_full_and_esc_leads_back() -> None:
    """Looking at a member sends nothing and keeps what was typed."""
    dialog = Dialog(FakeGroupPlanner(a_group_plan()))
    async with dialog.app.run_test(size=(80, 24)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"prod", "down", "f2")
        assert "rugmunch/production/worker" in dialog.text()
        await pilot.press("enter", "escape")
        assert dialog.is_open and "wave 2 of 2" in dialog.text()
        assert "6 letters to go" in dialog.text()
        assert dialog.sent == []


async def test_one_member_that_fails_its_checks_blocks_the_whole_group() -> None:
    """It is named; the phrase confirms nothing."""
    waves = ((member(ADDRESS),), (member(WORKER, checks=(FAILED,)),))
    dialog = Dialog(FakeGroupPlanner(a_group_plan(waves=waves)))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"production", "enter")
        await pilot.pause()
        assert "image of worker failed" in dialog.text()
        assert dialog.is_open and dialog.sent == []


async def test_a_group_whose_world_changed_is_confirmed_anew() -> None:
    """A member that has another plan now is amber, and the field is empty."""
    moved = a_group_plan(
        waves=((member(ADDRESS),), (member(WORKER, effect="3 start"),)), made_at=NOW + timedelta(seconds=31)
    )
    dialog = Dialog(FakeGroupPlanner(a_group_plan(), moved))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"productio")
        dialog.clock.advance(31)
        await pilot.press("n")
        await until(pilot, lambda: bool(dialog.screen.changed))
        await pilot.press("enter")
        await pilot.pause()
        assert dialog.screen.changed == {str(WORKER)}
        assert "10 letters to go" in dialog.text()
        assert dialog.is_open and dialog.sent == []


async def test_an_unknown_version_of_a_group_is_asked_for_again() -> None:
    """What was wrong is said over the question; the next answer is planned."""
    unknown = UnknownVersionError("rugmunch/production/worker has no version v9")
    dialog = Dialog(FakeGroupPlanner(unknown, a_group_plan()), version="")
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await pilot.press(*"v9", "enter")
        await until(pilot, lambda: dialog.screen.question.error is not None)
        assert "has no version v9" in dialog.text()
        dialog.clock.advance(5)
        await pilot.press("backspace", "backspace", *"v1.4.4", "enter")
        await dialog.ready(pilot)
        assert [wish.version for wish in dialog.planner.asked] == ["v9", "v1.4.4"]


async def test_a_connection_lost_over_a_group_leaves_the_plan_dead() -> None:
    """An old plan that cannot be read again confirms nothing, and says so."""
    dialog = Dialog(FakeGroupPlanner(a_group_plan(), EndpointError("no route to host")))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        dialog.clock.advance(31)
        await pilot.press(*"production")
        await until(pilot, lambda: dialog.screen.question.error is not None)
        await pilot.press("enter")
        await pilot.pause()
        assert "not read again" in dialog.text()
        assert dialog.is_open and dialog.sent == []


async def test_a_read_only_group_is_planned_and_never_sent() -> None:
    """The reason stands in the dialog before anything is typed."""
    dialog = Dialog(FakeGroupPlanner(a_group_plan()), forbidden="rugmunch/production is read-only")
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"production", "enter")
        await pilot.pause()
        assert "rugmunch/production is read-only" in dialog.text()
        assert dialog.is_open and dialog.sent == []


def said(name: str, address: Address | None = None, **facts: Any) -> GroupEvent:
    """An event of the group, or of one of its members with its picture."""
    progress = None
    if address is not None:
        plan = next(item for item in a_group_plan().members if item.address == address)
        verdict = Verdict(facts["verdict"]) if "verdict" in facts else None
        progress = Progress(
            "01JD" + address.alias, plan, NOW, verdict=verdict, reason=facts.get("reason", "")
        )
    event = OperationEvent(name, NOW + timedelta(seconds=9), "01JD", name, facts, progress)
    return GroupEvent(GROUP, event, address)


def course(*events: GroupEvent) -> tuple[UnderWay, RunningGroup]:
    """A group after those events."""
    under_way = UnderWay()
    group = under_way.begin_group(a_group_plan(), NOW)
    for event in events:
        group, _ = under_way.group_progressed(group.token, event)
    return under_way, group


def failed_course() -> Iterator[GroupEvent]:
    """The first wave fails, the second one is not begun."""
    yield said("wave", wave=1)
    yield said("verdict", ADDRESS, verdict="ROLLED_BACK", reason="the circuit breaker tripped")
    yield said("verdict", verdict="FAILED", reason="api ROLLED BACK · not begun: worker", safe_s=None)


async def test_a_group_shows_each_member_and_what_was_not_begun() -> None:
    """One verdict for all, the member that failed with its reason, at both sizes."""
    _, group = course(*failed_course())
    for size in ((140, 40), (80, 24)):
        screen = GroupScreen(group)
        app = Stage(screen)
        async with app.run_test(size=size) as pilot:
            screen.now = NOW + timedelta(seconds=20)
            await pilot.pause()
            text = text_of(screen)
            assert "FAILED" in text and "ROLLED BACK" in text and "not begun" in text
            assert "the circuit" in text
    assert "wave 2  worker  v1.4.4  not begun" in summary_of_group(group, NOW)


async def test_enter_opens_the_operation_of_the_member_under_the_cursor() -> None:
    """Only one that was begun has anything to open."""
    _, group = course(said("wave", wave=1), said("confirmed", ADDRESS))
    screen = GroupScreen(group)
    app = Stage(screen)
    async with app.run_test(size=(80, 24)) as pilot:
        screen.now = NOW
        await pilot.press("j", "enter", "k", "enter")
        await until(pilot, lambda: bool(app.heard))
        assert [item.token for item in app.heard_of(OperationOpened)] == [group.members[ADDRESS].token]


def test_a_group_counts_as_one_operation() -> None:
    """The header and the dialog of leaving tell of the group, not of its members."""
    under_way, group = course(said("wave", wave=1), said("confirmed", ADDRESS))
    assert under_way.running == (group,)
    assert under_way.in_header(NOW) is group
    under_way, group = course(*failed_course())
    assert under_way.running == ()
    assert group.verdict is Verdict.FAILED
