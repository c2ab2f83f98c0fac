"""The one write of an operation: compared, prepared, sent once, and looked up if its answer is lost."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from console.aws.calls import Answer, Calls
from console.aws.codedeploy_orders import CodeDeployOrders
from console.aws.configuration import REVISION_FIELDS, canonical
from console.aws.definitions import Definition, Definitions
from console.aws.moments import moment
from console.aws.references import parse
from console.aws.releases import Releases
from console.aws.rollouts import Rollouts
from console.aws.services import Services
from console.domain.address import Address
from console.domain.operation import Accepted, Basis, Mechanism, Order
from console.domain.rollout import CODE_DEPLOY, Rollout, RolloutStatus
from console.errors import EndpointError, OutcomeUnknownError, RejectedError

CLOCKS_APART = timedelta(seconds=60)
"""How far our clock may be from AWS's when a deployment's age is compared with ours."""
_ABSENT: Mapping[str, Any] = {"serviceConnectConfiguration": {"enabled": False}}
_NOT_SENT = frozenset({"launchType"})
"""UpdateService has no launch type: an empty capacity provider strategy brings it back."""


class Orders:
    """Orders of one environment. Nothing here repeats a write."""

    def __init__(
        self,
        calls: Calls,
        services: Services,
        definitions: Definitions,
        releases: Releases,
        rollouts: Rollouts,
        codedeploy: CodeDeployOrders,
    ) -> None:
        self._calls = calls
        self._services = services
        self._definitions = definitions
        self._releases = releases
        self._rollouts = rollouts
        self._codedeploy = codedeploy

    def basis(self, address: Address) -> Basis:
        """What an order is compared with: exactly one DescribeServices; for CodeDeploy its deployment, too.

        Raises:
            RejectedError: when a third controller deploys the service, so that nothing can be ordered.
        """
        status = self._services.status(address)
        primary = status.primary
        if primary is None or status.controller not in ("ECS", CODE_DEPLOY):
            raise RejectedError(
                f"{address} has no deployment of its own: its controller is {status.controller}, "
                f"its status {status.status}"
            )
        return Basis(
            deployment=primary.id,
            definition=primary.definition,
            release=primary.release,
            rollout=status.rollout_id,
            in_flight=(
                primary.state == "IN_PROGRESS"
                if status.controller == "ECS"
                else self._codedeploy.is_in_flight(status.rollout_id)
            ),
        )

    def prepare(self, order: Order) -> Order:
        """The order with the definition that it will run; at most one register, and no other write.

        Raises:
            EndpointError: when a registration got no answer. The service is untouched either way.
        """
        if order.mechanism is Mechanism.FORCE_NEW_DEPLOYMENT:
            return replace(order, definition=order.base_definition)
        if not order.mechanism.ships_images:
            return order
        base = self._definitions.get(order.base_definition)
        images = pinned(base, order.images)
        if not images and base.is_active and not order.sizing.changes_definition:
            return replace(order, definition=base.arn)
        try:
            registered = self._definitions.register(base, images, order.sizing)
            return replace(order, definition=registered.arn)
        except OutcomeUnknownError as error:
            raise EndpointError(
                error.message, "the service is untouched: at worst an unused revision was registered"
            ) from error

    def act(self, order: Order) -> Accepted:
        """Send the order, once."""
        if order.mechanism.is_codedeploys:
            return self._codedeploy.act(order)
        if order.mechanism is Mechanism.STOP_SERVICE_DEPLOYMENT:
            return self._stop(order)
        if order.mechanism is Mechanism.CONTINUE_SERVICE_DEPLOYMENT:
            return self._refuse_pause(order)
        if order.mechanism not in (Mechanism.UPDATE_SERVICE, Mechanism.FORCE_NEW_DEPLOYMENT):
            raise RejectedError(f"{order.mechanism.value} sends nothing")
        if order.definition is None:
            raise RejectedError("the order names no task definition: it was not prepared")
        settings = self._services.settings(order.address)
        params = self._restored(order)
        if order.configuration:
            params["deploymentConfiguration"] = dict(order.configuration)
        # A definition that is live already starts nothing by itself: a FAILED or mixed PRIMARY does.
        if order.mechanism is Mechanism.FORCE_NEW_DEPLOYMENT or order.definition == order.basis.definition:
            params["forceNewDeployment"] = True
        if order.sizing.grace_s is not None:
            params["healthCheckGracePeriodSeconds"] = order.sizing.grace_s
        answer = self._calls.write(
            "ecs",
            "UpdateService",
            cluster=settings.cluster,
            service=settings.service,
            taskDefinition=order.definition,
            **params,
        )
        return _accepted(answer.get("service", {}), order)

    def find(self, order: Order, sent_at: datetime) -> Accepted | None:
        """What became of an order whose answer was lost: one read.

        A definition that was registered for the order proves it. One that was there before, as in a
        forced deployment, proves it on a deployment that did not exist when the order was sent.
        """
        if order.mechanism.is_codedeploys:
            return self._codedeploy.find(order, sent_at)
        if order.mechanism.stops_rollout:
            return self._found_stopping(order)
        raw = self._services.raw(order.address)
        ours_alone = order.definition != order.base_definition
        for item in raw.get("deployments", ()):
            if item.get("taskDefinition") != order.definition or item.get("id") == order.basis.deployment:
                continue
            if ours_alone or moment(item.get("createdAt")) >= sent_at - CLOCKS_APART:
                return Accepted(str(item["id"]), _new_rollout(raw, order), found_out=True)
        return None

    def _stop(self, order: Order) -> Accepted:
        if order.basis.rollout is None:
            raise RejectedError(f"{order.address} has no service deployment to stop")
        answer = self._calls.write(
            "ecs",
            "StopServiceDeployment",
            serviceDeploymentArn=order.basis.rollout,
            stopType="ROLLBACK",
        )
        return Accepted(None, str(answer.get("serviceDeploymentArn") or order.basis.rollout))

    def _refuse_pause(self, order: Order) -> Accepted:
        """ContinueServiceDeployment with ROLLBACK; where the pause has ended meanwhile, or ECS refuses
        the answer to it, the deployment is stopped instead: that certainly sends nothing twice."""
        rollout = self._rollout(order)
        if rollout is None or rollout.waiting is None:
            return self._stop(order)
        try:
            self._calls.write(
                "ecs",
                "ContinueServiceDeployment",
                serviceDeploymentArn=rollout.id,
                hookId=rollout.waiting.id,
                action="ROLLBACK",
            )
        except RejectedError:
            return self._stop(order)
        return Accepted(None, rollout.id)

    def _rollout(self, order: Order) -> Rollout | None:
        name = order.basis.rollout
        return self._rollouts.get([name]).get(name) if name else None

    def _found_stopping(self, order: Order) -> Accepted | None:
        rollout = self._rollout(order)
        if rollout is None:
            return None
        going_back = rollout.status.is_going_back or rollout.status in (
            RolloutStatus.ROLLBACK_SUCCESSFUL,
            RolloutStatus.ROLLBACK_FAILED,
        )
        return Accepted(None, rollout.id, found_out=True) if going_back else None

    def _restored(self, order: Order) -> dict[str, Any]:
        """The service-level settings of the order's release that are not the live ones.

        A setting that the release did not have is taken away again, in the way UpdateService wants.
        """
        target = self._releases.revision(order.release) if order.release else None
        if target is None:
            return {}
        live = self._releases.revision(order.basis.release) if order.basis.release else None
        live = live or {}
        changed: dict[str, Any] = {}
        for key in REVISION_FIELDS:
            if key in _NOT_SENT or canonical(target.get(key), key) == canonical(live.get(key), key):
                continue
            if target.get(key):
                changed[key] = target[key]
            elif key != "platformVersion" and key != "networkConfiguration":
                changed[key] = _ABSENT.get(key, [])
        return changed


def pinned(base: Definition, images: Mapping[str, str]) -> dict[str, str]:
    """The references that change: container -> ``repository@digest``, where it is not that already."""
    changed: dict[str, str] = {}
    for container in base.containers:
        name, current = str(container.get("name", "")), str(container.get("image", ""))
        digest = images.get(name)
        reference = parse(current)
        if digest and reference.digest != digest:
            changed[name] = f"{reference.repository}@{digest}"
    return changed


def _accepted(service: Answer, order: Order) -> Accepted:
    primary = next((item for item in service.get("deployments", ()) if item.get("status") == "PRIMARY"), None)
    return Accepted(str(primary["id"]) if primary else None, _new_rollout(service, order))


def _new_rollout(service: Mapping[str, Any], order: Order) -> str | None:
    """The service deployment, where it is not still the previous one: ECS shows the new one later."""
    rollout = service.get("currentServiceDeployment")
    return str(rollout) if rollout and rollout != order.basis.rollout else None
