"""The last run's picture: kept slim, drawn as old, dropped where it is broken or foreign."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.domain.fleet import Deletion, WayBack
from console.domain.service import ServiceState
from console.domain.steps import ALL_AT_ONCE, Pause, Steps
from console.errors import MissingServiceError
from console.watch.board import Board
from console.watch.cadence import is_stale
from console.watch.memory import FILE, Keeper, load
from console.watch.store import FleetStore
from tests.builders import (
    ADDRESS,
    NOW,
    a_picture,
    a_service,
    an_environment,
    an_environment_picture,
    some_figures,
)
from tests.fakes import FakeClock

_PLACE = "rugmunch/production"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder with a picture of one service."""
    row = a_picture(
        figures=some_figures(), deployed_by="erin", way_back=WayBack(NOW, "v1.4.1", 107.0, proven=True)
    )
    store = FleetStore()
    keeper = Keeper(tmp_path, store, FakeClock())
    store.publish(an_environment_picture(row))
    keeper.save()
    return tmp_path


def test_a_kept_picture_comes_back_old_and_without_what_is_long(kept: Path) -> None:
    """Its time is that of its reading; nobody else may read the file."""
    assert (kept / FILE).stat().st_mode & 0o777 == 0o600
    row = load(kept, [(an_environment(), [ADDRESS])])["rugmunch/production"][ADDRESS]
    seen = a_picture()
    assert row.remembered
    assert is_stale(row, NOW)
    assert (row.as_of, row.diagnosis, row.deployed_by) == (seen.as_of, seen.diagnosis, "erin")
    assert row.way_back == WayBack(NOW, "v1.4.1", 107.0, proven=True)
    assert row.figures == some_figures()
    assert row.observation is None
    assert seen.status is not None
    assert row.status is not None
    assert (
        replace(row.status, target_groups=seen.status.target_groups, events=seen.status.events) == seen.status
    )


def test_a_deleted_service_is_deleted_in_the_next_run_too(tmp_path: Path) -> None:
    """Also once ECS has forgotten its name; when that was is a span, because nobody looked meanwhile."""
    store = FleetStore()
    keeper = Keeper(tmp_path, store, FakeClock())
    store.publish(an_environment_picture(a_picture()))
    keeper.save()
    missing = MissingServiceError("no service", cluster="rugmunch-production", service="rugmunch-api")

    first = Board(an_environment(), [ADDRESS], load(tmp_path, [(an_environment(), [ADDRESS])])[_PLACE])
    first.unknown(ADDRESS, missing, NOW + timedelta(hours=14))
    row = first.row(ADDRESS)
    assert row.state is ServiceState.DELETED
    assert row.deletion == Deletion(NOW + timedelta(hours=14), NOW)
    assert row.deletion.ago(NOW + timedelta(hours=15)) == "between 1 h and 15 h ago"

    store.publish(first.picture())
    keeper.save()
    again = Board(an_environment(), [ADDRESS], load(tmp_path, [(an_environment(), [ADDRESS])])[_PLACE])
    again.unknown(ADDRESS, missing, NOW + timedelta(hours=20))
    assert (again.row(ADDRESS).state, again.row(ADDRESS).deletion) == (ServiceState.DELETED, row.deletion)


def test_a_name_that_was_never_there_is_unknown_not_deleted() -> None:
    """A mistake in the configuration."""
    board = Board(an_environment(), [ADDRESS])
    board.unknown(ADDRESS, MissingServiceError("no service", cluster="rugmunch-production"), NOW)
    assert (board.row(ADDRESS).state, board.row(ADDRESS).deletion) == (ServiceState.UNKNOWN, None)


def test_what_is_configured_no_more_or_elsewhere_is_dropped(kept: Path) -> None:
    """Another account's services are others."""
    assert load(kept, [(an_environment(), [])]) == {"rugmunch/production": {}}
    assert load(kept, [(an_environment(account="000000000000"), [ADDRESS])]) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}', '{"version": 99}'])
def test_a_broken_file_is_as_good_as_none(kept: Path, text: str) -> None:
    """It is a cache."""
    (kept / FILE).write_text(text)
    assert load(kept, [(an_environment(), [ADDRESS])]) == {}


def test_a_service_that_shifts_traffic_by_steps_is_kept_too(tmp_path: Path) -> None:
    """How it will deploy next is read anew: a picture of before says nothing about it."""
    shifting = Steps("CANARY", 10.0, pauses=(Pause("TEST_TRAFFIC_SHIFT", 600.0, "ROLLBACK"),))
    status = replace(a_service(), steps=shifting, configuration={"strategy": "CANARY"})
    store = FleetStore()
    keeper = Keeper(tmp_path, store, FakeClock())
    store.publish(an_environment_picture(a_picture(status=status)))
    keeper.save()
    row = load(tmp_path, [(an_environment(), [ADDRESS])])["rugmunch/production"][ADDRESS]
    assert row.status is not None
    assert row.status.primary == status.primary
    assert (row.status.steps, row.status.configuration) == (ALL_AT_ONCE, {})
