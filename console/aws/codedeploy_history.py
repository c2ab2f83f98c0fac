"""What CodeDeploy did to a service: which group deploys it, and every deployment that is remembered."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from console.aws.calls import Answer, Calls, batches
from console.aws.codedeploy import rollout_of
from console.aws.moments import moment
from console.aws.services import Services
from console.aws.task_sets import made_by
from console.domain.address import Address
from console.domain.rollout import Rollout
from console.errors import PermissionDeniedError, QuarterdeckError, RejectedError

BATCH = 25
"""Deployments that one BatchGetDeployments may name (CodeDeploy API reference)."""
ROLLBACK = "codeDeployRollback"
"""Creator of a deployment that takes another one back (CodeDeploy API reference, DeploymentInfo)."""


@dataclass(frozen=True)
class Group:
    """Application and deployment group of one service."""

    application: str
    name: str

    @property
    def named(self) -> dict[str, str]:
        """As CodeDeploy's calls take them."""
        return {"applicationName": self.application, "deploymentGroupName": self.name}


class CodeDeployHistory:
    """The deployments of a service, newest first, each rollback told with what it took back."""

    def __init__(self, calls: Calls, services: Services) -> None:
        self._calls = calls
        self._services = services
        self._groups: dict[Address, Group] = {}
        self._contents: dict[str, str] = {}
        self._tests: dict[Address, frozenset[str]] = {}

    def group(self, address: Address) -> Group:
        """Who deploys a service: asked of its newest task set, else looked for.

        Raises:
            RejectedError: when no group of the account names the service.
        """
        if address not in self._groups:
            raw = self._services.raw(address)
            made = made_by(raw)
            info = self.info(made) if made else None
            self._groups[address] = (
                Group(str(info["applicationName"]), str(info["deploymentGroupName"]))
                if info
                else self._found(raw)
            )
        return self._groups[address]

    def test_listeners(self, address: Address) -> frozenset[str]:
        """The listeners by which CodeDeploy tests what arrives; asked once. None where its deployment group
        cannot be read: then every listener counts."""
        if address not in self._tests:
            try:
                self._tests[address] = _tests(self._described(self.group(address)))
            except (PermissionDeniedError, RejectedError):
                self._tests[address] = frozenset()
            except QuarterdeckError:
                return frozenset()
        return self._tests[address]

    def rollouts(self, address: Address) -> tuple[Rollout, ...]:
        """The newest hundred deployments; their target is the deployment's own id, because task sets that
        are gone have no other name."""
        raw = self.infos(address)
        infos = {str(item["deploymentId"]): item for item in raw}
        found: list[Rollout] = []
        serving: str | None = None
        for name, info in sorted(infos.items(), key=lambda item: moment(item[1].get("createTime"))):
            if info.get("creator") == ROLLBACK:
                continue
            back = infos.get(str((info.get("rollbackInfo") or {}).get("rollbackDeploymentId") or ""))
            rollout = replace(rollout_of(info, {}, back), target=name)
            if back is not None:
                rollout = replace(rollout, went_back_to=serving)
            serving = rollout.left_serving or serving
            found.append(rollout)
        return tuple(reversed(found))

    def infos(self, address: Address) -> list[Answer]:
        """The newest hundred deployments as CodeDeploy gives them, rollbacks among them."""
        named = self.group(address).named
        ids = [
            str(each) for each in self._calls.read("codedeploy", "ListDeployments", **named)["deployments"]
        ]
        return [
            info
            for batch in batches(ids[:100], BATCH)
            for info in self._calls.read("codedeploy", "BatchGetDeployments", deploymentIds=batch)[
                "deploymentsInfo"
            ]
            if self._noted(info)
        ]

    def info(self, id: str) -> Answer:
        """One deployment as CodeDeploy gives it."""
        answer: Answer = self._calls.read("codedeploy", "GetDeployment", deploymentId=id)["deploymentInfo"]
        self._noted(answer)
        return answer

    def content(self, id: str) -> str:
        """The AppSpec of a deployment: it never changes."""
        if id not in self._contents:
            self.info(id)
        return self._contents[id]

    def _noted(self, info: Mapping[str, Any]) -> bool:
        """Keep what a deployment ships; AppSpec content stands in one of two members (CodeDeploy API
        reference, RevisionLocation)."""
        revision = info.get("revision") or {}
        given = revision.get("appSpecContent") or revision.get("string") or {}
        self._contents[str(info["deploymentId"])] = str(given.get("content") or "")
        return True

    def _found(self, raw: Mapping[str, Any]) -> Group:
        """The group that names the service: the one that the ECS console would have made, else any."""
        cluster = str(raw.get("clusterArn", "")).rsplit("/", 1)[-1]
        service = str(raw.get("serviceName", ""))
        usual = Group(f"AppECS-{cluster}-{service}", f"DgpECS-{cluster}-{service}")
        try:
            if self._deploys(usual, cluster, service):
                return usual
        except QuarterdeckError:
            pass  # it has another name, or is not to be read alone
        for applications in self._calls.pages("codedeploy", "ListApplications"):
            for application in applications.get("applications", ()):
                for groups in self._calls.pages(
                    "codedeploy", "ListDeploymentGroups", applicationName=application
                ):
                    for name in groups.get("deploymentGroups", ()):
                        group = Group(str(application), str(name))
                        if self._deploys(group, cluster, service):
                            return group
        raise RejectedError(f"no CodeDeploy deployment group names service {service} in cluster {cluster}")

    def _deploys(self, group: Group, cluster: str, service: str) -> bool:
        info = self._described(group)
        wanted = {"clusterName": cluster, "serviceName": service}
        return any(
            {key: str(item.get(key, "")).rsplit("/", 1)[-1] for key in wanted} == wanted
            for item in info.get("ecsServices") or ()
        )

    def _described(self, group: Group) -> Answer:
        answer: Answer = self._calls.read("codedeploy", "GetDeploymentGroup", **group.named)[
            "deploymentGroupInfo"
        ]
        return answer


def _tests(info: Mapping[str, Any]) -> frozenset[str]:
    pairs = (info.get("loadBalancerInfo") or {}).get("targetGroupPairInfoList") or ()
    test, production = (
        frozenset(str(arn) for pair in pairs for arn in (pair.get(route) or {}).get("listenerArns") or ())
        for route in ("testTrafficRoute", "prodTrafficRoute")
    )
    return test - production
