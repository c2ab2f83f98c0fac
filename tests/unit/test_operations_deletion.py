"""A service that is deleted under an operation, a watch or a member of a group: failed, never safe."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from console.domain.action import Action, ActionKind, ActionSight, ActionState
from console.domain.operation import OperationEvent, Verb
from console.domain.scaling import Scaling
from console.domain.service import Observation
from console.domain.wish import Wish
from console.errors import EndpointError, MissingServiceError, OutcomeUnknownError
from console.operations.performer import Performer
from console.operations.settled import settled
from console.operations.witness import Witness
from tests.builders import (
    ADDRESS,
    a_new_release,
    a_new_rollout,
    a_release,
    a_rolling_observation,
    a_rollout,
    a_service,
    an_observation,
)
from tests.unit.conftest import Bench

TYPED = "production/api"
MISSING = MissingServiceError("cluster rugmunch-production has no service rugmunch-api")
NO_CLUSTER = MissingServiceError("there is no cluster rugmunch-production")


def emptied(status: str) -> Observation:
    """Nothing desired, nothing running, and nothing of another version: as good as it gets by counts."""
    gone = a_service(status=status, desired=0, running=0)
    return an_observation(status=gone, tasks=(), targets=())


def inactive(bench: Bench) -> None:
    bench.platform.put(emptied("INACTIVE"))


def draining(bench: Bench) -> None:
    bench.platform.put(emptied("DRAINING"))


def missing(bench: Bench) -> None:
    for method in ("observe", "look", "find"):
        bench.platform.fail(method, MISSING, times=None)


def without_cluster(bench: Bench) -> None:
    for method in ("observe", "look", "find"):
        bench.platform.fail(method, NO_CLUSTER, times=None)


DELETIONS = pytest.mark.parametrize("delete", [inactive, draining, missing, without_cluster])
Delete = Callable[[Bench], None]


@pytest.fixture
def steady(bench: Bench) -> Bench:
    """v1.4.2 serves; v1.4.3 can be shipped."""
    bench.platform.put(an_observation())
    bench.platform.histories[ADDRESS] = (a_rollout(),)
    bench.platform.candidates["v1.4.2"] = replace(a_release(), id=None)
    bench.platform.candidates["v1.4.3"] = replace(a_new_release(), id=None)
    bench.platform.known.update({str(item.id): item for item in (a_release(), a_new_release())})
    return bench


def ends(bench: Bench, events: Iterator[OperationEvent]) -> tuple[str, str]:
    """Verdict and reason; *safe* was never said."""
    told = list(events)
    assert "safe" not in [event.event for event in told]
    facts = bench.verdict(told)
    return str(facts["verdict"]), str(facts["reason"])


@DELETIONS
@pytest.mark.parametrize("verb", [Verb.DEPLOY, Verb.RESTART])
def test_a_rollout_whose_service_is_deleted_has_failed(steady: Bench, delete: Delete, verb: Verb) -> None:
    """*All 0 tasks serve* is true of it."""
    plan = steady.engine.plan(Wish(verb, ADDRESS, version="v1.4.3" if verb is Verb.DEPLOY else ""))
    steady.platform.on_act = lambda order: delete(steady)
    verdict, reason = ends(steady, steady.engine.execute(plan, TYPED))
    assert verdict == "FAILED"
    assert "deleted" in reason


@DELETIONS
@pytest.mark.parametrize("wish", [Wish(Verb.DRAIN, ADDRESS), Wish(Verb.SCALE, ADDRESS, desired=3)])
def test_a_walk_whose_service_is_deleted_has_failed(steady: Bench, delete: Delete, wish: Wish) -> None:
    """Its tasks are gone: that is no drain. What was done before is said to stay done."""
    steady.platform.scalings[ADDRESS] = Scaling(2, 10)
    plan = steady.engine.plan(wish)
    last = plan.actions[-1].kind
    steady.platform.sights[last] = [ActionSight(ActionState.WAITING, "2 tasks still there")] * 2
    steady.platform.sights[last] += [ActionSight(ActionState.DONE, "0 serving")]
    steady.clock.at(4, lambda: delete(steady))
    verdict, reason = ends(steady, steady.engine.execute(plan, TYPED))
    assert verdict == "FAILED"
    assert "deleted" in reason


def test_a_lost_read_is_no_deletion(steady: Bench) -> None:
    """One answer that does not list it is no deletion either: it is asked for again."""
    plan = steady.engine.plan(Wish(Verb.DRAIN, ADDRESS))
    steady.platform.fail("observe", EndpointError("nobody answers"))
    steady.platform.fail("observe", MISSING)
    assert steady.verdict(list(steady.engine.execute(plan, TYPED)))["verdict"] == "SUCCEEDED"


def test_an_order_whose_answer_was_lost_on_a_deleted_service_has_failed(steady: Bench) -> None:
    """Nothing of it is to be found, and the reason is not that nobody answers."""
    plan = steady.engine.plan(Wish(Verb.RESTART, ADDRESS))
    steady.platform.fail("act", OutcomeUnknownError("no answer in 8 s"))
    steady.clock.at(1, lambda: missing(steady))
    verdict, reason = ends(steady, steady.engine.execute(plan, TYPED))
    assert verdict == "FAILED"
    assert "deleted" in reason


@DELETIONS
def test_what_others_roll_out_on_a_service_that_is_deleted_has_failed(bench: Bench, delete: Delete) -> None:
    """Also where ECS's list still calls the rollout before a success."""
    bench.platform.put(a_rolling_observation())
    bench.platform.histories[ADDRESS] = (a_rollout(), a_new_rollout())
    bench.clock.at(4, lambda: delete(bench))
    witness = Witness(bench.platform, bench.settings.service(ADDRESS), bench.clock)
    verdict, reason = ends(bench, witness.watch())
    assert verdict == "FAILED"
    assert "deleted" in reason


@pytest.mark.parametrize("status", ["INACTIVE", "DRAINING"])
def test_what_is_deleted_at_the_first_look_is_no_success_of_before(bench: Bench, status: str) -> None:
    """The last rollout succeeded, and nothing of it is left."""
    bench.platform.put(emptied(status))
    bench.platform.histories[ADDRESS] = (a_rollout(),)
    witness = Witness(bench.platform, bench.settings.service(ADDRESS), bench.clock)
    assert ends(bench, witness.watch())[0] == "FAILED"


def test_a_name_that_ecs_never_listed_is_an_error_not_a_verdict(bench: Bench) -> None:
    """It may be misnamed: the remedy says so."""
    missing(bench)
    witness = Witness(bench.platform, bench.settings.service(ADDRESS), bench.clock)
    with pytest.raises(MissingServiceError):
        list(witness.watch())


@pytest.mark.parametrize("status", ["INACTIVE", "DRAINING"])
def test_no_part_of_a_deleted_service_is_well(bench: Bench, status: str) -> None:
    """Neither healthy tasks that are waited for, nor the check for coming to rest."""
    bench.platform.put(emptied(status))
    performer = Performer(bench.platform, bench.clock)
    sight = performer.look(ADDRESS, Action(ActionKind.WAIT_HEALTHY, "wait"), {})
    assert sight.state is ActionState.FAILED
    after = bench.settings.service(ADDRESS).no_check_healthy_after
    (steady,) = [item for item in settled(emptied(status), None, after) if item.name == "steady"]
    assert "deleted" in steady.said
