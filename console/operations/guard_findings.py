"""What a guard makes of a look at the figures beside a look at the service: evidence, blame, calm."""

from datetime import datetime, timedelta

from console.domain.guard import Blame, Hard, JudgedState, ServiceSignals
from console.domain.service import Observation
from console.signals.hard import hard_evidence, old_fails

CALM = timedelta(minutes=2)
"""After so long without anything bad a question is withdrawn."""
UNEXPLAINED = timedelta(seconds=20)
"""How long hard evidence waits for a look at the figures, which tell whether it is the deploy's."""


class Findings:
    """Remembers since when there is hard evidence, and since when nothing is bad."""

    def __init__(self) -> None:
        self._calm_since: datetime | None = None
        self._hard_since: datetime | None = None

    def forget(self) -> None:
        """It has tripped: calm counts from now on."""
        self._calm_since = None

    def evidence(
        self, observation: Observation, found: ServiceSignals | None, now: datetime
    ) -> tuple[Hard, ...]:
        """At once, as soon as the figures have been looked at beside it; without them a little later."""
        hard = hard_evidence(observation)
        if not hard:
            self._hard_since = None
            return ()
        self._hard_since = self._hard_since or now
        explained = found is not None and bool(found.evidence)
        return hard if explained or now - self._hard_since >= UNEXPLAINED else ()

    def blame(
        self, observation: Observation, found: ServiceSignals | None, evidence: tuple[Hard, ...]
    ) -> Blame | None:
        if found is not None and found.blame is not None:
            return found.blame
        if evidence and old_fails(observation):
            return Blame(False, "the old version fails too", "the old version fails too", "both")
        return None

    def is_calm(self, found: ServiceSignals | None, evidence: tuple[Hard, ...], now: datetime) -> bool:
        """Nothing is bad for a while, and something is known to be well."""
        judged = found.judgements if found is not None else ()
        well = any(item.state in (JudgedState.OK, JudgedState.WARNING) for item in judged)
        if evidence or not well or any(item.periods_bad for item in judged):
            self._calm_since = None
            return False
        self._calm_since = self._calm_since or now
        return now - self._calm_since >= CALM
