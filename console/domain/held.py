"""Whether what a service is held at still serves: read off its tasks, never off the hold."""

from console.domain.fleet import ServicePicture
from console.domain.tasks import Task
from console.domain.words import count


def hold_trouble(picture: ServicePicture) -> str:
    """Why a hold is not kept: other images serve beside it, or too few of its own do; empty while it is
    kept, where nothing is held, and where nobody has read what runs."""
    hold, status = picture.hold, picture.status
    tasks = _tasks(picture)
    if hold is None or hold.digest is None or status is None or tasks is None:
        return ""
    running = [task for task in tasks if task.is_executing and not task.is_leaving]
    told = [task for task in running if any(item.digest for item in task.containers)]
    own = [task for task in told if any(item.digest == hold.digest for item in task.containers)]
    others = len(told) - len(own)
    if others:
        return f"HOLD BROKEN: {count(others, 'task')} with another image"
    needed = min(status.desired, max(1, status.floor))
    if len(told) == len(running) and len(own) < needed:
        return f"HOLD BROKEN: only {len(own)} of {needed} tasks running"
    return ""


def _tasks(picture: ServicePicture) -> tuple[Task, ...] | None:
    """Its tasks by the newest reading; ``None``: not read."""
    seen = picture.observation
    if seen is None or "tasks" in seen.missing:
        return picture.tasks
    listed_at = picture.tasks_as_of
    return picture.tasks if listed_at is not None and listed_at > seen.at else seen.tasks
