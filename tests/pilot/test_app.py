"""The app: operations outlive screens, leaving asks first, a crash tells no secrets."""

from collections.abc import Iterator
from typing import Any

from console.domain.address import Address
from console.domain.operation import OperationEvent, Plan, Progress, Verb, Verdict
from console.errors import RefusedError
from screens.base import ConsoleScreen
from screens.confirm import PlanScreen
from screens.fleet import FleetScreen
from screens.keys import KeysScreen
from screens.leave import LeaveScreen
from screens.messages import Answered, OperationConfirmed, OperationEnded, OperationProgressed, ServiceChosen
from screens.operation import OperationScreen
from screens.running import RunningOperation
from tests.builders import ADDRESS, NOW, a_record, ago
from tests.pilot.desk import Desk
from tests.pilot.stage import a_plan, text_of, until, words_of

SIZE = (140, 40)


def _event(event: str = "progress", **progress: Any) -> OperationEvent:
    picture = Progress("01OPERATION", a_plan(), ago(67), **progress)
    return OperationEvent(event, NOW, "01OPERATION", "text", progress=picture)


def _running(desk: Desk) -> None:
    desk.app.under_way.operations[7] = RunningOperation(7, ADDRESS, Verb.ROLLBACK, ago(67), a_plan())


async def test_a_confirmed_plan_is_carried_out_once_and_its_screen_opens() -> None:
    """The feed's events reach the screen; the dialog is gone."""
    desk = Desk()
    sent: list[tuple[Plan, str | None]] = []

    def execute(plan: Plan, typed: str | None) -> Iterator[OperationEvent]:
        sent.append((plan, typed))
        yield _event()
        yield _event("verdict", verdict=Verdict.SUCCEEDED)

    desk.app.runtime.engine.execute = execute  # type: ignore[method-assign,assignment]
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        await pilot.press("R")
        desk.app.post_message(OperationConfirmed(a_plan(), "production/api"))
        await until(pilot, lambda: not desk.app.under_way.running and bool(desk.app.under_way.operations))
        screen = desk.app.screen
        assert isinstance(screen, OperationScreen)
        assert not any(isinstance(item, PlanScreen) for item in desk.app.screen_stack)
        assert screen.operation is not None and screen.operation.over
        assert [typed for _, typed in sent] == ["production/api"]


async def test_leaving_its_screen_stops_no_operation_and_the_header_keeps_it() -> None:
    """The chip counts on every screen, and ``o`` leads back."""
    desk = Desk()
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        _running(desk)
        desk.app.post_message(OperationProgressed(7, _event()))
        await pilot.pause()
        desk.app.tick()
        await pilot.pause()
        assert "« rugmunch-api 1:07 of 5:00" in text_of(desk.app.screen)
        await pilot.press("o")
        assert type(desk.app.screen) is OperationScreen
        await pilot.press("escape")
        assert [type(item) for item in desk.app.screen_stack] == [FleetScreen]
        assert len(desk.app.under_way.running) == 1


async def test_an_operation_found_at_the_start_is_watched_again_and_said() -> None:
    """Nothing is sent: the engine resumes it by its id."""
    desk = Desk()
    resumed: list[str] = []

    def resume(id: str) -> Iterator[OperationEvent]:
        resumed.append(id)
        return iter(())

    desk.app.runtime.engine.resume = resume  # type: ignore[method-assign,assignment]
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        desk.app.post_message(Answered((a_record(),), 0))
        await until(pilot, lambda: bool(resumed))
        assert resumed == [a_record().id]
        assert desk.app.under_way.operations[1].was_found


async def test_an_operation_that_ends_in_an_error_says_so_and_the_console_lives_on() -> None:
    """A refusal is a notification, not a crash."""
    desk = Desk()
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        _running(desk)
        desk.app.post_message(OperationEnded(7, RefusedError("the service has changed [/x]")))
        await pilot.pause()
        assert not desk.app.under_way.running
        assert isinstance(desk.app.screen, FleetScreen)
        assert any("[/x]" in item.message for item in desk.app._notifications)


async def test_leaving_while_an_operation_runs_asks_and_stays_by_default() -> None:
    """Enter alone never leaves; the other answer does."""
    desk = Desk()
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        _running(desk)
        await pilot.press("q")
        assert type(desk.app.screen) is LeaveScreen
        await pilot.pause()
        assert "ECS continues; nobody will be watching." in text_of(desk.app.screen)
        await pilot.press("enter")
        assert [type(item) for item in desk.app.screen_stack] == [FleetScreen]
        await pilot.press("q", "right", "enter")
        await pilot.pause()
    assert desk.app.return_code == 0


async def test_leaving_without_an_operation_asks_nothing() -> None:
    """``q`` ends the program with code 0."""
    desk = Desk()
    async with desk.app.run_test(size=SIZE) as pilot:
        await pilot.press("q")
        await pilot.pause()
    assert desk.app.return_code == 0


async def test_the_journal_opens_once() -> None:
    """Its key does nothing on the journal itself."""
    desk = Desk()
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        await pilot.press("h", "h", "h")
        assert len(desk.app.screen_stack) == 2


async def test_the_keys_screen_lists_the_live_bindings() -> None:
    """Every key that works here, with what it does; none of another screen."""
    desk = Desk()
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        await pilot.press("question_mark")
        assert isinstance(desk.app.screen, KeysScreen)
        await pilot.pause()
        said = words_of(desk.app.screen)
        for part in ("R Plan the way back", "j down Next row", "1 2 3 4 5 The tab", "h Every operation"):
            assert part in said
        assert "Next pane" not in said
        await pilot.press("question_mark")
        assert isinstance(desk.app.screen, FleetScreen)


async def test_a_list_of_keys_that_is_longer_than_the_screen_says_so_and_moves() -> None:
    """With the keys that move it, which are none of a list that is there as a whole."""
    desk = Desk()
    async with desk.app.run_test(size=(80, 24)) as pilot:
        desk.publish()
        await pilot.press("question_mark")
        await pilot.pause()
        assert "more lines" in text_of(desk.app.screen)
        assert "j down" in text_of(desk.app.screen).splitlines()[-1]
        await pilot.press("pagedown", "pagedown")
        await pilot.pause()
        assert "more line" not in text_of(desk.app.screen)
        assert "Every key that works here" in text_of(desk.app.screen)
        await pilot.resize_terminal(140, 60)
        await pilot.pause()
        assert "down" not in text_of(desk.app.screen).splitlines()[-1]


class Readers:
    """What reads the environments, as far as a key reaches it."""

    def __init__(self) -> None:
        self.asked = 0

    def refresh(self) -> None:
        self.asked += 1

    def touched(self) -> None:
        """A key was pressed."""

    def focus(self, address: Address | None) -> None:
        """Another service is looked at."""

    def stop(self) -> None:
        """The console ends."""


async def test_ctrl_r_reads_everything_now_from_every_screen_and_from_no_dialog() -> None:
    """Also what waits to be tried again; said in a note."""
    desk = Desk()
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        readers = Readers()
        desk.app.feeds = readers  # type: ignore[assignment]
        for keys in (("ctrl+r",), ("enter", "ctrl+r"), ("l", "ctrl+r"), ("question_mark", "ctrl+r")):
            await pilot.press(*keys)
        assert readers.asked == 3
        assert any("reading every environment" in item.message for item in desk.app._notifications)


def _own_actions(node: object) -> set[str]:
    """The actions that classes of ours bind to keys, without those that Textual's own have."""
    ours = (
        item for item in type(node).__mro__ if item.__module__.startswith(("screens", "console", "widgets"))
    )
    return {binding.action for item in ours for binding in item.__dict__.get("BINDINGS", ())}


async def test_every_binding_of_ours_has_an_id_and_says_what_it_does() -> None:
    """On every screen and dialog: the keymap and the key screen, which no dialog has, rest on it."""
    desk = Desk()
    visited = set()
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        _running(desk)
        ways = "slash escape R escape enter P escape l slash escape h slash escape o question_mark escape q"
        for step in ("u", *ways.split()):
            await pilot.press(step)
            visited.add(type(desk.app.screen).__name__)
            for active in desk.app.screen.active_bindings.values():
                if active.binding.action in _own_actions(active.node):
                    lists_keys = isinstance(desk.app.screen, ConsoleScreen)
                    said = active.binding.tooltip if lists_keys else active.binding.description
                    assert active.binding.id and said, active.binding
    assert visited >= {
        *("FleetScreen", "ServiceScreen", "LogsScreen", "JournalScreen", "OperationScreen"),
        *("PlanScreen", "KeysScreen", "LeaveScreen"),
    }


async def test_a_crash_report_holds_no_local_variables() -> None:
    """What a frame held may be a secret."""
    desk = Desk()
    async with desk.app.run_test(size=SIZE):
        try:
            token = "hush-" + "hush"
            raise ValueError("broken") from KeyError(len(token))
        except ValueError:
            desk.app._fatal_error()
        shown = "".join(
            segment.text for item in desk.app._exit_renderables for segment in desk.app.console.render(item)
        )
        desk.app._exit_renderables.clear()
    assert "broken" in shown
    assert "hush-hush" not in shown


async def test_a_service_is_opened_from_anywhere_by_its_address() -> None:
    """The palette posts the same message as the fleet; from a service it replaces that service."""
    desk = Desk()
    async with desk.app.run_test(size=SIZE) as pilot:
        desk.publish()
        for _ in range(2):
            desk.app.post_message(ServiceChosen(ADDRESS))
            await pilot.pause()
        assert len(desk.app.screen_stack) == 2
