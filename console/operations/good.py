"""Which tasks are good: those of the deployment that the order made, or of the one that it returns to.

Never those of *the same definition*: what leaves at a restart runs that too.
"""

from console.domain.operation import Accepted, Mechanism, Plan
from console.domain.release import Release
from console.domain.rollout import CODE_DEPLOY, Rollout
from console.domain.service import Observation


def good_of(
    plan: Plan, accepted: Accepted, rollout: Rollout | None, observation: Observation
) -> frozenset[str]:
    """Ids of the deployments, or task sets, whose tasks are good; empty while nobody knows.

    Args:
        rollout: The one that carries the order, as far as it was found.
    """
    if plan.returns:
        return of_release(observation, (rollout.went_back_to if rollout else None) or plan.target.id)
    shipped = of_release(observation, rollout.target if rollout else None)
    if plan.mechanism is Mechanism.WATCH:
        return shipped or frozenset({plan.basis.deployment})
    if observation.status.controller == CODE_DEPLOY:
        return shipped | _of_maker(observation, accepted.rollout)
    made = frozenset({accepted.deployment}) if accepted.deployment else shipped
    return made - {plan.basis.deployment}


def of_release(observation: Observation, release: str | None) -> frozenset[str]:
    """Those that run exactly that release: a task set may be named by the deployment that made it."""
    if not release:
        return frozenset()
    return frozenset(
        item.id for item in observation.status.deployments if release in (item.release, item.external_id)
    )


def of_primary(observation: Observation) -> frozenset[str]:
    """Id of the PRIMARY deployment, whoever ordered it; empty without one."""
    primary = observation.status.primary
    return frozenset({primary.id}) if primary is not None else frozenset()


def _of_maker(observation: Observation, deployment: str | None) -> frozenset[str]:
    """The task sets that a CodeDeploy deployment has made."""
    if not deployment:
        return frozenset()
    return frozenset(item.id for item in observation.status.deployments if item.external_id == deployment)


def proved_digests(target: Release) -> dict[str, str]:
    """Container -> digest that good tasks must run; empty where nobody recorded what the target runs."""
    return {} if target.presumed else target.digests
