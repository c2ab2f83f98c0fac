"""All sources in one book: each asked at its pace, each failing for itself alone."""

from collections.abc import Callable
from datetime import datetime
from threading import Event

from console.clock import SystemClock
from console.domain.address import Address
from console.domain.series import Measure, Point, Scope, Scoped, Series
from console.errors import EndpointError
from console.signals.book import LIMIT_S, SignalBook
from console.signals.lanes import SameThreadLane
from tests.builders import ADDRESS, NOW, a_new_release
from tests.fakes import FakeClock


class Source:
    """One figure, or whatever the test puts in its place."""

    def __init__(self, name: str, answer: Callable[[], object] = lambda: None) -> None:
        self.name = name
        self.answer = answer
        self.asked = 0

    def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
        self.asked += 1
        self.answer()
        point = Point(NOW, float(self.asked), 100)
        return (Series(Measure.ERRORS, Scope.SERVICE, self.name, 60, NOW, (point,)),)


def fail() -> None:
    raise EndpointError("nobody answers")


def a_book(*sources: Source) -> tuple[SignalBook, FakeClock]:
    clock = FakeClock()
    return SignalBook(sources, clock, SameThreadLane), clock


def test_every_source_is_in_the_picture() -> None:
    book, _ = a_book(Source("one"), Source("two"))
    found = book.refresh(ADDRESS, Scoped(moved_at=NOW))
    assert [item.source for item in found.series] == ["one", "two"]
    assert (found.at, found.moved_at, found.problems) == (NOW, NOW, {})
    assert book.picture(Address("a", "b", "c")).series == ()


def test_a_source_keeps_its_pace_unless_something_is_shipped() -> None:
    source = Source("one")
    book, clock = a_book(source)
    for _ in range(5):
        book.refresh(ADDRESS, Scoped())
        clock.advance(6)
    assert source.asked == 2
    book.refresh(ADDRESS, Scoped(new=a_new_release()))
    assert source.asked == 3


def test_one_that_fails_takes_nobody_away_and_is_tried_less_often() -> None:
    bad, good = Source("bad", fail), Source("good")
    book, clock = a_book(bad, good)
    for _ in range(30):
        found = book.refresh(ADDRESS, Scoped())
        clock.advance(10)
    assert found.problems == {"bad": "nobody answers"}
    assert [item.source for item in found.series] == ["good"]
    assert bad.asked <= 6
    assert good.asked == 15


def test_what_was_known_stays_with_the_reason_why_it_grows_old() -> None:
    source = Source("one")
    book, clock = a_book(source)
    book.refresh(ADDRESS, Scoped())
    source.answer = fail
    clock.advance(60)
    (kept,) = book.refresh(ADDRESS, Scoped()).series
    assert (kept.problem, kept.last) == ("nobody answers", Point(NOW, 1.0, 100))
    source.answer = lambda: None
    clock.advance(60)
    (fresh,) = book.refresh(ADDRESS, Scoped()).series
    assert (fresh.problem, fresh.last) == ("", Point(NOW, 3.0, 100))


def test_a_bug_in_a_source_is_a_problem_like_any_other() -> None:
    def broken() -> None:
        raise KeyError("values")

    book, _ = a_book(Source("one", broken))
    assert book.refresh(ADDRESS, Scoped()).problems == {"one": "KeyError: 'values'"}


def test_one_that_hangs_holds_up_nobody() -> None:
    """It has a thread of its own: the others are told, and its own answer when it comes."""
    release, answered = Event(), Event()

    def hang() -> None:
        release.wait(30)
        answered.set()

    slow, quick = Source("slow", hang), Source("quick")
    book = SignalBook([slow, quick], SystemClock())
    first = book.refresh(ADDRESS, Scoped(), limit_s=0.2)
    again = book.refresh(ADDRESS, Scoped(), limit_s=0.2)
    assert [item.source for item in first.series] == ["quick"]
    assert [item.source for item in again.series] == ["quick"]
    assert slow.asked == 1
    release.set()
    assert answered.wait(60)
    while len(book.picture(ADDRESS).series) < 2:
        SystemClock().sleep(0.01)
    assert LIMIT_S > 0.2


def test_asked_not_to_wait_it_tells_what_is_known() -> None:
    started = Event()
    release = Event()

    def hang() -> None:
        started.set()
        release.wait(30)

    book = SignalBook([Source("slow", hang)], SystemClock())
    assert book.refresh(ADDRESS, Scoped(), limit_s=0).series == ()
    assert started.wait(60)
    release.set()
