"""Which version a rollback goes to."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from console.domain.operation import Candidate, OperationRecord, Verdict
from console.domain.release import Release
from console.domain.rollout import Rollout, RolloutStatus
from console.errors import UnknownVersionError
from console.operations.target import candidates, chosen, ecs_candidate
from tests.builders import NOW, a_record, a_release, a_rollout, ago

SOAK = timedelta(minutes=30)
DAY = 86400.0


def release(number: int, digest: str | None = None) -> Release:
    """Version ``v1.N`` under a service revision of its own."""
    return a_release(
        id=f"arn:revision/{number}",
        definition=f"arn:task-definition/api:{number}",
        digest=digest or f"sha256:{number:064x}",
        label=f"v1.{number}",
    )


def rollout(
    number: int,
    age_s: float,
    status: RolloutStatus = RolloutStatus.SUCCESSFUL,
    back_to: int | None = None,
) -> Rollout:
    """The rollout of version ``number``, begun ``age_s`` ago, three minutes long."""
    return a_rollout(
        id=f"arn:deployment/{number}/{age_s:.0f}",
        status=status,
        target=f"arn:revision/{number}",
        created_at=ago(age_s),
        finished_at=ago(age_s - 180) if status.is_over else None,
        went_back_to=f"arn:revision/{back_to}" if back_to else None,
    )


def choose(
    history: list[Rollout],
    current: int | Release,
    *,
    known: dict[str, Release] | None = None,
    operations: tuple[OperationRecord, ...] = (),
    now: datetime = NOW,
) -> tuple[Candidate, ...]:
    releases = {f"arn:revision/{n}": release(n) for n in range(1, 9)} | (known or {})
    leaving = current if isinstance(current, Release) else releases[f"arn:revision/{current}"]
    return candidates(history, releases, operations, leaving, SOAK, now)


def labels(found: tuple[Candidate, ...]) -> list[str]:
    return [item.release.version.label for item in found]


def test_the_newest_version_that_served_for_a_soak_is_the_target() -> None:
    """Good(1), good(2), bad(3) live: back to 2."""
    found = choose([rollout(1, 9 * DAY), rollout(2, 3 * DAY), rollout(3, 600)], current=3)

    assert labels(found) == ["v1.2", "v1.1"]
    assert found[0].proven
    assert found[0].served_s == pytest.approx(3 * DAY - 180 - 600)


def test_what_ecs_rolled_back_is_never_the_target() -> None:
    """Good(1), bad(2) rolled back by ECS, bad but stable(3): back to 1, never to 2."""
    history = [
        rollout(1, 9 * DAY),
        rollout(2, 2 * DAY, RolloutStatus.ROLLBACK_SUCCESSFUL, back_to=1),
        rollout(3, 600),
    ]

    found = choose(history, current=3)

    assert labels(found) == ["v1.1"]
    assert found[0].proven


def test_a_version_that_completed_but_did_not_soak_is_only_a_doubtful_candidate() -> None:
    """Good(1), bad but COMPLETED(2) ten minutes ago, hotfix(3) in flight: to 1, with 2 behind it."""
    history = [rollout(1, 9 * DAY), rollout(2, 600), rollout(3, 60, RolloutStatus.IN_PROGRESS)]

    found = choose(history, current=3)

    assert labels(found) == ["v1.1", "v1.2"]
    assert [item.proven for item in found] == [True, False]
    assert "served only" in found[1].doubt


def test_a_second_rollback_never_ships_what_the_first_one_left() -> None:
    """Good(1), good(2), bad(3); rolled back to a pinned copy of 2; the next one goes to 1."""
    copy = replace(release(2), id="arn:revision/20", definition="arn:task-definition/api:20")
    history = [rollout(1, 9 * DAY), rollout(2, 5 * DAY), rollout(3, 2 * DAY), rollout(20, 300)]
    left = a_record(source=release(3).facts(), accepted_at=ago(310), verdict=Verdict.SUCCEEDED)

    found = choose(history, copy, known={"arn:revision/20": copy}, operations=(left,))

    assert labels(found)[0] == "v1.1"
    assert found[-1].release.version.label == "v1.3"
    assert "devon rolled it back" in found[-1].doubt


def test_a_return_that_somebody_else_made_judges_what_it_left() -> None:
    """Without any entry of ours: 1, 2, then a copy of 1 again: 2 was left by going back."""
    copy = replace(release(1), id="arn:revision/20")
    history = [rollout(5, 9 * DAY), rollout(1, 5 * DAY), rollout(2, 2 * DAY), rollout(20, 300)]

    found = choose(history, copy, known={"arn:revision/20": copy})

    assert labels(found) == ["v1.5", "v1.2"]
    assert not found[1].proven


def test_deploying_a_version_anew_clears_its_mark() -> None:
    """Rolled back once, deployed again and served for days: proven."""
    again = replace(release(3), id="arn:revision/30")
    history = [
        rollout(2, 20 * DAY),
        rollout(3, 15 * DAY),
        rollout(2, 14 * DAY),
        rollout(30, 9 * DAY),
        rollout(4, 600),
    ]
    left = a_record(source=release(3).facts(), accepted_at=ago(14 * DAY + 1), verdict=Verdict.SUCCEEDED)

    found = choose(history, current=4, known={"arn:revision/30": again}, operations=(left,))

    assert labels(found)[0] == "v1.3"
    assert found[0].proven
    assert found[1].proven, "the version in between was not left by a return"


def test_an_operation_that_was_never_accepted_judges_nothing() -> None:
    """A refused rollback left nothing."""
    refused = a_record(source=release(2).facts(), accepted_at=None, verdict=Verdict.REFUSED)

    found = choose([rollout(2, 3 * DAY), rollout(3, 600)], current=3, operations=(refused,))

    assert found[0].proven


def test_a_restart_is_the_same_version_and_no_way_back() -> None:
    """The same digests under another service revision are not a target, and go on with the tenure."""
    restarted = replace(release(2), id="arn:revision/20")
    history = [rollout(1, 9 * DAY), rollout(2, 3 * DAY), rollout(20, 600)]

    found = choose(history, restarted, known={"arn:revision/20": restarted})

    assert labels(found) == ["v1.1"]


def test_time_in_service_goes_on_through_a_rollback_of_ecs() -> None:
    """What ECS went back to never stopped serving."""
    history = [
        rollout(1, 1900),
        rollout(2, 1000, RolloutStatus.ROLLBACK_SUCCESSFUL, back_to=1),
        rollout(3, 60),
    ]

    found = choose(history, current=3)

    assert found[0].served_s == pytest.approx(1900 - 180 - 60)


@pytest.mark.parametrize("between", [False, True], ids=["served throughout", "another one between"])
def test_a_version_has_served_only_since_its_digests_were_recorded(between: bool) -> None:
    """``ran clean for 4 w`` of an image three days old: its definition names a tag, and what that meant a
    month ago nobody has recorded."""
    recorded = replace(release(1), id="arn:revision/4")
    known = {"arn:revision/1": replace(release(1), presumed=True), "arn:revision/4": recorded}
    history = [rollout(1, 28 * DAY), rollout(4, 3 * DAY), rollout(3, 600)]
    if between:
        history.append(rollout(2, 9 * DAY))

    found = choose(history, 3, known=known)

    (back,) = [item for item in found if item.release.id == recorded.id]
    assert back.proven
    assert back.served_s == pytest.approx(3 * DAY - 180 - 600)
    others = {item.release.version.label: item.served_s for item in found if item is not back}
    assert others == ({"v1.2": pytest.approx(6 * DAY - 180)} if between else {})


def test_without_digests_a_version_cannot_be_proven() -> None:
    """A revision whose images were never resolved could be anything today."""
    unknown = replace(release(1), images=(), id="arn:revision/1")

    found = choose([rollout(1, 9 * DAY), rollout(2, 600)], current=2, known={"arn:revision/1": unknown})

    assert not found[0].proven
    assert "digests" in found[0].doubt


@pytest.mark.parametrize("to", ["v1.1", ":1", "sha256:" + f"{1:064x}", f"{1:064x}"[:12]])
def test_a_version_that_ran_can_be_chosen_by_label_revision_or_digest(to: str) -> None:
    """``--to`` is looked up in what ran, not in the registry."""
    found = choose([rollout(1, 9 * DAY), rollout(3, 600)], current=3)

    assert chosen(to, found).release.version.label == "v1.1"


def test_a_version_that_never_ran_is_refused_with_those_that_did() -> None:
    """The error names what ran."""
    found = choose([rollout(1, 9 * DAY), rollout(3, 600)], current=3)

    with pytest.raises(UnknownVersionError, match=r"v9 never ran here · what ran: v1\.1"):
        chosen("v9", found)


def test_ecs_goes_back_to_the_most_recent_completed_deployment() -> None:
    """Also when that is the bad one, and what it rolled back to counts as completed."""
    in_flight = rollout(4, 60, RolloutStatus.IN_PROGRESS)
    history = [
        rollout(1, 9 * DAY),
        rollout(2, 2 * DAY),
        rollout(3, DAY, RolloutStatus.ROLLBACK_SUCCESSFUL, back_to=2),
        in_flight,
    ]

    assert ecs_candidate(history, in_flight) == "arn:revision/2"
    assert ecs_candidate([in_flight], in_flight) is None
