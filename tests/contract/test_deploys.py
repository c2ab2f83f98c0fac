"""Whole deploys on the sandbox: migration first, steps, groups in waves, another size, and what preflight
sees of a world that has gone wrong."""

from pathlib import Path
from typing import Any

import pytest

from console.domain.address import Address
from console.domain.group import GroupAddress, GroupPlan, GroupWish
from console.domain.operation import CheckState, Plan, Verb
from console.domain.wish import Wish
from console.errors import RefusedError
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import API, STAGING, SharedWorld, open_world, pretty
from tests.fakes import FakeClock

MEALS = Address("mealplanner", "production", "api")
TRADING = GroupAddress("clever-better", "production")
SCANNER = GroupAddress("rugmunch", "production", "app")


@pytest.fixture
def world(make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A console on the named fleets, on a clock moved by hand."""

    def make(*fleets: str) -> SharedWorld:
        clock = FakeClock()
        return open_world(make_sandbox(*fleets, clock=clock), clock, monkeypatch, tmp_path)

    return make


def states(plan: Plan) -> dict[str, CheckState]:
    return {check.name: check.state for check in plan.checks}


def carry(shared: SharedWorld, plan: GroupPlan) -> tuple[list[str], dict[str, Any]]:
    """The members in the order in which they began, and the group's verdict."""
    events = list(shared.engine().execute_group(plan, str(plan.group)))
    began = [item.member.alias for item in events if item.member and item.event.event == "confirmed"]
    assert events[-1].member is None
    assert events[-1].event.event == "verdict"
    return began, dict(events[-1].event.facts)


@pytest.mark.usefixtures("unhurried")
def test_a_linear_deploy_migrates_first_and_says_how_long_its_steps_take(world: Any) -> None:
    """Snapshot, migration on the same digest, four shares five minutes apart, then a bake of a day that
    is left to ECS."""
    shared = world("mealplanner")
    engine = shared.engine(until="bake")

    plan = engine.plan(Wish(Verb.DEPLOY, MEALS, version="good"))
    facts = shared.run(engine, plan)

    assert [action.kind.value for action in plan.actions] == ["snapshot", "run_task"]
    assert any("LINEAR · 25 % x 4, 5 min each · then 24 h side by side" in item for item in plan.remarks)
    assert any("out of reach: 3 steps watched for 5 min each" in item for item in plan.remarks)
    assert plan.estimate is not None
    assert facts["verdict"] == "BAKING", pretty(facts)
    assert plan.estimate.low_s <= facts["safe_s"] - facts["ordered_s"] <= plan.estimate.high_s
    assert facts["running"]["digest"] == shared.digest(MEALS, "good")
    assert shared.calls("ecs.RunTask") == shared.calls("rds.CreateDBSnapshot") == 1
    run = shared.sandbox.client("ecs", "mealplanner").list_tasks(
        cluster="meal-planner-production", family="meal-planner-migration", desiredStatus="STOPPED"
    )
    assert len(run["taskArns"]) == 1


def test_three_services_are_deployed_as_one_and_only_by_release_tags(world: Any) -> None:
    """In production a tag that is no release is refused for the whole group; staging warns."""
    shared = world("clever-better")
    engine = shared.engine()

    plan = engine.plan_group(GroupWish(Verb.DEPLOY, TRADING, version="v2.9.0"))
    with pytest.raises(RefusedError, match="not confirmed"):
        list(engine.execute_group(plan, None))
    began, facts = carry(shared, plan)

    assert facts["verdict"] == "SUCCEEDED", pretty(facts)
    assert began == ["bot", "ml-service", "data-ingestion"]
    assert plan.confirm == "production"
    assert {item["verdict"] for item in facts["members"]} == {"SUCCEEDED"}
    assert max(item["safe_s"] for item in facts["members"]) <= facts["safe_s"] < 600
    staging = GroupAddress("clever-better", "staging")
    warned = engine.plan_group(GroupWish(Verb.DEPLOY, staging, version="good"))
    assert {states(member)["tag rule"] for member in warned.members} == {CheckState.UNKNOWN}
    assert not warned.blockers


def test_a_group_stops_at_its_first_failure_and_names_the_ways_back(world: Any) -> None:
    """The wave after it is not begun; a rollback of the group then goes back at once."""
    shared = world("rugmunch")
    engine = shared.engine()

    plan = engine.plan_group(GroupWish(Verb.DEPLOY, SCANNER, version="crash"))
    began, facts = carry(shared, plan)

    assert facts["verdict"] == "ROLLED_BACK", pretty(facts)
    assert began == ["api"]
    assert facts["not_begun"] == ["rugmunch/production/worker"]
    entries = shared.journal.entries(facts["members"][0]["operation"])
    tied = next(entry for entry in entries if entry.event == "group")
    assert tied.facts["name"] == "rugmunch/production/@app"


def test_more_memory_is_a_deploy_of_the_same_image(world: Any) -> None:
    """The remedy for a container killed for its memory: 2048 to 3072 MB, without a new version."""
    shared = world("fairtradeworker")
    engine = shared.engine()

    with pytest.raises(RefusedError, match="does not run 1024 CPU units with 1024 MB"):
        engine.plan(Wish(Verb.DEPLOY, STAGING, memory_mb=1024))
    plan = engine.plan(Wish(Verb.DEPLOY, STAGING, memory_mb=3072, grace_s=90))
    facts = shared.run(engine, plan)

    assert ("memory", "2048 MB", "3072 MB") in [(d.name, d.before, d.after) for d in plan.differences]
    assert facts["verdict"] == "SUCCEEDED", pretty(facts)
    assert facts["to"]["digest"] == facts["from"]["digest"]
    observed = shared.connections["fairtradeworker/staging"].platform.observe(STAGING)
    assert observed.primary_release.settings["memory"] == "3072 MB"
    assert observed.status.grace_s == 90
    again = engine.plan(Wish(Verb.DEPLOY, STAGING, memory_mb=3072, grace_s=90))
    assert again.nothing_to_do


def test_preflight_sees_what_would_keep_tasks_from_starting(world: Any) -> None:
    """Full subnets, a deleted secret, a quota that holds no second fleet: each by its own name, and the
    deploy is refused before anything is sent."""
    shared = world("rugmunch")
    engine = shared.engine()
    calm = states(engine.plan_deploy(API, "good"))
    assert {calm[name] for name in ("secrets", "addresses", "quota", "task protection")} == {CheckState.PASS}
    for fault in ("subnet-full", "secret-deleted"):
        body = {"fault": fault, "fleet": "rugmunch", "environment": "production", "service": "api"}
        assert shared.sandbox.control("POST", "world", body)[0] == 200
    shared.sandbox.account("rugmunch").conditions.set("task-quota", limit=1)
    shared.wait(3700.0)

    plan = shared.engine().plan_deploy(API, "good")

    found = states(plan)
    assert {found[name] for name in ("secrets", "addresses", "quota")} == {CheckState.FAIL}
    with pytest.raises(RefusedError, match=r"secrets: .* does not exist|addresses: "):
        list(engine.execute(plan, str(API)))
    assert shared.calls("ecs.UpdateService") == 0


def test_the_registry_offers_what_it_holds_with_what_became_of_it(world: Any) -> None:
    """Newest first, with tags, findings, platforms, and how each ended here."""
    shared = world("fairtradeworker")

    offers = shared.engine().versions(STAGING, limit=16)

    pushed = [offer.found.pushed_at for offer in offers]
    assert pushed == sorted(pushed, reverse=True)
    by_label = {offer.found.version.label: offer for offer in offers}
    assert by_label["v2.7.4"].found.findings.critical == 1
    assert by_label["v2.7.3"].found.findings.critical == 0
    assert by_label["v2.7.4-arm64"].found.platforms == ("linux/arm64",)
    assert by_label["v2.7.2"].runs
    assert by_label["v2.7.2"].ran.startswith("succeeded")
    assert by_label["v2.7.0"].ran.startswith("rolled back by ECS")
    assert by_label["v2.7.0"].is_bad
    assert by_label["v2.7.3"].ran == ""
