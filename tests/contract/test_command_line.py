"""The verbs as CI and people run them: real processes against a sandbox that runs fast."""

import json
import signal
from collections.abc import Iterator

import pytest

from tests.contract.command_line import ALL_S, PATIENCE_S, CommandLine, served

pytestmark = pytest.mark.timeout(ALL_S)

API = "rugmunch/production/api"
STAGING = "fairtradeworker/staging/api"
MARKET = "fairtradeworker/production/api"


@pytest.fixture
def line() -> Iterator[CommandLine]:
    """Both fleets at thirty times their speed."""
    with served("--speed", "30") as command_line:
        yield command_line


@pytest.fixture(scope="module")
def unchanged() -> Iterator[CommandLine]:
    """The same, for those that change nothing in it."""
    with served("--speed", "30") as command_line:
        yield command_line


def test_deploys_end_with_their_verdicts(line: CommandLine) -> None:
    """Out of memory: rolled back by ECS, exit 1; good: exit 0; the same again: nothing changed, exit 0."""
    bad = line.run("deploy", STAGING, "--version", "oom")
    good = line.run("deploy", STAGING, "--version", "good", "--confirm", "fairtradeworker/staging/api")
    again = line.run("deploy", STAGING, "--version", "good")

    assert (bad.code, bad.last["verdict"], bad.last["by"]) == (1, "ROLLED_BACK", "ecs"), bad.last
    assert (good.code, good.last["verdict"]) == (0, "SUCCEEDED"), good.last
    assert (again.code, again.last["verdict"]) == (0, "NOTHING_CHANGED"), again.last
    for run in (bad, good, again):
        assert not run.errors
        assert all({"event", "at", "operation"} <= item.keys() for item in run.lines)
        assert {"from", "to", "mechanism", "ordered_s", "safe_s", "done_s", "reason"} <= run.last.keys()


def test_production_wants_its_name_and_a_dry_run_sends_nothing(unchanged: CommandLine) -> None:
    """Exit 3 without it or with another; a dry run shows the plan and ends with no verdict."""
    for words in ((), ("--confirm", "production/worker"), ("--confirm", "production/api")):
        refused = unchanged.run("rollback", MARKET, *words)
        assert (refused.code, refused.last["verdict"]) == (3, "REFUSED"), refused.last
        assert refused.last["to"]["version"]
    dry = unchanged.run("rollback", MARKET, "--dry-run")

    assert (dry.code, dry.last["verdict"]) == (0, None)
    assert unchanged.calls("ecs.StopServiceDeployment") == unchanged.calls("ecs.UpdateService") == 0


@pytest.mark.parametrize("step", ["sent", "accepted"])
def test_a_killed_rollback_is_found_and_finished_without_sending_again(line: CommandLine, step: str) -> None:
    """The same command joins it; the order was received once."""
    said = line.killed_after(step, "rollback", MARKET, "--confirm", MARKET)
    assert said[-1] == step

    resumed = line.run("rollback", MARKET, "--confirm", MARKET)

    assert line.calls("ecs.StopServiceDeployment") <= 1
    if step == "accepted":
        assert (resumed.code, resumed.last["verdict"]) == (0, "SUCCEEDED"), resumed.last
        assert line.calls("ecs.StopServiceDeployment") == 1
    assert [item["event"] for item in resumed.lines if item["event"] == "sent"] == []
    journal = line.run("journal", "list")
    assert len(journal.last["operations"]) == 1


def test_status_is_one_object_with_every_service(unchanged: CommandLine) -> None:
    """The bad rollout is failing; counts are numbers; nothing is held."""
    status = unchanged.run("status")

    services = {
        item["address"]: item
        for environment in status.last["environments"]
        for item in environment["services"]
    }
    assert status.code == 0
    assert services[MARKET]["state"] == "failing"
    assert services[MARKET]["rollout"]["status"] == "IN_PROGRESS"
    assert {services[API]["state"], services[STAGING]["state"]} == {"steady"}
    assert services[API]["running"] == services[API]["desired"] == 2


def test_a_mistake_is_one_clear_line_and_exit_2(unchanged: CommandLine, tmp_path: object) -> None:
    """Unknown service, version not in the registry, expired credentials, nobody there, unknown key."""
    for words, text in (
        (("status", "rugmunch/prod"), "rugmunch/prod"),
        (("deploy", "rugmunch/production/apy", "--version", "good"), "rugmunch/production/apy"),
        (("deploy", API, "--version", "v9.9.9", "--confirm", API), "v9.9.9"),
    ):
        run = unchanged.run(*words)
        assert run.code == 2, run
        assert len(run.errors.strip().splitlines()) == 1
        assert text in run.errors
        assert run.last["error"]["message"]
    unchanged.fault("*", "ExpiredTokenException", count=50)
    expired = unchanged.run("deploy", API, "--version", "good", "--confirm", API)
    unchanged.control("DELETE", "faults")
    assert (expired.code, expired.last["error"]["title"]) == (2, "credentials"), expired.last
    assert "Traceback" not in expired.errors


def test_status_says_why_an_environment_cannot_be_read(line: CommandLine) -> None:
    """Printed all the same, counts null, exit 2."""
    line.process.kill()
    line.process.wait(20)

    run = line.run("status")

    assert run.code == 2
    assert all(item["error"]["title"] == "endpoint" for item in run.last["environments"])
    assert run.last["environments"][0]["services"][0]["running"] is None


def test_contact_lost_after_sending_is_unknown_and_found_out_later(line: CommandLine) -> None:
    """Expired credentials while it is watched: exit 4 in the end, and the same command finds out."""
    process = line.start("deploy", STAGING, "--version", "good", "--json")
    assert process.stdout is not None
    for text in process.stdout:
        if json.loads(text)["event"] == "accepted":
            line.fault("*", "ExpiredTokenException", count=100_000)
            break
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 4, output
    assert json.loads(output.splitlines()[-1])["verdict"] == "UNKNOWN"

    line.control("DELETE", "faults")
    again = line.run("deploy", STAGING, "--version", "good")

    assert (again.code, again.last["verdict"]) == (0, "SUCCEEDED"), again.last
    assert line.calls("ecs.UpdateService") == 1
