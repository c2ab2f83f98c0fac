"""ECS's sentences, made short enough to read beside everything else."""

import pytest

from tests.builders import ago, an_event
from widgets.event_list import collapsed, shortened

TASK = "48cc33b0bfbb4a0f9a51c0ffee00c0ff"
GROUP = "arn:aws:elasticloadbalancing:us-east-1:482319607715:targetgroup/rugmunch-api/6d0ecf831eec9f09"


@pytest.mark.parametrize(
    ("message", "short"),
    [
        (f"(service api) has started 1 tasks: (task {TASK}).", "has started 1 tasks: (task 48cc33b0)."),
        (
            "(service api, taskSet ecs-svc/123) has begun draining connections on 1 tasks.",
            "has begun draining connections on 1 tasks.",
        ),
        (
            f"(service api) registered 1 targets in (target-group {GROUP})",
            "registered 1 targets in (target-group rugmunch-api)",
        ),
        ("something that ECS says from next year on", "something that ECS says from next year on"),
    ],
)
def test_events_lose_only_what_the_screen_says_already(message: str, short: str) -> None:
    """The service's name, and ids beyond what tells them apart."""
    assert shortened(message) == short


def test_steady_states_are_put_together_only_in_unbroken_rows() -> None:
    """Another event between them keeps them apart; the newest time stands."""
    steady = "(service api) has reached a steady state."
    events = (
        an_event(steady, at=ago(1)),
        an_event(steady, at=ago(2)),
        an_event("(service api) has started 1 tasks.", at=ago(3)),
        an_event(steady, at=ago(4)),
    )
    assert [(run.count, run.at) for run in collapsed(events)] == [(2, ago(1)), (1, ago(3)), (1, ago(4))]
