"""What a rollout does, one cell a deployment: traffic, stage, hooks, breaker, alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.domain import words
from console.domain.rollout import CODE_DEPLOY, Deployment, Rollout
from console.domain.service import Observation, ServiceStatus
from console.domain.stages import stage_words
from widgets.glyphs import Glyphs

Cell = tuple[tuple[str, str], ...]
"""Text and style words, one after the other."""
Row = tuple[str, tuple[Cell, ...]]
"""A label, and one cell a deployment."""

BAR, SHORT_BAR = 16, 12
SHIFTING = ("BLUE_GREEN", "CANARY", "LINEAR")
"""Strategies of ECS that shift requests from one target group to another."""


def text(said: str, ink: str = "text") -> tuple[str, str]:
    """One piece of a cell."""
    return said, ink


@dataclass(frozen=True)
class Course:
    """The deployments of a service, and the rollout that moves them."""

    status: ServiceStatus
    observation: Observation | None
    now: datetime
    glyphs: Glyphs
    narrow: bool

    @property
    def shown(self) -> tuple[Deployment, ...]:
        return self.status.deployments

    @property
    def rollout(self) -> Rollout | None:
        """The rollout under way, where it was read and is the one that the status speaks of."""
        found = self.observation.rollout if self.observation else None
        if found is None or found.status.is_over:
            return None
        return found if found.id == (self.status.rollout_id or found.id) else None

    @property
    def shifts(self) -> bool:
        """Whether requests are shifted between the deployments that are shown."""
        strategy = self.rollout.strategy if self.rollout else self.status.strategy
        several = len(self.shown) > 1
        return several and (strategy in SHIFTING or self.status.controller == CODE_DEPLOY)

    @property
    def arriving(self) -> int:
        """The place of the deployment that the rollout ships; without one that of the PRIMARY."""
        rollout = self.rollout
        for place, item in enumerate(self.shown):
            if rollout is not None and item.release is not None and item.release == rollout.target:
                return place
        return next((place for place, item in enumerate(self.shown) if item.is_primary), 0)

    def only(self, cell: Cell) -> tuple[Cell, ...]:
        """A row whose only cell stands with the arriving deployment."""
        return tuple(cell if place == self.arriving else () for place in range(len(self.shown)))

    # -- rows ---------------------------------------------------------------------------------

    def traffic(self, inks: Sequence[str]) -> list[Row]:
        """Weights that ECS asks for; where it shifts none, who has the healthy targets."""
        rollout = self.rollout
        if rollout is not None and rollout.weights:
            return [("traffic", tuple(map(self._weight, self.shown, inks)))]
        shares = self._shares()
        if shares is None:
            return []
        cells = []
        for place, (item, ink) in enumerate(zip(self.shown, inks, strict=True)):
            said = "  of healthy" if self.narrow or len(self.shown) > 2 else "  of healthy targets"
            tail = (text(said, "muted"),) if place == 0 else ()
            cells.append((*self._bar(shares.get(item.id, 0.0) * 100, ink, SHORT_BAR), *tail))
        return [("traffic", tuple(cells))]

    def weight_of(self, item: Deployment) -> float | None:
        """Per cent of production requests that a deployment gets while they are shifted; ``None``: not known,
        or nothing is shifted."""
        rollout = self.rollout
        return rollout.weights.get(item.release or "") if rollout is not None else None

    def share_of(self, item: Deployment) -> float | None:
        """Per cent of production requests that a deployment gets: by the listener rules, else as they are
        asked for; ``None``: not known."""
        seen = self.observation
        if seen is None or not seen.tells_who_serves:
            return None
        share = seen.share_of(item.id)
        return self.weight_of(item) if share is None else share

    def _weight(self, item: Deployment, ink: str) -> Cell:
        rollout, weight = self.rollout, self.weight_of(item)
        if rollout is None or weight is None:
            return (text(words.NOTHING, "muted"),)
        test = rollout.test_weights.get(item.release or "", 0.0)
        tail = (text(f"  test {test:g} %", "muted"),) if test else ()
        return (*self._bar(weight, ink, SHORT_BAR if self.narrow or tail else BAR), *tail)

    def _bar(self, percent: float, ink: str, cells: int) -> Cell:
        full = round(min(100.0, max(0.0, percent)) / 100 * cells)
        full = max(1, full) if percent > 0 else 0
        full = min(cells - 1, full) if percent < 100 else full
        return (
            text(f"{percent:.0f} %".ljust(7)),
            text(self.glyphs.bar * full, ink),
            text(self.glyphs.rest * (cells - full), "rule"),
        )

    def _shares(self) -> Mapping[str, float] | None:
        """Deployment -> share of the healthy targets, while more than one deployment is there."""
        seen = self.observation
        if seen is None or len(self.shown) < 2 or not self.status.target_groups:
            return None
        if "targets" in seen.missing or "tasks" in seen.missing:
            return None
        healthy = {target.ip for target in seen.targets if target.state == "healthy"}
        owners = [task.deployment for task in seen.tasks if task.ip in healthy and not task.is_stopped]
        if not owners:
            return None
        return {item.id: owners.count(item.id) / len(owners) for item in self.shown}

    def stage(self) -> list[Row]:
        """Where a deployment that shifts traffic is, and how it goes on."""
        rollout = self.rollout
        if rollout is None or not (rollout.stage or rollout.strategy != "ROLLING"):
            return []
        said = (
            stage_words(rollout.stage).name
            if rollout.stage
            else rollout.status.value.replace("_", " ").lower()
        )
        parts = [said, _strategy(rollout)]
        if rollout.stage == "BAKE_TIME" and rollout.bake_s:
            parts[0] = f"baking for {words.clock(rollout.bake_s)}"
        return [("stage", self.only((text(parts[0]), text(f" · {parts[1]}" if parts[1] else "", "muted"))))]

    def hook(self) -> list[Row]:
        """The hooks that wait for somebody, with what ECS does when nobody acts; else one at work."""
        rollout = self.rollout
        if rollout is None:
            return []
        waiting = [hook for hook in rollout.hooks if hook.waits]
        if waiting:
            hook = waiting[0]
            word = "" if self.narrow else "WAITING "
            said = f"{self.glyphs.paused} {word}{stage_words(hook.stage).pause}"
            parts = [text(said, "warning")]
            if hook.expires_at is not None:
                left = words.clock((hook.expires_at - self.now).total_seconds())
                then = {"ROLLBACK": ", then rolls back", "CONTINUE": ", then goes on"}
                parts.append(text(f" · {left} left{then.get(hook.on_timeout, '')}", "warning"))
            return [("hook", self.only(tuple(parts)))]
        working = next((hook for hook in rollout.hooks if hook.status == "IN_PROGRESS"), None)
        if working is None:
            failed = next((hook for hook in rollout.hooks if hook.status in ("FAILED", "TIMED_OUT")), None)
            if failed is None:
                return []
            said = f"{failed.status.replace('_', ' ')} {stage_words(failed.stage).name}"
            return [("hook", self.only((text(f"{self.glyphs.failed} {said}", "critical"),)))]
        return [("hook", self.only((text(f"at work, {stage_words(working.stage).name}"),)))]

    def breaker(self) -> list[Row]:
        """Failures counted of how many; without a rollout under way whether it is on."""
        return [("breaker", tuple(self._breaker(place) for place in range(len(self.shown))))]

    def _breaker(self, place: int) -> Cell:
        status = self.status
        if place != self.arriving:
            return (text(words.NOTHING, "muted"),)
        if status.controller != "ECS":
            return (text(words.NOTHING, "muted"),)
        if not status.breaker:
            return (text("off", "warning"),)
        breaker = self.rollout.breaker if self.rollout else None
        then = "then ECS rolls back" if status.breaker_rolls_back else "then ECS stops"
        if breaker is None or breaker.status == "DISABLED":
            return (text("on, rolls back" if status.breaker_rolls_back else "on, stops", "muted"),)
        tripped = breaker.status == "TRIGGERED"
        near = breaker.failures and breaker.failures >= breaker.threshold - 1
        ink = "critical" if tripped or near else "text"
        said = f"{breaker.failures} of {breaker.threshold}"
        return (text(said, ink), text("  TRIGGERED", ink) if tripped else text(f"  {then}", "muted"))

    def alarms(self) -> list[Row]:
        """The CloudWatch alarms that may roll it back."""
        watch = self.rollout.alarms if self.rollout else None
        if watch is None or (not watch.names and watch.status == "DISABLED"):
            return []
        if watch.triggered or watch.status == "TRIGGERED":
            names = ", ".join(watch.triggered or watch.names)
            cell: Cell = (text(f"{self.glyphs.warning} TRIGGERED {names}", "critical"),)
        elif watch.status == "DISABLED":
            cell = (text("off", "warning"),)
        else:
            word = "watched to the end" if watch.status == "MONITORING_COMPLETE" else "monitoring"
            cell = (text(word), text(f" {', '.join(watch.names)}", "muted"))
        return [("alarms", self.only(cell))]


def _strategy(rollout: Rollout) -> str:
    """``LINEAR 10 % every 5:00``, ``CANARY 10 %, then all``."""
    step = f" {rollout.step_percent:g} %" if rollout.step_percent is not None else ""
    each = words.clock(rollout.step_bake_s) if rollout.step_bake_s else ""
    if rollout.strategy == "LINEAR":
        return f"LINEAR{step}{' every ' + each if each else ''}"
    if rollout.strategy == "CANARY":
        return f"CANARY{step}{', all after ' + each if each else ''}"
    return rollout.strategy.replace("_", "/").lower() if rollout.strategy == "BLUE_GREEN" else ""
