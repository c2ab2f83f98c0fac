"""One run by its seed: a service, an order, and what goes wrong before, during and after it."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from console.config.settings import ServiceSettings
from console.domain.address import Address
from console.domain.operation import Plan, Verb, Verdict
from console.domain.wish import Wish
from console.errors import QuarterdeckError
from console.operations.engine import Engine
from console.operations.witness import Witness
from tests.builders import NOW
from tests.campaigns import claims
from tests.campaigns.judge import Claim, FalseGreen, Promise, Word
from tests.campaigns.world import Desk, opened
from tests.contract.fleet_cells import (
    BOT,
    CODE_DEPLOY,
    INGESTION,
    MEALS,
    MEALS_STAGING,
    ML,
    SWAPJOY,
    Image,
)
from tests.contract.shared_world import API, MARKET, STAGING, WORKER, shipped_by_codedeploy

SWAPJOY_STAGING = Address("swapjoy", "staging", "api")
ML_STAGING = Address("clever-better", "staging", "ml-service")
ROLLING = (API, WORKER, MARKET, STAGING, MEALS_STAGING, BOT, ML, INGESTION, ML_STAGING)
SHIFTING = (MEALS, SWAPJOY, SWAPJOY_STAGING)
STRATEGIES: dict[str, dict[str, Any]] = {
    "blue/green": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 2},
    "linear": {
        "strategy": "LINEAR",
        "bakeTimeInMinutes": 1,
        "linearConfiguration": {"stepPercent": 50.0, "stepBakeTimeInMinutes": 1},
    },
    "canary": {
        "strategy": "CANARY",
        "bakeTimeInMinutes": 1,
        "canaryConfiguration": {"canaryPercent": 20.0, "canaryBakeTimeInMinutes": 2},
    },
}
GOOD = ("healthy", "healthy", "healthy", "slow-start")
BAD = ("oom", "crash", "limping", "unhealthy", "error-spike", "latency-spike")
FAULTS = (
    "oom",
    "oom",
    "crash",
    "limping",
    "unhealthy",
    "error-spike",
    "5xx-burst",
    "latency-spike",
    "az-lost",
)
LOST = (
    "ecs.DescribeServices",
    "ecs.DescribeTasks",
    "ecs.ListTasks",
    "ecs.ListServiceDeployments",
    "ecs.DescribeServiceDeployments",
    "ecs.DescribeServiceRevisions",
    "elbv2.DescribeTargetHealth",
    "elbv2.DescribeRules",
    "codedeploy.GetDeployment",
    "codedeploy.BatchGetDeploymentTargets",
    "ecr.DescribeImages",
    "cloudwatch.GetMetricData",
)
ERRORS = ("ThrottlingException", "AccessDeniedException", "InternalFailure", "ServiceUnavailable")
AFTER_S = 150.0
"""The world goes on for so long once the last order has ended."""


@dataclass
class Report:
    """One run, as the campaign counts it."""

    seed: int
    case: str
    claims: dict[Word, int]
    false: list[FalseGreen]
    log: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        found = "".join(f"\n    {one}" for one in self.false)
        return f"seed {self.seed}: {self.case}{found}"


@dataclass(frozen=True)
class Case:
    """What a seed stands for."""

    address: Address
    act: str
    strategy: str
    troubles: tuple[tuple[str, str], ...]
    """When (``before``, ``during``, ``after``), and what."""
    killed: bool

    def __str__(self) -> str:
        told = ", ".join(f"{what} {when}" for when, what in self.troubles) or "no trouble"
        killed = ", killed and resumed" if self.killed else ""
        return f"{self.act} {self.address} {self.strategy}: {told}{killed}"


ACTS = (
    *("deploy good", "deploy bad", "rollback", "restart", "scale", "drain", "watch", "idle"),
    *("deploy good", "rollback in flight", "restart moved", "undrain", "twice"),
)


def case_of(seed: int) -> Case:
    """The case of a seed: kinds of orders and services take turns, the rest is chance."""
    chance = random.Random(seed)
    act = ACTS[seed % len(ACTS)]
    places = (*ROLLING, *SHIFTING, *SHIFTING, CODE_DEPLOY, CODE_DEPLOY)
    address = places[seed * 7 % len(places)]
    strategy = "rolling"
    if address in SHIFTING:
        strategy = chance.choice(list(STRATEGIES))
    if address == CODE_DEPLOY:
        strategy = "CodeDeploy"
        act = {"restart": "deploy good", "restart moved": "deploy bad", "twice": "watch"}.get(act, act)
    if address == MEALS and act == "scale":
        act = "migrate"
    if address in (STAGING, MEALS_STAGING, ML_STAGING, SWAPJOY_STAGING) and chance.random() < 0.25:
        act = "rehearse"
    whens = ("before", "during", "during", "during", "after", "after")
    kinds = ("fault", "fault", "deleted", "tag", "second", "lost", "lost", "scaled", "stopped")
    troubles = tuple(
        sorted(
            (chance.choice(whens), chance.choice(kinds)) for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3)))
        )
    )
    return Case(address, act, strategy, troubles, killed=chance.random() < 0.2)


def run(seed: int, folder: Path) -> Report:
    """Carry one seed out, and say what was claimed and what of it was false."""
    case = case_of(seed)
    with opened(case.address, seed, folder) as desk:
        desk.log = []
        Run(desk, case).carry_out()
        return Report(seed, str(case), desk.trial.counts, desk.trial.found, desk.log)


class Run:
    """The hands of everybody in one run: the operator, a colleague, and chance."""

    def __init__(self, desk: Desk, case: Case) -> None:
        self.desk, self.case, self.chance = desk, case, desk.chance
        # CodeDeploy keeps the old task set for an hour: nobody waits for that
        self._timeout_s = 420.0 if case.strategy == "CodeDeploy" else 900.0

    def carry_out(self) -> None:
        desk = self.desk
        if self.case.strategy in STRATEGIES:
            self.as_operator(
                lambda ecs, names: ecs.update_service(
                    **names, deploymentConfiguration=STRATEGIES[self.case.strategy]
                )
            )
        desk.begin()
        desk.wait(30)
        self._troubles("before", 0, 30)
        desk.wait(self.chance.uniform(15, 60))
        self._troubles("during", 10, 200)
        getattr(self, "_" + self.case.act.replace(" ", "_"))()
        self._troubles("after", 5, 60)
        desk.wait(AFTER_S)

    # orders

    def _deploy_good(self) -> None:
        self.order(Wish(Verb.DEPLOY, self.desk.address, version=self.image(self.chance.choice(GOOD)).tag))

    def _deploy_bad(self) -> None:
        self.order(Wish(Verb.DEPLOY, self.desk.address, version=self.image(self.chance.choice(BAD)).tag))

    def _rollback(self) -> None:
        """Of what CI has shipped, and is done."""
        self.ship(self.image(self.chance.choice(("error-spike", "latency-spike", "limping"))).tag)
        self.desk.wait(self.chance.uniform(260, 420))
        self._go_back()

    def _rollback_in_flight(self) -> None:
        self.ship(self.image(self.chance.choice(BAD)).tag)
        self.desk.wait(self.chance.uniform(20, 160))
        self._go_back()

    def _go_back(self) -> None:
        direct = self.case.strategy in STRATEGIES and self.chance.random() < 0.5
        self.order(Wish(Verb.ROLLBACK, self.desk.address, direct=direct))

    def _restart(self) -> None:
        self.order(Wish(Verb.RESTART, self.desk.address))

    def _restart_moved(self) -> None:
        self.trouble("tag")
        self.order(Wish(Verb.RESTART, self.desk.address))

    def _scale(self) -> None:
        desired = self.chance.choice((1, 3, 4, 5))
        self.order(Wish(Verb.SCALE, self.desk.address, desired=desired))

    def _drain(self) -> None:
        self.order(Wish(Verb.DRAIN, self.desk.address))

    def _undrain(self) -> None:
        self.order(Wish(Verb.DRAIN, self.desk.address))
        self.desk.wait(self.chance.uniform(10, 60))
        self.order(Wish(Verb.UNDRAIN, self.desk.address))

    def _migrate(self) -> None:
        self.order(Wish(Verb.MIGRATE, self.desk.address))

    def _idle(self) -> None:
        self.desk.wait(240)

    def _twice(self) -> None:
        """A deploy, and a rollback of it."""
        self._deploy_good()
        self.desk.wait(self.chance.uniform(10, 90))
        self._go_back()

    def _rehearse(self) -> None:
        desk = self.desk
        engine = desk.engine()
        try:
            plan = engine.plan(Wish(Verb.ROLLBACK, desk.address, direct=True))
        except QuarterdeckError as error:
            desk.note(f"no rehearsal: {error}")
            return
        legs = _Legs(plan)
        desk.carry(engine.rehearse(desk.address), legs)

    def _watch(self) -> None:
        """CI ships, and somebody watches."""
        self.watch(self.image(self.chance.choice((*GOOD, *BAD))))

    def watch(self, image: Image) -> None:
        """CI ships that image, and somebody watches to the verdict."""
        desk = self.desk
        with desk.truthful():
            self.ship(image.tag)
        desk.wait(self.chance.uniform(2, 40))
        platform = desk.shared.connections[desk.address.place].platform
        watching = _Watching(image, desk.clock.now().timestamp())
        witness = Witness(platform, desk.service, desk.clock, timeout_s=self._timeout_s)
        desk.carry(witness.watch(), watching)

    def order(self, wish: Wish) -> None:
        """Plan, confirm and follow; killed and resumed where the case says so."""
        desk = self.desk
        hooks = self.chance.choice(("continue", "continue", "stop"))
        until = self.chance.choice(("done", "done", "safe", "bake")) if wish.verb is Verb.DEPLOY else "done"
        engine = desk.engine(timeout_s=self._timeout_s, until=until, hooks=hooks, asks="stop")
        plan = self._planned(engine, wish)
        if plan is None:
            return
        self._say_proven(plan)
        said = claims.Said(plan, desk.clock.now())
        stop_after = self.chance.randrange(4, 40) if self.case.killed else None
        done = desk.carry(engine.execute(plan, str(desk.address)), said, stop_after=stop_after)
        if not done:
            desk.note("killed")
            desk.said = None
            desk.wait(self.chance.uniform(31, 120))
            self._resume(plan, said)
        if said.verdict == Verdict.SUCCEEDED.value and plan.verb is Verb.ROLLBACK and plan.source.digest:
            desk.trial.judge.condemned.add(plan.source.digest)

    def _planned(self, engine: Engine, wish: Wish) -> Plan | None:
        """Whoever is refused tries again a few times."""
        for _ in range(4):
            try:
                return engine.plan(wish)
            except QuarterdeckError as error:
                self.desk.note(f"no plan of a {wish.verb.value}: {error}")
                self.desk.wait(30)
        return None

    def _resume(self, plan: Plan, said: claims.Said) -> None:
        engine = self.desk.engine(timeout_s=self._timeout_s, hooks="continue", asks="stop")
        with_id = engine.attachable(plan.verb, plan.address)
        if with_id is not None:
            self.desk.carry(engine.resume(with_id.id, goes_on=True), said)

    def _say_proven(self, plan: Plan) -> None:
        said = tuple(claims.of_plan(plan))
        if said:
            with self.desk.truthful():
                self.desk.trial.look()
                for claim in said:
                    self.desk.trial.made(claim)

    # trouble

    def _troubles(self, when: str, first_s: float, last_s: float) -> None:
        for moment, what in self.case.troubles:
            if moment == when:
                self.desk.later(self.chance.uniform(first_s, last_s), partial(self.trouble, what))

    def trouble(self, what: str) -> None:
        self.desk.note(f"trouble: {what}")
        try:
            with self.desk.truthful():
                self._TROUBLES[what](self)
        except ClientError as error:
            self.desk.note(f"which AWS refuses: {error}")
        except (StopIteration, QuarterdeckError, ValueError, KeyError) as error:
            self.desk.note(f"which comes to nothing: {error!r}")

    def _fault(self) -> None:
        name = self.chance.choice(FAULTS)
        address = self.desk.address
        body = {
            **{"fault": name, "fleet": address.system, "environment": address.environment},
            **{"service": address.alias, "seconds": self.chance.choice((60, 180, 600))},
        }
        status, answer = self.desk.shared.sandbox.control("POST", "world", body)
        self.desk.note(f"fault {name}: {status} {answer if status != 200 else ''}")

    def _deleted(self) -> None:
        self.as_operator(lambda ecs, names: ecs.delete_service(**names, force=True))

    def _tag(self) -> None:
        """The tag that runs is pushed again."""
        desk, ecs = self.desk, self.desk.client("ecs")
        repository, ecr = desk.trial.judge.site.repository, desk.client("ecr")
        known = ecr.describe_images(repositoryName=repository)["imageDetails"]
        found = ecs.describe_services(cluster=desk.service.cluster, services=[desk.service.service])[
            "services"
        ]
        definition = (found[0].get("taskSets") or found)[0]["taskDefinition"]
        described = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
        image = described["containerDefinitions"][0]["image"]
        tag = "latest" if "@" in image else image.rpartition(":")[2]
        other = self.chance.choice([item for item in known if item.get("imageTags")])
        read = ecr.batch_get_image(
            repositoryName=repository, imageIds=[{"imageDigest": other["imageDigest"]}]
        )["images"][0]
        desk.note(f"{tag} now is {other['imageTags']}")
        ecr.put_image(repositoryName=repository, imageManifest=read["imageManifest"], imageTag=tag)

    def _second(self) -> None:
        """Somebody else deploys."""
        if self.case.strategy != "CodeDeploy" and self.chance.random() < 0.4:
            self.as_operator(lambda ecs, names: ecs.update_service(**names, forceNewDeployment=True))
        else:
            self.ship(self.image(self.chance.choice((*GOOD, *BAD))).tag)

    def _scaled(self) -> None:
        count = self.chance.choice((1, 3, 5))
        self.as_operator(lambda ecs, names: ecs.update_service(**names, desiredCount=count))

    def _stopped(self) -> None:
        """Somebody stops a task."""

        def stop(ecs: Any, names: dict[str, str]) -> None:
            arns = ecs.list_tasks(cluster=names["cluster"], serviceName=names["service"])["taskArns"]
            if arns:
                ecs.stop_task(cluster=names["cluster"], task=self.chance.choice(sorted(arns)))

        self.as_operator(stop)

    def _lost(self) -> None:
        """Reads that fail for a while."""
        for operation in self.chance.sample(LOST, self.chance.choice((1, 1, 2, 3))):
            error, seconds = self.chance.choice(ERRORS), self.chance.choice((15, 60, 240))
            body = {"operation": operation, "error": error, "duration": seconds}
            self.desk.note(f"{operation} fails for {seconds} s: {error}")
            self.desk.lose(body)

    _TROUBLES: ClassVar[dict[str, Callable[["Run"], None]]] = {
        "fault": _fault,
        "deleted": _deleted,
        "tag": _tag,
        "second": _second,
        "lost": _lost,
        "scaled": _scaled,
        "stopped": _stopped,
    }

    # the world, past the console

    def as_operator(self, do: Callable[[Any, dict[str, str]], object]) -> None:
        service: ServiceSettings = self.desk.service
        do(self.desk.client("ecs"), {"cluster": service.cluster, "service": service.service})

    def ship(self, tag: str) -> None:
        self.desk.note(f"CI ships {tag}")
        with self.desk.truthful(), suppress(ClientError, StopIteration):  # deleted, or under way already
            if self.case.strategy == "CodeDeploy":
                shipped_by_codedeploy(self.desk.shared, self.desk.address, tag)
            else:
                self.desk.shared.begin(self.desk.address, tag)

    def image(self, behaviour: str) -> Image:
        """An image that behaves so: of the newest two."""
        with self.desk.truthful():
            _, rows = self.desk.shared.sandbox.control("GET", "images")
        fitting = [
            row
            for row in rows
            if row["repository"] == self.desk.trial.judge.site.repository
            and row["behaviour"] == behaviour
            and (row["tag"].startswith("v") or len(row["tag"]) == 7)
            and "arm64" not in row["tag"]
        ]
        newest = sorted(fitting, key=lambda row: str(row["pushed_at"]))[-2:]
        chosen = self.chance.choice(newest)
        return Image(str(chosen["tag"]), str(chosen["digest"]))


class _Legs(claims.Said):
    """A rehearsal: every operation of it promises its own."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan, NOW)

    def take(self, event: Any) -> Iterator[Claim]:
        if event.progress is not None and event.progress.plan is not self.plan:
            super().__init__(event.progress.plan, event.progress.confirmed_at)
        yield from super().take(event)


class _Watching(claims.Said):
    """A watch of what others ordered: its success is that of what they shipped."""

    def __init__(self, image: Image, at: float) -> None:
        self.promise = Promise(image.digest, image.tag)
        self.verdict = ""

    def expected(self) -> tuple[Claim, ...]:
        return (Claim(Word.SUCCEEDED, "watch", self.promise),)

    def take(self, event: Any) -> Iterator[Claim]:
        if event.event == "verdict":
            self.verdict = str(event.facts["verdict"])
            target = event.facts.get("to") or {}
            if self.verdict == Verdict.SUCCEEDED.value:
                digest = str(target.get("digest") or self.promise.digest)
                version = str(target.get("version") or self.promise.version)
                yield Claim(Word.SUCCEEDED, "watch", Promise(digest, version))

    def displayed(self) -> Iterator[Claim]:
        return iter(())
