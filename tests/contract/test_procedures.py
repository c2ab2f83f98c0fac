"""What the five systems' handbooks do beside deploys and rollbacks, carried out whole: scaling with a queue,
the ways back of a tag, all services as one, and what stands where in :mod:`test_matrix`'s table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from console.domain.address import Address
from console.domain.group import GroupAddress, GroupWish
from console.domain.operation import Verb
from console.domain.wish import Wish
from console.errors import RefusedError
from tests.contract.conftest import SandboxFactory
from tests.contract.fleet_cells import BOT, INGESTION, ML, SWAPJOY, counts, finished, image, observed, running
from tests.contract.ledger import Ledger, assert_journalled
from tests.contract.shared_world import API, WORKER, SharedWorld, open_world, pretty
from tests.fakes import FakeClock

TRADING = GroupAddress("clever-better", "production")
SCANNER = GroupAddress("rugmunch", "production", "app")
MINIMUM = 2
Open = Callable[[str], SharedWorld]


@pytest.fixture
def opened(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    def make(fleet: str) -> SharedWorld:
        clock = FakeClock()
        return open_world(make_sandbox(fleet, clock=clock), clock, monkeypatch, tmp_path)

    return make


def test_a_worker_that_its_queue_has_scaled_out_is_scaled_in_by_hand(opened: Open) -> None:
    """A flood brings tasks, its end takes none away: the plan says why, and what a person sets then
    stays."""
    shared = opened("rugmunch")
    flood = {"fault": "queue-backlog", "fleet": "rugmunch", "environment": "production", "service": "worker"}
    assert shared.sandbox.control("POST", "world", flood)[0] == 200
    shared.wait_until(lambda: _desired(shared) > MINIMUM, 900, step_s=60)
    assert shared.sandbox.control("DELETE", "world")[0] == 200
    shared.wait(1800)
    ratcheted = _desired(shared)
    ledger, digest = Ledger.open(shared), running(shared, WORKER)

    engine = shared.engine()
    plan = engine.plan(Wish(Verb.SCALE, WORKER, desired=MINIMUM))
    facts = shared.run(engine, plan)

    assert ratcheted > MINIMUM
    assert "only ever scales out" in "\n".join(plan.remarks)
    assert facts["verdict"] == "SUCCEEDED", pretty(facts)
    assert_journalled(shared, Verb.SCALE, WORKER, facts)
    assert ledger.closed() == {"ecs.UpdateService": 1}
    shared.wait(600)
    assert counts(shared, WORKER)["running"] == _desired(shared) == MINIMUM
    assert running(shared, WORKER) == digest


def _desired(shared: SharedWorld) -> int:
    return observed(shared, WORKER).status.desired


@pytest.mark.campaign
def test_a_tag_that_others_point_back_is_a_way_back_that_a_restart_completes(opened: Open) -> None:
    """The console writes to no registry; once CI has, a restart says that it is a deploy, and of what."""
    shared = opened("rugmunch")
    good = running(shared, API)
    begun = image(shared, API, "error-spike")
    shared.move_tag(API, "latest", to=begun.tag)
    shared.begin(API, "", by_force=True)
    finished(shared, API)
    assert running(shared, API) == begun.digest
    _, images = shared.sandbox.control("GET", "images")
    name = shared.repository(API)
    before = next(i["tag"] for i in images if i["repository"] == name and i["digest"] == good)
    shared.move_tag(API, "latest", to=before)
    ledger = Ledger.open(shared)

    engine = shared.engine()
    plan = engine.plan(Wish(Verb.RESTART, API))
    facts = shared.run(engine, plan)

    assert any("has moved: this is a deploy" in remark for remark in plan.remarks), plan.remarks
    assert facts["verdict"] == "SUCCEEDED", pretty(facts)
    assert facts["to"]["digest"] == running(shared, API) == good
    assert_journalled(shared, Verb.RESTART, API, facts)
    assert ledger.closed() == {"ecs.UpdateService": 1}


@pytest.mark.campaign
def test_where_tags_may_not_move_the_way_back_is_the_definition(opened: Open) -> None:
    """The registry refuses to point a release's tag elsewhere; a rollback needs no tag."""
    shared = opened("clever-better")
    good = running(shared, BOT)
    assert shared.deploy(BOT, "v2.9.0")["verdict"] == "SUCCEEDED"
    with pytest.raises(ClientError, match="ImageTagAlreadyExistsException"):
        shared.move_tag(BOT, "v2.9.0", to="v2.7.2")

    facts = shared.roll_back(BOT)

    assert facts["verdict"] == "SUCCEEDED", pretty(facts)
    assert running(shared, BOT) == good


@pytest.mark.campaign
@pytest.mark.parametrize(
    ("group", "version", "members"),
    [(TRADING, "v2.9.0", (BOT, ML, INGESTION)), (SCANNER, "error-spike", (API, WORKER))],
    ids=["clever-better", "rugmunch"],
)
def test_all_of_a_system_goes_forward_and_back_as_one(
    group: GroupAddress, version: str, members: tuple[Address, ...], opened: Open
) -> None:
    """Each member has its own operation, verdict and way back; one verdict stands for all."""
    shared = opened(group.system)
    before = {address: running(shared, address) for address in members}
    ledger = Ledger.open(shared)

    forward = as_one(shared, GroupWish(Verb.DEPLOY, group, version=version))
    assert forward["verdict"] == "SUCCEEDED", pretty(forward)
    assert {running(shared, address) for address in members}.isdisjoint(before.values())
    back = as_one(shared, GroupWish(Verb.ROLLBACK, group))

    assert back["verdict"] == "SUCCEEDED", pretty(back)
    assert back["safe_s"] <= 300
    assert {address: running(shared, address) for address in members} == before
    for address, facts in zip(members, back["members"], strict=True):
        assert_journalled(shared, Verb.ROLLBACK, address, facts)
    assert ledger.closed()["ecs.UpdateService"] == 2 * len(members)


def as_one(shared: SharedWorld, wish: GroupWish) -> dict[str, Any]:
    """Plan, confirm and carry out for a group; the facts of its verdict."""
    engine = shared.engine()
    events = list(engine.execute_group(engine.plan_group(wish), str(wish.group)))
    return dict(events[-1].event.facts)


def test_a_deploy_that_waits_keeps_others_away_until_it_is_taken_back(opened: Open) -> None:
    """PAUSED, and nobody watches it: a drain would disturb it, and no longer once we have rolled back."""
    shared = opened("swapjoy")
    engine = shared.engine(hooks="stop")
    good = running(shared, SWAPJOY)
    assert shared.run(engine, engine.plan_deploy(SWAPJOY, "good"))["verdict"] == "PAUSED"
    drain = engine.plan(Wish(Verb.DRAIN, SWAPJOY))
    with pytest.raises(RefusedError, match=r"a deploy of .* is under way"):
        engine.permit(drain, str(SWAPJOY))

    assert shared.roll_back(SWAPJOY)["verdict"] == "SUCCEEDED"

    engine.permit(drain, str(SWAPJOY))
    assert running(shared, SWAPJOY) == good
