"""Each family of checks: what passes, what fails, what cannot be told."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from console.checklists.context import CheckContext
from console.checklists.judging import look
from console.checklists.registry import all_checks
from console.config.data import DatabaseSettings, MigrationSettings
from console.config.settings import EnvironmentSettings, ServiceSettings
from console.domain.address import Address
from console.domain.backlog import Backlog
from console.domain.checklist import Effect, Item, ItemState, Phase, Result
from console.domain.database import Database, DatabaseSnapshot
from console.domain.operation import Check, CheckState, Verb, Verdict
from console.domain.registry import Findings, RegistryVersion
from console.domain.rollout import Rollout
from console.domain.scaling import Scaling
from console.domain.signals import Load
from console.domain.smoke import SmokeSequence, SmokeStep
from console.domain.windows import window
from console.errors import EndpointError
from console.operations.outside import Outside
from tests.builders import (
    ADDRESS,
    NOW,
    OLD_RELEASE,
    a_new_release,
    a_record,
    a_release,
    a_rollout,
    a_service,
    a_version,
    ago,
    an_environment,
    an_observation,
    some_figures,
)
from tests.fakes import FakeClock, FakeLogs, FakePlatform, FakeSecrets, FakeSignals, FakeWeb, MemoryJournal

REGISTRY = all_checks()
PASS, FAIL, UNKNOWN, NONE = (
    ItemState.PASS,
    ItemState.FAIL,
    ItemState.UNKNOWN,
    ItemState.NOT_APPLICABLE,
)
STAGING = Address("rugmunch", "staging", "api")


@dataclass
class World:
    """One service as the checks see it; tests change it."""

    clock: FakeClock = field(default_factory=FakeClock)
    platform: FakePlatform = field(default_factory=lambda: FakePlatform(an_observation()))
    staging: FakePlatform = field(default_factory=FakePlatform)
    signals: FakeSignals = field(default_factory=FakeSignals)
    logs: FakeLogs = field(default_factory=FakeLogs)
    web: FakeWeb = field(default_factory=FakeWeb)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    settings: ServiceSettings = field(default_factory=lambda: ServiceSettings(ADDRESS, "rugmunch-api", "c"))
    facts: dict[str, object] = field(default_factory=dict)
    release: object = None
    plan_rollback: object = None

    def judge(self, name: str, /, **given: object) -> Result:
        check = REGISTRY.get(name)
        assert check is not None, name
        context = CheckContext(
            self.settings,
            EnvironmentSettings(an_environment()),
            self.platform,
            self.signals,
            self.logs,
            Outside(self.web, FakeSecrets()),
            self.journal,
            self.clock,
            self.facts,
            {"rugmunch/production": self.platform, "rugmunch/staging": self.staging},
            self.release,  # type: ignore[arg-type]
            self.plan_rollback,  # type: ignore[arg-type]
        )
        return look(check, Item("it", Phase.BEFORE, "it", name, given), context)

    def having(self, **changes: object) -> "World":
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        return self


Change = Callable[[World], object]


def released(world: World) -> None:
    release = a_new_release()
    world.release = release
    world.facts |= {"version": release.version.label, "digest": release.digest}


def offered(critical: int = 0, missing: str = "") -> Change:
    def change(world: World) -> None:
        released(world)
        version = a_new_release().version
        found = RegistryVersion(version, NOW, Findings(critical=critical, missing=missing))
        world.platform.available = (found,)

    return change


def snapshot(hours: float, state: str = "available") -> Change:
    def change(world: World) -> None:
        world.having(database=DatabaseSettings("db"))
        at = world.clock.now() - timedelta(hours=hours)
        kept = DatabaseSnapshot("nightly", at, state)
        world.platform.databases["db"] = Database("db", "available", snapshots=(kept,))

    return change


def backup(hours: str) -> Change:
    settings = DatabaseSettings("db", backup=window(hours), maintenance=window("Sun 01:00-Sun 01:30"))
    return lambda world: world.having(database=settings)


def healthy(body: dict[str, object], status: int = 200) -> Change:
    def change(world: World) -> None:
        world.having(health="https://api.example/health")
        world.web.put("GET /health", body, status)

    return change


def figures(**values: object) -> Change:
    def change(world: World) -> None:
        world.signals.known[ADDRESS] = some_figures(**values)

    return change


def status(**changes: object) -> Change:
    return lambda world: world.platform.put(an_observation(status=a_service(**changes)))


def queue(**values: object) -> Change:
    def change(world: World) -> None:
        world.platform.backlogs[ADDRESS] = Backlog("jobs", **values)  # type: ignore[arg-type]

    return change


def staged(serves: bool) -> Change:
    def change(world: World) -> None:
        released(world)
        there = replace(a_new_release() if serves else a_release(), id="there")
        world.staging.known["there"] = there
        world.staging.histories[STAGING] = (a_rollout(target="there"),)

    return change


def leaving(*rollouts: Rollout) -> Change:
    """Something new is planned, after those rollouts of what runs."""

    def change(world: World) -> None:
        released(world)
        world.plan_rollback = lambda address: None
        world.platform.histories[ADDRESS] = rollouts
        world.platform.known[OLD_RELEASE] = a_release()

    return change


def preflight(*states: CheckState) -> Change:
    def change(world: World) -> None:
        released(world)
        world.platform.checks = tuple(
            Check(f"secrets {number}", state, "said") for number, state in enumerate(states)
        )

    return change


def named(**settings: str) -> Change:
    def change(world: World) -> None:
        world.release = replace(a_release(), settings=settings)

    return change


def migrated(verdict: Verdict) -> Change:
    def change(world: World) -> None:
        world.having(migration=MigrationSettings("migration"))
        released(world)
        target = a_new_release().facts()
        world.journal.begin(a_record(verb=Verb.MIGRATE, target=target, verdict=verdict, ended_at=NOW))

    return change


def both(*changes: Change) -> Change:
    return lambda world: [change(world) for change in changes]


NOTHING: Change = lambda world: None  # noqa: E731
HOUR = NOW.strftime("%H")
CASES: list[tuple[str, Change, dict[str, object], ItemState]] = [
    ("service.steady", NOTHING, {}, PASS),
    ("service.steady", status(running=1), {}, FAIL),
    ("service.version", NOTHING, {}, UNKNOWN),
    ("service.version", lambda world: world.facts.update(digest=a_release().digest), {}, PASS),
    ("service.version", released, {}, FAIL),
    ("service.running", status(running=1, desired=2), {}, FAIL),
    ("service.running", status(running=0, desired=0), {}, FAIL),
    ("service.running", NOTHING, {}, PASS),
    ("service.one_deployment", NOTHING, {}, PASS),
    ("service.settings", NOTHING, {"strategy": "rolling", "minimum_percent": 100}, PASS),
    ("service.settings", NOTHING, {"strategy": "LINEAR"}, FAIL),
    ("service.settings", NOTHING, {"grace_s": 100000}, FAIL),
    ("service.settings", NOTHING, {"minimum_percent": "many"}, UNKNOWN),
    ("service.autoscaling", NOTHING, {}, NONE),
    (
        "service.autoscaling",
        lambda world: world.platform.scalings.update({ADDRESS: Scaling(1, 4, ("in",))}),
        {},
        FAIL,
    ),
    ("service.paused", lambda world: world.platform.put(a_service()), {}, UNKNOWN),
    ("queue.depth", NOTHING, {}, NONE),
    ("queue.depth", queue(waiting=5, in_flight=1), {"most": 10}, PASS),
    ("queue.depth", queue(waiting=50, in_flight=1), {"most": 10}, FAIL),
    ("queue.depth", queue(waiting=5, in_flight=1), {"oldest": "5m"}, UNKNOWN),
    ("queue.depth", queue(waiting=5, in_flight=1, oldest_s=900), {"oldest": "5m"}, FAIL),
    ("queue.worked", queue(waiting=5, in_flight=0), {}, FAIL),
    ("queue.worked", queue(waiting=0, in_flight=0), {}, PASS),
    ("release.preflight", NOTHING, {"of": "secrets"}, UNKNOWN),
    ("release.preflight", preflight(CheckState.PASS, CheckState.FAIL), {"of": "secrets"}, FAIL),
    ("release.preflight", preflight(CheckState.PASS, CheckState.UNKNOWN), {"of": "secrets"}, UNKNOWN),
    ("release.preflight", preflight(CheckState.PASS), {"of": "secrets"}, PASS),
    ("release.preflight", preflight(CheckState.PASS), {"of": "nothing"}, UNKNOWN),
    ("release.tag", NOTHING, {}, NONE),
    ("release.tag", both(released, lambda world: world.having(tags="semver", tag_rule="enforce")), {}, PASS),
    ("release.tag", both(released, lambda world: world.having(tags="x", tag_rule="enforce")), {}, FAIL),
    ("release.image", NOTHING, {}, UNKNOWN),
    ("release.image", released, {}, FAIL),
    ("release.image", offered(), {}, PASS),
    ("release.scan", offered(), {}, PASS),
    ("release.scan", offered(critical=1), {}, FAIL),
    ("release.scan", offered(critical=1), {"critical": 1}, PASS),
    ("release.scan", offered(missing="not scanned"), {}, UNKNOWN),
    ("release.succeeded_in", staged(True), {"environment": "staging"}, PASS),
    ("release.succeeded_in", staged(False), {"environment": "staging"}, FAIL),
    ("release.succeeded_in", staged(True), {"environment": "nowhere"}, FAIL),
    ("release.succeeded_in", NOTHING, {"environment": "staging"}, UNKNOWN),
    ("release.way_back", NOTHING, {}, UNKNOWN),
    ("release.way_back", leaving(), {}, FAIL),
    ("release.way_back", leaving(a_rollout(target=OLD_RELEASE, finished_at=ago(600))), {}, FAIL),
    ("release.way_back", leaving(a_rollout(target=OLD_RELEASE, finished_at=ago(86_400))), {}, PASS),
    ("journal.deployed", NOTHING, {}, FAIL),
    (
        "environment.names",
        named(**{"api environment": "A, B", "api secrets": "C from x"}),
        {"names": ["A", "C"]},
        PASS,
    ),
    ("environment.names", named(**{"api environment": "A"}), {"names": ["A", "C"]}, FAIL),
    ("environment.secrets", named(**{"api secrets": "C from x"}), {"names": ["C"]}, PASS),
    ("environment.secrets", named(**{"api environment": "C"}), {"names": ["C"]}, FAIL),
    ("environment.same_as", NOTHING, {"environment": "nowhere"}, UNKNOWN),
    ("database.snapshot", NOTHING, {}, NONE),
    ("database.snapshot", snapshot(2), {}, PASS),
    ("database.snapshot", snapshot(26), {}, FAIL),
    ("database.snapshot", snapshot(2, "creating"), {}, FAIL),
    ("database.snapshot", snapshot(2), {"database": "other"}, UNKNOWN),
    ("database.window", backup(f"{HOUR}:00-{HOUR}:59"), {}, FAIL),
    (
        "database.window",
        backup(f"{(NOW + timedelta(hours=3)):%H:00}-{(NOW + timedelta(hours=3)):%H:30}"),
        {},
        PASS,
    ),
    ("database.available", snapshot(2), {}, PASS),
    ("migration.done", NOTHING, {}, NONE),
    ("migration.done", migrated(Verdict.SUCCEEDED), {}, PASS),
    ("migration.done", migrated(Verdict.FAILED), {}, UNKNOWN),
    ("migration.none_running", migrated(Verdict.SUCCEEDED), {}, PASS),
    ("figures.errors", figures(requests=1000, errors=0), {"limit": "0.1 %"}, PASS),
    ("figures.errors", figures(requests=1000, errors=84, recent=()), {"limit": 5}, FAIL),
    ("figures.errors", NOTHING, {}, UNKNOWN),
    ("figures.p95", figures(p95_s=0.3), {"limit": "0.2s"}, FAIL),
    ("figures.p95", figures(p95_s=0.1), {"limit": "0.2s"}, PASS),
    ("figures.p95", figures(p95_s=0.1), {"limit": "soon"}, UNKNOWN),
    ("figures.p99", NOTHING, {"limit": "0.5s"}, UNKNOWN),
    (
        "figures.cpu",
        lambda world: world.signals.loads.update({ADDRESS: Load(0.1, 90.0)}),
        {"limit": 70},
        FAIL,
    ),
    ("figures.errors", lambda world: world.signals.fail("figures", EndpointError("slow")), {}, UNKNOWN),
    ("logs.errors", NOTHING, {}, UNKNOWN),
    ("health.ok", NOTHING, {}, UNKNOWN),
    ("health.ok", healthy({"status": "ok"}), {}, PASS),
    ("health.ok", healthy({"status": "error"}, 503), {}, FAIL),
    (
        "health.ok",
        both(healthy({}), lambda world: world.web.fail("send", EndpointError("gone"))),
        {},
        UNKNOWN,
    ),
    ("health.dependency", healthy({"status": "ok", "database": "connected"}), {"name": "database"}, PASS),
    ("health.dependency", healthy({"status": "ok", "database": "error"}), {"name": "database"}, FAIL),
    ("health.dependency", healthy({"status": "ok"}), {"name": "database"}, UNKNOWN),
    ("health.version", both(released, healthy({"status": "ok", "version": "0.0.1"})), {}, FAIL),
    (
        "http.get",
        lambda world: world.web.put("GET /jobs", [1]),
        {"url": "https://a/jobs", "expect": "length(@) > `0`"},
        PASS,
    ),
    (
        "http.get",
        lambda world: world.web.put("GET /jobs", []),
        {"url": "https://a/jobs", "expect": "length(@) > `0`"},
        FAIL,
    ),
    ("http.get", NOTHING, {"url": "https://a/jobs", "method": "POST"}, UNKNOWN),
    ("http.get", NOTHING, {"url": "https://a/jobs", "expect": "[["}, UNKNOWN),
    ("smoke.reading", NOTHING, {}, NONE),
    ("smoke.all", NOTHING, {}, NONE),
    ("command.run", NOTHING, {"argv": [sys.executable, "-c", "print('fine')"]}, PASS),
    ("command.run", NOTHING, {"argv": [sys.executable, "-c", "exit(2)"]}, FAIL),
    ("command.run", NOTHING, {"argv": [sys.executable, "-c", "exit(1)"], "fails_on": ["2"]}, UNKNOWN),
    ("command.run", NOTHING, {"argv": [sys.executable, "-c", "exit(2)"], "codes": ["0", "2"]}, PASS),
    ("command.run", NOTHING, {"argv": ["no-such-command-here"]}, UNKNOWN),
    (
        "command.run",
        NOTHING,
        {"argv": [sys.executable, "-c", "import time; time.sleep(9)"], "limit": "0.2s"},
        UNKNOWN,
    ),
]


@pytest.mark.parametrize(("name", "change", "given", "state"), CASES)
def test_what_a_check_says(name: str, change: Change, given: dict[str, object], state: ItemState) -> None:
    world = World()
    change(world)

    found = world.judge(name, **given)

    assert found.state is state, found
    assert found.value


def test_a_command_is_never_read_by_a_shell() -> None:
    found = World().judge(
        "command.run", argv=[sys.executable, "-c", "import sys; print(sys.argv[1])", "$(id); `id`"]
    )

    assert found.value == "$(id); `id`"


def test_secrets_in_what_a_check_found_are_masked() -> None:
    argv = [sys.executable, "-c", "print('AKIAABCDEFGHIJKLMNOP https://u:hunter2hunter2@db')"]
    found = World().judge("command.run", argv=argv)

    assert "AKIAABCDEFGHIJKLMNOP" not in found.value + found.evidence
    assert "hunter2" not in found.value + found.evidence


def test_only_the_smoke_steps_that_read_are_sent_by_what_reads() -> None:
    steps = (SmokeStep("read", path="/a"), SmokeStep("write", "POST", "/b", writes=True))
    world = World().having(smoke=SmokeSequence("https://a", steps))
    world.web.put("GET /a", {})
    world.web.put("POST /b", {})

    assert world.judge("smoke.reading").state is PASS
    assert [request.method for request in world.web.sent] == ["GET"]
    assert world.judge("smoke.all").state is PASS
    assert [request.method for request in world.web.sent] == ["GET", "GET", "POST"]


def test_what_writes_says_so_and_commands_stay_at_home() -> None:
    writing = {name for name in REGISTRY.names() if REGISTRY.get(name).effect is Effect.WRITES}  # type: ignore[union-attr]

    assert "smoke.all" in writing
    assert not {name for name in writing if name.startswith(("service.", "release.", "figures.", "health."))}
    command = REGISTRY.get("command.run")
    assert command is not None
    assert command.own_files_only


def test_names_that_differ_are_told_in_both_directions() -> None:
    world = World(release=replace(a_release(), settings={"api environment": "A, B"}))
    there = replace(a_release(), settings={"api environment": "A, C"})
    status = a_service(address=STAGING)
    world.staging.put(an_observation(status=status, releases={there.id: there}))

    found = world.judge("environment.same_as", environment="staging")

    assert (found.state, found.value) == (FAIL, "only here: B; only in staging: C")
    assert world.judge("environment.same_as", environment="staging", **{"except": ["B", "C"]}).state is PASS


def test_every_version_here_has_a_name() -> None:
    """The builders' releases differ by digest, or half of the cases above would mean nothing."""
    assert a_release().digest != a_new_release().digest
    assert a_version().label


def test_what_a_figure_says_is_as_old_as_the_figure() -> None:
    """Looked at now, measured minutes ago: the item's age is the figure's."""
    world = World()
    world.signals.known[ADDRESS] = some_figures(at=ago(180), p95_s=0.1)
    world.signals.loads[ADDRESS] = Load(0.1, 42.0, p99_at=ago(240), cpu_at=ago(300))
    assert world.judge("figures.errors").at == ago(180)
    assert world.judge("figures.p95", limit="0.2s").at == ago(180)
    assert world.judge("figures.p99", limit="0.2s").at == ago(240)
    assert world.judge("figures.cpu", limit=70).at == ago(300)
