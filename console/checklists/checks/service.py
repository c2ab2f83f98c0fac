"""What the platform says of the service: counts, versions, targets, alarms, settings."""

from console.checklists.context import CheckContext
from console.checklists.from_findings import failed, named, not_applicable, passed, unknown
from console.checklists.given import Given
from console.checklists.registry import REGISTRY
from console.domain.checklist import Result
from console.domain.words import count
from console.operations.settled import Wanted, settled

_LIVE_S = 5.0


def _found(context: CheckContext, name: str) -> Result:
    digest = str(context.facts.get("digest") or "")
    version = str(context.facts.get("version") or "")
    should = Wanted(digest, f"{version}, which is released") if digest else None
    after = context.settings.no_check_healthy_after
    return named(settled(context.observe(), should, after), name)


@REGISTRY.check("service.steady", "as many tasks run as are desired, and nothing moves", every_s=_LIVE_S)
def steady(context: CheckContext, given: Given) -> Result:
    """No rollout under way, none failed, running equals desired."""
    return _found(context, "steady")


@REGISTRY.check("service.version", "every task runs the digest that is released", every_s=_LIVE_S)
def version(context: CheckContext, given: Given) -> Result:
    """By digest, not by tag; without a released version: by what was left there."""
    return _found(context, "version")


@REGISTRY.check("service.healthy", "as many targets, or tasks, are healthy as are desired", every_s=_LIVE_S)
def healthy(context: CheckContext, given: Given) -> Result:
    """Behind a load balancer its targets, else the tasks."""
    observation = context.observe()
    return _found(context, "targets" if observation.status.target_groups else "healthy")


@REGISTRY.check("service.alarms", "none of the alarms that guard its deployments rings")
def alarms(context: CheckContext, given: Given) -> Result:
    """Those that the service's deployment configuration names; nothing to say where it names none."""
    rollout = context.observe().rollout
    if rollout is not None and (rollout.alarms is None or not rollout.alarms.names):
        return not_applicable("its deployments watch none")
    return _found(context, "alarms")


@REGISTRY.check("service.running", "the running count has come to what is desired", every_s=_LIVE_S)
def running(context: CheckContext, given: Given) -> Result:
    """Also while a rollout is under way."""
    status = context.observe().status
    said = f"{status.running} of {status.desired} running"
    if status.desired == 0:
        return failed(f"{said}: 0 serving", "quarterdeck undrain, or scale")
    return passed(said) if status.running >= status.desired else failed(said)


@REGISTRY.check("service.one_deployment", "one deployment is left: the old one is gone", every_s=_LIVE_S)
def one_deployment(context: CheckContext, given: Given) -> Result:
    """Of the service itself; of CodeDeploy's task sets likewise."""
    number = len(context.observe().status.deployments)
    return passed("1 deployment") if number == 1 else failed(count(number, "deployment"))


@REGISTRY.check(
    "service.settings",
    "the live service is set as the team means it",
    parameters={
        "strategy": "ROLLING, BLUE_GREEN, CANARY or LINEAR",
        "minimum_percent": "minimum healthy, in per cent",
        "maximum_percent": "maximum, in per cent",
        "breaker": "whether the circuit breaker is on, with rollback",
        "grace_s": "grace period for health checks, at least, in seconds",
    },
    every_s=60,
)
def settings(context: CheckContext, given: Given) -> Result:
    """Every setting that the item names, and no other."""
    status = context.observe().status
    live: dict[str, object] = {
        "strategy": status.strategy,
        "minimum_percent": status.minimum_healthy_percent,
        "maximum_percent": status.maximum_percent,
        "breaker": status.breaker_rolls_back,
    }
    wanted: dict[str, object] = {}
    if strategy := given.text("strategy"):
        wanted["strategy"] = strategy.upper()
    for name in ("minimum_percent", "maximum_percent"):
        if (number := given.number(name, -1)) >= 0:
            wanted[name] = int(number)
    if given.flag("breaker"):
        wanted["breaker"] = True
    wrong = [f"{name} is {live[name]}, not {value}" for name, value in wanted.items() if live[name] != value]
    least = given.number("grace_s", 0)
    if status.grace_s < least:
        wrong.append(f"grace is {status.grace_s} s, under {least:.0f} s")
    if wrong:
        return failed("; ".join(wrong), "correct the service's deployment configuration")
    return passed(", ".join(f"{name} {live[name]}" for name in wanted) or f"grace {status.grace_s} s")


@REGISTRY.check("service.autoscaling", "autoscaling is not suspended", every_s=60)
def autoscaling(context: CheckContext, given: Given) -> Result:
    """Nothing to say where nobody scales."""
    scaling = context.platform.scaling(context.address)
    if scaling is None:
        return not_applicable("nothing but people changes the number of tasks")
    if scaling.suspended:
        return failed(f"suspended: {', '.join(scaling.suspended)}", "quarterdeck undrain, or resume it")
    return passed(f"between {scaling.minimum} and {scaling.maximum}")


@REGISTRY.check("service.paused", "the deployment waits at its pause", every_s=_LIVE_S)
def paused(context: CheckContext, given: Given) -> Result:
    """At a lifecycle hook that somebody has to decide about."""
    rollout = context.observe().rollout
    if rollout is None:
        return unknown("no rollout can be read")
    hook = rollout.waiting
    return passed(f"waits at {hook.stage}") if hook is not None else failed("waits at no pause")
