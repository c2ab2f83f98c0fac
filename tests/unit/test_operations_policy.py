"""Rules of an environment: a freeze, and success in an earlier one; never in the way of a rollback."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.config.settings import EnvironmentSettings, ServiceSettings, Settings
from console.domain.address import Address, Tier
from console.domain.operation import CheckState, Plan, Verb
from console.domain.windows import window
from console.domain.wish import Wish
from console.errors import EndpointError, RefusedError
from console.operations.engine import Engine
from tests.builders import ADDRESS, CLUSTER, NOW, a_new_release, a_rollout, an_environment, an_observation
from tests.fakes import FakeClock, FakePlatform, MemoryJournal

STAGING = Address("rugmunch", "staging", "api")
DAY = NOW.strftime("%a")


class Rules:
    """Two environments of one system, and the rules of the production one."""

    def __init__(self, freeze: tuple[str, ...] = (), proven_in: str = "") -> None:
        self.clock = FakeClock()
        self.production = FakePlatform(an_observation(), environment=an_environment())
        self.staging = FakePlatform(environment=an_environment(name="staging", tier=Tier.STAGING))
        self.production.candidates["v1.4.3"] = replace(a_new_release(), id=None, definition=None)
        environments = {}
        for platform, address in ((self.production, ADDRESS), (self.staging, STAGING)):
            service = ServiceSettings(address, "rugmunch-api", CLUSTER)
            environments[platform.environment.key] = EnvironmentSettings(
                platform.environment, services={"api": service}
            )
        key = self.production.environment.key
        environments[key] = replace(
            environments[key], freeze=tuple(window(text) for text in freeze), proven_in=proven_in
        )
        settings = Settings(Path("c.toml"), Path("j.db"), Path("cache"), environments=environments)
        platforms = {p.environment.key: p for p in (self.production, self.staging)}
        self.engine = Engine(platforms, MemoryJournal(), self.clock, settings)

    def deploy(self) -> Plan:
        return self.engine.plan(Wish(Verb.DEPLOY, ADDRESS, version="v1.4.3"))

    def state(self, plan: Plan, name: str) -> CheckState:
        return next(check.state for check in plan.checks if check.name == name)


def test_a_freeze_blocks_what_is_new_and_says_until_when() -> None:
    rules = Rules(freeze=(f"{DAY} 00:00-{DAY} 23:59",))
    plan = rules.deploy()
    assert rules.state(plan, "freeze") is CheckState.FAIL
    with pytest.raises(RefusedError, match="frozen"):
        list(rules.engine.execute(plan, "production/api"))
    assert rules.production.orders == []


def test_a_freeze_that_begins_between_plan_and_confirmation_blocks() -> None:
    begins = (NOW + timedelta(minutes=10)).strftime("%H:%M")
    rules = Rules(freeze=(f"{begins}-{(NOW + timedelta(hours=2)).strftime('%H:%M')}",))
    plan = rules.deploy()
    assert rules.state(plan, "freeze") is CheckState.PASS
    rules.clock.advance(660)
    with pytest.raises(RefusedError, match="frozen"):
        list(rules.engine.execute(plan, "production/api"))


@pytest.mark.parametrize(
    "wish", [Wish(Verb.DRAIN, ADDRESS), Wish(Verb.SCALE, ADDRESS, desired=3)], ids=["drain", "scale"]
)
def test_a_freeze_holds_up_nothing_that_helps_in_an_incident(wish: Wish) -> None:
    rules = Rules(freeze=(f"{DAY} 00:00-{DAY} 23:59",))
    assert not rules.engine.plan(wish).blockers


def test_what_never_succeeded_in_staging_is_refused_in_production() -> None:
    plan = Rules(proven_in="staging").deploy()
    assert [check.name for check in plan.blockers] == ["succeeded in staging"]


def test_what_succeeded_in_staging_by_its_digest_may_go_on() -> None:
    rules = Rules(proven_in="staging")
    staged = replace(a_new_release(), id="staging-revision", configuration="another")
    rules.staging.known["staging-revision"] = staged
    rules.staging.histories[STAGING] = (a_rollout(target="staging-revision"),)
    assert not rules.deploy().blockers


def test_a_staging_that_cannot_be_read_proves_nothing() -> None:
    rules = Rules(proven_in="staging")
    rules.staging.fail("history", EndpointError("gone"))
    assert [check.state for check in rules.deploy().blockers] == [CheckState.FAIL]
