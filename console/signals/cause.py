"""Is it the deploy? When the trouble began, against what else happened then.

A database or a cache that is down fails the old version too, so going back cures nothing; trouble that
was there before the order is not the order's. Where nothing tells, that is what is said.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from console.domain.guard import Blame, Happening, Happens, Judgement
from console.domain.series import Measure
from console.domain.words import age, time_of_day
from console.signals.baseline import WELL

NEAR = timedelta(minutes=3)
"""Something else that happened that shortly before the trouble may be its cause."""
SETTLED = timedelta(minutes=10)
"""A version that served that long without trouble did not begin it."""
_EARLIER = timedelta(minutes=1)
"""Periods are a minute long: an onset that much before the order may be after it."""
_UNCURED = {
    Happens.DEPENDENCY: "a rollback does not bring {} back: the old version needs it too",
    Happens.SECRET: "a rollback does not put the secret {} back: the old version reads the new value too",
    Happens.SCALING: "a rollback does not undo the scaling ({})",
    Happens.ALARM: "",
    Happens.RESTART: "",
    Happens.DEPLOY: "",
}


def onset_of(judgements: Iterable[Judgement]) -> datetime | None:
    """Start of the first bad period of any figure; ``None`` where none is bad."""
    return min((item.since for item in judgements if item.periods_bad and item.since), default=None)


def dependencies_down(judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
    """Judged dependencies that are down now, whether for long enough or not, and those that were down
    before the order."""
    return tuple(
        item
        for item in judgements
        if item.trigger.measure is Measure.DEPENDENCY and item.value is not None and item.value < WELL
    )


def blame(
    onset: datetime | None,
    happenings: Sequence[Happening],
    judgements: Sequence[Judgement] = (),
    *,
    ordered_at: datetime | None = None,
    served_at: datetime | None = None,
    old_fails: bool | None = None,
) -> Blame | None:
    """What the trouble comes from.

    Args:
        onset: First bad figure, alarm or failed task; ``None``: there is no trouble.
        happenings: What else is known to have happened.
        judgements: For the state of what the service needs, and which version sees it.
        ordered_at: When the version that is judged was ordered; ``None``: nothing is being shipped.
        served_at: When it began to get requests, where that is known.
        old_fails: Whether the old version fails its health checks at the same time; ``None``: no telling.
    """
    down = dependencies_down(judgements)
    if onset is None and not down:
        return None
    began = onset or min((item.since for item in down if item.since), default=None)
    if down:
        return _dependency(down, began, ordered_at, old_fails)
    if began is None:
        return None
    at = f"began {time_of_day(began)[:5]}"
    if ordered_at is not None and began < ordered_at - _EARLIER:
        before = age((ordered_at - began).total_seconds())
        return Blame(
            False,
            f"{at}, {before} before the deploy",
            "going back may not cure what was there before",
            "before",
        )
    other = _nearest(began, happenings)
    if other is not None:
        return _other(other, began, ordered_at)
    if old_fails:
        return Blame(
            False, f"{at}; the old version fails too", "the old version fails its health checks too", "both"
        )
    return _deploy(began, ordered_at, served_at)


def _dependency(
    down: Sequence[Judgement], began: datetime | None, ordered_at: datetime | None, old_fails: bool | None
) -> Blame:
    """Something that the service needs is down: the deploy's doing only where the old version, at the
    same time, sees it well."""
    names = " and ".join(dict.fromkeys(item.subject or "a dependency" for item in down))
    verb = "are" if " and " in names else "is"
    at = f", since {time_of_day(began)[:5]}" if began else ""
    new_only = all(item.scope == "new" and not item.equally_old and item.beside_old for item in down)
    if new_only and not old_fails and ordered_at is not None:
        return Blame(True, f"only the new version finds {names} down{at}")
    too = "; the old version fails too" if old_fails or any(item.equally_old for item in down) else ""
    return Blame(
        False,
        f"{names} {verb} down{at}{too}",
        _UNCURED[Happens.DEPENDENCY].format(names),
        down[0].subject or "dependency",
    )


def _nearest(began: datetime, happenings: Iterable[Happening]) -> Happening | None:
    """What happened last before the trouble, of what is not the deploy itself; a dependency before all
    else."""
    late = began + timedelta(minutes=1)
    near = [
        item
        for item in happenings
        if item.at >= began - NEAR
        and (item.at <= late or item.kind is Happens.DEPENDENCY)  # found down, and nobody tells since when
        and item.kind is not Happens.ALARM
        and (item.kind is not Happens.DEPLOY or item.foreign)
    ]
    return max(near, key=lambda item: (item.kind is Happens.DEPENDENCY, item.at), default=None)


def _other(other: Happening, began: datetime, ordered_at: datetime | None) -> Blame:
    """Something else happened right before the trouble."""
    since = age(max(0.0, (began - other.at).total_seconds()))
    at = f"began {time_of_day(began)[:5]}, {since} after"
    if other.kind is Happens.DEPENDENCY:
        uncured = _UNCURED[other.kind].format(other.what)
        return Blame(
            False, f"{other.what} is down; began {time_of_day(began)[:5]}", uncured, other.what.split()[0]
        )
    said = {
        Happens.SECRET: f"secret {other.what} was rotated",
        Happens.SCALING: f"scaling: {other.what}",
        Happens.RESTART: f"a restart: {other.what}",
    }.get(other.kind, f"another deploy: {other.what}")
    uncured = _UNCURED[other.kind].format(other.what)
    # Beside a fresh deploy it may be a coincidence.
    near_deploy = ordered_at is not None and began - ordered_at <= SETTLED
    return Blame(None if near_deploy else False, f"{at} {said}", uncured, str(other.kind))


def _deploy(began: datetime, ordered_at: datetime | None, served_at: datetime | None) -> Blame:
    at = f"began {time_of_day(began)[:5]}"
    if ordered_at is None:
        return Blame(None, f"{at}; no deploy near it")
    since = max(0.0, (began - ordered_at).total_seconds())
    if began - (served_at or ordered_at) > SETTLED:
        return Blame(None, f"{at}, {age(since)} after the deploy: it had run well until then")
    return Blame(True, f"{at}, {age(since)} after the deploy")
