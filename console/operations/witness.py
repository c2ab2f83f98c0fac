"""Watch a rollout that others ordered, to the verdict that it deserves. Only reads."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from console.config.settings import ServiceSettings
from console.diagnosis import diagnose
from console.diagnosis.evidence import Scene
from console.domain.operation import OperationEvent, OperationRecord, Verb, Verdict
from console.domain.release import Release
from console.domain.rollout import CODE_DEPLOY, Rollout, RolloutStatus
from console.domain.service import Observation, ServiceState
from console.domain.words import utc
from console.errors import QuarterdeckError
from console.operations.deaths import Deaths
from console.operations.deletion import DeletedServiceError, observe
from console.operations.good import of_primary, of_release
from console.operations.news import Sight, news
from console.operations.observing import LOOK_EVERY_S
from console.operations.safe import UNPROVEN_FOR, Reading, judge, judge_now
from console.operations.tracking import LISTED_AFTER
from console.operations.verdict import Outcome, successors, told
from console.ports import Clock, Platform

_NO_VERDICT = (Verdict.REFUSED, Verdict.UNKNOWN, Verdict.NOTHING_CHANGED)
"""Endings of our own operations that tell nothing of what the service runs."""


def last_verdict(
    history: tuple[Rollout, ...],
    releases: Mapping[str, Release],
    ours: OperationRecord | None,
    operations: Iterable[OperationRecord] = (),
) -> Outcome:
    """How the last change of a service ended: by ECS's list, or by our journal where that is not older.

    Args:
        history: Newest first.
        releases: By id, to name versions.
        ours: The newest operation of ours that has a verdict.
        operations: The journal's on the service, to name who went back; may be empty.
    """
    newest = next((item for item in history if item.status.is_over), None)
    settled = told(newest, history, releases, operations) if newest else None
    if ours is not None and ours.verdict is not None and ours.verdict not in _NO_VERDICT:
        ended = ours.done_at or ours.ended_at
        if settled is None or settled.at is None or (ended is not None and ended >= settled.at):
            return Outcome(ours.verdict, ours.by, ours.reason, ended)
    if settled is not None:
        return settled
    return Outcome(Verdict.UNKNOWN, None, "ECS lists no rollout of it any more", None)


class Witness:
    """Follows one service from now on; begun anew it tells the same verdict.

    Args:
        timeout_s: Watch for that long; ``None``: to the end.
        ours: The newest operation of ours on it that has ended, if any.
        operations: The journal's operations on it, asked for when there is somebody to name; raises nothing.
    """

    def __init__(
        self,
        platform: Platform,
        settings: ServiceSettings,
        clock: Clock,
        timeout_s: float | None = None,
        ours: OperationRecord | None = None,
        operations: Callable[[], Iterable[OperationRecord]] = tuple,
    ) -> None:
        self._platform = platform
        self._settings = settings
        self._address = settings.address
        self._clock = clock
        self._timeout_s = timeout_s
        self._ours = ours if ours is not None and ours.verb is not Verb.RELEASE else None
        self._operations = operations
        self._began = self._answered = clock.monotonic()
        self._lost = False
        self._sight: Sight | None = None
        self._tracked: str | None = None
        self._deployment: str | None = None
        self._followed: Rollout | None = None
        self._deaths = Deaths()
        self._denied_since: datetime | None = None

    def watch(self) -> Iterator[OperationEvent]:
        """Tell what is new until there is a verdict; the last event is the verdict.

        Raises:
            QuarterdeckError: when the first reading fails: there is nothing to go on from.
        """
        while True:
            try:
                observation = observe(self._platform, self._address, self._clock)
                yield from self._regained()
                yield from self._tell(observation)
                ending = self._verdict(observation)
            except DeletedServiceError as error:
                if self._sight is None and error.__cause__ is not None:
                    raise error.__cause__ from None  # it may be misnamed
                if error.observation is not None:
                    yield from self._tell(error.observation)
                ending = Outcome(Verdict.FAILED, None, error.message, None)
            except QuarterdeckError as error:
                if self._sight is None:
                    raise
                yield from self._missed(error)
                ending = None
            ending = ending or self._overdue()
            if ending is not None:
                yield self._end(ending)
                return
            self._clock.sleep(LOOK_EVERY_S)

    # telling

    def _tell(self, observation: Observation) -> Iterator[OperationEvent]:
        found = diagnose(observation.status, observation, None)
        now = Sight(observation.status, observation, found.state, found.line)
        for item in news(self._sight, now):
            yield self._event(item.event, item.text, item.facts)
        self._sight = now

    def _missed(self, error: QuarterdeckError) -> Iterator[OperationEvent]:
        if not self._lost:
            self._lost = True
            yield self._event("contact_lost", f"contact lost: {error} · ECS goes on")

    def _regained(self) -> Iterator[OperationEvent]:
        self._answered = self._clock.monotonic()
        if self._lost:
            self._lost = False
            yield self._event("contact", "in contact again")

    def _event(self, event: str, text: str, facts: Mapping[str, object] | None = None) -> OperationEvent:
        return OperationEvent(
            event, self._clock.now(), None, text, {"address": str(self._address), **(facts or {})}
        )

    # judging

    def _verdict(self, observation: Observation) -> Outcome | None:
        rollout = observation.rollout if "rollout" not in observation.missing else None
        scene = Scene(observation.status, observation, None, observation.at)
        if self._deployment is None:
            if not scene.under_way:
                ended = self._before(observation)
                if ended is not None:
                    return ended
            self._deployment = scene.arriving.id if scene.arriving else ""
        if rollout is None and observation.status.controller != "ECS":
            return None if scene.under_way else self._by_task_set(observation)
        if rollout is None:
            return self._by_deployments(observation)
        ships_it = self._deployment in of_release(observation, rollout.target)
        if self._tracked is None and (ships_it or not rollout.status.is_over):
            self._tracked = rollout.id
        if self._tracked is None:
            return None if scene.under_way else self._settled(rollout, observation)
        return self._settled(rollout, observation)

    def _before(self, observation: Observation) -> Outcome | None:
        """Nothing is under way: the last verdict, at once; of a success that only ECS reports what serves
        has to be read. ``None`` where one has only just begun, and counts do not show it yet."""
        history = self._platform.history(self._address)
        if history and not history[0].status.is_over:
            self._tracked = history[0].id
            return None
        self._followed = next((item for item in history if item.status.is_over), None)
        ended = last_verdict(history, self._releases(history[:2]), self._ours, self._operations())
        if ended.verdict is not Verdict.SUCCEEDED:
            return ended
        sight = judge_now(observation, self._settings.no_check_healthy_after)
        self._deaths.look(observation, of_primary(observation))
        if sight.safe and self._deaths.lately > 1:
            self._tracked = history[0].id if history else None  # a loop, or a few that died together once
            return None
        if sight.safe:
            return ended
        if sight.reading is Reading.UNREAD:
            return _unproven(sight.why, ended.at)
        if ended.at is not None and history and observation.at - ended.at <= UNPROVEN_FOR:
            self._tracked = history[0].id  # what has only just arrived may still be about to serve
            return None
        return Outcome(Verdict.FAILED, None, f"it is deployed, but {sight.why}", ended.at)

    def _settled(self, newest: Rollout, observation: Observation) -> Outcome | None:
        """Judge the rollout that is followed; it need not be the newest any more."""
        rollout: Rollout | None = newest
        history: tuple[Rollout, ...] = ()
        if newest.id != self._tracked or newest.status is RolloutStatus.STOPPED:
            history = self._platform.history(self._address)
            tracked = self._tracked or newest.id
            rollout = next((item for item in history if item.id == tracked), None)
        if rollout is None:
            return Outcome(Verdict.REPLACED, None, "ECS lists it no more: another one has replaced it", None)
        self._followed = rollout
        fresh = observation.at - (rollout.finished_at or observation.at) < LISTED_AFTER
        if rollout.status is RolloutStatus.STOPPED and fresh and not successors(rollout, history):
            return None  # what stopped it is listed a few seconds later
        by_somebody = rollout.status in (RolloutStatus.ROLLBACK_SUCCESSFUL, RolloutStatus.STOPPED)
        operations = self._operations() if by_somebody else ()
        found = told(rollout, history, self._releases((rollout, *history[:3])), operations)
        if found is None:
            return self._paused(rollout)
        return self._believed(found, rollout, observation) if found.verdict is Verdict.SUCCEEDED else found

    def _believed(self, found: Outcome, rollout: Rollout, observation: Observation) -> Outcome | None:
        """A success counts once the targets, or the tasks, say so too."""
        return self._unless_denied(found, of_release(observation, rollout.target), observation)

    def _unless_denied(
        self, found: Outcome, good: frozenset[str], observation: Observation
    ) -> Outcome | None:
        sight = judge(observation, good, 0, self._settings.no_check_healthy_after)
        self._deaths.look(observation, good)
        if sight.safe and not self._deaths.lately:
            return found
        if sight.safe:
            why = f"ECS reports success, but {self._deaths.said}"
            return Outcome(Verdict.FAILED, None, why, found.at) if self._deaths.withhold() else None
        self._denied_since = self._denied_since or observation.at
        if observation.at - (found.at or self._denied_since) <= UNPROVEN_FOR:
            return None
        if sight.reading is Reading.UNREAD:
            return _unproven(sight.why, found.at)
        return Outcome(Verdict.FAILED, None, f"ECS reports success, but {sight.why}", found.at)

    def _paused(self, rollout: Rollout) -> Outcome | None:
        hook = rollout.waiting
        if hook is None:
            return None
        until = f" until {utc(hook.expires_at)}, then {hook.on_timeout}" if hook.expires_at else ""
        return Outcome(Verdict.PAUSED, None, f"waits at {hook.stage} for a decision{until}", None)

    def _by_task_set(self, observation: Observation) -> Outcome | None:
        """Nothing is to be seen under way, and the deployment was not read: of CodeDeploy's a steady task
        set proves nothing, because it may be the one before."""
        status = observation.status
        unread = observation.missing.get("rollout")
        if status.controller == CODE_DEPLOY or unread:
            why = f"cannot be read: {unread}" if unread else "is not named by any task set"
            return Outcome(Verdict.UNKNOWN, None, f"its deployment {why}", None)
        mine = status.arriving
        if mine is None or mine.id != self._deployment or not mine.is_primary or mine.state != "COMPLETED":
            return Outcome(Verdict.UNKNOWN, None, "its task set has gone", None)
        found = Outcome(Verdict.SUCCEEDED, None, "its task set is PRIMARY and steady", mine.updated_at)
        return self._unless_denied(found, frozenset({mine.id}), observation)

    def _by_deployments(self, observation: Observation) -> Outcome | None:
        """Without permission to read service deployments: as ``deployments[]`` tells it."""
        status = observation.status
        mine = next((item for item in status.deployments if item.id == self._deployment), None)
        primary = status.primary
        if mine is not None and mine.is_primary and mine.state == "COMPLETED":
            found = Outcome(Verdict.SUCCEEDED, None, "ECS calls the deployment complete", mine.updated_at)
            return self._unless_denied(found, frozenset({mine.id}), observation)
        if primary is None or primary.id == self._deployment:
            return None
        if mine is not None and mine.state == "FAILED":
            done = primary.state == "COMPLETED"
            return Outcome(Verdict.ROLLED_BACK, "ecs", mine.reason, observation.at) if done else None
        return Outcome(Verdict.REPLACED, None, "another deployment has replaced it", observation.at)

    def _overdue(self) -> Outcome | None:
        if self._timeout_s is None or self._clock.monotonic() - self._began < self._timeout_s:
            return None
        if self._lost or self._sight is None:
            silent = self._clock.monotonic() - self._answered
            return Outcome(Verdict.UNKNOWN, None, f"the time is up, contact lost for {silent:.0f} s", None)
        if self._sight.state in (ServiceState.FAILING, ServiceState.STUCK) and self._sight.line:
            return Outcome(Verdict.STUCK, None, self._sight.line, None)
        return Outcome(Verdict.TIMED_OUT, None, f"not done after {self._timeout_s:.0f} s; ECS goes on", None)

    def _releases(self, rollouts: tuple[Rollout, ...]) -> Mapping[str, Release]:
        ids = {name for item in rollouts for name in (item.target, item.went_back_to, *item.sources) if name}
        return self._platform.releases(self._address, sorted(ids)) if ids else {}

    def _end(self, ending: Outcome) -> OperationEvent:
        """The verdict, with what it is about."""
        rollout = self._followed
        releases = dict(self._sight.observation.releases) if self._sight and self._sight.observation else {}
        source = (
            next((releases[name] for name in rollout.sources if name in releases), None) if rollout else None
        )
        target = releases.get(rollout.target) if rollout else None
        running = self._sight.observation.primary_release if self._sight and self._sight.observation else None
        facts = {
            "verdict": ending.verdict.value,
            "by": ending.by,
            "reason": ending.reason,
            "rollout": rollout.id if rollout else None,
            "ended_at": _moment(ending.at),
            "from": source.facts() if source else None,
            "to": target.facts() if target else None,
            "running": running.facts() if running else None,
        }
        said = ending.verdict.words
        return self._event("verdict", f"{said} · {ending.reason}" if ending.reason else said, facts)


def _unproven(why: str, at: datetime | None) -> Outcome:
    return Outcome(Verdict.UNKNOWN, None, f"ECS reports success, but {why}", at)


def _moment(at: datetime | None) -> str | None:
    return utc(at) if at else None


def newest_of_ours(records: tuple[OperationRecord, ...]) -> OperationRecord | None:
    """The newest ended operation that changed the service, of those of one address, newest first."""
    changing = (i for i in records if i.verb not in (Verb.RELEASE, Verb.WATCH) and not i.is_open)
    return next(changing, None)
