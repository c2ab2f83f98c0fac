"""Which version a rollback goes to: what really succeeded, by digest, never *revision minus one*."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from console.domain.operation import Candidate, OperationRecord
from console.domain.release import Release
from console.domain.rollout import Rollout
from console.domain.words import age
from console.errors import UnknownVersionError
from console.operations.tenure import Tenure, key_of, tenures


def candidates(
    rollouts: Sequence[Rollout],
    releases: Mapping[str, Release],
    operations: Iterable[OperationRecord],
    current: Release,
    soak: timedelta,
    now: datetime,
) -> tuple[Candidate, ...]:
    """Releases that a rollback from ``current`` could go to, best first.

    Proven ones come first, newest beginning first: SUCCESSFUL, served for at least ``soak``, not
    judged bad, and not the same digests and configuration as ``current``. Then those that did not
    serve long enough, then those that were judged bad; both carry their doubt.
    """
    leaving = key_of(current)
    found = [
        _candidate(tenure, soak)
        for tenure in tenures(rollouts, releases, operations, now)
        if tenure.key != leaving
    ]
    return tuple(sorted(found, key=lambda item: (not item.proven, "judged bad" in item.doubt)))


def _candidate(tenure: Tenure, soak: timedelta) -> Candidate:
    doubt = ""
    if tenure.bad:
        doubt = f"judged bad: {tenure.bad}"
    elif not tenure.release.digests:
        doubt = "its image digests are not known"
    elif tenure.release.presumed:
        doubt = "nobody recorded its digests: they are what its tags mean today"
    elif tenure.served_s < soak.total_seconds():
        doubt = f"served only {age(tenure.served_s)}, soak is {age(soak.total_seconds())}"
    return Candidate(
        release=tenure.release,
        proven=not doubt,
        doubt=doubt,
        since=tenure.since,
        served_s=tenure.served_s,
    )


def chosen(to: str, options: Sequence[Candidate]) -> Candidate:
    """The candidate that a label, a digest (8 digits or more) or ``:N`` names, among what *ran*.

    Raises:
        UnknownVersionError: when none or more than one is meant; names those there are.
    """
    wanted = to.removeprefix("@").removeprefix("sha256:").lower()
    matches = [
        option
        for option in options
        if to == option.release.version.label
        or to in option.release.version.tags
        or to == option.release.revision
        or (len(wanted) >= 8 and (option.release.digest or "").removeprefix("sha256:").startswith(wanted))
    ]
    if len(matches) == 1:
        return matches[0]
    exact = [option for option in matches if option.release.version.label == to]
    if len(exact) == 1:
        return exact[0]
    if matches:
        raise UnknownVersionError(
            f"{to} means more than one version: {', '.join(map(named, matches))}",
            "name one by its digest",
        )
    ran = ", ".join(map(named, options)) or "nothing else"
    raise UnknownVersionError(f"{to} never ran here", f"what ran: {ran}")


def named(option: Candidate) -> str:
    """``v1.4.2 (:42, 9c1f02ab)``."""
    release = option.release
    digest = (release.digest or "").removeprefix("sha256:")[:8] or "digest unknown"
    return f"{release.version.label} ({', '.join(filter(None, (release.revision, digest)))})"


def ecs_candidate(rollouts: Sequence[Rollout], in_flight: Rollout) -> str | None:
    """Id of the release that ECS itself would go back to: the most recent COMPLETED deployment's.

    Source: ECS developer guide, deployment circuit breaker.
    """
    earlier = [
        rollout
        for rollout in rollouts
        if rollout.id != in_flight.id
        and rollout.created_at <= in_flight.created_at
        and rollout.left_serving is not None
    ]
    newest = max(earlier, key=lambda rollout: rollout.created_at, default=None)
    return newest.left_serving if newest else None
