"""Who served when: the history of a service read as tenures of versions, and what was judged bad.

A version here is a *key*: digests and configuration together. A restart of the same version, or a
pinned copy of it under another revision number, is the same key and goes on with the same tenure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from console.domain.operation import OperationRecord, Verb
from console.domain.release import Release
from console.domain.rollout import Rollout, RolloutStatus
from console.operations.initiators import initiator
from console.operations.proofs import parts

Key = tuple[tuple[tuple[str, str], ...], str]


def key_of(release: Release) -> Key:
    """Digests and configuration; a release without known digests is only like itself."""
    if not release.digests:
        return ((), release.id or release.definition or "")
    return (tuple(sorted(release.digests.items())), release.configuration)


@dataclass
class Tenure:
    """All that is known of one version's time in service."""

    key: Key
    release: Release
    """The newest release with that key."""
    since: datetime
    """When it last began to serve."""
    served_s: float = 0.0
    bad: str = ""
    """Why it counts as judged bad; empty when it does not."""
    spans: list[tuple[datetime, datetime]] = field(default_factory=list)

    def forget(self, since: datetime) -> None:
        """Count from then on: what served before was only presumed to be the same."""
        self.since, self.served_s = since, 0.0
        self.spans.clear()


def tenures(
    rollouts: Iterable[Rollout],
    releases: Mapping[str, Release],
    operations: Iterable[OperationRecord],
    now: datetime,
) -> list[Tenure]:
    """Every version that a rollout left serving, newest beginning first.

    Args:
        rollouts: The service's history, in any order.
        releases: By id, those that the platform still knows; others cannot be gone back to.
        operations: The journal's operations on the service.
        now: The end of the tenure that still lasts.
    """
    known: dict[Key, Tenure] = {}
    ordered = sorted(rollouts, key=lambda rollout: rollout.created_at)
    serving: Tenure | None = None
    since = now
    for rollout in ordered:
        if rollout.left_serving is None and rollout.status.is_over:
            continue  # it ended without changing what serves
        left = releases.get(rollout.left_serving or "")
        if left is None:  # under way, or to a release that nobody knows any more
            if serving is not None:
                _close(serving, since, rollout.created_at)
            serving = None
            continue
        key = key_of(left)
        began = rollout.finished_at or rollout.created_at
        if (before := known.get(key)) is not None and before.release.presumed and not left.presumed:
            before.forget(began)  # its tag may have meant another image then
            since = began if serving is before else since
        if serving is not None and serving.key == key:
            serving.release = left
            continue
        if serving is not None:
            _close(serving, since, rollout.created_at)
        serving = known.get(key)
        if serving is None:
            serving = known[key] = Tenure(key, left, began)
        serving.release, serving.since, since = left, began, began
    if serving is not None:
        _close(serving, since, now)
    _judge(known, ordered, releases, tuple(operations))
    return sorted(known.values(), key=lambda tenure: tenure.since, reverse=True)


def _close(tenure: Tenure, start: datetime, end: datetime) -> None:
    tenure.spans.append((start, end))
    tenure.served_s += max(0.0, (end - start).total_seconds())


def _judge(
    known: Mapping[Key, Tenure],
    rollouts: list[Rollout],
    releases: Mapping[str, Release],
    operations: tuple[OperationRecord, ...],
) -> None:
    """Walk through time and mark what was judged bad: by ECS, by a rollback of ours, or by a return
    to an earlier version that others made. Deploying it anew takes that off again; what a person marked
    stays marked until a person clears it."""
    bad: dict[Key, str] = {}
    marked: dict[Key, str] = {}
    rehearsed = parts(operations)
    seen: set[Key] = set()
    serving: Key | None = None
    happenings: list[tuple[datetime, Rollout | OperationRecord]] = [
        *((rollout.created_at, rollout) for rollout in rollouts),
        *(
            (at, record)
            for record in operations
            if record.id not in rehearsed and (at := _left_at(record)) is not None
        ),
    ]
    for _, happening in sorted(happenings, key=lambda item: item[0]):
        if isinstance(happening, OperationRecord) and happening.verb is Verb.MARK:
            for key in _keys_of(happening.target, known, releases):
                if happening.target.get("bad") is True:
                    marked[key] = f"{happening.actor} marked it"
                else:  # a person clears whatever was held against it
                    marked.pop(key, None)
                    bad.pop(key, None)
            continue
        if isinstance(happening, OperationRecord):
            for key in _keys_of(happening.source, known, releases):
                bad[key] = f"{happening.actor} rolled it back"
            continue
        shipped = releases.get(happening.target)
        if shipped is None:
            continue
        key = key_of(shipped)
        if happening.status in (RolloutStatus.ROLLBACK_SUCCESSFUL, RolloutStatus.ROLLBACK_FAILED):
            bad[key] = f"{initiator(happening, operations).name} rolled it back"
        elif happening.status is RolloutStatus.SUCCESSFUL:
            anew = bad.pop(key, None) is not None
            if not anew and key in seen and serving is not None and serving != key:
                bad.setdefault(serving, "it was left by going back")
            seen.add(key)
            serving = key
    for key, why in {**bad, **marked}.items():
        if key in known:
            known[key].bad = why


def _left_at(record: OperationRecord) -> datetime | None:
    """When a rollback of ours left its source, or a person marked a version; ``None`` for others."""
    if record.verb is Verb.MARK:
        return record.ended_at
    return record.accepted_at if record.verb is Verb.ROLLBACK else None


def _keys_of(
    facts: Mapping[str, object], known: Mapping[Key, Tenure], releases: Mapping[str, Release]
) -> list[Key]:
    """The keys that a journalled release stands for: by its id, else by its digests."""
    release = releases.get(str(facts.get("service_revision") or ""))
    if release is not None:
        return [key_of(release)]
    digests = facts.get("digests")
    if not isinstance(digests, Mapping) or not digests:
        return []
    return [key for key in known if dict(key[0]) == dict(digests)]
