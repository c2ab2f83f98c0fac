"""The dialog before anything is sent: what is shown, and above all what does not send anything."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from console.domain.address import Address, Tier
from console.domain.operation import Check, CheckState, Mechanism, Verb
from console.domain.registry import Findings, Offer, RegistryVersion
from console.domain.version import Version
from console.domain.wish import Wish
from console.errors import CredentialsError, EndpointError, UnknownVersionError
from screens import dialog_frame as dialogs
from screens.confirm import PlanScreen
from screens.messages import OperationConfirmed
from tests.builders import ADDRESS, NOW, a_new_release, a_release
from tests.fakes import FakeClock
from tests.pilot.stage import FakePlanner, Stage, a_plan, later, text_of, until
from widgets.confirm_field import ConfirmField
from widgets.glyphs import ASCII

STAGING = a_plan(tier=Tier.STAGING, confirm="")


class Dialog:
    """A plan's dialog in the smallest app, with what a test wants to know of it."""

    def __init__(
        self,
        planner: FakePlanner,
        verb: Verb = Verb.ROLLBACK,
        version: str = "",
        **stage: Any,
    ) -> None:
        self.clock = FakeClock()
        self.planner = planner
        self.screen = PlanScreen(planner, self.clock, Wish(verb, ADDRESS, version=version))
        self.app = Stage(self.screen, **stage)

    @property
    def sent(self) -> list[OperationConfirmed]:
        return self.app.heard_of(OperationConfirmed)

    @property
    def typed(self) -> str:
        return self.screen.query_one(ConfirmField).value

    @property
    def is_open(self) -> bool:
        return self.app.screen is self.screen

    async def ready(self, pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: self.screen.stage is dialogs.Stage.READY)

    def text(self) -> str:
        self.screen.show()
        return text_of(self.screen)


async def test_a_production_rollback_is_sent_once_what_it_asks_for_is_typed() -> None:
    """Typing the phrase and pressing enter posts the plan that was shown, with what was typed."""
    dialog = Dialog(FakePlanner(a_plan()))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"production/api", "enter")
        await until(pilot, lambda: not dialog.is_open and bool(dialog.sent))
        assert [(item.plan, item.typed) for item in dialog.sent] == [(a_plan(), "production/api")]


@pytest.mark.parametrize(
    "typed", ["", "production/ap", "production/apx", "production/apii", "api", "PRODUCTION/API"]
)
async def test_enter_is_dead_until_the_phrase_stands_there_whole(typed: str) -> None:
    """Nothing, a part, too much, something else or other letters send nothing."""
    dialog = Dialog(FakePlanner(a_plan()))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*typed, "enter")
        await pilot.pause()
        assert dialog.is_open
        assert dialog.sent == []


@pytest.mark.parametrize("tier", [Tier.PRODUCTION, Tier.STAGING])
@pytest.mark.parametrize("presses", [2, 5])
async def test_an_enter_pressed_twice_or_held_confirms_once(presses: int, tier: Tier) -> None:
    """However often enter comes, one confirmation is posted."""
    plan = a_plan() if tier is Tier.PRODUCTION else STAGING
    dialog = Dialog(FakePlanner(plan))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*("production/api" if plan.confirm else ["tab"]))
        for _ in range(presses):
            dialog.screen.action_accept()
            dialog.clock.advance(5)
        await until(pilot, lambda: not dialog.is_open and bool(dialog.sent))
        await pilot.pause()
        assert len(dialog.sent) == 1


async def test_escape_while_the_plan_is_being_made_sends_nothing() -> None:
    """The answer that comes after the dialog was left finds nobody."""
    dialog = Dialog(FakePlanner(a_plan()))
    dialog.planner.gate.clear()
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: not dialog.is_open)
        dialog.planner.gate.set()
        await pilot.pause()
        assert dialog.sent == []


async def test_escape_sends_nothing_even_with_the_phrase_typed() -> None:
    """Until enter, nothing is decided."""
    dialog = Dialog(FakePlanner(a_plan()))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"production/api", "escape")
        await until(pilot, lambda: not dialog.is_open)
        await pilot.pause()
        assert dialog.sent == []


async def test_outside_production_enter_is_on_cancel_until_the_other_button_is_chosen() -> None:
    """A stray enter leaves the dialog; nothing is sent."""
    dialog = Dialog(FakePlanner(STAGING))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: not dialog.is_open)
        await pilot.pause()
        assert dialog.sent == []


@pytest.mark.parametrize("keys", [["tab"], ["right"], ["tab", "left", "right"]])
async def test_outside_production_enter_on_the_second_button_sends(keys: list[str]) -> None:
    """Tab or right goes to it; nothing has to be typed."""
    dialog = Dialog(FakePlanner(STAGING))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*keys, "enter")
        await until(pilot, lambda: not dialog.is_open and bool(dialog.sent))
        assert [item.typed for item in dialog.sent] == [None]


async def test_going_back_to_cancel_takes_the_order_back() -> None:
    """The chosen button is what enter presses."""
    dialog = Dialog(FakePlanner(STAGING))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press("tab", "shift+tab", "enter")
        await until(pilot, lambda: not dialog.is_open)
        await pilot.pause()
        assert dialog.sent == []


async def test_a_pasted_phrase_counts_as_typed() -> None:
    """A line break at its end is not part of it."""
    dialog = Dialog(FakePlanner(a_plan()))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        dialog.screen.query_one(ConfirmField).post_message(events.Paste("production/api\n"))
        await until(pilot, lambda: dialog.typed == "production/api")
        assert dialog.sent == []
        await pilot.press("enter")
        await until(pilot, lambda: not dialog.is_open and bool(dialog.sent))
        await pilot.pause()
        assert len(dialog.sent) == 1


async def test_letters_are_text_and_no_keys_while_the_field_has_the_focus() -> None:
    """q, r, R, h, f and ? neither leave nor plan: they stand in the field."""
    dialog = Dialog(FakePlanner(a_plan()))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press("q", "r", "R", "h", "f", "question_mark", "space")
        assert dialog.typed == "qrRhf? "
        assert dialog.is_open
        assert len(dialog.planner.asked) == 1


async def test_what_is_still_to_come_is_counted_and_a_wrong_letter_said() -> None:
    """Beside the field: letters to go, that it does not match, that it matches."""
    dialog = Dialog(FakePlanner(a_plan()))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"production/a")
        assert "2 letters to go" in dialog.text()
        await pilot.press("x")
        assert "does not match" in dialog.text()
        await pilot.press("backspace", "p")
        assert "1 letter to go" in dialog.text()
        await pilot.press("i")
        assert "it matches" in dialog.text()


async def test_an_old_plan_is_read_again_before_enter_lives() -> None:
    """At 31 s enter reads the plan again and sends nothing; the next enter sends the new plan."""
    fresh = later(a_plan(), NOW + timedelta(seconds=31))
    dialog = Dialog(FakePlanner(a_plan(), fresh))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"production/api")
        dialog.clock.advance(31)
        await pilot.press("enter")
        await until(pilot, lambda: dialog.screen.plan is fresh)
        assert dialog.sent == []
        assert dialog.typed == "production/api"
        dialog.clock.advance(1)
        await pilot.press("enter")
        await until(pilot, lambda: not dialog.is_open and bool(dialog.sent))
        assert [item.plan.made_at for item in dialog.sent] == [fresh.made_at]


async def test_while_an_old_plan_is_read_again_enter_is_dead() -> None:
    """The first letter begins the reading; as long as it lasts nothing can be confirmed."""
    dialog = Dialog(FakePlanner(a_plan(), later(a_plan(), NOW + timedelta(seconds=40))))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        dialog.clock.advance(40)
        assert "plan is 40 s old" in dialog.text()
        dialog.planner.gate.clear()
        await pilot.press(*"production/api", "enter")
        assert len(dialog.planner.asked) == 2
        assert "reading it again" in dialog.text()
        assert dialog.is_open
        assert dialog.sent == []
        dialog.planner.gate.set()
        await until(pilot, lambda: not dialog.screen.question.is_open)
        assert "plan is 0 s old" in dialog.text()


async def test_a_changed_world_empties_the_field_and_marks_what_changed() -> None:
    """A plan that says something else than the one that was read has to be confirmed anew."""
    moved = later(
        a_plan(),
        NOW + timedelta(seconds=31),
        target=a_release(label="v1.4.1", digest="sha256:" + "aa11" * 16),
    )
    dialog = Dialog(FakePlanner(a_plan(), moved))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"production/api")
        dialog.clock.advance(31)
        await pilot.press("enter")
        await until(pilot, lambda: dialog.screen.plan is moved)
        assert dialog.typed == ""
        assert dialog.screen.changed == {"to"}
        assert "this has changed since you read it" in dialog.text()
        dialog.clock.advance(1)
        await pilot.press("enter")
        assert dialog.is_open
        assert dialog.sent == []


async def test_a_changed_world_takes_the_focus_off_the_order_outside_production() -> None:
    """Enter is on cancel again."""
    moved = later(STAGING, NOW + timedelta(seconds=31), mechanism=Mechanism.UPDATE_SERVICE)
    dialog = Dialog(FakePlanner(STAGING, moved))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        dialog.clock.advance(31)
        await pilot.press("tab")
        await until(pilot, lambda: dialog.screen.plan is moved)
        assert dialog.screen.button == 0
        await pilot.press("enter")
        await until(pilot, lambda: not dialog.is_open)
        await pilot.pause()
        assert dialog.sent == []


async def test_a_plan_that_cannot_be_read_again_cannot_be_confirmed() -> None:
    """The old plan stays on the screen with the reason; enter asks again and sends nothing."""
    dialog = Dialog(FakePlanner(a_plan(), EndpointError("ECS does not answer")))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"production/api")
        dialog.clock.advance(31)
        for _ in range(3):
            await pilot.press("enter")
            await until(pilot, lambda: not dialog.screen.question.is_open)
            dialog.clock.advance(2)
        assert "ECS does not answer" in dialog.text()
        assert dialog.sent == []


async def test_a_failed_check_blocks_a_deploy() -> None:
    """Enter stays dead, and the dialog says which check."""
    checks = (
        Check("permission", CheckState.FAIL, "ecs:UpdateService is denied", "ask for the operator role"),
    )
    plan = a_plan(verb=Verb.DEPLOY, mechanism=Mechanism.UPDATE_SERVICE, checks=checks)
    dialog = Dialog(FakePlanner(plan), Verb.DEPLOY, "v1.4.3")
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"production/api", "enter")
        assert "permission failed: it cannot be done like this" in dialog.text()
        assert "ecs:UpdateService is denied" in dialog.text()
        assert dialog.sent == []


async def test_a_failed_check_never_blocks_a_rollback() -> None:
    """It is said, and the rollback goes ahead."""
    plan = a_plan(checks=(Check("image present", CheckState.FAIL, "not in the registry"),))
    dialog = Dialog(FakePlanner(plan))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        assert "going back is not blocked" in dialog.text()
        await pilot.press(*"production/api", "enter")
        await until(pilot, lambda: not dialog.is_open and bool(dialog.sent))
        await pilot.pause()
        assert len(dialog.sent) == 1


async def test_nothing_to_do_offers_only_the_way_out() -> None:
    """The same digests and configuration: NOTHING CHANGED, and enter sends nothing."""
    plan = a_plan(verb=Verb.DEPLOY, mechanism=Mechanism.NONE, nothing_to_do="v1.4.2 runs already")
    dialog = Dialog(FakePlanner(plan), Verb.DEPLOY, "v1.4.2")
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        shown = dialog.text()
        assert "NOTHING CHANGED" in shown
        assert "v1.4.2 runs already" in shown
        assert "to confirm" not in shown
        await pilot.press(*"production/api", "enter")
        assert dialog.sent == []
        await pilot.press("escape")
        await until(pilot, lambda: not dialog.is_open)


async def test_an_error_of_planning_is_one_line_with_its_remedy_and_r_tries_again() -> None:
    """Expired credentials are said; after the login the same dialog goes on."""
    failure = CredentialsError("the session of profile prod has expired", "run aws sso login")
    dialog = Dialog(FakePlanner(failure, a_plan()))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: dialog.screen.stage is dialogs.Stage.FAILED)
        shown = dialog.text()
        assert "credentials: the session of profile prod has expired" in shown
        assert "run aws sso login" in shown
        await pilot.press("enter")
        assert dialog.sent == []
        await pilot.press("r")
        await dialog.ready(pilot)


async def test_waiting_for_the_plan_is_said_in_words_with_its_age() -> None:
    """No spinner: asking ECS, and for how long."""
    dialog = Dialog(FakePlanner(a_plan()))
    dialog.planner.gate.clear()
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        dialog.clock.advance(3)
        assert "asking ECS, 3 s" in dialog.text()
        dialog.planner.gate.set()
        await dialog.ready(pilot)


async def test_a_deploy_without_a_version_asks_for_it_first() -> None:
    """The version typed is what the engine is asked for."""
    plan = a_plan(verb=Verb.DEPLOY, source=a_release(), target=a_new_release(definition=None), served_s=None)
    dialog = Dialog(FakePlanner(plan), Verb.DEPLOY)
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: dialog.screen.query_one(Input).has_focus)
        assert "Which version of rugmunch-api" in dialog.text()
        assert dialog.planner.asked == []
        await pilot.press(*"v1.4.3", "enter")
        await dialog.ready(pilot)
        assert dialog.planner.asked == [Wish(Verb.DEPLOY, ADDRESS, version="v1.4.3")]
        assert "as a new revision" in dialog.text()
        assert dialog.sent == []


async def test_an_unknown_version_can_be_typed_again() -> None:
    """What was wrong is said above the field, which still holds the version."""
    missing = UnknownVersionError("v9 is not in the registry of api", "list its tags")
    dialog = Dialog(FakePlanner(missing, a_plan(verb=Verb.DEPLOY)), Verb.DEPLOY)
    async with dialog.app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: dialog.screen.query_one(Input).has_focus)
        await pilot.press("v", "9", "enter")
        await until(pilot, lambda: dialog.screen.question.error is not None)
        assert "v9 is not in the registry of api" in dialog.text()
        dialog.clock.advance(2)
        await until(pilot, lambda: dialog.screen.query_one(Input).has_focus)
        await pilot.press("backspace", "8", "enter")
        await dialog.ready(pilot)
        assert [wish.version for wish in dialog.planner.asked] == ["v9", "v8"]


async def test_an_enter_held_over_the_version_confirms_nothing() -> None:
    """Its repeats reach the plan and are known for what they are; a later one is on cancel."""
    dialog = Dialog(FakePlanner(replace(STAGING, verb=Verb.DEPLOY)), Verb.DEPLOY)
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: dialog.screen.query_one(Input).has_focus)
        await pilot.press(*"v1.4.3", "enter")
        await dialog.ready(pilot)
        for _ in range(20):
            dialog.clock.advance(0.05)
            await pilot.press("enter")
        assert dialog.is_open
        assert dialog.sent == []


async def test_another_target_is_chosen_and_planned_anew() -> None:
    """ctrl+t lists what else ran; enter plans the way to it and confirms nothing."""
    other = a_plan(target=a_release(label="v1.4.0"), proven=False, doubt="ran for 4 min only")
    dialog = Dialog(FakePlanner(a_plan(), other))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press("ctrl+t")
        shown = dialog.text()
        assert "v1.4.1" in shown
        assert "ran for 4 min only, soak is 30 min" in shown
        await pilot.press("down", "enter")
        await until(pilot, lambda: dialog.screen.plan is other)
        assert dialog.planner.asked[-1] == Wish(Verb.ROLLBACK, ADDRESS, to=":40")
        assert "not proven: ran for 4 min only" in dialog.text()
        assert dialog.sent == []


async def test_escape_from_the_other_targets_keeps_the_first_plan() -> None:
    """The list is left, not the dialog, and what was typed is still there."""
    dialog = Dialog(FakePlanner(a_plan()))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press(*"prod", "ctrl+t", "escape")
        assert dialog.is_open
        assert dialog.screen.stage is dialogs.Stage.READY
        assert dialog.typed == "prod"
        assert len(dialog.planner.asked) == 1


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_the_plan_is_said_in_its_fixed_order(size: tuple[int, int]) -> None:
    """Account, region, cluster, service; from, to, by, effect, checked, estimate."""
    dialog = Dialog(FakePlanner(a_plan()))
    async with dialog.app.run_test(size=size) as pilot:
        await dialog.ready(pilot)
        shown = dialog.text()
        order = [
            "Roll back rugmunch-api in production",
            "account    4823-1960-7715",
            "region     us-east-1",
            "cluster    rugmunch-production",
            "service    rugmunch-api",
            "from       :43  v1.4.3",
            "to         :42  v1.4.2",
            "by         stopping the deployment in flight  StopServiceDeployment",
            "effect     2 tasks of :43 leave",
            "checked    ",
            "? permission: not allowed to ask",
            "estimate   safe in about 1:50, done in about 2:40",
            "start 0:48, two health checks 1:00, order 0:02",
            "Type production/api to confirm",
        ]
        places = [shown.index(part) for part in order]
        assert places == sorted(places)
        assert "nothing has been sent" in shown


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_on_a_small_screen_the_field_stays_and_the_rest_of_the_plan_is_announced(
    size: tuple[int, int],
) -> None:
    """What does not fit is counted and can be scrolled to; the field is never pushed off."""
    plan = a_plan(remarks=tuple(f"remark number {number}" for number in range(12)))
    dialog = Dialog(FakePlanner(plan))
    async with dialog.app.run_test(size=size) as pilot:
        await dialog.ready(pilot)
        await pilot.pause()
        shown = dialog.text()
        assert "Type production/api to confirm" in shown
        assert "more lines" in shown
        for _ in range(12):
            await pilot.press("pagedown")
        assert "remark number 11" in dialog.text()


async def test_outside_text_is_text_and_never_markup() -> None:
    """A tag that looks like markup stands there as it is."""
    plan = a_plan(target=a_release(label="[/x][@click=app.quit]v1[/]"), effect="[red]all[/red] tasks leave")
    dialog = Dialog(FakePlanner(plan))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        shown = dialog.text()
        assert "[/x][@click=app.quit]v1[/]" in shown
        assert "[red]all[/red] tasks leave" in shown


async def test_without_unicode_the_marks_are_ascii() -> None:
    """Check marks and bars have stand-ins."""
    dialog = Dialog(FakePlanner(a_plan()), glyphs=ASCII)
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        shown = dialog.text()
        assert "+ image present" in shown
        assert "✓" not in shown


async def test_the_plan_can_be_copied() -> None:
    """f3 puts the whole plan on the clipboard as plain text, also from the field."""
    dialog = Dialog(FakePlanner(a_plan()))
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await dialog.ready(pilot)
        await pilot.press("f3")
        assert "Roll back rugmunch-api in production" in dialog.app.clipboard
        assert "safe in about 1:50" in dialog.app.clipboard


async def test_a_count_is_asked_for_and_read() -> None:
    """What is no count is said in one line, and asked again; then the plan is read."""
    dialog = Dialog(FakePlanner(replace(STAGING, verb=Verb.SCALE)), Verb.SCALE)
    async with dialog.app.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: dialog.screen.query_one(Input).has_focus)
        await pilot.press(*"many", "enter")
        await until(pilot, lambda: "is not a count" in dialog.text())
        assert dialog.planner.asked == []
        dialog.clock.advance(5)
        dialog.screen.query_one(Input).value = "4 2-10"
        await pilot.press("enter")
        await dialog.ready(pilot)
        assert dialog.planner.asked == [Wish(Verb.SCALE, ADDRESS, desired=4, minimum=2, maximum=10)]


async def test_everything_leaves_when_nothing_is_named() -> None:
    """An empty answer drains the service; the beginning of a task's id one task."""
    for answer, wish in (("", Wish(Verb.DRAIN, ADDRESS)), ("3f2a", Wish(Verb.DRAIN, ADDRESS, task="3f2a"))):
        dialog = Dialog(FakePlanner(replace(STAGING, verb=Verb.DRAIN)), Verb.DRAIN)
        async with dialog.app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda screen=dialog.screen: screen.query_one(Input).has_focus)  # type: ignore[misc]
            await pilot.press(*answer, "enter")
            await dialog.ready(pilot)
            assert dialog.planner.asked == [wish]


def an_offer(label: str, digit: str, **overrides: Any) -> Offer:
    """A version of the registry that was pushed an hour ago."""
    version = Version(f"sha256:{digit * 64}", label, (label,))
    return Offer(RegistryVersion(version, NOW - timedelta(hours=1), Findings()), **overrides)


async def test_a_version_is_picked_from_the_registry() -> None:
    """Down picks, typing narrows; what is picked is what the plan is asked for."""
    planner = FakePlanner(replace(STAGING, verb=Verb.DEPLOY))
    planner.offers = (
        an_offer("v1.4.3", "a", ran="rolled back by ECS 3 h ago", is_bad=True),
        an_offer("v1.4.2", "b", runs=True),
        an_offer("v1.5.0", "c"),
    )
    dialog = Dialog(planner, Verb.DEPLOY)
    async with dialog.app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "rolled back" in dialog.text())
        assert "runs now" in dialog.text()
        await pilot.press(*"v1.5", "down")
        assert "v1.4.2" not in dialog.text()
        await pilot.press("enter")
        await dialog.ready(pilot)
        assert planner.asked == [Wish(Verb.DEPLOY, ADDRESS, version="v1.5.0")]


async def test_a_registry_that_cannot_be_listed_still_takes_a_tag() -> None:
    """It is said why there is no list."""

    class Unlisted(FakePlanner):
        def versions(self, address: Address) -> tuple[Offer, ...]:
            raise EndpointError("ECR does not answer")

    dialog = Dialog(Unlisted(replace(STAGING, verb=Verb.DEPLOY)), Verb.DEPLOY)
    async with dialog.app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "ECR does not answer" in dialog.text())
        await pilot.press(*"v9", "enter")
        await dialog.ready(pilot)
