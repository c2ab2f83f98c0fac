"""Whether what a service is held at still serves: read off its tasks, never off the hold."""

from console.domain.fleet import ServicePicture
from console.domain.running import tasks_of
from console.domain.words import count


def hold_trouble(picture: ServicePicture) -> str:
    """Why a hold is not kept: other images serve beside it, or too few of its own do; empty while it is
    kept, where nothing is held, and where nobody has read what runs."""
    hold, status = picture.hold, picture.status
    tasks = tasks_of(picture)
    if hold is None or hold.digest is None or status is None or tasks is None:
        return ""
    running = [task for task in tasks if task.is_executing and not task.is_leaving]
    told = [task for task in running if any(item.digest for item in task.containers)]
    own = [task for task in told if any(item.digest == hold.digest for item in task.containers)]
    others = len(told) - len(own)
    if others:
        return f"HOLD BROKEN: {count(others, 'task')} with another image"
    if len(told) == len(running) and len(own) < status.needed:
        return f"HOLD BROKEN: only {len(own)} of {status.needed} tasks running"
    return ""
