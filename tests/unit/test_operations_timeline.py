"""What a timeline says is still to come."""

from console.domain.operation import Estimate
from console.operations.timeline import Timeline
from tests.builders import NOW

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
