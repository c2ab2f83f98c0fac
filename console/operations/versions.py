"""What could be deployed: the registry's versions, and what became of each when it ran here."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from console.domain.address import Address
from console.domain.operation import OperationRecord, Verb, Verdict
from console.domain.registry import Offer
from console.domain.release import Release
from console.domain.rollout import Rollout, RolloutStatus
from console.domain.words import age
from console.errors import JournalError, QuarterdeckError
from console.operations.initiators import actor_of, initiator
from console.ports import Clock, Journal, Platform

_ENDS = {
    RolloutStatus.SUCCESSFUL: "succeeded",
    RolloutStatus.ROLLBACK_SUCCESSFUL: "rolled back",
    RolloutStatus.ROLLBACK_FAILED: "failed",
    RolloutStatus.STOPPED: "stopped",
}


def offers(
    address: Address, limit: int, platform: Platform, journal: Journal, clock: Clock
) -> tuple[Offer, ...]:
    """The versions that the registry holds, newest pushed first; at most ``limit`` of them.

    What ran here is left out where history or journal cannot be read.

    Raises:
        QuarterdeckError: when the registry cannot be listed.
    """
    found = platform.versions_available(address, limit)
    live = ""
    ends: dict[str, str] = {}
    operations: tuple[OperationRecord, ...] = ()
    with suppress(JournalError):
        operations = journal.operations(str(address))
    left = dict(reversed(tuple(_left(operations))))
    with suppress(QuarterdeckError):
        observation = platform.observe(address)
        live = (observation.primary_release.digest or "") if observation.primary_release else ""
        history = platform.history(address)
        releases = platform.releases(address, [item.target for item in history])
        ends = dict(_ends(history, releases, operations, clock.now()))
    return tuple(
        Offer(
            found=item,
            runs=bool(live) and item.version.digest == live,
            ran=_ran(item.version.digest or "", ends, left),
            is_bad=item.version.digest in left
            or ends.get(item.version.digest or "", "").startswith(("rolled", "failed")),
        )
        for item in found
    )


def _ran(digest: str, ends: Mapping[str, str], left: Mapping[str, str]) -> str:
    said = ends.get(digest, "")
    told = not said or said.startswith(_ENDS[RolloutStatus.ROLLBACK_SUCCESSFUL])
    return said if told or digest not in left else f"{said}, rolled back by {left[digest]}"


def _ends(
    history: Sequence[Rollout],
    releases: Mapping[str, Release],
    operations: Sequence[OperationRecord],
    now: datetime,
) -> Iterator[tuple[str, str]]:
    """Digest -> how its last rollout ended; oldest first, so that the newest stays."""
    for rollout in sorted(history, key=lambda item: item.created_at):
        release = releases.get(rollout.target)
        if release is None or release.digest is None:
            continue
        if not rollout.status.is_over:
            yield release.digest, "under way"
            continue
        ended = rollout.finished_at or rollout.created_at
        said = _ENDS[rollout.status]
        if rollout.status is RolloutStatus.ROLLBACK_SUCCESSFUL:
            said = f"{said} by {initiator(rollout, operations).name}"
        yield release.digest, f"{said} {age((now - ended).total_seconds())} ago"


def _left(operations: Sequence[OperationRecord]) -> Iterator[tuple[str, str]]:
    """Digests that a rollback went back from, and that nobody has shipped again since, with who did."""
    shipped: set[str] = set()
    for record in operations:  # newest first
        source, target = str(record.source.get("digest") or ""), str(record.target.get("digest") or "")
        if record.verb is Verb.DEPLOY and record.verdict is Verdict.SUCCEEDED:
            shipped.add(target)
        went = record.verb is Verb.ROLLBACK and record.verdict is Verdict.SUCCEEDED
        if went and source and source not in shipped and source != target:
            yield source, actor_of(record)
