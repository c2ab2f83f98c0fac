"""A hundred ways back by seed: safe in time where the settings allow it, said beforehand where they do not,
within the range that was estimated, and true by the world's own account of who answered what."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from console.domain.address import Address
from console.domain.operation import Plan, Verb
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
    finished,
    image,
    running,
)
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
from tests.contract.truth import executing_otherwise, served_otherwise
from tests.fakes import FakeClock

PROMISED_S = 300
AFTER_S = 240
"""How long the world is watched once the console has called it safe."""


@dataclass(frozen=True)
class Scene:
    """Where a rollback starts from."""

    address: Address
    lead: Callable[[SharedWorld, Address, random.Random], None]
    """Brings the bad version there."""
    direct: bool = False
    bad_serves: bool = True
    """Whether requests are sure to meet the bad version before it."""


def rolled(shared: SharedWorld, address: Address, chance: random.Random) -> None:
    """It finished a while ago."""
    shared.begin(address, image(shared, address, "error-spike").tag)
    finished(shared, address)
    shared.wait(chance.uniform(30, 1500))


def rolling(shared: SharedWorld, address: Address, chance: random.Random) -> None:
    """It is somewhere on its way."""
    shared.begin(address, image(shared, address, "error-spike").tag)
    shared.wait(chance.uniform(15, 240))


def under_way(shared: SharedWorld, address: Address, chance: random.Random) -> None:
    """What the fleet's file began."""
    shared.wait(chance.uniform(0, 120))


def stepping(shared: SharedWorld, address: Address, chance: random.Random) -> None:
    """Some share of the traffic is on it, or all of it while it bakes."""
    shared.begin(address, image(shared, address, "error-spike").tag)
    shared.wait(chance.uniform(200, 3000))


def stepped(shared: SharedWorld, address: Address, chance: random.Random) -> None:
    """Past its pause, all steps and its bake."""
    shared.begin(address, image(shared, address, "latency-spike").tag)
    continued(shared, address)
    finished(shared, address)
    shared.wait(chance.uniform(0, 600))


def codedeploy_kept(shared: SharedWorld, address: Address, chance: random.Random) -> None:
    """CodeDeploy is on its way, or keeps the old set."""
    shipped_by_codedeploy(shared, address, image(shared, address, "error-spike").tag)
    shared.wait(chance.uniform(60, 1500))


def codedeploy_over(shared: SharedWorld, address: Address, chance: random.Random) -> None:
    """CodeDeploy has let the old set go."""
    shipped_by_codedeploy(shared, address, image(shared, address, "error-spike").tag)
    shared.wait(4200)
    finished(shared, address)
    shared.wait(chance.uniform(0, 600))


SCENES = (
    Scene(API, rolled),
    Scene(MARKET, under_way),
    Scene(WORKER, rolled),
    Scene(STAGING, rolled),
    Scene(ML, rolled),
    Scene(MEALS, stepping, bad_serves=False),
    Scene(API, rolling, bad_serves=False),
    Scene(BOT, rolled),
    Scene(SWAPJOY, stepped, direct=True),
    Scene(CODE_DEPLOY, codedeploy_kept, bad_serves=False),
    Scene(MEALS_STAGING, rolled),
    Scene(MARKET, rolled),
    Scene(INGESTION, rolled),
    Scene(WORKER, rolling, bad_serves=False),
    Scene(CODE_DEPLOY, codedeploy_over, direct=True),
    Scene(STAGING, rolling, bad_serves=False),
)


@dataclass(frozen=True)
class Outcome:
    """One rollback: what was said of it beforehand, and how it was."""

    seed: int
    plan: Plan
    facts: dict[str, Any]
    wrongly_served: list[str]
    """After safe, by the world's account."""
    still_executing: list[str]
    served_before: bool
    """Whether the world saw the bad version serve at all: that its account can tell."""

    @property
    def safe_s(self) -> float:
        return float(self.facts["safe_s"])

    @property
    def is_inside(self) -> bool:
        figure = self.plan.estimate
        return figure is not None and figure.low_s <= self.safe_s <= figure.high_s

    def __str__(self) -> str:
        figure = self.plan.estimate
        said = f"{figure.low_s:.0f}-{figure.high_s:.0f} ({figure.samples})" if figure else "none"
        return (
            f"{self.seed}: {self.plan.address} {self.plan.mechanism.value}"
            f" safe {self.facts['safe_s']} said {said} {figure.limit if figure else ''}"
        )


def rolled_back(seed: int, scene: Scene, shared: SharedWorld) -> Outcome:
    """Bring the scene about, roll back, and ask the world."""
    address, chance = scene.address, random.Random(seed)
    scene.lead(shared, address, chance)
    engine = shared.engine()
    plan = engine.plan(Wish(Verb.ROLLBACK, address, direct=scene.direct))
    ordered = shared.clock.now()
    facts = shared.run(engine, plan)
    assert facts["verdict"] == "SUCCEEDED", f"seed {seed}: {pretty(facts)}"
    assert facts["safe_s"] is not None
    safe_at = ordered + timedelta(seconds=facts["safe_s"])
    shared.wait(AFTER_S)
    good = plan.target.digest
    assert running(shared, address) == good
    before = served_otherwise(shared, address, good, ordered - timedelta(seconds=600), ordered)
    return Outcome(
        seed,
        plan,
        facts,
        served_otherwise(shared, address, good, safe_at),
        executing_otherwise(shared, address, good, safe_at) if address in (WORKER, BOT, INGESTION) else [],
        bool(before),
    )


def some(of: range) -> Any:
    return pytest.param(of, id=f"seeds {of.start} to {of.stop - 1}", marks=pytest.mark.campaign)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "seeds", [pytest.param(range(3), id="slice"), *(some(range(s, s + 20)) for s in range(0, 100, 20))]
)
def test_rollbacks_are_safe_in_time_and_as_estimated(
    seeds: range, make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Three of four inside their range at least; all within five minutes, unless the plan had said no."""
    found = []
    for seed in seeds:
        scene = SCENES[seed % len(SCENES)]
        clock = FakeClock()
        sandbox = make_sandbox(scene.address.system, seed=seed, clock=clock)
        shared = open_world(sandbox, clock, monkeypatch, tmp_path / str(seed))
        outcome = rolled_back(seed, scene, shared)
        print(outcome, "inside" if outcome.is_inside else "OUTSIDE")
        assert not outcome.wrongly_served, f"{outcome}: {outcome.wrongly_served[:5]}"
        assert not outcome.still_executing, str(outcome)
        assert outcome.served_before or not scene.bad_serves, "the world's account sees no bad version"
        found.append(outcome)

    for outcome in found:
        assert outcome.plan.estimate is not None, str(outcome)
        assert outcome.safe_s <= PROMISED_S or outcome.plan.estimate.limit, str(outcome)
    outside = [str(outcome) for outcome in found if not outcome.is_inside]
    assert len(outside) <= len(found) * 0.25, "\n".join(outside)


SLOW = (Scene(SWAPJOY, stepped), Scene(MEALS, stepped))


@pytest.mark.parametrize("scene", SLOW, ids=lambda scene: scene.address.system)
def test_what_cannot_be_safe_in_time_says_so_beforehand(
    scene: Scene, make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The setting by its name, and the way that is quicker; nothing is sent."""
    clock = FakeClock()
    shared = open_world(make_sandbox(scene.address.system, clock=clock), clock, monkeypatch, tmp_path)
    scene.lead(shared, scene.address, random.Random(1))

    plan = shared.engine().plan(Wish(Verb.ROLLBACK, scene.address))

    assert plan.estimate is not None
    assert plan.estimate.low_s > PROMISED_S
    assert "safe within 5:00 is out of reach: " in plan.estimate.limit
    assert "steps watched for" in plan.estimate.limit
    assert any("direct ships it at once" in remark for remark in plan.remarks)
