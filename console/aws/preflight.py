"""What can be proved before shipping. What cannot be read is amber, never green."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from console.aws.calls import Calls
from console.aws.configuration import platform_of
from console.aws.definitions import Definition, Definitions
from console.aws.images import Registry
from console.aws.preflight_network import Room
from console.aws.preflight_secrets import Secrets
from console.aws.preflight_service import Surroundings
from console.aws.scans import Scans
from console.aws.standing import ACTIONS, denied_actions
from console.aws.tasks import Tasks
from console.config.settings import EnvironmentSettings
from console.domain.operation import Check, CheckState
from console.domain.release import Image, Release
from console.domain.service import ServiceStatus
from console.domain.version import short_digest
from console.domain.words import count, time_of_day
from console.errors import QuarterdeckError, RejectedError
from console.ports import Clock

LONG_ENOUGH = timedelta(minutes=30)
"""Credentials that end sooner may not outlive an operation."""


class Preflight:
    """The checks of one environment; reads only."""

    def __init__(
        self,
        settings: EnvironmentSettings,
        calls: Calls,
        definitions: Definitions,
        registry: Registry,
        scans: Scans,
        tasks: Tasks,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._calls = calls
        self._definitions = definitions
        self._registry = registry
        self._scans = scans
        self._clock = clock
        self._secrets = Secrets(calls, clock)
        self._room = Room(calls, clock, tasks)
        self._around = Surroundings(calls, clock)

    def checks(self, target: Release, live: ServiceStatus) -> tuple[Check, ...]:
        """Every check for shipping a release to a service; a failing read makes a check unknown."""
        return tuple(self._all(target, live))

    def _all(self, target: Release, live: ServiceStatus) -> Iterator[Check]:
        base = target.definition or (live.primary.definition if live.primary else "")
        try:
            definition = self._definitions.refresh(base)
        except QuarterdeckError as error:
            yield self._unreadable(base, error)
        else:
            yield _definition(definition)
            yield from self._images(target, definition, live)
            yield _execution_role(definition)
            yield self._secrets.check(definition.raw)
        yield from _read("addresses", lambda: self._room.subnets(target, live))
        yield from _read("quota", lambda: self._room.quota(target, live))
        yield bounds(live)
        yield from _read("task protection", lambda: self._around.protection(live))
        yield from _read("autoscaling", lambda: self._around.autoscaling(live))
        yield _breaker(live)
        yield from self._database(live)
        yield self._credentials()
        yield self._permission()

    def _database(self, live: ServiceStatus) -> Iterator[Check]:
        settings = self._settings.services.get(live.address.alias)
        wanted = settings.database if settings else None
        if wanted is not None:
            yield from _read(
                "database",
                lambda: self._around.database(wanted.name, wanted.backup, wanted.maintenance),
            )

    def _unreadable(self, base: str, error: QuarterdeckError) -> Check:
        """A release may be known from an earlier run whose definition has been deleted since: nothing
        could be shipped from it then. ECS refuses to describe what does not exist (ECS API reference,
        DescribeTaskDefinition)."""
        if isinstance(error, RejectedError) and not self._definitions.knows(base):
            name = base.rsplit("/", 1)[-1]
            return Check(
                "definition", CheckState.FAIL, f"{name} is gone: {error.message}", "choose another version"
            )
        return Check("definition", CheckState.UNKNOWN, error.message, error.remedy)

    def _images(self, target: Release, definition: Definition, live: ServiceStatus) -> Iterator[Check]:
        for image in target.images:
            suffix = "" if image.container == target.main else f" of {image.container}"
            try:
                yield from self._image(suffix, image, platform_of(definition.raw))
            except QuarterdeckError as error:
                yield Check(f"image{suffix}", CheckState.UNKNOWN, error.message, error.remedy)
            else:
                yield from self._scan(suffix, image, live)

    def _scan(self, suffix: str, image: Image, live: ServiceStatus) -> Iterator[Check]:
        """What a scan found: shown, and a reason to refuse only where the configuration says so."""
        if image.digest is None:
            return
        settings = self._settings.services.get(live.address.alias)
        enforced = settings is not None and settings.critical_findings == "enforce"
        found = self._scans.of(image.repository, image.digest)
        state = CheckState.PASS
        if found.critical:
            state = CheckState.FAIL if enforced else CheckState.UNKNOWN
        elif found.missing:
            state = CheckState.UNKNOWN
        remedy = "build it anew on a mended base" if found.critical else "scan the image"
        yield Check(f"scan{suffix}", state, found.words, "" if state is CheckState.PASS else remedy)

    def _image(self, suffix: str, image: Image, wanted: str) -> Iterator[Check]:
        name = f"image{suffix}"
        if image.digest is None:
            yield Check(name, CheckState.UNKNOWN, f"nobody says what {image.pinned} was resolved to")
            return
        platforms = self._registry.platforms(image.repository, image.digest)
        short = short_digest(image.digest)
        if platforms is None:
            remedy = "push the image again, or choose another version"
            yield Check(name, CheckState.FAIL, f"{short} is no longer in {image.repository}", remedy)
            return
        yield Check(name, CheckState.PASS, f"{short} is in the registry")
        yield _platform(f"platform{suffix}", platforms, wanted)

    def _credentials(self) -> Check:
        try:
            end = self._calls.credentials_end()
        except QuarterdeckError as error:
            return Check("credentials", CheckState.FAIL, error.message, error.remedy)
        if end is None:
            return Check("credentials", CheckState.PASS, "they do not expire")
        left = end - self._clock.now()
        evidence = f"valid until {time_of_day(end)} UTC"
        if left >= LONG_ENOUGH:
            return Check("credentials", CheckState.PASS, evidence)
        state = CheckState.UNKNOWN if left > timedelta() else CheckState.FAIL
        return Check("credentials", state, evidence, self._calls.clients.remedy)

    def _permission(self) -> Check:
        if self._settings.environment.read_only:
            return Check(
                "permission",
                CheckState.FAIL,
                "this environment is configured read-only",
                "take read_only out of its configuration to act on it",
            )
        try:
            denied = denied_actions(self._calls)
        except QuarterdeckError as error:
            return Check("permission", CheckState.UNKNOWN, f"cannot be proved: {error.message}")
        if denied:
            return Check(
                "permission",
                CheckState.FAIL,
                f"not allowed: {', '.join(denied)}",
                "ask for these permissions, or use another profile or role",
            )
        return Check("permission", CheckState.PASS, f"{', '.join(ACTIONS)} allowed")


def _read(name: str, check: Callable[[], Check | None]) -> Iterator[Check]:
    """A check that reads; amber where it cannot, left out where it does not concern the service."""
    try:
        found = check()
    except QuarterdeckError as error:
        found = Check(name, CheckState.UNKNOWN, error.message, error.remedy)
    if found is not None:
        yield found


def _platform(name: str, platforms: tuple[str, ...], wanted: str) -> Check:
    if not platforms:
        return Check(name, CheckState.UNKNOWN, f"the manifest names none; the tasks run on {wanted}")
    if wanted in platforms:
        return Check(name, CheckState.PASS, wanted)
    return Check(
        name,
        CheckState.FAIL,
        f"built for {', '.join(platforms)}; the tasks run on {wanted}",
        f"build the image for {wanted}",
    )


def bounds(live: ServiceStatus) -> Check:
    """Whether the two percentages leave ECS any move at all.

    With the whole service healthy ECS may start (ceiling - desired) tasks and stop (desired - floor):
    where both are none, a rollout stands still for ever (ECS developer guide, deployment-type-ecs).
    """
    percents = f"{live.minimum_healthy_percent} / {live.maximum_percent} %"
    starts, stops = max(0, live.ceiling - live.desired), max(0, live.desired - live.floor)
    if live.desired and not starts and not stops:
        return Check(
            "min / max percent",
            CheckState.FAIL,
            f"{percents} of {live.desired} lets ECS neither start nor stop a task: a rollout stands still",
            "raise maximumPercent or lower minimumHealthyPercent",
        )
    return Check(
        "min / max percent", CheckState.PASS, f"{percents}: starts {starts}, stops {stops} at a time"
    )


def _breaker(live: ServiceStatus) -> Check:
    """What goes back by itself: without it somebody has to watch."""
    alarms = live.steps.alarms
    if live.breaker and live.breaker_rolls_back:
        watched = f", and {count(len(alarms), 'alarm')} with rollback" if alarms else ""
        return Check("circuit breaker", CheckState.PASS, f"on, with rollback{watched}")
    if alarms:
        said = f"{'on, without rollback' if live.breaker else 'off'}; {', '.join(alarms)} roll back"
        return Check("circuit breaker", CheckState.PASS, said)
    return Check(
        "circuit breaker",
        CheckState.UNKNOWN,
        "on, without rollback" if live.breaker else "off: ECS would go on starting tasks that fail",
        "switch on deploymentCircuitBreaker with rollback",
    )


def _definition(definition: Definition) -> Check:
    name = definition.arn.rsplit("/", 1)[-1]
    if definition.is_active:
        return Check("definition", CheckState.PASS, f"{name} is active")
    return Check("definition", CheckState.PASS, f"{name} was deregistered; a copy of it is registered")


def _execution_role(definition: Definition) -> Check:
    """A task on Fargate pulls from ECR, writes awslogs and reads secrets with its execution role."""
    role = str(definition.raw.get("executionRoleArn") or "")
    if role:
        return Check("execution role", CheckState.PASS, role.rsplit("/", 1)[-1])
    needs = "FARGATE" in definition.raw.get("requiresCompatibilities", ()) or any(
        item.get("secrets") for item in definition.containers
    )
    if needs:
        return Check(
            "execution role",
            CheckState.FAIL,
            "the definition names none: its tasks could not pull the image or read their secrets",
            "set executionRoleArn in the task definition",
        )
    return Check("execution role", CheckState.PASS, "none is needed")
