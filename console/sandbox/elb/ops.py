"""Reading operations of Elastic Load Balancing v2."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from console.sandbox.elb.health import reason_of
from console.sandbox.elb.model import Listener, LoadBalancer, Rule, Target, TargetGroup
from console.sandbox.elb.weights import weights_of
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]

MOST_NAMES = 20
"""Names or ARNs that a request may list (API reference, DescribeTargetGroups)."""


@operation("elbv2")
def DescribeLoadBalancers(account: "Account", params: Json) -> Json:
    known = account.elb.load_balancers
    _limit(params, "LoadBalancerArns", "Names")
    _all_known(params.get("LoadBalancerArns"), known, "LoadBalancerNotFound", "Load balancers")
    names = [item.name for item in known.values()]
    _all_known(params.get("Names"), names, "LoadBalancerNotFound", "Load balancers")
    chosen = _chosen(known.values(), params.get("LoadBalancerArns"), params.get("Names"))
    shown, following = _page(chosen, params)
    return {"LoadBalancers": [_load_balancer(account, item) for item in shown], **following}


@operation("elbv2")
def DescribeListeners(account: "Account", params: Json) -> Json:
    arn = params.get("LoadBalancerArn")
    wanted = params.get("ListenerArns")
    if arn:
        _all_known([arn], account.elb.load_balancers, "LoadBalancerNotFound", "Load balancers")
    _all_known(wanted, account.elb.listeners, "ListenerNotFound", "Listeners")
    chosen = [
        item
        for item in account.elb.listeners.values()
        if (not arn or item.load_balancer == arn) and (not wanted or item.arn in wanted)
    ]
    shown, following = _page(chosen, params)
    return {"Listeners": [_listener(item) for item in shown], **following}


@operation("elbv2")
def DescribeRules(account: "Account", params: Json) -> Json:
    arn, wanted = params.get("ListenerArn"), params.get("RuleArns")
    if not arn and not wanted:
        raise AwsError("ValidationError", "You must specify either listener or rule ARNs")
    if arn:
        _all_known([arn], account.elb.listeners, "ListenerNotFound", "Listeners")
    rules = [rule for item in account.elb.listeners.values() for rule in item.rules]
    _all_known(wanted, [rule.arn for rule in rules], "RuleNotFound", "Rules")
    chosen = [
        rule for rule in rules if (not arn or rule.listener == arn) and (not wanted or rule.arn in wanted)
    ]
    shown, following = _page(chosen, params)
    return {"Rules": [_rule(item) for item in shown], **following}


@operation("elbv2")
def DescribeTargetGroups(account: "Account", params: Json) -> Json:
    known = account.elb.target_groups
    _limit(params, "TargetGroupArns", "Names")
    _all_known(params.get("TargetGroupArns"), known, "TargetGroupNotFound", "Target groups")
    names = [item.name for item in known.values()]
    _all_known(params.get("Names"), names, "TargetGroupNotFound", "Target groups")
    chosen = _chosen(known.values(), params.get("TargetGroupArns"), params.get("Names"))
    balancer = params.get("LoadBalancerArn")
    if balancer:
        _all_known([balancer], account.elb.load_balancers, "LoadBalancerNotFound", "Load balancers")
        chosen = [item for item in chosen if balancer in item.load_balancers]
    shown, following = _page(chosen, params)
    return {"TargetGroups": [_target_group(item) for item in shown], **following}


@operation("elbv2")
def DescribeTargetGroupAttributes(account: "Account", params: Json) -> Json:
    group = _group(account, params)
    return {"Attributes": [{"Key": key, "Value": value} for key, value in group.attributes.items()]}


@operation("elbv2")
def DescribeTargetHealth(account: "Account", params: Json) -> Json:
    """All registered targets; asked-for ones that are not registered are ``unused``."""
    group = _group(account, params)
    wanted = params.get("Targets")
    if not wanted:
        return {"TargetHealthDescriptions": [_health(item) for item in group.targets.values()]}
    found: list[Json] = []
    for asked in wanted:
        target = group.targets.get((asked["Id"], asked.get("Port") or group.port))
        found.append(_health(target) if target else _unused(asked, group))
    return {"TargetHealthDescriptions": found}


def _health(target: Target) -> Json:
    state: Json = {"State": target.state}
    if target.state == "initial":
        state["Reason"] = "Elb.RegistrationInProgress"
        state["Description"] = "Target registration is in progress"
    elif target.state == "draining":
        state["Reason"] = "Target.DeregistrationInProgress"
        state["Description"] = "Target deregistration is in progress"
    elif target.state == "unhealthy":
        is_timeout = target.last_answer == "timeout"
        state["Reason"] = "Target.Timeout" if is_timeout else "Target.ResponseCodeMismatch"
        state["Description"] = reason_of(target)
    return {
        "Target": {"Id": target.ip, "Port": target.port, "AvailabilityZone": target.zone},
        "HealthCheckPort": str(target.port),
        "TargetHealth": state,
    }


def _unused(asked: Json, group: TargetGroup) -> Json:
    port = asked.get("Port") or group.port
    return {
        "Target": {"Id": asked["Id"], "Port": port},
        "TargetHealth": {
            "State": "unused",
            "Reason": "Target.NotRegistered",
            "Description": "Target is not registered to the target group",
        },
    }


def _load_balancer(account: "Account", item: LoadBalancer) -> Json:
    return {
        "LoadBalancerArn": item.arn,
        "DNSName": item.dns_name,
        "CanonicalHostedZoneId": "Z35SXDOTRQ7X7K",
        "CreatedTime": item.created_at,
        "LoadBalancerName": item.name,
        "Scheme": item.scheme,
        "VpcId": item.vpc,
        "State": {"Code": "active"},
        "Type": "application",
        "AvailabilityZones": [{"ZoneName": zone, "SubnetId": subnet} for zone, subnet in item.zones],
        "SecurityGroups": [f"sg-{account.world.rng(item.arn).getrandbits(68):017x}"],
        "IpAddressType": "ipv4",
    }


def _listener(item: Listener) -> Json:
    default = next(rule for rule in item.rules if rule.is_default)
    picture: Json = {
        "ListenerArn": item.arn,
        "LoadBalancerArn": item.load_balancer,
        "Port": item.port,
        "Protocol": item.protocol,
        "DefaultActions": [_forward(default)],
    }
    if item.certificate:
        picture["Certificates"] = [{"CertificateArn": item.certificate}]
    return picture


def _rule(item: Rule) -> Json:
    return {
        "RuleArn": item.arn,
        "Priority": item.priority,
        "Conditions": item.conditions,
        "Actions": [_forward(item)],
        "IsDefault": item.is_default,
    }


def _forward(rule: Rule) -> Json:
    """The action; ``TargetGroupArn`` is told only where one group gets everything, as AWS does."""
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights_of(rule).items()]
    action: Json = {
        "Type": "forward",
        "Order": 1,
        "ForwardConfig": {
            "TargetGroups": groups,
            "TargetGroupStickinessConfig": {"Enabled": False},
        },
    }
    return action if len(groups) > 1 else {**action, "TargetGroupArn": rule.target_group}


def _target_group(item: TargetGroup) -> Json:
    return {
        "TargetGroupArn": item.arn,
        "TargetGroupName": item.name,
        "Protocol": "HTTP",
        "Port": item.port,
        "VpcId": item.vpc,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": item.check.interval_s,
        "HealthCheckTimeoutSeconds": item.check.timeout_s,
        "HealthyThresholdCount": item.check.healthy_threshold,
        "UnhealthyThresholdCount": item.check.unhealthy_threshold,
        "HealthCheckPath": item.check.path,
        "Matcher": {"HttpCode": item.check.matcher},
        "LoadBalancerArns": item.load_balancers,
        "TargetType": "ip",
        "ProtocolVersion": "HTTP1",
        "IpAddressType": "ipv4",
    }


def _group(account: "Account", params: Json) -> TargetGroup:
    arn = params["TargetGroupArn"]
    _all_known([arn], account.elb.target_groups, "TargetGroupNotFound", "Target groups")
    return account.elb.target_groups[arn]


def _chosen(
    items: Iterable[LoadBalancer] | Iterable[TargetGroup], arns: list[str] | None, names: list[str] | None
) -> list[Any]:
    return [item for item in items if (not arns or item.arn in arns) and (not names or item.name in names)]


def _all_known(wanted: list[str] | None, known: Iterable[str], code: str, what: str) -> None:
    absent = [name for name in wanted or () if name not in known]
    if absent:
        raise AwsError(code, f"{what} '{absent}' not found")


def _limit(params: Json, *names: str) -> None:
    for name in names:
        if len(params.get(name) or ()) > MOST_NAMES:
            raise AwsError("ValidationError", f"{name} can have at most {MOST_NAMES} items")


def _page(items: list[Any], params: Json) -> tuple[list[Any], Json]:
    """A page; the marker is the number of the first item that was left out."""
    size = int(params.get("PageSize") or 400)
    if not 1 <= size <= 400:
        raise AwsError("ValidationError", "PageSize must be between 1 and 400")
    marker = params.get("Marker") or "0"
    if not marker.isdigit():
        raise AwsError("ValidationError", "The marker is not valid")
    end = int(marker) + size
    return items[int(marker) : end], {"NextMarker": str(end)} if end < len(items) else {}
