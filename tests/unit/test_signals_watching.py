"""One service looked at: gathered, judged, explained."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from console.config.settings import ServiceSettings
from console.domain.address import Address
from console.domain.guard import GuardPolicy, Happening, Happens, JudgedState
from console.domain.series import Measure, Point, Scope, Scoped, Series
from console.domain.service import Observation
from console.signals.book import SignalBook
from console.signals.lanes import SameThreadLane
from console.signals.watching import SignalWatch
from tests.builders import (
    ADDRESS,
    NOW,
    a_new_deployment,
    a_rolling_observation,
    a_rolling_service,
    a_stopped_task,
    ago,
    an_observation,
)
from tests.fakes import FakeClock

ORDERED = ago(360)
"""When the default rollout was ordered."""


class Source:
    name = "CloudWatch"

    def __init__(self, share: float) -> None:
        self.share = share
        self.since: list[datetime] = []

    def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
        """A share of errors from the order on, a tenth of a per cent before."""
        self.since.append(since)
        points = tuple(
            Point(at, self.share if at > ORDERED else 0.001, 1000)
            for at in (NOW - timedelta(minutes=back) for back in reversed(range(60)))
        )
        return (Series(Measure.ERRORS, Scope.SERVICE, self.name, 60, NOW, points),)


class Diary:
    def __init__(self, *happenings: Happening) -> None:
        self.known = happenings
        self.asked = 0

    def happenings(self, address: Address, since: datetime) -> Sequence[Happening]:
        self.asked += 1
        return tuple(self.known)


class Desk:
    def __init__(self, share: float, *happenings: Happening) -> None:
        self.clock, self.source, self.diary = FakeClock(), Source(share), Diary(*happenings)
        book = SignalBook([self.source], self.clock, SameThreadLane)
        self.watch = SignalWatch(book, lambda _: GuardPolicy(), self.clock, self.diary)  # type: ignore[arg-type]


def rolling(**overrides: object) -> Observation:
    return a_rolling_observation(**overrides)


def test_a_good_rollout_is_judged_and_nothing_is_to_be_explained() -> None:
    desk = Desk(0.001)
    found = desk.watch.look(ADDRESS, rolling())
    assert {item.trigger.name: item.state for item in found.judgements} == {
        "health": JudgedState.NODATA,
        "errors": JudgedState.OK,
        "p95": JudgedState.NODATA,
        "dependency": JudgedState.NODATA,
    }
    assert (found.blame, found.worst, found.evidence) == (None, JudgedState.OK, ())
    assert desk.diary.asked == 0


def test_a_bad_one_is_the_deploys() -> None:
    desk = Desk(0.2)
    found = desk.watch.look(ADDRESS, rolling())
    (bad,) = [item for item in found.judgements if item.is_bad]
    assert bad.trigger.name == "errors"
    assert found.blame is not None
    assert found.blame.is_deploy is True
    assert found.worst is JudgedState.CRITICAL


def test_what_else_happened_is_asked_for_once_a_minute_and_only_in_trouble() -> None:
    desk = Desk(0.2, Happening(ORDERED - timedelta(seconds=20), Happens.SECRET, "rugmunch/db"))
    for _ in range(3):
        found = desk.watch.look(ADDRESS, rolling())
        desk.clock.advance(25)
    assert desk.diary.asked == 1
    assert found.blame is not None
    assert found.blame.is_deploy is None
    assert "secret rugmunch/db" in found.blame.line


def test_another_deploy_meanwhile_is_known_without_asking() -> None:
    other = a_new_deployment(id="ecs-svc/1", status="ACTIVE", created_at=ORDERED - timedelta(seconds=90))
    status = a_rolling_service(deployments=(a_new_deployment(), other))
    found = Desk(0.2).watch.look(ADDRESS, rolling(status=status))
    assert found.blame is not None
    assert "another deploy" in found.blame.line


def test_tasks_that_died_begin_the_trouble_too() -> None:
    dead = tuple(a_stopped_task(number=number) for number in (5, 6))
    found = Desk(0.001).watch.look(ADDRESS, rolling(tasks=dead))
    assert [item.kind for item in found.evidence] == ["tasks"]
    assert found.blame is not None
    assert found.blame.is_deploy is True


def test_long_after_a_deploy_only_the_alerts_are_left() -> None:
    desk = Desk(0.2)
    found = desk.watch.look(ADDRESS, an_observation())
    assert (found.judgements, found.evidence) == ((), ())
    assert found.worst is JudgedState.CRITICAL
    assert found.blame is not None
    assert found.blame.is_deploy is None


def test_a_service_that_was_never_read_has_its_figures_all_the_same() -> None:
    found = Desk(0.001).watch.look(ADDRESS, None)
    assert found.picture.of(Measure.ERRORS)
    assert found.worst is JudgedState.OK


@pytest.mark.parametrize("before_min", [0, 90])
def test_the_baselines_hour_is_always_asked_for(before_min: int) -> None:
    desk = Desk(0.001)
    order = NOW - timedelta(minutes=before_min)
    desk.watch.look(ADDRESS, rolling(), ordered_at=order)
    assert desk.source.since[0] <= order - timedelta(minutes=60)


def test_a_service_has_the_usual_guard_without_a_word() -> None:
    assert ServiceSettings(ADDRESS, "api", "c").guard == GuardPolicy()
