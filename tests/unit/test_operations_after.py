"""What a plan does once its release serves, when the process that carried it is gone by then."""

from dataclasses import replace

import pytest

from console.domain.action import Action, ActionKind, ActionSight, ActionState
from console.domain.operation import Accepted, OperationEvent
from tests.builders import ADDRESS, a_rollout
from tests.unit.conftest import Bench
from tests.unit.test_operations_engine import COPY_DEPLOYMENT, gone_back, steady_new

RESTORE = Action(ActionKind.SET_STRATEGY, "configuration back", {"configuration": {"strategy": "CANARY"}})
WRITING = Action(ActionKind.SEND_REQUESTS, "smoke: makes a meal plan", {"sequence": "smoke"})
ABSENT, DONE = ActionSight(ActionState.ABSENT, "not as it was"), ActionSight(ActionState.DONE, "as it was")


def killed_after(bench: Bench, event: str, *after: Action) -> str:
    """A rollback with something to do afterwards, whose process dies as soon as it says the event."""
    bench.platform.put(steady_new())
    bench.platform.histories[ADDRESS] = (steady_new().rollout or a_rollout(), a_rollout())
    bench.platform.accepted = Accepted(COPY_DEPLOYMENT, None)
    bench.platform.on_act = lambda order: bench.platform.script(gone_back(10), gone_back(16), gone_back(22))
    plan = replace(bench.engine.plan_rollback(ADDRESS), after=after)
    operation = bench.engine.execute(plan, "production/api")
    for told in operation:
        if told.event == event:
            operation.close()
            return told.operation or ""
    raise AssertionError(f"never said {event}")


def taken_over(bench: Bench, operation: str) -> list[OperationEvent]:
    bench.clock.advance(60)
    events = list(bench.engine.resume(operation))
    assert bench.verdict(events)["verdict"] == "SUCCEEDED"
    return events


def kinds(bench: Bench) -> list[ActionKind]:
    return [action.kind for action in bench.platform.performed]


@pytest.mark.parametrize("event", ["accepted", "safe", "done"])
def test_what_was_changed_for_the_rollout_is_put_back(bench: Bench, event: str) -> None:
    """Nobody else would, and the next deploy would go without its canary."""
    bench.platform.sights[ActionKind.SET_STRATEGY] = [ABSENT, DONE]
    operation = killed_after(bench, event, RESTORE)

    events = taken_over(bench, operation)

    assert kinds(bench) == [ActionKind.SET_STRATEGY]
    assert "left" not in [item.event for item in events]


def test_what_the_dead_process_has_put_back_is_not_set_again(bench: Bench) -> None:
    """It was killed between its call and the answer."""
    bench.platform.sights[ActionKind.SET_STRATEGY] = [DONE]
    operation = killed_after(bench, "sent", RESTORE)
    bench.platform.found = Accepted(COPY_DEPLOYMENT, None)
    bench.platform.script(gone_back(10), gone_back(16), gone_back(22))

    taken_over(bench, operation)

    assert kinds(bench) == []


def test_what_leaves_something_behind_is_only_said(bench: Bench) -> None:
    """A meal plan that nobody ordered is worse than a test that was not made."""
    operation = killed_after(bench, "done", WRITING)

    (left,) = [item for item in taken_over(bench, operation) if item.event == "left"]

    assert "makes a meal plan" in left.text
    assert kinds(bench) == []


def test_what_was_done_before_the_end_is_not_called_left(bench: Bench) -> None:
    """The journal says that it was reached."""
    operation = killed_after(bench, "reached", RESTORE)

    events = taken_over(bench, operation)

    assert kinds(bench) == [ActionKind.SET_STRATEGY]
    assert "left" not in [item.event for item in events]
