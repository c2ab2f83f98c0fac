"""How long an operation is watched: counted from when this process began to, whoever carries it."""

from console.domain.operation import Accepted, Plan
from console.domain.rollout import RolloutStatus
from tests.builders import (
    ADDRESS,
    NEW_DEPLOYMENT,
    NEW_RELEASE,
    a_new_deployment,
    a_new_release,
    a_new_rollout,
    a_rolling_observation,
    a_service,
    ago,
    an_observation,
)
from tests.unit.conftest import Bench


def shipping(bench: Bench) -> Plan:
    """The plan of a deploy that goes on for as long as anybody looks."""
    bench.platform.put(an_observation())
    bench.platform.candidates["v1.4.3"] = a_rolling_observation().releases[a_new_rollout().target]
    bench.platform.accepted = Accepted(NEW_DEPLOYMENT, None)
    bench.platform.on_act = lambda order: bench.platform.script(
        a_rolling_observation(rollout=a_new_rollout(created_at=ago(-1), status=RolloutStatus.IN_PROGRESS))
    )
    return bench.engine.plan_deploy(ADDRESS, "v1.4.3")


def left(bench: Bench, plan: Plan) -> str:
    """Begin and stop watching once the order is accepted; the operation's id."""
    events = bench.engine.execute(plan, "production/api")
    for event in events:
        if event.event == "accepted":
            events.close()
            return event.operation or ""
    raise AssertionError("never accepted")


def test_whoever_takes_over_late_watches_for_the_whole_time(bench: Bench) -> None:
    """An hour after it was confirmed a new watch of a minute is a minute long."""
    operation = left(bench, shipping(bench))
    bench.clock.advance(3600)
    bench.timeout_s, began = 60.0, bench.clock.now()

    events = list(bench.engine.resume(operation))

    assert 60 <= (bench.clock.now() - began).total_seconds() < 70
    assert bench.verdict(events)["verdict"] == "TIMED_OUT"
    assert "60 s" in str(bench.verdict(events)["reason"])


def test_the_watch_of_a_living_operation_ends_in_time_and_leaves_it_alone(bench: Bench) -> None:
    """It is another process's: that one writes its verdict, and it stays open until then."""
    operation = left(bench, shipping(bench))
    (record,) = bench.engine.open_operations()
    assert bench.journal.claim(record.id, "elsewhere", 1, bench.clock.now(), record.heartbeat_at)
    bench.timeout_s = 10.0

    events = list(bench.engine.resume(operation))

    verdict = bench.verdict(events)
    assert verdict["verdict"] == "TIMED_OUT"
    assert "elsewhere" in str(verdict["reason"])
    assert (verdict["to"], verdict["mechanism"]) == (record.target, "update_service")
    (still,) = bench.engine.open_operations()
    assert (still.verdict, still.host) == (None, "elsewhere")
    assert "verdict" not in [entry.event for entry in bench.journal.entries(operation)]


def test_with_nothing_wanted_nothing_is_said_to_serve(bench: Bench) -> None:
    """A drained service takes a new version, and no request with it."""
    empty = a_service(deployments=(a_new_deployment(state="COMPLETED", running=0),), desired=0, running=0)
    plan = shipping(bench)
    bench.platform.on_act = lambda order: bench.platform.script(
        *(
            an_observation(
                at=ago(-at),
                status=empty,
                rollout=a_new_rollout(
                    status=RolloutStatus.SUCCESSFUL, finished_at=ago(-2), created_at=ago(-1)
                ),
                tasks=(),
                targets=(),
                releases={NEW_RELEASE: a_new_release()},
            )
            for at in (5, 11, 17)
        )
    )

    events = list(bench.engine.execute(plan, "production/api"))

    assert bench.verdict(events)["verdict"] == "SUCCEEDED"
    (safe,) = [event for event in events if event.event == "safe"]
    assert safe.text == "safe: v1.4.3 is set, and nothing serves"
    assert not [event for event in events if "every request" in event.text]
