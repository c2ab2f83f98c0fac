"""What every family of evidence is given, and what it answers with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from console.domain.error_reading import UNREAD, ErrorReading
from console.domain.fleet import TARGETS_VALID, Basis
from console.domain.guard import Judgement
from console.domain.rollout import CODE_DEPLOY, Breaker, Deployment, Rollout, RolloutStatus
from console.domain.service import Observation, ServiceEvent, ServiceStatus
from console.domain.signals import Figures
from console.domain.tasks import Task

_DECISIVE = ("targets", "tasks", "rollout")
"""Parts of an observation without which nobody can tell that a service is well."""
_SAID = {"routes": "listener rules", "timing": "health check intervals"}
"""Parts of an observation as people call them, where it is another word."""
RECENT = timedelta(minutes=10)
"""How long a failure of a finished rollout counts as present."""


class Kind(Enum):
    """What a piece of evidence makes of the service that it is about."""

    FAILURE = "failing"
    BLOCKED = "stuck"
    NOTICE = "warning"


@dataclass(frozen=True)
class Evidence:
    """One proven cause, with the facts that belong to it."""

    kind: Kind
    cause: str
    facts: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True)
class Scene:
    """Everything that a diagnosis may look at; ``at`` is the moment at which it is made."""

    status: ServiceStatus
    observation: Observation | None
    figures: Figures | None
    at: datetime
    held_by: str = ""
    """Who went back to what is held now, by our journal; empty: nothing is held."""
    errors: ErrorReading = UNREAD
    """Its errors, judged."""
    alerts: tuple[Judgement, ...] = ()
    """What is alerting now of its figures over time."""
    p95_limit_s: float = 1.0
    """Above it a response time is worth a look."""
    drained_by: str = ""
    """Who of us drained it, by our journal; empty: nobody."""

    @property
    def primary(self) -> Deployment | None:
        return self.status.primary

    @property
    def arriving(self) -> Deployment | None:
        return self.status.arriving

    @property
    def rollout(self) -> Rollout | None:
        """The service deployment that the status speaks of, where it was read; one that was read
        when another deployment was PRIMARY tells of a course that has changed since."""
        seen = self.observation
        if seen is None or seen.rollout is None or seen.rollout.id != self.status.rollout_id:
            return None
        before, now = seen.status.primary, self.primary
        return seen.rollout if before and now and before.id == now.id else None

    @property
    def is_unread(self) -> bool:
        """CodeDeploy's deployment could not be read, at the last look: task sets alone do not tell
        whether one is under way, or how it ended."""
        seen = self.observation
        by_codedeploy = self.status.controller == CODE_DEPLOY
        return by_codedeploy and seen is not None and "rollout" in seen.missing

    @property
    def unread(self) -> tuple[str, ...]:
        """Why parts that decide could not be read, at the last look that still counts; empty: all could."""
        seen = self._lately
        return tuple(_why(part, seen) for part in _DECISIVE if part in seen.missing) if seen else ()

    @property
    def undecided(self) -> tuple[str, ...]:
        """Why other parts could not be read: they do not change the state, and are said beside it."""
        seen = self._lately
        return tuple(_why(part, seen) for part in seen.missing if part not in _DECISIVE) if seen else ()

    @property
    def basis(self) -> Basis:
        """What the state rests on: counts, unless all that decides was read lately."""
        seen = self.observation
        if seen is not None and (any(part in seen.missing for part in _DECISIVE) or seen.lacks_tasks):
            return Basis.COUNTS
        if self.status.classic_balancers:
            return Basis.COUNTS
        if not self.status.groups:
            return Basis.READ
        return Basis.READ if self._lately is not None else Basis.COUNTS

    @property
    def _lately(self) -> Observation | None:
        """The last look, while it counts."""
        seen = self.observation
        return seen if seen is not None and self.at - seen.at <= TARGETS_VALID else None

    @property
    def under_way(self) -> bool:
        """A rollout has not ended. ``deployments[]`` knows it first: the service deployment that is
        listed right after UpdateService may still be the one before."""
        if self.primary is None or self.status.is_gone:
            return False
        if self.primary.state == "IN_PROGRESS":
            return True
        if not self.primary.state and len(self.status.deployments) > 1:
            return True  # an older ECS, or an imitation of it, tells it by this alone
        if self.status.controller != "ECS" and len(self.status.deployments) > 1:
            return True
        rollout = self.rollout
        return (
            rollout is not None
            and not rollout.status.is_over
            and rollout.status is not RolloutStatus.UNKNOWN
            and self.primary.state != "FAILED"
        )

    @property
    def going_back(self) -> bool:
        """ECS is on its way to the release before. Where only the status is known, a failed
        deployment that is younger than the PRIMARY under way tells it: a hotfix would be younger."""
        if self.rollout is not None and not self.rollout.status.is_over:
            return self.rollout.status.is_going_back
        primary = self.primary
        return (
            self.under_way
            and primary is not None
            and any(
                item.state == "FAILED" and item.created_at > primary.created_at
                for item in self.status.deployments
            )
        )

    @property
    def turned_back_at(self) -> datetime | None:
        """When ECS began to go back; where nothing else tells, when the failed deployment changed."""
        if self.rollout is not None and self.rollout.rollback_started_at is not None:
            return self.rollout.rollback_started_at
        told = (item.at for item in self.status.events if "rolling back to" in item.message)
        changed = (item.updated_at for item in self.status.deployments if item.state == "FAILED")
        return next(told, None) or max(changed, default=None)

    @property
    def breaker(self) -> Breaker | None:
        """The breaker of the rollout under way, while it counts."""
        if not self.under_way or self.rollout is None or self.rollout.breaker is None:
            return None
        return None if self.rollout.breaker.status == "DISABLED" else self.rollout.breaker

    @property
    def failures(self) -> int:
        """Failed tasks that ECS counts against what is shipped now."""
        counted = self.primary.failed if self.primary and self.under_way else 0
        breaker = self.breaker
        return max(counted, breaker.failures) if breaker and not self.going_back else counted

    @property
    def short(self) -> bool:
        """Fewer tasks run than are wanted."""
        return self.status.running < self.status.desired

    def judged(self, deployment: str) -> bool:
        """Whether tasks of that deployment decide the state: while a rollout is under way those of
        what arrives, else those of all that serve."""
        if self.under_way and self.arriving is not None:
            return deployment == self.arriving.id
        return any(item.id == deployment for item in self.status.deployments)

    def stopped(self, since: datetime, *, judged: bool = True) -> tuple[Task, ...]:
        """Tasks that ended since a moment, newest first; ``judged=False``: those of the others.

        A task whose containers have ended counts at once, not only when its network is taken down.
        """
        found = [
            (ended, task)
            for task in (self.observation.tasks if self.observation else ())
            if (task.is_stopped or task.is_leaving)
            and (ended := task.stopped_at or task.stopping_at) is not None
            and ended >= since
            and self.judged(task.deployment) is judged
        ]
        return tuple(task for _, task in sorted(found, key=lambda item: item[0], reverse=True))

    def events(self, since: datetime) -> tuple[ServiceEvent, ...]:
        """Events since a moment, newest first."""
        return tuple(event for event in self.status.events if event.at >= since)

    @property
    def since(self) -> datetime:
        """From when on failures count: the last ten minutes; the whole rollout while ECS counts
        failures against it, because it waits ever longer between two starts; an hour (as long as
        ECS shows stopped tasks) while tasks are missing."""
        recent = self.at - RECENT
        primary = self.primary
        if primary is None:
            return recent
        if self.failures or primary.state == "FAILED":
            return min(recent, primary.created_at)
        if self.under_way and self.arriving is not None:
            return max(recent, self.arriving.created_at)
        return self.at - timedelta(hours=1) if self.short else recent


def _why(part: str, seen: Observation) -> str:
    reason = seen.missing[part]
    said = f"{_SAID.get(part, part)} could not be read"
    return f"{said}: {reason}" if reason else said
