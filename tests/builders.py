"""Domain objects with full, consistent defaults for tests; anything can be overridden by keyword.

The default world: *rugmunch/production/api* runs v1.4.2 (``OLD``) on two tasks, steady. A test that
needs v1.4.3 (``NEW``) says so. Ids and ARNs have the shapes that ECS gives them.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from console.domain.address import Address, Environment, Identity, Tier
from console.domain.fleet import Diagnosis, EnvironmentPicture, ServicePicture
from console.domain.operation import Hold, Mechanism, OperationRecord, Verb
from console.domain.release import Image, Release
from console.domain.rollout import Breaker, Deployment, Rollout, RolloutStatus
from console.domain.service import Observation, ServiceEvent, ServiceState, ServiceStatus
from console.domain.signals import Figures, LogLine
from console.domain.tasks import Container, Target, Task
from console.domain.version import Version

NOW = datetime(2026, 11, 20, 3, 12, 47, tzinfo=UTC)
"""Where :class:`tests.fakes.FakeClock` starts."""

ACCOUNT = "482319607715"
REGION = "us-east-1"
CLUSTER = "rugmunch-production"
ADDRESS = Address("rugmunch", "production", "api")
ECS_ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/rugmunch-api/6d0ecf831eec9f09"

OLD_DIGEST = "sha256:" + "9c1f" * 16
NEW_DIGEST = "sha256:" + "4b7e" * 16
OLD_DEPLOYMENT = "ecs-svc/4980306466373577042"
NEW_DEPLOYMENT = "ecs-svc/4980306466373577043"
OLD_RELEASE = f"{ECS_ARN}:service-revision/{CLUSTER}/rugmunch-api/4980306466373577042"
NEW_RELEASE = f"{ECS_ARN}:service-revision/{CLUSTER}/rugmunch-api/4980306466373577043"
OLD_DEFINITION = f"{ECS_ARN}:task-definition/rugmunch-api:42"
NEW_DEFINITION = f"{ECS_ARN}:task-definition/rugmunch-api:43"
OLD_ROLLOUT = f"{ECS_ARN}:service-deployment/{CLUSTER}/rugmunch-api/Ab3dEfGhIjKlMnOpQrSt42"
NEW_ROLLOUT = f"{ECS_ARN}:service-deployment/{CLUSTER}/rugmunch-api/Ab3dEfGhIjKlMnOpQrSt43"


def ago(seconds: float) -> datetime:
    """The moment that many seconds before ``NOW``."""
    return NOW - timedelta(seconds=seconds)


def task_id(number: int) -> str:
    """A task id: 32 hex digits that begin with the number."""
    return f"{number:08x}" + "c0ffee00" * 3


def an_address(**overrides: Any) -> Address:
    """*rugmunch/production/api*."""
    return replace(ADDRESS, **overrides)


def an_environment(**overrides: Any) -> Environment:
    """*rugmunch/production*."""
    return replace(
        Environment("rugmunch", "production", Tier.PRODUCTION, "ecs", ACCOUNT, REGION, CLUSTER), **overrides
    )


def an_identity(**overrides: Any) -> Identity:
    """Devon, through a role session."""
    return replace(
        Identity(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/on-call/devon"),
        **overrides,
    )


def a_version(**overrides: Any) -> Version:
    """v1.4.2."""
    return replace(Version(OLD_DIGEST, "v1.4.2", ("v1.4.2",)), **overrides)


def a_release(**overrides: Any) -> Release:
    """v1.4.2 as the old revision runs it; ``digest=`` and ``label=`` change image and version."""
    digest: str | None = overrides.pop("digest", OLD_DIGEST)
    label: str = overrides.pop("label", "v1.4.2")
    default = Release(
        id=OLD_RELEASE,
        definition=OLD_DEFINITION,
        images=(Image("api", f"{REGISTRY}/rugmunch-api", label, digest),),
        main="api",
        version=Version(digest, label, (label,)),
        configuration="5f1c2a90",
        created_at=ago(3 * 86400),
        settings={"cpu": "512", "memory": "1024", "env.LOG_LEVEL": "info", "secret": "DATABASE_URL"},
    )
    return replace(default, **overrides)


def a_new_release(**overrides: Any) -> Release:
    """v1.4.3 as the new revision runs it."""
    default: dict[str, Any] = {
        "id": NEW_RELEASE,
        "definition": NEW_DEFINITION,
        "digest": NEW_DIGEST,
        "label": "v1.4.3",
        "created_at": ago(360),
    }
    return a_release(**{**default, **overrides})


def a_deployment(**overrides: Any) -> Deployment:
    """The PRIMARY deployment of v1.4.2: completed, two of two tasks."""
    default = Deployment(
        id=OLD_DEPLOYMENT,
        status="PRIMARY",
        state="COMPLETED",
        definition=OLD_DEFINITION,
        desired=2,
        running=2,
        pending=0,
        failed=0,
        created_at=ago(3 * 86400),
        updated_at=ago(3 * 86400 - 170),
        release=OLD_RELEASE,
        reason=f"ECS deployment {OLD_DEPLOYMENT} completed.",
    )
    return replace(default, **overrides)


def a_new_deployment(**overrides: Any) -> Deployment:
    """The PRIMARY deployment of v1.4.3: six minutes under way, one of two tasks running."""
    default: dict[str, Any] = {
        "id": NEW_DEPLOYMENT,
        "state": "IN_PROGRESS",
        "definition": NEW_DEFINITION,
        "running": 1,
        "pending": 1,
        "created_at": ago(360),
        "updated_at": ago(20),
        "release": NEW_RELEASE,
        "reason": f"ECS deployment {NEW_DEPLOYMENT} in progress.",
    }
    return a_deployment(**{**default, **overrides})


def a_service(**overrides: Any) -> ServiceStatus:
    """A steady service; the default deployment takes over ``desired``, ``running`` and ``pending``."""
    desired: int = overrides.get("desired", 2)
    running: int = overrides.get("running", desired)
    pending: int = overrides.get("pending", 0)
    address: Address = overrides.get("address", ADDRESS)
    name = address.service
    default = ServiceStatus(
        address=address,
        arn=f"{ECS_ARN}:service/{CLUSTER}/{name}",
        name=name,
        cluster=CLUSTER,
        status="ACTIVE",
        desired=desired,
        running=running,
        pending=pending,
        deployments=(a_deployment(desired=desired, running=running, pending=pending),),
        events=(),
        rollout_id=OLD_ROLLOUT,
        breaker=True,
        breaker_rolls_back=True,
        target_groups=(GROUP,),
    )
    return replace(default, **overrides)


def a_rolling_service(**overrides: Any) -> ServiceStatus:
    """The service while v1.4.3 replaces v1.4.2: one new task running, one pending, two old ones."""
    default: dict[str, Any] = {
        "running": 3,
        "pending": 1,
        "deployments": (a_new_deployment(), a_deployment(status="ACTIVE")),
        "rollout_id": NEW_ROLLOUT,
    }
    return a_service(**{**default, **overrides})


def a_container(**overrides: Any) -> Container:
    """The container ``api``, running."""
    return replace(
        Container("api", "RUNNING", OLD_DIGEST, health="HEALTHY", memory_mb=1024),
        **overrides,
    )


def a_task(**overrides: Any) -> Task:
    """A running, healthy task of v1.4.2, of v1.4.3 in that one's deployment; ``number=`` makes its id and
    its address."""
    number: int = overrides.pop("number", 1)
    digest = NEW_DIGEST if overrides.get("deployment") == NEW_DEPLOYMENT else OLD_DIGEST
    default = Task(
        id=task_id(number),
        deployment=OLD_DEPLOYMENT,
        definition=OLD_DEFINITION,
        status="RUNNING",
        desired_status="RUNNING",
        containers=(a_container(digest=digest),),
        health="HEALTHY",
        zone=f"{REGION}a",
        ip=f"10.0.1.{number}",
        memory_mb=2048,
        created_at=ago(3 * 86400),
        started_at=ago(3 * 86400 - 35),
    )
    return replace(default, **overrides)


def a_stopped_task(**overrides: Any) -> Task:
    """A task of v1.4.3 that died a minute ago; ``exit_code=`` and ``container_reason=`` say of what."""
    exit_code: int | None = overrides.pop("exit_code", 1)
    reason: str = overrides.pop("container_reason", "")
    default: dict[str, Any] = {
        "deployment": NEW_DEPLOYMENT,
        "definition": NEW_DEFINITION,
        "status": "STOPPED",
        "desired_status": "STOPPED",
        "containers": (a_container(status="STOPPED", exit_code=exit_code, reason=reason, digest=NEW_DIGEST),),
        "health": "UNKNOWN",
        "created_at": ago(150),
        "started_at": ago(120),
        "stopping_at": ago(70),
        "stopped_at": ago(60),
        "stop_code": "EssentialContainerExited",
        "stopped_reason": "Essential container in task exited",
    }
    return a_task(**{**default, **overrides})


def a_target(**overrides: Any) -> Target:
    """The healthy target of the default task; ``number=`` makes its address."""
    number: int = overrides.pop("number", 1)
    return replace(Target(GROUP, f"10.0.1.{number}", 8080, "healthy"), **overrides)


def a_breaker(**overrides: Any) -> Breaker:
    """A breaker on watch, 0 of 3."""
    return replace(Breaker(0, 3, "MONITORING"), **overrides)


def a_rollout(**overrides: Any) -> Rollout:
    """The service deployment that brought v1.4.2: successful, three days ago."""
    default = Rollout(
        id=OLD_ROLLOUT,
        status=RolloutStatus.SUCCESSFUL,
        target=OLD_RELEASE,
        created_at=ago(3 * 86400),
        started_at=ago(3 * 86400 - 1),
        finished_at=ago(3 * 86400 - 170),
        breaker=a_breaker(status="MONITORING_COMPLETE"),
    )
    return replace(default, **overrides)


def a_new_rollout(**overrides: Any) -> Rollout:
    """The service deployment that brings v1.4.3: in progress for six minutes."""
    default: dict[str, Any] = {
        "id": NEW_ROLLOUT,
        "status": RolloutStatus.IN_PROGRESS,
        "target": NEW_RELEASE,
        "created_at": ago(360),
        "started_at": ago(359),
        "finished_at": None,
        "sources": (OLD_RELEASE,),
        "breaker": a_breaker(),
    }
    return a_rollout(**{**default, **overrides})


def an_event(
    message: str = "(service rugmunch-api) has reached a steady state.", **overrides: Any
) -> ServiceEvent:
    """An event of a minute ago."""
    return replace(ServiceEvent("0a4f7c1e-1111-4222-8333-444455556666", ago(60), message), **overrides)


def an_observation(**overrides: Any) -> Observation:
    """The steady service in full: two tasks, two healthy targets, its rollout and its release."""
    status: ServiceStatus = overrides.get("status", a_service())
    default = Observation(
        at=NOW,
        status=status,
        rollout=a_rollout(),
        tasks=(a_task(number=1), a_task(number=2)),
        targets=(a_target(number=1), a_target(number=2)),
        releases={OLD_RELEASE: a_release()},
    )
    return replace(default, **overrides)


def a_rolling_observation(**overrides: Any) -> Observation:
    """The service in full while v1.4.3 replaces v1.4.2."""
    new = {
        "deployment": NEW_DEPLOYMENT,
        "definition": NEW_DEFINITION,
        "created_at": ago(90),
        "containers": (a_container(digest=NEW_DIGEST),),
    }
    default: dict[str, Any] = {
        "status": a_rolling_service(),
        "rollout": a_new_rollout(),
        "tasks": (
            a_task(number=1),
            a_task(number=2),
            a_task(number=3, **new, started_at=ago(55)),
            a_task(number=4, **new, status="PENDING", started_at=None),
        ),
        "targets": (
            a_target(number=1),
            a_target(number=2),
            a_target(number=3, state="initial", reason="Elb.RegistrationInProgress"),
        ),
        "releases": {OLD_RELEASE: a_release(), NEW_RELEASE: a_new_release()},
    }
    return an_observation(**{**default, **overrides})


def some_figures(**overrides: Any) -> Figures:
    """A quiet minute: 1,200 requests, no error, 184 ms."""
    return replace(Figures(ago(60), 60, 1200, 0, 0.184), **overrides)


def a_log_line(text: str = "GET /health 200", **overrides: Any) -> LogLine:
    """A line of the default task."""
    return replace(LogLine("1", ago(5), task_id(1), "api", text), **overrides)


def a_hold(**overrides: Any) -> Hold:
    """Held at v1.4.2 by devon after a rollback."""
    default = Hold(ADDRESS, "v1.4.2", OLD_DIGEST, "devon", ago(120), "rollback from v1.4.3", "01HOLD")
    return replace(default, **overrides)


def a_picture(**overrides: Any) -> ServicePicture:
    """One row of the fleet: the steady service, read now."""
    default = ServicePicture(
        address=ADDRESS,
        environment=an_environment(),
        as_of=NOW,
        status=a_service(),
        observation=an_observation(),
        diagnosis=Diagnosis(ServiceState.STEADY),
        release=a_release(),
        figures=some_figures(),
        deployed_at=ago(3 * 86400),
    )
    return replace(default, **overrides)


def an_environment_picture(*rows: ServicePicture, **overrides: Any) -> EnvironmentPicture:
    """*rugmunch/production*, read now, with those rows."""
    default = EnvironmentPicture(
        environment=an_environment(), as_of=NOW, services=rows or (a_picture(),), identity=an_identity()
    )
    return replace(default, **overrides)


def a_record(**overrides: Any) -> OperationRecord:
    """An open rollback by devon from v1.4.3 to v1.4.2, ordered a minute ago."""
    default = OperationRecord(
        id="01JD3K9QW5Z8X7V6T4S2R1P0NM",
        verb=Verb.ROLLBACK,
        address=ADDRESS,
        account=ACCOUNT,
        region=REGION,
        cluster=CLUSTER,
        service="rugmunch-api",
        actor="devon",
        caller=an_identity().arn,
        host="laptop",
        pid=4242,
        heartbeat_at=ago(1),
        planned_at=ago(75),
        mechanism=Mechanism.UPDATE_SERVICE,
        source=a_new_release().facts(),
        target=a_release().facts(),
        ordered_at=ago(60),
        reason="",
    )
    return replace(default, **overrides)
