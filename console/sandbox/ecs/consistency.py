"""How far reads lag behind writes (API reference: ECS follows an eventual consistency model).

The lag is a fixed time after the write, so that every client sees the same at the same moment,
however often it looks.
"""

from typing import TYPE_CHECKING

from console.sandbox.ecs import timing
from console.sandbox.ecs.model import Task

if TYPE_CHECKING:
    from console.sandbox.kernel import World


def is_listed(world: "World", task: Task) -> bool:
    """Whether ListTasks shows a task yet."""
    return world.now() - task.created_at >= world.seconds(timing.LISTING_LAG)


def is_described(world: "World", task: Task) -> bool:
    """Whether DescribeTasks knows it; one that RunTask has just started is MISSING for a moment."""
    lag = 0.0 if task.service else timing.DESCRIBING_LAG
    return world.now() - task.created_at >= world.seconds(lag)
