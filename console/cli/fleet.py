"""The fleet for headless readers: as facts for JSON, and as lines of text."""

from collections.abc import Sequence

from console.diagnosis import shifting
from console.diagnosis.evidence import Scene
from console.domain.error_reading import ErrorReading
from console.domain.fleet import Deletion, EnvironmentPicture, Problem, ServicePicture, WayBack
from console.domain.held import hold_trouble
from console.domain.impact import impact
from console.domain.rollout import Rollout, RolloutStatus
from console.domain.running import MIXED, runs_of
from console.domain.service import ServiceState
from console.domain.signals import Figures
from console.domain.standing import Standing
from console.domain.text import cell_width, plain
from console.domain.version import Version
from console.domain.way_back import current_way_back
from console.domain.words import NOTHING, age, latency, utc
from console.domain.words import clock as seconds_clock
from console.ports import Clock
from console.watch.problems import KEY

_ASCII = {
    **{"●": "o", "»": ">", "«": "<", "◔": "%", "▽": "v", "▲": "!", "✗": "X", "■": "#", "║": "=", "?": "?"},
    **{"⊘": "D", "○": "."},
}
_GLYPHS = {
    ServiceState.DELETED: "⊘",
    ServiceState.DELETING: "⊘",
    ServiceState.FAILING: "✗",
    ServiceState.STUCK: "■",
    ServiceState.PAUSED: "║",
    ServiceState.WARNING: "▲",
    ServiceState.ROLLING_BACK: "«",
    ServiceState.CANARY: "◔",
    ServiceState.ROLLING: "»",
    ServiceState.DRAINING: "▽",
    ServiceState.UNKNOWN: "?",
    ServiceState.DRAINED: "▽",
    ServiceState.STEADY: "●",
}
_COUNTED = "○"
"""Steady by counts alone."""
_COLUMNS = (
    *("state", "service", "environment", "tasks", "version", "rollout"),
    *("errors", "p95", "age", "by", "back", "why"),
)
_WHERE_TOLD = ("errors", "p95", "by", "back")
"""Columns that are left out where no service has anything in them."""


def error_of(picture: EnvironmentPicture) -> Problem | None:
    """What makes an answer incomplete. Figures do not: without them nothing is claimed of traffic."""
    problem = picture.problem
    is_about_figures = problem is not None and (
        problem.part in ("figures", "signals") or problem.part.startswith(KEY)
    )
    return None if is_about_figures else problem


def environment_facts(picture: EnvironmentPicture, clock: Clock) -> dict[str, object]:
    """One environment as ``--json`` prints it; what was not read is ``None``."""
    environment, error = picture.environment, error_of(picture)
    account = environment.account or (picture.identity.account if picture.identity else None)
    return {
        "system": environment.system,
        "environment": environment.name,
        "account": account,
        "region": environment.region,
        "age_s": _age_s(picture, clock),
        "error": {"title": error.title, "message": error.message, "remedy": error.remedy} if error else None,
        "standing": _standing_facts(picture.standing) if picture.standing else None,
        "budget": round(picture.budget.share, 3) if picture.budget else None,
        "services": [service_facts(row, clock) for row in picture.services],
    }


def service_facts(row: ServicePicture, clock: Clock) -> dict[str, object]:
    """One service as ``--json`` prints it."""
    version, hold = _version(row), row.hold
    return {
        "address": str(row.address),
        "state": row.state.value,
        "desired": row.status.desired if row.status else None,
        "running": row.status.running if row.status else None,
        "pending": row.status.pending if row.status else None,
        "version": version.label if version else None,
        "digest": version.digest if version else None,
        "tags": list(version.tags) if version else None,
        "moved": version.moved if version else None,
        "runs": _runs_facts(row),
        "deployed_at": utc(row.deployed_at) if row.deployed_at else None,
        "deployed_by": row.deployed_by or None,
        "figures": _figures_facts(row.worst_figures, row.error_reading, clock) if row.worst_figures else None,
        "errors": _errors_facts(row.error_reading),
        "way_back": _way_back_facts(way) if (way := current_way_back(row, clock.now())) else None,
        "why": row.why or None,
        "judged_by": None if row.state is ServiceState.UNKNOWN else row.diagnosis.basis.value,
        "deleted": _deletion_facts(row.deletion) if row.deletion else None,
        "rollout": rollout_facts(row, clock),
        "held": (
            {
                "version": hold.version,
                "by": hold.by,
                "at": utc(hold.at),
                "reason": hold.reason,
                "trouble": hold_trouble(row) or None,
            }
            if hold
            else None
        ),
    }


def _version(row: ServicePicture) -> Version | None:
    return row.release.version if row.release else row.version


def _runs_facts(row: ServicePicture) -> dict[str, object] | None:
    """What its running tasks really run, by the digests that their containers report."""
    runs = runs_of(row)
    if runs is None:
        return None
    images = [
        {"digests": [digest for _, digest in digests], "tasks": tasks}
        for digests, tasks in runs.images.items()
    ]
    return {"mixed": runs.is_mixed, "images": images}


def _standing_facts(standing: Standing) -> dict[str, object]:
    ends = standing.credentials_end
    return {
        "account_name": standing.account_name or None,
        "may_write": standing.may_write,
        "because": standing.because or None,
        "credentials_end": utc(ends) if ends else None,
    }


def _errors_facts(reading: ErrorReading) -> dict[str, object]:
    """What is thought of its errors; a share alone is no judgement."""
    return {
        "state": reading.state.value,
        "text": reading.words,
        "limit": reading.limit,
        "version": reading.version or None,
        "note": reading.note or None,
    }


def _figures_facts(figures: Figures, reading: ErrorReading, clock: Clock) -> dict[str, object]:
    """No data is ``None``, never zero; nor is there a share where nobody answers."""
    share = reading.share
    return {
        "as_of": utc(figures.at),
        "age_s": round(figures.age_s(clock.now()), 1),
        "old": figures.is_old(clock.now()),
        "source": figures.source,
        "requests": figures.requests,
        "error_share": round(share, 5) if share is not None else None,
        "p95_s": figures.p95_s,
    }


def _deletion_facts(deletion: Deletion) -> dict[str, object]:
    """Between which two readings it went; ``there_at`` is ``None`` where nobody had read it before."""
    return {
        "seen_at": utc(deletion.seen_at),
        "there_at": utc(deletion.there_at) if deletion.there_at else None,
    }


def _way_back_facts(way: WayBack) -> dict[str, object]:
    return {
        "at": utc(way.at),
        "version": way.version or None,
        "safe_s": way.safe_s,
        "proven": way.proven,
        "doubt": way.doubt or None,
        "failed": list(way.failed),
    }


def rollout_facts(row: ServicePicture, clock: Clock) -> dict[str, object] | None:
    """The rollout under way; ``None`` when there is none. Its failures are the breaker's, else those
    that ECS counts for the deployment; there is no threshold without a breaker."""
    if row.status is None:
        return None
    scene = Scene(row.status, row.observation, row.figures, clock.now())
    if not scene.under_way and not scene.is_unread:
        return None
    listed, arriving = scene.rollout, row.status.arriving
    rollout = listed if listed and not listed.status.is_over else None
    breaker = rollout.breaker if rollout else None
    counts = row.status.controller == "ECS"  # of a task set nobody counts failures
    if breaker and breaker.status == "DISABLED":
        breaker = None
    return {
        "status": _rollout_status(scene, rollout),
        "new": {"running": arriving.running, "desired": arriving.desired} if arriving else None,
        "failures": breaker.failures if breaker else (arriving.failed if counts and arriving else None),
        "threshold": breaker.threshold if breaker else None,
        "id": row.status.rollout_id,
        "strategy": row.status.strategy,
        "stage": rollout.stage or None if rollout else None,
        "traffic_percent": rollout.share if rollout else None,
        "waiting": _waiting(scene),
        "alarms_triggered": list(rollout.alarms.triggered) if rollout and rollout.alarms else [],
    }


def _rollout_status(scene: Scene, rollout: Rollout | None) -> str:
    """Unread is unknown where only whoever shifts the task sets knows it; ECS's own counts tell."""
    if rollout is not None:
        return rollout.status.value
    return (RolloutStatus.UNKNOWN if scene.is_unread else RolloutStatus.IN_PROGRESS).value


def _waiting(scene: Scene) -> dict[str, object] | None:
    """The hook at which somebody has to decide, until when, and what happens then."""
    hook = shifting.waiting(scene)
    if hook is None:
        return None
    return {
        "hook": hook.id,
        "stage": hook.stage or None,
        "expires_at": utc(hook.expires_at) if hook.expires_at else None,
        "on_timeout": hook.on_timeout.lower() or None,
    }


def table(pictures: Sequence[EnvironmentPicture], clock: Clock, *, ascii_only: bool = False) -> list[str]:
    """The fleet as lines of text, worst first; below it what could not be read, and why."""
    rows = sorted((row for picture in pictures for row in picture.services), key=impact)
    told = [_cells(row, clock) for row in rows]
    shown = [
        column
        for column, name in enumerate(_COLUMNS)
        if name not in _WHERE_TOLD or any(line[column] != NOTHING for line in told)
    ]
    cells = [tuple(line[column] for column in shown) for line in (_COLUMNS, *told)]
    widths = [max(cell_width(line[column]) for line in cells) for column in range(len(shown) - 1)]
    lines = ["  ".join((*map(_padded, line, widths), line[-1])).rstrip() for line in cells]
    for picture in pictures:
        problem = picture.problem
        if problem:
            said = f"▲ {picture.environment.key}: {problem.title}: {problem.message}"
            lines.append(plain(f"{said} · {problem.remedy}" if problem.remedy else said))
    return [_in_ascii(line) for line in lines] if ascii_only else lines


def _cells(row: ServicePicture, clock: Clock) -> tuple[str, ...]:
    word = row.state.value.replace("_", " ")
    word = word.upper() if row.state.is_trouble or row.state.is_moving else word
    gone = row.deletion.ago(clock.now()) if row.deletion else ""
    status, environment = row.status, row.environment
    tasks = NOTHING
    if status:
        tasks = f"{status.running}/{status.desired}" + (f" +{status.pending}" if status.pending else "")
    deployed = age((clock.now() - row.deployed_at).total_seconds()) if row.deployed_at else NOTHING
    held = f"held at {row.hold.version} by {row.hold.by}" if row.hold else ""
    held = " · ".join(filter(None, (held, hold_trouble(row))))
    runs, version, figures = runs_of(row), _version(row), row.worst_figures
    mixed = MIXED if runs is not None and runs.is_mixed and MIXED not in row.why else ""
    cell = row.error_reading.cell
    if figures is not None and figures.is_old(clock.now()) and row.error_reading.share is not None:
        cell = f"{cell} {age(figures.age_s(clock.now()), narrow=True)} ago"
    p95 = figures.p95_s if figures else None
    return (
        " ".join(filter(None, (_COUNTED if row.reserve else _GLYPHS[row.state], word, gone))),
        row.address.service,
        environment.name,
        tasks,
        NOTHING if version is None else version.label + ("*" if version.moved else ""),
        _rollout_words(row, clock),
        cell,
        NOTHING if p95 is None else latency(p95),
        deployed,
        row.deployed_by or NOTHING,
        _back_words(current_way_back(row, clock.now())),
        " · ".join(filter(None, (mixed, row.why, held))),
    )


def _back_words(way: WayBack | None) -> str:
    """To what, and how long that takes; why not is in ``--json``."""
    if way is None or not (way.version or way.doubt):
        return NOTHING
    if not way.version:
        return "none"
    return way.version if way.safe_s is None else f"{way.version} ~{seconds_clock(way.safe_s)}"


def _rollout_words(row: ServicePicture, clock: Clock) -> str:
    facts = rollout_facts(row, clock)
    arriving = row.status.arriving if row.status else None
    if facts is None or arriving is None:
        return NOTHING
    counts = f"{arriving.running}/{arriving.desired} new"
    if facts["status"] != RolloutStatus.UNKNOWN.value:
        return counts
    return f"unknown, {counts}" if row.status and row.status.progress else "unknown"


def _age_s(picture: EnvironmentPicture, clock: Clock) -> float | None:
    if picture.as_of is None:
        return None
    return round((clock.now() - picture.as_of).total_seconds(), 1)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_width(text))


def _in_ascii(line: str) -> str:
    """The line for a terminal without UTF-8: a state's symbol has a letter of its own."""
    drawn = "".join(_ASCII.get(char, char) for char in line).replace("·", "-").replace("–", "-")
    return drawn.encode("ascii", "replace").decode()
