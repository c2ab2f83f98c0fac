"""``kill -9`` of the real process in the middle of the way back of a database: nothing is done twice, and
nothing goes on before a person says so."""

import pytest

from tests.contract.command_line import CommandLine, served

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(600)]

MARKET = "fairtradeworker/production/api"
ONCE = {"application-autoscaling.RegisterScalableTarget": 2, "rds.RestoreDBInstanceFromDBSnapshot": 1}
"""Suspended and resumed; restored."""
STEPS = (
    *("plan", "confirmed", "compared", "sent", "performed", "reached", "sent 2", "performed 2", "reached 2"),
    *("sent 3", "performed 3", "progress", "reached 3", "sent 4", "performed 4", "reached 4", "asked"),
)
"""Up to the first question; ``sent 3`` is said for the third time."""
LATER = ("performed", "reached", "sent 2", "performed 2", "accepted", "verdict")
"""After both questions were answered."""


def command(*words: str) -> tuple[str, ...]:
    return ("restore", MARKET, "--confirm", MARKET, *words)


def brought_to_its_end(line: CommandLine) -> None:
    """The same command, and *yes* to whatever it asks; the service is as it was, on the new instance."""
    told = [line.run(*command()).last]
    for _ in range(6):
        verdict = told[-1]["verdict"]
        if verdict == "SUCCEEDED":
            break
        assert verdict in ("PAUSED", "REFUSED", "FAILED"), told
        told.append(line.run(*command(*(("--answer", "yes") if verdict == "PAUSED" else ()))).last)
    assert told[-1]["verdict"] == "SUCCEEDED", told

    assert {name: line.calls(name) for name in ONCE} == ONCE, told
    (environment,) = line.run("status", MARKET).last["environments"]
    assert environment["services"][0]["desired"] == environment["services"][0]["running"] == 3
    records = line.run("journal", "list").last["operations"]
    assert records[0]["verdict"] == "SUCCEEDED"
    assert {item["verdict"] for item in records[1:]} <= {"REFUSED", "FAILED"}, records


@pytest.mark.parametrize("step", STEPS)
def test_killed_before_its_questions_a_restore_stands_until_a_person_goes_on(step: str) -> None:
    event, _, nth = step.partition(" ")
    with served("--speed", "60", "--fleet", "fairtradeworker", "--scene", "calm") as line:
        said = line.killed_after(event, *command(), nth=int(nth or 1))
        assert said.count(event) == int(nth or 1), said

        brought_to_its_end(line)


@pytest.mark.parametrize("step", LATER)
def test_killed_after_its_questions_a_restore_ends_as_if_it_had_not_been(step: str) -> None:
    event, _, nth = step.partition(" ")
    with served("--speed", "60", "--fleet", "fairtradeworker", "--scene", "calm") as line:
        assert line.run(*command()).last["verdict"] == "PAUSED"
        assert line.run(*command("--answer", "yes")).last["verdict"] == "PAUSED"
        said = line.killed_after(event, *command("--answer", "yes"), nth=int(nth or 1))
        if said.count(event) != int(nth or 1):
            pytest.skip(f"it never says {step} then")

        brought_to_its_end(line)
