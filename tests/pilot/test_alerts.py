"""Alerts on the fleet: loud by severity until somebody has seen them, service by service."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from console.diagnosis import diagnose_picture
from console.domain.address import Address
from console.domain.alerts import VALID, AlertBook, alerting
from console.domain.fleet import EnvironmentPicture, FleetSnapshot, ServicePicture
from console.domain.guard import JudgedState, ServiceSignals
from console.domain.series import SeriesPicture
from console.domain.service import ServiceState
from tests.builders import (
    ADDRESS,
    NOW,
    a_picture,
    a_service,
    an_environment,
    an_event,
    an_observation,
    some_figures,
)
from tests.pilot.desk import Desk, only, steady_picture
from tests.pilot.stage import text_of, until, words_of
from tests.signals import a_judgement
from widgets.header import HeaderBar

WORKER = Address("rugmunch", "production", "worker")
CRITICAL = a_judgement()
WARNING = a_judgement("cpu", state=JudgedState.WARNING, value=91.0, limit=None)


def signals(*alerts: Any, at: Any = NOW) -> ServiceSignals:
    return ServiceSignals(SeriesPicture(at), alerts)


def calm(*alerts: Any, **overrides: Any) -> ServicePicture:
    """A steady service with those alerts."""
    return judged(a_picture(signals=signals(*alerts), **overrides))


def judged(picture: ServicePicture) -> ServicePicture:
    """The picture with its state, as the watch makes it."""
    return replace(picture, diagnosis=diagnose_picture(picture, NOW))


def fleet(*rows: ServicePicture) -> FleetSnapshot:
    return FleetSnapshot({"rugmunch/production": EnvironmentPicture(an_environment(), NOW, rows)})


# -- what is an alert -------------------------------------------------------------------------


def test_the_worst_comes_first_with_its_limit() -> None:
    """Critical over its critical limit, a warning over its warning limit."""
    found = alerting(calm(WARNING, CRITICAL), NOW)
    assert found is not None
    assert found.severity is JudgedState.CRITICAL
    assert found.line == "errors 8.4 % over 5 % · CPU 91 % over 85 %"


@pytest.mark.parametrize(
    "picture",
    [
        a_picture(),
        calm(replace(CRITICAL, state=JudgedState.OK), replace(WARNING, state=JudgedState.NODATA)),
        calm(replace(CRITICAL, periods_bad=1)),
        calm(CRITICAL, remembered=True),
        a_picture(signals=signals(CRITICAL, at=NOW - VALID - timedelta(seconds=1))),
    ],
    ids=["not looked at", "well or unknown", "one period", "of the last run", "long ago"],
)
def test_what_is_not_known_to_be_bad_now_is_none(picture: ServicePicture) -> None:
    """No data is no alert; one bad period of a critical figure is none yet."""
    assert alerting(picture, NOW) is None


def test_an_alert_makes_the_state_and_is_said_once_in_its_sentence() -> None:
    """One word for the service, the worse one, and every figure that is over a limit."""
    picture = calm(WARNING, CRITICAL)
    assert picture.state is ServiceState.FAILING
    assert picture.diagnosis.line == "errors 8.4 % over 5 % · CPU 91 % over 85 %"
    assert picture.diagnosis.apart_from_alerts is ServiceState.STEADY
    assert calm(WARNING).state is ServiceState.WARNING
    minute = some_figures(requests=1200, errors=101)
    twice = calm(CRITICAL, figures=minute).diagnosis.line
    assert twice == "errors 8.4 %, over 5 % of 1,200 requests"


def test_an_alert_beside_what_ecs_tells_is_a_fact_of_it() -> None:
    """The cause stands first: health checks of the load balancer are something else than what the service
    says of itself."""
    sick = a_judgement("health", value=0.0, limit=None)
    event = an_event(
        "(service rugmunch-api) (port 3000) is unhealthy in (target-group x) due to (reason Health checks "
        "failed with these codes: [503])."
    )
    status = a_service(events=(event,))
    why = calm(sick, status=status, observation=an_observation(status=status)).diagnosis
    assert why.state is ServiceState.FAILING
    assert why.line == "failing load balancer health checks: answers 503 · health failing"


def test_a_service_that_one_of_us_drained_has_no_alerts() -> None:
    """Nothing answers because somebody wanted it so; what nobody of us drained may alert."""
    sick = a_judgement("health", value=0.0, limit=None)
    empty = a_service(desired=0, running=0)
    ours = calm(sick, status=empty, drained_by="devon")
    assert (ours.state, ours.diagnosis.line) == (ServiceState.DRAINED, "drained by devon")
    assert alerting(ours, NOW) is None
    assert alerting(calm(sick, status=empty), NOW) is not None
    assert alerting(calm(sick, drained_by="devon"), NOW) is not None, "it has been given work since"


def test_what_was_seen_is_quiet_until_it_gets_worse_or_comes_back() -> None:
    """Seen is seen for these alerts of this service only."""
    book = AlertBook()
    book.update(fleet(calm(WARNING)), NOW)
    book.acknowledge(ADDRESS)
    assert [item.acknowledged for item in book.alerts.found.values()] == [True]
    same = book.update(fleet(calm(replace(WARNING, value=93.0))), NOW).of(ADDRESS)
    assert same is not None and same.acknowledged
    worse = book.update(fleet(calm(replace(WARNING, state=JudgedState.CRITICAL))), NOW).of(ADDRESS)
    assert worse is not None and worse.is_loud
    book.acknowledge(ADDRESS)
    assert book.alerts.alarms == 0
    assert book.update(fleet(calm()), NOW).of(ADDRESS) is None
    back = book.update(fleet(calm(WARNING)), NOW).of(ADDRESS)
    assert back is not None and back.is_loud


def test_seen_twice_is_not_seen() -> None:
    """A key that was pressed by mistake is taken back by the same key."""
    book = AlertBook()
    book.update(fleet(calm(CRITICAL)), NOW)
    book.acknowledge(ADDRESS)
    book.acknowledge(ADDRESS)
    assert book.alerts.alarms == 1


def test_only_what_is_critical_and_new_begins() -> None:
    """Once each, however long it lasts; a warning never."""
    book = AlertBook()
    begun = []
    for alerts in ((WARNING,), (WARNING, CRITICAL), (CRITICAL,), (), (CRITICAL,)):
        book.update(fleet(calm(*alerts)), NOW)
        begun.append(book.began)
    assert begun == [False, True, False, False, True]


def test_nothing_changed_is_the_same_object() -> None:
    """Screens are told nothing then."""
    book = AlertBook()
    first = book.update(fleet(calm(CRITICAL)), NOW)
    assert book.update(fleet(calm(CRITICAL)), NOW) is first


# -- on screen --------------------------------------------------------------------------------


def _desk(*alerts: Any) -> Desk:
    """A fleet of steady services, one of them with alerts."""
    rows = (steady_picture(ADDRESS), judged(steady_picture(WORKER, signals=signals(*alerts))))
    return Desk(EnvironmentPicture(an_environment(), NOW, rows))


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
@pytest.mark.parametrize(
    ("alert", "state", "said"),
    [
        (CRITICAL, "✗ FAILING", "errors 8.4 % over 5 %"),
        (WARNING, "▲ WARNING", "CPU 91 % over 85 %"),
    ],
)
async def test_a_steady_service_with_an_alert_stands_first(
    size: tuple[int, int], alert: Any, state: str, said: str
) -> None:
    """With its figures below; critical ones are counted in the header."""
    desk = _desk(alert)
    async with desk.app.run_test(size=size) as pilot:
        desk.publish()
        desk.app.tick()
        await pilot.pause()
        lines = text_of(desk.app.screen).splitlines()
        first = next(place for place, line in enumerate(lines) if "rugmunch-worker" in line)
        assert state in lines[first]
        assert said in " ".join(lines[first + 1].split())
        assert first < next(place for place, line in enumerate(lines) if "rugmunch-api" in line)
        assert ("alarms ✗ 1" in words_of(desk.app.screen.query_one(HeaderBar))) == (alert is CRITICAL)


async def test_once_seen_it_stands_with_the_calm_ones_and_is_no_alarm() -> None:
    """And says that there is one; the same key takes it back."""
    desk = _desk(CRITICAL)
    async with desk.app.run_test(size=(140, 40)) as pilot:
        desk.publish()
        desk.app.tick()
        await pilot.pause()
        await pilot.press("g", "a")
        await until(pilot, lambda: desk.app.alert_book.alerts.alarms == 0)
        desk.app.flush()
        await pilot.pause()
        said = words_of(desk.app.screen)
        assert "✗ alert seen rugmunch-worker" in said
        assert "FAILING" not in said and "steady seen" not in said and "alarms" not in said
        await pilot.press("a")
        await until(pilot, lambda: desk.app.alert_book.alerts.alarms == 1)


async def test_the_key_is_there_where_there_is_something_to_be_seen() -> None:
    """Not for a service without alerts."""
    desk = _desk(CRITICAL)
    async with desk.app.run_test(size=(160, 40)) as pilot:
        desk.publish()
        desk.app.tick()
        await pilot.pause()
        await pilot.press("g")
        assert desk.app.screen.check_action("acknowledge", ()) is True
        await pilot.press("G")
        assert desk.app.screen.check_action("acknowledge", ()) is False


async def test_a_service_does_not_say_that_all_is_well_beside_its_alert() -> None:
    """The first line below its name has it."""
    desk = Desk(only(judged(steady_picture(WORKER, signals=signals(CRITICAL)))))
    async with desk.app.run_test(size=(140, 40)) as pilot:
        await desk.open_service(pilot)
        desk.app.tick()
        await pilot.pause()
        said = words_of(desk.app.screen)
        assert "why errors 8.4 % over 5 %" in said and "✗ FAILING" in said
        assert "all is well" not in said


@pytest.mark.parametrize(("wanted", "rings"), [(False, 0), (True, 1)])
async def test_the_bell_rings_once_for_what_is_critical(
    wanted: bool, rings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is wanted."""
    desk = _desk(CRITICAL)
    settings = desk.app.runtime.settings
    bell = replace(settings, console=replace(settings.console, bell=wanted))
    monkeypatch.setattr(desk.app.runtime, "settings", bell)
    rung: list[int] = []
    monkeypatch.setattr(desk.app, "bell", lambda: rung.append(1))
    async with desk.app.run_test(size=(80, 24)):
        desk.publish()
        desk.app.tick()
        desk.app.tick()
    assert len(rung) == rings
