"""The fleet as an operator sees it and works in it."""

from dataclasses import replace

import pytest
from textual.widgets import Input

from console.domain.address import Address
from console.domain.fleet import Diagnosis, EnvironmentPicture, Problem
from console.domain.service import ServiceState
from screens.confirm import PlanScreen
from screens.fleet import ORDER_CHANGED, FleetScreen
from screens.service import ServiceScreen
from tests.builders import a_hold, a_release, ago, some_figures
from tests.pilot.desk import WHY, Desk, failing_picture, some_fleet, steady_picture
from tests.pilot.stage import text_of, words_of
from widgets.grid import GridView
from widgets.keybar import KeyBar

WIDE, NARROW = (140, 40), (80, 24)
ROWS = some_fleet()[0].services


def _screen(desk: Desk) -> FleetScreen:
    screen = desk.app.screen
    assert isinstance(screen, FleetScreen)
    return screen


def _order(desk: Desk) -> list[str]:
    return [row.key for row in _screen(desk).grid.rows if row.key is not None]


def _troubled(fleet: tuple[EnvironmentPicture, ...], alias: str) -> EnvironmentPicture:
    """The first environment, in which that service now fails as well."""
    rows = tuple(
        replace(row, diagnosis=Diagnosis(ServiceState.FAILING, "it crashes"))
        if row.address.alias == alias
        else row
        for row in fleet[0].services
    )
    return replace(fleet[0], services=rows)


async def test_trouble_comes_first_then_motion_then_production_before_staging() -> None:
    """Order: critical, in motion, steady; production before staging; then by name."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE):
        desk.publish()
        assert _order(desk) == [
            "rugmunch/production/api",
            "fairtradeworker/production/web",
            "fairtradeworker/production/api",
            "rugmunch/production/data-ingestion-pipeline",
            "rugmunch/production/worker",
            "rugmunch/staging/api",
            "rugmunch/staging/worker",
        ]


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_a_failing_service_says_what_runs_how_badly_and_why(size: tuple[int, int]) -> None:
    """Two lines: state, tasks, version, errors; then the diagnosis."""
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        desk.publish()
        await pilot.pause()
        text = text_of(_screen(desk))
        row = next(line for line in text.splitlines() if "FAILING" in line)
        for part in ("✗ FAILING", "1/2", "rugmunch-api", "3/2 +1", "v1.4.3", "8.4 %"):
            assert part in row
        assert WHY[:60] in text


async def test_columns_stand_where_the_look_puts_them() -> None:
    """At 140 columns every figure has its column, whatever it says."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.pause()
        rows = text_of(_screen(desk)).splitlines()
        steady = next(line for line in rows if "fairtradeworker-api" in line)
        assert steady[2:10] == "● steady"
        assert (steady[17:36], steady[47:57]) == ("fairtradeworker-api", "production")
        assert (steady[75:78], steady[83:89]) == ("2/2", "v2.7.4")
        assert (steady[96:101], steady[111:117], steady[121:124]) == ("0.0 %", "184 ms", "3 d")


async def test_the_cursor_stays_on_its_service_when_rows_move() -> None:
    """Another service failing pushes rows down; the cursor goes along with its own."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.press("G")
        chosen = _screen(desk).grid.cursor_key
        desk.clock.advance(10)
        desk.publish(_troubled(desk.pictures, "worker"))
        assert chosen == "rugmunch/staging/worker"
        assert _screen(desk).grid.cursor_key == chosen
        assert _order(desk)[1] == "rugmunch/production/worker"


async def test_the_order_is_frozen_for_five_seconds_after_a_key_and_u_applies_it() -> None:
    """Rows do not jump under the fingers; the key bar says that they would."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.press("j")
        before = _order(desk)
        desk.publish(_troubled(desk.pictures, "worker"))
        assert _order(desk) == before
        assert _screen(desk).query_one(KeyBar).note[0] == ORDER_CHANGED
        await pilot.press("u")
        assert _order(desk)[1] == "rugmunch/production/worker"
        assert _screen(desk).query_one(KeyBar).note[0] == ""


async def test_the_order_changes_by_itself_when_nobody_has_touched_a_key() -> None:
    """Five seconds after the last key the newest order shows, not earlier."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.press("j")
        before = _order(desk)
        desk.publish(_troubled(desk.pictures, "worker"))
        desk.clock.advance(4.9)
        desk.app.tick()
        assert _order(desk) == before
        desk.clock.advance(0.2)
        desk.app.tick()
        assert _order(desk)[1] == "rugmunch/production/worker"


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_row_of_the_last_key_stays_on_its_line_and_its_service_is_the_one_that_is_planned(
    size: tuple[int, int],
) -> None:
    """Rows above it fail, recover and grow; four seconds later ``R`` is about the service that was read."""
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:
        desk.publish()
        await pilot.press("j", "j")
        await pilot.pause()
        screen = _screen(desk)

        def line() -> int:
            texts = text_of(screen).splitlines()
            return next(at for at, text in enumerate(texts) if screen.grid.glyphs.selected in text)

        key, place = screen.grid.cursor_key, line()
        assert key == "fairtradeworker/production/api"
        calm = tuple(steady_picture(row.address) for row in desk.pictures[0].services)
        for pictures in (_troubled(desk.pictures, "worker"), replace(desk.pictures[0], services=calm)):
            desk.clock.advance(2)
            desk.publish(pictures)
            await pilot.pause()
            assert (screen.grid.cursor_key, line()) == (key, place)
        desk.clock.advance(0.9)
        await pilot.press("R")
        await pilot.pause()
        planned = desk.app.screen
        assert isinstance(planned, PlanScreen)
        assert str(planned.question.wish.address) == key


async def test_filter_keeps_what_matches_and_esc_brings_all_back() -> None:
    """Every word has to be found; a filter without matches says how to get rid of it."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.press("slash", *"work stag")
        assert _order(desk) == ["rugmunch/staging/worker"]
        await pilot.press("z")
        await pilot.pause()
        assert 'nothing matches "work stagz" · esc clears the filter' in text_of(_screen(desk))
        await pilot.press("escape")
        assert len(_order(desk)) == 7
        assert isinstance(desk.app.focused, GridView)


async def test_letters_typed_into_the_filter_are_no_commands() -> None:
    """``R``, ``P`` and ``q`` are text there; enter keeps the filter and gives the list its keys back."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.press("slash", "R", "P", "q")
        assert _screen(desk).query_one("#filter", Input).value == "RPq"
        assert desk.app.is_running
        await pilot.press("enter")
        assert isinstance(desk.app.focused, GridView)


async def test_tabs_show_one_tier() -> None:
    """By number or one after the other; the header marks where one is."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.press("3")
        assert _order(desk) == ["rugmunch/staging/api", "rugmunch/staging/worker"]
        await pilot.press("tab")
        assert len(_order(desk)) == 7
        await pilot.press("shift+tab")
        assert _screen(desk).place == "staging"


async def test_an_old_picture_says_its_age_and_trouble_keeps_its_own_sign() -> None:
    """Steady rows turn to ``◌`` with their age; a failing one stays red and gains the age."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        desk.clock.advance(50)
        desk.app.tick()
        await pilot.pause()
        text = words_of(_screen(desk))
        assert "◌ steady 50 s fairtradeworker-api" in text
        assert "✗ FAILING 50s rugmunch-api" in text
        assert "◌ production 52 s" in text


async def test_an_environment_that_cannot_be_read_stands_in_a_banner_with_its_remedy() -> None:
    """One amber place under the header; the services that were read stay."""
    fleet = some_fleet()
    problem = Problem("credentials", "the session has expired", "run aws sso login", ago(120))
    desk = Desk(*fleet)
    async with desk.app.run_test(size=NARROW) as pilot:
        desk.publish(replace(fleet[0], problem=problem), *fleet[1:])
        await pilot.pause()
        text = words_of(_screen(desk))
        assert "▲ rugmunch/production: credentials: the session has expired 2 min ago" in text
        assert "run aws sso login" in text
        assert "rugmunch-api" in text


async def test_the_first_start_names_every_configured_service_and_what_is_awaited() -> None:
    """Before anything was read: names, no figures, and no claim that anything is well."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.app.flush()
        await pilot.pause()
        text = text_of(_screen(desk))
        assert "reading 3 environments · production 0 of 5 · staging 0 of 2" in text
        assert text.count("○ reading") == 7
        assert "steady" not in text


async def test_until_all_is_read_the_cursor_waits_on_the_worst_service() -> None:
    """The first picture of trouble is under the cursor; from then on the cursor is the operator's."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE):
        desk.app.flush()
        assert _screen(desk).grid.cursor_key == "fairtradeworker/production/api"
        desk.publish()
        assert _screen(desk).grid.cursor_key == "rugmunch/production/api"


async def test_a_service_that_could_never_be_read_is_unknown_not_reading() -> None:
    """With a problem and without data nothing is under way."""
    fleet = some_fleet()
    desk = Desk(*fleet)
    rows = tuple(
        replace(row, as_of=None, status=None, observation=None, diagnosis=Diagnosis(ServiceState.UNKNOWN))
        for row in fleet[0].services
    )
    problem = Problem("endpoint", "nobody answers", "", ago(5))
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish(EnvironmentPicture(fleet[0].environment, None, rows, problem=problem))
        await pilot.pause()
        assert text_of(_screen(desk)).count("? UNKNOWN") == 3


async def test_a_terminal_that_is_too_small_says_which_size_it_needs() -> None:
    """One line, and everything again once there is room."""
    desk = Desk()
    async with desk.app.run_test(size=(52, 14)) as pilot:
        desk.publish()
        await pilot.pause()
        assert text_of(_screen(desk)).strip() == "60 x 15 needed, 52 x 14 here"
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "rugmunch-api" in text_of(_screen(desk))


NASTY = "[/x] [@click=app.quit]now[/] \\[b] [bold red"


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_markup_in_outside_text_is_drawn_as_text(size: tuple[int, int]) -> None:
    """Versions, reasons, problems and holds with brackets neither crash nor become links."""
    row = failing_picture(
        diagnosis=Diagnosis(ServiceState.FAILING, NASTY, NASTY),
        release=a_release(label="[/x]v1"),
        hold=a_hold(version="[/y]", by="[b]", reason=NASTY),
        figures=some_figures(errors=3),
    )
    problem = Problem("title", NASTY, NASTY, ago(5))
    picture = EnvironmentPicture(row.environment, ago(1), (row,), problem=problem)
    desk = Desk(picture)
    async with desk.app.run_test(size=size) as pilot:
        desk.publish()
        await pilot.press("e", "y")
        await pilot.pause()
        text = text_of(_screen(desk))
        assert text.count("[@click=app.quit]now[/]") >= 2
        assert "[/x]v1" in text
        await pilot.press("enter")
        desk.app.flush()
        await pilot.pause()
        assert "[@click=app.quit]now[/]" in text_of(desk.app.screen)


async def test_keys_that_change_the_world_ask_for_the_service_under_the_cursor() -> None:
    """``R`` opens the plan of the service that the cursor is on at that moment, also if rows move."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.press("j")
        desk.clock.advance(10)
        desk.publish(_troubled(desk.pictures, "worker"))
        await pilot.press("R")
        screen = desk.app.screen
        assert isinstance(screen, PlanScreen)
        await pilot.pause()
        assert "fairtradeworker/production/web" in words_of(screen)


@pytest.mark.parametrize("state", [ServiceState.DELETED, ServiceState.DELETING])
async def test_no_plan_is_offered_for_a_deleted_service(state: ServiceState) -> None:
    """Neither on the fleet nor on its own page, and its page says what it is."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        first = desk.pictures[0]
        rows = tuple(replace(row, diagnosis=Diagnosis(state, "gone")) for row in first.services)
        desk.publish(replace(first, services=rows))
        for _ in ("fleet", "service"):
            await pilot.pause()
            words = words_of(desk.app.screen)
            assert state.value.upper() in words
            for action in ("roll_back", "deploy", "drain", "scale", "restart"):
                assert desk.app.screen.check_action(action, ()) is False
            assert "R roll back" not in words
            await pilot.press("R", "P", "D", "S", "X")
            assert not isinstance(desk.app.screen, PlanScreen)
            await pilot.press("enter")
            desk.app.flush()


async def test_enter_opens_the_service_and_esc_returns() -> None:
    """The service under the cursor, by key."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.press("j", "enter")
        screen = desk.app.screen
        assert isinstance(screen, ServiceScreen)
        assert screen.address == Address("fairtradeworker", "production", "web")
        await pilot.press("escape")
        assert isinstance(desk.app.screen, FleetScreen)


async def test_explain_says_cause_and_remedy_and_follows_the_cursor() -> None:
    """``e`` opens two lines, ``e`` closes them."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.press("e")
        await pilot.pause()
        assert "raise the memory limit to 1,024 MB" in text_of(_screen(desk))
        await pilot.press("G")
        await pilot.pause()
        assert "nothing to do" in text_of(_screen(desk))
        await pilot.press("e")
        await pilot.pause()
        assert "nothing to do" not in text_of(_screen(desk))


async def test_copy_puts_a_summary_on_the_clipboard() -> None:
    """Address, state, version with digest, cause: text to paste into a chat."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.press("y")
        copied = desk.app.clipboard
        assert copied.startswith("rugmunch/production/api  FAILING")
        assert WHY in copied
        assert "v1.4.3 (sha256:4b7e" in copied


async def test_a_held_service_is_marked() -> None:
    """Whoever deploys next sees that a rollback keeps it."""
    row = steady_picture(Address("rugmunch", "production", "api"), hold=a_hold())
    desk = Desk(EnvironmentPicture(row.environment, ago(1), (row,)))
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.pause()
        line = next(
            line for line in text_of(_screen(desk)).splitlines() if "steady " in line and "2/2" in line
        )
        assert line.rstrip().endswith("held")


async def test_rows_below_the_edge_are_counted() -> None:
    """A list that goes on says by how much."""
    rows = tuple(steady_picture(Address("rugmunch", "production", f"s{number:02}")) for number in range(60))
    desk = Desk(EnvironmentPicture(rows[0].environment, ago(1), rows))
    async with desk.app.run_test(size=NARROW) as pilot:
        desk.publish()
        await pilot.pause()
        assert "▾ 41 more" in text_of(_screen(desk))
        await pilot.press("G")
        await pilot.pause()
        assert "more" not in text_of(_screen(desk))


async def test_b_sorts_by_the_next_column_and_the_cursor_keeps_its_service() -> None:
    """The head of the column that is sorted by is marked with its direction."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.press("j")
        chosen = _screen(desk).grid.cursor_key
        await pilot.press("b")
        await pilot.pause()
        assert [key.rsplit("/", 1)[1] for key in _order(desk)][:2] == ["api", "web"]
        assert "service↑" in text_of(_screen(desk))
        assert _screen(desk).grid.cursor_key == chosen


async def test_clicks_sort_by_a_column_and_open_a_tab() -> None:
    """The heads and the tabs do what the keys do."""
    desk = Desk()
    async with desk.app.run_test(size=WIDE) as pilot:
        desk.publish()
        await pilot.pause()
        await pilot.click("Heads", offset=(97, 1))
        await pilot.pause()
        assert "↓errors" in text_of(_screen(desk))
        line = text_of(_screen(desk)).splitlines()[0]
        await pilot.click("HeaderBar", offset=(line.index("staging") + 1, 0))
        assert _order(desk) == ["rugmunch/staging/api", "rugmunch/staging/worker"]


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_roll_back_is_named_before_other_keys_only_while_a_deploy_is_to_blame(
    size: tuple[int, int],
) -> None:
    """In the fleet and on the service's own screen alike; without one the first keys find the cause."""
    desk = Desk()
    async with desk.app.run_test(size=size) as pilot:

        async def bars() -> tuple[str, str]:
            await pilot.pause()
            fleet = words_of(desk.app.screen.query_one(KeyBar))
            await pilot.press("enter")
            desk.app.flush()
            await pilot.pause()
            service = words_of(desk.app.screen.query_one(KeyBar))
            await pilot.press("escape")
            return fleet, service

        desk.publish()
        for bar in await bars():
            assert bar.index("R roll back") < bar.index("e explain")
        desk.clock.advance(10)
        desk.publish(replace(desk.pictures[0], services=tuple(steady_picture(row.address) for row in ROWS)))
        for bar in await bars():
            assert bar.index("e explain") < bar.index("l logs") < bar.index("R roll back")
