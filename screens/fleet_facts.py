"""From a service's picture to what its row says of it."""

from datetime import datetime

from console.domain import words
from console.domain.alerts import Alerting
from console.domain.assurance import NO_REMEDY, NOTHING_TO_DO, assurance, is_well
from console.domain.fleet import ServicePicture
from console.domain.held import hold_trouble
from console.domain.running import Digests, runs_of
from console.domain.signals import Figures
from console.domain.version import short_digest
from console.domain.way_back import blames_a_deploy, current_way_back, proof_holds
from console.watch.cadence import is_stale, stale_in
from screens.overview import SHORT_TIERS
from widgets.fleet_row import BACK_ROOM, DOUBTFUL, MOVED, ServiceRow

ERRORS_NOTICED = 0.003
"""Below this a share of errors is drawn muted; from it on in plain text."""


def row_of(
    picture: ServicePicture,
    now: datetime | None,
    *,
    changed: bool = False,
    reading: bool = True,
    alert: Alerting | None = None,
) -> ServiceRow:
    """One row. Ages are those at ``now``; without it they are left out.

    Args:
        picture: The service.
        now: The time.
        changed: Its state is new.
        reading: What was not read yet is being read; else it cannot be read.
        alert: What is wrong with its figures.
    """
    status, figures = picture.status, picture.worst_figures
    shares = picture.error_reading.share is not None  # that nobody answers is of now
    old = shares and figures is not None and now is not None and figures.is_old(now)
    version = picture.primary_version
    back, back_short, back_ink = _way_back(picture, now)
    deployed = _age(picture.deployed_at, now)
    stale = _age(picture.as_of, now) if now is not None and is_stale(picture, now) else None
    return ServiceRow(
        key=str(picture.address),
        state=picture.state,
        service=picture.address.service,
        environment=picture.address.environment,
        tier=SHORT_TIERS[picture.environment.tier.value][:4],
        version=words.NOTHING if version is None else version.label + (MOVED if version.moved else ""),
        tasks=words.NOTHING if status is None else _tasks(status.running, status.desired, status.pending),
        errors=picture.error_reading.cell,
        errors_ink=_errors_ink(picture),
        errors_age=words.age(figures.age_s(now), narrow=True) if old and figures and now else "",
        p95=_p95(figures),
        age=words.NOTHING if deployed is None else words.age(deployed),
        age_short=words.NOTHING if deployed is None else words.age(deployed, narrow=True),
        why=_why(picture),
        progress=progress(picture),
        stale_age="" if stale is None else words.age(stale),
        stale_age_short="" if stale is None else words.age(stale, narrow=True),
        reading=reading and picture.as_of is None and not picture.diagnosis.line,
        held=picture.hold is not None,
        hold_is_kept=not hold_trouble(picture),
        changed=changed,
        share=picture.traffic_share,
        recent=figures.recent if figures else (),
        by=picture.deployed_by or (words.NOTHING if picture.deployed_at else ""),
        back=back,
        back_short=back_short,
        back_ink=back_ink,
        mixed=is_mixed(picture),
        seen=alert if alert is not None and alert.quiets(picture) else None,
        by_counts=bool(picture.reserve),
        deleted_age=picture.deletion.ago(now, narrow=True) if picture.deletion and now else "",
    )


def progress(picture: ServicePicture) -> tuple[int, int] | None:
    """Running tasks of the new release and how many there shall be; ``None`` where nothing moves."""
    return picture.status.progress if picture.status else None


def changes_at(picture: ServicePicture, now: datetime) -> float:
    """In how many seconds a row that is not stale says something else, or becomes stale."""
    deployed = _age(picture.deployed_at, now)
    turns = [3600.0 if deployed is None else _next_turn(deployed)]
    old = stale_in(picture, now)
    if old is not None:
        turns.append(old)
    back = picture.way_back
    lasts = (back.at + proof_holds(picture.environment.tier) - now).total_seconds() if back else 0.0
    if lasts > 0:
        turns.append(lasts)
    return min(turns)


def _next_turn(seconds: float) -> float:
    unit = next(size for size in (86400, 3600, 60, 1) if seconds >= size or size == 1)
    return unit - seconds % unit


def _tasks(running: int, desired: int, pending: int) -> str:
    return f"{running}/{desired}" + (f" +{pending}" if pending else "")


def _errors_ink(picture: ServicePicture) -> str:
    reading = picture.error_reading
    if reading.is_bad:
        return "bold critical" if reading.is_critical else "bold warning"
    if reading.is_doubtful:
        return DOUBTFUL
    share = reading.share
    if share is None:
        return "muted"
    loud = picture.state.is_trouble or picture.state.is_moving
    return "text" if share >= ERRORS_NOTICED or loud else "muted"


def _p95(figures: Figures | None) -> str:
    return words.latency(figures.p95_s) if figures and figures.p95_s is not None else words.NOTHING


def _age(moment: datetime | None, now: datetime | None) -> float | None:
    return (now - moment).total_seconds() if moment is not None and now is not None else None


def _why(picture: ServicePicture) -> str:
    line = picture.diagnosis.line
    if picture.deletion is not None:
        return line  # what it ran last runs nowhere
    return f"{runs_line(picture)} · {line}" if line and is_mixed(picture) else line


# -- the way back -----------------------------------------------------------------------------


def _way_back(picture: ServicePicture, now: datetime | None) -> tuple[str, str, str]:
    """What the column says, the same where it is narrow, and its ink where it has one of its own."""
    back = current_way_back(picture, now)
    if back is None:
        return "", "", ""
    if not back.version:
        said, ink = ("none", "warning") if back.doubt else (words.NOTHING, "")
        return said, said, ink
    said = "?" if back.safe_s is None else words.clock(back.safe_s)
    short = words.age(back.safe_s, narrow=True) if back.safe_s is not None and len(said) > BACK_ROOM else said
    if back.failed or not back.proven:
        return said, short, "warning"
    return said, short, "bold strong" if blames_a_deploy(picture) else ""


def way_back_line(picture: ServicePicture, now: datetime | None) -> str:
    """The way back in a sentence: to what, how long, how old the proof is, what speaks against it."""
    back = current_way_back(picture, now)
    if back is None or now is None:
        return "not proved for what runs now" if picture.way_back else ""
    age = f"proved {words.age((now - back.at).total_seconds())} ago"
    if not back.version:
        return f"none: {back.doubt}" if back.doubt else "nothing to go back from"
    time = "time to safe not known" if back.safe_s is None else f"safe in about {words.clock(back.safe_s)}"
    doubts = [*([back.doubt] if back.doubt else []), *back.failed]
    return " · ".join((f"to {back.version}", time, age, *doubts))


def roll_back_label(picture: ServicePicture, now: datetime | None, *, narrow: bool) -> str:
    """What ``R`` would do, with its consequence; empty where nothing is known."""
    if picture.environment.read_only:
        return "roll back (read-only)"
    back = current_way_back(picture, now)
    if back is None or not back.version:
        return ""
    if back.safe_s is None:
        return "roll back" if narrow else f"roll back to {back.version}"
    clock = words.clock(back.safe_s)
    return f"roll back ~{clock}" if narrow else f"roll back to {back.version}, safe in about {clock}"


# -- what really runs -------------------------------------------------------------------------


def is_mixed(picture: ServicePicture) -> bool:
    """Whether running tasks of one deployment run different images."""
    runs = runs_of(picture)
    return runs is not None and runs.is_mixed


def runs_line(picture: ServicePicture) -> str:
    """What its tasks really run: ``2 tasks run 9c1f9c1f (v1.4.2) · 1 task 4b7e4b7e``; empty: not known."""
    labels = _labels(picture)
    runs = runs_of(picture)
    images = runs.images.items() if runs else ()
    parts = [f"{words.count(number, 'task')} {_said(digests, labels)}" for digests, number in images]
    return " · ".join(parts)


def _said(digests: Digests, labels: dict[str, str]) -> str:
    named = [(name, f"@{short_digest(digest)}{labels.get(digest, '')}") for name, digest in digests]
    if len(named) == 1:
        return named[0][1]
    return ", ".join(f"{name} {said}" for name, said in named) or "of an unknown image"


def _labels(picture: ServicePicture) -> dict[str, str]:
    releases = picture.observation.releases.values() if picture.observation else ()
    versions = [item.version for item in releases]
    if (version := picture.primary_version) is not None:
        versions.append(version)
    return {
        item.digest: f" ({item.label})" for item in versions if item.digest and not item.label.startswith("@")
    }


def explanation(picture: ServicePicture, now: datetime | None) -> tuple[tuple[str, str], ...]:
    """Cause and remedy in full, what really runs, and the way back: label and text."""
    found = picture.diagnosis
    lines = [
        ("why", picture.why if found.line else _calm(picture, now)),
        ("blame", _blame(picture)),
        ("remedy", found.remedy or _no_remedy(picture, now)),
        ("runs", runs_line(picture)),
        ("back", way_back_line(picture, now)),
    ]
    if picture.hold is not None:
        trouble = hold_trouble(picture)
        kept = f"at {picture.hold.version} by {picture.hold.by}: {picture.hold.reason}"
        lines.append(("held", f"{kept} · {trouble}" if trouble else kept))
    return tuple((label, text) for label, text in lines if text)


def _calm(picture: ServicePicture, now: datetime | None) -> str:
    return assurance(picture, now) if now is not None else "no evidence of trouble"


def _no_remedy(picture: ServicePicture, now: datetime | None) -> str:
    return NOTHING_TO_DO if now is not None and is_well(picture, now) else NO_REMEDY


def _blame(picture: ServicePicture) -> str:
    """Is it the deploy? With what going back would not cure; empty while no figure is bad."""
    found = picture.blame
    if found is None:
        return ""
    answer = {True: "the deploy", False: "not the deploy", None: "unknown"}[found.is_deploy]
    return " · ".join(part for part in (answer, found.line, found.uncured) if part)
