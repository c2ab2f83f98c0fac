"""Ever longer gaps between attempts of a service whose tasks never start.

Only tasks that stop before RUNNING count (ECS developer guide, service-throttle-logic); the growth
of the gap is not published, its limit of 27 minutes is.
"""

from typing import TYPE_CHECKING

from console.sandbox.ecs import events, timing
from console.sandbox.ecs.model import Deployment, Service

if TYPE_CHECKING:
    from console.sandbox.kernel import World


def postpone(world: "World", service: Service, deployment: Deployment) -> float:
    """Count one failure to start.

    Returns:
        Simulated seconds until the next attempt: none for the first, then growing by round.
    """
    deployment.never_ran += 1
    rounds = deployment.never_ran // max(1, service.desired_count)
    if rounds < 2:
        return timing.NOTICE_EXIT
    gap: float = min(timing.THROTTLE_FIRST * 2.0 ** min(rounds - 2, 10), timing.THROTTLE_MOST)
    deployment.throttled_until = max(deployment.throttled_until, world.now() + world.seconds(gap))
    events.say_once(world, service, events.INCONSISTENT)
    return gap
