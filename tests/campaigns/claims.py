"""Every green word that the console, ``status`` and operations say, as claims for a judge."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from console.cli.fleet import environment_facts, table
from console.domain.assurance import NOTHING_TO_DO, WELL
from console.domain.fleet import EnvironmentPicture, ServicePicture
from console.domain.operation import OperationEvent, Plan, Verb, Verdict
from console.domain.service import ServiceState
from console.domain.way_back import current_way_back
from console.ports import Clock
from console.watch.cadence import is_stale
from screens.fleet_facts import explanation
from tests.campaigns.judge import Claim, Promise, Word

STEADY_WORDS = frozenset({WELL, NOTHING_TO_DO})
_COUNTED = (Verb.SCALE, Verb.UNDRAIN)
_SHIPS = (Verb.DEPLOY, Verb.ROLLBACK, Verb.RESTART)


def promise_of(plan: Plan, ordered_at: datetime) -> Promise:
    """What a plan promises to whoever confirms it."""
    if plan.verb is Verb.DRAIN:
        return Promise(desired=0)
    if plan.verb in _COUNTED:
        wanted = [action.parameters["desired"] for action in plan.actions if "desired" in action.parameters]
        return Promise(desired=int(str(wanted[-1])) if wanted else None)
    made_after = ordered_at.timestamp() if plan.verb is Verb.RESTART else None
    return Promise(plan.target.digest or "", plan.target.version.label, made_after)


class Said:
    """What one operation has said so far, and still says."""

    def __init__(self, plan: Plan, ordered_at: datetime) -> None:
        self.plan = plan
        self.promise = promise_of(plan, ordered_at)
        self.verdict = ""
        self._safe = False

    def expected(self) -> tuple[Claim, ...]:
        """What it may say next."""
        return (Claim(Word.SAFE, "operation", self.promise), Claim(Word.SUCCEEDED, "operation", self.promise))

    def take(self, event: OperationEvent) -> Iterator[Claim]:
        """The green words of one event."""
        if event.event == "safe" and self.plan.verb in _SHIPS:
            yield Claim(Word.SAFE, "operation", self.promise)
        if event.progress is not None and self.plan.verb in _SHIPS:
            self._safe = event.progress.safety.is_safe
        if event.event == "verdict":
            self._safe = False
            self.verdict = str(event.facts.get("verdict", ""))
            if self.verdict == Verdict.SUCCEEDED.value:
                yield Claim(Word.SUCCEEDED, "operation", self.promise)

    def displayed(self) -> Iterator[Claim]:
        """What its screen says until something else happens."""
        if self._safe:
            yield Claim(Word.SAFE, "operation", self.promise)


def of_plan(plan: Plan) -> Iterator[Claim]:
    """What a plan to go back says of its target."""
    if plan.verb is Verb.ROLLBACK and plan.proven and not plan.nothing_to_do:
        promise = Promise(plan.target.digest or "", plan.target.version.label)
        yield Claim(Word.PROVEN, "operation", promise)


def of_row(row: ServicePicture, picture: EnvironmentPicture, now: datetime) -> Iterator[Claim]:
    """What the fleet and its explanation say of a service. A stale row says only how old it is; beside an
    environment that says that it cannot be read, it is what was read last, and nothing of now."""
    if is_stale(row, now) or (picture.problem is not None and picture.problem.part in ("status", "unknown")):
        return
    if row.state is ServiceState.STEADY:
        yield Claim(Word.STEADY, "fleet")
    if any(text in STEADY_WORDS for _, text in explanation(row, now)):
        yield Claim(Word.STEADY, "explain")
    way = current_way_back(row, now)
    if way is not None and way.proven and way.version:
        yield Claim(Word.PROVEN, "fleet", Promise(version=way.version))


def of_status(picture: EnvironmentPicture, clock: Clock) -> Iterator[Claim]:
    """What ``status`` prints of one service, as JSON and as text."""
    facts: Mapping[str, Any] = environment_facts(picture, clock)
    (service,) = facts["services"]
    if service["state"] == ServiceState.STEADY.value:
        yield Claim(Word.STEADY, "status")
    line = table([picture], clock)[1]
    says_steady = any(f"{glyph} steady" in line for glyph in "●○")
    if says_steady != (service["state"] == ServiceState.STEADY.value):
        raise AssertionError(f"status says {service['state']} as JSON, and as text {line}")
