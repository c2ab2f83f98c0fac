"""A watch of what has ended says *succeeded* only of what serves now."""

from dataclasses import replace

import pytest

from console.domain.service import Observation
from console.operations.witness import Witness
from tests.builders import ADDRESS, a_rollout, a_target, ago, an_observation
from tests.unit.conftest import Bench

ENDED = a_rollout(finished_at=ago(3600))
SICK = (a_target(), a_target(number=2, state="unhealthy"))


def verdict(bench: Bench, *observations: Observation) -> tuple[object, object]:
    """How a watch ends, and why."""
    bench.platform.histories[ADDRESS] = (observations[0].rollout or ENDED,)
    bench.platform.script(*observations)
    facts = bench.verdict(
        list(Witness(bench.platform, bench.settings.service(ADDRESS), bench.clock, 600.0).watch())
    )
    return facts["verdict"], facts["reason"]


def test_what_ended_and_serves_has_succeeded(bench: Bench) -> None:
    assert verdict(bench, an_observation(rollout=ENDED))[0] == "SUCCEEDED"


def test_what_ended_and_does_not_serve_any_more_has_failed(bench: Bench) -> None:
    """``SUCCEEDED · v2.7.3 is deployed`` while nobody answered."""
    sick = an_observation(rollout=ENDED, targets=SICK)
    assert verdict(bench, sick) == ("FAILED", "it is deployed, but 1 of 2 good targets healthy")


def test_what_cannot_be_read_is_unknown(bench: Bench) -> None:
    unread = an_observation(rollout=ENDED, targets=(), missing={"targets": "AccessDenied"})
    found, reason = verdict(bench, unread)
    assert found == "UNKNOWN" and "targets could not be read: AccessDenied" in str(reason)


@pytest.mark.parametrize(("well_again", "ending"), [(True, "SUCCEEDED"), (False, "FAILED")])
def test_what_has_only_just_arrived_may_still_be_about_to_serve(
    bench: Bench, well_again: bool, ending: str
) -> None:
    """Two minutes are left to it, as in the operation that ordered it."""
    fresh = replace(ENDED, finished_at=ago(5))
    first = an_observation(rollout=fresh, targets=SICK)
    later = [
        replace(first, at=ago(-at), targets=(a_target(), a_target(number=2)) if well_again else SICK)
        for at in (10, 60, 120)
    ]
    assert verdict(bench, first, *later)[0] == ending
