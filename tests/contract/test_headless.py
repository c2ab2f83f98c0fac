"""The five systems by the real command line, as CI and scripts run it: forward, back, empty and full again,
and what each handbook does besides. Exit codes, verdicts, and the journal's account of all of it."""

from dataclasses import dataclass

import pytest

from tests.contract.command_line import served

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(600)]

DONE, BACK, PAUSED = (0, "SUCCEEDED"), (1, "ROLLED_BACK"), (5, "PAUSED")
BAKING, BROKEN = (0, "BAKING"), (1, "FAILED")


@dataclass(frozen=True)
class Line:
    """One command, without the address and its confirmation, and how it ends."""

    words: str
    ends: tuple[int, str]


STEPS = {
    "rugmunch/production/worker": (
        Line("deploy --version good", DONE),
        Line("deploy --version crash", BACK),
        Line("rollback", DONE),
        Line("drain", DONE),
        Line("undrain", DONE),
        Line("scale --desired 3 --max 25", DONE),
        Line("restart", DONE),
    ),
    "rugmunch-codedeploy/production/api": (
        Line("deploy --version good --until bake", BAKING),
        Line("rollback", DONE),
        Line("drain", DONE),
        Line("undrain", DONE),
    ),
    "mealplanner/production/api": (
        Line("deploy --version crash", BROKEN),
        Line("deploy --version good --until bake", BAKING),
        Line("rollback", DONE),
        Line("migrate --version good", DONE),
    ),
    "mealplanner/staging/api": (
        Line("deploy --version good", DONE),
        Line("rehearse", DONE),
        Line("rollback", DONE),
        Line("drain", DONE),
        Line("undrain", DONE),
    ),
    "clever-better/production/bot": (
        Line("deploy --version v2.9.0", DONE),
        Line("rollback", DONE),
        Line("drain", DONE),
        Line("undrain", DONE),
    ),
    "clever-better/production/@all": (
        Line("deploy --version v2.9.0", DONE),
        Line("rollback", DONE),
        Line("restart", DONE),
    ),
    "fairtradeworker/production/api": (
        Line("rollback", DONE),
        Line("deploy --version oom", BACK),
        Line("drain", DONE),
        Line("undrain", DONE),
        Line("restore", PAUSED),
        Line("restore --answer yes", PAUSED),
        Line("restore --answer yes", DONE),
    ),
    "swapjoy/production/api": (
        Line("deploy --version good", PAUSED),
        Line("continue --refuse", DONE),
        Line("deploy --version good", BACK),  # the same command follows it to its end
        Line("deploy --version good --continue-hooks --until safe", BAKING),
        Line("rollback --direct", DONE),
        Line("drain", DONE),
        Line("undrain", DONE),
    ),
}
VALIDATED = ("mealplanner/staging/api", "clever-better/production/@all", "fairtradeworker/production/api")
"""What is well at the end, and is asked whether it is."""


@pytest.mark.parametrize("address", STEPS)
def test_a_system_is_run_by_commands_alone(address: str) -> None:
    """Each command ends as it should, with its exit code; the journal holds each once, ended and in order."""
    with served("--speed", "60", "--fleet", address.partition("/")[0]) as line:
        for step in STEPS[address]:
            verb, *more = step.words.split()
            run = line.run(verb, address, *more, *confirmed(verb, address))
            assert (run.code, run.last["verdict"]) == step.ends, (step, run.last["reason"])
            assert not run.errors
        if address in VALIDATED:
            asked = line.run("validate", address)
            for _ in range(10):  # some of it looks back over minutes in which nothing served
                if asked.code == 0:
                    break
                asked = line.run("validate", address)
            assert asked.code == 0, [item["text"] for item in asked.lines if "NG" in item["text"]]

        records = line.run("journal", "list", "--limit", "100").last["operations"]
        assert not [item for item in records if item["verdict"] is None]
        for record in records:
            entries = line.run("journal", "show", record["id"]).last["entries"]
            names = [item["event"] for item in entries]
            assert "verdict" in names, names


def confirmed(verb: str, address: str) -> tuple[str, ...]:
    """What confirms a command."""
    return () if verb in ("rehearse",) else ("--confirm", address)
