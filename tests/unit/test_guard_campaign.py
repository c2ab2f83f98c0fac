"""Two hundred deploys through the engine, each with its own figures: which of them the guard takes back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

import pytest

from console.domain.address import Address
from console.domain.guard import GuardPolicy
from console.domain.series import Scoped, Series
from console.signals.book import SignalBook
from console.signals.lanes import SameThreadLane
from console.signals.watching import SignalWatch
from tests.builders import an_environment
from tests.fakes import FakeClock, FakePlatform
from tests.unit.conftest import Bench
from tests.unit.signal_stories import LAG, MINUTE, ORDERED, Story
from tests.unit.test_operations_guarded import BAKE_S, Post, furnished

SLICE, WHOLE = 2, 200

pytestmark = pytest.mark.timeout(1500)


@dataclass
class Told:
    """A source that tells a story minute by minute, as late as CloudWatch does."""

    story: Story
    clock: FakeClock
    name: str = "CloudWatch"

    def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
        return self.story.picture((self.clock.now() - ORDERED).total_seconds()).series


def deployed(story: Story) -> tuple[dict[str, Any], float | None]:
    """A deploy with ``rollback``: its verdict, and how many minutes after the first minute that it served
    had arrived it tripped; ``None``: never."""
    bench = Bench(platform=FakePlatform(environment=an_environment()))
    book = SignalBook([Told(story, bench.clock)], bench.clock, SameThreadLane)
    post = furnished(Post(bench, SignalWatch(book, lambda _: GuardPolicy(), bench.clock)))
    verdict = post.deploy("rollback", BAKE_S, asks="stop")
    trips = [e.at for e in post.told if e.event == "guard" and e.facts["state"] in ("countdown", "tripped")]
    arrived = ORDERED + 2 * MINUTE + LAG  # the minute of the order itself is not judged
    return verdict, (trips[0] - arrived) / MINUTE if trips else None


def sized(*cases: Any) -> list[Any]:
    """Every case with a few seeds in every run, and with all of them in campaigns."""
    return [
        pytest.param(*case, seeds, marks=[pytest.mark.campaign] if seeds == WHOLE else [])
        for case in cases
        for seeds in (SLICE, WHOLE)
    ]


@pytest.mark.parametrize(("per_minute", "seeds"), sized((100,), (1000,)))
def test_a_noisy_but_healthy_release_is_left_alone(per_minute: int, seeds: int) -> None:
    """One per cent of errors, bursts of eight now and then, restless response times, a slow first minute."""
    ends = [
        deployed(
            Story(
                seed,
                per_minute=per_minute,
                usual=0.01,
                bursts=0.02,
                restless=0.25,
                slowness=lambda minute: 2.5 if minute == 0 else 1.0,
                length=30,
            )
        )
        for seed in range(seeds)
    ]
    assert [seed for seed, (_, tripped) in enumerate(ends) if tripped is not None] == []
    assert {verdict["verdict"] for verdict, _ in ends} == {"SUCCEEDED"}


BAD: dict[str, dict[str, Any]] = {
    "errors 20 %, 100 a minute": {"errors": lambda _: 0.2},
    "p95 times 4, 100 a minute": {"slowness": lambda _: 4.0},
    "errors 8 %, 1,000 a minute": {"errors": lambda _: 0.08, "per_minute": 1000.0},
}


@pytest.mark.parametrize(("bad", "seeds"), sized(*((name,) for name in BAD)))
def test_a_bad_release_is_taken_back_within_three_periods(bad: str, seeds: int) -> None:
    """Counted from when the figures of its first whole minute have arrived."""
    ends = [deployed(Story(seed, length=30, **BAD[bad])) for seed in range(seeds)]
    soon = [verdict for verdict, tripped in ends if tripped is not None and tripped < 3]
    assert len(soon) >= seeds * 0.99
    assert {(verdict["verdict"], verdict["by"]) for verdict in soon} == {("ROLLED_BACK", "guard")}


@pytest.mark.campaign
def test_six_per_cent_at_a_hundred_a_minute_is_found_more_often_than_not(
    record_property: Callable[[str, object], None],
) -> None:
    """Barely over the limit, in few requests: how many are found, and how late, is a figure to report."""
    ends = [deployed(Story(seed, errors=lambda _: 0.06, length=30)) for seed in range(WHOLE)]
    found = [tripped for _, tripped in ends if tripped is not None]
    record_property("rate", len(found) / WHOLE)
    record_property("median delay, minutes", median(found))
    print(f"6 % at 100 a minute: {len(found)} of {WHOLE}, median delay {median(found):.1f} min")
    assert len(found) > WHOLE / 2
