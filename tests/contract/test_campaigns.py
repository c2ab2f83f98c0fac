"""Many seeds, many steps: a slice in every run, the whole in ``make campaign``."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.command_line import ALL_S, CommandLine, served
from tests.contract.conftest import SandboxFactory
from tests.contract.shared_world import API, MARKET, STAGING, WORKER, SharedWorld, open_world, pretty
from tests.fakes import FakeClock

pytestmark = pytest.mark.timeout(ALL_S)

SOAK_S = 30 * 60 + 60.0
SLICE = 1


def seeds(count: int) -> list[object]:
    """The first few in every run, the rest in campaigns."""
    return [
        pytest.param(seed, marks=[pytest.mark.campaign] if seed >= SLICE else []) for seed in range(count)
    ]


def world(
    seed: int, make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> SharedWorld:
    clock = FakeClock()
    sandbox = make_sandbox("rugmunch", "fairtradeworker", seed=seed, clock=clock)
    return open_world(sandbox, clock, monkeypatch, tmp_path)


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("seed", seeds(40))
def test_no_sequence_of_deploys_and_rollbacks_goes_back_to_what_was_judged_bad(
    seed: int, make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Deploys good and bad, past the console and through it, soaked or not, then rollbacks: a proven
    target is never a version that ECS or a rollback left, unless it was deployed anew."""
    shared = world(seed, make_sandbox, monkeypatch, tmp_path)
    chance = random.Random(seed)
    bad: set[str] = set()
    for _ in range(8):
        step = chance.choice(["good", "error-spike", "crash", "slow-start", "rollback", "rollback"])
        if chance.random() < 0.5:
            shared.wait(SOAK_S)
        plan = (
            shared.engine().plan_rollback(API)
            if step == "rollback"
            else shared.engine().plan_deploy(API, step)
        )
        target, source = str(plan.target.digest), str(plan.source.digest)
        if step == "rollback":
            assert target != source
            assert not (plan.proven and target in bad), f"{plan.target.version} was judged bad"
        verdict = shared.run(shared.engine(), plan)
        if step == "rollback" and verdict["verdict"] == "SUCCEEDED":
            bad.add(source)
            assert verdict["running"]["digest"] == target, pretty(verdict)
        elif verdict["verdict"] == "ROLLED_BACK":
            bad.add(target)
            assert verdict["running"]["digest"] == source, pretty(verdict)
        elif step != "rollback" and verdict["verdict"] == "SUCCEEDED":
            bad.discard(target)


VERBS = {
    "stop": (("rollback", str(MARKET), "--confirm", str(MARKET)), "ecs.StopServiceDeployment"),
    "deploy": (("deploy", str(STAGING), "--version", "good"), "ecs.UpdateService"),
    "update": (("rollback", str(STAGING)), "ecs.UpdateService"),
}
STEPS = ("plan", "confirmed", "compared", "preparing", "registered", "sent", "accepted", "progress")


@pytest.mark.parametrize("step", [*STEPS, "safe", "done"])
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.campaign
def test_killed_at_any_step_an_operation_is_finished_and_nothing_is_sent_twice(verb: str, step: str) -> None:
    """``kill -9`` of the real process as soon as it says the step; then the same command again."""
    words, operation = VERBS[verb]
    with served("--speed", "30") as line:
        before = 0
        if verb == "update":
            assert line.run("deploy", str(STAGING), "--version", "error-spike").code == 0
            before = line.calls(operation)
        said = line.killed_after(step, *words)
        if said[-1] != step:
            pytest.skip(f"{verb} never says {step}")

        resumed = line.run(*words)
        if resumed.last["verdict"] in ("REFUSED", "FAILED"):  # it ended before it was sent
            assert line.calls(operation) == before
            resumed = line.run(*words)

        assert resumed.last["verdict"] in ("SUCCEEDED", "NOTHING_CHANGED"), resumed.last
        assert line.calls(operation) - before <= 1
        assert_one_end_each(line)


@dataclass(frozen=True)
class Walked:
    """A verb that leaves the version as it is, to be killed at its every step."""

    words: tuple[str, ...]
    """The command; on the worker of the bot."""
    sends: dict[str, int]
    """How often each changing call is received in the end."""
    before: tuple[tuple[str, ...], ...] = ()
    """Commands that come first."""
    desired: int = 2

    def command(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return (words[0], str(WORKER), *words[1:], "--confirm", str(WORKER))


COUNT, LIMITS = "ecs.UpdateService", "application-autoscaling.RegisterScalableTarget"
WALKED = {
    "drain": Walked(("drain",), {COUNT: 1, LIMITS: 1}, desired=0),
    "undrain": Walked(("undrain",), {COUNT: 1, LIMITS: 1}, before=(("drain",),)),
    "scale": Walked(("scale", "--desired", "3", "--max", "25"), {COUNT: 1, LIMITS: 1}, desired=3),
    "restart": Walked(("restart",), {COUNT: 1}),
}
WALK_STEPS = ("plan", "confirmed", "compared", "sent", "performed", "progress", "reached", "accepted", "safe")
SLICED = {("drain", "performed", 1), ("undrain", "reached", 1), ("scale", "sent", 2)}
"""What is killed in every run."""


def walks() -> list[object]:
    """Every step of every verb, the first and the second time that it is said."""
    return [
        pytest.param(verb, step, nth, marks=() if (verb, step, nth) in SLICED else pytest.mark.campaign)
        for verb in WALKED
        for step in WALK_STEPS
        for nth in (1, 2)
        if nth == 1 or step in ("sent", "performed", "reached")
    ]


@pytest.mark.parametrize(("verb", "step", "nth"), walks())
def test_killed_at_any_step_a_walk_is_taken_up_and_nothing_is_sent_twice(
    verb: str, step: str, nth: int
) -> None:
    """``kill -9`` as soon as it says the step; the same command until nothing is left: the state that one
    run would have left, and each call once."""
    walked = WALKED[verb]
    with served("--speed", "60") as line:
        for words in walked.before:
            assert line.run(*walked.command(words)).code == 0
        before = {operation: line.calls(operation) for operation in walked.sends}
        said = line.killed_after(step, *walked.command(walked.words), nth=nth)
        if said.count(step) < nth:
            pytest.skip(f"{verb} never says {step} so often")

        for _ in range(3):
            again = line.run(*walked.command(walked.words))
            if again.code == 0:
                break
            assert again.last["verdict"] in ("REFUSED", "FAILED"), again.last

        # once it is taken back there is nothing left to take back, and that is said
        taken_back = verb == "undrain" and "knows of no drain" in str(again.last)
        assert taken_back or again.code == 0, again.last
        sent = {operation: line.calls(operation) - before[operation] for operation in walked.sends}
        assert sent == walked.sends
        (environment,) = line.run("status", str(WORKER)).last["environments"]
        assert environment["services"][0]["desired"] == walked.desired
        assert_one_end_each(line)


@dataclass(frozen=True)
class Shipped:
    """A verb that ships or decides, to be killed at its every step."""

    fleet: str
    words: tuple[str, ...]
    sends: dict[str, int]
    """How often each changing call is received in the end, however often it was started."""
    steps: tuple[str, ...]
    """What it says, in its order; with a number where it says it for the nth time."""
    before: tuple[tuple[str, ...], ...] = ()
    """Commands that come first."""
    says: str = "SUCCEEDED"


SHIP, TASK, SNAPSHOT = "ecs.UpdateService", "ecs.RunTask", "rds.CreateDBSnapshot"
MEALS, SWAPS, TRADING = "mealplanner/production/api", "swapjoy/production/api", "clever-better/staging/@all"
PAUSED = ("deploy", SWAPS, "--version", "good", "--confirm", SWAPS)
SHIPPED = {
    "migrating deploy": Shipped(
        "mealplanner",
        ("deploy", MEALS, "--version", "good", "--until", "safe", "--confirm", MEALS),
        {SNAPSHOT: 1, TASK: 1, SHIP: 1},
        (
            *("plan", "confirmed", "compared", "sent", "performed", "reached", "sent 2", "performed 2"),
            *("progress", "reached 2", "preparing", "registered", "sent 3", "accepted", "safe"),
        ),
        says="BAKING",
    ),
    "migrate": Shipped(
        "mealplanner",
        ("migrate", MEALS, "--version", "good", "--confirm", MEALS),
        {SNAPSHOT: 1, TASK: 1},
        ("confirmed", "sent", "performed", "reached", "sent 2", "performed 2", "reached 2"),
    ),
    "continue": Shipped(
        "swapjoy",
        ("continue", SWAPS, "--confirm", SWAPS),
        {"ecs.ContinueServiceDeployment": 1},
        ("plan", "confirmed", "compared", "sent", "performed", "reached"),
        before=(PAUSED,),
    ),
    "refuse": Shipped(
        "swapjoy",
        ("rollback", SWAPS, "--confirm", SWAPS),
        {"ecs.ContinueServiceDeployment": 1},
        ("confirmed", "compared", "sent", "accepted", "progress"),
        before=(PAUSED,),
    ),
    "direct rollback": Shipped(
        "swapjoy",
        ("rollback", SWAPS, "--direct", "--confirm", SWAPS),
        {SHIP: 2},
        (
            *("confirmed", "registered", "sent", "accepted", "progress", "safe", "done"),
            *("sent 2", "performed", "reached"),
        ),
    ),
    "group": Shipped(
        "clever-better",
        ("deploy", TRADING, "--version", "good"),
        {SHIP: 3},
        ("wave", "confirmed", "confirmed 3", "sent", "sent 2", "accepted 3", "safe", "done 2", "verdict"),
    ),
    "restarted group": Shipped(
        "clever-better",
        ("restart", TRADING),
        {SHIP: 3},
        ("confirmed 2", "sent 2", "accepted", "safe 2", "verdict"),
    ),
}
SHIPPED_SLICE = {("continue", "performed")}
"""What is killed in every run."""


def ships() -> list[object]:
    """Every step of every verb."""
    return [
        pytest.param(name, step, marks=() if (name, step) in SHIPPED_SLICE else pytest.mark.campaign)
        for name, ship in SHIPPED.items()
        for step in ship.steps
    ]


@pytest.mark.parametrize(("name", "step"), ships())
def test_killed_at_any_step_what_ships_ends_as_if_it_had_not_been(name: str, step: str) -> None:
    """``kill -9`` as soon as it says the step; the same command until it is done: the verdict of one run,
    and each call once, whoever made it."""
    ship = SHIPPED[name]
    with served("--speed", "60", "--fleet", ship.fleet) as line:
        for words in ship.before:
            assert line.run(*words).code == 5
        before = {operation: line.calls(operation) for operation in ship.sends}
        event, _, nth = step.partition(" ")
        said = line.killed_after(event, *ship.words, nth=int(nth or 1))
        assert said.count(event) == int(nth or 1), said

        told = []
        for _ in range(4):
            again = line.run(*ship.words)
            told.append(again.last)
            if again.code == 0:
                break
            assert again.last["verdict"] in ("REFUSED", "FAILED", "MIXED", "PAUSED"), told

        decided = name == "continue" and "nothing is paused" in str(again.last)
        assert decided or again.last["verdict"] in (ship.says, "SUCCEEDED", "NOTHING_CHANGED"), told
        sent = {operation: line.calls(operation) - before[operation] for operation in ship.sends}
        assert sent == ship.sends, told


def assert_one_end_each(line: CommandLine) -> None:
    """Every operation of the journal has exactly one verdict."""
    for record in line.run("journal", "list").last["operations"]:
        entries = line.run("journal", "show", record["id"]).last["entries"]
        assert [item["event"] for item in entries].count("verdict") == 1, entries
