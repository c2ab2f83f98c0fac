"""The five teams' lists walked end to end on the sandbox: what holds a release up, what repairs it, and what
is written down of it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.checklists.context import FRESH_S
from console.checklists.markdown import markdown
from console.domain.address import Address
from console.domain.checklist import ItemState, Phase
from console.domain.group import GroupAddress, GroupWish
from console.domain.operation import Verb
from console.errors import ReadOnlyError, RefusedError, UsageError
from console.sandbox.outsiders.troubles import MEANINGS
from tests.builders import NOW
from tests.contract.command_line import QUARTERDECK
from tests.contract.conftest import SandboxFactory
from tests.contract.fleet_cells import BOT, MEALS, MEALS_STAGING
from tests.contract.listed_world import WHO, Lists, blocking, open_lists, states
from tests.contract.shared_world import MARKET, pretty
from tests.fakes import FakeClock

MARKET_STAGING = Address("fairtradeworker", "staging", "api")
SCANNER = Address("rugmunch", "production", "api")
SWAPS = Address("swapjoy", "production", "api")
SWAPS_STAGING = Address("swapjoy", "staging", "api")
BOT_STAGING = Address("clever-better", "staging", "bot")
FIRST = (Phase.BEFORE, Phase.APPROVAL)
MINUTE_S = 60.0


@pytest.fixture
def lists(
    make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., Lists]]:
    """``lists("rugmunch")``: calm, at a quarter past four, when no database is backed up."""
    made: list[Lists] = []

    def make(*fleets: str, hours: float = 1) -> Lists:
        clock = FakeClock(NOW + timedelta(hours=hours))
        sandbox = make_sandbox(*fleets, clock=clock, calm=True)
        made.append(open_lists(sandbox, clock, monkeypatch, tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.close()


def watched(desk: Lists, address: Address, item: str, minutes: int) -> None:
    """A watch counts down and keeps judging, and is a pass when its time is over, not before."""
    before = desk.found(address)[item]
    assert before.state is ItemState.CHECKING
    assert before.left_s == pytest.approx(60 * minutes, abs=30)
    desk.wait(60 * (minutes - 2))
    late = desk.found(address)[item]
    assert late.state is ItemState.CHECKING
    assert late.left_s == pytest.approx(120, abs=45)
    desk.wait(150)
    assert desk.found(address)[item].state is ItemState.PASS


def test_the_marketplace_waits_for_staging_for_the_backup_and_for_its_approval(
    lists: Callable[..., Lists],
) -> None:
    """Each of them holds the deploy up and is repaired; then it goes, is verified, and is written down."""
    desk = lists("fairtradeworker")
    with pytest.raises(RefusedError, match="checklist"):
        desk.deploy(MARKET, "v2.7.3")
    assert desk.calls("ecs.UpdateService") == 0

    desk.wrong("tests-red", MARKET)
    desk.wrong("backups-missing", MARKET)
    found = desk.found(MARKET)
    assert found["tests"].state is ItemState.FAIL
    assert found["tests"].value == "tests: failure"
    assert (found["types"].state, found["review"].state) == (ItemState.PASS, ItemState.PASS)
    assert found["backup"].state is ItemState.FAIL
    assert "limit 1 d" in found["backup"].value
    assert found["staging"].value == "v2.7.3 has not succeeded in staging"
    desk.mend()

    desk.tick_all(MARKET_STAGING, Phase.BEFORE, version="v2.7.3")
    assert desk.deploy(MARKET_STAGING, "v2.7.3")["verdict"] == "SUCCEEDED"

    walker = desk.walker(MARKET)
    with pytest.raises(UsageError, match="comment"):
        walker.act("approved", WHO)
    assert desk.github.sent == 0
    walker.act("approved", WHO, "all of them are settled")
    assert desk.github.sent == 1
    view = desk.tick_all(MARKET, *FIRST)
    assert blocking(view, *FIRST) == {}
    approved = desk.found(MARKET)["approved"]
    assert (approved.value, approved.evidence) == ("approved by devon", "“all of them are settled”")

    told = desk.deploy(MARKET, "v2.7.3")
    assert told["verdict"] == "SUCCEEDED", pretty(told)
    view = desk.tick_all(MARKET, Phase.DURING, Phase.AFTER)
    assert set(blocking(view)) == {"watch"}, blocking(view)
    watched(desk, MARKET, "watch", 15)
    ended = desk.walker(MARKET).end(WHO)
    assert ended.blockers() == ()
    assert desk.github.sent == 1


def test_a_critical_finding_holds_a_version_up_and_a_waiver_tells_why_not(
    lists: Callable[..., Lists],
) -> None:
    """Of the scan that the registry made; what cannot be told is no pass, and a waiver needs its reason."""
    desk = lists("fairtradeworker")
    desk.wrong("github-down", MARKET)
    assert desk.said(MARKET, "v2.7.4").startswith("FAIL")
    found = desk.found(MARKET)
    assert found["findings"].state is ItemState.FAIL
    assert found["findings"].value.startswith("1 critical")
    unknown = [found[name].state for name in ("tests", "types", "review", "audit", "ci", "approved")]
    assert unknown == [ItemState.UNKNOWN] * 6

    walker = desk.walker(MARKET)
    desk.tick_all(MARKET, *FIRST)
    left = {"tests", "types", "review", "audit", "staging", "ci", "findings", "approved"}
    assert set(blocking(walker.view(), *FIRST)) == left
    with pytest.raises(UsageError, match="reason"):
        walker.waive("findings", WHO, " ")
    for name in sorted(left):
        walker.waive(name, WHO, "the cure of an outage")
    assert desk.said(MARKET, "v2.7.4").startswith("PASS")
    assert f"- [x] no critical finding in its image: WAIVED · by {WHO}" in markdown(walker.view())


def test_whatever_is_wrong_with_the_suppliers_nothing_passes_by_it(lists: Callable[..., Lists]) -> None:
    """Away, refusing, empty, without figures, broken off, another key: NODATA or FAIL, never a pass."""
    desk = lists("fairtradeworker")
    items = ("tests", "types", "review", "ci", "approved")
    desk.door.begin(MARKET, version="v2.7.2")
    found = desk.found(MARKET)
    assert {found[item].state for item in items} == {ItemState.PASS}
    for trouble in sorted(set(MEANINGS) - {"slow"}):
        number = desk.wrong(f"github-{trouble}", MARKET)
        walker = desk.walker(MARKET)
        desk.wait(FRESH_S)
        walker.again(*items)
        walker.settle()
        now = states(walker.view(), *FIRST)
        assert {now[item] for item in items} <= {ItemState.UNKNOWN, ItemState.FAIL}, trouble
        desk.sandbox.control("DELETE", f"world/{number}")
    desk.wait(60)  # so long it wanted to be left alone, the last of them
    found = desk.found(MARKET)
    assert {item: found[item].value for item in items if found[item].state is not ItemState.PASS} == {}


def test_the_scanner_is_watched_for_half_an_hour_and_every_bad_minute_counts(
    lists: Callable[..., Lists],
) -> None:
    """The database's hours, a secret that is gone, errors over the limit and the bot's webhook: each of them
    fails and is repaired; the way back is never held up."""
    desk = lists("rugmunch", hours=0)
    desk.wrong("secret-deleted", SCANNER)
    assert desk.said(SCANNER, "v1.4.4").startswith("FAIL")
    found = desk.found(SCANNER)
    assert found["database-hours"].value == "within its backup window, 03:00-04:00 UTC"
    assert found["secrets"].state is ItemState.FAIL
    assert found["way-back"].value.startswith("v1.4.2, which served")
    assert found["migrations"].state is ItemState.NOT_APPLICABLE
    desk.mend()
    desk.wait(3600)
    assert blocking(desk.tick_all(SCANNER, *FIRST), *FIRST) == {}
    told = desk.deploy(SCANNER, "v1.4.4")
    assert told["verdict"] == "SUCCEEDED", pretty(told)

    desk.wait(600)
    view = desk.tick_all(SCANNER, Phase.DURING, Phase.AFTER)
    assert set(blocking(view)) == {"watch", "said-done"}, blocking(view)
    number = desk.wrong("5xx-burst", SCANNER)
    desk.wait(300)
    found = desk.found(SCANNER)
    assert [found[name].state for name in ("errors", "watch")] == [ItemState.FAIL] * 2
    desk.sandbox.control("DELETE", f"world/{number}")
    desk.wait(900)
    watched(desk, SCANNER, "watch", 30)

    desk.wrong("webhook-lost", SCANNER)
    assert desk.found(SCANNER)["bot"].value == "no webhook is set"
    desk.walker(SCANNER).act("bot", WHO)
    assert desk.telegram.sent == 1
    assert desk.found(SCANNER)["bot"].state is ItemState.PASS
    assert blocking(desk.tick_all(SCANNER, Phase.AFTER)) == {}
    assert desk.walker(SCANNER).end(WHO).ended_at is not None

    desk.wrong("tests-red", SCANNER)
    assert desk.said(SCANNER, "v1.4.5").startswith("FAIL")
    told = desk.roll_back(SCANNER)
    assert told["verdict"] == "SUCCEEDED", pretty(told)


def test_a_check_that_writes_runs_once_and_never_where_nothing_may_be_changed(
    lists: Callable[..., Lists],
) -> None:
    """The webhook of the runbook: set when somebody says so, once, whoever looks how often; refused in a
    read-only environment; an end that nobody knows is no pass."""
    desk = lists("rugmunch")
    book = "rugmunch/telegram-webhook"
    desk.wrong("webhook-lost", SCANNER)
    for _ in range(3):
        found = desk.found(SCANNER, book)
    assert found["address"].state is ItemState.PASS
    assert (found["set"].state, found["verify"].state) == (ItemState.OPEN, ItemState.OPEN)
    with pytest.raises(RefusedError, match="judged"):
        desk.walker(SCANNER, book).tick("set", WHO)
    reading = desk.another(read_only=True)
    with pytest.raises(ReadOnlyError):
        reading.walker(SCANNER, book).run("set", WHO)
    assert desk.telegram.sent == 0

    desk.walker(SCANNER, book).run("set", WHO)
    assert "sandbox-telegram-token" not in desk.found(SCANNER, book)["set"].value
    for _ in range(3):
        with pytest.raises(RefusedError, match="run already"):
            desk.another().walker(SCANNER, book).run("set", WHO)
    assert desk.telegram.sent == 1
    found = desk.found(SCANNER, book)
    assert (found["set"].state, found["verify"].value) == (ItemState.PASS, "set, 0 pending")
    with pytest.raises(RefusedError, match="a message"):
        desk.walker(SCANNER, book).end(WHO)
    desk.tick_all(SCANNER, Phase.WALK, name=book)
    assert desk.walker(SCANNER, book).end(WHO).blockers() == ()


def test_a_process_that_is_killed_leaves_ticks_evidence_and_what_it_had_begun(
    lists: Callable[..., Lists],
) -> None:
    """``kill -9`` while the webhook is being set: whoever comes next sees what was found and ticked, and that
    nobody knows how the setting ended; it is not done again by itself."""
    desk, book = lists("rugmunch"), "rugmunch/telegram-webhook"
    desk.walker(SCANNER, version="v1.4.4").tick("changelog", WHO, "read it")
    desk.walker(SCANNER, book)
    lost, slow = desk.wrong("webhook-lost", SCANNER), desk.wrong("telegram-slow", SCANNER)
    words = ("checklist", "do", str(SCANNER), "set", "--list", book, "--wait", "5")
    config = {"QUARTERDECK_CONFIG": str(desk.runtime.settings.path)}
    process = subprocess.Popen([*QUARTERDECK, *words], env={**os.environ, **config})
    try:
        while not desk.telegram.sent:
            with suppress(subprocess.TimeoutExpired):
                pytest.fail(f"it ended by itself: {process.wait(0.02)}")
    finally:
        process.kill()
        process.wait()
    for number in (slow, lost):
        desk.sandbox.control("DELETE", f"world/{number}")

    next_one = desk.another()
    seen = {view.item.id: view for view in next_one.door.look(SCANNER).view().items}
    assert (seen["changelog"].by, seen["changelog"].value) == (WHO, "read it")
    assert seen["tests"].state is ItemState.PASS
    assert "success e2e" in seen["tests"].evidence
    found = next_one.found(SCANNER, book)
    assert (found["address"].state, found["set"].state) == (ItemState.PASS, ItemState.UNKNOWN)
    assert found["set"].value == "was begun, and its end is not known"
    walker = next_one.walker(SCANNER, book)
    with pytest.raises(RefusedError, match="run already"):
        walker.run("set", WHO)
    assert desk.telegram.sent == 1
    walker.take_back("set", WHO)
    walker.run("set", WHO)
    assert desk.telegram.sent == 2
    assert desk.another().found(SCANNER, book)["verify"].state is ItemState.PASS


def test_the_traders_promote_by_digest_and_every_item_judges_itself(lists: Callable[..., Lists]) -> None:
    """What has not succeeded in staging, across the repositories, does not go to production; of another
    service's success it is not told."""
    desk = lists("clever-better")
    assert "succeeded in staging (FAIL)" in desk.said(BOT, "v2.9.0")
    assert desk.deploy(BOT_STAGING, "v2.9.0-rc.2")["verdict"] == "SUCCEEDED"
    told = desk.deploy(BOT, "v2.9.0")
    assert told["verdict"] == "SUCCEEDED", pretty(told)
    desk.wait(600)
    found = desk.found(BOT)
    assert found["staging"].value.startswith("v2.9.0-rc.2 succeeded")
    assert desk.walker(BOT).end(WHO).blockers() == ()
    assert "succeeded in staging (FAIL)" in desk.said(replace(BOT, alias="data-ingestion"), "v2.9.0")


@pytest.mark.campaign
def test_one_walk_releases_the_three_services_of_the_traders(lists: Callable[..., Lists]) -> None:
    """A group's: each judged for itself, all of them written down in one place."""
    desk = lists("clever-better")
    aliases = ("bot", "ml-service", "data-ingestion")
    for alias in aliases:
        desk.ship(replace(BOT_STAGING, alias=alias), "v2.9.0-rc.2", 0)
    desk.wait(1800)
    engine = desk.runtime.engine
    group = GroupAddress("clever-better", "production")
    plan = engine.plan_group(GroupWish(Verb.DEPLOY, group, version="v2.9.0"))
    last = list(engine.execute_group(plan, str(group)))[-1]
    assert last.event.facts["verdict"] == "SUCCEEDED", pretty(dict(last.event.facts))
    desk.wait(600)
    for alias in aliases:
        desk.found(replace(BOT, alias=alias))
        assert blocking(desk.walker(replace(BOT, alias=alias)).view()) == {}
    walks = [r for r in desk.runtime.journal.operations("clever-better/production") if r.verb is Verb.WALK]
    assert [r.target["version"] for r in walks] == ["v2.9.0"]


def test_the_meal_planner_writes_one_meal_plan_and_is_watched_for_an_hour(
    lists: Callable[..., Lists],
) -> None:
    """A snapshot before the migration, traffic step by step, smoke steps that write once, errors, p95."""
    desk = lists("mealplanner")
    assert desk.said(MEALS, "dbe2cad").startswith("FAIL")
    assert desk.found(MEALS)["staging"].value == "dbe2cad has not succeeded in staging"
    desk.ship(MEALS_STAGING, "dbe2cad", 3600)
    desk.walker(MEALS).act("approval", WHO, "go")
    assert blocking(desk.tick_all(MEALS, *FIRST), *FIRST) == {}
    told = desk.deploy(MEALS, "dbe2cad")
    assert told["verdict"] == "BAKING", pretty(told)

    desk.wait(600)
    found = desk.found(MEALS)
    assert found["migrated"].value == f"run with the deploy of {WHO}"
    assert "pre-migration" in found["snapshot"].value
    assert (found["smoke"].state, desk.written(MEALS)) == (ItemState.OPEN, 0)
    with pytest.raises(ReadOnlyError):
        desk.another(read_only=True).walker(MEALS).run("smoke", WHO)
    desk.walker(MEALS).run("smoke", WHO)
    assert desk.found(MEALS)["smoke"].value == "4 of 4 well"
    with pytest.raises(RefusedError, match="run already"):
        desk.another().walker(MEALS).run("smoke", WHO)
    assert desk.written(MEALS) == 1

    watched(desk, MEALS, "watch", 60)
    assert blocking(desk.tick_all(MEALS, Phase.AFTER)) == {}
    assert desk.walker(MEALS).end(WHO).ended_at is not None
    assert (desk.written(MEALS), desk.github.sent) == (1, 1)


def test_the_swapping_apps_release_is_approved_tagged_and_says_its_own_name(
    lists: Callable[..., Lists],
) -> None:
    """Canary in tenths; the pipeline tags what was approved, and a red test is never approved."""
    desk = lists("swapjoy")
    desk.said(SWAPS, "4bfad9b")
    found = desk.found(SWAPS)
    assert found["tests"].value == "e2e: failure"
    assert found["approval"].state is ItemState.UNKNOWN
    desk.ship(SWAPS_STAGING, "d2171ef", 7200)
    desk.said(SWAPS, "d2171ef")
    found = desk.found(SWAPS)
    assert found["staging"].state is ItemState.PASS
    assert found["approval"].value == "release waits for production"
    desk.walker(SWAPS).act("approval", WHO, "stakeholders are told")
    assert blocking(desk.tick_all(SWAPS, *FIRST), *FIRST) == {}
    told = desk.deploy(SWAPS, "d2171ef")
    assert told["verdict"] == "BAKING", pretty(told)
    desk.wait(600)
    view = desk.tick_all(SWAPS, Phase.DURING, Phase.AFTER)
    assert blocking(view) == {}
    found = desk.found(SWAPS)
    assert found["tagged"].value.startswith("release-d2171ef, released")
    assert (found["says"].value, found["smoke"].value) == ("d2171ef", "2 of 2 well")
    assert desk.walker(SWAPS).end(WHO).ended_at is not None


@pytest.mark.campaign
@pytest.mark.parametrize("address", [MARKET, MEALS, SWAPS], ids=lambda address: address.system)
def test_every_runbook_can_be_walked_to_its_end(lists: Callable[..., Lists], address: Address) -> None:
    """In time where it has a goal; what has to be there first, such as a restored database, holds it up."""
    desk = lists(address.system)
    for book in desk.door.names(address)[1:]:
        view = desk.tick_all(address, Phase.WALK, name=book)
        if book == "fairtradeworker/database-rollback":
            assert view.blockers()[0].value == "there is no instance fairtradeworker-db-restored"
            rds = desk.sandbox.client("rds", address.system)
            newest = rds.describe_db_snapshots(DBInstanceIdentifier="fairtradeworker-db")["DBSnapshots"][0]
            rds.restore_db_instance_from_db_snapshot(
                DBInstanceIdentifier="fairtradeworker-db-restored",
                DBSnapshotIdentifier=newest["DBSnapshotIdentifier"],
            )
            desk.wait(1800)
        for _ in range(5):
            if view.blockers():
                desk.wait(60)
                view = desk.tick_all(address, Phase.WALK, name=book)
        assert blocking(view) == {}, book
        assert (view.over_goal_s or 0) <= 0
        assert desk.walker(address, book).end(WHO).ended_at is not None
