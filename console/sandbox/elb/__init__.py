"""Elastic Load Balancing v2: state, health of targets, and the reading operations."""

from console.sandbox.elb import ops
from console.sandbox.elb.build import add_listener, add_load_balancer, add_rule, add_target_group
from console.sandbox.elb.model import (
    ElbState,
    HealthCheck,
    Listener,
    LoadBalancer,
    Rule,
    Target,
    TargetGroup,
)

__all__ = [
    "ElbState",
    "HealthCheck",
    "Listener",
    "LoadBalancer",
    "Rule",
    "Target",
    "TargetGroup",
    "add_listener",
    "add_load_balancer",
    "add_rule",
    "add_target_group",
    "ops",
]
