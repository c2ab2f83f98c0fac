"""The guard: from judgements to a trip. It knows no clock, no source and no engine.

A figure trips it when it is bad in enough periods in a row; hard evidence at once. A trip never does
more than the mode allows, and asks wherever going back by itself might be wrong.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from console.domain.guard import Blame, GuardMode, GuardPolicy, Hard, Judgement, Trip


class Guard:
    """Watches one operation. Not thread-safe: the engine's thread alone uses it."""

    def __init__(
        self,
        policy: GuardPolicy,
        *,
        is_rollback: bool = False,
        is_foreign: bool = False,
        asked_for: bool = False,
    ) -> None:
        """
        Args:
            policy: Mode, countdown, triggers.
            is_rollback: The operation goes back; so does ECS.
            is_foreign: Somebody else's deployment.
            asked_for: Armed all the same, because a person said so.
        """
        self._policy = policy
        self._disarmed = ""
        if policy.mode is GuardMode.OFF:
            self._disarmed = "switched off"
        elif is_rollback and not asked_for:
            self._disarmed = "not armed: this goes back"
        elif is_foreign and not asked_for:
            self._disarmed = "not armed: somebody else's deployment"
        self._trip: Trip | None = None
        self._cancelled_at: datetime | None = None
        self._acquitted = ""
        """Why the trouble that lasts is not the deploy's; empty: nothing says so."""

    @property
    def policy(self) -> GuardPolicy:
        return self._policy

    @property
    def disarmed(self) -> str:
        """Why it does nothing; empty while it is armed."""
        return self._disarmed

    @property
    def is_armed(self) -> bool:
        return not self._disarmed

    @property
    def trip(self) -> Trip | None:
        """The trip that stands; ``None`` while all is well."""
        return self._trip

    @property
    def is_cancelled(self) -> bool:
        """A person stopped its countdown: from then on it asks."""
        return self._cancelled_at is not None

    def disarm(self, why: str) -> None:
        """Do nothing from now on: ECS goes back already, a person took over, the operation is over."""
        if not self._disarmed:
            self._disarmed = why

    def cancel(self, at: datetime) -> None:
        """A person stopped the countdown."""
        self._cancelled_at = self._cancelled_at or at

    def update(
        self,
        judgements: Sequence[Judgement],
        evidence: Iterable[Hard],
        now: datetime,
        blame: Blame | None = None,
    ) -> Trip | None:
        """Take in the newest judgements.

        Returns:
            A trip when it trips, and once more when one that asked may now go back by itself; else ``None``.
        """
        if not self.is_armed:
            return None
        evidence = tuple(evidence)
        self._remember(judgements, evidence, blame)
        trip = tripped(self._policy, judgements, evidence, now, blame, self._acquitted)
        if trip is None or not self._is_news(trip):
            return None
        self._trip = trip
        return trip

    def _remember(
        self, judgements: Sequence[Judgement], evidence: Sequence[Hard], blame: Blame | None
    ) -> None:
        """What was not the deploy's fault does not become so because it lasts: a service of which nothing is
        left does not even say any more that its database is gone."""
        if blame is not None and blame.is_deploy is False:
            self._acquitted = blame.uncured or blame.line
        elif not evidence and not any(item.periods_bad for item in judgements):
            self._acquitted = ""

    def rolls_back_at(self) -> datetime | None:
        """When the countdown ends; ``None`` while none runs."""
        if not self.is_armed or self._trip is None or self.is_cancelled:
            return None
        return self._trip.at + self._policy.countdown if self._trip.mode is GuardMode.ROLLBACK else None

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to go back."""
        at = self.rolls_back_at()
        return at is not None and now >= at

    def _is_news(self, trip: Trip) -> bool:
        if self._trip is None:
            return True
        return self._trip.mode is GuardMode.ASK and trip.mode is GuardMode.ROLLBACK and not self.is_cancelled


def tripped(
    policy: GuardPolicy,
    judgements: Sequence[Judgement],
    evidence: Sequence[Hard],
    now: datetime,
    blame: Blame | None = None,
    acquitted: str = "",
) -> Trip | None:
    """The trip that these findings make; ``None`` where they make none.

    Args:
        acquitted: Why this trouble is not the deploy's, found out before; empty: nothing of the kind was.
    """
    bad = tuple(item for item in judgements if item.is_bad)
    if not bad and not evidence:
        return None
    asks = acquitted or _asks(bad, evidence, blame)
    mode = GuardMode.ASK if asks else policy.mode
    return Trip(
        at=now,
        mode=mode,
        reason=_reason(bad, evidence),
        judgements=bad,
        evidence=tuple(evidence),
        asks_because=asks if policy.mode is GuardMode.ROLLBACK else "",
        blame=blame,
    )


def _asks(bad: Sequence[Judgement], evidence: Sequence[Hard], blame: Blame | None) -> str:
    """Why a person has to decide; empty where nothing stands against going back."""
    if blame is not None and blame.is_deploy is False:
        return blame.uncured or blame.line
    if evidence or any(not item.asks for item in bad):
        return ""
    return bad[0].asks


def _reason(bad: Sequence[Judgement], evidence: Sequence[Hard]) -> str:
    """Hard evidence first: it is the surest."""
    said = [item.line for item in evidence] + [item.evidence for item in bad]
    return said[0] if len(said) == 1 else f"{said[0]} (and {len(said) - 1} more)"
