"""Making load balancers, listeners, rules and target groups: there is no API for it here."""

from typing import TYPE_CHECKING

from console.sandbox.elb.model import HealthCheck, Listener, LoadBalancer, Rule, TargetGroup

if TYPE_CHECKING:
    from console.sandbox.account import Account


def add_load_balancer(
    account: "Account",
    name: str,
    zones: list[tuple[str, str]],
    created_at: float,
    vpc: str = "vpc-0a1b2c3d4e5f60718",
) -> LoadBalancer:
    """An Application Load Balancer; ``zones`` are (zone name, subnet id)."""
    tail = _tail(account, f"loadbalancer/{name}")
    arn = account.arn("elasticloadbalancing", f"loadbalancer/app/{name}/{tail}")
    number = int(tail, 16) % 1_000_000_000
    dns = f"{name}-{number}.{account.region}.elb.amazonaws.com"
    balancer = LoadBalancer(arn, name, dns, created_at, vpc, zones)
    account.elb.load_balancers[arn] = balancer
    return balancer


def add_target_group(
    account: "Account",
    name: str,
    port: int,
    check: HealthCheck | None = None,
    deregistration_delay_s: int = 300,
    vpc: str = "vpc-0a1b2c3d4e5f60718",
) -> TargetGroup:
    """A target group of type ``ip``; the delay's default is AWS's."""
    arn = account.arn("elasticloadbalancing", f"targetgroup/{name}/{_tail(account, f'targetgroup/{name}')}")
    attributes = {
        "deregistration_delay.timeout_seconds": str(deregistration_delay_s),
        "load_balancing.algorithm.type": "round_robin",
        "slow_start.duration_seconds": "0",
        "stickiness.enabled": "false",
    }
    group = TargetGroup(arn, name, port, vpc, check or HealthCheck(), attributes)
    account.elb.target_groups[arn] = group
    return group


def add_listener(
    account: "Account", balancer: LoadBalancer, group: TargetGroup, port: int = 443, protocol: str = "HTTPS"
) -> Listener:
    """A listener whose default action forwards to the group."""
    base = balancer.arn.replace(":loadbalancer/", ":listener/", 1)
    arn = f"{base}/{_tail(account, f'{balancer.name}:{port}')}"
    listener = Listener(arn, balancer.arn, port, protocol)
    account.elb.listeners[arn] = listener
    _forward(account, listener, group, "default", [])
    return listener


def add_rule(
    account: "Account",
    listener: Listener,
    group: TargetGroup,
    priority: int,
    conditions: list[dict[str, object]],
) -> Rule:
    """A rule before the default one; conditions in the API's form (``Field``, ``Values``)."""
    rule = _forward(account, listener, group, str(priority), conditions)
    listener.rules.sort(key=lambda item: (item.is_default, 0 if item.is_default else int(item.priority)))
    return rule


def _forward(
    account: "Account",
    listener: Listener,
    group: TargetGroup,
    priority: str,
    conditions: list[dict[str, object]],
) -> Rule:
    base = listener.arn.replace(":listener/", ":listener-rule/", 1)
    arn = f"{base}/{_tail(account, f'{listener.arn}:{priority}')}"
    rule = Rule(arn, listener.arn, priority, group.arn, conditions)
    listener.rules.append(rule)
    if listener.load_balancer not in group.load_balancers:
        group.load_balancers.append(listener.load_balancer)
    return rule


def _tail(account: "Account", name: str) -> str:
    """The 16 hexadecimal digits that AWS puts at the end of an ARN."""
    return f"{account.world.rng(f'{account.id}:{name}').getrandbits(64):016x}"
