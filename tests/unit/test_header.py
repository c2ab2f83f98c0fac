"""What the header and the line above the heads say while not all is well."""

from datetime import timedelta

import pytest

from console.domain.fleet import EnvironmentPicture, FleetSnapshot
from console.domain.standing import BudgetUse, Standing
from screens.fleet_facts import row_of
from screens.overview import header_picture, reading_line
from tests.builders import NOW, a_picture, ago, an_address, an_environment, an_identity
from widgets.glyphs import ASCII, UNICODE
from widgets.header import header_lines


def _second(picture: EnvironmentPicture, width: int) -> str:
    shown = header_picture(FleetSnapshot({picture.environment.key: picture}), "all", NOW, None)
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
