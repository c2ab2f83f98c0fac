"""What a service says of itself, time after time."""

from datetime import timedelta

import pytest

from console.domain.address import Address
from console.domain.health import HealthWords
from console.domain.series import Measure, Scope, Scoped, Series
from console.domain.web import Reply
from console.errors import EndpointError
from console.signals.health import KEPT, Endpoint, HealthSeries, same_version
from tests.builders import ADDRESS, NOW, a_new_release, a_release
from tests.fakes import FakeClock, FakeWeb

SHIFTING = Scoped(a_new_release(), a_release(), moved_at=NOW)
Told = dict[tuple[Measure, Scope, str], Series]


class Desk:
    def __init__(self) -> None:
        self.web, self.clock = FakeWeb(), FakeClock()
        self.source = HealthSeries(self.endpoint, self.web, self.clock)

    @staticmethod
    def endpoint(address: Address) -> Endpoint | None:
        return Endpoint("https://api.example/health", HealthWords()) if address == ADDRESS else None

    def told(self, scoped: Scoped = SHIFTING) -> Told:
        found = self.source.series(ADDRESS, scoped, NOW - timedelta(hours=1))
        return {(item.measure, item.scope, item.subject): item for item in found}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_service_that_is_well_is_one(desk: Desk) -> None:
    desk.web.put("GET /health", {"status": "ok", "version": "1.4.3", "database": "connected"})
    found = desk.told()
    assert found[Measure.HEALTH, Scope.SERVICE, ""].values == (1.0,)
    assert found[Measure.DEPENDENCY, Scope.SERVICE, "database"].values == (1.0,)


def test_answers_of_several_tasks_are_a_share_and_told_apart_by_version(desk: Desk) -> None:
    """Two of the new version and one of the old answered; the new one misses its database."""
    for version, word, status in (
        ("v1.4.3", "disconnected", 503),
        ("v1.4.2", "connected", 200),
        ("v1.4.3", "disconnected", 503),
    ):
        body = {"status": "ok" if status == 200 else "error", "version": version, "database": word}
        desk.web.put("GET /health", body, status)
    found = desk.told()
    assert found[Measure.HEALTH, Scope.SERVICE, ""].values[0] == pytest.approx(1 / 3)
    assert found[Measure.HEALTH, Scope.NEW, ""].values == (0.0,)
    assert found[Measure.HEALTH, Scope.OLD, ""].values == (1.0,)
    assert found[Measure.DEPENDENCY, Scope.NEW, "database"].values == (0.0,)
    assert found[Measure.DEPENDENCY, Scope.OLD, "database"].last is not None
    assert [p.requests for p in found[Measure.HEALTH, Scope.SERVICE, ""].points] == [3]


def test_a_calm_service_is_asked_once(desk: Desk) -> None:
    desk.web.put("GET /health", {"status": "ok"})
    desk.told(Scoped(a_release()))
    assert len(desk.web.sent) == 1
    desk.told()
    assert len(desk.web.sent) == 4


def test_no_answer_is_a_gap_with_its_reason(desk: Desk) -> None:
    desk.web.fail("send", EndpointError("api.example: no answer within 5.0 s"))
    series = desk.told(Scoped(a_release()))[Measure.HEALTH, Scope.SERVICE, ""]
    assert (series.last, series.no_data) == (None, "api.example: no answer within 5.0 s")


def test_degraded_still_serves(desk: Desk) -> None:
    desk.web.put("GET /health", {"status": "degraded"}, 503)
    assert desk.told()[Measure.HEALTH, Scope.SERVICE, ""].values == (1.0,)


def test_every_quarter_of_a_minute_is_a_point_of_its_own(desk: Desk) -> None:
    desk.web.answers["GET /health"] = [Reply(200, {}, b'{"status": "ok"}')] * 3 + [Reply(503)]
    desk.told()
    desk.clock.advance(15)
    series = desk.told()[Measure.HEALTH, Scope.SERVICE, ""]
    assert series.values == (1.0, 0.0)
    assert series.points[0].at == NOW


def test_a_service_without_an_address_is_not_asked(desk: Desk) -> None:
    assert desk.source.series(Address("a", "b", "c"), SHIFTING, NOW) == ()
    assert desk.web.sent == []


def test_only_so_many_answers_are_remembered(desk: Desk) -> None:
    desk.web.put("GET /health", {"status": "ok"})
    for _ in range(KEPT):
        desk.clock.advance(15)
        series = desk.told()[Measure.HEALTH, Scope.SERVICE, ""]
    assert len(series.points) <= KEPT


@pytest.mark.parametrize(
    ("said", "label", "same"),
    [("1.4.3", "v1.4.3", True), ("V1.4.3", "v1.4.3", True), ("", "v1.4.3", False), ("1.4", "v1.4.3", False)],
)
def test_a_leading_v_makes_no_difference(said: str, label: str, same: bool) -> None:
    assert same_version(said, label) is same
