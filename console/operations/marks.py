"""Versions that a person calls bad, or no longer: no rollback goes to one unasked."""

from collections.abc import Iterable

from console.domain.operation import Candidate, OperationRecord, Verb
from console.domain.release import Release
from console.errors import UnknownVersionError
from console.operations.bearings import Bearings
from console.operations.target import chosen
from console.operations.tenure import key_of, tenures
from console.ports import Clock

BAD = "bad"
"""Fact of a mark's target: true marks it, false takes the mark off."""


def named(bearings: Bearings, version: str, operations: Iterable[OperationRecord], clock: Clock) -> Release:
    """The release that a label, digest or ``:N`` names among what runs and what ran.

    Raises:
        UnknownVersionError: when nothing of that name ever ran here.
    """
    ran = tenures(bearings.rollouts, bearings.releases, operations, clock.now())
    options = [Candidate(item.release, proven=not item.bad, doubt=item.bad) for item in ran]
    known = {key_of(option.release) for option in options}
    live = bearings.observation.primary_release
    if live is not None and key_of(live) not in known:
        options.insert(0, Candidate(live, proven=True))
    if not options:
        raise UnknownVersionError(f"{version} never ran here", "nothing is known to have run here")
    return chosen(version, options).release


def is_mark(record: OperationRecord) -> bool:
    """Whether the record marks a version, or takes a mark off."""
    return record.verb is Verb.MARK
