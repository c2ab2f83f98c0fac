"""Evidence from the service's own events (ECS developer guide, service-event-messages-list)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.diagnosis import reasons
from console.diagnosis.evidence import Evidence, Kind, Scene

_STEADY = "has reached a steady state"
_STARTED = "has started "
_MEMORY = timedelta(hours=6)
"""ECS does not repeat an event that still holds for six hours."""
_PROGRESS = re.compile(
    r"has started|has stopped|registered \d+ targets|deregistered|begun draining|deployment completed"
)
_STARTS = re.compile(r"image|secret|registry|log driver|EFS|task resources|network interface")


@dataclass(frozen=True)
class Pattern:
    """One wording: what it proves, and which later event takes it back."""

    pattern: re.Pattern[str]
    kind: Kind
    cause: str
    remedy: str
    ended_by: str = _STEADY


PATTERNS = (
    Pattern(
        re.compile(r"unable to stop or start tasks during a deployment"),
        Kind.BLOCKED,
        "deadlock: minimum and maximum healthy percent let no task start or stop",
        "raise maximumPercent or lower minimumHealthyPercent",
        _STARTED,
    ),
    Pattern(
        re.compile(r"tasks? under protection|protected tasks"),
        Kind.BLOCKED,
        "protected tasks cannot be stopped",
        "clear the task protection",
        "has stopped",
    ),
    Pattern(
        re.compile(r"unable to place (a task|tasks)|unable to reach steady state\. Reason"),
        Kind.BLOCKED,
        "no task can be placed",
        "read the service's events",
        _STARTED,
    ),
    Pattern(
        re.compile(r"could not launch \d+ tasks"),
        Kind.FAILURE,
        "tasks cannot be launched",
        "read the service's events",
        _STARTED,
    ),
    Pattern(
        re.compile(r"unable to consistently start tasks"),
        Kind.FAILURE,
        "tasks do not start: ECS waits ever longer between two tries",
        "read the stopped tasks, and deploy a version that starts or roll back",
    ),
    Pattern(
        re.compile(r"deployment failed: alarm detected"),
        Kind.FAILURE,
        "deployment failed: alarm",
        "read the alarm",
    ),
    Pattern(
        re.compile(r"TARGET GROUP IS NOT FOUND"),
        Kind.FAILURE,
        "target group is gone",
        "create the target group again, or change the service's load balancer",
    ),
    Pattern(
        re.compile(r"IAM (permissions policies|trust relationship)"),
        Kind.FAILURE,
        "service role cannot be used",
        "repair the role's policies and trust",
    ),
    Pattern(
        re.compile(r"operations are being throttled"),
        Kind.NOTICE,
        "ECS is throttled by AWS and tries again later",
        "wait: it tries again by itself",
        _STARTED,
    ),
)


def evidence(scene: Scene) -> Evidence | None:
    """The newest event that tells of trouble and was not taken back by a later one."""
    later: list[str] = []
    for event in scene.events(_since(scene)):
        if _STEADY in event.message:
            return None
        for known in PATTERNS:
            if known.pattern.search(event.message):
                if any(known.ended_by in message for message in later):
                    break
                return _proof(known, event.message)
        later.append(event.message)
    return None


def last_progress(scene: Scene) -> datetime | None:
    """When ECS last started, stopped or registered anything."""
    return next((item.at for item in scene.status.events if _PROGRESS.search(item.message)), None)


def _since(scene: Scene) -> datetime:
    """While a rollout is under way its own events count, and on the way back only those of the way
    back; else those of six hours, which only *steady state* ends."""
    if scene.going_back:
        return scene.turned_back_at or scene.at - _MEMORY
    if scene.under_way and scene.primary is not None:
        return scene.primary.created_at
    return scene.at - _MEMORY


def _proof(known: Pattern, message: str) -> Evidence:
    told = reasons.explain(message)
    if told is None:
        return Evidence(known.kind, known.cause, (), known.remedy)
    cause, remedy = told
    # A task that cannot be set up is a failing release; one without a place is a release that waits.
    kind = Kind.FAILURE if known.kind is Kind.BLOCKED and _STARTS.search(cause) else known.kind
    return Evidence(kind, cause, (), remedy)
