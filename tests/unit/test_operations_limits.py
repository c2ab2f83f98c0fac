"""How long an operation is watched: counted from when this process began to, whoever carries it."""

from console.domain.operation import Accepted, Plan
from console.domain.rollout import RolloutStatus
from tests.builders import ADDRESS, NEW_DEPLOYMENT, a_new_rollout, a_rolling_observation, ago, an_observation
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
