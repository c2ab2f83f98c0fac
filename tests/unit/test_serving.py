"""Figures of before: what was measured of another version says nothing of the one that serves now."""

from dataclasses import replace
from typing import Any

import pytest

from console.cli.fleet import service_facts
from console.diagnosis import diagnose_picture
from console.domain.alerts import alerting
from console.domain.assurance import assurance, is_well
from console.domain.error_reading import ErrorState
from console.domain.fleet import ServicePicture
from console.domain.guard import Blame, JudgedState, ServiceSignals
from console.domain.rollout import CODE_DEPLOY, Deployment, RolloutStatus
from console.domain.series import Measure, Point, Scope, Series, SeriesPicture
from console.domain.service import DRAINING, INACTIVE, ServiceState, ServiceStatus
from console.domain.serving import Serving, serving
from console.domain.way_back import blames_a_deploy
from screens.fleet_facts import explanation, row_of
from screens.summary import summary
from tests.builders import (
    NEW_DEPLOYMENT,
    NEW_RELEASE,
    NEW_ROLLOUT,
    NOW,
    OLD_DEPLOYMENT,
    OLD_RELEASE,
    a_deployment,
    a_new_deployment,
    a_new_release,
    a_new_rollout,
    a_picture,
    a_release,
    a_rolling_observation,
    a_rolling_service,
    a_rollout,
    a_service,
    ago,
    an_event,
    an_observation,
    some_figures,
)
from tests.fakes import FakeClock
from tests.signals import a_judgement
from widgets.explanation import evidence_of

BAD = some_figures(requests=1200, errors=67, p95_s=2.4)
"""5.6 % of a minute that was over a minute ago."""
COMPLETED = an_event(
    f"(service rugmunch-api) (deployment {NEW_DEPLOYMENT}) deployment completed.", at=ago(60)
)


def judged(picture: ServicePicture) -> ServicePicture:
    return replace(picture, diagnosis=diagnose_picture(picture, NOW))


def deployed(finished_s: float = 60, **overrides: Any) -> ServicePicture:
    """v1.4.3 has replaced v1.4.2: the rollout that was ordered six minutes ago ended a minute ago."""
    status = a_service(
        deployments=(a_new_deployment(state="COMPLETED", running=2, pending=0),), rollout_id=NEW_ROLLOUT
    )
    seen = an_observation(
        status=status,
        rollout=a_new_rollout(status=RolloutStatus.SUCCESSFUL, finished_at=ago(finished_s)),
        releases={OLD_RELEASE: a_release(), NEW_RELEASE: a_new_release()},
    )
    return judged(a_picture(status=status, observation=seen, release=a_new_release(), **overrides))


def rolled_back(finished_s: float = 60, **overrides: Any) -> ServicePicture:
    """v1.4.2 serves again, in the deployment that it had days ago: the way back ended a minute ago."""
    status = a_service(rollout_id=NEW_ROLLOUT)
    rollout = a_new_rollout(
        status=RolloutStatus.ROLLBACK_SUCCESSFUL,
        went_back_to=OLD_RELEASE,
        rollback_started_at=ago(finished_s + 80),
        finished_at=ago(finished_s),
    )
    releases = {OLD_RELEASE: a_release(), NEW_RELEASE: a_new_release()}
    seen = an_observation(status=status, rollout=rollout, releases=releases)
    return judged(a_picture(status=status, observation=seen, **overrides))


def test_good_figures_of_the_old_version_prove_nothing_of_the_new_one() -> None:
    """``steady v1.5.0-rc.5 0.0 %`` and ``all is well`` a minute after the deploy were the old version's."""
    fresh = deployed(figures=some_figures())
    assert fresh.error_reading.state is ErrorState.UNKNOWN
    assert fresh.error_reading.words == "no figures since v1.4.3 serves (errors 0.0 % before)"
    assert assurance(fresh, NOW) == "steady in ECS · no figures since v1.4.3 serves (errors 0.0 % before)"
    assert not is_well(fresh, NOW)
    row = row_of(fresh, NOW)
    assert (row.errors, row.errors_ink, row.p95) == ("–", "muted", "–")
    assert service_facts(fresh, FakeClock(NOW))["errors"] == {
        "state": "unknown",
        "text": "no figures since v1.4.3 serves (errors 0.0 % before)",
        "limit": None,
        "version": None,
        "note": None,
    }


def test_a_whole_period_of_the_new_version_alone_is_judged() -> None:
    """From the first period on that began after the rollout ended."""
    assert deployed(finished_s=119).error_reading.state is ErrorState.UNKNOWN
    later = deployed(finished_s=120)
    assert later.error_reading.state is ErrorState.OK
    assert assurance(later, NOW) == "all is well"


def test_bad_figures_of_the_version_that_was_left_are_not_blamed_on_the_one_that_serves() -> None:
    """Forty seconds after SAFE the good version became FAILING, and ``R`` led away from it."""
    slow = a_judgement("p95", value=2.4)
    signals = ServiceSignals(
        SeriesPicture(NOW), (a_judgement(),), (a_judgement(), slow), blame=Blame(True, "after the deploy")
    )
    back = rolled_back(figures=BAD, signals=signals)
    assert back.state is ServiceState.WARNING, "nothing tells yet that it is over"
    assert alerting(back, NOW) is None
    assert not blames_a_deploy(back)
    assert "blame" not in dict(explanation(back, NOW))
    words = "no figures since v1.4.2 serves (errors 5.6 % before)"
    assert words in [text for _, text in evidence_of(back, NOW)]
    assert words in summary(back, NOW)
    assert rolled_back(figures=BAD, finished_s=180).state is ServiceState.FAILING


def test_bad_figures_of_before_leave_no_steady_until_some_of_now_tell_that_it_is_over() -> None:
    """Errors of 30 % went on through a restart after which nothing was judged for minutes, and it said
    *steady*, and after others of which few had been counted. Good ones hold nothing up."""
    held = rolled_back(figures=BAD)
    assert held.state is ServiceState.WARNING
    assert held.diagnosis.line == "no figures since v1.4.2 serves (errors 5.6 % before)"
    assert not is_well(held, NOW)
    assert rolled_back(figures=replace(BAD, at=ago(700))).state is ServiceState.WARNING, "none came since"
    assert rolled_back(figures=some_figures(requests=17, errors=7)).state is ServiceState.WARNING
    assert rolled_back(figures=some_figures(requests=17, errors=1)).state is ServiceState.STEADY
    good = rolled_back(figures=some_figures(requests=1000, errors=3))
    assert good.state is ServiceState.STEADY
    assert good.reserve == "no figures since v1.4.2 serves (errors 0.3 % before)", "steady, and not green"
    assert rolled_back(figures=some_figures(), finished_s=180).state is ServiceState.STEADY


def test_periods_of_before_do_not_make_an_alert_of_one_period_of_now() -> None:
    """Critical takes two periods in a row, both of what serves now."""
    signals = ServiceSignals(SeriesPicture(NOW), (a_judgement(as_of=ago(60)),))
    assert alerting(rolled_back(finished_s=150, signals=signals), NOW) is None
    found = alerting(rolled_back(finished_s=180, signals=signals), NOW)
    assert found is not None and found.severity is JudgedState.CRITICAL


def test_a_version_that_serves_no_more_is_not_shown_as_the_worse_one() -> None:
    """Its series is newest for three more minutes; while it serves, it counts."""
    minutes = tuple(Point(ago(60 * back), 0.31, 100) for back in (3, 2, 1))
    old = Series(Measure.ERRORS, Scope.OLD, "Datadog", 60, NOW, minutes)
    signals = ServiceSignals(SeriesPicture(NOW, (old,)))
    assert deployed(figures=some_figures(), signals=signals).error_reading.state is ErrorState.UNKNOWN
    rolling = a_picture(status=a_rolling_service(), observation=a_rolling_observation(), signals=signals)
    assert rolling.error_reading.cell == "old 31 %"


def test_while_two_versions_serve_what_was_measured_before_the_order_is_of_before() -> None:
    """Bad figures of both count; those of before the order are not the new version's."""
    rolling = a_rolling_observation()
    both = judged(a_picture(status=rolling.status, observation=rolling, figures=BAD))
    assert both.state is ServiceState.FAILING
    before = judged(replace(both, figures=replace(BAD, at=ago(320))))
    assert before.error_reading.is_of_before
    assert before.state is ServiceState.ROLLING
    assert not blames_a_deploy(before)


def test_a_restart_changes_no_version() -> None:
    """The tasks are new, what they run is not."""
    status = a_service(deployments=(a_deployment(created_at=ago(200)),), rollout_id=NEW_ROLLOUT)
    rollout = a_new_rollout(
        status=RolloutStatus.SUCCESSFUL,
        target=OLD_RELEASE,
        sources=("before",),
        finished_at=ago(20),
    )
    releases = {OLD_RELEASE: a_release(), "before": a_release(id="before")}
    seen = an_observation(status=status, rollout=rollout, releases=releases)
    assert a_picture(status=status, observation=seen).error_reading.state is ErrorState.OK


def test_the_end_of_a_rollout_is_read_from_events_where_nothing_else_tells() -> None:
    """``status`` reads no service deployment; ECS goes back to a deployment under its old id."""
    status = a_service(
        events=(replace(COMPLETED, message=COMPLETED.message.replace(NEW_DEPLOYMENT, OLD_DEPLOYMENT)),)
    )
    assert serving(status, None).since == ago(60)
    assert serving(a_service(events=(COMPLETED,)), None).since == ago(3 * 86400)
    under_way = an_observation(rollout=a_new_rollout(), at=ago(30))
    assert serving(a_service(rollout_id=NEW_ROLLOUT), under_way).since == ago(30)


LEFT = an_event(
    f"(service rugmunch-api, taskSet {NEW_DEPLOYMENT}) has begun draining connections on 2 tasks.", at=ago(60)
)


def by_task_sets(*sets: Deployment, **changes: Any) -> ServiceStatus:
    """What another controller deploys: the set of v1.4.2, days old, or those given."""
    settings = {"controller": CODE_DEPLOY, "rollout_id": "d-OLD"} | changes
    return a_service(deployments=sets or (a_deployment(),), **settings)


def green(**changes: Any) -> Deployment:
    """The set of v1.4.3 beside the PRIMARY one."""
    return a_new_deployment(
        **({"status": "ACTIVE", "state": "COMPLETED", "running": 2, "pending": 0} | changes)
    )


@pytest.mark.parametrize("controller", [CODE_DEPLOY, "EXTERNAL"])
def test_a_task_set_that_serves_again_serves_alone_since_the_other_one_left(controller: str) -> None:
    """``steady 0.0 %`` after a rollback by CodeDeploy, and later *all is well*, were on figures of before:
    the set that serves again is days old, and the service names the deployment that made it."""
    status = by_task_sets(events=(LEFT,), controller=controller)
    seen = an_observation(status=status, rollout=a_rollout(id="d-OLD", strategy=CODE_DEPLOY, sources=()))
    for observation in (seen, None):
        assert serving(status, observation).since == ago(60)
    back = judged(a_picture(status=status, observation=seen, figures=BAD))
    assert back.state is ServiceState.WARNING
    assert back.diagnosis.line == "no figures since v1.4.2 serves (errors 5.6 % before)"
    good = judged(a_picture(status=status, observation=seen, figures=some_figures()))
    assert not is_well(good, NOW)
    later = by_task_sets(events=(replace(LEFT, at=ago(180)),), controller=controller)
    assert judged(replace(good, status=later)).error_reading.state is ErrorState.OK


def test_events_of_the_set_that_serves_tell_of_no_other_one() -> None:
    """Its tasks come and go; one that it lacks is no deployment under way."""
    own = replace(LEFT, message=LEFT.message.replace(NEW_DEPLOYMENT, OLD_DEPLOYMENT), at=ago(10))
    assert serving(by_task_sets(events=(own,)), None).since == ago(3 * 86400)
    lacks = by_task_sets(a_deployment(state="IN_PROGRESS", running=1), events=(own, LEFT))
    assert serving(lacks, None) == Serving(ago(60))


def test_a_deployment_of_task_sets_that_is_gone_ended_when_it_was_last_seen() -> None:
    """Without events: at its end if that was read, at its last change, else when it was seen under way."""
    during = by_task_sets(green(), a_deployment(), rollout_id="d-NEW")
    rollout = a_new_rollout(id="d-NEW", strategy=CODE_DEPLOY, updated_at=ago(50))
    seen = an_observation(status=during, rollout=rollout, at=ago(30))
    stopped = replace(rollout, status=RolloutStatus.STOPPED)
    assert serving(by_task_sets(), seen).since == ago(30)
    assert serving(by_task_sets(), replace(seen, rollout=stopped)).since == ago(50)
    assert serving(by_task_sets(), replace(seen, rollout=replace(stopped, finished_at=ago(40)))).since == ago(
        40
    )


def test_while_task_sets_change_it_is_since_the_deployment_began() -> None:
    """Also on the way back, with the new set already on its way out."""
    for status in ("ACTIVE", "DRAINING"):
        moving = by_task_sets(green(status=status), a_deployment(), rollout_id="d-NEW", events=(LEFT,))
        assert serving(moving, None) == Serving(ago(360), alone=False)


def test_a_new_task_set_serves_alone_from_the_end_of_its_deployment_on() -> None:
    """It was created, tested and filled before; where only ECS was asked, the old one's end tells it."""
    old_left = replace(LEFT, message=LEFT.message.replace(NEW_DEPLOYMENT, OLD_DEPLOYMENT), at=ago(55))
    status = by_task_sets(green(status="PRIMARY"), rollout_id="d-NEW")
    done = a_new_rollout(
        id="d-NEW", strategy=CODE_DEPLOY, status=RolloutStatus.SUCCESSFUL, sources=(), finished_at=ago(60)
    )
    assert serving(status, an_observation(status=status, rollout=done)).since == ago(60)
    assert serving(replace(status, events=(old_left,)), None).since == ago(55)


def test_figures_that_are_missing_while_a_task_set_arrives_are_those_of_what_arrives() -> None:
    """With 10 % of the traffic on v1.4.3 it said that v1.4.2 had no figures; where its version is not read,
    it is not called by the name of the old one."""
    moving = by_task_sets(green(), a_deployment(), rollout_id="d-NEW")
    releases = {OLD_RELEASE: a_release(), NEW_RELEASE: a_new_release()}
    seen = an_observation(status=moving, rollout=a_new_rollout(id="d-NEW"), releases=releases)
    before = some_figures(at=ago(320))
    named = a_picture(status=moving, observation=seen, figures=before)
    assert named.error_reading.words == "no figures since v1.4.3 serves (errors 0.0 % before)"
    unread = a_picture(status=moving, figures=before)
    assert unread.error_reading.words == "no figures since the new version serves (errors 0.0 % before)"
    going = a_new_rollout(id="d-NEW", status=RolloutStatus.ROLLBACK_IN_PROGRESS)
    back = by_task_sets(green(status="DRAINING"), a_deployment(), rollout_id="d-NEW")
    for taken_back in (
        a_picture(status=moving, observation=replace(seen, rollout=going), figures=before),
        a_picture(status=back, observation=seen, figures=before),
    ):
        assert taken_back.error_reading.words == "no figures since v1.4.2 serves (errors 0.0 % before)"


def test_the_queue_and_the_health_of_a_service_are_of_no_version() -> None:
    """What waits, and what is asked now, is so whichever version serves."""
    now = rolled_back().serving
    assert now.judges(a_judgement("queue-depth", state=JudgedState.WARNING))
    assert now.judges(a_judgement("dependency"))
    assert not now.judges(a_judgement("cpu", state=JudgedState.WARNING))


def test_a_deleted_service_has_no_figures_no_alerts_and_nobody_to_blame() -> None:
    """Nothing of it serves: what was measured is of before it went."""
    signals = ServiceSignals(SeriesPicture(NOW), (a_judgement(),), blame=Blame(True, "after the deploy"))
    for status in (DRAINING, INACTIVE):
        gone = judged(a_picture(status=a_service(status=status), figures=BAD, signals=signals))
        row = row_of(gone, NOW)
        assert (row.errors, row.p95, row.back) == ("–", "–", "")
        assert alerting(gone, NOW) is None
        assert gone.blame is None and not blames_a_deploy(gone)
        assert service_facts(gone, FakeClock(NOW))["figures"] is None


def test_an_alert_of_errors_tells_the_figure_of_the_cell() -> None:
    """``27 %`` in the column and ``errors 19 %`` under it were two minutes of one service."""
    signals = ServiceSignals(SeriesPicture(NOW), (a_judgement(value=0.19),))
    row = judged(a_picture(figures=some_figures(requests=100, errors=27), signals=signals))
    found = alerting(row, NOW)
    assert found is not None
    assert (row.error_reading.cell, found.line) == ("27 %", "errors 27 % over 5 %")
    warned = judged(
        replace(
            row,
            signals=ServiceSignals(
                SeriesPicture(NOW), (a_judgement(value=0.02, state=JudgedState.WARNING, limit=None),)
            ),
        )
    )
    found = alerting(warned, NOW)
    assert warned.state is ServiceState.FAILING
    assert found is not None and found.is_critical
