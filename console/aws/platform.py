"""Amazon ECS as the console's platform: every port method, put together from its parts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from console.aws.actions import Actions
from console.aws.available import Available
from console.aws.backlogs import Backlogs
from console.aws.cache import Cache
from console.aws.calls import Answer, Calls
from console.aws.codedeploy import CodeDeploy
from console.aws.codedeploy_history import CodeDeployHistory
from console.aws.codedeploy_orders import CodeDeployOrders
from console.aws.databases import Databases
from console.aws.definitions import Definitions
from console.aws.errands import one_off_tasks
from console.aws.images import Registry
from console.aws.listener_rules import ListenerRules
from console.aws.machines import instances
from console.aws.orders import Orders
from console.aws.preflight import Preflight
from console.aws.protection import protected
from console.aws.references import DIGEST
from console.aws.releases import Releases, label
from console.aws.rollouts import Rollouts
from console.aws.routes import Routes
from console.aws.scaling import ScalingReader
from console.aws.scans import Scans
from console.aws.services import Services, revisions_of, status_of, tally_of
from console.aws.standing import Rights
from console.aws.targets import TargetGroups
from console.aws.task_set_releases import TaskSetReleases
from console.aws.tasks import Tasks
from console.config.settings import EnvironmentSettings
from console.domain.action import Action, ActionSight
from console.domain.address import Address, Environment, Identity
from console.domain.backlog import Backlog
from console.domain.database import Database
from console.domain.instance import Instance
from console.domain.operation import AS_IT_IS, Accepted, Basis, Check, Order, Sizing
from console.domain.registry import RegistryVersion
from console.domain.release import Image, Release
from console.domain.rollout import CODE_DEPLOY, Rollout
from console.domain.scaling import Scaling
from console.domain.service import Observation, ServiceStatus
from console.domain.standing import BudgetUse, Standing
from console.domain.tasks import Task
from console.domain.text import plain
from console.domain.version import Version
from console.errors import ConfigError, CredentialsError, QuarterdeckError, RejectedError
from console.ports import Clock

_T = TypeVar("_T")


class EcsPlatform:
    """Implements :class:`console.ports.Platform` for one environment. Thread-safe."""

    def __init__(
        self,
        settings: EnvironmentSettings,
        calls: Calls,
        clock: Clock,
        cache: Cache | None = None,
        *,
        groups: TargetGroups | None = None,
        registry: Registry | None = None,
        rules: ListenerRules | None = None,
    ) -> None:
        self._settings = settings
        self._calls = calls
        self._clock = clock
        self.services_reader = Services(settings, calls)
        self.definitions = Definitions(calls)
        self._registry = registry or Registry(calls, clock)
        self._scans = Scans(calls, clock)
        self._available = Available(calls, self._registry, self._scans)
        self._releases = Releases(calls, self.definitions, self._registry, cache)
        self._rollouts = Rollouts(calls, cache)
        self._codedeploy = CodeDeploy(calls)
        self._scaling = ScalingReader(calls)
        self._tasks = Tasks(calls, clock)
        self._groups = groups or TargetGroups(calls)
        self._routes = Routes(self._groups, rules or ListenerRules(calls, clock))
        self._databases = Databases(calls)
        self._preflight = Preflight(
            settings, calls, self.definitions, self._registry, self._scans, self._tasks, clock
        )
        self._rights = Rights(settings, calls, clock)
        self._backlogs = Backlogs(calls, clock)
        self._actions = Actions(
            calls, self.services_reader, self.definitions, clock, self._groups, self._backlogs
        )
        self._deployed = CodeDeployHistory(calls, self.services_reader)
        self._sets = TaskSetReleases(
            self.services_reader,
            self.definitions,
            self._registry,
            self._releases,
            self._deployed.content,
            cache,
        )
        self._orders = Orders(
            calls,
            self.services_reader,
            self.definitions,
            self._releases,
            self._rollouts,
            CodeDeployOrders(calls, self.services_reader, self._codedeploy, self._deployed),
        )

    @property
    def environment(self) -> Environment:
        return self._settings.environment

    def identity(self) -> Identity:
        """Who AWS says that we are.

        Raises:
            CredentialsError: also when they belong to another account than the configuration names.
        """
        answer = self._calls.read("sts", "GetCallerIdentity")
        identity = Identity(account=str(answer.get("Account", "")), arn=plain(str(answer.get("Arn", ""))))
        wanted = self.environment.account
        if wanted and identity.account != wanted:
            raise CredentialsError(
                f"the credentials for {self.environment.key} belong to account {identity.account}, "
                f"not {wanted}",
                "correct account or profile in the configuration",
            )
        return identity

    def standing(self) -> Standing:
        return self._rights.standing()

    def budget(self) -> BudgetUse:
        return self._calls.use()

    def batches(self, addresses: Sequence[Address]) -> tuple[tuple[Address, ...], ...]:
        return self.services_reader.batches(addresses)

    def services(self, addresses: Sequence[Address] | None = None) -> tuple[ServiceStatus, ...]:
        return self.services_reader.all(addresses)

    def running_tasks(self, addresses: Sequence[Address]) -> Mapping[Address, tuple[Task, ...]]:
        chosen = [self.services_reader.settings(address) for address in addresses]
        running = {cluster: self._tasks.running(cluster) for cluster in {item.cluster for item in chosen}}
        return {item.address: running[item.cluster].get(_name(item.service), ()) for item in chosen}

    def versions(self, ids: Sequence[str]) -> Mapping[str, Version]:
        revisions = [item for item in ids if _is_revision(item)]
        found = self._releases.versions(revisions, self._containers()) if revisions else {}
        return found | self._sets.versions(item for item in ids if not _is_revision(item))

    def _containers(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """The configured containers of each service, by the names of cluster and service."""
        services = self._settings.services.values()
        return {(_name(item.cluster), _name(item.service)): item.containers for item in services}

    def scaling(self, address: Address) -> Scaling | None:
        chosen = self.services_reader.settings(address)
        return self._scaling.of(chosen.cluster, chosen.service)

    def instances(self, address: Address) -> tuple[Instance, ...]:
        return tuple(instances(self._calls, self.services_reader.settings(address).cluster))

    def backlog(self, address: Address) -> Backlog | None:
        queue = self.services_reader.settings(address).queue
        return self._backlogs.of(queue) if queue else None

    def protected(self, address: Address, tasks: Sequence[str]) -> Mapping[str, datetime | None]:
        return protected(self._calls, self.services_reader.settings(address).cluster, tasks)

    def status(self, address: Address) -> ServiceStatus:
        return self.services_reader.status(address)

    def observe(self, address: Address) -> Observation:
        chosen = self.services_reader.settings(address)
        at = self._clock.now()
        raw = self.services_reader.raw(address)
        status = status_of(address, raw)
        missing: dict[str, str] = {}
        none: dict[str, Release] = {}
        unrouted: dict[str, float] = {}

        def part(name: str, read: Callable[[], _T], nothing: _T) -> _T:
            try:
                return read()
            except QuarterdeckError as error:
                missing[name] = error.message
                return nothing

        rollout = part("rollout", lambda: self._rollout_of(status), None)
        no_tasks: tuple[Task, ...] = ()
        tally = tally_of(status)
        tasks = part("tasks", lambda: self._tasks.of(chosen.cluster, chosen.service, tally), no_tasks)
        releases = part("releases", lambda: self._releases_around(raw, status, rollout, tasks), none)
        timing = part("timing", lambda: self._groups.timing(status.groups), None)
        return Observation(
            at=at,
            status=status_of(address, raw, releases),
            rollout=rollout,
            tasks=tasks,
            targets=part("targets", lambda: self._groups.targets(status.groups), ()),
            releases=releases,
            routes=part("routes", lambda: self._routes_of(raw, status), unrouted),
            health_check_s=timing[0] if timing else None,
            deregistration_s=timing[1] if timing else None,
            missing=missing,
        )

    def history(self, address: Address) -> tuple[Rollout, ...]:
        chosen = self.services_reader.settings(address)
        if self.services_reader.last(address).controller == CODE_DEPLOY:
            return self._deployed.rollouts(address)
        return self._rollouts.history(chosen.cluster, chosen.service)

    def releases(self, address: Address, ids: Sequence[str]) -> Mapping[str, Release]:
        revisions = [item for item in ids if _is_revision(item)]
        found = self._releases.get(revisions) if revisions else {}
        return found | self._sets.get(item for item in ids if not _is_revision(item))

    def candidate(
        self,
        address: Address,
        live: Release,
        version: str,
        containers: Sequence[str] = (),
        sizing: Sizing = AS_IT_IS,
    ) -> Release:
        """The live configuration with other images, each resolved to its digest now.

        Raises:
            UnknownVersionError: when the registry does not hold the version.
            ConfigError: when a container is not in what runs.
            RefusedError: when nothing could run in that size.
        """
        if sizing.changes_definition:
            live = self._releases.resized(live, sizing)
        if not version:
            return replace(live, id=None, definition=None, created_at=None)
        changing = tuple(containers) or self.services_reader.settings(address).containers or (live.main,)
        unknown = sorted(set(changing) - {image.container for image in live.images})
        if unknown:
            there = ", ".join(image.container for image in live.images)
            raise ConfigError(
                f"{address} has no container {unknown[0]}: it runs {there}",
                "name one of these, or correct containers in the configuration",
            )
        images = tuple(
            self._at(image, version) if image.container in changing else image for image in live.images
        )
        release = replace(live, id=None, definition=None, images=images, created_at=None)
        if live.main not in changing:
            return release
        return replace(release, version=self._labelled(release, version))

    def versions_available(self, address: Address, limit: int = 20) -> tuple[RegistryVersion, ...]:
        live = self.observe(address).primary_release
        image = next((item for item in live.images if item.container == live.main), None) if live else None
        if image is None:
            raise RejectedError(f"{address}: what runs there cannot be read, so its registry is not known")
        return self._available.newest(image.repository, limit)

    def preflight(self, address: Address, target: Release, live: ServiceStatus) -> tuple[Check, ...]:
        return self._preflight.checks(target, live)

    def basis(self, address: Address) -> Basis:
        return self._orders.basis(address)

    def prepare(self, order: Order) -> Order:
        return self._orders.prepare(order)

    def act(self, order: Order) -> Accepted:
        return self._orders.act(order)

    def perform(self, address: Address, action: Action) -> Mapping[str, object]:
        return self._actions.perform(address, action)

    def look(self, address: Address, action: Action, facts: Mapping[str, object]) -> ActionSight:
        return self._actions.look(address, action, facts)

    def find(self, order: Order, sent_at: datetime) -> Accepted | None:
        return self._orders.find(order, sent_at)

    def one_off_tasks(self, address: Address, definition: str) -> tuple[Task, ...]:
        cluster = self.services_reader.settings(address).cluster
        return one_off_tasks(self._calls, cluster, definition, ("ecs-svc/", "CODE_DEPLOY"))

    def database(self, name: str) -> Database | None:
        return self._databases.get(name)

    def _rollout_of(self, status: ServiceStatus) -> Rollout | None:
        """The service deployment that the service names, else the newest one there is; CodeDeploy's of
        a service whose task sets are CodeDeploy's."""
        if status.controller != "ECS":
            return self._codedeploy.get(status.rollout_id) if status.rollout_id else None
        if status.rollout_id is not None:
            return self._rollouts.get([status.rollout_id]).get(status.rollout_id)
        chosen = self.services_reader.settings(status.address)
        return next(iter(self._rollouts.history(chosen.cluster, chosen.service)), None)

    def _routes_of(self, raw: Answer, status: ServiceStatus) -> dict[str, float]:
        tests: frozenset[str] = frozenset()
        if status.controller == CODE_DEPLOY and status.groups:
            tests = self._deployed.test_listeners(status.address)
        return self._routes.weights(raw, status.groups, shifting=status.in_motion, test_listeners=tests)

    def _releases_around(
        self, raw: Answer, status: ServiceStatus, rollout: Rollout | None, tasks: tuple[Task, ...]
    ) -> dict[str, Release]:
        if status.controller == CODE_DEPLOY:
            return self._sets.get((item.id for item in status.deployments), tasks)
        ids: list[Any] = list(revisions_of(raw))
        if rollout is not None:
            ids += [rollout.target, *rollout.sources, rollout.went_back_to]
        return self._releases.get(list(dict.fromkeys(filter(None, ids))))

    def _at(self, image: Image, version: str) -> Image:
        digest, _ = self._registry.resolve(image.repository, version)
        return replace(image, tag=None if DIGEST.match(version) else version, digest=digest)

    def _labelled(self, release: Release, version: str) -> Any:
        main = next(image for image in release.images if image.container == release.main)
        return label(main, self._registry.tags(main.repository, [main.digest or ""])[main.digest or ""])


def _is_revision(id: str) -> bool:
    """Whether ECS knows the release as a service revision; else it is of a task set, or CodeDeploy's."""
    return id.startswith("arn:")


def _name(named: str) -> str:
    """The name of a cluster or service that may be configured by its ARN."""
    return named.rsplit("/", 1)[-1]
