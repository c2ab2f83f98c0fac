"""DescribeServices: the cheap picture of many services, ten a call."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from console.aws import task_sets
from console.aws.calls import Answer, Calls, batches
from console.aws.moments import moment
from console.aws.steps import steps_of
from console.config.settings import EnvironmentSettings, ServiceSettings
from console.domain.address import Address
from console.domain.release import Release
from console.domain.rollout import Deployment
from console.domain.service import ServiceEvent, ServiceStatus
from console.domain.text import plain
from console.errors import MissingServiceError, RejectedError, UnknownServiceError

BATCH = 10
"""Services that one DescribeServices may name (ECS API reference)."""


class Services:
    """The services of one environment, read by their addresses; remembers the newest status of each."""

    def __init__(self, settings: EnvironmentSettings, calls: Calls) -> None:
        self._settings = settings
        self._calls = calls
        self._last: dict[Address, ServiceStatus] = {}
        self._sets: dict[str, Answer] = {}

    def settings(self, address: Address) -> ServiceSettings:
        """The settings of one address.

        Raises:
            UnknownServiceError: when this environment has no such alias.
        """
        found = self._settings.services.get(address.alias)
        if found is None or found.address != address:
            raise UnknownServiceError(f"{address} is not configured", "quarterdeck status lists what is")
        return found

    def batches(self, addresses: Sequence[Address]) -> tuple[tuple[Address, ...], ...]:
        """The services in groups that one call can name: of one cluster, ten at most."""
        clusters: dict[str, list[Address]] = {}
        for address in addresses:
            clusters.setdefault(self.settings(address).cluster, []).append(address)
        return tuple(
            tuple(mine[start : start + BATCH])
            for mine in clusters.values()
            for start in range(0, len(mine), BATCH)
        )

    def all(self, addresses: Sequence[Address] | None = None) -> tuple[ServiceStatus, ...]:
        """Those services, or every configured one, in the configuration's order: a call per cluster and
        ten services."""
        configured = tuple(self._settings.services.values())
        chosen = tuple(item for item in configured if addresses is None or item.address in set(addresses))
        found: dict[tuple[str, str], Answer] = {}
        for cluster in dict.fromkeys(item.cluster for item in chosen):
            names = list(dict.fromkeys(item.service for item in chosen if item.cluster == cluster))
            for batch in batches(names, BATCH):
                found |= {(cluster, name): raw for name, raw in self._described(cluster, batch).items()}
        return tuple(self._remembered(item.address, found[item.cluster, item.service]) for item in chosen)

    def raw(self, address: Address) -> Answer:
        """One service as DescribeServices gives it: one call."""
        chosen = self.settings(address)
        answer = self._described(chosen.cluster, [chosen.service])[chosen.service]
        self._remembered(address, answer)
        return answer

    def status(self, address: Address) -> ServiceStatus:
        """The status of one service: one call."""
        return status_of(address, self.raw(address))

    def task_set(self, id: str) -> Answer | None:
        """A task set as it was last described, even after it has gone; ``None``: never seen."""
        return self._sets.get(id)

    def last(self, address: Address) -> ServiceStatus:
        """The newest status known, read only if there is none: for what hardly ever changes."""
        return self._last.get(address) or self.status(address)

    def _remembered(self, address: Address, raw: Answer) -> ServiceStatus:
        self._last[address] = status_of(address, raw)
        self._sets |= {str(item.get("id", "")): item for item in raw.get("taskSets") or ()}
        return self._last[address]

    def _described(self, cluster: str, names: list[str]) -> dict[str, Answer]:
        try:
            answer = self._calls.read("ecs", "DescribeServices", cluster=cluster, services=names)
        except UnknownServiceError as error:
            raise MissingServiceError(
                f"{self._settings.environment.key}: there is no cluster {cluster} in {self._where}",
                "it is deleted, or misnamed in the configuration",
                cluster=_name(cluster),
            ) from error
        known = {str(raw["serviceName"]): raw for raw in answer.get("services", ())}
        for name in names:
            if _name(name) not in known:
                raise self._missing(cluster, name, answer.get("failures", ()))
        return {name: known[_name(name)] for name in names}

    def _missing(
        self, cluster: str, name: str, failures: Sequence[Answer]
    ) -> UnknownServiceError | RejectedError:
        reasons = [
            str(item.get("reason", "")) for item in failures if _name(str(item.get("arn", ""))) == _name(name)
        ]
        if reasons and reasons[0] not in ("", "MISSING"):
            return RejectedError(f"service {name} in cluster {cluster} cannot be read: {plain(reasons[0])}")
        return MissingServiceError(
            f"cluster {cluster} in {self._where} has no service {name}",
            "it is deleted, or misnamed in the configuration",
            cluster=_name(cluster),
            service=_name(name),
        )

    @property
    def _where(self) -> str:
        environment = self._settings.environment
        return f"{environment.account} {environment.region}".strip()


def _name(name_or_arn: str) -> str:
    return name_or_arn.rsplit("/", 1)[-1]


def status_of(
    address: Address, raw: Mapping[str, Any], known: Mapping[str, Release] | None = None
) -> ServiceStatus:
    """Turn one described service into a status.

    Args:
        known: Releases by id, for deployments that are not tied to theirs by number.
    """
    settings = raw.get("deploymentConfiguration", {})
    breaker = settings.get("deploymentCircuitBreaker", {})
    controller = plain(str(raw.get("deploymentController", {}).get("type") or "ECS"))
    is_ecs = controller == "ECS"
    groups = task_sets.groups_of(raw)
    return ServiceStatus(
        address=address,
        arn=str(raw.get("serviceArn", "")),
        name=plain(str(raw.get("serviceName", ""))),
        cluster=plain(str(raw.get("clusterArn", "")).rsplit("/", 1)[-1]),
        status=plain(str(raw.get("status", ""))),
        desired=int(raw.get("desiredCount", 0)),
        running=int(raw.get("runningCount", 0)),
        pending=int(raw.get("pendingCount", 0)),
        deployments=_deployments(raw, known or {}) if is_ecs else task_sets.deployments_of(raw),
        events=tuple(_event(item) for item in raw.get("events", ())),
        rollout_id=raw.get("currentServiceDeployment") or task_sets.made_by(raw),
        strategy=plain(str(settings.get("strategy") or "ROLLING")) if is_ecs else controller,
        controller=controller,
        minimum_healthy_percent=int(settings.get("minimumHealthyPercent", 100)),
        maximum_percent=int(settings.get("maximumPercent", 200)),
        breaker=bool(breaker.get("enable")),
        breaker_rolls_back=bool(breaker.get("rollback")),
        grace_s=int(raw.get("healthCheckGracePeriodSeconds") or 0),
        target_groups=groups,
        alternate_groups=tuple(arn for arn in task_sets.alternates_of(raw) if arn not in groups),
        classic_balancers=tuple(
            plain(str(item["loadBalancerName"]))
            for item in raw.get("loadBalancers", ())
            if item.get("loadBalancerName")
        ),
        configuration=settings if is_ecs else {},
        steps=steps_of(settings, controller),
    )


def revisions_of(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the releases that the service's tasks run now."""
    return tuple(str(item["arn"]) for item in raw.get("currentServiceRevisions", ()) if item.get("arn"))


def _event(raw: Mapping[str, Any]) -> ServiceEvent:
    return ServiceEvent(
        str(raw.get("id", "")), moment(raw.get("createdAt")), plain(str(raw.get("message", "")))
    )


def _deployments(raw: Mapping[str, Any], known: Mapping[str, Release]) -> tuple[Deployment, ...]:
    items = tuple(raw.get("deployments", ()))
    releases = _releases_by_deployment(items, revisions_of(raw), known)
    return tuple(_deployment(item, releases.get(str(item.get("id", "")))) for item in items)


def _deployment(raw: Mapping[str, Any], release: str | None) -> Deployment:
    return Deployment(
        id=str(raw.get("id", "")),
        status=plain(str(raw.get("status", ""))),
        state=plain(str(raw.get("rolloutState") or "")),
        definition=str(raw.get("taskDefinition", "")),
        desired=int(raw.get("desiredCount", 0)),
        running=int(raw.get("runningCount", 0)),
        pending=int(raw.get("pendingCount", 0)),
        failed=int(raw.get("failedTasks") or 0),
        created_at=moment(raw.get("createdAt")),
        updated_at=moment(raw.get("updatedAt")),
        release=release,
        reason=plain(str(raw.get("rolloutStateReason") or "")),
    )


def _releases_by_deployment(
    deployments: Sequence[Mapping[str, Any]], revisions: Sequence[str], known: Mapping[str, Release]
) -> dict[str, str]:
    """Tie deployments to service revisions.

    Both carry the same number as far as anybody has seen, which is not documented: where they do
    not, the task definition and the nearest creation time decide, and one left of each belong
    together.
    """
    numbers = {arn.rsplit("/", 1)[-1]: arn for arn in revisions}
    tied: dict[str, str] = {}
    for item in deployments:
        arn = numbers.get(str(item.get("id", "")).rsplit("/", 1)[-1])
        if arn:
            tied[str(item["id"])] = arn
    for item in deployments:
        left = [arn for arn in revisions if arn not in tied.values()]
        if str(item.get("id", "")) in tied or not left:
            continue
        alike = [arn for arn in left if arn in known and known[arn].definition == item.get("taskDefinition")]
        created = moment(item.get("createdAt"))
        if alike:
            tied[str(item["id"])] = min(
                alike, key=lambda arn: abs((moment(known[arn].created_at) - created).total_seconds())
            )
        elif len(left) == len(deployments) == 1:
            tied[str(item["id"])] = left[0]
    return tied


def tally_of(status: ServiceStatus) -> Hashable:
    """What of a service changes as soon as a task of it starts or has stopped."""
    newest = status.events[0].id if status.events else ""
    return newest, tuple((item.id, item.running, item.pending, item.failed) for item in status.deployments)
