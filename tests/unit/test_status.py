"""``quarterdeck status``: one reading of the fleet, as a table and as one object."""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import pytest

from console.aws.connect import Connection
from console.cli import status
from console.cli.fleet import service_facts, table
from console.config.loader import load
from console.config.settings import Settings
from console.diagnosis import diagnose_picture
from console.domain.address import Address
from console.domain.fleet import Deletion, Diagnosis, WayBack
from console.domain.operation import Verdict
from console.domain.rollout import AlarmWatch, Hook, RolloutStatus
from console.domain.service import Observation, ServiceState
from console.domain.words import utc
from console.errors import (
    CredentialsError,
    EndpointError,
    PermissionDeniedError,
    ThrottledError,
    UnknownServiceError,
)
from console.operations.engine import Engine
from console.runtime import Runtime
from tests.builders import (
    ADDRESS,
    NEW_DIGEST,
    NEW_RELEASE,
    NEW_ROLLOUT,
    NOW,
    OLD_DEPLOYMENT,
    OLD_DIGEST,
    OLD_RELEASE,
    a_breaker,
    a_new_rollout,
    a_picture,
    a_record,
    a_rolling_observation,
    a_rolling_service,
    a_service,
    a_stopped_task,
    ago,
    an_environment_picture,
    an_observation,
    some_figures,
)
from tests.fakes import FakeClock, FakeLogs, FakePlatform, FakeSignals, MemoryJournal

STAGING = Address("rugmunch", "staging", "api")
ML = Address("swapjoy", "production", "ml")
CONFIGURATION = """
[systems.rugmunch.environments.production]
account = "482319607715"
region = "us-east-1"
cluster = "rugmunch-production"
[systems.rugmunch.environments.production.services.api]
service = "rugmunch-api"
[systems.rugmunch.environments.production.services.worker]
service = "rugmunch-worker"
[systems.rugmunch.environments.staging]
tier = "staging"
region = "us-east-1"
cluster = "rugmunch-staging"
[systems.rugmunch.environments.staging.services.api]
service = "rugmunch-api"
[systems.swapjoy.environments.production]
account = "482319607715"
region = "us-east-1"
cluster = "swapjoy"
[systems.swapjoy.environments.production.services.ml]
service = "ml"
also = ["ml-service"]
"""


@dataclass
class World:
    """Three environments of two systems behind fakes, and the command line that reads them."""

    settings: Settings
    clock: FakeClock
    platforms: dict[str, FakePlatform]
    signals: dict[str, FakeSignals]
    journal: MemoryJournal

    def runtime(self) -> Runtime:
        connections = {
            key: Connection(self.settings.environments[key], platform, self.signals[key], FakeLogs())
            for key, platform in self.platforms.items()
        }
        engine = Engine(self.platforms, self.journal, self.clock, self.settings)
        runtime = Runtime(self.settings, clock=self.clock)
        vars(runtime).update(connections=connections, journal=self.journal, engine=engine)
        return runtime

    def run(self, prefix: str = "", *, as_json: bool = True) -> int:
        arguments = argparse.Namespace(prefix=prefix, json=as_json, config=str(self.settings.path))
        return status.status(arguments)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    path = tmp_path / "config.toml"
    path.write_text(CONFIGURATION)
    settings = load(path)
    platforms = {
        key: FakePlatform(
            *(_calm(address) for address in _addresses(settings, key)), environment=item.environment
        )
        for key, item in settings.environments.items()
    }
    signals = {key: FakeSignals() for key in platforms}
    built = World(settings, FakeClock(), platforms, signals, MemoryJournal())
    monkeypatch.setattr("console.runtime.Runtime", lambda settings: built.runtime())
    yield built


def _addresses(settings: Settings, key: str) -> list[Address]:
    return [service.address for service in settings.environments[key].services.values()]


def _calm(address: Address) -> Observation:
    return an_observation(status=a_service(address=address))


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, object]]]:
    """The environments of the one object that was printed."""

    def read() -> list[dict[str, object]]:
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 1
        whole = json.loads(lines[0])
        assert list(whole) == ["environments"]
        environments: list[dict[str, object]] = whole["environments"]
        return environments

    return read


Printed = Callable[[], list[dict[str, object]]]


def test_a_calm_fleet_is_one_object(world: World, printed: Printed) -> None:
    """Every environment in the configuration's order, every service with its version and digest."""
    assert world.run() == 0
    environments = printed()
    assert [(item["system"], item["environment"]) for item in environments] == [
        ("rugmunch", "production"),
        ("rugmunch", "staging"),
        ("swapjoy", "production"),
    ]
    production = environments[0]
    assert production["account"] == "482319607715"
    assert production["region"] == "us-east-1"
    assert production["age_s"] == 0.0
    assert production["error"] is None
    services = production["services"]
    assert isinstance(services, list)
    service = dict(services[0])
    assert service.pop("figures") is None
    assert service.pop("deployed_by") is None
    for name in ("deployed_at", "way_back", "why"):
        service.pop(name)
    assert service.pop("errors") == {
        "state": "unknown",
        "text": "errors NODATA",
        "limit": None,
        "version": None,
        "note": None,
    }
    assert service == {
        "address": "rugmunch/production/api",
        "state": "steady",
        "judged_by": "read",
        "desired": 2,
        "running": 2,
        "pending": 0,
        "version": "v1.4.2",
        "digest": OLD_DIGEST,
        "tags": ["v1.4.2"],
        "moved": False,
        "runs": {"mixed": False, "images": [{"digests": [OLD_DIGEST], "tasks": 2}]},
        "deleted": None,
        "rollout": None,
        "held": None,
    }


def test_what_is_steady_by_counts_alone_says_so_and_has_a_mark_of_its_own() -> None:
    """Of many services only ECS's counts are read: a task that runs need not answer."""
    row = a_picture(observation=None)
    row = replace(row, diagnosis=diagnose_picture(row, NOW))
    facts = service_facts(row, FakeClock())
    said = "by ECS's counts, targets not read"
    assert (facts["state"], facts["judged_by"], facts["why"]) == ("steady", "counts", said)
    for ascii_only, mark in ((False, "○"), (True, ".")):
        line = table([an_environment_picture(row)], FakeClock(), ascii_only=ascii_only)[1]
        assert line.startswith(f"{mark} steady")
        assert line.endswith(said)
    read = a_picture(diagnosis=diagnose_picture(a_picture(), NOW))
    assert table([an_environment_picture(read)], FakeClock())[1].startswith("● steady")


def test_the_account_is_the_callers_where_the_configuration_names_none(
    world: World, printed: Printed
) -> None:
    """Staging is configured without one."""
    world.run("rugmunch/staging")
    assert printed()[0]["account"] == world.platforms["rugmunch/staging"].who.account


def test_a_rollout_and_a_hold_are_told(world: World, printed: Printed) -> None:
    """With the breaker's counter, and who holds what why."""
    status_ = a_rolling_service()
    rollout = a_new_rollout(breaker=a_breaker(failures=2))
    platform = world.platforms["rugmunch/production"]
    platform.put(a_rolling_observation(status=status_, rollout=rollout, tasks=(a_stopped_task(),)))
    ended = a_record(
        verdict=Verdict.SUCCEEDED, safe_at=ago(30), done_at=ago(20), ended_at=ago(20), accepted_at=ago(59)
    )
    world.journal.begin(ended)
    assert world.run("rugmunch/production/api") == 0
    services = printed()[0]["services"]
    assert isinstance(services, list)
    (service,) = services
    assert service["state"] == "failing"
    assert service["rollout"] == {
        "status": RolloutStatus.IN_PROGRESS.value,
        "new": {"running": 1, "desired": 2},
        "failures": 2,
        "threshold": 3,
        "id": NEW_ROLLOUT,
        "strategy": "ROLLING",
        "stage": None,
        "traffic_percent": None,
        "waiting": None,
        "alarms_triggered": [],
    }
    assert service["held"]["version"] == "v1.4.2"
    assert service["held"]["by"] == "devon"
    assert service["held"]["at"].endswith("Z")


def test_a_rollout_that_waits_tells_stage_share_hook_and_alarms(world: World, printed: Printed) -> None:
    """What a job needs to decide whether to go on."""
    hook = Hook("ecs-pause-1", "POST_TEST_TRAFFIC_SHIFT", "AWAITING_ACTION", "PAUSE", ago(-600), "ROLLBACK")
    rollout = a_new_rollout(
        strategy="LINEAR",
        stage="POST_TEST_TRAFFIC_SHIFT",
        weights={NEW_RELEASE: 0.0, OLD_RELEASE: 100.0},
        hooks=(hook,),
        alarms=AlarmWatch("TRIGGERED", ("errors", "p99"), ("errors",)),
    )
    status_ = a_rolling_service(strategy="LINEAR")
    world.platforms["rugmunch/production"].put(a_rolling_observation(status=status_, rollout=rollout))
    assert world.run("rugmunch/production/api") == 0
    services = printed()[0]["services"]
    assert isinstance(services, list)
    assert services[0]["state"] == "paused"
    told = services[0]["rollout"]
    assert (told["strategy"], told["stage"], told["traffic_percent"]) == ("LINEAR", hook.stage, 0.0)
    assert told["waiting"]["hook"] == hook.id
    assert told["waiting"]["on_timeout"] == "rollback"
    assert told["waiting"]["expires_at"].endswith("Z")
    assert told["alarms_triggered"] == ["errors"]


def test_an_environment_that_cannot_be_read_is_printed_with_its_error(world: World, printed: Printed) -> None:
    """Nothing that was not read is a zero; the others are there; the exit code is 2."""
    error = EndpointError("nobody answers at http://127.0.0.1:9", "check endpoint_url")
    world.platforms["rugmunch/staging"].fail("services", error, times=None)
    assert world.run() == 2
    production, staging, swapjoy = printed()
    assert production["error"] is None
    assert swapjoy["error"] is None
    assert staging["error"] == {
        "title": "endpoint",
        "message": "nobody answers at http://127.0.0.1:9",
        "remedy": "check endpoint_url",
    }
    assert staging["age_s"] is None
    services = staging["services"]
    assert isinstance(services, list)
    assert services[0]["state"] == "unknown"
    for name in ("desired", "running", "pending", "version", "digest", "rollout", "held"):
        assert services[0][name] is None


def test_what_passes_is_tried_once_more(world: World, printed: Printed) -> None:
    """A job must not fail because AWS was busy for a moment; what is forbidden stays so."""
    platform = world.platforms["rugmunch/staging"]
    platform.fail("services", ThrottledError("ECS asks for fewer calls"))
    assert world.run() == 0
    assert all(item["error"] is None for item in printed())
    platform.fail("services", PermissionDeniedError("ecs:DescribeServices is denied"), times=None)
    platform.fail("status", PermissionDeniedError("ecs:DescribeServices is denied"), times=None)
    before = platform.count("services")
    assert world.run("rugmunch/staging") == 2
    assert platform.count("services") == before + 1


def test_an_environment_that_was_not_asked_for_cannot_spoil_the_exit_code(world: World) -> None:
    """Nor is it read."""
    world.platforms["rugmunch/staging"].fail("services", EndpointError("nobody answers"), times=None)
    assert world.run("rugmunch/production") == 0
    assert world.platforms["rugmunch/staging"].calls == []


def test_several_services_unknown_to_ecs_are_all_named(world: World, printed: Printed) -> None:
    """The operator corrects the configuration once, not once a service."""
    platform = world.platforms["rugmunch/production"]
    platform.statuses.clear()
    platform.fail("services", UnknownServiceError("cluster has no service x", "correct it"), times=None)
    assert world.run("rugmunch/production") == 2
    error = printed()[0]["error"]
    assert isinstance(error, dict)
    assert error["title"] == "unknown service"
    assert "rugmunch/production/api" in error["message"]
    assert "rugmunch/production/worker" in error["message"]


def test_missing_figures_are_no_error(world: World) -> None:
    """They claim nothing; but the table says why there are none."""
    denied = PermissionDeniedError("cloudwatch:GetMetricData is denied")
    world.signals["rugmunch/production"].fail("figures", denied, times=None)
    assert world.run("rugmunch/production") == 0


def test_an_environment_that_does_not_answer_in_time_is_given_up(
    world: World, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are printed."""
    answer = Event()
    platform = world.platforms["rugmunch/staging"]
    monkeypatch.setattr(platform, "services", lambda addresses: answer.wait(30) and ())
    monkeypatch.setattr(status, "DEADLINE_S", 0.2)
    monkeypatch.setattr(status, "A_SERVICE_S", 0.0)
    try:
        assert world.run("rugmunch") == 2
    finally:
        answer.set()
    production, staging = printed()
    assert production["error"] is None
    error = staging["error"]
    assert isinstance(error, dict)
    assert error["title"] == "endpoint"


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("", ["rugmunch/production/api", "rugmunch/production/worker", str(STAGING), str(ML)]),
        ("rugmunch/production", ["rugmunch/production/api", "rugmunch/production/worker"]),
        ("rugmunch/production/api/", ["rugmunch/production/api"]),
        ("swapjoy/production/ml-service", [str(ML)]),
        ("production", ["rugmunch/production/api", "rugmunch/production/worker", str(ML)]),
        ("production/api", ["rugmunch/production/api"]),
    ],
)
def test_a_prefix_selects_whole_parts(world: World, prefix: str, found: list[str]) -> None:
    """Of the address, or of ``environment/alias`` where no system is called so."""
    assert [str(address) for address in status.select(world.settings, prefix)] == found


def test_an_unknown_prefix_names_the_nearest(world: World) -> None:
    """One line; nothing is read."""
    with pytest.raises(
        UnknownServiceError, match=r"rugmunch/prod is not in .* did you mean rugmunch/production"
    ):
        world.run("rugmunch/prod")
    assert world.platforms["rugmunch/production"].calls == []


def test_the_table_shows_trouble_first_with_its_cause(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Symbol and word, counts, version, rollout, age, why; then the environments that failed."""
    production = world.platforms["rugmunch/production"]
    production.put(a_rolling_observation(tasks=(a_stopped_task(),)))
    world.platforms["rugmunch/staging"].fail("services", CredentialsError("nobody answers"), times=None)
    assert world.run(as_json=False) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "state",
        "service",
        "environment",
        "tasks",
        "version",
        "rollout",
        "age",
        "why",
    ]
    assert lines[1].startswith("✗ FAILING  rugmunch-api")
    assert "3/2 +1" in lines[1]
    assert "v1.4.3" in lines[1]
    assert "1/2 new" in lines[1]
    assert "6 min" in lines[1]
    assert lines[1].endswith("container api exited with code 1 · 1 task died in 1 min · breaker 0 of 3")
    assert lines[2].split()[:3] == ["?", "unknown", "rugmunch-api"]
    assert lines[3].startswith("● steady")
    assert lines[-1] == "▲ rugmunch/staging: credentials: nobody answers"


def test_a_deleted_service_stands_first_with_its_age() -> None:
    """Not at the bottom with what was drained; the JSON has the readings that tell it."""
    clock = FakeClock()
    gone = a_picture(
        status=a_service(status="INACTIVE", desired=0, running=0, deployments=()),
        diagnosis=Diagnosis(ServiceState.DELETED, "deleted: no tasks"),
        deletion=Deletion(ago(180), ago(195)),
    )
    failing = a_picture(
        address=Address("rugmunch", "production", "worker"), diagnosis=Diagnosis(ServiceState.FAILING)
    )
    lines = table([an_environment_picture(failing, gone)], clock)
    assert lines[1].startswith("⊘ DELETED 3 min ago  rugmunch-api")
    assert table([an_environment_picture(gone)], clock, ascii_only=True)[1].startswith("D DELETED")
    facts = service_facts(gone, clock)
    assert facts["state"] == "deleted"
    assert facts["deleted"] == {"seen_at": utc(ago(180)), "there_at": utc(ago(195))}


def test_without_utf8_the_table_is_ascii() -> None:
    """Symbols have letters of their own."""
    lines = table([an_environment_picture()], FakeClock(), ascii_only=True)
    assert all(line.isascii() for line in lines)
    assert lines[1].startswith("o steady")
    assert str(ADDRESS.service) in lines[1]


def test_where_nobody_answers_status_says_so_instead_of_a_share() -> None:
    """Fault ``oom``: no error among the 7 requests that had a target, and no task that runs."""
    row = a_picture(status=a_service(running=0), figures=some_figures(requests=7, errors=0))
    facts = service_facts(row, FakeClock())
    assert facts["figures"]["error_share"] is None  # type: ignore[index]
    assert facts["errors"]["state"] == "nobody answers"  # type: ignore[index]
    head, line = table([an_environment_picture(row)], FakeClock())
    assert line[head.index("errors") :].startswith("nobody ")


def test_the_table_has_a_column_for_what_anything_is_known_of() -> None:
    """Errors, p95, who and the way back: none of them where no service has any."""
    bare = table([an_environment_picture(a_picture(figures=None))], FakeClock())
    assert "errors" not in bare[0]
    back = WayBack(NOW, version="v1.4.1", safe_s=107.0, proven=True, deployment=OLD_DEPLOYMENT)
    row = a_picture(figures=some_figures(errors=101), deployed_by="ci", way_back=back)
    head, line = table([an_environment_picture(row)], FakeClock())
    every = "state service environment tasks version rollout errors p95 age by back why"
    assert head.split() == every.split()
    for column, said in (("errors", "8.4 %"), ("p95", "184 ms"), ("by", "ci"), ("back", "v1.4.1 ~1:47")):
        assert line[head.index(column) :].startswith(said)


def test_tasks_of_one_deployment_that_run_different_images_are_told() -> None:
    """A tag that moved between two starts: in words, and by digest in JSON."""
    seen = an_observation()
    one, other = seen.tasks[0], seen.tasks[1]
    images = tuple(replace(item, digest=NEW_DIGEST) for item in other.containers)
    row = a_picture(tasks=(one, replace(other, containers=images)), tasks_as_of=ago(-1))
    assert "its tasks run different images" in table([an_environment_picture(row)], FakeClock())[1]
    runs = service_facts(row, FakeClock())["runs"]
    assert isinstance(runs, dict)
    assert runs["mixed"]
    assert {item["digests"][0] for item in runs["images"]} == {OLD_DIGEST, NEW_DIGEST}


def test_json_and_table_say_how_old_figures_are() -> None:
    """Older than two periods they are *old*."""
    clock = FakeClock()
    fresh, old = (a_picture(figures=some_figures(at=ago(age))) for age in (60, 240))
    facts = service_facts(fresh, clock)["figures"]
    assert isinstance(facts, dict) and (facts["age_s"], facts["old"]) == (60.0, False)
    assert service_facts(old, clock)["figures"]["old"] is True  # type: ignore[index]
    head, line = table([an_environment_picture(old)], clock)
    assert line[head.index("errors") :].startswith("0.0 % 4m ago")
