"""What DescribeServiceDeployments shows of a deployment that shifts traffic."""

from console.sandbox.ecs import hooks
from console.sandbox.ecs.model import Json, Service, ServiceDeployment, ServiceRevision


def progress(rollout: ServiceDeployment) -> Json:
    """``lifecycleStage`` and ``lifecycleHookDetails``, as far as there are any."""
    course = rollout.course
    if course is None:
        return {}
    return {
        "lifecycleStage": (course.stage or None) if not rollout.is_over else None,
        "lifecycleHookDetails": [hooks.picture(hook) for hook in course.hooks] or None,
    }


def weights(owner: Service, rollout: ServiceDeployment, revision: ServiceRevision) -> Json:
    """Percent of test and production traffic that a revision of the deployment is to get."""
    course = rollout.course
    if course is None:
        return {}
    test, production = course.test, course.production
    if revision is not rollout.target:
        is_kept = any(item.revision is revision and item.id == course.keeper for item in owner.deployments)
        test, production = (100.0 - test, 100.0 - production) if is_kept else (0.0, 0.0)
    return {
        "requestedTestTrafficWeight": round(test, 1),
        "requestedProductionTrafficWeight": round(production, 1),
    }
