"""When a proved way back still leads somewhere, and when going back is the first thing to do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.domain.fleet import Diagnosis, ServicePicture, WayBack
from console.domain.guard import Blame, ServiceSignals
from console.domain.operation import Mechanism
from console.domain.rollout import CODE_DEPLOY, RolloutStatus
from console.domain.series import SeriesPicture
from console.domain.service import ServiceState
from console.domain.way_back import blames_a_deploy, current_way_back, serving_key, way_back_of
from screens.fleet_facts import roll_back_label, row_of, way_back_line
from screens.summary import summary
from tests.builders import (
    NEW_RELEASE,
    NEW_ROLLOUT,
    NOW,
    OLD_DEPLOYMENT,
    a_deployment,
    a_hold,
    a_new_deployment,
    a_new_release,
    a_new_rollout,
    a_picture,
    a_release,
    a_rolling_service,
    a_service,
    ago,
    an_observation,
)
from tests.pilot.stage import a_plan
from widgets.service_head import ArmedPlan

GOING_BACK = a_service(
    rollout_id=NEW_ROLLOUT, deployments=(a_deployment(state="IN_PROGRESS"), a_deployment(status="ACTIVE"))
)
"""ECS goes back to v1.4.2: its deployment is PRIMARY again, under the id that it had before."""
BACK_AGAIN = a_service(rollout_id=NEW_ROLLOUT)
"""The same once it is over."""


def _proved(picture: ServicePicture, **plan: object) -> WayBack:
    """The way back that is proved while a service looks like that: from v1.4.3 to v1.4.2."""
    basis = replace(a_plan().basis, deployment=OLD_DEPLOYMENT)
    return way_back_of(a_plan(basis=basis, **plan), NOW, serving_key(picture))


def test_a_proof_made_during_a_rollback_is_void_once_it_is_over() -> None:
    """ECS goes back under the old deployment's id: the id alone would keep the promise alive for an hour."""
    during = a_picture(status=GOING_BACK, release=None, version=None)
    back = _proved(during)
    assert current_way_back(replace(during, way_back=back), NOW) is back
    after = a_picture(status=BACK_AGAIN, release=None, version=None, way_back=back)
    assert current_way_back(after, NOW + timedelta(minutes=20)) is None


@pytest.mark.parametrize("known", ["release", "version"])
def test_a_way_back_to_what_runs_is_shown_nowhere(known: str) -> None:
    """Neither in the row, nor in the footer, nor by ``e``, nor in what is copied."""
    seen = a_picture(status=BACK_AGAIN)
    if known == "version":
        seen = replace(seen, release=None, version=a_release().version)
    seen = replace(seen, way_back=_proved(seen))
    assert current_way_back(seen, NOW) is None
    assert row_of(seen, NOW).back == ""
    assert roll_back_label(seen, NOW, narrow=False) == ""
    assert "v1.4.2" not in way_back_line(seen, NOW)
    assert "way back" not in summary(seen, NOW)


def test_settings_alone_make_another_version_to_go_back_to() -> None:
    """The same image with other settings is a way back, also while only the image is known."""
    same_image = a_release(configuration="0ther000")
    seen = a_picture(release=None, version=a_release().version)
    back = _proved(seen, source=a_release(), target=same_image)
    assert current_way_back(replace(seen, way_back=back), NOW) is back
    assert current_way_back(a_picture(way_back=back), NOW) is back


def _shifting(controller: str, going_back: bool = False, green: str = "ACTIVE") -> ServicePicture:
    """A task set of v1.4.3 beside that of v1.4.2, which still is PRIMARY and has most of the traffic."""
    status = a_service(
        deployments=(a_new_deployment(status=green, state="COMPLETED"), a_deployment()),
        controller=controller,
        rollout_id="d-NEW",
    )
    now = RolloutStatus.ROLLBACK_IN_PROGRESS if going_back else RolloutStatus.IN_PROGRESS
    rollout = a_new_rollout(id="d-NEW", strategy=CODE_DEPLOY, status=now)
    return a_picture(status=status, observation=an_observation(status=status, rollout=rollout))


@pytest.mark.parametrize("controller", [CODE_DEPLOY, "EXTERNAL"])
def test_the_way_back_from_task_sets_in_flight_is_to_what_is_primary_still(controller: str) -> None:
    """With a tenth of the traffic on v1.4.3 it said ``none · v1.4.2 is what runs``, and would have stopped
    the deployment."""
    seen = _shifting(controller)
    back = _proved(seen)
    seen = replace(seen, way_back=back)
    assert current_way_back(seen, NOW) is back
    assert row_of(seen, NOW).back != ""
    assert "v1.4.2" in roll_back_label(seen, NOW, narrow=False)
    assert way_back_line(seen, NOW).startswith("to v1.4.2")
    assert current_way_back(replace(seen, release=None), NOW) is back
    assert current_way_back(replace(seen, observation=None), NOW) is back


def test_the_plan_of_the_page_to_what_is_primary_still_is_kept_while_a_task_set_arrives() -> None:
    """The page said ``v1.4.2 is what runs`` instead. That is so once the new set goes, or is gone."""
    seen = _shifting(CODE_DEPLOY)
    armed = ArmedPlan(a_plan(mechanism=Mechanism.STOP_DEPLOYMENT))
    assert not armed.leads_nowhere(seen)
    assert armed.leads_nowhere(_shifting(CODE_DEPLOY, green="DRAINING"))
    assert armed.leads_nowhere(a_picture(status=BACK_AGAIN))


def test_task_sets_that_go_back_by_themselves_have_no_other_way_back() -> None:
    """While the traffic goes back, and while the new set goes."""
    for seen in (_shifting(CODE_DEPLOY, going_back=True), _shifting(CODE_DEPLOY, green="DRAINING")):
        assert current_way_back(replace(seen, way_back=_proved(seen)), NOW) is None


def test_a_hold_that_begins_or_ends_makes_a_proof_void() -> None:
    """What may be sent has changed with it."""
    seen = a_picture(release=a_new_release())
    back = _proved(seen)
    assert current_way_back(replace(seen, way_back=back), NOW) is back
    assert current_way_back(replace(seen, way_back=back, hold=a_hold()), NOW) is None


def test_a_way_back_is_believed_for_its_time_and_in_its_run() -> None:
    """Old or remembered, it promises nothing."""
    seen = a_picture(release=a_new_release())
    back = _proved(seen)
    seen = replace(seen, way_back=back)
    assert current_way_back(seen, NOW + timedelta(hours=1)) is back
    assert current_way_back(seen, NOW + timedelta(hours=3)) is None
    assert current_way_back(replace(seen, remembered=True), NOW) is None


def _blamed(is_deploy: bool | None, **picture: object) -> ServicePicture:
    signals = ServiceSignals(SeriesPicture(NOW), blame=Blame(is_deploy, "began 02:51"))
    return a_picture(signals=signals, **picture)


FAILING = Diagnosis(ServiceState.FAILING, "it crashes")


@pytest.mark.parametrize(
    ("picture", "blamed"),
    [
        (a_picture(), False),
        (a_picture(diagnosis=FAILING), False),
        (a_picture(diagnosis=FAILING, status=a_rolling_service()), True),
        (a_picture(diagnosis=Diagnosis(ServiceState.PAUSED), status=a_rolling_service()), False),
        (a_picture(diagnosis=Diagnosis(ServiceState.ROLLING), status=a_rolling_service()), False),
        (_blamed(True), True),
        (_blamed(None, diagnosis=FAILING), False),
        (_blamed(False, diagnosis=FAILING, status=a_rolling_service()), False),
    ],
)
def test_a_deploy_is_blamed_by_the_figures_else_by_a_rollout_that_fails(
    picture: ServicePicture, blamed: bool
) -> None:
    """A rollout that goes well, a pause, and trouble without a deploy blame none."""
    assert blames_a_deploy(picture) is blamed


def test_nothing_to_go_back_from_is_kept_with_its_reason() -> None:
    """A plan that would send nothing is a doubt, with the same key."""
    seen = a_picture()
    plan = a_plan(nothing_to_do="v1.4.2 serves already", mechanism=Mechanism.NONE)
    back = way_back_of(plan, ago(1), serving_key(seen))
    assert (back.version, back.doubt, back.serving) == ("", "v1.4.2 serves already", serving_key(seen))
    assert NEW_RELEASE not in back.serving
