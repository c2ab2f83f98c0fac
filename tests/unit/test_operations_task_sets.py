"""Deployments that somebody else's controller moves: what is not read is unknown, and the new set counts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.cli.fleet import service_facts, table
from console.diagnosis import diagnose
from console.domain.findings import Outcome
from console.domain.fleet import ServicePicture
from console.domain.operation import OperationEvent
from console.domain.rollout import CODE_DEPLOY, RolloutStatus
from console.domain.service import Observation, ServiceState
from console.operations.settled import settled
from console.operations.witness import Witness
from screens.fleet_facts import progress
from tests.builders import (
    ADDRESS,
    a_deployment,
    a_new_deployment,
    a_new_rollout,
    a_picture,
    a_rolling_observation,
    a_rolling_service,
    a_rollout,
    a_service,
    a_target,
    a_task,
    ago,
    an_environment_picture,
    an_observation,
)
from tests.fakes import FakeClock
from tests.unit.conftest import Bench
from widgets.service_head import progress_words

DENIED = "profile oncall may not codedeploy:GetDeployment"
BLUE = a_deployment(state="COMPLETED", desired=3, running=3)


def both(green: int, **changes: object) -> Observation:
    """Blue steady at 3 of 3 and PRIMARY; green on its way; the deployment itself not read."""
    arriving = a_new_deployment(status="ACTIVE", state="IN_PROGRESS", desired=3, running=green)
    status = a_rolling_service(
        deployments=(arriving, BLUE),
        controller=CODE_DEPLOY,
        strategy=CODE_DEPLOY,
        desired=3,
        running=3 + green,
    )
    seen = a_rolling_observation(status=status, rollout=None, missing={"rollout": DENIED})
    return replace(seen, **changes)  # type: ignore[arg-type]


def one_set(**changes: object) -> Observation:
    """One steady task set, by whichever deployment."""
    status = a_service(deployments=(BLUE,), controller=CODE_DEPLOY, desired=3, running=3)
    return replace(
        an_observation(
            status=status,
            rollout=None,
            tasks=tuple(a_task(number=number) for number in (1, 2, 3)),
            targets=tuple(a_target(number=number) for number in (1, 2, 3)),
            missing={"rollout": DENIED},
        ),
        **changes,  # type: ignore[arg-type]
    )


def row_of(observation: Observation) -> ServicePicture:
    found = diagnose(observation.status, observation, None, observation.at)
    return a_picture(status=observation.status, observation=observation, diagnosis=found)


def watch(bench: Bench, timeout_s: float | None = 60.0) -> list[OperationEvent]:
    witness = Witness(bench.platform, bench.settings.service(ADDRESS), bench.clock, timeout_s)
    return list(witness.watch())


def test_a_deployment_that_cannot_be_read_is_no_success_while_green_starts(bench: Bench) -> None:
    """The PRIMARY task set is the old, steady one: it proves nothing of what arrives."""
    bench.platform.put(both(0))
    assert bench.verdict(watch(bench))["verdict"] == "TIMED_OUT"


def test_a_deployment_that_never_was_read_ends_unknown(bench: Bench) -> None:
    """Nothing is to be seen under way any more, and nobody read how it ended."""
    bench.platform.put(both(1))
    bench.clock.at(5, lambda: bench.platform.put(one_set()))
    facts = bench.verdict(watch(bench))
    assert facts["verdict"] == "UNKNOWN"
    assert DENIED in str(facts["reason"])


def test_a_deployment_that_can_be_read_later_has_its_own_verdict(bench: Bench) -> None:
    """One failed read decides nothing."""
    bench.platform.put(both(1))
    rollout = a_new_rollout(status=RolloutStatus.STOPPED, finished_at=ago(60), reason="stopped by a user")
    later = both(1, rollout=rollout, missing={})
    later = replace(later, status=replace(later.status, rollout_id=rollout.id))
    bench.platform.histories[ADDRESS] = (rollout,)
    bench.clock.at(5, lambda: bench.platform.put(later))
    assert bench.verdict(watch(bench))["verdict"] == "FAILED"


def test_a_deployment_that_has_only_just_begun_is_followed(bench: Bench) -> None:
    """No task set of it is there yet: the success of the one before is not its own."""
    bench.platform.put(one_set(missing={}))
    bench.platform.histories[ADDRESS] = (a_new_rollout(), a_rollout())
    assert bench.verdict(watch(bench))["verdict"] != "SUCCEEDED"


def test_of_ecs_a_completed_deployment_that_is_not_read_must_be_proved_by_its_targets(bench: Bench) -> None:
    """Without ListServiceDeployments the deployments tell; with no healthy target they are not believed."""
    denied = {"rollout": "profile oncall may not ecs:ListServiceDeployments"}
    bench.platform.put(a_rolling_observation(rollout=None, missing=denied))
    done = a_new_deployment(state="COMPLETED", running=2, pending=0, updated_at=ago(600))
    status = a_service(deployments=(done,))
    sick = an_observation(
        status=status,
        rollout=None,
        missing=denied,
        tasks=(a_task(number=1, deployment=done.id), a_task(number=2, deployment=done.id)),
        targets=(a_target(number=1, state="unhealthy"), a_target(number=2, state="unhealthy")),
    )
    bench.clock.at(5, lambda: bench.platform.put(sick))
    facts = bench.verdict(watch(bench, None))
    assert facts["verdict"] == "FAILED"
    assert "0 of 2" in str(facts["reason"])


@pytest.mark.parametrize("green", [0, 1])
def test_what_is_new_is_counted_from_the_task_set_that_arrives(green: int) -> None:
    """Never ``3/3 new`` beside *green starts*: one count on the row, the page, the table and in JSON."""
    row = row_of(both(green))
    assert progress(row) == (green, 3)
    assert progress_words(row) == f"{green}/3"
    assert f"{green}/3 new" in table([an_environment_picture(row)], FakeClock())[1]
    facts = service_facts(row, FakeClock())["rollout"]
    assert isinstance(facts, dict)
    assert facts["new"] == {"running": green, "desired": 3}
    assert facts["status"] == "UNKNOWN"
    assert facts["failures"] is None, "nobody counts them of a task set"
    assert row.diagnosis.line.startswith(f"blue/green by CodeDeploy: green starts, {green} of 3 tasks")
    assert "its deployment cannot be read" in row.diagnosis.line


def test_a_steady_task_set_whose_deployment_cannot_be_read_is_unknown_not_steady() -> None:
    """One may be under way that has not made its set yet."""
    row = row_of(one_set())
    assert row.state is ServiceState.UNKNOWN
    assert DENIED in row.diagnosis.line
    facts = service_facts(row, FakeClock())["rollout"]
    assert isinstance(facts, dict)
    assert facts["status"] == "UNKNOWN"
    assert row_of(one_set(missing={})).state is ServiceState.STEADY


def test_a_service_in_motion_has_not_come_to_rest_though_its_rollout_is_unread() -> None:
    """What counts show is not passed over."""
    (steady,) = [item for item in settled(both(1), None, timedelta(seconds=40)) if item.name == "steady"]
    assert steady.outcome is Outcome.NG
