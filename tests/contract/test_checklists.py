"""The five teams' lists walked end to end on the sandbox: what holds a release up, what repairs it, and what
is written down of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console.domain.address import Address
from console.domain.checklist import ItemState, Phase
from console.errors import RefusedError, UsageError
from tests.contract.conftest import SandboxFactory
from tests.contract.listed_world import WHO, Lists, blocking, open_lists
from tests.contract.shared_world import pretty
from tests.fakes import FakeClock

MARKET = Address("fairtradeworker", "production", "api")
MARKET_STAGING = Address("fairtradeworker", "staging", "api")
SCANNER = Address("rugmunch", "production", "api")
MEALS = Address("mealplanner", "production", "api")
MEALS_STAGING = Address("mealplanner", "staging", "api")
SWAPS = Address("swapjoy", "production", "api")
SWAPS_STAGING = Address("swapjoy", "staging", "api")
BOT = Address("clever-better", "production", "bot")
BOT_STAGING = Address("clever-better", "staging", "bot")
FIRST = (Phase.BEFORE, Phase.APPROVAL)
MINUTE_S = 60.0


@pytest.fixture
def lists(
    make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., Lists]]:
    """``lists("rugmunch")``: calm, and outside of anybody's backup window."""
    made: list[Lists] = []

    def make(*fleets: str) -> Lists:
        clock = FakeClock()
        made.append(open_lists(make_sandbox(*fleets, clock=clock, calm=True), clock, monkeypatch, tmp_path))
        made[-1].wait(3600)
        return made[-1]

    yield make
    for one in made:
        one.close()


def watched(desk: Lists, address: Address, item: str, minutes: int) -> None:
    """A watch counts down and keeps judging, and is a pass when its time is over, not before."""
    before = desk.found(address)[item]
    assert (before.state, before.left_s) == (ItemState.CHECKING, pytest.approx(60 * minutes, abs=30))
    desk.wait(60 * (minutes - 2))
    late = desk.found(address)[item]
    assert late.state is ItemState.CHECKING
    assert late.left_s == pytest.approx(120, abs=45)
    desk.wait(150)
    assert desk.found(address)[item].state is ItemState.PASS


def test_the_marketplace_waits_for_staging_for_the_backup_and_for_its_approval(
    lists: Callable[..., Lists],
) -> None:
    """Each of them holds the deploy up and is repaired; then it goes, is verified, and is written down."""
    desk = lists("fairtradeworker")
    with pytest.raises(RefusedError, match="checklist"):
        desk.deploy(MARKET, "v2.7.3")
    assert desk.calls("ecs.UpdateService") == 0

    desk.wrong("tests-red", MARKET)
    desk.wrong("backups-missing", MARKET)
    found = desk.found(MARKET)
    assert found["tests"].state is ItemState.FAIL
    assert found["tests"].value == "tests: failure"
    assert (found["types"].state, found["review"].state) == (ItemState.PASS, ItemState.PASS)
    assert found["backup"].state is ItemState.FAIL
    assert "limit 1 d" in found["backup"].value
    assert found["staging"].value == "v2.7.3 has not succeeded in staging"
    desk.mend()

    desk.tick_all(MARKET_STAGING, Phase.BEFORE, version="v2.7.3")
    assert desk.deploy(MARKET_STAGING, "v2.7.3")["verdict"] == "SUCCEEDED"

    walker = desk.walker(MARKET)
    with pytest.raises(UsageError, match="comment"):
        walker.act("approved", WHO)
    assert desk.github.sent == 0
    walker.act("approved", WHO, "all of them are settled")
    assert desk.github.sent == 1
    view = desk.tick_all(MARKET, *FIRST)
    assert blocking(view, *FIRST) == {}
    approved = desk.found(MARKET)["approved"]
    assert (approved.value, approved.evidence) == ("approved by devon", "“all of them are settled”")

    told = desk.deploy(MARKET, "v2.7.3")
    assert told["verdict"] == "SUCCEEDED", pretty(told)
    view = desk.tick_all(MARKET, Phase.DURING, Phase.AFTER)
    assert set(blocking(view)) == {"watch"}, blocking(view)
    watched(desk, MARKET, "watch", 15)
    ended = desk.walker(MARKET).end(WHO)
    assert ended.blockers() == ()
    assert desk.github.sent == 1
