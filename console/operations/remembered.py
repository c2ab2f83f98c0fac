"""What the journal adds to a rollback's plan: migrations since, and how many tasks there were."""

from collections.abc import Iterable, Iterator

from console.domain.action import Action, ActionKind
from console.domain.operation import Candidate, Check, CheckState, OperationRecord, Verb
from console.domain.words import count, time_of_day
from console.errors import QuarterdeckError
from console.operations.bearings import Bearings
from console.operations.migrate import migrated_at
from console.operations.tenure import key_of


def migrations(
    bearings: Bearings, choice: Candidate, operations: Iterable[OperationRecord]
) -> Iterator[Check]:
    """What is known of the database's schema since the target served: amber at best, for CI and shells
    leave no trace here. One that runs now is red; none of it blocks a rollback."""
    known = tuple(operations)
    open_ones = [item for item in known if item.verb is Verb.MIGRATE and item.verdict is None]
    running = [
        *(f"by {item.actor} since {time_of_day(item.planned_at)}" for item in open_ones),
        *_running(bearings),
    ]
    if running:
        yield Check(
            "migration running",
            CheckState.FAIL,
            f"a migration runs now: {', '.join(running)}",
            "wait for its end, unless every minute counts: it goes on under the old version",
        )
    label = choice.release.version.label
    since = [
        (at, item.actor)
        for item in known
        if (at := migrated_at(item)) is not None and (choice.since is None or at > choice.since)
    ]
    if since:
        named = ", ".join(f"{at:%d %b %H:%M} by {actor}" for at, actor in since[:3])
        said = f"{count(len(since), 'migration')} since {label}: {named}; the schema does not go back"
        yield Check("migrations", CheckState.UNKNOWN, said, f"make sure that {label} can run on it")
    else:
        said = f"none of ours since {label}; those that CI or a shell ran are not known"
        yield Check("migrations", CheckState.UNKNOWN, said)


def _running(bearings: Bearings) -> Iterator[str]:
    """Tasks of the configured migration that run now, whoever started them."""
    migration = bearings.settings.migration
    if migration is None or not migration.definition:
        return
    try:
        tasks = bearings.platform.one_off_tasks(bearings.address, migration.definition)
    except QuarterdeckError:
        return
    for task in tasks:
        if not task.is_stopped:
            yield f"task {task.id[:8]}"


def capacity(bearings: Bearings, choice: Candidate, *, wished: bool) -> tuple[tuple[Action, ...], list[str]]:
    """The desired count that the target ran with, where it has fallen since: as an action if wished, else
    offered. Otherwise the count stays whatever it is: autoscaling moves it for reasons of its own."""
    now = bearings.observation.status.desired
    key = key_of(choice.release)
    counts = [
        item.tasks
        for item in bearings.rollouts
        if item.tasks
        and (release := bearings.releases.get(item.target)) is not None
        and key_of(release) == key
    ]
    wanted = counts[0] if counts else 0
    if wanted <= now:
        return (), []
    label = choice.release.version.label
    if not wished:
        return (), [f"desired is {now}, and was {wanted} with {label}: capacity restores that first"]
    action = Action(
        ActionKind.SET_DESIRED,
        f"desired {now} -> {wanted}, as with {label}",
        {"desired": wanted, "wait": False},
        undo=f"scale --desired {now}",
    )
    return (action,), []
