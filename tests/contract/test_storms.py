"""AWS fails in mid-operation: throttling, a lost connection, an expired token. Whatever the verb, its order
is received once, and what became of it is found out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from console.domain.address import Address
from console.domain.operation import Verb
from console.domain.wish import Wish
from tests.contract.conftest import SandboxFactory
from tests.contract.fleet_cells import (
    CODE_DEPLOY,
    MEALS_STAGING,
    SWAPJOY,
    finished,
    image,
    paused,
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
from tests.fakes import FakeClock

COUNT, LIMITS = "ecs.UpdateService", "application-autoscaling.RegisterScalableTarget"


@dataclass(frozen=True)
class Case:
    """One verb, and how often each of its changing calls is received when all goes well."""

    wish: Wish
    sends: dict[str, int]
    lead: Callable[[SharedWorld], object] = lambda shared: None


def badly_rolled(shared: SharedWorld) -> None:
    shared.begin(STAGING, image(shared, STAGING, "error-spike").tag)
    finished(shared, STAGING)


def waiting(shared: SharedWorld) -> None:
    shared.begin(SWAPJOY, image(shared, SWAPJOY, "healthy").tag)
    paused(shared, SWAPJOY)


def by_codedeploy(shared: SharedWorld) -> None:
    shipped_by_codedeploy(shared, CODE_DEPLOY, image(shared, CODE_DEPLOY, "error-spike").tag)
    shared.wait(240)


def drained(shared: SharedWorld) -> None:
    assert shared.carry(Wish(Verb.DRAIN, WORKER))["verdict"] == "SUCCEEDED"


CASES = {
    "deploy": Case(Wish(Verb.DEPLOY, STAGING, version="good"), {COUNT: 1}),
    "deploy by codedeploy": Case(
        Wish(Verb.DEPLOY, CODE_DEPLOY, version="good"), {"codedeploy.CreateDeployment": 1}
    ),
    "rollback": Case(Wish(Verb.ROLLBACK, STAGING), {COUNT: 1}, badly_rolled),
    "rollback in flight": Case(Wish(Verb.ROLLBACK, MARKET), {"ecs.StopServiceDeployment": 1}),
    "rollback at a pause": Case(Wish(Verb.ROLLBACK, SWAPJOY), {"ecs.ContinueServiceDeployment": 1}, waiting),
    "rollback by codedeploy": Case(
        Wish(Verb.ROLLBACK, CODE_DEPLOY), {"codedeploy.StopDeployment": 1}, by_codedeploy
    ),
    "drain": Case(Wish(Verb.DRAIN, WORKER), {COUNT: 1, LIMITS: 1}),
    "undrain": Case(Wish(Verb.UNDRAIN, WORKER), {COUNT: 1, LIMITS: 1}, drained),
    "scale": Case(Wish(Verb.SCALE, WORKER, desired=3, maximum=25), {COUNT: 1, LIMITS: 1}),
    "restart": Case(Wish(Verb.RESTART, API), {COUNT: 1}),
    "migrate": Case(Wish(Verb.MIGRATE, MEALS_STAGING, version="good"), {"ecs.RunTask": 1}),
    "continue": Case(Wish(Verb.CONTINUE, SWAPJOY), {"ecs.ContinueServiceDeployment": 1}, waiting),
}
SLICE = {("rollback in flight", "lost"), ("scale", "throttled"), ("deploy", "expired"), ("scale", "reset")}
"""What is tried in every run."""


def cases(*storms: str) -> list[Any]:
    return [
        pytest.param(verb, storm, marks=() if (verb, storm) in SLICE else pytest.mark.campaign)
        for verb in CASES
        for storm in storms
    ]


@pytest.fixture
def opened(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    def make(address: Address) -> SharedWorld:
        clock = FakeClock()
        return open_world(make_sandbox(address.system, clock=clock), clock, monkeypatch, tmp_path)

    return make


def storm(shared: SharedWorld, error: str, seconds: float) -> None:
    """Every call fails for so long."""
    body = {"operation": "*", "error": error, "duration": seconds}
    assert shared.sandbox.control("POST", "faults", body)[0] == 200


def settled(shared: SharedWorld, wish: Wish, last: dict[str, Any]) -> dict[str, Any]:
    """The verdict once everything can be read again: what was unknown is asked anew, and not sent anew."""
    if last["verdict"] != "UNKNOWN":
        return last
    shared.wait(120)
    engine = shared.engine(until="safe")
    under_way = engine.attachable(wish.verb, wish.address)
    assert under_way is not None
    return dict(list(engine.resume(under_way.id))[-1].facts)


ERRORS = {"throttled": "ThrottlingException", "lost": "reset", "expired": "ExpiredTokenException"}


@pytest.mark.parametrize(("verb", "kind"), cases(*ERRORS))
def test_a_storm_in_mid_operation_changes_neither_the_orders_nor_their_outcome(
    verb: str, kind: str, opened: Any
) -> None:
    """A minute and a half in which nothing is answered, from the moment at which the first order was
    carried out, whose answer is lost to the same storm."""
    case = CASES[verb]
    shared: SharedWorld = opened(case.wish.address)
    case.lead(shared)
    before = {name: shared.calls(name) for name in case.sends}
    engine = shared.engine(until="safe")
    plan = engine.plan(case.wish)
    first = "" if kind == "expired" else next(iter(case.sends))

    struck = False
    last: dict[str, Any] = {}
    for event in engine.execute(plan, str(plan.address)):
        if first not in ("", "never") and event.event == "sent" and not struck:
            struck = True
            shared.sandbox.fault(first_of(case, event.facts), ERRORS[kind], when="after")
        elif event.event in ("accepted", "performed", "unanswered") and (not first or struck):
            storm(shared, ERRORS[kind], 20.0 if event.event == "unanswered" else 90.0)
            first, struck = "never", False
        last = dict(event.facts)
    shared.sandbox.control("DELETE", "faults")
    last = settled(shared, case.wish, last)
    turned_away = "not carried out: " in last["reason"] and "1 step before it done" in last["reason"]
    if turned_away:  # a later step, while the token had expired: the same command goes on
        last = shared.run(engine, engine.plan(case.wish))

    assert last["verdict"] in ("SUCCEEDED", "BAKING"), pretty(last)
    sent = sum(shared.calls(name) - before[name] for name in case.sends)
    assert sent == sum(case.sends.values()) + turned_away


def first_of(case: Case, facts: Any) -> str:
    """The call that is about to be made."""
    kind = facts.get("kind")
    if kind in ("set_limits", "suspend_scaling", "resume_scaling"):
        return LIMITS
    return COUNT if COUNT in case.sends else next(iter(case.sends))


@pytest.mark.parametrize(("verb", "error"), cases("throttled"))
def test_an_order_that_was_throttled_is_sent_again_by_every_verb(verb: str, error: str, opened: Any) -> None:
    """Each of its writes is refused once, and none is carried out twice."""
    case = CASES[verb]
    shared: SharedWorld = opened(case.wish.address)
    case.lead(shared)
    engine = shared.engine(until="safe")
    plan = engine.plan(case.wish)
    before = {name: shared.calls(name) for name in case.sends}
    for name in case.sends:
        shared.sandbox.fault(name, ERRORS[error])

    done = shared.run(engine, plan)

    assert done["verdict"] in ("SUCCEEDED", "BAKING"), pretty(done)
    assert {name: shared.calls(name) - before[name] - 1 for name in case.sends} == case.sends


@pytest.mark.parametrize(("verb", "error"), cases("ExpiredTokenException", "reset"))
def test_an_order_that_aws_turned_away_is_not_sent_again(verb: str, error: str, opened: Any) -> None:
    """FAILED where AWS says so and waiting is no remedy, UNKNOWN and later FAILED where nobody said
    anything; the same command is then free to do it."""
    case = CASES[verb]
    shared: SharedWorld = opened(case.wish.address)
    case.lead(shared)
    engine = shared.engine(until="safe")
    plan = engine.plan(case.wish)
    sent = sorted(case.sends)
    before = sum(shared.calls(name) for name in sent)
    for name in sent:
        shared.sandbox.fault(name, error)

    last = shared.run(engine, plan)
    assert sum(shared.calls(name) for name in sent) == before + 1
    shared.sandbox.control("DELETE", "faults")
    last = settled(shared, case.wish, last)

    assert last["verdict"] == "FAILED", pretty(last)
    assert sum(shared.calls(name) for name in sent) == before + 1
    again = shared.engine(until="safe")
    done = shared.run(again, again.plan(case.wish))
    assert done["verdict"] in ("SUCCEEDED", "BAKING"), pretty(done)
    assert sum(shared.calls(name) for name in sent) == before + 1 + sum(case.sends.values())
