"""The journal's screen: its order, its filters, one operation in full, and a store that fails."""

from datetime import timedelta
from typing import Any

import pytest

from console.cli.journal import table
from console.domain.operation import OperationRecord, Verb, Verdict
from screens.journal import PERIOD_S, JournalScreen
from tests.builders import a_record, ago, an_address
from tests.fakes import FakeClock, MemoryJournal
from tests.pilot.stage import Stage, text_of, until


def record(name: str, seconds: float, verdict: Verdict | None, **overrides: Any) -> OperationRecord:
    """An operation that was planned and confirmed so long ago and took 2:38."""
    at = ago(seconds)
    ended = at + timedelta(seconds=158) if verdict else None
    times = {"planned_at": at, "ordered_at": at, "done_at": ended, "ended_at": ended}
    return a_record(**{"id": name, "verdict": verdict, **times, **overrides})


def journal() -> MemoryJournal:
    """A rollback that succeeded, the deploy that it undid, one of staging, and one still open."""
    store = MemoryJournal(
        record("01A", 90000, Verdict.SUCCEEDED, address=an_address(environment="staging"), verb=Verb.DEPLOY),
        record("01B", 900, Verdict.FAILED, verb=Verb.DEPLOY, reason="out of memory", actor="ci"),
        record("01C", 400, Verdict.SUCCEEDED, by="operator", safe_at=ago(297)),
        record("01D", 500, None, verb=Verb.DEPLOY, address=an_address(alias="worker")),
    )
    store.append("01C", "confirmed", ago(400), "confirmed by devon", {})
    store.append("01C", "safe", ago(297), "every request on :42", {})
    return store


class Desk:
    """The journal's screen in the smallest app."""

    def __init__(self, store: MemoryJournal) -> None:
        self.clock = FakeClock()
        self.screen = JournalScreen(store, self.clock)
        self.app = Stage(self.screen)

    async def read(self, pilot: Any) -> None:
        await until(pilot, lambda: self.screen.records is not None or self.screen.error is not None)
        await pilot.pause()

    @property
    def keys(self) -> list[str | None]:
        return [row.key for row in self.screen.grid.rows]

    def text(self) -> str:
        return text_of(self.screen)


async def test_open_operations_come_first_then_the_newest() -> None:
    """The one that still runs stands on top although it is not the newest."""
    desk = Desk(journal())
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.read(pilot)
        assert desk.keys == ["01D", "01C", "01B", "01A"]
        text = desk.text()
        assert "» RUNNING" in text
        assert "4 of 4" in text


async def test_a_new_operation_moves_no_row_for_five_seconds_after_a_key() -> None:
    """It comes when nobody works in the list; the cursor stays on its operation."""
    store = journal()
    desk = Desk(store)
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.read(pilot)
        await pilot.press("j")
        desk.screen.touched()
        before = desk.keys
        store.begin(record("01E", 1, None))
        desk.clock.advance(4.9)
        desk.screen.records = store.operations()
        desk.screen.picture_changed()
        assert desk.keys == before
        desk.clock.advance(0.2)
        desk.screen.picture_changed()
        assert desk.keys[0] == "01E"
        assert desk.screen.grid.cursor_key == "01C"


async def test_a_row_tells_what_happened_and_how_long_it_took() -> None:
    """Verdict, verb, service, environment, versions, who, safe, took, note."""
    desk = Desk(journal())
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.read(pilot)
        row = next(line for line in desk.text().splitlines() if "rollback" in line)
    for part in (
        "✓ succeeded",
        "rollback rugmunch-api",
        "prod v1.4.3",
        "→ v1.4.2",
        "devon",
        "1:43",
        "2:38",
        "by operator",
    ):
        assert part in row, part


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_a_row_of_what_is_not_safe_any_more_says_so(size: tuple[int, int]) -> None:
    """In place of the time that it took to be safe; here and in ``journal list``."""
    lost = a_record(
        ordered_at=ago(60), safe_at=ago(30), unsafe_since=ago(20), unsafe_why="1 of 2 good targets healthy"
    )
    desk = Desk(MemoryJournal(lost))
    async with desk.app.run_test(size=size) as pilot:
        await desk.read(pilot)
        row = next(line for line in desk.text().splitlines() if "rugmunch-api" in line)
    assert " lost " in row and "0:30" not in row
    assert " lost " in table((lost,))[1]


async def test_at_80_columns_the_columns_that_matter_stay() -> None:
    """When, verdict, service, to, safe, took."""
    desk = Desk(journal())
    async with desk.app.run_test(size=(80, 24)) as pilot:
        await desk.read(pilot)
        rows = [line for line in desk.text().splitlines() if "succeeded" in line]
    assert "rugmunch-api" in rows[0]
    assert rows[0].endswith("2:38")
    assert "1:43" in rows[0]


async def test_the_timeline_of_the_selected_operation_stands_below() -> None:
    """Its entries with their time since it was confirmed."""
    desk = Desk(journal())
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.read(pilot)
        await pilot.press("j")
        await until(pilot, lambda: bool(desk.screen.entries))
        await pilot.pause()
        text = desk.text()
        assert " 0:00  confirmed by devon" in text
        assert " 1:43  every request on :42" in text


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_enter_opens_an_operation_in_full_and_escape_closes_it(size: tuple[int, int]) -> None:
    """Where, from what digest to what digest, by whom; then the list again, on the same row."""
    desk = Desk(journal())
    async with desk.app.run_test(size=size) as pilot:
        await desk.read(pilot)
        await pilot.press("j", "enter")
        await pilot.pause()
        text = desk.text()
        assert "rugmunch/production/api" in text
        assert "sha256:4b7e4b7e" in text
        assert "assumed-role/on-call/devon" in text
        await pilot.press("escape")
        await pilot.pause()
        assert "when" in desk.text()
        assert desk.screen.grid.cursor_key == "01C"


async def test_a_filter_keeps_what_contains_all_of_its_words() -> None:
    """By service, verdict, actor or reason; escape clears it."""
    desk = Desk(journal())
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.read(pilot)
        await pilot.press("slash", *"ci memory")
        await pilot.pause()
        assert desk.keys == ["01B"]
        await pilot.press("escape")
        await pilot.pause()
        assert len(desk.keys) == 4


async def test_a_filter_that_matches_nothing_says_so() -> None:
    """At the place of the first row, with the key that helps."""
    desk = Desk(journal())
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.read(pilot)
        await pilot.press("slash", *"zebra")
        await pilot.pause()
        assert 'nothing matches "zebra" · esc clears the filter' in desk.text()


async def test_f_shows_failures_only_and_all_again() -> None:
    """A failure is whatever ended otherwise than wanted; what runs is none yet."""
    desk = Desk(journal())
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.read(pilot)
        await pilot.press("f")
        await pilot.pause()
        assert desk.keys == ["01B"]
        await pilot.press("f")
        await pilot.pause()
        assert len(desk.keys) == 4


async def test_a_journal_that_cannot_be_read_is_one_line() -> None:
    """The screen stands, and says what the store said."""
    store = journal()
    store.break_down("the journal cannot be read: disk I/O error")
    desk = Desk(store)
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.read(pilot)
        assert "the journal cannot be read: disk I/O error" in desk.text()


async def test_it_is_read_again_while_it_is_looked_at_and_the_cursor_stays() -> None:
    """A new operation comes on top; the selected one stays selected."""
    store = journal()
    desk = Desk(store)
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.read(pilot)
        await pilot.press("j", "j")
        assert desk.screen.grid.cursor_key == "01B"
        store.begin(record("01E", 5, None))
        desk.clock.advance(PERIOD_S)
        desk.screen.now = desk.clock.now()
        await until(pilot, lambda: len(desk.screen.records or ()) == 5)
        await pilot.pause()
        assert desk.keys[0] == "01E"
        assert desk.screen.grid.cursor_key == "01B"


async def test_an_empty_journal_says_so() -> None:
    """A sentence, not an empty page."""
    desk = Desk(MemoryJournal())
    async with desk.app.run_test(size=(80, 24)) as pilot:
        await desk.read(pilot)
        assert "no operation yet" in desk.text()


async def test_the_selected_operation_can_be_copied() -> None:
    """In full, as plain text."""
    desk = Desk(journal())
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.read(pilot)
        await pilot.press("j")
        await until(pilot, lambda: bool(desk.screen.entries))
        await pilot.press("y")
        assert desk.app.clipboard.startswith("rollback rugmunch/production/api")
        assert "confirmed by devon" in desk.app.clipboard
