"""Evidence from figures: errors, latency, and whatever else is over the limits of its alerts."""

from console.diagnosis.evidence import Evidence, Kind, Scene
from console.domain.alerts import words_of
from console.domain.error_reading import ErrorReading, ErrorState
from console.domain.guard import MINIMUM_REQUESTS, JudgedState, Judgement
from console.domain.series import Measure
from console.domain.signals import CURRENT_FOR
from console.domain.words import latency


def evidence(scene: Scene) -> Evidence | None:
    """What is critical is a failure; what is over a limit for a warning is worth a look, and so is what was
    bad before the version that serves now: nothing tells yet that it is over."""
    facts = facts_of(scene)
    reading = scene.errors
    if not facts:
        return _left(reading)
    if (_is_current(scene) and reading.is_critical) or any(_is_critical(item) for item in scene.alerts):
        nobody = reading.state is ErrorState.NOBODY_ANSWERS
        remedy = "read tasks, targets and events" if nobody else "read the logs, or roll back"
        return Evidence(Kind.FAILURE, facts[0], facts[1:], remedy)
    about_errors = _says_errors(scene)
    remedy = "read the logs" if about_errors else "look at what the service waits for"
    return Evidence(Kind.NOTICE, facts[0], facts[1:], remedy)


def _left(reading: ErrorReading) -> Evidence | None:
    """What the version before has left behind: bad figures, and none since."""
    before = reading.before
    if before is None or not (before.is_bad or before.stands_out):
        return None
    return Evidence(Kind.NOTICE, reading.words, (), "wait for its figures, or read the logs")


def facts_of(scene: Scene) -> tuple[str, ...]:
    """The figures that are over a limit, in words, the worst first."""
    facts = [scene.errors.words] if _says_errors(scene) else []
    slow = _slow(scene)
    alerts = [item for item in scene.alerts if not _is_said(item, scene)]
    facts += [words_of(item) for item in alerts if _is_critical(item)]
    facts += [slow] if slow else []
    facts += [words_of(item) for item in alerts if not _is_critical(item)]
    return tuple(dict.fromkeys(facts))


def _says_errors(scene: Scene) -> bool:
    return _is_current(scene) and (scene.errors.is_bad or scene.errors.stands_out)


def _slow(scene: Scene) -> str:
    figures = scene.figures
    if figures is None or not _is_current(scene) or (figures.requests or 0) < MINIMUM_REQUESTS:
        return ""
    slow = figures.p95_s is not None and figures.p95_s > scene.p95_limit_s
    return f"p95 {latency(figures.p95_s)}" if slow and figures.p95_s is not None else ""


def _is_said(alert: Judgement, scene: Scene) -> bool:
    measure = alert.trigger.measure
    return (measure is Measure.ERRORS and _says_errors(scene)) or (
        measure is Measure.P95 and bool(_slow(scene))
    )


def _is_critical(alert: Judgement) -> bool:
    return alert.state is JudgedState.CRITICAL


def _is_current(scene: Scene) -> bool:
    """Whether the reading is of now; that nobody answers always is."""
    at = scene.errors.at
    return scene.errors.state is ErrorState.NOBODY_ANSWERS or at is None or scene.at - at <= CURRENT_FOR
