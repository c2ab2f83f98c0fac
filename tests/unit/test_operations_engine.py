"""Plan, confirm, order once, observe to a verdict: on a scripted platform and a clock moved by hand."""

from dataclasses import replace

import pytest

from console.domain.operation import (
    Accepted,
    Check,
    CheckState,
    Mechanism,
    OperationEvent,
    Order,
    Plan,
    Verb,
    Verdict,
)
from console.domain.release import Release
from console.domain.rollout import RolloutStatus
from console.domain.service import Observation
from console.domain.wish import Wish
from console.errors import (
    CredentialsError,
    EndpointError,
    JournalError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RefusedError,
    RejectedError,
)
from tests.builders import (
    ADDRESS,
    GROUP,
    NEW_DEPLOYMENT,
    NEW_DIGEST,
    NEW_RELEASE,
    NEW_ROLLOUT,
    OLD_RELEASE,
    OLD_ROLLOUT,
    a_breaker,
    a_container,
    a_deployment,
    a_new_deployment,
    a_new_release,
    a_new_rollout,
    a_rolling_observation,
    a_rollout,
    a_service,
    a_target,
    a_task,
    ago,
    an_environment,
    an_observation,
)
from tests.unit.conftest import Bench

BREAKER = "Service deployment rolled back because the circuit breaker threshold was exceeded."
NEW_CONTAINER = a_container(digest=NEW_DIGEST)
COPY_DEPLOYMENT = "ecs-svc/4980306466373577044"
COPY_RELEASE = OLD_RELEASE[:-1] + "4"
COPY_ROLLOUT = OLD_ROLLOUT[:-1] + "4"


def a_copy() -> Release:
    """v1.4.2 again, as the pinned copy that a rollback registers."""
    return replace(a_new_release(), id=COPY_RELEASE, images=_old().images, version=_old().version)


def _old() -> Release:
    return an_observation().releases[OLD_RELEASE]


def steady_new() -> Observation:
    """v1.4.3 has completed and serves on both tasks."""
    deployment = a_new_deployment(state="COMPLETED", running=2, pending=0, created_at=ago(900))
    tasks = tuple(a_task(number=n, deployment=NEW_DEPLOYMENT) for n in (3, 4))
    return an_observation(
        status=a_service(deployments=(deployment,), rollout_id=NEW_ROLLOUT),
        rollout=a_new_rollout(status=RolloutStatus.SUCCESSFUL, finished_at=ago(700), created_at=ago(900)),
        tasks=tasks,
        targets=(a_target(number=3), a_target(number=4)),
        releases={NEW_RELEASE: a_new_release(), OLD_RELEASE: _old()},
    )


def gone_back(at_s: float, status: RolloutStatus = RolloutStatus.SUCCESSFUL) -> Observation:
    """The copy of v1.4.2 serves on both tasks, ``at_s`` after the order."""
    deployment = a_deployment(id=COPY_DEPLOYMENT, release=COPY_RELEASE, created_at=ago(-1))
    tasks = tuple(a_task(number=n, deployment=COPY_DEPLOYMENT) for n in (5, 6))
    return an_observation(
        at=ago(-at_s),
        status=a_service(deployments=(deployment,), rollout_id=COPY_ROLLOUT),
        rollout=a_rollout(
            id=COPY_ROLLOUT,
            target=COPY_RELEASE,
            created_at=ago(-1),
            status=status,
            finished_at=ago(-at_s) if status.is_over else None,
        ),
        tasks=tasks,
        targets=(a_target(number=5), a_target(number=6)),
        releases={COPY_RELEASE: a_copy(), OLD_RELEASE: _old(), NEW_RELEASE: a_new_release()},
    )


def with_another(observation: Observation) -> Observation:
    """The same with a healthy target of v1.4.3."""
    return replace(
        observation,
        tasks=(*observation.tasks, a_task(number=9, deployment=NEW_DEPLOYMENT)),
        targets=(*observation.targets, a_target(number=9)),
    )


@pytest.fixture
def finished(bench: Bench) -> Bench:
    """v1.4.3 has completed after three days of v1.4.2; a rollback will register a pinned copy."""
    bench.platform.put(steady_new())
    bench.platform.histories[ADDRESS] = (steady_new().rollout or a_rollout(), a_rollout())
    bench.platform.accepted = Accepted(COPY_DEPLOYMENT, None)
    bench.platform.on_act = lambda order: bench.platform.script(
        steady_new(), gone_back(10), gone_back(16), gone_back(22)
    )
    return bench


def run(bench: Bench, plan: Plan, typed: str | None = "production/api") -> list[OperationEvent]:
    return list(bench.engine.execute(plan, typed))


# the first readings after an order


def test_the_breaker_of_the_deployment_before_is_not_told_as_ours(finished: Bench) -> None:
    """Right after UpdateService ECS still shows what it replaces, with its breaker at three of three."""
    spent = replace(a_new_rollout(), breaker=a_breaker(failures=3, status="TRIGGERED"))
    before = replace(steady_new(), at=ago(-3), rollout=spent)
    finished.platform.on_act = lambda order: finished.platform.script(before, *map(gone_back, (10, 16, 22)))

    events = run(finished, finished.engine.plan_rollback(ADDRESS))

    first = next(item for item in events if item.event == "progress")
    assert "breaker" not in first.text
    assert "failures" not in first.facts
    assert first.progress is not None
    assert first.progress.observation is not None
    assert first.progress.observation.rollout is None


def test_what_is_left_is_not_called_what_is_gone_back_to(bench: Bench) -> None:
    """ROLLBACK_REQUESTED, and PRIMARY is still the version that is left."""
    bench.platform.put(a_rolling_observation())
    bench.platform.histories[ADDRESS] = (a_new_rollout(), a_rollout())
    bench.platform.accepted = Accepted(None, NEW_ROLLOUT)
    turned = a_new_rollout(status=RolloutStatus.ROLLBACK_REQUESTED, breaker=a_breaker(failures=3))
    asked = a_rolling_observation(at=ago(-3), rollout=turned)
    bench.platform.on_act = lambda order: bench.platform.script(a_rolling_observation(at=ago(-1)), asked)
    bench.timeout_s = 10

    events = run(bench, bench.engine.plan_rollback(ADDRESS))

    told = [item.text for item in events if item.event == "progress"]
    assert told
    assert not [text for text in told if "v1.4.3" in text or "breaker" in text]


# rollback of a finished deployment


def test_what_runs_the_same_definition_and_leaves_is_not_safe(bench: Bench) -> None:
    """A restart: the old tasks serve, healthy, and none of the new ones does."""
    bench.platform.put(steady_new())
    bench.platform.candidates["v1.4.3"] = a_new_release()
    bench.platform.accepted = Accepted(COPY_DEPLOYMENT, COPY_ROLLOUT)
    leaving, status = steady_new().status.deployments[0], steady_new().status
    fresh = replace(leaving, id=COPY_DEPLOYMENT, state="IN_PROGRESS", running=0, release=NEW_RELEASE)
    old = replace(leaving, status="ACTIVE")
    shown = replace(
        steady_new(),
        status=replace(status, deployments=(fresh, old), rollout_id=COPY_ROLLOUT),
        rollout=a_new_rollout(id=COPY_ROLLOUT, created_at=ago(-1)),
    )
    bench.platform.on_act = lambda order: bench.platform.script(
        *(replace(shown, at=ago(-10 * n)) for n in range(1, 7))
    )
    bench.timeout_s = 60

    events = list(bench.engine.execute(bench.engine.plan(Wish(Verb.RESTART, ADDRESS)), "production/api"))

    assert "safe" not in [event.event for event in events]
    assert bench.verdict(events)["verdict"] == "TIMED_OUT"


def test_a_success_of_another_digest_is_neither_safe_nor_succeeded(finished: Bench) -> None:
    """The deployment is ours and ECS calls it successful; its tasks tell the bad image."""
    bad = tuple(a_task(number=n, deployment=COPY_DEPLOYMENT, containers=(NEW_CONTAINER,)) for n in (5, 6))
    finished.platform.on_act = lambda order: finished.platform.script(
        *(replace(gone_back(10 * n), tasks=bad) for n in range(1, 20))
    )

    events = run(finished, finished.engine.plan_rollback(ADDRESS))

    assert "safe" not in [event.event for event in events]
    assert finished.verdict(events)["verdict"] == "FAILED"
    assert "0 of 2 good targets healthy" in str(finished.verdict(events)["reason"])


def test_a_version_is_named_safe_only_where_its_tasks_tell_it(finished: Bench) -> None:
    """Without a digest of theirs it is every request on what was ordered."""
    silent = tuple(
        a_task(number=n, deployment=COPY_DEPLOYMENT, containers=(replace(NEW_CONTAINER, digest=None),))
        for n in (5, 6)
    )
    finished.platform.on_act = lambda order: finished.platform.script(
        *(replace(gone_back(6 * n), tasks=silent) for n in range(1, 6))
    )

    events = run(finished, finished.engine.plan_rollback(ADDRESS))

    safe = next(event for event in events if event.event == "safe")
    assert safe.text == "safe: every request on the target"


def test_a_finished_deployment_is_rolled_back_to_what_succeeded_before(finished: Bench) -> None:
    """UpdateService to a pinned copy, safe on two agreeing reads, done, SUCCEEDED, all journalled."""
    plan = finished.engine.plan_rollback(ADDRESS)
    events = run(finished, plan)

    verdict = finished.verdict(events)
    assert plan.mechanism is Mechanism.UPDATE_SERVICE
    assert plan.proven
    assert plan.target.version.label == "v1.4.2"
    assert verdict["verdict"] == "SUCCEEDED"
    assert verdict["by"] == "operator"
    assert isinstance(verdict["safe_s"], float)
    assert [order.images for order in finished.platform.orders] == [_old().digests]
    names = [entry.event for entry in finished.journal.entries(events[0].operation or "")]
    assert names.index("sent") < names.index("accepted") < names.index("safe") < names.index("verdict")


def test_between_confirmed_and_accepted_there_is_one_read_one_register_and_one_write(
    finished: Bench,
) -> None:
    """Nothing else may stand between the operator and the order."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.platform.calls.clear()

    run(finished, plan)

    calls = [name for name, _ in finished.platform.calls if name != "identity"]
    assert calls[: calls.index("act") + 1] == ["basis", "prepare", "act"]


def test_the_intent_is_journalled_before_the_call(finished: Bench) -> None:
    """When the platform is called, the order already stands in the journal."""
    seen: list[str] = []

    def look(order: Order) -> None:
        record = finished.journal.operations()[0]
        seen.extend(entry.event for entry in finished.journal.entries(record.id))
        finished.platform.script(gone_back(10), gone_back(16))

    finished.platform.on_act = look
    run(finished, finished.engine.plan_rollback(ADDRESS))

    assert "sent" in seen


def test_production_is_not_touched_without_what_has_to_be_typed(finished: Bench) -> None:
    """Nothing sent, nothing journalled."""
    plan = finished.engine.plan_rollback(ADDRESS)

    for typed in (None, "", "production/worker", "api"):
        with pytest.raises(RefusedError, match="not confirmed"):
            run(finished, plan, typed)

    assert not finished.platform.orders
    assert not finished.journal.operations()


def test_the_full_address_confirms_as_well(finished: Bench) -> None:
    """``--confirm`` always takes it."""
    events = run(finished, finished.engine.plan_rollback(ADDRESS), "rugmunch/production/api")

    assert finished.verdict(events)["verdict"] == "SUCCEEDED"


def test_a_read_only_environment_sends_nothing(bench: Bench) -> None:
    """Refused below the screens."""
    bench.platform = type(bench.platform)(steady_new(), environment=an_environment(read_only=True))
    bench.platform.histories[ADDRESS] = (steady_new().rollout or a_rollout(), a_rollout())

    with pytest.raises(RefusedError, match="read-only"):
        run(bench, bench.engine.plan_rollback(ADDRESS))

    assert not bench.platform.orders


def test_a_service_that_changed_since_the_plan_is_refused_with_what_changed(finished: Bench) -> None:
    """Another deployment is PRIMARY by the time it is confirmed."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.platform.bases[ADDRESS] = replace(plan.basis, deployment="ecs-svc/99", definition="api:99")

    verdict = finished.verdict(run(finished, plan))

    assert verdict["verdict"] == "REFUSED"
    assert "ecs-svc/99" in str(verdict["reason"])
    assert not finished.platform.orders


def test_a_changed_desired_count_does_not_refuse(finished: Bench) -> None:
    """Autoscaling moves it all the time."""
    plan = finished.engine.plan_rollback(ADDRESS)
    observation = steady_new()
    finished.platform.put(replace(observation, status=replace(observation.status, desired=5)))

    assert finished.verdict(run(finished, plan))["verdict"] != "REFUSED"


@pytest.mark.parametrize(("status", "words"), [("INACTIVE", "is deleted"), ("DRAINING", "is being deleted")])
def test_nothing_is_planned_for_a_deleted_service(finished: Bench, status: str, words: str) -> None:
    """Every verb refuses in one line, with what to do."""
    observation = steady_new()
    finished.platform.put(replace(observation, status=replace(observation.status, status=status)))
    for verb in (Verb.ROLLBACK, Verb.DEPLOY, Verb.RESTART, Verb.SCALE, Verb.DRAIN, Verb.UNDRAIN):
        with pytest.raises(RefusedError, match=words) as refused:
            finished.engine.plan(Wish(verb, ADDRESS, version="v1.4.2"))
        assert "recreate it" in refused.value.remedy


# the answer to the order


def test_an_answer_that_is_lost_is_found_out_and_never_sent_again(finished: Bench) -> None:
    """The order was carried out; the lookup shows its deployment."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.platform.fail("act", OutcomeUnknownError("no answer in 8 s"))
    finished.platform.found = Accepted(COPY_DEPLOYMENT, None)
    finished.platform.script(gone_back(10), gone_back(16), gone_back(22))
    finished.platform.bases[ADDRESS] = plan.basis

    verdict = finished.verdict(run(finished, plan))

    assert verdict["verdict"] == "SUCCEEDED"
    assert finished.platform.count("act") == 1


def test_an_order_of_which_nothing_is_seen_is_unknown_and_stays_open(finished: Bench) -> None:
    """UNKNOWN, exit 4, looked for during half a minute, sent once."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.platform.fail("act", OutcomeUnknownError("no answer in 8 s"))

    verdict = finished.verdict(run(finished, plan))

    assert verdict["verdict"] == "UNKNOWN"
    assert Verdict.UNKNOWN.exit_code == 4
    assert finished.platform.count("act") == 1
    assert finished.platform.count("find") > 5
    assert finished.engine.open_operations()


@pytest.mark.parametrize(
    "error",
    [
        PermissionDeniedError("not allowed: ecs:UpdateService"),
        RejectedError("ClientException: no"),
        CredentialsError("expired"),
        EndpointError("connection refused"),
    ],
)
def test_an_order_that_was_certainly_refused_has_failed_at_once(finished: Bench, error: Exception) -> None:
    """One look whether it was carried out all the same, then FAILED with AWS's words."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.platform.fail("act", error)

    verdict = finished.verdict(run(finished, plan))

    assert verdict["verdict"] == "FAILED"
    assert str(error) in str(verdict["reason"])
    assert (finished.platform.count("act"), finished.platform.count("find")) == (1, 1)


def test_contact_that_is_lost_after_sending_ends_unknown(finished: Bench) -> None:
    """Lost contact is waited out until the time is up; ECS goes on, and nobody knows how."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.platform.on_act = lambda order: finished.platform.fail(
        "observe", CredentialsError("expired"), times=None
    )

    events = run(finished, plan)

    assert finished.verdict(events)["verdict"] == "UNKNOWN"
    assert finished.clock.monotonic() >= (finished.timeout_s or 0)
    assert "contact_lost" in [event.event for event in events]


def test_contact_that_comes_back_goes_on_to_the_verdict(finished: Bench) -> None:
    """Ten failed reads in between."""
    plan = finished.engine.plan_rollback(ADDRESS)
    act = finished.platform.on_act

    def stall(order: Order) -> None:
        act(order)
        finished.platform.fail("observe", EndpointError("timed out"), times=10)

    finished.platform.on_act = stall
    events = run(finished, plan)

    assert finished.verdict(events)["verdict"] == "SUCCEEDED"
    assert [e.event for e in events if "contact" in e.event] == ["contact_lost", "contact"]


# what ECS made of it


def test_safe_needs_two_agreeing_reads_five_seconds_apart(finished: Bench) -> None:
    """A single good read is not enough, and a bad one in between starts anew."""
    moving = gone_back(13, RolloutStatus.IN_PROGRESS)
    busy = replace(moving, targets=(*moving.targets, a_target(number=9)))
    finished.platform.on_act = lambda order: finished.platform.script(
        gone_back(10, RolloutStatus.IN_PROGRESS),
        busy,
        gone_back(16, RolloutStatus.IN_PROGRESS),
        gone_back(18, RolloutStatus.IN_PROGRESS),
        gone_back(21, RolloutStatus.IN_PROGRESS),
        gone_back(24),
    )

    verdict = finished.verdict(run(finished, finished.engine.plan_rollback(ADDRESS)))

    assert verdict["safe_s"] == 21.0
    assert verdict["done_s"] == 24.0


def test_a_rollback_whose_version_does_not_start_has_bounced(finished: Bench) -> None:
    """ECS goes back to the last COMPLETED, which is the bad one."""
    bounced = replace(
        steady_new(),
        status=replace(steady_new().status, rollout_id=COPY_ROLLOUT),
        rollout=a_rollout(
            id=COPY_ROLLOUT,
            target=COPY_RELEASE,
            created_at=ago(-1),
            status=RolloutStatus.ROLLBACK_SUCCESSFUL,
            went_back_to=NEW_RELEASE,
            rollback_reason=BREAKER,
        ),
    )
    finished.platform.on_act = lambda order: finished.platform.script(
        gone_back(5, RolloutStatus.IN_PROGRESS), bounced
    )

    plan = finished.engine.plan_rollback(ADDRESS)
    verdict = finished.verdict(run(finished, plan))

    assert any("BOUNCED" in remark for remark in plan.remarks), "predicted"
    assert (verdict["verdict"], verdict["by"]) == ("BOUNCED", "ecs")
    assert "v1.4.3" in str(verdict["reason"])


def test_a_success_that_the_targets_deny_is_not_believed(finished: Bench) -> None:
    """ECS says SUCCESSFUL, but another version keeps a healthy target: FAILED after two minutes."""
    denied = [with_another(gone_back(at)) for at in range(10, 200, 30)]
    finished.platform.on_act = lambda order: finished.platform.script(
        *(
            replace(item, rollout=replace(item.rollout or a_rollout(), finished_at=ago(-10)))
            for item in denied
        )
    )

    verdict = finished.verdict(run(finished, finished.engine.plan_rollback(ADDRESS)))

    assert verdict["verdict"] == "FAILED"
    assert "may still receive traffic" in str(verdict["reason"])


def test_a_rollout_that_the_answer_names_and_that_is_somebody_elses_is_not_followed(finished: Bench) -> None:
    """In a race ECS still names the other one as current: ours is the one of the deployment it accepted."""
    theirs = a_new_rollout(
        id="theirs", status=RolloutStatus.STOPPED, created_at=ago(0), finished_at=ago(-2), target=NEW_RELEASE
    )
    finished.platform.accepted = Accepted(COPY_DEPLOYMENT, "theirs")
    ours = gone_back(22).rollout or a_rollout()
    finished.platform.histories[ADDRESS] = (ours, theirs, a_rollout())

    told = finished.verdict(run(finished, finished.engine.plan_rollback(ADDRESS)))

    assert (told["verdict"], told["by"]) == ("SUCCEEDED", "operator")


def test_a_deployment_that_somebody_supersedes_is_replaced(finished: Bench) -> None:
    """REPLACED by whose version; by whom is unknown."""
    other = a_new_rollout(id="arn:other", target=NEW_RELEASE, created_at=ago(-30))
    taken = replace(
        steady_new(),
        status=replace(steady_new().status, rollout_id="arn:other"),
        rollout=other,
    )
    stopped = a_rollout(
        id=COPY_ROLLOUT, target=COPY_RELEASE, created_at=ago(-1), status=RolloutStatus.STOPPED
    )

    def supersede(order: Order) -> None:
        finished.platform.script(gone_back(5, RolloutStatus.IN_PROGRESS), taken)
        finished.platform.histories[ADDRESS] = (other, stopped, a_rollout())

    finished.platform.on_act = supersede

    verdict = finished.verdict(run(finished, finished.engine.plan_rollback(ADDRESS)))

    assert verdict["verdict"] == "REPLACED"
    assert "v1.4.3" in str(verdict["reason"])


# rollback of a deployment in flight


@pytest.fixture
def rolling(bench: Bench) -> Bench:
    """v1.4.3 is under way over v1.4.2, which is ECS's own candidate."""
    bench.platform.put(a_rolling_observation())
    bench.platform.histories[ADDRESS] = (a_new_rollout(), a_rollout())
    return bench


def stopped_rollout(at_s: float, status: RolloutStatus) -> Observation:
    return an_observation(
        at=ago(-at_s),
        status=a_service(rollout_id=NEW_ROLLOUT),
        rollout=a_new_rollout(
            status=status,
            went_back_to=OLD_RELEASE,
            finished_at=ago(-at_s) if status.is_over else None,
        ),
        releases={OLD_RELEASE: _old(), NEW_RELEASE: a_new_release()},
    )


def test_a_deployment_in_flight_is_stopped_when_ecs_would_go_to_our_target(rolling: Bench) -> None:
    """StopServiceDeployment; no definition is registered."""
    rolling.platform.accepted = Accepted(None, NEW_ROLLOUT)
    rolling.platform.on_act = lambda order: rolling.platform.script(
        stopped_rollout(5, RolloutStatus.ROLLBACK_IN_PROGRESS),
        stopped_rollout(11, RolloutStatus.ROLLBACK_SUCCESSFUL),
    )

    plan = rolling.engine.plan_rollback(ADDRESS)
    verdict = rolling.verdict(run(rolling, plan))

    assert plan.mechanism is Mechanism.STOP_SERVICE_DEPLOYMENT
    assert (verdict["verdict"], verdict["mechanism"]) == ("SUCCEEDED", "stop_service_deployment")
    assert rolling.platform.count("prepare") == 0


def test_ecs_going_back_to_our_target_is_only_watched(rolling: Bench) -> None:
    """Nothing is sent, and the credit is ECS's."""
    going = a_rolling_observation(
        rollout=a_new_rollout(status=RolloutStatus.ROLLBACK_IN_PROGRESS, went_back_to=OLD_RELEASE)
    )
    rolling.platform.put(going)
    plan = rolling.engine.plan_rollback(ADDRESS)
    rolling.platform.script(
        going,
        stopped_rollout(5, RolloutStatus.ROLLBACK_IN_PROGRESS),
        stopped_rollout(11, RolloutStatus.ROLLBACK_SUCCESSFUL),
    )

    verdict = rolling.verdict(run(rolling, plan))

    assert plan.mechanism is Mechanism.WATCH
    assert plan.source.version.label == "v1.4.3"
    assert (verdict["verdict"], verdict["by"]) == ("SUCCEEDED", "ecs")
    assert not rolling.platform.orders


def test_a_bad_completed_version_is_not_gone_back_to_by_stopping_a_hotfix(bench: Bench) -> None:
    """v1.4.2 good, v1.4.3 bad but COMPLETED, a hotfix in flight: superseded by v1.4.2, not stopped."""
    hotfix = replace(
        a_new_release(id="arn:hotfix", definition="arn:task-definition/api:44"),
        version=replace(a_new_release().version, label="v1.4.4"),
        images=tuple(replace(i, digest="sha256:" + "77" * 32) for i in a_new_release().images),
    )
    in_flight = a_new_rollout(id="arn:hotfix-rollout", target="arn:hotfix", created_at=ago(60))
    bad = a_new_rollout(status=RolloutStatus.SUCCESSFUL, created_at=ago(600), finished_at=ago(420))
    deployment = a_new_deployment(id="ecs-svc/44", release="arn:hotfix", definition=hotfix.definition)
    bench.platform.put(
        an_observation(
            status=a_service(
                deployments=(deployment, a_new_deployment(status="ACTIVE", state="COMPLETED")),
                rollout_id="arn:hotfix-rollout",
            ),
            rollout=in_flight,
            releases={"arn:hotfix": hotfix, NEW_RELEASE: a_new_release(), OLD_RELEASE: _old()},
        )
    )
    bench.platform.histories[ADDRESS] = (in_flight, bad, a_rollout())

    plan = bench.engine.plan_rollback(ADDRESS)

    assert plan.target.version.label == "v1.4.2"
    assert plan.mechanism is Mechanism.UPDATE_SERVICE
    assert any("ECS alone would go back to v1.4.3" in remark for remark in plan.remarks)


def test_an_unproven_target_is_shown_as_such(bench: Bench) -> None:
    """It served for minutes only: amber, with its reason."""
    bench.platform.put(steady_new())
    young = a_rollout(created_at=ago(1300), finished_at=ago(1200))
    bench.platform.histories[ADDRESS] = (steady_new().rollout or a_rollout(), young)

    plan = bench.engine.plan_rollback(ADDRESS)

    assert not plan.proven
    assert "served only" in plan.doubt


def test_a_service_that_never_ran_anything_else_has_no_way_back(bench: Bench) -> None:
    """Refused with what to do instead."""
    bench.platform.put(an_observation())
    bench.platform.histories[ADDRESS] = (a_rollout(),)

    with pytest.raises(RefusedError, match="no other version ever served"):
        bench.engine.plan_rollback(ADDRESS)


# the journal


def test_a_journal_that_fails_never_stops_a_rollback(finished: Bench) -> None:
    """It goes ahead, says so, and writes everything once the journal takes it again."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.journal.break_down("disk full")
    finished.clock.at(4, finished.journal.recover)

    events = run(finished, plan)

    assert finished.verdict(events)["verdict"] == "SUCCEEDED"
    record = finished.journal.operations()[0]
    assert record.verdict is Verdict.SUCCEEDED
    assert "sent" in [entry.event for entry in finished.journal.entries(record.id)]


def test_a_rollback_ends_well_also_when_the_journal_never_comes_back(finished: Bench) -> None:
    """The verdict says that it is not written."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.journal.break_down("disk full")

    verdict = finished.verdict(run(finished, plan))

    assert verdict["verdict"] == "SUCCEEDED"
    assert "disk full" in str(verdict["journal"])
    assert str(verdict["reason"]).startswith("NOT held: the journal cannot be written (disk full")
    finished.journal.recover()
    assert finished.engine.holds() == {}


def test_a_journal_that_fails_stops_a_deploy_before_anything_is_sent(bench: Bench) -> None:
    """An intent that cannot be written is not carried out."""
    bench.platform.put(an_observation())
    bench.platform.candidates["v1.4.3"] = replace(a_new_release(), id=None, definition=None)
    plan = bench.engine.plan_deploy(ADDRESS, "v1.4.3")
    bench.journal.fail("begin", JournalError("disk full"), times=None)

    with pytest.raises(RefusedError, match="disk full"):
        run(bench, plan)

    assert not bench.platform.orders


# deploy


@pytest.fixture
def steady(bench: Bench) -> Bench:
    """v1.4.2 serves; v1.4.3 is in the registry."""
    bench.platform.put(an_observation())
    bench.platform.histories[ADDRESS] = (a_rollout(),)
    bench.platform.candidates["v1.4.3"] = replace(a_new_release(), id=None, definition=None)
    bench.platform.candidates["v1.4.2"] = replace(_old(), id=None, definition=None)
    bench.platform.accepted = Accepted(NEW_DEPLOYMENT, None)
    return bench


def test_a_deploy_that_ecs_rolls_back_is_rolled_back_by_ecs(steady: Bench) -> None:
    """The verdict comes with the first look after it has ended."""
    ended = an_observation(
        at=ago(-100),
        status=a_service(rollout_id=NEW_ROLLOUT),
        rollout=a_new_rollout(
            status=RolloutStatus.ROLLBACK_SUCCESSFUL,
            created_at=ago(-1),
            went_back_to=OLD_RELEASE,
            rollback_reason=BREAKER,
            finished_at=ago(-99),
        ),
        releases={OLD_RELEASE: _old(), NEW_RELEASE: a_new_release()},
    )
    steady.platform.on_act = lambda order: steady.platform.script(
        a_rolling_observation(rollout=a_new_rollout(created_at=ago(-1))), ended
    )

    verdict = steady.verdict(run(steady, steady.engine.plan_deploy(ADDRESS, "v1.4.3")))

    assert (verdict["verdict"], verdict["by"]) == ("ROLLED_BACK", "ecs")
    assert BREAKER in str(verdict["reason"])
    assert verdict["done_s"] == 99.0
    assert Verdict.ROLLED_BACK.exit_code == 1


def test_the_same_digests_and_configuration_change_nothing(steady: Bench) -> None:
    """NOTHING_CHANGED, nothing sent, no confirmation asked."""
    plan = steady.engine.plan_deploy(ADDRESS, "v1.4.2")

    verdict = steady.verdict(run(steady, plan, typed=None))

    assert verdict["verdict"] == "NOTHING_CHANGED"
    assert not steady.platform.orders


@pytest.mark.parametrize(
    ("seen", "verdict", "reason"),
    [
        (
            an_observation(targets=(a_target(), a_target(number=2, state="unhealthy"))),
            "REFUSED",
            "nothing was sent: {}, but 1 of 2 good targets healthy",
        ),
        (
            an_observation(targets=(), missing={"targets": "AccessDenied"}),
            "NOTHING_CHANGED",
            "{} · whether it serves could not be read: targets could not be read: AccessDenied",
        ),
        (
            an_observation(routes={GROUP: 0.0, "maintenance": 100.0}),
            "REFUSED",
            "nothing was sent: {}, but no listener rule routes to its target groups"
            " · a listener rule sends 100 % to another target group",
        ),
    ],
    ids=["unhealthy", "unread", "led elsewhere"],
)
def test_the_same_version_that_does_not_serve_is_no_success(
    steady: Bench, seen: Observation, verdict: str, reason: str
) -> None:
    """``NOTHING CHANGED``, exit 0, while nobody answered."""
    plan = steady.engine.plan_deploy(ADDRESS, "v1.4.2")
    steady.platform.put(seen)

    facts = steady.verdict(run(steady, plan, typed=None))

    assert facts["verdict"] == verdict
    assert facts["reason"] == reason.format(plan.nothing_to_do)
    assert not steady.platform.orders


def test_a_failed_primary_is_never_nothing_changed(steady: Bench) -> None:
    """The same version may well be wanted again when its deployment failed."""
    failed = an_observation(status=a_service(deployments=(a_deployment(state="FAILED"),)))
    steady.platform.put(failed)

    assert steady.engine.plan_deploy(ADDRESS, "v1.4.2").mechanism is Mechanism.UPDATE_SERVICE


def test_mixed_digests_are_never_nothing_changed(steady: Bench) -> None:
    """One task of the PRIMARY runs something else."""
    container = replace(a_task().containers[0], digest="sha256:" + "ee" * 32)
    mixed = an_observation(tasks=(a_task(number=1), a_task(number=2, containers=(container,))))
    steady.platform.put(mixed)

    assert steady.engine.plan_deploy(ADDRESS, "v1.4.2").mechanism is Mechanism.UPDATE_SERVICE


def test_a_failed_check_blocks_a_deploy_but_no_rollback(steady: Bench, finished: Bench) -> None:
    """The image is for another platform."""
    check = Check("image platform", CheckState.FAIL, "arm64, the task runs amd64", "build for amd64")
    steady.platform.put(an_observation())
    steady.platform.checks = (check,)

    with pytest.raises(RefusedError, match="arm64"):
        run(steady, steady.engine.plan_deploy(ADDRESS, "v1.4.3"))

    steady.platform.put(steady_new())
    steady.platform.histories[ADDRESS] = (steady_new().rollout or a_rollout(), a_rollout())
    verdict = steady.verdict(run(steady, steady.engine.plan_rollback(ADDRESS)))
    assert verdict["verdict"] == "SUCCEEDED"


def test_a_moving_tag_can_be_shipped_by_force_when_it_leads_there(steady: Bench) -> None:
    """The live definition says :latest, and latest now is the wanted digest."""
    steady.deploy = "force"
    moving = replace(_old(), images=tuple(replace(i, tag="latest") for i in _old().images))
    steady.platform.put(an_observation(releases={OLD_RELEASE: moving}))
    steady.platform.candidates["latest"] = steady.platform.candidates["v1.4.3"]

    plan = steady.engine.plan_deploy(ADDRESS, "latest")

    assert plan.mechanism is Mechanism.FORCE_NEW_DEPLOYMENT
    assert plan.target.definition == moving.definition


def test_by_force_a_version_is_pinned_when_the_tag_leads_elsewhere(steady: Bench) -> None:
    """What was asked for is what is shipped, and it is said how."""
    steady.deploy = "force"
    moving = replace(_old(), images=tuple(replace(i, tag="latest") for i in _old().images))
    steady.platform.put(an_observation(releases={OLD_RELEASE: moving}))
    steady.platform.candidates["latest"] = steady.platform.candidates["v1.4.2"]

    plan = steady.engine.plan_deploy(ADDRESS, "v1.4.3")

    assert plan.mechanism is Mechanism.UPDATE_SERVICE
    assert any("pinned" in remark for remark in plan.remarks)


def test_a_deploy_is_refused_while_a_rollback_is_under_way(steady: Bench, finished: Bench) -> None:
    """The other way round is what rollbacks are for."""
    rollback = finished.engine.execute(finished.engine.plan_rollback(ADDRESS), "production/api")
    next(rollback)
    steady.platform.candidates["v1.4.9"] = replace(
        a_new_release(digest="sha256:" + "99" * 32, label="v1.4.9"), id=None, definition=None
    )

    with pytest.raises(RefusedError, match="rollback"):
        run(steady, steady.engine.plan_deploy(ADDRESS, "v1.4.9"))


def test_a_rollout_that_never_ends_is_stuck_with_its_reason(steady: Bench) -> None:
    """At the timeout, with what is wrong in one line."""
    steady.timeout_s = 60.0
    limping = a_rolling_observation(rollout=a_new_rollout(created_at=ago(-1)))
    dead = a_task(
        number=8,
        deployment=NEW_DEPLOYMENT,
        status="STOPPED",
        desired_status="STOPPED",
        stop_code="EssentialContainerExited",
        stopped_reason="Essential container in task exited",
        stopped_at=ago(5),
        containers=(
            replace(
                a_task().containers[0],
                exit_code=137,
                reason="OutOfMemoryError: Container killed due to memory usage",
            ),
        ),
    )
    steady.platform.on_act = lambda order: steady.platform.script(
        replace(limping, tasks=(*limping.tasks, dead))
    )

    verdict = steady.verdict(run(steady, steady.engine.plan_deploy(ADDRESS, "v1.4.3")))

    assert verdict["verdict"] == "STUCK"
    assert "out of memory" in str(verdict["reason"])


# resuming


def interrupted(bench: Bench, plan: Plan, after: str) -> str:
    """Run an operation until an event, then let its process die; the operation's id."""
    operation = bench.engine.execute(plan, "production/api")
    for event in operation:
        if event.event == after:
            operation.close()
            return event.operation or ""
    raise AssertionError(f"never saw {after}")


@pytest.mark.parametrize("after", ["accepted", "progress", "safe", "done"])
def test_an_interrupted_operation_is_resumed_to_its_verdict(finished: Bench, after: str) -> None:
    """Watched on from where it was; nothing is sent again."""
    plan = finished.engine.plan_rollback(ADDRESS)
    finished.platform.on_act = lambda order: finished.platform.script(
        gone_back(5, RolloutStatus.IN_PROGRESS),
        gone_back(11, RolloutStatus.IN_PROGRESS),
        gone_back(17),
        gone_back(23),
        gone_back(29),
    )
    name = interrupted(finished, plan, after)

    verdict = finished.verdict(list(finished.engine.resume(name)))

    assert verdict["verdict"] == "SUCCEEDED"
    assert finished.platform.count("act") == 1
    assert not finished.engine.open_operations()


def test_a_success_that_was_long_ago_is_still_proved_and_then_believed(finished: Bench) -> None:
    """Nobody looked for minutes: the machine slept, or its process was gone. Two reads tell."""
    plan = finished.engine.plan_rollback(ADDRESS)
    over = gone_back(20)
    name = interrupted(finished, plan, "accepted")
    finished.platform.script(replace(over, at=ago(-900)), replace(over, at=ago(-906)))

    verdict = finished.verdict(list(finished.engine.resume(name)))

    assert verdict["verdict"] == "SUCCEEDED"


@pytest.mark.parametrize("after", ["confirmed", "compared", "preparing"])
def test_an_operation_interrupted_before_sending_sends_nothing_when_resumed(
    finished: Bench, after: str
) -> None:
    """It says what is left: nothing happened."""
    name = interrupted(finished, finished.engine.plan_rollback(ADDRESS), after)

    verdict = finished.verdict(list(finished.engine.resume(name)))

    assert verdict["verdict"] == "REFUSED"
    assert "before anything was sent" in str(verdict["reason"])
    assert not finished.platform.orders


def test_an_order_interrupted_while_it_was_sent_is_found_out(finished: Bench) -> None:
    """The intent stands in the journal, the answer does not."""
    name = interrupted(finished, finished.engine.plan_rollback(ADDRESS), "sent")
    finished.platform.found = Accepted(COPY_DEPLOYMENT, None)
    finished.platform.script(gone_back(10), gone_back(16), gone_back(22))

    verdict = finished.verdict(list(finished.engine.resume(name)))

    assert verdict["verdict"] == "SUCCEEDED"
    assert finished.platform.count("act") == 0


def test_an_operation_killed_after_its_verdict_is_only_closed(finished: Bench) -> None:
    """The verdict stands in the journal, the operation is still open: one verdict, nothing observed."""
    plan = finished.engine.plan_rollback(ADDRESS)
    begin = finished.journal.update
    finished.journal.update = (  # type: ignore[method-assign]
        lambda record: None if record.verdict else begin(record)
    )
    run(finished, plan)
    finished.journal.update = begin  # type: ignore[method-assign]
    (record,) = finished.engine.open_operations()
    looks = finished.platform.count("observe")

    verdict = finished.verdict(list(finished.engine.resume(record.id)))

    assert verdict["verdict"] == "SUCCEEDED"
    assert finished.platform.count("observe") == looks
    assert not finished.engine.open_operations()
    told = [entry for entry in finished.journal.entries(record.id) if entry.event == "verdict"]
    assert len(told) == 1
    assert ADDRESS in finished.engine.holds()


# holds


def test_a_rollback_holds_the_service_until_it_is_released(finished: Bench) -> None:
    """Held at what it went back to, by whom, and ended by hand."""
    run(finished, finished.engine.plan_rollback(ADDRESS))

    hold = finished.engine.holds()[ADDRESS]
    assert (hold.version, hold.by) == ("v1.4.2", "devon")

    ended = finished.verdict(list(finished.engine.end_hold(ADDRESS)))
    assert ended["verdict"] == "SUCCEEDED"
    assert ADDRESS not in finished.engine.holds()
    again = finished.verdict(list(finished.engine.end_hold(ADDRESS)))
    assert again["verdict"] == "NOTHING_CHANGED"


def test_the_same_verb_joins_what_is_under_way(finished: Bench) -> None:
    """An open operation of the same verb on the same address is found."""
    name = interrupted(finished, finished.engine.plan_rollback(ADDRESS), "accepted")

    found = finished.engine.attachable(Verb.ROLLBACK, ADDRESS)

    assert found is not None
    assert found.id == name
    assert finished.engine.attachable(Verb.DEPLOY, ADDRESS) is None


# until the time is up


def test_contact_that_comes_back_after_minutes_goes_on_to_the_verdict(finished: Bench) -> None:
    """Ten minutes without an answer are waited out, as long as the time is not up."""
    plan = finished.engine.plan_rollback(ADDRESS)
    act = finished.platform.on_act

    def lose(order: Order) -> None:
        act(order)
        finished.platform.fail("observe", CredentialsError("expired"), times=None)
        finished.clock.at(finished.clock.monotonic() + 600, lambda: finished.platform.recover("observe"))

    finished.platform.on_act = lose

    assert finished.verdict(run(finished, plan))["verdict"] == "SUCCEEDED"


@pytest.mark.parametrize("timeout_s", [60.0, 1800.0])
def test_a_rollback_that_was_safe_when_contact_was_lost_is_unknown_in_the_end(
    finished: Bench, timeout_s: float
) -> None:
    """What nobody could read when the time was up is no success."""
    finished.timeout_s = timeout_s
    plan = finished.engine.plan_rollback(ADDRESS)
    looks = [gone_back(at, RolloutStatus.IN_PROGRESS) for at in (10, 16, 22)]
    finished.platform.on_act = lambda order: finished.platform.script(*looks)
    events = []
    for event in finished.engine.execute(plan, "production/api"):
        events.append(event)
        if event.event == "safe":
            finished.platform.fail("observe", EndpointError("timed out"), times=None)

    assert "safe" in [event.event for event in events]
    assert finished.verdict(events)["verdict"] == "UNKNOWN"
