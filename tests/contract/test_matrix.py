"""Every system's operations from end to end: deploys of good and bad images, the ways back, drain and
undrain; each with its verdict, what runs in the end, and what the journal says. Console and world share a
clock; the whole in campaigns, a slice in every run. What each system has besides stands in
:mod:`test_matrix_table`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from console.domain.address import Address
from console.domain.operation import Mechanism, Verb
from console.domain.wish import Wish
from tests.contract.conftest import SandboxFactory
from tests.contract.fleet_cells import (
    BOT,
    CODE_DEPLOY,
    INGESTION,
    MEALS,
    MEALS_STAGING,
    ML,
    SWAPJOY,
    continued,
    counts,
    finished,
    image,
    observed,
    running,
)
from tests.contract.ledger import Ledger, assert_journalled
from tests.contract.shared_world import (
    API,
    MARKET,
    STAGING,
    WORKER,
    SharedWorld,
    open_world,
    pretty,
    shipped_by_codedeploy,
)
from tests.contract.truth import served_otherwise
from tests.fakes import FakeClock

Open = Callable[[Address], SharedWorld]
ARRIVES, BAKES, GOES_BACK = "SUCCEEDED", "BAKING", "ROLLED_BACK"
GOOD = ("healthy", "slow-start")
UNSEEN = ("error-spike", "latency-spike")
"""ECS sees nothing wrong with them, unless an alarm watches the deployment."""
BROKEN = ("crash", "oom", "unhealthy")
"""They never turn healthy."""


@dataclass(frozen=True)
class Cell:
    """One image deployed to one service."""

    address: Address
    behaviour: str
    verdict: str
    says: str = ""
    """A part of the verdict's reason."""

    def __str__(self) -> str:
        return f"{self.address} {self.behaviour}"


def rolling(address: Address, ends: str = ARRIVES, *, unhealthy: str = GOES_BACK) -> tuple[Cell, ...]:
    """What a service's images deserve where the breaker watches."""
    found = [Cell(address, name, ends) for name in (*GOOD, *UNSEEN)]
    found += [Cell(address, name, GOES_BACK, "circuit breaker") for name in ("crash", "oom")]
    said = "circuit breaker" if unhealthy == GOES_BACK else ""
    return (*found, Cell(address, "unhealthy", unhealthy, said))


def migrated(address: Address, ends: str) -> tuple[Cell, ...]:
    """The same where the migration runs on the image first: what dies at once never gets further."""
    return tuple(
        Cell(address, cell.behaviour, "FAILED", "exit code") if cell.behaviour in ("crash", "oom") else cell
        for cell in rolling(address, ends)
    )


CELLS = (
    *rolling(API),
    Cell(API, "limping", ARRIVES, "out of memory"),
    *rolling(WORKER, unhealthy=ARRIVES),  # nobody asks a worker how it is
    *migrated(MEALS_STAGING, ARRIVES),
    *migrated(MEALS, BAKES),
    *rolling(BOT),
    *rolling(ML),
    Cell(ML, "limping", ARRIVES, "out of memory"),
    *rolling(INGESTION),
    *rolling(STAGING),
    Cell(CODE_DEPLOY, "healthy", BAKES),
    Cell(CODE_DEPLOY, "error-spike", BAKES),
    Cell(SWAPJOY, "healthy", BAKES),
    Cell(SWAPJOY, "crash", GOES_BACK, "circuit breaker"),
    Cell(SWAPJOY, "error-spike", GOES_BACK, "alarm"),
)
SLICE = {(API, "error-spike"), (WORKER, "crash")}


@pytest.fixture
def opened(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    def make(address: Address) -> SharedWorld:
        clock = FakeClock()
        return open_world(make_sandbox(address.system, clock=clock), clock, monkeypatch, tmp_path)

    return make


def parameters(items: Any, is_sliced: Callable[[Any], bool]) -> list[Any]:
    """Some in every run, the rest in campaigns."""
    return [
        pytest.param(item, id=str(item), marks=() if is_sliced(item) else pytest.mark.campaign)
        for item in items
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("cell", parameters(CELLS, lambda cell: (cell.address, cell.behaviour) in SLICE))
def test_a_deploy_ends_as_its_image_deserves(cell: Cell, opened: Open) -> None:
    """Verdict, who decided it, what runs, and the journal; every call was confirmed."""
    shared, address = opened(cell.address), cell.address
    before, wanted = running(shared, address), image(shared, address, cell.behaviour)
    ledger = Ledger.open(shared)
    engine = shared.engine(until="bake", hooks="continue", timeout_s=5400.0)

    facts = shared.run(engine, engine.plan(Wish(Verb.DEPLOY, address, version=wanted.tag)))

    assert facts["verdict"] == cell.verdict, pretty(facts)
    assert cell.says.lower() in facts["reason"].lower()
    assert facts["to"]["digest"] == wanted.digest
    assert facts["by"] == {ARRIVES: "operator", GOES_BACK: "ecs"}.get(cell.verdict)
    assert running(shared, address) == (wanted.digest if cell.verdict in (ARRIVES, BAKES) else before)
    if cell.verdict != BAKES:
        assert_journalled(shared, Verb.DEPLOY, address, facts)
    shipped = ledger.closed()
    assert shipped["ecs.UpdateService"] + shipped["codedeploy.CreateDeployment"] == (cell.verdict != "FAILED")


def in_flight(shared: SharedWorld, address: Address, tag: str) -> None:
    """Somebody else's deployment, on its way."""
    if address == CODE_DEPLOY:
        shipped_by_codedeploy(shared, address, tag)
        shared.wait(240)
    else:
        shared.begin(address, tag)
        shared.wait(60)


def arrived(shared: SharedWorld, address: Address, tag: str) -> None:
    """Somebody else's deployment, finished."""
    in_flight(shared, address, tag)
    continued(shared, address)
    finished(shared, address)
    shared.wait(60)


SERVICES = (API, WORKER, CODE_DEPLOY, MEALS, MEALS_STAGING, BOT, ML, INGESTION, MARKET, STAGING, SWAPJOY)
STOPS = (
    Mechanism.STOP_SERVICE_DEPLOYMENT,
    Mechanism.STOP_DEPLOYMENT,
    Mechanism.CONTINUE_SERVICE_DEPLOYMENT,
)


def gone_back(shared: SharedWorld, address: Address, good: str | None, **wishes: Any) -> Mechanism:
    """Roll back, and hold it to its verdict, to what runs, to the journal and to the world's account."""
    ledger = Ledger.open(shared)
    engine = shared.engine()
    plan = engine.plan(Wish(Verb.ROLLBACK, address, **wishes))

    facts = shared.run(engine, plan)

    assert facts["verdict"] == "SUCCEEDED", pretty(facts)
    assert facts["by"] == "operator"
    assert facts["to"]["digest"] == good
    assert running(shared, address) == good
    assert facts["safe_s"] <= 300
    assert_journalled(shared, Verb.ROLLBACK, address, facts)
    assert sum(ledger.closed().values()) >= 1
    assert address in shared.engine().holds()
    shared.wait(180)
    (record, *_) = shared.journal.operations(str(address))
    assert record.safe_at is not None
    assert not served_otherwise(shared, address, good, record.safe_at)
    return plan.mechanism


@pytest.mark.parametrize("address", parameters(SERVICES, lambda address: address in (CODE_DEPLOY, BOT)))
def test_a_deployment_in_flight_is_taken_back(address: Address, opened: Open) -> None:
    """Whoever began it; what ran before serves again."""
    shared = opened(address)
    if address == MARKET:  # the fleet begins with one
        good = shared.engine().plan(Wish(Verb.ROLLBACK, address)).target.digest
    else:
        good = running(shared, address)
        in_flight(shared, address, image(shared, address, "error-spike").tag)

    assert gone_back(shared, address, good) in STOPS


@pytest.mark.parametrize("address", parameters(SERVICES, lambda address: address == WORKER))
def test_a_finished_deployment_is_rolled_back(address: Address, opened: Open) -> None:
    """At once where the strategy has steps; what was put aside for that is put back."""
    shared = opened(address)
    if address == MARKET:
        assert shared.roll_back(address)["verdict"] == "SUCCEEDED"
    good = running(shared, address)
    direct = address in (SWAPJOY, MEALS, CODE_DEPLOY)
    strategy = configuration(shared, address)
    arrived(shared, address, image(shared, address, "latency-spike").tag)

    mechanism = gone_back(shared, address, good, direct=direct)

    assert mechanism in (Mechanism.UPDATE_SERVICE, Mechanism.CREATE_DEPLOYMENT)
    assert configuration(shared, address) == strategy


def configuration(shared: SharedWorld, address: Address) -> dict[str, object]:
    """How it is deployed; no hooks and an empty list of hooks are the same."""
    live = observed(shared, address).status.configuration
    return {name: value for name, value in live.items() if value != []}


@pytest.mark.parametrize("address", parameters(SERVICES, lambda address: address in (INGESTION, SWAPJOY)))
def test_a_service_is_drained_and_comes_back_as_it_was(address: Address, opened: Open) -> None:
    """Counts, limits and suspensions; none serves meanwhile, and another process takes it back."""
    shared = opened(address)
    if address == MARKET:
        assert shared.roll_back(address)["verdict"] == "SUCCEEDED"
        finished(shared, address)
    before, ledger = counts(shared, address), Ledger.open(shared)
    digest = running(shared, address)

    drained = shared.carry(Wish(Verb.DRAIN, address))
    assert drained["verdict"] == "SUCCEEDED", pretty(drained)
    assert_journalled(shared, Verb.DRAIN, address, drained)
    shared.wait(600)
    empty = counts(shared, address)
    assert (empty["desired"], empty["running"]) == (0, 0)
    back = shared.carry(Wish(Verb.UNDRAIN, address))

    assert back["verdict"] == "SUCCEEDED", pretty(back)
    assert_journalled(shared, Verb.UNDRAIN, address, back)
    assert counts(shared, address) == before
    assert running(shared, address) == digest
    made = ledger.closed()
    assert made["ecs.UpdateService"] == 2
    assert set(made) <= {"ecs.UpdateService", "application-autoscaling.RegisterScalableTarget"}
