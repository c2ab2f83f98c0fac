"""The state of a service, and the one line that says why."""

from dataclasses import replace
from datetime import datetime
from math import inf

from console.diagnosis import course, events, health, shifting, stops, traffic
from console.diagnosis.evidence import Evidence, Kind, Scene
from console.domain.alerts import alerts_of
from console.domain.error_reading import ErrorReading, read_errors
from console.domain.fleet import Diagnosis, ServicePicture
from console.domain.guard import DEFAULT_ALERTS, Judgement
from console.domain.rollout import RolloutStatus
from console.domain.series import Measure
from console.domain.service import Observation, ServiceState, ServiceStatus
from console.domain.signals import Figures
from console.domain.text import cell_width, cut_end
from console.domain.words import count

WIDTH = 110
"""Cells that a diagnosis may take."""
P95_LIMIT_S = next(item.warning or 0.0 for item in DEFAULT_ALERTS if item.measure is Measure.P95)
DELETED = "deleted: no tasks"
AFTER_DELETION = "recreate it in ECS, or remove it from the configuration"
_SEPARATOR = " · "
_STATES = {
    Kind.FAILURE: ServiceState.FAILING,
    Kind.BLOCKED: ServiceState.STUCK,
    Kind.NOTICE: ServiceState.WARNING,
}


def diagnose(
    status: ServiceStatus | None,
    observation: Observation | None,
    figures: Figures | None,
    at: datetime | None = None,
    held_by: str = "",
    *,
    errors: ErrorReading | None = None,
    alerts: tuple[Judgement, ...] = (),
    p95_limit_s: float = P95_LIMIT_S,
    drained_by: str = "",
) -> Diagnosis:
    """Judge one service from what was read of it.

    Args:
        status: The newest status; ``None`` when it never was read.
        observation: The service in full; may be older than the status.
        figures: Its newest figures.
        at: The moment of judging; without it that of the observation, or the newest thing that the
            status tells of.
        held_by: Who went back to what is held now, by our journal; empty: nothing is held.
        errors: Its errors, judged; without it from the figures alone.
        alerts: What is alerting now, the worst first.
        p95_limit_s: Above it a response time is worth a look.
        drained_by: Who of us drained it, by our journal; empty: nobody.
    """
    if status is None:
        return Diagnosis(ServiceState.UNKNOWN)
    moment = at or (observation.at if observation else _newest(status))
    reading = errors or read_errors(figures, desired=status.desired)
    scene = Scene(
        status, observation, figures, moment, held_by, reading, alerts, p95_limit_s, drained_by=drained_by
    )
    found = replace(_of(scene), basis=scene.basis)
    if not alerts:
        return found
    return replace(found, apart_from_alerts=_of(replace(scene, alerts=())).state)


def diagnose_picture(row: ServicePicture, at: datetime) -> Diagnosis:
    """Judge one service from all that its picture has: the one place from which its state comes."""
    return diagnose(
        row.status,
        row.observation,
        row.worst_figures,
        at,
        held_by=row.hold.by if row.hold else "",
        errors=row.error_reading,
        alerts=alerts_of(row, at),
        p95_limit_s=_p95_limit_s(row),
        drained_by=row.drained_by,
    )


def _p95_limit_s(row: ServicePicture) -> float:
    limits = (item.warning for item in row.alert_limits if item.measure is Measure.P95)
    return next((limit for limit in limits if limit is not None), inf)


def _of(scene: Scene) -> Diagnosis:
    status = scene.status
    if status.is_gone:
        return _deleted(status)
    if status.desired == 0:
        return _leaving(scene)
    if scene.going_back:
        return _going_back(scene)
    return _judge(scene)


def line(*facts: str) -> str:
    """Facts joined, as many whole ones as fit; the first one is cut where it alone is too long."""
    text = ""
    for fact in filter(None, facts):
        longer = f"{text}{_SEPARATOR}{fact}" if text else cut_end(fact, WIDTH)
        if cell_width(longer) <= WIDTH:
            text = longer
    return text


def _judge(scene: Scene) -> Diagnosis:
    proof, waits = _failure(scene), _blocked(scene)
    if proof is not None and waits is not None and proof == traffic.evidence(scene):
        return Diagnosis(ServiceState.FAILING, line(waits.cause, proof.cause, *waits.facts), waits.remedy)
    if proof is not None and (scene.under_way or not _once(scene, proof)):
        facts = (*course.breaker(scene), *course.alarms(scene), *_other_figures(scene, proof))
        return _diagnosis(proof, *facts, *shifting.facts(scene)[:1])
    hook = shifting.waiting(scene)
    if hook is not None:
        facts = (*shifting.pause(scene, hook), *traffic.facts_of(scene), *course.alarms(scene))
        return Diagnosis(ServiceState.PAUSED, line(*facts), "continue the deployment, or roll it back")
    if waits is not None:
        return _diagnosis(waits, *course.progress(scene)[:1])
    if scene.under_way:
        return _rolling(scene)
    notice = proof or traffic.evidence(scene) or health.evidence(scene) or course.short(scene)
    notice = notice or health.starting(scene) or _of_kind(events.evidence(scene), Kind.NOTICE)
    notice = notice or course.mixed(scene) or health.elsewhere(scene)
    if notice is not None:
        found = _diagnosis(notice, *_other_figures(scene, notice))
        return Diagnosis(ServiceState.WARNING, found.line, found.remedy)
    if scene.is_unread and scene.observation is not None:
        why = scene.observation.missing["rollout"]
        remedy = "allow codedeploy:GetDeployment, or read the deployment in CodeDeploy"
        return Diagnosis(ServiceState.UNKNOWN, line("its deployment cannot be read", why), remedy)
    if scene.unread:
        remedy = "allow the call if it is denied, else read it again"
        return Diagnosis(ServiceState.UNKNOWN, line(*scene.unread, course.went_back(scene)), remedy)
    return Diagnosis(ServiceState.STEADY, line(course.went_back(scene), *scene.undecided))


def _failure(scene: Scene) -> Evidence | None:
    """The failure that says most: what tasks died of, what health checks and events tell, that ECS
    counts failures, that requests fail."""
    for found in (
        stops.evidence(scene),
        health.evidence(scene),
        events.evidence(scene),
        course.failed(scene),
        traffic.evidence(scene),
    ):
        if found is not None and found.kind is Kind.FAILURE:
            return found
    return None


def _once(scene: Scene, proof: Evidence) -> bool:
    """One task died, was replaced, and nothing else is wrong: worth a look, no more."""
    others = (course.failed(scene), traffic.evidence(scene))
    told = any(item is not None and item.kind is Kind.FAILURE for item in others)
    return proof == stops.evidence(scene) and stops.died(scene) == 1 and not scene.short and not told


def _blocked(scene: Scene) -> Evidence | None:
    if not (scene.under_way or scene.short):
        return None
    return _of_kind(events.evidence(scene), Kind.BLOCKED) or course.slow(scene)


def _rolling(scene: Scene) -> Diagnosis:
    left = stops.leaving(scene)
    cause = f"leaving: {left.cause}" if left else ""
    shift = shifting.facts(scene)
    if shift:
        state = ServiceState.CANARY if shifting.is_canary(scene) else ServiceState.ROLLING
        counted = course.breaker(scene) if scene.breaker else ()
        facts = (
            *traffic.facts_of(scene),
            *shift[1:],
            cause,
            *counted,
            *course.alarms(scene),
            *course.replaces(scene),
        )
        return Diagnosis(state, line(shift[0], *facts))
    there, *more = course.progress(scene)
    return Diagnosis(ServiceState.ROLLING, line(there, *traffic.facts_of(scene), cause, *more))


def _going_back(scene: Scene) -> Diagnosis:
    proof = _of_kind(stops.evidence(scene), Kind.FAILURE) or course.failed(scene)
    if proof is not None and not _only_asked(scene):
        return _diagnosis(proof, "going back fails too", *course.way_back(scene)[1:2])
    blocked = _blocked(scene)
    if blocked is not None:
        return _diagnosis(blocked, *course.way_back(scene)[:2])
    cause = stops.leaving(scene)
    back = course.way_back(scene)
    if cause is None:
        return Diagnosis(ServiceState.ROLLING_BACK, line(*back[2:], *back[:2]))
    return Diagnosis(ServiceState.ROLLING_BACK, line(cause.cause, *back[:2], *cause.facts))


def _only_asked(scene: Scene) -> bool:
    """ECS has been asked to go back and has not begun: the PRIMARY still is what is being left."""
    return scene.rollout is not None and scene.rollout.status is RolloutStatus.ROLLBACK_REQUESTED


def _deleted(status: ServiceStatus) -> Diagnosis:
    """Whoever deleted it may not have meant to: it is never mistaken for one that was drained."""
    if status.is_deleted:
        return Diagnosis(ServiceState.DELETED, DELETED, AFTER_DELETION)
    left = status.running + status.pending
    return Diagnosis(
        ServiceState.DELETING,
        line("being deleted", f"{count(left, 'task')} still stopping" if left else ""),
        AFTER_DELETION,
    )


def _leaving(scene: Scene) -> Diagnosis:
    status = scene.status
    why = f"drained by {scene.drained_by}" if scene.drained_by else "desired count is 0"
    left = status.running + status.pending
    if left:
        return Diagnosis(ServiceState.DRAINING, line(why, f"{count(left, 'task')} still stopping"))
    return Diagnosis(ServiceState.DRAINED, why)


def _diagnosis(proof: Evidence, *facts: str) -> Diagnosis:
    return Diagnosis(_STATES[proof.kind], line(proof.cause, *proof.facts, *facts), proof.remedy)


def _other_figures(scene: Scene, proof: Evidence) -> tuple[str, ...]:
    return tuple(fact for fact in traffic.facts_of(scene) if fact not in (proof.cause, *proof.facts))


def _of_kind(found: Evidence | None, kind: Kind) -> Evidence | None:
    return found if found is not None and found.kind is kind else None


def _newest(status: ServiceStatus) -> datetime:
    stamps = [item.updated_at for item in status.deployments] + [item.at for item in status.events]
    return max(stamps, default=datetime.fromisoformat("1970-01-01T00:00:00+00:00"))
