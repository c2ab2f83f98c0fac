"""Which tasks the scheduler may stop when it shrinks a service or rolls it over.

Protected ones stay; what that blocks is said in ECS's words, once in six hours.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.sandbox.ecs import events
from console.sandbox.ecs.model import Deployment, Service, Task

if TYPE_CHECKING:
    from console.sandbox.kernel import World


def is_protected(world: "World", task: Task) -> bool:
    """Whether scale-in protection holds now."""
    return task.is_alive and world.now() < task.protected_until


def stoppable(world: "World", tasks: Sequence[Task]) -> list[Task]:
    """Those without protection."""
    return [task for task in tasks if not is_protected(world, task)]


def announce(world: "World", service: Service, deployment: Deployment, wanted: int, found: int) -> None:
    """Say that protection keeps tasks which ought to go.

    Args:
        wanted: Tasks of the deployment that would be stopped without protection.
        found: Tasks that can be.
    """
    kept = wanted - found
    if kept > 0:
        text = (
            f"was unable to reach steady state because (taskSet {deployment.id}) was unable to scale in "
            f"due to (reason {kept} tasks under protection)"
        )
        events.say_once(world, service, text)
