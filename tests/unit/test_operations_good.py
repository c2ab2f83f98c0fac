"""Which tasks are good: those of the order's own deployment, never those of the same definition."""

from dataclasses import replace

import pytest

from console.domain.operation import Accepted, Mechanism, Plan, Verb
from console.domain.rollout import CODE_DEPLOY, RolloutStatus
from console.operations.good import good_of, proved_digests
from tests.builders import (
    ADDRESS,
    NEW_DEPLOYMENT,
    NEW_RELEASE,
    OLD_DEPLOYMENT,
    OLD_RELEASE,
    a_deployment,
    a_new_deployment,
    a_new_rollout,
    a_release,
    a_rolling_observation,
    a_service,
    an_observation,
)
from tests.unit.conftest import Bench
from tests.unit.test_operations_engine import steady_new

NOBODY = Accepted(None, None)


@pytest.fixture
def back(bench: Bench) -> Plan:
    """A rollback from v1.4.3, which has completed, to v1.4.2."""
    bench.platform.put(steady_new())
    bench.platform.histories[ADDRESS] = (a_new_rollout(), an_observation().rollout or a_new_rollout())
    bench.platform.known[OLD_RELEASE] = a_release()
    return bench.engine.plan_rollback(ADDRESS)


def test_a_restart_counts_only_what_it_starts(back: Plan) -> None:
    """Old and new run the same definition and the same release: the deployment tells them apart."""
    restart = replace(back, mechanism=Mechanism.FORCE_NEW_DEPLOYMENT, verb=Verb.RESTART)
    same = a_new_deployment(release=NEW_RELEASE)
    leaving = a_deployment(id=restart.basis.deployment, release=NEW_RELEASE, status="ACTIVE")
    observation = an_observation(status=a_service(deployments=(replace(same, id="ecs-svc/5"), leaving)))

    assert good_of(restart, Accepted("ecs-svc/5", None), None, observation) == {"ecs-svc/5"}


def test_what_was_there_before_the_order_is_never_its_own(back: Plan) -> None:
    """An answer that still shows the PRIMARY of before proves nothing."""
    shown = an_observation(status=a_service(deployments=(a_deployment(id=back.basis.deployment),)))

    assert good_of(back, Accepted(back.basis.deployment, None), None, shown) == frozenset()


def test_without_the_deployments_id_the_rollout_tells_it(back: Plan) -> None:
    """After a kill; until the rollout is found nobody knows."""
    observation = a_rolling_observation()
    other = replace(back, basis=replace(back.basis, deployment=OLD_DEPLOYMENT))

    assert good_of(other, NOBODY, None, observation) == frozenset()
    assert good_of(other, NOBODY, a_new_rollout(), observation) == {NEW_DEPLOYMENT}


@pytest.mark.parametrize(
    "mechanism", [Mechanism.STOP_SERVICE_DEPLOYMENT, Mechanism.CONTINUE_SERVICE_DEPLOYMENT, Mechanism.WATCH]
)
def test_going_back_counts_what_it_returns_to(back: Plan, mechanism: Mechanism) -> None:
    """By the release of the plan, and by what ECS names as soon as it does."""
    stop = replace(back, mechanism=mechanism)
    observation = a_rolling_observation()

    assert good_of(stop, NOBODY, a_new_rollout(), observation) == {OLD_DEPLOYMENT}
    gone = a_new_rollout(status=RolloutStatus.ROLLBACK_IN_PROGRESS, went_back_to=NEW_RELEASE)
    assert good_of(stop, NOBODY, gone, observation) == {NEW_DEPLOYMENT}


def test_a_deploy_that_somebody_else_has_begun_counts_that_one(back: Plan) -> None:
    """It is only watched: the deployment that is PRIMARY already."""
    watched = replace(back, verb=Verb.DEPLOY, mechanism=Mechanism.WATCH)

    assert good_of(watched, NOBODY, None, steady_new()) == {back.basis.deployment}


def test_codedeploys_task_sets_are_told_by_who_made_them(back: Plan) -> None:
    """The set of our deployment going forward, the set that was there before going back."""
    blue = a_deployment(id="ecs-svc/1", external_id="d-BLUE", release="ecs-svc/1")
    green = a_deployment(id="ecs-svc/2", external_id="d-GREEN", release="ecs-svc/2", status="ACTIVE")
    status = a_service(deployments=(blue, green), controller=CODE_DEPLOY)
    observation = an_observation(status=status)
    create = replace(back, mechanism=Mechanism.CREATE_DEPLOYMENT)
    stop = replace(
        back, mechanism=Mechanism.STOP_DEPLOYMENT, target=replace(back.target, id="d-BLUE", presumed=True)
    )

    assert good_of(create, Accepted(None, "d-GREEN"), None, observation) == {"ecs-svc/2"}
    assert good_of(create, NOBODY, None, observation) == frozenset()
    assert good_of(stop, Accepted(None, "d-GREEN"), None, observation) == {"ecs-svc/1"}
    assert proved_digests(stop.target) == {}
