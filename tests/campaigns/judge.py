"""Whether a green word is true: from what probe clients were served, and what the API says of tasks and
targets. It shares no code with the console:
test_false_green.py::test_the_judge_shares_nothing_with_the_console.

A claim is *red* at a moment with the reasons why it is false then. Reading takes time and so does drawing:
a claim counts as a false green once it was red for longer than its tolerance, without a break.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil
from typing import Any

from tests.campaigns.wire import Answer, RefusedCallError, Wire

SPREAD_S = 5.0
"""Over at least so long before a claim its probes are counted."""
FAILING_S = 180.0
"""Failed answers are counted in the newest so many seconds and in as many before them: figures of whole
minutes come late, so that only a share that was too high in both should have been seen."""
LATELY_S = 60.0
"""And in the newest minute, with one at least in the newest seconds: it is not over."""
NOBODY_S = 10.0
"""Those seconds. Nobody answers where all probes of so long have failed."""
NOBODY_LEAST = 8
FAILING_SHARE = 0.12
FAILING_LEAST = 40
"""Fewer answers tell nothing of a share."""
PAST_S = 10.0
"""What the registry and the list of deployments tell is read anew after so long."""


class Word(StrEnum):
    """What may be green."""

    SAFE = "safe"
    STEADY = "steady"
    PROVEN = "proven"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True)
class Site:
    """One service, as the API and its clients find it."""

    cluster: str
    service: str
    repository: str
    path: str
    """Where its program answers; empty: nowhere."""


@dataclass(frozen=True)
class Promise:
    """What a claim says there is."""

    digest: str = ""
    """What serves, or would; empty: whatever version."""
    version: str = ""
    """The same as people call it."""
    made_after: float | None = None
    """Tasks made before that moment are not meant; ``None``: any of the digest is."""
    desired: int | None = None
    """How many tasks there are; ``None``: as many as the service wants."""


@dataclass(frozen=True)
class Claim:
    """One green word, where and when it stood."""

    word: Word
    source: str
    """Who says so: ``operation``, ``fleet``, ``status``, ``explain`` or ``watch``."""
    promise: Promise = Promise()

    @property
    def tolerance_s(self) -> float:
        """How long it may have been false: one reading, and drawing it."""
        return _TOLERANCES[self.word, self.source]


_TOLERANCES = {
    (Word.SAFE, "operation"): 5.0,  # looked at every 2.5 s
    (Word.SUCCEEDED, "operation"): 5.0,
    (Word.SUCCEEDED, "watch"): 5.0,
    (Word.STEADY, "fleet"): 20.0,  # calm services are read every 15 s by design
    (Word.STEADY, "explain"): 20.0,
    (Word.STEADY, "status"): 2.5,  # reads when it is asked
    (Word.PROVEN, "fleet"): 20.0,
    (Word.PROVEN, "operation"): 2.5,
}


@dataclass(frozen=True)
class Seen:
    """A task, by DescribeTasks."""

    id: str
    status: str
    wanted: str
    digests: frozenset[str]
    made_at: float
    started_at: float | None
    ip: str
    health: str

    @property
    def runs(self) -> bool:
        return self.status == "RUNNING" and self.wanted == "RUNNING"


@dataclass(frozen=True)
class Truth:
    """The service at one moment; epoch seconds."""

    at: float
    state: str
    """ACTIVE, DRAINING, INACTIVE or GONE."""
    desired: int = 0
    least: int = 0
    """Healthy tasks that the service keeps by its settings."""
    moves: bool = False
    """A deployment is under way."""
    tasks: tuple[Seen, ...] = ()
    targets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Target group -> address -> state."""

    @property
    def running(self) -> tuple[Seen, ...]:
        return tuple(task for task in self.tasks if task.runs)


@dataclass(frozen=True)
class FalseGreen:
    """A green word that was not true."""

    claim: Claim
    at: float
    for_s: float
    """How long it had been red then."""
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        what = self.claim.promise.version or self.claim.promise.digest[:19]
        said = f"{self.claim.source} says {self.claim.word.value} {what}".rstrip()
        return f"at {self.at:.0f} s {said}, false for {self.for_s:.0f} s: {'; '.join(self.reasons)}"


class Judge:
    """Looks at one service, again and again, and judges claims about it.

    Args:
        wire: To the API and the programs.
        site: The service.
        now: The moment, in epoch seconds.
    """

    def __init__(self, wire: Wire, site: Site, now: Callable[[], float]) -> None:
        self._wire, self.site, self._now = wire, site, now
        self._probes: deque[tuple[float, Answer]] = deque(maxlen=2000)
        self._truths: deque[Truth] = deque(maxlen=200)
        self.condemned: set[str] = set()
        """Digests that an order of this run went back from."""
        self._past: tuple[float, dict[str, tuple[str, ...]], frozenset[str]] | None = None
        """When the registry and the deployments were read, and what they told."""
        self._owners: dict[str, Seen] = {}
        """Every task that was seen, by id."""

    # looking

    def look(self, probes: int = 2) -> None:
        """Ask as clients do, and read the service once."""
        truth = self._read()
        self._truths.append(truth)
        self._owners.update({task.id: task for task in truth.tasks})
        if truth.desired == 0:
            self._probes.clear()  # nobody is meant to answer: what failed then tells nothing of later
        elif self.site.path:
            for _ in range(probes):
                self._probes.append((self._now(), self._wire.probe(self.site.path)))

    def _read(self) -> Truth:
        at, cluster = self._now(), self.site.cluster
        try:
            answer = self._wire.call("ecs", "DescribeServices", cluster=cluster, services=[self.site.service])
            found = answer["services"][0] if answer.get("services") else None
            if found is None or found["status"] != "ACTIVE":
                state = found["status"] if found else "GONE"
                return Truth(at, state, tasks=tuple(self._tasks()) if found else ())
            tasks = tuple(self._tasks())
        except RefusedCallError as error:
            if error.code in ("ClusterNotFoundException", "ServiceNotFoundException"):
                return Truth(at, "GONE")
            raise
        percent = (found.get("deploymentConfiguration") or {}).get("minimumHealthyPercent", 100)
        desired = int(found["desiredCount"])
        groups = {group: self._wire.target_states(group) for group in _groups(found)}
        least = ceil(desired * percent / 100)
        return Truth(at, "ACTIVE", desired, least, _moves(found), tasks, groups)

    def _tasks(self) -> Iterator[Seen]:
        named = {"cluster": self.site.cluster, "serviceName": self.site.service}
        listed = self._wire.call("ecs", "ListTasks", **named)["taskArns"]
        before = self._truths[-1].tasks if self._truths else ()
        leaving = [task.id for task in before if task.status != "STOPPED"]  # those are listed no more
        ids = sorted({str(arn).rpartition("/")[2] for arn in listed} | set(leaving))
        if ids:
            answer = self._wire.call("ecs", "DescribeTasks", cluster=self.site.cluster, tasks=ids)
            yield from map(_seen, answer["tasks"])

    # judging

    @property
    def truth(self) -> Truth:
        return self._truths[-1]

    def red(self, claim: Claim) -> tuple[str, ...]:
        """Why a claim is false by the newest look; empty where it is true."""
        rule = {
            Word.SAFE: self._unsafe,
            Word.STEADY: self._unsteady,
            Word.PROVEN: self._unproven,
            Word.SUCCEEDED: self._failed,
        }[claim.word]
        return tuple(rule(claim.promise, self.truth))

    def _unsafe(self, promise: Promise, truth: Truth) -> Iterator[str]:
        if truth.state != "ACTIVE":
            yield f"the service is {truth.state}"
            return
        good = {task.id: task for task in truth.tasks if _is_meant(task, promise)}
        need = min(truth.desired, max(1, truth.least))
        healthy = _healthy(good.values(), truth)
        if healthy < need:
            yield f"{healthy} of {need} tasks of it are healthy"
        if truth.desired == 0:
            yield "no task is wanted"
        if not truth.targets:
            others = [task for task in truth.running if not _is_meant(task, promise)]
            if others:
                yield f"{len(others)} other tasks run"
        yield from self._served_otherwise(promise, truth.at - SPREAD_S)

    def _served_otherwise(self, promise: Promise, since: float) -> Iterator[str]:
        asked = [answer for at, answer in self._probes if at > since]
        nobody = sum(answer.status == 503 and not answer.version for answer in asked)
        if nobody:
            yield f"{nobody} of {len(asked)} probes found nobody"
        wrong = [answer for answer in asked if answer.task and not self._is_right(answer, promise)]
        if wrong:
            by = f"{wrong[0].version}, {wrong[0].task[:8]}"
            yield f"{len(wrong)} of {len(asked)} probes were served by {by}"

    def _is_right(self, answer: Answer, promise: Promise) -> bool:
        owner = self._owners.get(answer.task)
        return owner is None or _is_meant(owner, promise)

    def _unsteady(self, promise: Promise, truth: Truth) -> Iterator[str]:
        if truth.state != "ACTIVE":
            yield f"the service is {truth.state}"
            return
        running = truth.running
        if len(running) != truth.desired:
            yield f"{len(running)} of {truth.desired} tasks run"
        if len({task.digests for task in running}) > 1:
            yield "its tasks run different images"
        ours = {task.ip for task in running}  # the target of a task that leaves is no sign of trouble
        for group, states in truth.targets.items():
            bad = [
                state
                for address, state in states.items()
                if address in ours and state not in ("healthy", "draining", "unused")
            ]
            if bad:
                yield f"{len(bad)} targets of {group.rsplit('/', 2)[-2]} are {bad[0]}"
        if truth.targets and _healthy(running, truth) < truth.desired:
            yield f"{_healthy(running, truth)} of {truth.desired} targets are healthy"
        if any(task.health == "UNHEALTHY" for task in running):
            yield "a task is unhealthy"
        yield from self._failing(truth)

    def _failing(self, truth: Truth) -> Iterator[str]:
        newest = [answer for at, answer in self._probes if at > truth.at - NOBODY_S]
        if len(newest) >= NOBODY_LEAST and all(answer.status >= 500 for answer in newest):
            yield f"all of {len(newest)} probes failed"
        shares = []
        for end, length in ((truth.at, FAILING_S), (truth.at - FAILING_S, FAILING_S), (truth.at, LATELY_S)):
            asked = [answer for at, answer in self._probes if end - length < at <= end]
            failed = sum(answer.status >= 500 for answer in asked)
            shares.append(failed / len(asked) if len(asked) >= FAILING_LEAST else 0.0)
        if min(shares) > FAILING_SHARE and any(answer.status >= 500 for answer in newest):
            yield f"{shares[0]:.0%} of the probes failed in {FAILING_S:.0f} s, and {shares[1]:.0%} before"

    def _unproven(self, promise: Promise, truth: Truth) -> Iterator[str]:
        if truth.state != "ACTIVE":
            yield f"the service is {truth.state}"
            return
        named = promise.digest or self._digest_of(promise.version)
        if not named:
            yield f"{promise.version} is not in the registry"
            return
        if promise.digest and not self._is_in_registry(promise.digest):
            yield f"{promise.digest[:19]} is not in the registry"
        running = truth.running
        if not truth.moves and running and all(named in task.digests for task in running):
            yield "it is what every task runs already"
        if named in self._read_past()[1] | self.condemned:
            yield "a deployment of it was rolled back"

    def _failed(self, promise: Promise, truth: Truth) -> Iterator[str]:
        """Of an order that is done: what it promised is there, whole."""
        if promise.desired == 0:
            if truth.state != "ACTIVE":
                yield f"the service is {truth.state}"
            if truth.desired or truth.running:
                yield f"{truth.desired} tasks are wanted, {len(truth.running)} run"
            return
        if promise.desired is not None:
            if truth.state != "ACTIVE":
                yield f"the service is {truth.state}"
                return
            if truth.desired < promise.desired:
                yield f"{truth.desired} tasks are wanted, not {promise.desired}"
            healthy = _healthy(truth.running, truth)
            if healthy < promise.desired:
                yield f"{healthy} of {promise.desired} tasks are healthy"
            return
        yield from self._unsafe(promise, truth)

    # the registry, and what became of versions

    def _digest_of(self, version: str) -> str:
        """The image that a label means: a tag, or the beginning of a digest after ``@``."""
        for digest, tags in self._read_past()[0].items():
            if version in tags or (version.startswith("@") and digest.startswith(f"sha256:{version[1:]}")):
                return digest
        return ""

    def _is_in_registry(self, digest: str) -> bool:
        return digest in self._read_past()[0]

    def _read_past(self) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
        if self._past is None or self._now() - self._past[0] > PAST_S:
            answer = self._wire.call("ecr", "DescribeImages", repositoryName=self.site.repository)
            registry = {
                item["imageDigest"]: tuple(item.get("imageTags") or ()) for item in answer["imageDetails"]
            }
            self._past = self._now(), registry, self._judged_bad()
        return self._past[1:]

    def _judged_bad(self) -> frozenset[str]:
        """Digests whose newest deployment ECS has rolled back."""
        named = {"cluster": self.site.cluster, "service": self.site.service}
        try:
            listed = self._wire.call("ecs", "ListServiceDeployments", **named)["serviceDeployments"]
        except RefusedCallError:
            return frozenset()
        fate: dict[str, str] = {}
        for item in sorted(listed, key=lambda one: float(one["createdAt"]), reverse=True):
            fate.setdefault(item["targetServiceRevisionArn"], item["status"])
        arns = sorted(fate)
        images: dict[str, frozenset[str]] = {}
        for start in range(0, len(arns), 20):
            answer = self._wire.call(
                "ecs", "DescribeServiceRevisions", serviceRevisionArns=arns[start : start + 20]
            )
            for one in answer["serviceRevisions"]:
                found = frozenset(
                    str(image["imageDigest"])
                    for image in one.get("containerImages") or ()
                    if image.get("imageDigest")
                )
                images[one["serviceRevisionArn"]] = found
        newest: dict[str, str] = {}
        for arn, status in fate.items():  # newest first
            for digest in images.get(arn, ()):
                newest.setdefault(digest, status)
        return frozenset(digest for digest, status in newest.items() if status.startswith("ROLLBACK_"))


class Trial:
    """Claims under a judge: counts them, and finds those that were false for too long.

    Args:
        on_false: Is told of each false green at once.
    """

    def __init__(self, judge: Judge, on_false: Callable[[FalseGreen], None] = lambda _: None) -> None:
        self.judge = judge
        self.on_false = on_false
        self.counts: dict[Word, int] = dict.fromkeys(Word, 0)
        self.found: list[FalseGreen] = []
        self._expected: dict[Claim, deque[tuple[float, tuple[str, ...]]]] = {}
        self._displayed: dict[Claim, float] = {}
        self._red_since: dict[Claim, float] = {}
        self._noted: set[tuple[Word, str]] = set()
        """False greens that still stand: each is noted once."""

    def expect(self, *claims: Claim) -> None:
        """What may soon be said: every look judges it, so that a word can be held against those before it."""
        self._expected = {claim: self._expected.get(claim, deque(maxlen=20)) for claim in claims}

    def look(self, *, probes: int = 2) -> None:
        """One look of the judge's, and what it means for all that is expected."""
        self.judge.look(probes)
        for claim, looks in self._expected.items():
            looks.append((self.judge.truth.at, self.judge.red(claim)))

    def made(self, claim: Claim) -> None:
        """A word that was just said: false where every look within its tolerance was red."""
        self.counts[claim.word] += 1
        at, reasons = self.judge.truth.at, self.judge.red(claim)
        looks = [*self._expected.get(claim, ()), (at, reasons)]
        if all(red for moment, red in looks if moment >= at - claim.tolerance_s):
            since = at
            for moment, red in reversed(looks):
                if not red:
                    break
                since = moment
            self._note(FalseGreen(claim, at, at - since, reasons))

    def displayed(self, claims: Iterable[Claim]) -> None:
        """What stands there since the newest look; what is not among it stands there no longer."""
        at = self.judge.truth.at
        now = {claim: self._displayed.get(claim, at) for claim in claims}
        for claim, since in now.items():
            if claim not in self._displayed and claim.source != "operation":  # that was counted when made
                self.counts[claim.word] += 1
            reasons = self.judge.red(claim)
            if not reasons:
                self._red_since.pop(claim, None)
                self._noted.discard((claim.word, claim.source))
                continue
            for_s = at - max(self._red_since.setdefault(claim, at), since)
            if for_s > claim.tolerance_s and (claim.word, claim.source) not in self._noted:
                self._noted.add((claim.word, claim.source))
                self._note(FalseGreen(claim, at, for_s, reasons))
        for claim in self._displayed.keys() - now.keys():
            self._red_since.pop(claim, None)
            self._noted.discard((claim.word, claim.source))
        self._displayed = now

    def _note(self, found: FalseGreen) -> None:
        self.found.append(found)
        self.on_false(found)


def _groups(service: Mapping[str, Any]) -> tuple[str, ...]:
    """Every target group in which its targets may stand."""
    entries = list(service.get("loadBalancers") or ())
    for one in service.get("taskSets") or ():
        entries += one.get("loadBalancers") or ()
    found = []
    for entry in entries:
        other = (entry.get("advancedConfiguration") or {}).get("alternateTargetGroupArn")
        found += [entry.get("targetGroupArn"), other]
    return tuple(dict.fromkeys(group for group in found if group))


def _moves(service: Mapping[str, Any]) -> bool:
    sets = service.get("taskSets") or service.get("deployments") or ()
    return len(sets) > 1 or any(one.get("rolloutState") == "IN_PROGRESS" for one in sets)


def _seen(raw: Mapping[str, Any]) -> Seen:
    containers = raw.get("containers") or ()
    address = next(
        (
            str(interface["privateIpv4Address"])
            for container in containers
            for interface in container.get("networkInterfaces") or ()
            if interface.get("privateIpv4Address")
        ),
        "",
    )
    digests = frozenset(str(one["imageDigest"]) for one in containers if one.get("imageDigest"))
    return Seen(
        id=str(raw["taskArn"]).rpartition("/")[2],
        status=str(raw["lastStatus"]),
        wanted=str(raw["desiredStatus"]),
        digests=digests,
        made_at=float(raw["createdAt"]),
        started_at=float(raw["startedAt"]) if raw.get("startedAt") else None,
        ip=address,
        health=str(raw.get("healthStatus", "UNKNOWN")),
    )


def _is_meant(task: Seen, promise: Promise) -> bool:
    if promise.digest and promise.digest not in task.digests:
        return False
    return promise.made_after is None or task.made_at >= promise.made_after


def _healthy(tasks: Iterable[Seen], truth: Truth) -> int:
    """Tasks that a balancer sends requests to; without one, those that run and that no check calls unhealthy.

    A task that was told to stop serves until its target is taken out.
    """
    if not truth.targets:
        return sum(task.runs and task.health != "UNHEALTHY" for task in tasks)
    states = truth.targets.values()
    well = {address for group in states for address, state in group.items() if state == "healthy"}
    return sum(task.status != "STOPPED" and task.ip in well for task in tasks)
