"""Which service deployment carries an order, where several were ordered at one moment."""

from dataclasses import replace

import pytest

from console.domain.operation import Accepted, Mechanism, Verb
from console.domain.rollout import Rollout, RolloutStatus
from console.domain.wish import Wish
from console.operations.carrier import Carrier, Limits
from console.operations.log import OperationLog
from console.operations.ordering import order_of
from console.operations.tracking import Tracking
from tests.builders import ADDRESS, NOW, OLD_RELEASE, a_record, a_release, a_rollout, ago, an_observation
from tests.unit.conftest import Bench

PREFIX = OLD_RELEASE.rpartition("/")[0]


def restarted(number: str, seconds: float) -> Rollout:
    """One of several restarts of the same definition."""
    return a_rollout(
        id=f"rollout-{number}",
        target=f"{PREFIX}/{number}",
        status=RolloutStatus.STOPPED,
        created_at=ago(-seconds),
        finished_at=ago(-seconds - 1),
    )


@pytest.mark.parametrize(
    ("accepted", "tracked"),
    [
        (Accepted("ecs-svc/222", None), "rollout-222"),
        (Accepted("ecs-svc/222", "rollout-111"), "rollout-222"),
        (Accepted("ecs-svc/111", "rollout-222"), "rollout-111"),
        (Accepted("ecs-svc/unseen", "rollout-222"), "rollout-111"),
    ],
)
def test_of_several_restarts_ours_is_the_one_of_the_deployment_that_was_accepted(
    bench: Bench, accepted: Accepted, tracked: str
) -> None:
    """All of one definition, and all replaced by now; whichever rollout the answer called current. Where
    none has the number of ours, it is the first since it was ordered."""
    bench.platform.put(an_observation())
    ours = [restarted("111", 1), restarted("222", 2), restarted("333", 3)]
    bench.platform.histories[ADDRESS] = (*reversed(ours), a_rollout())
    bench.platform.known.update({item.target: replace(a_release(), id=item.target) for item in ours})
    record = a_record(ordered_at=NOW)
    bench.journal.begin(record)
    log = OperationLog(bench.journal, record, bench.clock, forgiving=True)
    plan = bench.engine.plan(Wish(Verb.DRAIN, ADDRESS))
    plan = replace(plan, verb=Verb.RESTART, mechanism=Mechanism.FORCE_NEW_DEPLOYMENT)
    carrier = Carrier(plan, bench.platform, log, bench.clock, Limits())
    carrier.accept(replace(order_of(plan), definition=a_release().definition), accepted)
    newest = a_rollout(id="theirs", target=f"{PREFIX}/999", created_at=ago(-9))

    found, _ = Tracking(carrier, accepted).find(an_observation(rollout=newest))

    assert found is not None
    assert found.id == tracked
