"""How often is read, from when on a picture is old, and the store that hands it over."""

from datetime import timedelta

import pytest

from console.domain.fleet import Diagnosis
from console.domain.service import ServiceState
from console.watch.cadence import CALLS_PER_S, cadence, calm_pace, is_stale, jittered, retry_after
from console.watch.store import FleetStore
from tests.builders import NOW, a_picture, an_environment, an_environment_picture


@pytest.mark.parametrize("state", ServiceState)
def test_what_moves_or_is_in_trouble_is_read_fast(state: ServiceState) -> None:
    """So is what somebody looks at; what is deleted is trouble that does not change any more."""
    changes = state.is_trouble or state.is_moving
    assert (cadence(state) == 2.5) is (changes and state is not ServiceState.DELETED)
    assert cadence(state, focused=True) == 2.5


@pytest.mark.parametrize(
    ("state", "focused", "seconds", "stale"),
    [
        (ServiceState.STEADY, False, 45, False),
        (ServiceState.STEADY, False, 45.1, True),
        (ServiceState.STEADY, True, 7.6, True),
        (ServiceState.ROLLING, False, 7.5, False),
        (ServiceState.ROLLING, False, 7.6, True),
    ],
)
def test_a_picture_is_stale_after_three_cadences(
    state: ServiceState, focused: bool, seconds: float, stale: bool
) -> None:
    """Its own cadence: what should be new within seconds is old sooner."""
    row = a_picture(diagnosis=Diagnosis(state))
    assert is_stale(row, NOW + timedelta(seconds=seconds), focused=focused) is stale


def test_what_was_never_read_is_not_stale() -> None:
    """It is unknown, and says so by its state."""
    assert not is_stale(a_picture(as_of=None), NOW)


def test_tries_come_further_apart_but_never_over_eight_seconds() -> None:
    """2, 4, then 8 seconds: what comes back is on screen within ten."""
    assert [retry_after(count) for count in range(1, 6)] == [2, 4, 8, 8, 8]


@pytest.mark.parametrize("calls", [1, 50, 51, 100, 500])
def test_a_sweep_over_many_services_takes_longer_and_never_more_calls_a_second(calls: int) -> None:
    """A thousand services are a hundred calls: half a minute, throttled a whole one."""
    assert calls / calm_pace(calls) <= CALLS_PER_S + 1e-9
    assert calm_pace(100) == pytest.approx(30)
    assert calm_pace(100, throttled=True) == pytest.approx(60)


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_jitter_only_ever_shortens(chance: float) -> None:
    """A cadence is a promise."""
    assert 13.5 <= jittered(15, chance) <= 15


def test_the_store_hands_a_snapshot_over_once() -> None:
    """A second ``take`` without a publication between has nothing to draw."""
    store = FleetStore()
    assert store.take() is None
    picture = an_environment_picture()
    store.publish(picture)
    taken = store.take()
    assert taken is not None
    assert taken.environments == {"rugmunch/production": picture}
    assert store.take() is None
    assert store.snapshot is taken


def test_environments_keep_the_order_of_their_first_publication() -> None:
    """A slow one does not jump to the end each time."""
    store = FleetStore()
    production, staging = (
        an_environment_picture(environment=an_environment(name=name)) for name in ("production", "staging")
    )
    store.publish(production)
    store.publish(staging)
    store.publish(production)
    assert list(store.snapshot.environments) == ["rugmunch/production", "rugmunch/staging"]
