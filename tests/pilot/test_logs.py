"""The log of a service: followed, filtered, paused, unfolded, left."""

from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from threading import Event

import pytest

from console.aws.log_lines import lines_of
from console.domain.fleet import FleetSnapshot
from console.domain.signals import LogLine
from console.errors import PermissionDeniedError, QuarterdeckError, RejectedError, UsageError
from console.watch.store import FleetStore
from screens.logs import LogsScreen
from screens.logs_filter import FilterBook
from screens.logs_save import save
from screens.logs_tasks import TaskBook
from tests.builders import ADDRESS, NOW, task_id
from tests.fakes import FakeClock, FakeLogs, HandClock
from tests.pilot.desk import failing_picture, only
from tests.pilot.stage import Stage, text_of, until

SECRET = "charged postgres://app:hunter2@db/main"


def line(number: int, text: str, severity: str = "info", task: int = 1) -> LogLine:
    """The line of that number, a second after the one before."""
    at = NOW + timedelta(seconds=number)
    return LogLine(f"{number:08}", at, task_id(task), "api", text, severity)


def a_screen(book: FilterBook | None = None) -> LogsScreen:
    return LogsScreen(ADDRESS, FakeClock(), FakeLogs(), book, autostart=False)


def fill(screen: LogsScreen, *lines: LogLine) -> None:
    screen.feed.ring.add(lines)
    screen.flush()


async def test_the_newest_lines_are_followed_and_a_paused_log_stands_still() -> None:
    screen = a_screen()
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        fill(screen, *(line(number, f"request {number}.") for number in range(200)))
        await pilot.pause()
        assert "request 199." in text_of(screen.pane)
        await pilot.press("pageup")
        before = text_of(screen.pane)
        fill(screen, *(line(number, f"request {number}.") for number in range(200, 300)))
        await pilot.pause()
        assert text_of(screen.pane) == before
        assert "+100 new" in text_of(screen)
        await pilot.press("G")
        assert "request 299." in text_of(screen.pane) and "PAUSED" not in text_of(screen)


async def test_words_are_included_and_a_refused_expression_is_said() -> None:
    screen = a_screen()
    async with Stage(screen).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        fill(screen, line(1, "GET /health"), line(2, "scan done"), line(3, "[/x] scan \x1b[2J"))
        await pilot.press("slash", *"scan", "enter")
        await pilot.pause()
        shown = text_of(screen.pane)
        assert "scan done" in shown and "[/x] scan" in shown and "health" not in shown
        await pilot.press("slash", *"/(a+)+/")
        assert "repetition" in text_of(screen)
        await pilot.press("escape")
        assert "repetition" not in text_of(screen) and "scan done" in text_of(screen.pane)


async def test_a_line_unfolds_and_the_next_error_is_found() -> None:
    screen = a_screen()
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        fill(screen, line(1, '{"msg": "timeout", "route": "/v1/scan"}', "error"), line(2, "fine"))
        await pilot.press("n", "enter")
        await pilot.pause()
        selected = screen.pane.selected
        assert selected is not None and selected.severity == "error"
        rows = [row.split() for row in text_of(screen.pane).splitlines()]
        assert any(row[-2:] == ["route", "/v1/scan"] for row in rows)


async def test_filters_are_kept_and_a_broken_book_is_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "log-filters.json"
    screen = a_screen(FilterBook(path))
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        await pilot.press("v", "v", "escape")
        await pilot.pause()
    assert FilterBook(path).of(ADDRESS).severity == "warn"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("[{")
    assert FilterBook(path).of(ADDRESS).severity == ""


async def test_lines_that_match_are_saved_and_no_file_is_overwritten(
    tmp_path: Path,
) -> None:
    lines = (line(1, "one"), line(2, "two"))
    path = tmp_path / "api.log"
    assert save(path, lines, {}).startswith("2 lines")
    assert path.read_text().splitlines()[1].endswith("two")
    with pytest.raises(UsageError, match="is there already"):
        save(path, lines[:1], {})
    assert len(path.read_text().splitlines()) == 2


def a_snapshot() -> FleetSnapshot:
    """The service, failing, as the pollers saw it."""
    store = FleetStore()
    store.publish(only(failing_picture()))
    return store.snapshot


def flushes(screen: LogsScreen) -> bool:
    """Whether it draws what comes by itself."""
    timer = screen._timer
    return timer is not None and timer._active.is_set()


def the_tail(screen: LogsScreen) -> None:
    """Let the tail read whatever is asked of it, as its thread would."""
    for _ in range(20):
        screen.feed.tail.step(Event())
    screen.flush()


async def test_scrolling_past_the_start_reads_what_is_older() -> None:
    logs = FakeLogs({ADDRESS: [line(-number, f"old {number}.") for number in range(0, 3_000, 10)]})
    screen = LogsScreen(ADDRESS, FakeClock(), logs, autostart=False)
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        the_tail(screen)
        await pilot.pause()
        first = screen.shown.lines[0]
        assert first.text == "old 600."
        await pilot.press("g")
        assert screen.feed.tail.is_asking and screen.pane.cursor is first
        the_tail(screen)
        await pilot.pause()
        assert screen.pane.selected is first, "what was read in front of it moves nothing"
        await pilot.press("g")
        await pilot.pause()
        assert "old 1500." in text_of(screen.pane)
        assert " below" in text_of(screen)


async def test_a_time_before_the_start_is_read_back_to_and_the_way_ends_where_nothing_is() -> None:
    logs = FakeLogs({ADDRESS: [line(-number, f"line {number}.") for number in range(0, 5_000, 10)]})
    screen = LogsScreen(ADDRESS, FakeClock(), logs, autostart=False)
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        the_tail(screen)
        await pilot.pause()
        await pilot.press("t", *"-40m", "enter")
        await pilot.pause()
        for _ in range(6):
            the_tail(screen)
        await pilot.pause()
        selected = screen.pane.selected
        assert selected is not None and selected.text == "line 2400."
        await pilot.press("t", *"-20h", "enter")
        await pilot.pause()
        for _ in range(60):
            the_tail(screen)
        assert not screen.feed.tail.is_asking
        assert screen.pane.selected is screen.shown.lines[0]


async def test_the_way_back_stops_where_older_lines_cannot_be_read() -> None:
    logs = FakeLogs({ADDRESS: [line(-1, "new")]})
    screen = LogsScreen(ADDRESS, FakeClock(), logs, autostart=False)
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        the_tail(screen)
        await pilot.pause()
        logs.fail("read", PermissionDeniedError("logs:FilterLogEvents is not allowed", "ask"), times=None)
        await pilot.press("t", *"-40m", "enter")
        await pilot.pause()
        for _ in range(20):
            the_tail(screen)
        await pilot.pause()
        assert "history: logs:FilterLogEvents is not allowed" in text_of(screen)
        screen.flush()
        assert not screen.feed.tail.is_asking


async def test_lines_since_the_deployment_only() -> None:
    screen = a_screen()
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        screen.snapshot = a_snapshot()
        picture = screen.picture
        assert picture is not None and picture.status is not None and picture.status.primary is not None
        deployed = picture.status.primary.created_at
        assert deployed is not None
        before, after = deployed - timedelta(seconds=5), deployed + timedelta(seconds=5)
        fill(
            screen,
            LogLine("a", before, task_id(1), "api", "before it"),
            LogLine("b", after, task_id(1), "api", "after it"),
        )
        await pilot.press("a", *"deploy", "enter")
        await pilot.pause()
        assert "after it" in text_of(screen.pane) and "before it" not in text_of(screen.pane)
        assert f"since {deployed:%H:%M:%S}" in text_of(screen)
        await pilot.press("a", "enter")
        await pilot.pause()
        assert "before it" in text_of(screen.pane)


async def test_found_words_are_gone_through_and_nothing_is_hidden() -> None:
    screen = a_screen()
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        fill(screen, line(1, "scan one"), line(2, "other"), line(3, "scan two"), line(4, "last"))
        await pilot.press("f", *"scan", "enter")
        seen = []
        for key in ("N", "N", "n", "n"):
            await pilot.press(key)
            await pilot.pause()
            assert screen.pane.selected is not None
            seen.append(screen.pane.selected.text)
        assert seen == ["scan two", "scan one", "scan two", "scan one"]
        assert "other" in text_of(screen.pane)
        await pilot.press("f", *["backspace"] * 4, *"nowhere", "enter", "n")
        await pilot.pause()
        assert "nothing found" in text_of(screen)


async def test_a_long_line_is_wrapped_and_times_are_local_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.logs.here", lambda: timezone(timedelta(hours=5), "PKT"))
    screen = a_screen()
    async with Stage(screen).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        fill(screen, line(1, "word " * 30 + "end."))
        await pilot.pause()
        assert "end." not in text_of(screen.pane)
        await pilot.press("z")
        await pilot.pause()
        assert "end." in text_of(screen.pane)
        at = NOW + timedelta(seconds=1)
        assert f"{at:%H:%M:%S}" in text_of(screen.pane)
        await pilot.press("u")
        await pilot.pause()
        assert f"{at + timedelta(hours=5):%H:%M:%S}" in text_of(screen.pane)
        assert "times PKT" in text_of(screen)


async def test_the_field_saves_what_matches_and_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Secrets are hidden there too: the lines hold none."""
    monkeypatch.chdir(tmp_path)
    screen = a_screen()
    masked = lines_of([{"eventId": "1", "timestamp": int(NOW.timestamp() * 1000), "message": SECRET}], "api")
    stage = Stage(screen)
    async with stage.run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        fill(screen, *masked, line(2, "GET /health"))
        await pilot.press("exclamation_mark", *"health", "enter", "w")
        path = tmp_path / screen.field.value
        assert path.suffix == ".log"
        await pilot.press("enter")
        await until(pilot, lambda: bool(stage._notifications))
        saved = path.read_text()
        assert "charged" in saved and "hunter2" not in saved and "health" not in saved
        await pilot.press("w", "enter")
        await until(pilot, lambda: len(stage._notifications) == 2)
        assert any("is there already" in note.message for note in stage._notifications)
        assert path.read_text() == saved
        await pilot.press("w", "ctrl+u", "enter")
        assert "a file needs a name" in text_of(screen)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RejectedError("the log group /ecs/api does not exist", ""), "the log group /ecs/api does not exist"),
        (PermissionDeniedError("logs:FilterLogEvents is not allowed", "ask"), "is not allowed"),
    ],
)
async def test_what_cannot_be_read_is_one_line_of_the_banner(error: QuarterdeckError, said: str) -> None:
    logs = FakeLogs()
    logs.fail("read", error, times=None)
    screen = LogsScreen(ADDRESS, FakeClock(), logs, autostart=False)
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        the_tail(screen)
        screen.picture_changed()
        await pilot.pause()
        assert text_of(screen).count(said) == 1
        fill(screen, line(1, "the rest goes on"))
        await pilot.pause()
        assert "the rest goes on" in text_of(screen)


async def test_nothing_is_drawn_while_another_screen_is_in_front() -> None:
    screen = LogsScreen(ADDRESS, HandClock(), FakeLogs(), autostart=True)
    stage = Stage(screen)
    async with stage.run_test(size=(140, 40)) as pilot:
        await until(pilot, lambda: screen.feed.tail.oldest is not None)
        await stage.push_screen(a_screen())
        await pilot.pause()
        screen.feed.ring.add([line(1, "meanwhile")])
        assert not flushes(screen)
        stage.pop_screen()
        await until(pilot, lambda: "meanwhile" in text_of(screen))
        assert flushes(screen)
        await pilot.press("escape")
        await pilot.pause()
        assert screen.feed._stop.is_set()


async def test_errors_of_each_revision_and_platform_events_stand_beside_what_is_filtered() -> None:
    logs = FakeLogs()
    screen = LogsScreen(ADDRESS, FakeClock(), logs, autostart=False)
    async with Stage(screen).run_test(size=(140, 40)) as pilot:
        await pilot.pause()
        screen.snapshot = a_snapshot()
        await pilot.pause()
        assert ":43 ∅ NODATA" in text_of(screen)
        logs.lines[ADDRESS] = [line(-9, "boom", "error", 0x5E21B3AA), line(-400, "old")]
        the_tail(screen)
        screen.picture_changed()
        await pilot.press("slash", *"boom", "enter")
        await pilot.pause()
        shown = text_of(screen)
        assert ":43 1 errors/min" in shown
        assert "has started 1 tasks" in shown and "boom" in shown


async def test_two_deployments_of_one_revision_are_told_apart_as_new_and_old() -> None:
    """A tag has moved, the definition has not: the revision's number says nothing."""
    book = TaskBook()
    picture = failing_picture()
    assert (
        picture.observation is not None and picture.status is not None and picture.status.primary is not None
    )
    tasks = tuple(replace(task, definition="api:2") for task in picture.observation.tasks)
    book.learn(replace(picture, observation=replace(picture.observation, tasks=tasks)))
    assert book.present == ("new", "old")
    assert {book.sides[task.id] for task in tasks if task.deployment == book.new and not task.stopped_at} == {
        "new"
    }


async def test_events_can_be_filtered_like_all_lines() -> None:
    screen = a_screen()
    async with Stage(screen).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        fill(screen, replace(line(1, "has started 1 tasks"), container="ecs", task=""), line(2, "scan"))
        await pilot.press("slash", *"scan", "enter")
        assert "has started" in text_of(screen.pane)
        await pilot.press("e")
        await pilot.pause()
        assert "has started" not in text_of(screen.pane) and "events filtered" in text_of(screen)
