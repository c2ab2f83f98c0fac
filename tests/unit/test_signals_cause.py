"""Is it the deploy? One line, and what a rollback would not cure."""

from datetime import timedelta

from console.domain.guard import (
    DEFAULT_TRIGGERS,
    NO_BASELINE,
    Blame,
    Happening,
    Happens,
    JudgedState,
    Judgement,
)
from console.domain.series import Scope
from console.signals.cause import blame, onset_of
from tests.builders import NOW, ago

DEPENDENCY = DEFAULT_TRIGGERS[3]
ORDERED = ago(600)
BEGAN = ago(560)


def down(
    subject: str = "database",
    scope: Scope = Scope.SERVICE,
    *,
    beside: bool = False,
    equally: bool = False,
) -> Judgement:
    return Judgement(
        trigger=DEPENDENCY,
        state=JudgedState.CRITICAL,
        value=0.0,
        baseline=NO_BASELINE,
        limit=None,
        source="health",
        scope=scope,
        periods_bad=2,
        evidence=f"{subject} down",
        as_of=NOW,
        since=BEGAN,
        subject=subject,
        beside_old=beside,
        equally_old=equally,
    )


def found(*happenings: Happening, **more: object) -> Blame:
    told = blame(BEGAN, happenings, ordered_at=ORDERED, **more)  # type: ignore[arg-type]
    assert told is not None
    return told


def test_trouble_right_after_the_order_is_the_deploys() -> None:
    assert found() == Blame(True, "began 03:03, 40 s after the deploy")


def test_without_trouble_there_is_nothing_to_say() -> None:
    assert blame(None, ()) is None


def test_trouble_before_the_order_is_not() -> None:
    told = blame(ago(900), (), ordered_at=ORDERED)
    assert told is not None
    assert (told.is_deploy, told.cause) == (False, "before")
    assert "5 min before the deploy" in told.line


def test_trouble_long_after_a_version_began_to_serve_cannot_be_told() -> None:
    told = blame(NOW, (), ordered_at=ago(1800))
    assert told is not None
    assert told.is_deploy is None
    assert "had run well until then" in told.line


def test_without_a_deploy_that_is_said() -> None:
    assert blame(BEGAN, ()) == Blame(None, "began 03:03; no deploy near it")


def test_a_dependency_that_is_down_is_named_with_what_going_back_would_not_cure() -> None:
    told = blame(BEGAN, (), [down()], ordered_at=ORDERED)
    assert told is not None
    assert (told.is_deploy, told.cause) == (False, "database")
    assert told.line == "database is down, since 03:03"
    assert "does not bring database back" in told.uncured


def test_two_of_them_are_both_named() -> None:
    told = blame(BEGAN, (), [down(), down("cache")], ordered_at=ORDERED)
    assert told is not None
    assert told.line.startswith("database and cache are down")


def test_a_dependency_that_only_the_new_version_misses_is_the_deploys_doing() -> None:
    told = blame(BEGAN, (), [down(scope=Scope.NEW, beside=True)], ordered_at=ORDERED)
    assert told == Blame(True, "only the new version finds database down, since 03:03")
    too = blame(BEGAN, (), [down(scope=Scope.NEW, beside=True, equally=True)], ordered_at=ORDERED)
    assert too is not None
    assert too.is_deploy is False


def test_an_old_version_that_fails_too_acquits_the_deploy() -> None:
    told = found(old_fails=True)
    assert (told.is_deploy, told.cause) == (False, "both")


def test_a_rotated_secret_beside_a_fresh_deploy_leaves_it_open() -> None:
    told = found(Happening(ago(580), Happens.SECRET, "rugmunch/db"))
    assert told.is_deploy is None
    assert told.line == "began 03:03, 20 s after secret rugmunch/db was rotated"
    assert "does not put the secret rugmunch/db back" in told.uncured


def test_scaling_long_after_the_deploy_is_the_likelier_cause() -> None:
    told = blame(
        ago(60),
        [Happening(ago(90), Happens.SCALING, "2 to 12 tasks")],
        ordered_at=ago(3600),
    )
    assert told is not None
    assert (told.is_deploy, told.cause) == (False, "scaling")


def test_what_happened_long_before_or_after_explains_nothing() -> None:
    early = Happening(BEGAN - timedelta(minutes=10), Happens.SCALING, "2 to 4 tasks")
    late = Happening(BEGAN + timedelta(minutes=5), Happens.SECRET, "x")
    assert found(early, late).is_deploy is True


def test_a_database_that_the_platform_finds_down_is_named_whenever_it_was_found() -> None:
    told = found(Happening(NOW, Happens.DEPENDENCY, "database shop-db (stopped)"))
    assert (told.is_deploy, told.cause) == (False, "database")
    assert told.line.startswith("database shop-db (stopped) is down")


def test_the_judged_deploy_and_alarms_are_no_other_cause() -> None:
    own = Happening(ORDERED, Happens.DEPLOY, "v1.4.3")
    alarm = Happening(BEGAN, Happens.ALARM, "5xx-high")
    assert found(own, alarm).is_deploy is True
    other = Happening(BEGAN - timedelta(seconds=30), Happens.DEPLOY, "rugmunch-api:44", foreign=True)
    assert "another deploy: rugmunch-api:44" in found(other).line


def test_the_onset_is_the_first_bad_period() -> None:
    assert onset_of([down()]) == BEGAN
    assert onset_of([]) is None
