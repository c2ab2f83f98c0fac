"""Tasks that are to run elsewhere: off an instance that drains, or into an emptier zone.

Their replacements are started first where the bounds allow it. Draining may go down to the floor of
healthy tasks (container-instance-draining); rebalancing never stops before the replacement is
healthy (service-rebalancing).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.sandbox.ecs import guard
from console.sandbox.ecs.model import Deployment, Task

if TYPE_CHECKING:
    from console.sandbox.kernel import World

DRAIN, REBALANCE = "drain", "rebalance"


def ready(world: "World", alive: Sequence[Task], spare: int, wanted: int) -> list[Task]:
    """Those of a deployment's tasks that may be stopped now.

    Args:
        alive: Tasks of the deployment that start or run.
        spare: Healthy tasks of the service beyond its floor.
        wanted: Tasks that the deployment is to have.
    """
    movers = [task for task in guard.stoppable(world, alive) if task.moving and not task.condemned]
    idle = [task for task in movers if not task.is_healthy]
    draining = [task for task in movers if task.is_healthy and task.moving == DRAIN][: max(0, spare)]
    shifting = [task for task in movers if task.is_healthy and task.moving == REBALANCE]
    healthy = sum(task.is_healthy for task in alive)
    return idle + draining + shifting[: max(0, min(healthy - wanted, spare - len(draining)))]


def scaling_reason(primary: Deployment) -> str:
    """``stoppedReason`` of a task that a smaller service, a rollout or a draining instance ends."""
    return f"Scaling activity initiated by (deployment {primary.id})"


def rebalancing_reason(primary: Deployment) -> str:
    """``stoppedReason`` of a task whose replacement runs in an emptier zone."""
    return f"Availability-zone rebalancing initiated by (deployment {primary.id})"
