"""The life of a target: registered, checked every interval, drained, gone.

A newly registered target needs one passing check; only a target that was unhealthy needs the whole
healthy threshold (Elastic Load Balancing, target-group-health-checks).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from console.sandbox.elb.model import Probe, Target, TargetGroup

if TYPE_CHECKING:
    from console.sandbox.kernel import World


def register(
    world: "World",
    group: TargetGroup,
    ip: str,
    port: int,
    zone: str,
    probe: Probe,
    on_change: Callable[[Target], None],
    state: str = "initial",
) -> Target:
    """Register an address; its first check comes one interval later."""
    target = Target(ip, port, zone, world.now(), probe, on_change, state)
    group.targets[ip, port] = target
    _check_later(world, group, target)
    return target


def deregister(world: "World", group: TargetGroup, ip: str, port: int) -> bool:
    """Begin to drain; the target leaves the group when the deregistration delay has passed.

    Returns:
        Whether it was registered.
    """
    target = group.targets.get((ip, port))
    if target is None or target.state == "draining":
        return False
    target.state = "draining"
    world.after(group.deregistration_delay_s, lambda: _forget(group, target))
    return True


def reason_of(target: Target) -> str:
    """Why it is unhealthy, in the words of DescribeTargetHealth and of ECS's events."""
    if target.last_answer == "timeout":
        return "Request timed out"
    return f"Health checks failed with these codes: [{target.last_answer}]"


def _forget(group: TargetGroup, target: Target) -> None:
    if group.targets.get((target.ip, target.port)) is target:
        del group.targets[target.ip, target.port]


def _check_later(world: "World", group: TargetGroup, target: Target) -> None:
    def check() -> None:
        if target.state != "draining":
            _check(group, target)
            _check_later(world, group, target)

    world.after(group.check.interval_s, check)


def _check(group: TargetGroup, target: Target) -> None:
    answer = target.probe()
    if answer is None:
        target.passed, target.failed = target.passed + 1, 0
        needed = group.check.healthy_threshold if target.state == "unhealthy" else 1
        _become(target, "healthy", target.passed >= needed)
    else:
        target.passed, target.failed, target.last_answer = 0, target.failed + 1, answer
        _become(target, "unhealthy", target.failed >= group.check.unhealthy_threshold)


def _become(target: Target, state: str, is_due: bool) -> None:
    if is_due and target.state != state:
        target.state = state
        if target.on_change:
            target.on_change(target)
