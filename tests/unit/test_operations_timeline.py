"""What a timeline says is still to come, and when what it has noted happened."""

from datetime import timedelta

from console.domain.operation import Entry, Estimate
from console.operations.safe import judge
from console.operations.timeline import Timeline
from tests.builders import NOW, OLD_DEPLOYMENT, a_target, a_task, an_observation

ESTIMATE = Estimate(110, 70, 185, 14, "", 160)


def test_what_comes_before_the_order_is_said_before_safe_and_done() -> None:
    """The first of it happens now; what has been done is no longer to come."""
    timeline = Timeline(NOW)
    first = ("snapshot of db", "migration on v1.4.4")
    steps = timeline.steps("", ESTIMATE, safe=False, done=False, first=first)
    assert [(step.state, step.text) for step in steps] == [
        ("now", "snapshot of db"),
        ("next", "migration on v1.4.4"),
        ("next", "safe"),
        ("next", "done"),
    ]
    timeline.mark("action 0", NOW, "snapshot of db")
    steps = timeline.steps("", ESTIMATE, safe=False, done=False, first=first)
    assert [(step.state, step.text) for step in steps[:2]] == [
        ("done", "snapshot of db"),
        ("now", "migration on v1.4.4"),
    ]


def _entry(number: int, event: str, seconds: float, text: str = "", **facts: object) -> Entry:
    return Entry(number, "01", event, NOW + timedelta(seconds=seconds), text, facts)


def test_an_operation_that_is_taken_over_has_its_steps_at_the_times_of_the_journal() -> None:
    """And not all of them at the moment at which the new process began."""
    timeline = Timeline(NOW)
    entries = (
        _entry(1, "reached", 20, "done: snapshot of db", action=0),
        _entry(2, "progress", 40, others=2),
        _entry(3, "progress", 60, others=0),
        _entry(4, "safe", 65, "safe: every request is served by v1.4.2"),
        _entry(5, "progress", 70, others=0),
        _entry(6, "settled", 80, "ECS has finished"),
    )
    timeline.resume(entries, ["snapshot of db"])
    observation = an_observation(at=NOW + timedelta(seconds=900))
    good = frozenset({OLD_DEPLOYMENT})
    timeline.observe(observation, good, "v1.4.2", judge(observation, good, 0, timedelta(seconds=40)))
    steps = timeline.steps("", None, safe=True, done=True)
    assert [(step.at_s, step.text, step.evidence) for step in steps] == [
        (20, "snapshot of db", ""),
        (60, "old tasks out of service", "no new traffic"),
        (65, "safe", "every request is served by v1.4.2"),
        (80, "ECS has finished", ""),
    ]


def test_what_the_journal_does_not_tell_says_when_it_was_seen() -> None:
    """At the first look alone: from then on this process sees for itself when it happens."""
    timeline = Timeline(NOW)
    timeline.resume((), ())
    good = frozenset({OLD_DEPLOYMENT})

    def look(seconds: float, healthy: tuple[int, ...]) -> list[str]:
        at = NOW + timedelta(seconds=seconds)
        began = {"created_at": NOW + timedelta(seconds=5), "started_at": NOW + timedelta(seconds=30)}
        tasks = tuple(
            a_task(number=number, id=f"{number}{number}{number}{number}", **began) for number in (1, 2)
        )
        targets = tuple(a_target(number=number) for number in healthy)
        observation = an_observation(at=at, tasks=tasks, targets=targets)
        timeline.observe(observation, good, "v1.4.2", judge(observation, good, 0, timedelta(seconds=40)))
        return [f"{step.at_s:.0f} {step.text}" for step in timeline.steps("", None, safe=True, done=True)]

    assert look(900, (1,)) == [
        "5 v1.4.2 task 1111 starting",
        "5 v1.4.2 task 2222 starting",
        "30 v1.4.2 task 1111 running",
        "30 v1.4.2 task 2222 running",
        "900 v1.4.2 task 1111 healthy · seen at 03:27",
        "900 old tasks out of service · seen at 03:27",
    ]
    assert look(903, (1, 2))[-1] == "903 v1.4.2 task 2222 healthy"


def test_a_step_of_a_process_that_saw_it_happen_says_no_more() -> None:
    """Nothing was taken over."""
    timeline = Timeline(NOW)
    observation = an_observation(at=NOW + timedelta(seconds=9))
    good = frozenset({OLD_DEPLOYMENT})
    timeline.observe(observation, good, "v1.4.2", judge(observation, good, 0, timedelta(seconds=40)))
    (left,) = timeline.steps("", None, safe=True, done=True)
    assert (left.at_s, left.text) == (9, "old tasks out of service")
