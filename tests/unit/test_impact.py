"""In which order services stand, worst first, wherever trouble comes first."""

from dataclasses import replace
from itertools import pairwise

import pytest

from console.cli.fleet import table
from console.domain.address import Tier
from console.domain.alerts import Alerting, Alerts
from console.domain.fleet import Diagnosis, EnvironmentPicture, FleetSnapshot, ServicePicture
from console.domain.guard import JudgedState
from console.domain.impact import Region, impact
from console.domain.service import ServiceState
from screens.fleet_book import FleetBook
from screens.fleet_order import chosen
from tests.builders import NOW, a_picture, a_service, a_target, an_address, an_environment, an_observation
from tests.fakes import FakeClock

STAGING = an_environment(name="staging", tier=Tier.STAGING)


def _row(alias: str, state: ServiceState = ServiceState.STEADY, **overrides: object) -> ServicePicture:
    environment = overrides.pop("environment", an_environment())
    address = an_address(alias=alias, environment=environment.name)  # type: ignore[attr-defined]
    status = overrides.pop("status", a_service(address=address))
    return a_picture(
        address=address,
        environment=environment,
        status=status,
        diagnosis=Diagnosis(state, "it says why"),
        **{"figures": None, "observation": None, **overrides},
    )


def _running(alias: str, running: int, desired: int, state: ServiceState) -> ServicePicture:
    address = an_address(alias=alias)
    return _row(alias, state, status=a_service(address=address, desired=desired, running=running))


ALERT = Alerting(JudgedState.CRITICAL, "p99 9 s over 2 s", frozenset())

ORDERED = (
    _running("z-out", 0, 2, ServiceState.STUCK),
    _running("y-half", 1, 2, ServiceState.FAILING),
    _running("x-whole", 3, 3, ServiceState.FAILING),
    _row("w", ServiceState.STUCK),
    _row("v", ServiceState.PAUSED),
    _row("u", ServiceState.WARNING),
    _row("t", ServiceState.FAILING, environment=STAGING),
    _row("s", ServiceState.ROLLING),
    _row("r", ServiceState.CANARY, environment=STAGING),
    _row("p", ServiceState.UNKNOWN),
    _row("q", ServiceState.UNKNOWN, as_of=None, status=None),
    _row("n", ServiceState.DRAINED),
    _row("o", ServiceState.STEADY),
    _row("m", ServiceState.STEADY, environment=STAGING),
)


@pytest.mark.parametrize(("worse", "better"), list(pairwise(ORDERED)))
@pytest.mark.parametrize("remembered", [False, True])
def test_what_costs_most_stands_first(
    worse: ServicePicture, better: ServicePicture, remembered: bool
) -> None:
    """Nobody serves in production; trouble by tier, then severity, then what is missing; motion; the unknown
    and the unread; what is calm. At the start the last run's pictures stand in the same order."""
    was, other = (replace(row, remembered=remembered) for row in (worse, better))
    assert impact(was) < impact(other)


def test_running_tasks_of_which_no_target_is_healthy_serve_nobody() -> None:
    """Counted as ECS counts them, three of three run."""
    address = an_address(alias="z")
    status = a_service(address=address, desired=3)
    seen = an_observation(status=status, targets=(a_target(state="unhealthy"),))
    dark = _row("z", ServiceState.WARNING, status=status, observation=seen)
    assert impact(dark).region is Region.NOBODY_SERVES
    assert impact(dark) < impact(_running("a", 1, 3, ServiceState.FAILING))


def test_an_alert_that_nobody_has_seen_is_trouble_and_one_that_was_seen_is_none() -> None:
    """A critical one stands behind what is stuck and before a warning."""
    calm = _row("b")
    assert (
        impact(_row("c", ServiceState.STUCK)) < impact(calm, ALERT) < impact(_row("a", ServiceState.WARNING))
    )
    assert impact(calm, replace(ALERT, acknowledged=True)) == impact(calm)


def test_a_service_that_is_to_have_no_task_is_no_outage() -> None:
    """Zero of zero running is what was asked for."""
    assert impact(_running("a", 0, 0, ServiceState.DRAINED)).region is Region.CALM


def test_status_and_fleet_show_the_same_order() -> None:
    """Whatever order they are configured in."""
    rows = tuple(reversed(ORDERED))
    picture = EnvironmentPicture(an_environment(), NOW, rows)
    entries = FleetBook().update(FleetSnapshot({"a": picture}), NOW, Alerts())
    names = [row.address.service for row in ORDERED]
    assert [entry.picture.address.service for entry in chosen(entries, "all", "")] == names
    told = [line.split() for line in table([picture], FakeClock())[1:]]
    assert [next(word for word in words if word in names) for words in told] == names
