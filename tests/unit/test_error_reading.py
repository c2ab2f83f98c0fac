"""What a service's error rate says, and what it must never say."""

import pytest

from console.domain.error_reading import ErrorLimits, ErrorState, chance_at, read_errors
from console.domain.guard import Trigger
from console.domain.series import Measure
from screens.summary import summary
from tests.builders import NOW, a_picture, a_service, a_target, ago, an_observation, some_figures
from widgets.explanation import evidence_of


def test_seventeen_requests_are_too_few_to_judge_although_seven_of_them_failed() -> None:
    """Scene ``three-at-once``: 41 % of 17 requests is neither well nor bad, and is drawn as neither."""
    reading = read_errors(some_figures(requests=17, errors=7), desired=1)
    assert reading.state is ErrorState.TOO_FEW and reading.is_doubtful
    assert reading.words == "errors 41 % of 17 requests: too few to judge"
    assert not reading.is_bad and reading.limit == 0.05


def test_one_error_of_few_requests_does_not_stand_out_and_seven_do() -> None:
    """A quiet service has one now and then; it is drawn in amber, and is no reason to look."""
    one = read_errors(some_figures(requests=17, errors=1), desired=1)
    assert one.is_doubtful and not one.stands_out
    assert read_errors(some_figures(requests=17, errors=7), desired=1).stands_out
    calm = read_errors(some_figures(requests=42, errors=3), desired=1)
    assert not calm.stands_out, "two calm hours in twenty worlds had that once"


def test_a_warning_takes_more_errors_than_chance_explains() -> None:
    """One of ninety-nine is more than one per cent, and says nothing; at 1,000 requests 1.6 % does."""
    one = read_errors(some_figures(requests=99, errors=1), desired=1)
    assert (one.state, one.limit, one.words) == (ErrorState.OK, None, "errors 1.0 % of 99 requests")
    assert read_errors(some_figures(requests=100, errors=4), desired=1).state is ErrorState.WARNING


@pytest.mark.parametrize(
    ("limit", "errors", "requests", "chance"),
    [(0.5, 1, 1, 0.5), (0.01, 1, 99, 0.6303), (0.01, 0, 99, 1.0), (0.0, 1, 10, 0.0), (0.05, 3, 50, 0.4595)],
)
def test_the_chance_of_so_many_errors_is_the_binomial_one(
    limit: float, errors: int, requests: int, chance: float
) -> None:
    """Of at least so many."""
    assert chance_at(limit, errors, requests) == pytest.approx(chance, abs=1e-4)


def test_few_requests_without_errors_are_not_doubtful() -> None:
    """Nothing is over a limit; that it is well is not said either."""
    reading = read_errors(some_figures(requests=17, errors=0), desired=1)
    assert reading.state is ErrorState.TOO_FEW and not reading.is_doubtful


@pytest.mark.parametrize(
    ("errors", "state", "words"),
    [
        (3, ErrorState.OK, "errors 0.3 % of 1,000 requests"),
        (16, ErrorState.WARNING, "errors 1.6 %, over 1 % of 1,000 requests"),
        (310, ErrorState.CRITICAL, "errors 31 %, over 5 % of 1,000 requests"),
    ],
)
def test_enough_requests_are_held_against_both_limits(errors: int, state: ErrorState, words: str) -> None:
    """The sentence names the limit that the state comes from."""
    reading = read_errors(some_figures(requests=1000, errors=errors), desired=3)
    assert (reading.state, reading.words) == (state, words)


def test_the_limits_are_those_that_are_configured() -> None:
    """Of the service's alert, with its own minimum of requests."""
    limits = ErrorLimits.of(Trigger("errors", Measure.ERRORS, warning=0.1, critical=0.5, minimum_requests=10))
    assert read_errors(some_figures(requests=17, errors=7), limits).state is ErrorState.WARNING


def test_without_a_healthy_target_nobody_answers_whatever_the_figures_say() -> None:
    """Also where nothing was counted: a total outage is never 0 %."""
    for figures in (None, some_figures(requests=7, errors=0), some_figures(requests=None, errors=None)):
        reading = read_errors(figures, desired=2, healthy=0)
        assert reading.state is ErrorState.NOBODY_ANSWERS and reading.is_critical
        assert reading.words == "nobody answers: no healthy targets" and reading.cell == "nobody"
        assert reading.share is None


def test_a_group_that_fails_open_keeps_its_figures() -> None:
    """All targets unhealthy in a minute with good answers in it: the load balancer asked them anyway."""
    figures = some_figures(requests=1000, errors=0, healthy_targets=0)
    assert read_errors(figures, desired=2, healthy=0).state is ErrorState.OK
    assert read_errors(some_figures(requests=7, errors=7, healthy_targets=0), desired=2).cell == "nobody"


def test_no_requests_is_neither_none_failed_nor_unknown() -> None:
    """Nobody asked a healthy service; a drained one owes no answer."""
    idle = some_figures(requests=0, errors=0, p95_s=None, healthy_targets=2)
    assert read_errors(idle, desired=2).words == "no requests"
    assert read_errors(idle, desired=2).share is None
    assert read_errors(some_figures(requests=0, errors=0, healthy_targets=0), desired=0).cell == "no req"
    assert read_errors(None, desired=2).state is ErrorState.UNKNOWN


def test_a_picture_reads_its_errors_from_what_was_read_last() -> None:
    """No task runs, or the targets of a fresh reading are all unhealthy; an old reading says nothing."""
    status = a_service(running=2, desired=2)
    group = status.target_groups[0]
    down = an_observation(status=status, targets=(a_target(group=group, state="unhealthy"),))
    assert a_picture(status=a_service(running=0)).error_reading.state is ErrorState.NOBODY_ANSWERS
    fresh = a_picture(status=status, observation=down, as_of=NOW)
    assert fresh.error_reading.state is ErrorState.NOBODY_ANSWERS
    old = a_picture(
        status=status,
        observation=an_observation(status=status, at=ago(600), targets=down.targets),
        as_of=NOW,
        figures=some_figures(requests=1000, errors=0),
    )
    assert old.error_reading.state is ErrorState.OK
    other = an_observation(
        status=status,
        targets=(a_target(group=group, state="healthy"), a_target(group="b", state="unhealthy")),
        routes={group: 0.0, "b": 100.0},
    )
    assert a_picture(status=status, observation=other, as_of=NOW).error_reading.cell == "nobody"


def test_the_evidence_says_that_nobody_answers_instead_of_a_share() -> None:
    """In what ``e`` shows and in what is put on the clipboard."""
    down = a_picture(status=a_service(running=0), figures=some_figures(requests=7, errors=0))
    assert ("targets", "nobody answers: no healthy targets") in evidence_of(down, NOW)
    said = [text for _, text in evidence_of(down, NOW)] + summary(down, NOW).splitlines()
    assert not any("0.0 %" in line for line in said)
    assert "nobody answers: no healthy targets" in summary(down, NOW).splitlines()


def test_the_evidence_names_a_shared_load_balancer() -> None:
    """Whoever reads 97 % has to know that it is an estimate."""
    note = "shared load balancer: counted by 1 of 3 rules"
    shared = a_picture(figures=some_figures(requests=165, errors=160, note=note))
    assert evidence_of(shared, NOW)[-1][1].endswith(f"of 165 requests, p95 184 ms · {note}")
    assert note in summary(shared, NOW)
