"""What the header and the line above the heads say while not all is well."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from console.domain.address import Tier
from console.domain.fleet import EnvironmentPicture, FleetSnapshot
from console.domain.operation import OperationEvent, Progress, Verb
from console.domain.standing import BudgetUse, Standing
from screens.fleet_facts import row_of
from screens.overview import header_picture, reading_line
from screens.running import RunningOperation
from screens.under_way import UnderWay
from tests.builders import ADDRESS, NOW, a_picture, ago, an_address, an_environment, an_identity
from tests.pilot.stage import a_plan
from widgets.glyphs import ASCII, UNICODE
from widgets.header import Chip, HeaderPicture, header_lines


def _second(picture: EnvironmentPicture, width: int) -> str:
    shown = header_picture(FleetSnapshot({picture.environment.key: picture}), "all", NOW, ())
    return " ".join(header_lines(shown, width, UNICODE)[1].plain(width).split())


@pytest.mark.parametrize("width", [140, 80])
def test_while_aws_refuses_calls_the_header_says_how_slowly_is_read(width: int) -> None:
    """At every width: the ages beside it are old for that reason."""
    use = BudgetUse(1.0, throttled_at=ago(3))
    picture = EnvironmentPicture(an_environment(), NOW, (a_picture(),), budget=use, cadence_s=30.0)
    assert "100 % ▲ slowed to 30 s" in _second(picture, width)


@pytest.mark.parametrize(("left_s", "said"), [(1799.0, "creds 29:59"), (1801.0, "")])
def test_credentials_say_their_time_from_half_an_hour_on(left_s: float, said: str) -> None:
    """Before that it would be noise."""
    standing = Standing(NOW, may_write=True, credentials_end=NOW + timedelta(seconds=left_s))
    picture = EnvironmentPicture(an_environment(), NOW, (a_picture(),), an_identity(), standing=standing)
    assert ("creds" in _second(picture, 140)) is bool(said)
    assert said in _second(picture, 140)


def test_what_is_read_of_what_is_awaited_is_counted() -> None:
    """The last run's pictures count as not read."""
    rows = (
        a_picture(),
        a_picture(address=an_address(alias="worker"), remembered=True),
        a_picture(address=an_address(alias="bot"), as_of=None),
    )
    picture = EnvironmentPicture(an_environment(), NOW, rows)
    said = reading_line(FleetSnapshot({picture.environment.key: picture}))
    assert said == "reading 1 environment · production 1 of 3"


def test_the_last_runs_picture_is_stale_with_its_age() -> None:
    """It is on screen at once, and never taken for live."""
    row = row_of(a_picture(as_of=ago(7200), remembered=True), NOW)
    assert row.stale_age == "2 h"
    assert "@ steady 2 h" in row.lines(140, "quarterdeck-dark", ASCII, selected=False)[0].plain(140)


BACK, GO = Chip("rugmunch-api 1:07 of 5:00", "«"), Chip("rugmunch-web 0:41", "»")


def _first(*chips: Chip, width: int, tiers: tuple[Tier, ...] = (Tier.PRODUCTION, Tier.STAGING)) -> str:
    environments = [an_environment(name=tier.value, tier=tier) for tier in tiers]
    fleet = {item.key: EnvironmentPicture(item, NOW, (a_picture(),)) for item in environments}
    shown = header_picture(FleetSnapshot(fleet), "all", NOW, chips)
    return header_lines(shown, width, UNICODE)[0].plain(width)


@pytest.mark.parametrize("width", [140, 200])
def test_two_operations_are_two_chips_where_there_is_room(width: int) -> None:
    """Beside every tab and the clock."""
    line = _first(BACK, GO, width=width, tiers=tuple(Tier))
    assert "« rugmunch-api 1:07 of 5:00   » rugmunch-web 0:41   03:12:47 UTC" in line
    for tier in Tier:
        assert tier.value in line


def test_without_room_the_most_urgent_operation_is_shown_and_the_others_counted() -> None:
    """The chip is cut rather than the count; no tab is lost to it."""
    line = _first(BACK, GO, GO, width=80)
    assert line.rstrip().endswith("« rugmunch-api 1:07 of 5:00 +2")
    assert "all  prod  staging" in line
    long = Chip(f"{'a-very-long-name-' * 4} 1:07 of 5:00", "«")
    assert _first(long, GO, width=80).rstrip().endswith("1:07 of 5:00 +1")
    assert len(_first(long, GO, width=80).rstrip()) <= 78


@pytest.mark.parametrize("width", [80, 100, 120])
def test_one_operation_is_shown_whole_with_its_clock(width: int) -> None:
    """It takes the room that the tabs leave, and no count is added."""
    assert "« rugmunch-api 1:07 of 5:00" in _first(BACK, width=width)
    assert "+" not in _first(BACK, width=width)
    long = Chip("fairtradeworker-data-ingestion-pipeline-of-everything 1:07 of 5:00", "«")
    text = _first(long, width=width).rstrip().removesuffix("03:12:47 UTC").rstrip()
    assert text.endswith("1:07 of 5:00")
    assert "all" in text


def _progress(**overrides: Any) -> Progress:
    return Progress("01", a_plan(), ago(67), **overrides)


def _running(token: int, **overrides: Any) -> RunningOperation:
    default = RunningOperation(token, ADDRESS, Verb.DEPLOY, ago(67), a_plan(verb=Verb.DEPLOY))
    return replace(default, **overrides)


def test_what_asks_goes_before_what_is_lost_then_ways_back_then_the_newest() -> None:
    """The same one is opened by the key; watches of deploys come last."""
    asked = OperationEvent("asked", NOW, "01", "a question", {"question": "go on?"})
    back = a_plan()
    shown = UnderWay()
    for item in (
        _running(1, verb=Verb.WATCH),
        _running(2, progress=_progress(safe_at=ago(10))),
        _running(3),
        _running(4),
        _running(5, verb=Verb.ROLLBACK, plan=back),
        _running(6, progress=_progress(contact_lost_since=ago(9))),
        _running(7, events=(asked,)),
        _running(8, over=True, ended_at=ago(5)),
    ):
        shown.operations[item.token] = item
    assert [item.token for item in shown.by_urgency(NOW)] == [7, 6, 5, 4, 3, 2, 1]
    first = shown.in_header(NOW)
    assert first is not None and first.token == 7
    assert len(shown.chips(NOW, UNICODE)) == 7


def test_what_has_just_ended_stands_before_the_watch_that_follows_it() -> None:
    """For a minute, then the watch is alone."""
    shown = UnderWay()
    for item in (_running(1, over=True, ended_at=ago(5)), _running(2, verb=Verb.WATCH)):
        shown.operations[item.token] = item
    assert [item.token for item in shown.by_urgency(NOW)] == [1, 2]
    assert [item.token for item in shown.by_urgency(NOW + timedelta(seconds=60))] == [2]


@pytest.mark.parametrize(("is_critical", "said"), [(True, "alarms ✗ 1"), (False, "alarms ▲ 1")])
def test_a_critical_alert_has_the_mark_of_one(is_critical: bool, said: str) -> None:
    """An alarm of a deployment alone has that of a warning."""
    second = header_lines(HeaderPicture(alarms=1, is_critical=is_critical), 140, UNICODE)[1]
    assert said in second.plain(140)
