"""Application Auto Scaling of one account: alarms trigger policies, policies set desired counts.

An alarm of a policy acts again every minute that it stays in ALARM, as CloudWatch has it for
scaling actions; cooldowns decide what comes of that.
"""

from typing import TYPE_CHECKING

from console.sandbox.alarms import Alarm
from console.sandbox.autoscaling.adjustment import wanted
from console.sandbox.autoscaling.desired import ActivityLog, find_service, is_deploying
from console.sandbox.autoscaling.model import STEPS, Policy, Target
from console.sandbox.ecs.model import Service

if TYPE_CHECKING:
    from console.sandbox.account import Account

DEFAULT_COOLDOWN_S = 300


class ScalingState:
    """Targets, policies and activities."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self.targets: dict[str, Target] = {}
        """By resource id."""
        self.policies: dict[tuple[str, str], Policy] = {}
        """By (resource id, name)."""
        self.log = ActivityLog(account)
        account.alarms.actors.append(self._act)

    def of_target(self, resource: str) -> list[Policy]:
        return [policy for policy in self.policies.values() if policy.resource == resource]

    def bound(self, target: Target) -> None:
        """Bring a desired count within new bounds, unless that way of scaling is suspended."""
        service = find_service(self._account, target)
        if service is None or service.status != "ACTIVE":
            return
        if service.desired_count < target.minimum and not target.is_suspended("Out"):
            cause = f"minimum capacity was set to {target.minimum}"
            self.log.scale(target.resource, service, target.minimum, cause)
        elif service.desired_count > target.maximum and not target.is_suspended("In"):
            cause = f"maximum capacity was set to {target.maximum}"
            self.log.scale(target.resource, service, target.maximum, cause)

    def _act(self, alarm: Alarm, action: str) -> bool:
        """Carry out a policy whose alarm is due; whether the action is one of a policy here."""
        arn = action.partition(":createdBy/")[0]
        policy = next((item for item in self.policies.values() if item.arn == arn), None)
        if policy is None:
            return False
        target = self.targets[policy.resource]
        service = find_service(self._account, target)
        if service is not None and service.status == "ACTIVE" and alarm.value is not None:
            self._apply(policy, target, service, alarm, alarm.value)
        return True

    def _apply(self, policy: Policy, target: Target, service: Service, alarm: Alarm, value: float) -> None:
        world, current = self._account.world, service.desired_count
        count = wanted(policy, self._base(policy, current), value, float(alarm.settings["Threshold"]))
        cause = f"monitor alarm {alarm.name} in state {alarm.state} triggered policy {policy.name}"
        if count is None:
            return
        is_out = count > self._base(policy, current)
        if target.is_suspended("Out" if is_out else "In"):
            return
        if is_out:
            count = min(max(count, target.minimum), target.maximum)
            if current >= target.maximum:
                reason = {"Code": "AlreadyAtMaxCapacity", "MaxCapacity": target.maximum}
                self.log.refuse(target.resource, cause, reason | {"CurrentCapacity": current})
            elif count > current:
                policy.out_from = self._base(policy, current)
                policy.out_at, policy.in_at = world.now(), None
                self.log.scale(target.resource, service, count, cause)
            return
        count = min(max(count, target.minimum), target.maximum)
        if current <= target.minimum:
            reason = {"Code": "AlreadyAtMinCapacity", "MinCapacity": target.minimum}
            self.log.refuse(target.resource, cause, reason | {"CurrentCapacity": current})
        elif is_deploying(service):
            reason = {"Code": "TargetServicePutResourceAsUnscalable", "CurrentCapacity": current}
            self.log.refuse(target.resource, cause, reason)
        elif count < current and not self._is_cooling(policy.in_at, policy, "ScaleInCooldown"):
            policy.in_at = world.now()
            self.log.scale(target.resource, service, count, cause)

    def _base(self, policy: Policy, current: int) -> int:
        """What an adjustment starts from: while a scale-out cools down, what there was before it.

        So the tasks that are on their way count as part of the next adjustment, and only a larger
        one adds to them.
        """
        if self._is_cooling(policy.out_at, policy, "ScaleOutCooldown") and policy.out_from < current:
            return policy.out_from
        return current

    def _is_cooling(self, since: float | None, policy: Policy, name: str) -> bool:
        given = policy.configuration.get("Cooldown" if policy.kind == STEPS else name)
        cooldown = DEFAULT_COOLDOWN_S if given is None else int(given)
        world = self._account.world
        return since is not None and world.now() - since < world.seconds(cooldown)
