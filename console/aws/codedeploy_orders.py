"""Orders that CodeDeploy carries out: stopped on the way, or the target as a deployment of its own."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from console.aws.calls import Calls
from console.aws.codedeploy import CodeDeploy
from console.aws.codedeploy_history import CodeDeployHistory
from console.aws.moments import moment
from console.aws.services import Services
from console.aws.task_set_releases import named_in, with_definition
from console.aws.task_sets import made_by
from console.domain.address import Address
from console.domain.operation import Accepted, Mechanism, Order
from console.domain.rollout import RolloutStatus
from console.errors import RejectedError

ALL_AT_ONCE = "CodeDeployDefault.ECSAllAtOnce"
CLOCKS_APART = timedelta(seconds=60)
"""How far our clock may be from AWS's when a deployment's age is compared with ours."""


class CodeDeployOrders:
    """Nothing here repeats a write."""

    def __init__(
        self, calls: Calls, services: Services, codedeploy: CodeDeploy, history: CodeDeployHistory
    ) -> None:
        self._calls = calls
        self._services = services
        self._codedeploy = codedeploy
        self._history = history

    def is_in_flight(self, deployment: str | None) -> bool:
        """Whether a deployment is under way."""
        return deployment is not None and not self._codedeploy.get(deployment).status.is_over

    def act(self, order: Order) -> Accepted:
        """Send the order, once."""
        if order.mechanism is Mechanism.STOP_DEPLOYMENT:
            return self._stop(order)
        return self._create(order)

    def find(self, order: Order, sent_at: datetime) -> Accepted | None:
        """What became of an order whose answer was lost."""
        if order.mechanism is Mechanism.STOP_DEPLOYMENT:
            return self._found_stopped(order)
        for info in self._history.infos(order.address):
            content = self._history.content(str(info["deploymentId"]))
            ships = named_in(content, "TaskDefinition") == order.definition
            if ships and moment(info.get("createTime")) >= sent_at - CLOCKS_APART:
                return Accepted(None, str(info["deploymentId"]), found_out=True)
        return None

    def _stop(self, order: Order) -> Accepted:
        """StopDeployment with automatic rollback: a deployment of its own sends the traffic back."""
        if order.basis.rollout is None:
            raise RejectedError(f"{order.address} has no CodeDeploy deployment to stop")
        self._calls.write(
            "codedeploy", "StopDeployment", deploymentId=order.basis.rollout, autoRollbackEnabled=True
        )
        return Accepted(None, order.basis.rollout)

    def _found_stopped(self, order: Order) -> Accepted | None:
        if order.basis.rollout is None:
            return None
        found = self._codedeploy.get(order.basis.rollout)
        stopped = found.status in (
            RolloutStatus.STOPPED,
            RolloutStatus.ROLLBACK_IN_PROGRESS,
            RolloutStatus.ROLLBACK_SUCCESSFUL,
            RolloutStatus.ROLLBACK_FAILED,
        )
        return Accepted(None, found.id, found_out=True) if stopped else None

    def _create(self, order: Order) -> Accepted:
        if order.definition is None:
            raise RejectedError("the order names no task definition: it was not prepared")
        content = self._content(order, order.definition)
        config = {"deploymentConfigName": ALL_AT_ONCE} if order.direct else {}
        answer = self._calls.write(
            "codedeploy",
            "CreateDeployment",
            **self._history.group(order.address).named,
            revision={
                "revisionType": "AppSpecContent",
                "appSpecContent": {
                    "content": content,
                    "sha256": hashlib.sha256(content.encode()).hexdigest(),
                },
            },
            description="quarterdeck",
            **config,
        )
        return Accepted(None, str(answer["deploymentId"]))

    def _content(self, order: Order, definition: str) -> str:
        """The AppSpec that the target was shipped with, else the live one, for the definition of the
        order: hooks and network stay what they were. Without either it is written anew."""
        raw = self._services.raw(order.address)
        for name in (self._deployment_of(order.release), made_by(raw)):
            content = self._history.content(name) if name else ""
            if named_in(content, "TaskDefinition"):
                return with_definition(content, definition)
        return _written(raw, definition, order.address)

    def _deployment_of(self, release: str | None) -> str:
        if release is None or release.startswith("d-"):
            return release or ""
        return str((self._services.task_set(release) or {}).get("externalId") or "")


def _written(raw: Mapping[str, Any], definition: str, address: Address) -> str:
    sets = [*(raw.get("taskSets") or ()), raw]
    balancer = next((item for each in sets for item in each.get("loadBalancers") or ()), None)
    if balancer is None:
        raise RejectedError(f"{address} has no load balancer that CodeDeploy could move traffic on")
    properties = {
        "TaskDefinition": definition,
        "LoadBalancerInfo": {
            "ContainerName": balancer.get("containerName"),
            "ContainerPort": balancer.get("containerPort"),
        },
    }
    target = {"Type": "AWS::ECS::Service", "Properties": properties}
    return json.dumps({"version": 0.0, "Resources": [{"TargetService": target}]})
