"""The tail on a scripted source: what goes wrong is one line, and the rest goes on."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Event

import pytest

from console.domain.address import Address
from console.domain.signals import LiveUpdate, LogLine, LogPage, LogPlace
from console.errors import (
    EndpointError,
    PermissionDeniedError,
    QuarterdeckError,
    RejectedError,
    ThrottledError,
)
from console.logtail.ring import LogRing
from console.logtail.tail import LIVE_RETRY_S, RENEW_S, LogTail
from tests.builders import ADDRESS, NOW, a_log_line
from tests.fakes import FakeClock, FakeLiveLog

API = LogPlace("api", "/ecs/api", "", "api/api/", group_id="arn:api")
PROXY = LogPlace("proxy", "/ecs/proxy", "", "api/proxy/", group_id="arn:proxy")
DARK = LogPlace("agent", problem="container agent logs with awsfirelens: not readable here")


class Script:
    """A source whose lines appear when their ``ingested`` moment has come."""

    def __init__(self, clock: FakeClock, *places: LogPlace) -> None:
        self.clock = clock
        self.places = places
        self.held: dict[LogPlace, list[tuple[datetime, LogLine]]] = {place: [] for place in places}
        self.errors: dict[LogPlace, list[QuarterdeckError]] = {}
        self.calls: list[tuple[LogPlace, datetime, datetime | None, str]] = []
        self.on_read: Callable[[], object] = lambda: None
        self.page = 10_000
        self.empty_first = False
        self.is_live = False
        self.sessions: list[FakeLiveLog] = []

    def write(self, place: LogPlace, number: int, at_s: float, come_s: float | None = None) -> None:
        """A line that is written, and by default also taken in, so many seconds from the start."""
        line = a_log_line(
            f"line {number}", id=f"{number:06}", at=NOW + timedelta(seconds=at_s), container=place.container
        )
        come = NOW + timedelta(seconds=at_s if come_s is None else come_s)
        self.held[place].append((come, line))

    def sources(self, address: Address) -> tuple[LogPlace, ...]:
        return self.places

    def tail(self, address: Address, since: datetime, limit: int) -> tuple[LogLine, ...]:
        raise AssertionError("these lines are asked for")

    def read(
        self,
        place: LogPlace,
        start: datetime,
        end: datetime | None = None,
        token: str = "",
        limit: int = 10_000,
        *,
        newest_first: bool = False,
    ) -> LogPage:
        self.calls.append((place, start, end, token))
        self.on_read()
        waiting = self.errors.get(place, [])
        if waiting:
            raise waiting.pop(0)
        if self.empty_first and not token:
            return LogPage((), "0")
        now = self.clock.now()
        found = [(come, item) for come, item in self.held[place] if come <= now and start <= item.at]
        found = [(come, item) for come, item in found if end is None or item.at < end]
        found.sort(key=lambda pair: (pair[1].at, pair[1].id), reverse=newest_first)
        offset = int(token or 0)
        shown = found[offset : offset + min(limit, self.page)]
        if not shown:
            return LogPage(())
        following = offset + len(shown)
        lags = [(come - item.at).total_seconds() for come, item in shown]
        return LogPage(
            tuple(item for _, item in shown),
            str(following) if following < len(found) else "",
            max(come for come, _ in shown),
            max(0.0, *lags, 0.0),
            max(0.0, *(-lag for lag in lags), 0.0),
        )

    def live(self, places: Sequence[LogPlace], stop: Event) -> FakeLiveLog:
        return self.sessions.pop(0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def follow(
    tail: LogTail, clock: FakeClock, seconds: float, each: Callable[[], object] = lambda: None
) -> set[str]:
    """Let the tail work for so long; every note that it had."""
    notes, stop, end = set[str](), Event(), clock.monotonic() + seconds
    while clock.monotonic() < end:
        wait = tail.step(stop)
        notes.update(tail.notes)
        each()
        clock.advance(min(max(wait, 0.05), 1.0))
    return notes


def numbers(ring: LogRing) -> list[int]:
    return [int(line.text.split()[1]) for line in ring.snapshot().lines]


def start(source: Script, clock: FakeClock, **options: bool) -> tuple[LogTail, LogRing]:
    ring = LogRing()
    return LogTail(source, ADDRESS, ring, clock, NOW, whole=options.get("whole", True)), ring


def test_every_line_of_every_place_is_held_once_in_order(clock: FakeClock) -> None:
    """Readings overlap, pages are small, and some of them are empty."""
    source = Script(clock, API, PROXY)
    source.page, source.empty_first = 7, True
    for number in range(200):
        source.write(API if number % 3 else PROXY, number, number / 3)
    tail, ring = start(source, clock)
    assert follow(tail, clock, 90) == set()
    assert numbers(ring) == list(range(200))
    assert ring.lost == 0


@pytest.mark.parametrize("late_s", [4, 25, 200])
def test_late_lines_are_put_in_place(clock: FakeClock, late_s: int) -> None:
    """By the overlap, by the sweep after half a minute, or by the longer one where few lines come."""
    source = Script(clock, API)
    for number in range(300):
        source.write(API, number, number, number + late_s if number % 10 == 0 else None)
    tail, ring = start(source, clock)
    follow(tail, clock, 600)
    assert numbers(ring) == list(range(300))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ThrottledError("logs:FilterLogEvents is throttled in us-east-1"), "goes on where it was"),
        (RejectedError("there is no log group /ecs/proxy"), "no log group"),
        (PermissionDeniedError("profile ops may not logs:FilterLogEvents"), "may not"),
        (EndpointError("logs in us-east-1 gave no answer"), "no answer"),
    ],
)
def test_what_one_place_suffers_is_one_note_and_the_other_goes_on(
    clock: FakeClock, error: QuarterdeckError, words: str
) -> None:
    """The cursor survives, and when it is over nothing is missing and the note is gone."""
    source = Script(clock, API, PROXY, DARK)
    for number in range(200):
        source.write(PROXY if number % 2 else API, number, number)
    tail, ring = start(source, clock)
    follow(tail, clock, 20)
    source.errors[PROXY] = [error] * 3
    notes: list[tuple[str, ...]] = []
    follow(tail, clock, 10, lambda: notes.append(tail.notes))
    assert [note for note in notes[-1] if words in note] and len(notes[-1]) == 2
    assert DARK.problem in notes[-1]
    assert max(number for number in numbers(ring) if number % 2 == 0) >= 25
    follow(tail, clock, 240)
    assert numbers(ring) == list(range(200))
    assert tail.notes == (DARK.problem,)


def test_a_token_that_is_not_accepted_any_more_begins_the_reading_again(clock: FakeClock) -> None:
    """And what was read already is not held twice."""
    source = Script(clock, API)
    source.page = 10
    for number in range(55):
        source.write(API, number, number / 100)
    tail, ring = start(source, clock)
    clock.advance(60)
    tail.step(Event())
    source.errors[API] = [RejectedError("logs:FilterLogEvents was refused: the token is invalid")]
    follow(tail, clock, 30)
    assert numbers(ring) == list(range(55))


def test_a_clock_that_runs_ahead_is_one_note_and_hides_nothing(clock: FakeClock) -> None:
    """Its lines must not carry the place up to which was read along."""
    source = Script(clock, API)
    for number in range(120):
        ahead = 300 if number % 4 == 0 else 0
        source.write(API, number, number + ahead, number)
    tail, ring = start(source, clock)
    notes = follow(tail, clock, 200)
    assert sorted(numbers(ring)) == list(range(120))
    assert [note for note in notes if "ahead" in note]


def test_a_new_place_is_joined_and_an_old_one_read_on_for_a_while(clock: FakeClock) -> None:
    """A deployment whose definition logs elsewhere."""
    source = Script(clock, API, PROXY)
    source.places = (API,)
    for number in range(100):
        source.write(PROXY if number > 30 else API, number, number)
    source.write(API, 500, 60)
    tail, ring = start(source, clock)
    clock.at(30, lambda: setattr(source, "places", (PROXY,)))
    follow(tail, clock, 300)
    assert sorted(numbers(ring)) == [*range(100), 500]
    late = [call for call in source.calls if call[0] == API and call[1] > NOW + timedelta(seconds=200)]
    assert late == []


def test_the_newest_lines_come_first_and_older_ones_when_they_are_asked_for(clock: FakeClock) -> None:
    """History goes on where the last request ended, until nothing is left."""
    source = Script(clock, API)
    for number in range(100):
        source.write(API, number, -3600 + number * 36)
    ring = LogRing()
    tail = LogTail(source, ADDRESS, ring, clock, NOW - timedelta(minutes=10))
    follow(tail, clock, 10)
    first = numbers(ring)
    assert first == list(range(84, 100))
    assert tail.oldest == NOW - timedelta(minutes=10)
    for _ in range(4):
        assert ring.first is not None
        tail.ask_history(ring.first.at)
        assert tail.is_asking
        follow(tail, clock, 10)
        assert not tail.is_asking
    assert numbers(ring) == list(range(100))
    tail.ask_history(NOW)
    follow(tail, clock, 20)
    assert any("nothing was written" in note for note in tail.notes)


def told(source: Script, *ids: int) -> LiveUpdate:
    """An update with lines as a session tells them: without ids."""
    known = {int(line.id): line for _, line in source.held[API]}
    return LiveUpdate(tuple(a_log_line(known[i].text, id="", at=known[i].at) for i in ids))


def test_a_live_session_that_breaks_leaves_no_gap_and_no_double(clock: FakeClock) -> None:
    """What was written between two sessions is read; what both told is one line."""
    source = Script(clock, API)
    source.is_live = True
    for number in range(30):
        source.write(API, number, number)
    clock.advance(30)
    source.sessions = [
        FakeLiveLog(told(source, 10, 11, 12), EndpointError("the live session broke")),
        FakeLiveLog(told(source, 12, 13), told(source, 20)),
        *[FakeLiveLog() for _ in range(2000)],
    ]
    tail, ring = start(source, clock)
    notes = follow(tail, clock, LIVE_RETRY_S + 60)
    assert numbers(ring) == list(range(30))
    assert any("lines are asked for instead" in note for note in notes)
    assert tail.notes == ()


def test_two_equal_lines_of_a_moment_are_two_lines(clock: FakeClock) -> None:
    """Whether a session tells them or they are read."""
    source = Script(clock, API)
    source.is_live = True
    for number in (1, 2, 3):
        source.write(API, number, 5)
    source.held[API] = [(come, a_log_line("same", id=line.id, at=line.at)) for come, line in source.held[API]]
    clock.advance(10)
    same = a_log_line("same", id="", at=NOW + timedelta(seconds=5))
    source.sessions = [FakeLiveLog(LiveUpdate((same, same))), *[FakeLiveLog() for _ in range(2000)]]
    tail, ring = start(source, clock)
    follow(tail, clock, 60)
    assert [line.text for line in ring.snapshot().lines] == ["same"] * 3


def test_a_session_says_that_it_is_sampled_and_is_renewed_in_time(clock: FakeClock) -> None:
    """Three hours are the most that it may last."""
    source = Script(clock, API)
    source.is_live = True
    tail, _ = start(source, clock)
    seen: list[bool] = []

    class Slow(FakeLiveLog):
        def __iter__(self):  # type: ignore[no-untyped-def]
            for hour in range(5):
                clock.advance(3600 if hour else 0)
                yield LiveUpdate(sampled=hour == 1)
                seen.append(tail.sampled)

    source.sessions = [Slow()]
    begun = clock.monotonic()
    tail.step(Event())
    assert seen == [False, True, False]
    assert RENEW_S < clock.monotonic() - begun < 3 * 3600 + 1
    assert not tail.sampled


def test_cancelling_reaches_the_session(clock: FakeClock) -> None:
    """From another thread, while it is read; without one nothing happens."""
    source = Script(clock, API)
    source.is_live = True
    tail, _ = start(source, clock)
    tail.cancel()
    session = FakeLiveLog(LiveUpdate(), LiveUpdate())
    source.sessions = [session]
    source.write(API, 1, 0)
    source.on_read = tail.cancel
    tail.step(Event())
    assert session.cancelled


def test_a_session_that_ends_at_once_is_not_begun_without_end(clock: FakeClock) -> None:
    """Five seconds lie between two beginnings, and lines are asked for meanwhile."""
    source = Script(clock, API)
    source.is_live = True
    source.sessions = [FakeLiveLog() for _ in range(100)]
    source.write(API, 1, 3)
    tail, ring = start(source, clock)
    follow(tail, clock, 20)
    assert 100 - len(source.sessions) in (4, 5)
    assert numbers(ring) == [1]


def test_a_place_that_falls_behind_a_full_ring_is_read_and_counted(clock: FakeClock) -> None:
    """The other place has pushed out everything from that time: its lines are lost, and said to be."""
    source = Script(clock, API, PROXY)
    for number in range(200):
        source.write(API, number, number)
        source.write(PROXY, 1000 + number, number)
    ring = LogRing(40)
    tail = LogTail(source, ADDRESS, ring, clock, NOW, whole=True)
    follow(tail, clock, 20)
    source.errors[PROXY] = [EndpointError("no answer")] * 8
    follow(tail, clock, 400)
    assert (ring.arrived, ring.lost, len(ring)) == (400, 360, 40)
