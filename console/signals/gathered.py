"""All triggers against everything that was gathered: which source speaks for which figure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from console.domain.guard import NO_BASELINE, JudgedState, Judgement, Trigger
from console.domain.series import Scope, Series, SeriesPicture
from console.signals.baseline import baseline
from console.signals.judge import judge

_ORDER = (JudgedState.CRITICAL, JudgedState.WARNING, JudgedState.OK, JudgedState.NODATA)


def judge_all(
    triggers: Iterable[Trigger], picture: SeriesPicture, ordered_at: datetime, now: datetime
) -> tuple[Judgement, ...]:
    """One judgement a trigger, and one a dependency for triggers that have several subjects.

    Args:
        picture: Everything that was gathered, reaching back over the baseline.
        ordered_at: The moment of the order: before it is the baseline, what began after it is judged.
    """
    return tuple(
        found
        for trigger in triggers
        for subject in _subjects(trigger, picture)
        for found in (_of_trigger(trigger, subject, picture, ordered_at, now),)
    )


def judge_now(triggers: Iterable[Trigger], picture: SeriesPicture, now: datetime) -> tuple[Judgement, ...]:
    """Alerts: the newest figures against their limits alone, whatever was before and whatever is shipped."""
    plain = [replace(item, worse_than_baseline=False, relative=None) for item in triggers]
    return tuple(
        _worst(
            [judge(item, None, None, series, NO_BASELINE, now) for series in _service(item, subject, picture)]
            or [_unasked(item, picture, now)]
        )
        for item in plain
        for subject in _subjects(item, picture)
    )


def _subjects(trigger: Trigger, picture: SeriesPicture) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.subject for item in picture.of(trigger.measure))) or ("",)


def _service(trigger: Trigger, subject: str, picture: SeriesPicture) -> list[Series]:
    found = picture.of(trigger.measure, Scope.SERVICE)
    return [item for item in found if item.subject == subject]


def _of_trigger(
    trigger: Trigger, subject: str, picture: SeriesPicture, ordered_at: datetime, now: datetime
) -> Judgement:
    mine = [item for item in picture.of(trigger.measure) if item.subject == subject]
    by_source = [
        _of_source(trigger, [item for item in mine if item.source == source], ordered_at, now)
        for source in dict.fromkeys(item.source for item in mine)
    ]
    known = [item for item in by_source if item.state is not JudgedState.NODATA]
    if not known:
        return by_source[0] if by_source else _unasked(trigger, picture, now)
    apart = [item for item in known if item.scope is Scope.NEW]
    together = [item for item in known if item.scope is not Scope.NEW]
    if not apart:
        return _worst(together)
    worst = _worst(apart)
    against = _worst(together) if together else None
    if against is not None and against.periods_bad and not worst.periods_bad:
        return replace(against, asks=against.asks or f"{worst.source} sees the new version well")
    return worst


def _unasked(trigger: Trigger, picture: SeriesPicture, now: datetime) -> Judgement:
    """Nobody offers the figure; those who might, and failed, are named."""
    nothing = judge(trigger, None, None, None, NO_BASELINE, now)
    failed = "; ".join(f"{source}: {said}" for source, said in picture.problems.items())
    return replace(nothing, evidence=f"{nothing.evidence} ({failed})") if failed else nothing


def _of_source(trigger: Trigger, series: Sequence[Series], ordered_at: datetime, now: datetime) -> Judgement:
    scoped = {scope: next((item for item in series if item.scope is scope), None) for scope in Scope}
    new, old, service = scoped[Scope.NEW], scoped[Scope.OLD], scoped[Scope.SERVICE]
    before = baseline(trigger, service or old, ordered_at)
    if before.value is None and old is not None:
        before = baseline(trigger, old, ordered_at)
    return judge(trigger, new, old, service, before, now)


def _worst(found: Sequence[Judgement]) -> Judgement:
    return min(found, key=lambda item: (_ORDER.index(item.state), -item.periods_bad))
