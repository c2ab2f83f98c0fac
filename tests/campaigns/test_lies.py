"""Lies are planted in turn, each the opposite of what the console takes care of: the judge finds all.

Without that nobody could say what zero false greens are worth.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from console.aws.platform import EcsPlatform
from console.cli import status
from console.diagnosis import judgement, traffic
from console.domain import assurance, way_back
from console.domain.action import ActionSight, ActionState
from console.domain.address import Address
from console.domain.fleet import Diagnosis
from console.domain.operation import Verb, Verdict
from console.domain.service import Observation, ServiceState
from console.domain.wish import Wish
from console.errors import QuarterdeckError
from console.operations import observing, safe, verdict
from console.operations.performer import Performer
from console.operations.safe import Reading, Sight
from console.operations.verdict import Outcome
from console.operations.witness import Witness
from console.watch import board
from tests.campaigns import claims
from tests.campaigns.judge import FalseGreen, Word
from tests.campaigns.scenario import Case, Run
from tests.campaigns.world import opened
from tests.contract.fleet_cells import CODE_DEPLOY
from tests.contract.shared_world import API, MARKET, STAGING, WORKER

Plant = Callable[[pytest.MonkeyPatch], None]
Story = Callable[[Run], None]


# -- what happens -----------------------------------------------------------------------------


def deploy(run: Run) -> None:
    """A good version, without any trouble."""
    run.order(Wish(Verb.DEPLOY, run.desk.address, version=run.image("healthy").tag))


def deploy_unread(run: Run) -> None:
    """The targets cannot be read meanwhile."""
    run.desk.later(5, lambda: lose(run, "elbv2.DescribeTargetHealth", 60))
    run.order(Wish(Verb.DEPLOY, run.desk.address, version=run.image("slow-start").tag))


def restart(run: Run) -> None:
    """The same version anew."""
    run.order(Wish(Verb.RESTART, run.desk.address))


def restart_moved_at_last(run: Run) -> None:
    """The tag moves between plan and order."""
    desk = run.desk
    engine = desk.engine(timeout_s=400.0)
    plan = engine.plan(Wish(Verb.RESTART, desk.address))
    desk.shared.move_tag(desk.address, "latest", run.image("latency-spike").tag)
    desk.carry(engine.execute(plan, str(desk.address)), claims.Said(plan, desk.clock.now()))


def deleted(run: Run) -> None:
    """A colleague deletes the service, and time goes on."""
    run.trouble("deleted")
    run.desk.wait(120)


def lost_and_deleted(run: Run) -> None:
    """Services cannot be read, and one is deleted."""
    lose(run, "ecs.DescribeServices", 600)
    run.trouble("deleted")
    run.desk.wait(200)


def rollback(run: Run) -> None:
    """To the version before, and somebody looks at what could be gone back to afterwards."""
    run.order(Wish(Verb.ROLLBACK, run.desk.address, to="v1.4.1"))
    run.desk.wait(60)


def watched_codedeploy(run: Run) -> None:
    """CI ships by CodeDeploy, and somebody watches."""
    run.watch(run.image("crash"))


def scale(run: Run) -> None:
    """More tasks."""
    run.order(Wish(Verb.SCALE, run.desk.address, desired=4))


def failing(run: Run) -> None:
    """Three requests in ten fail."""
    body = {"fault": "5xx-burst", "fleet": "fairtradeworker", "environment": "production", "service": "api"}
    assert run.desk.shared.sandbox.control("POST", "world", {**body, "seconds": 1200})[0] == 200
    run.desk.wait(600)


def lose(run: Run, operation: str, seconds: float) -> None:
    """An operation that is denied to the console for a while."""
    with run.desk.truthful():
        run.desk.lose({"operation": operation, "error": "AccessDeniedException", "duration": seconds})


# -- what is said of it -----------------------------------------------------------------------


def _seen_safe(observation: Observation) -> Sight:
    desired = observation.status.desired
    return Sight(Reading.SAFE, desired, desired, 0, "")


def always_safe(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(observing, "judge", lambda observation, *_, **__: _seen_safe(observation))


def same_definition_is_good(patch: pytest.MonkeyPatch) -> None:
    def good(plan: Any, accepted: Any, rollout: Any, observation: Observation) -> frozenset[str]:
        made = next(item for item in observation.status.deployments if item.is_primary)
        same = (i.id for i in observation.status.deployments if i.definition == made.definition)
        return frozenset(same)

    patch.setattr(observing, "good_of", good)


def unread_is_healthy(patch: pytest.MonkeyPatch) -> None:
    honest = safe.judge

    def judge(observation: Observation, *rest: Any, **more: Any) -> Sight:
        if "targets" in observation.missing:
            return _seen_safe(observation)
        return honest(observation, *rest, **more)

    patch.setattr(observing, "judge", judge)


def any_digest_will_do(patch: pytest.MonkeyPatch) -> None:
    def arrived(plan: Any, release_id: str, releases: Any, by: str, at: datetime | None) -> Outcome:
        return Outcome(Verdict.SUCCEEDED, by, "", at)

    patch.setattr(verdict, "_arrived", arrived)
    patch.setattr(observing, "proved_digests", lambda target: {})


def deleted_is_steady(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judgement, "_deleted", lambda scene: Diagnosis(ServiceState.STEADY))
    patch.setattr(judgement, "_leaving", lambda scene: Diagnosis(ServiceState.STEADY))


def every_way_back_holds(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(way_back, "holds_for", lambda back, picture: True)
    patch.setattr(board, "_without_old_proof", lambda row: row)
    patch.setattr(board.Board, "proved", _first_proof_stays(board.Board.proved))
    patch.setattr(board.Board, "unproved", lambda self, address: None)
    patch.setattr(board.Board, "ended", lambda self, newest: None)


def _first_proof_stays(honest: Callable[..., None]) -> Callable[..., None]:
    def proved(self: board.Board, address: Address, way: Any) -> None:
        if self.row(address).way_back is None:
            honest(self, address, replace(way, proven=True))

    return proved


def old_status(patch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []
    honest = status.read

    def read(runtime: Any, chosen: Any) -> Any:
        if not kept:
            kept.append(honest(runtime, chosen))
        return kept[0]

    patch.setattr(status, "read", read)


def primary_set_is_judged(patch: pytest.MonkeyPatch) -> None:
    def judged(self: Witness, observation: Observation) -> Outcome | None:
        primary = observation.status.primary
        is_whole = primary is not None and primary.running == observation.status.desired
        return Outcome(Verdict.SUCCEEDED, None, "", observation.at) if is_whole else None

    patch.setattr(Witness, "_verdict", judged)


def counted_is_served(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Performer, "look", lambda self, *_: ActionSight(ActionState.DONE, "done"))


def lost_is_as_before(patch: pytest.MonkeyPatch) -> None:
    kept: dict[tuple[Address, ...], Any] = {}
    honest = EcsPlatform.services

    def services(self: EcsPlatform, addresses: Any = None) -> Any:
        key = tuple(addresses or ())
        try:
            kept[key] = honest(self, addresses)
        except QuarterdeckError:
            if key not in kept:
                raise
        return kept[key]

    patch.setattr(EcsPlatform, "services", services)


def no_error_is_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(traffic, "evidence", lambda scene: None)


def no_doubt_is_told(patch: pytest.MonkeyPatch) -> None:
    no_error_is_seen(patch)
    patch.setattr(assurance, "_doubt", lambda picture, now: "")


@dataclass(frozen=True)
class Lie:
    """What is planted, what happens then, and the word that is false."""

    plant: Plant
    story: Story
    address: Address
    word: Word
    source: str


LIES = (
    Lie(always_safe, deploy, STAGING, Word.SAFE, "operation"),
    Lie(same_definition_is_good, restart, API, Word.SAFE, "operation"),
    Lie(unread_is_healthy, deploy_unread, STAGING, Word.SAFE, "operation"),
    Lie(any_digest_will_do, restart_moved_at_last, STAGING, Word.SUCCEEDED, "operation"),
    Lie(deleted_is_steady, deleted, WORKER, Word.STEADY, "fleet"),
    Lie(every_way_back_holds, rollback, WORKER, Word.PROVEN, "fleet"),
    Lie(old_status, deleted, WORKER, Word.STEADY, "status"),
    Lie(primary_set_is_judged, watched_codedeploy, CODE_DEPLOY, Word.SUCCEEDED, "watch"),
    Lie(counted_is_served, scale, STAGING, Word.SUCCEEDED, "operation"),
    Lie(lost_is_as_before, lost_and_deleted, WORKER, Word.STEADY, "fleet"),
    Lie(no_error_is_seen, failing, MARKET, Word.STEADY, "fleet"),
    Lie(no_doubt_is_told, failing, MARKET, Word.STEADY, "explain"),
)
NAMED = [pytest.param(lie, id=lie.plant.__name__.replace("_", " ")) for lie in LIES]


class CaughtError(BaseException):
    """The judge has found what it should: the rest of the story tells nothing more."""


def is_caught(lie: Lie, tmp_path: Path) -> bool:
    """Whether the lie's word is found false in the course of its story."""

    def check(found: FalseGreen) -> None:
        if (found.claim.word, found.claim.source) == (lie.word, lie.source):
            raise CaughtError

    strategy = "CodeDeploy" if lie.address == CODE_DEPLOY else "rolling"
    with opened(lie.address, 3, tmp_path) as desk:
        desk.trial.on_false = check
        try:
            desk.begin()
            desk.wait(40)
            lie.story(Run(desk, Case(lie.address, "", strategy, (), killed=False)))
        except CaughtError:
            return True
    return False


@pytest.mark.parametrize("lie", NAMED)
def test_a_planted_lie_is_caught(lie: Lie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The word that it makes false is among the false greens."""
    lie.plant(monkeypatch)

    assert is_caught(lie, tmp_path)


@pytest.mark.campaign
@pytest.mark.parametrize("lie", NAMED)
def test_the_same_story_told_honestly_is_true(lie: Lie, tmp_path: Path) -> None:
    """What catches a lie is the lie, not the story."""
    assert not is_caught(lie, tmp_path)
