"""What is put on the clipboard: a service in a few lines that can be pasted into a chat."""

from datetime import datetime

from console.domain import words
from console.domain.error_reading import ErrorState
from console.domain.fleet import EnvironmentPicture, ServicePicture
from console.domain.operation import Plan
from console.domain.rollout import Deployment
from console.domain.version import Version
from console.domain.way_back import current_way_back


def summary(
    picture: ServicePicture,
    now: datetime | None,
    around: EnvironmentPicture | None = None,
    plan: Plan | None = None,
) -> str:
    """The service in plain text: where, what state, what runs, why, the way back, how old all that is.

    Args:
        around: Its environment, for the account's name.
        plan: The rollback that would run now, where it was asked for; else what was proved last is said.
    """
    environment = picture.environment
    state = picture.state.value.replace("_", " ").upper()
    account = words.account_number(environment.account)
    if around is not None and around.standing is not None and around.standing.account_name:
        account = f"{around.standing.account_name} {account}"
    place = " ".join(part for part in (account, environment.region, environment.cluster) if part)
    lines = [f"{picture.address}  {state}", place, *_running(picture), *_deployments(picture, now)]
    if picture.why:
        lines.append(f"why: {picture.why}")
    if picture.diagnosis.remedy:
        lines.append(f"remedy: {picture.diagnosis.remedy}")
    lines += _figures(picture, now)
    lines += _way_back(picture, now, plan)
    if picture.hold is not None:
        lines.append(f"held at {picture.hold.version} by {picture.hold.by}: {picture.hold.reason}")
    if picture.as_of is not None:
        age = f", {_ago(picture.as_of, now)}" if now is not None else ""
        lines.append(f"as of {words.utc(picture.as_of)}{age}")
    elif now is not None:
        lines.append(f"not read yet at {words.utc(now)}")
    return "\n".join(lines)


def _ago(moment: datetime, now: datetime | None) -> str:
    return f"{words.age((now - moment).total_seconds())} ago" if now is not None else words.utc(moment)


def _named(version: Version) -> str:
    moved = ", the tag has moved since" if version.moved else ""
    return f"{version.label} ({version.digest}{moved})" if version.digest else version.label


def _running(picture: ServicePicture) -> list[str]:
    status = picture.status
    if status is None:
        return []
    said = f"{status.running} of {status.desired} tasks running"
    version = picture.release.version if picture.release else picture.version
    return [f"{_named(version)} · {said}" if version is not None else said]


def _deployments(picture: ServicePicture, now: datetime | None) -> list[str]:
    """One line a deployment, while there is more than one or one is under way."""
    status = picture.status
    if status is None or not status.in_motion:
        return []
    return [f"- {_deployment(item, picture, now)}" for item in status.deployments]


def _deployment(item: Deployment, picture: ServicePicture, now: datetime | None) -> str:
    seen = picture.observation
    release = seen.release_of(item.id) if seen else None
    name = f" {_named(release.version)}" if release else ""
    state = " ".join(part for part in (item.status, item.state.replace("_", " ")) if part)
    parts = [
        f":{item.definition.rsplit(':', 1)[-1]}{name} {state}",
        f"{item.running} of {item.desired} running",
    ]
    if item.pending:
        parts.append(f"{item.pending} starting")
    if item.failed:
        parts.append(f"{item.failed} failed")
    rollout = seen.rollout if seen else None
    if rollout is not None and not rollout.status.is_over and item.release is not None:
        if item.release in rollout.weights:
            parts.append(f"{rollout.weights[item.release]:g} % of the traffic")
        if item.release == rollout.target and rollout.breaker is not None:
            parts.append(f"breaker {rollout.breaker.failures} of {rollout.breaker.threshold}")
    by = f" by {picture.deployed_by}" if item.is_primary and picture.deployed_by else ""
    parts.append(f"deployed {_ago(item.created_at, now)}{by}")
    return " · ".join(parts)


def _figures(picture: ServicePicture, now: datetime | None) -> list[str]:
    figures, reading = picture.worst_figures, picture.error_reading
    if figures is None or reading.state is ErrorState.NOBODY_ANSWERS:
        return [] if reading.says_nothing else [reading.words]
    parts = [
        "" if reading.says_nothing else reading.words,
        reading.note,
        f"p95 {words.latency(figures.p95_s)}" if figures.p95_s is not None else "",
    ]
    said = " · ".join(part for part in parts if part)
    whose = f"{figures.version} version" if figures.version else "service-wide"
    return [f"{said} ({whose}, {_ago(figures.at, now)})"] if said else []


def _way_back(picture: ServicePicture, now: datetime | None, plan: Plan | None) -> list[str]:
    if plan is not None:
        if plan.nothing_to_do:
            return [f"way back: {plan.nothing_to_do}"]
        about = f", safe in about {words.clock(plan.estimate.safe_s)}" if plan.estimate else ""
        doubt = f", {plan.doubt}" if plan.doubt else ""
        return [f"way back: {_named(plan.target.version)}{doubt}{about} (planned {_ago(plan.made_at, now)})"]
    way = current_way_back(picture, now)
    if way is None:
        return []
    if not way.version:
        return [f"way back: none{', ' + way.doubt if way.doubt else ''} ({_ago(way.at, now)})"]
    about = f", safe in about {words.clock(way.safe_s)}" if way.safe_s is not None else ""
    doubts = "".join(f", {item}" for item in (way.doubt, *way.failed) if item)
    return [f"way back: {way.version}{about}{doubts} (proved {_ago(way.at, now)})"]
