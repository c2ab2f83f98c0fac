"""One service looked at: its series gathered, its alerts and triggers judged, its trouble explained."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from console.domain.address import Address
from console.domain.guard import Blame, GuardPolicy, Happening, Happens, Hard, Judgement, ServiceSignals
from console.domain.series import Scoped, SeriesPicture
from console.domain.service import Observation
from console.ports import Chronicle, Clock
from console.signals.baseline import REACH as BASELINE
from console.signals.book import LIMIT_S, SignalBook
from console.signals.cause import blame, onset_of
from console.signals.gathered import judge_all, judge_now
from console.signals.hard import every_answer_fails, hard_evidence, old_fails
from console.signals.scoping import scoped_of

JUDGED_FOR = timedelta(hours=2)
"""After that the figures are not held against the time before the deploy any more."""
_AGAIN_S = 60.0
"""Before it is asked again what else happened."""


class SignalWatch:
    """Looks at services of one environment. For whoever draws them, and for operations alike.

    Args:
        book: The sources.
        policy: What the configuration says of a service's guard and alerts.
        chronicle: What else happened; ``None``: nobody knows.
    """

    def __init__(
        self,
        book: SignalBook,
        policy: Callable[[Address], GuardPolicy],
        clock: Clock,
        chronicle: Chronicle | None = None,
    ) -> None:
        self.book = book
        self._policy = policy
        self._clock = clock
        self._chronicle = chronicle
        self._happened: dict[Address, tuple[float, tuple[Happening, ...]]] = {}

    def look(
        self,
        address: Address,
        observation: Observation | None,
        *,
        ordered_at: datetime | None = None,
        limit_s: float = LIMIT_S,
    ) -> ServiceSignals:
        """Everything that the figures say now; raises nothing.

        Args:
            observation: The service in full, for what is new and old in it; ``None``: not known.
            ordered_at: The order that is judged; without it that of the newest deployment, if it is recent.
            limit_s: How long to wait for sources; 0: only what is known already.
        """
        scoped = scoped_of(observation)
        now = self._clock.now()
        moved = ordered_at or _recent(scoped, now)
        since = now - JUDGED_FOR if moved is None else min(now - BASELINE, moved - BASELINE)
        picture = self.book.refresh(address, scoped, since, limit_s)
        policy, now = self._policy(address), self._clock.now()
        judgements = judge_all(policy.triggers, picture, moved, now) if moved else ()
        alerts = judge_now(policy.alerts, picture, now)
        evidence = hard_evidence(observation) if moved else ()
        return ServiceSignals(
            picture=picture,
            alerts=alerts,
            judgements=judgements,
            evidence=evidence,
            blame=self._blame(address, observation, moved, judgements or alerts, evidence, picture),
        )

    def _blame(
        self,
        address: Address,
        observation: Observation | None,
        ordered_at: datetime | None,
        judgements: Sequence[Judgement],
        evidence: Sequence[Hard],
        picture: SeriesPicture,
    ) -> Blame | None:
        onset = min(
            (item for item in (onset_of(judgements), *(e.at for e in evidence)) if item is not None),
            default=None,
        )
        down = any(item.trigger.measure.is_state and item.periods_bad for item in judgements)
        if onset is None and not down:
            return None
        happened = self._happenings(address, (onset or self._clock.now()) - timedelta(minutes=30))
        return blame(
            onset,
            (*happened, *_deploys(observation, ordered_at)),
            judgements,
            ordered_at=ordered_at,
            old_fails=old_fails(observation) or every_answer_fails(observation, picture),
        )

    def _happenings(self, address: Address, since: datetime) -> tuple[Happening, ...]:
        if self._chronicle is None:
            return ()
        at, found = self._happened.get(address, (float("-inf"), ()))
        if self._clock.monotonic() - at >= _AGAIN_S:
            found = self._chronicle.happenings(address, since)
            self._happened[address] = self._clock.monotonic(), found
        return found


def _recent(scoped: Scoped, now: datetime) -> datetime | None:
    at = scoped.moved_at
    return at if at is not None and now - at < JUDGED_FOR else None


def _deploys(observation: Observation | None, ordered_at: datetime | None) -> tuple[Happening, ...]:
    """Other deployments than the one that is judged, and alarms."""
    if observation is None:
        return ()
    return tuple(
        Happening(item.created_at, Happens.DEPLOY, item.definition.rsplit("/", 1)[-1], foreign=True)
        for item in observation.status.deployments
        if ordered_at is not None and abs(item.created_at - ordered_at) > timedelta(seconds=30)
    )
