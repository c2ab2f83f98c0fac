"""Which rollout carries an order: by its id, its target, or among those that came after.

The answer to UpdateService names the service's *current* service deployment, which in a race is somebody
else's: only the deployment that it names is certainly ours.
"""

from datetime import timedelta

from console.domain.operation import Accepted, Mechanism
from console.domain.rollout import CODE_DEPLOY, Rollout, RolloutStatus
from console.domain.service import Observation
from console.operations.carrier import Carrier
from console.operations.verdict import successors

LISTED_AFTER = timedelta(seconds=15)
"""What stopped a rollout is listed a few seconds later: ECS's lists are eventually consistent."""


class Tracking:
    """Finds the rollout of one accepted order, look for look."""

    def __init__(self, carrier: Carrier, accepted: Accepted) -> None:
        self.carrier = carrier
        self.accepted = accepted
        self._tracked = self._certain()

    def _certain(self) -> str | None:
        """The rollout, where the order itself or its answer tells."""
        plan = self.carrier.plan
        if plan.mechanism in (Mechanism.UPDATE_SERVICE, Mechanism.FORCE_NEW_DEPLOYMENT):
            return None
        in_flight = plan.mechanism.stops_rollout or plan.mechanism is Mechanism.WATCH
        return self.accepted.rollout or (plan.basis.rollout if in_flight else None)

    def find(self, observation: Observation) -> tuple[Rollout | None, tuple[Rollout, ...]]:
        """The rollout that carries the order, and the history where it had to be asked for."""
        newest = observation.rollout
        if observation.status.controller == CODE_DEPLOY:
            return self._from_codedeploy(newest)
        if newest is None or "rollout" in observation.missing:
            return self._from_deployments(observation), ()
        if self._tracked is None and self._is_ours(newest, observation):
            self._tracked = newest.id
        if newest.id != self._tracked:
            return self._from_history(observation)
        if newest.status is not RolloutStatus.STOPPED:
            return newest, ()
        history = self.carrier.platform.history(self.carrier.plan.address)
        later = bool(successors(newest, history))
        fresh = observation.at - (newest.finished_at or observation.at) < LISTED_AFTER
        return (None if fresh and not later else newest), history

    def _from_codedeploy(self, newest: Rollout | None) -> tuple[Rollout | None, tuple[Rollout, ...]]:
        """CodeDeploy's deployments have an id from the beginning; a service names only that of its newest
        task set, so that one that begins, or was taken back, is found in the history."""
        if newest is not None and newest.id == self._tracked:
            return newest, ()
        history = self.carrier.platform.history(self.carrier.plan.address)
        return next((item for item in history if item.id == self._tracked), None), history

    def _is_ours(self, rollout: Rollout, observation: Observation) -> bool:
        if rollout.id == self.carrier.plan.basis.rollout:
            return False  # right after the order ECS may still show the one before
        release = observation.releases.get(rollout.target)
        deployment = next(
            (d for d in observation.status.deployments if d.id == self.accepted.deployment), None
        )
        if deployment is not None and deployment.release is not None:
            return deployment.release == rollout.target
        order = self.carrier.order
        return release is not None and order is not None and release.definition == order.definition

    def _from_history(self, observation: Observation) -> tuple[Rollout | None, tuple[Rollout, ...]]:
        """Another rollout is the newest: find ours among the earlier ones."""
        primary = observation.status.primary
        if self._tracked is None and primary and primary.id == self.accepted.deployment:
            return None, ()  # its service deployment is not listed yet
        history = self.carrier.platform.history(self.carrier.plan.address)
        if self._tracked is None:
            self._tracked = self._found_in(history)
        return next((item for item in history if item.id == self._tracked), None), history

    def _found_in(self, history: tuple[Rollout, ...]) -> str | None:
        carrier = self.carrier
        since = carrier.log.record.ordered_at or carrier.confirmed_at
        recent = [item for item in history if item.created_at >= since - timedelta(seconds=5)]
        releases = carrier.platform.releases(carrier.plan.address, [item.target for item in recent])
        definition = carrier.order.definition if carrier.order else None
        ours = [
            item
            for item in recent
            if (release := releases.get(item.target)) is not None and release.definition == definition
        ]
        if not ours:
            return None
        return min(ours, key=lambda item: (not self._is_numbered_alike(item), item.created_at)).id

    def _is_numbered_alike(self, rollout: Rollout) -> bool:
        """Whether its service revision has the number of our deployment: as far as anybody has seen they
        carry the same, which tells two deployments of one definition apart."""
        return rollout.target.rpartition("/")[2] == (self.accepted.deployment or "").rpartition("/")[2]

    def _from_deployments(self, observation: Observation) -> Rollout | None:
        """Without permission to read service deployments: the outcome as ``deployments[]`` tells it."""
        status = observation.status
        ours = next((d for d in status.deployments if d.id == self.accepted.deployment), None)
        primary = status.primary
        if primary is None or (ours is None and primary.id == self.accepted.deployment):
            return None
        went_back = ours is None or ours.state == "FAILED" or not ours.is_primary
        state = RolloutStatus.IN_PROGRESS
        if went_back:
            finished = primary.state == "COMPLETED"
            state = RolloutStatus.ROLLBACK_SUCCESSFUL if finished else RolloutStatus.ROLLBACK_IN_PROGRESS
        elif ours is not None and ours.state == "COMPLETED" and len(status.deployments) == 1:
            state = RolloutStatus.SUCCESSFUL
        return Rollout(
            id=self._tracked or "",
            status=state,
            target=(ours.release if ours else None) or "",
            created_at=ours.created_at if ours else primary.created_at,
            finished_at=observation.at if state.is_over else None,
            reason=primary.reason,
            went_back_to=primary.release if went_back else None,
            rollback_reason=ours.reason if ours else "",
        )
