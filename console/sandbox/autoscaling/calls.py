"""Application Auto Scaling: its calls, for ECS services (API reference)."""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from console.sandbox.autoscaling.desired import find_service
from console.sandbox.autoscaling.model import (
    DIMENSION,
    NAMESPACE,
    STEPS,
    TRACKING,
    Activity,
    Json,
    Policy,
    Target,
)
from console.sandbox.autoscaling.tracking import check_steps, check_tracking, make_alarms
from console.sandbox.paging import next_token_page
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

_T = TypeVar("_T")

MOST = 50
_SERVICE = "application-autoscaling"
_SUSPENDABLE = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


@operation(_SERVICE)
def RegisterScalableTarget(account: "Account", params: Json) -> Json:
    """Make a target or change one; what is left out stays as it is.

    A desired count outside the bounds is brought inside at once, unless that way is suspended.
    """
    resource, known = _resource(params), account.scaling.targets.get(_resource(params))
    low = params.get("MinCapacity", known.minimum if known else None)
    high = params.get("MaxCapacity", known.maximum if known else None)
    if low is None or high is None:
        raise _invalid("MinCapacity and MaxCapacity are required when registering a new scalable target.")
    if low < 0 or low > high:
        raise _invalid("Maximum capacity cannot be less than minimum capacity.")
    suspended = dict.fromkeys(_SUSPENDABLE, False) | (known.suspended if known else {})
    suspended |= params.get("SuspendedState") or {}
    if known is None:
        known = Target(
            resource, _target_arn(account, resource), low, high, _role(account), account.world.now()
        )
        if find_service(account, known) is None:
            raise _invalid(f"ECS service doesn't exist: {resource}")
        account.scaling.targets[resource] = known
    known.minimum, known.maximum, known.suspended = low, high, suspended
    known.role = params.get("RoleARN") or known.role
    account.scaling.bound(known)
    return {"ScalableTargetARN": known.arn}


@operation(_SERVICE)
def DescribeScalableTargets(account: "Account", params: Json) -> Json:
    """Those of some resources, or all."""
    _check_namespace(params)
    wanted = params.get("ResourceIds")
    found = [item for item in account.scaling.targets.values() if not wanted or item.resource in wanted]
    shown, following = _page(found, params)
    return {"ScalableTargets": [_target(item) for item in shown], **following}


@operation(_SERVICE)
def DeregisterScalableTarget(account: "Account", params: Json) -> Json:
    """Forget a target, its policies and their alarms; the desired count stays."""
    target = _known(account, params)
    for policy in account.scaling.of_target(target.resource):
        _forget(account, policy)
    del account.scaling.targets[target.resource]
    return {}


@operation(_SERVICE)
def PutScalingPolicy(account: "Account", params: Json) -> Json:
    """Make a policy or change one; target tracking makes its two alarms itself.

    Raises:
        AwsError: ``ObjectNotFoundException`` without a target, ``ValidationException`` for what
            ECS services cannot be scaled by.
    """
    target = _known(account, params)
    name = params["PolicyName"]
    known = account.scaling.policies.get((target.resource, name))
    kind = params.get("PolicyType") or (known.kind if known else STEPS)
    if known is not None and known.kind != kind:
        raise _invalid("You cannot change the policy type of an existing policy.")
    configuration = params.get(f"{kind}PolicyConfiguration")
    if kind not in (TRACKING, STEPS) or configuration is None:
        raise _invalid(f"A policy of type {kind} needs its own configuration, for ECS services.")
    check = check_tracking if kind == TRACKING else check_steps
    check(configuration)
    if known is None:
        arn = _policy_arn(account, target.resource, name)
        known = Policy(name, target.resource, arn, kind, configuration, account.world.now())
        account.scaling.policies[target.resource, name] = known
    known.configuration = configuration
    if kind == TRACKING:
        known.alarms = make_alarms(account, target, known)
    return {"PolicyARN": known.arn, "Alarms": _alarms(account, known)}


@operation(_SERVICE)
def DescribeScalingPolicies(account: "Account", params: Json) -> Json:
    """Those of a resource, of some names, or all."""
    _check_namespace(params)
    names = params.get("PolicyNames")
    found = [
        item
        for item in account.scaling.policies.values()
        if params.get("ResourceId") in (None, item.resource)
        and (not names or item.name in names or item.arn in names)
    ]
    shown, following = _page(found, params)
    return {"ScalingPolicies": [_policy(account, item) for item in shown], **following}


@operation(_SERVICE)
def DeleteScalingPolicy(account: "Account", params: Json) -> Json:
    """Forget a policy; alarms that it has made for itself go with it, others stay."""
    resource, name = _resource(params), params["PolicyName"]
    policy = account.scaling.policies.get((resource, name))
    if policy is None:
        raise AwsError("ObjectNotFoundException", f"No scaling policy found for policy name {name}.")
    _forget(account, policy)
    return {}


@operation(_SERVICE)
def DescribeScalingActivities(account: "Account", params: Json) -> Json:
    """What was done in the last six weeks, newest first; what was not, only when asked."""
    _check_namespace(params)
    found = [
        item
        for item in reversed(account.scaling.log.activities)
        if params.get("ResourceId") in (None, item.resource)
        and (not item.reasons or params.get("IncludeNotScaledActivities"))
    ]
    shown, following = _page(found, params)
    return {"ScalingActivities": [_activity(item) for item in shown], **following}


@operation(_SERVICE)
def DescribeScheduledActions(account: "Account", params: Json) -> Json:
    """None: nothing here scales by the clock, and PutScheduledAction is not answered."""
    _check_namespace(params)
    return {"ScheduledActions": []}


def _forget(account: "Account", policy: Policy) -> None:
    for name in policy.alarms:
        account.alarms.delete(name)
    del account.scaling.policies[policy.resource, policy.name]


def _known(account: "Account", params: Json) -> Target:
    resource = _resource(params)
    target = account.scaling.targets.get(resource)
    if target is None:
        raise AwsError(
            "ObjectNotFoundException",
            f"No scalable target found for service namespace: {NAMESPACE}, resource ID: {resource}, "
            f"scalable dimension: {DIMENSION}",
        )
    return target


def _resource(params: Json) -> str:
    """The resource id of a request, of the only kind that there is here."""
    _check_namespace(params)
    resource, dimension = str(params["ResourceId"]), params.get("ScalableDimension")
    if dimension not in (None, DIMENSION):
        raise _invalid(f"Unsupported service namespace, resource type or scalable dimension: {dimension}")
    parts = resource.split("/")
    if len(parts) != 3 or parts[0] != "service" or not all(parts):
        raise _invalid(f"Unsupported service namespace, resource type or scalable dimension: {resource}")
    return resource


def _check_namespace(params: Json) -> None:
    if params["ServiceNamespace"] != NAMESPACE:
        raise _invalid(f"The sandbox scales services of {NAMESPACE}, not {params['ServiceNamespace']}.")


def _page(found: Sequence[_T], params: Json) -> tuple[list[_T], dict[str, str]]:
    size = min(params.get("MaxResults") or MOST, MOST)
    return next_token_page(found, params.get("NextToken"), size, "InvalidNextTokenException")


def _target(target: Target) -> Json:
    return {
        **_resource_of(target.resource),
        "MinCapacity": target.minimum,
        "MaxCapacity": target.maximum,
        "RoleARN": target.role,
        "CreationTime": target.created_at,
        "SuspendedState": target.suspended,
        "ScalableTargetARN": target.arn,
    }


def _policy(account: "Account", policy: Policy) -> Json:
    return {
        **_resource_of(policy.resource),
        "PolicyARN": policy.arn,
        "PolicyName": policy.name,
        "PolicyType": policy.kind,
        f"{policy.kind}PolicyConfiguration": policy.configuration,
        "Alarms": _alarms(account, policy),
        "CreationTime": policy.created_at,
    }


def _alarms(account: "Account", policy: Policy) -> list[Json]:
    """Its own alarms, or those that somebody has aimed at it."""
    return [
        {"AlarmName": alarm.name, "AlarmARN": alarm.arn}
        for alarm in account.alarms
        if policy.arn in (alarm.settings.get("AlarmActions") or [])
    ]


def _activity(activity: Activity) -> Json:
    return {
        **_resource_of(activity.resource),
        "ActivityId": activity.id,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": activity.started_at,
        "EndTime": activity.ended_at,
        "StatusCode": activity.status,
        "StatusMessage": activity.message or None,
        "NotScaledReasons": activity.reasons or None,
    }


def _resource_of(resource: str) -> Json:
    return {"ServiceNamespace": NAMESPACE, "ResourceId": resource, "ScalableDimension": DIMENSION}


def _target_arn(account: "Account", resource: str) -> str:
    number = account.world.rng(f"scalable:{account.id}:{resource}").getrandbits(68)
    return account.arn(_SERVICE, f"scalable-target/0ec5{number:017x}")


def _policy_arn(account: "Account", resource: str, name: str) -> str:
    number = account.world.rng(f"policy:{account.id}:{resource}:{name}").getrandbits(128)
    tail = f"{uuid.UUID(int=number, version=4)}:resource/ecs/{resource}:policyName/{name}"
    return account.arn("autoscaling", f"scalingPolicy:{tail}")


def _role(account: "Account") -> str:
    return (
        f"arn:aws:iam::{account.id}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_ECSService"
    )


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
