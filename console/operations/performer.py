"""Who carries out an action: the platform, the service itself over HTTP, or one order of a release."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from console.config.settings import ServiceSettings
from console.domain.action import Action, ActionKind, ActionSight, ActionState
from console.domain.address import Address
from console.domain.codec import encode
from console.domain.operation import Basis, Mechanism, Order
from console.domain.service import Observation
from console.errors import RejectedError
from console.operations import smoke
from console.operations.deaths import LIVES_FOR, dead_within, died
from console.operations.good import of_primary
from console.operations.outside import Outside
from console.operations.safe import healthy_now, uncountable
from console.ports import Clock, Platform

READING = "reading"
"""Sequence of a SEND_REQUESTS action: the steps that leave nothing behind."""


@dataclass(frozen=True)
class Performer:
    """The actions of one service's operation."""

    platform: Platform
    clock: Clock
    settings: ServiceSettings | None = None
    outside: Outside | None = None
    """``None``: nothing is asked over HTTP from here."""
    prepared: list[tuple[Order, Order]] = field(default_factory=list)
    """Orders as they were asked for and as they are sent: one that is sent again registers nothing anew.
    A list, because orders hold mappings and are no keys."""

    def perform(
        self, address: Address, action: Action, beat: Callable[[], object] = lambda: None
    ) -> Mapping[str, object]:
        """Carry out one action, once; see :meth:`console.ports.Platform.perform`.

        Args:
            beat: Called while it takes long, so that others know that we are alive.
        """
        if action.kind is ActionKind.SHIP:
            return self._ship(address, action)
        if action.kind is ActionKind.SEND_REQUESTS:
            return self._send_requests(address, action, beat)
        if action.kind is ActionKind.WAIT_HEALTHY:
            return {}
        return self.platform.perform(address, action)

    def look(self, address: Address, action: Action, facts: Mapping[str, object]) -> ActionSight:
        """How far it is; see :meth:`console.ports.Platform.look`."""
        if action.kind is ActionKind.SHIP:
            return self._shipped(address, action, facts)
        if action.kind is ActionKind.SEND_REQUESTS:
            return _answered(facts)
        if action.kind is ActionKind.WAIT_HEALTHY:
            return self._healthy(address)
        sight = self.platform.look(address, action, facts)
        if action.kind is ActionKind.SET_DESIRED and sight.state is ActionState.DONE:
            return self._counted(address, action, sight)
        return sight

    def _counted(self, address: Address, action: Action, sight: ActionSight) -> ActionSight:
        """A count is reached when so many serve: what runs may still be checked."""
        wanted = action.parameters.get("desired")
        if action.parameters.get("wait") is False or not isinstance(wanted, int) or not wanted:
            return sight
        observation = self.platform.observe(address)
        serves = self._serves(observation, min(wanted, observation.status.desired))
        return replace(serves, said=f"{sight.said}, {serves.said}", facts={**sight.facts, **serves.facts})

    def _serves(self, observation: Observation, needed: int) -> ActionSight:
        """Whether so many tasks serve, and last: in a crash loop all are healthy now and then."""
        if unread := uncountable(observation):
            return ActionSight(ActionState.WAITING, f"{' and '.join(unread)} could not be read")
        healthy = healthy_now(observation, self._healthy_after)
        said, facts = f"{min(healthy, needed)} of {needed} healthy", {"healthy": min(healthy, needed)}
        if needed and (dead := died(observation, of_primary(observation), LIVES_FOR)):
            return ActionSight(ActionState.WAITING, f"{said}, {dead_within(LIVES_FOR, dead)}", facts)
        state = ActionState.DONE if healthy >= needed else ActionState.WAITING
        return ActionSight(state, said, facts)

    @property
    def _healthy_after(self) -> timedelta:
        """When a running task without any check counts as healthy."""
        return self.settings.no_check_healthy_after if self.settings else timedelta(seconds=40)

    def _ship(self, address: Address, action: Action) -> Mapping[str, object]:
        """One order, compared right before it is sent: whoever shipped something meanwhile is not overrun."""
        basis = self.platform.basis(address)
        self._compare(action, basis)
        release = action.parameters.get("release")
        order = self._prepare(
            Order(
                address=address,
                mechanism=Mechanism.UPDATE_SERVICE,
                basis=basis,
                base_definition=str(action.parameters["definition"]),
                images=_images(action),
                release=str(release) if release else None,
            )
        )
        accepted = self.platform.act(order)
        return {"deployment": accepted.deployment, "task_definition": order.definition}

    def _prepare(self, order: Order) -> Order:
        for asked, prepared in self.prepared:
            if asked == order:
                return prepared
        self.prepared.append((order, self.platform.prepare(order)))
        return self.prepared[-1][1]

    def _compare(self, action: Action, basis: Basis) -> None:
        expected = action.parameters.get("deployment")
        if expected and basis.deployment != expected:
            raise RejectedError(
                f"somebody deployed meanwhile: {basis.deployment} is PRIMARY, not {expected}",
                "look what runs, and plan anew",
            )

    def _shipped(self, address: Address, action: Action, facts: Mapping[str, object]) -> ActionSight:
        observation = self.platform.observe(address)
        release, wanted = observation.primary_release, _images(action)
        if release is not None and wanted.items() <= release.digests.items():
            return ActionSight(
                ActionState.DONE, f"{release.version.label} is set, desired {observation.status.desired}"
            )
        shown = release.version.label if release else "a version that cannot be read"
        return ActionSight(ActionState.WAITING if facts else ActionState.ABSENT, f"{shown} is set")

    def _healthy(self, address: Address) -> ActionSight:
        observation = self.platform.observe(address)
        if observation.status.is_gone:
            return ActionSight(ActionState.FAILED, observation.status.gone)
        return self._serves(observation, observation.status.desired)

    def _send_requests(
        self, address: Address, action: Action, beat: Callable[[], object]
    ) -> Mapping[str, object]:
        sequence = self.settings.smoke if self.settings else None
        if sequence is None or self.outside is None:
            raise RejectedError(f"{address} has no smoke sequence", "configure its smoke.steps")
        only = action.parameters.get("sequence") == READING or self.platform.environment.read_only
        findings = list(smoke.run(sequence, self.outside, self.clock, reading_only=only, between=beat))
        return {"passed": smoke.passed(findings), "said": smoke.told(findings), "steps": encode(findings)}


def smoke_action(settings: ServiceSettings, *, reading: bool = False) -> Action | None:
    """The action that sends a service's smoke sequence; ``None`` where none is configured."""
    if settings.smoke is None:
        return None
    sequence = settings.smoke.reading if reading else settings.smoke
    if not sequence.steps:
        return None
    names = ", ".join(step.name for step in sequence.steps)
    writes = sum(step.writes for step in sequence.steps)
    said = f"smoke: {names}" + (f" ({writes} of them leave something behind)" if writes else "")
    return Action(ActionKind.SEND_REQUESTS, said, {"sequence": READING if reading else "smoke"})


def _answered(facts: Mapping[str, object]) -> ActionSight:
    if "passed" not in facts:
        return ActionSight(ActionState.ABSENT, "nothing is known of its answers")
    state = ActionState.DONE if facts["passed"] is True else ActionState.FAILED
    return ActionSight(state, str(facts.get("said", "")), {"steps": facts.get("steps", [])})


def _images(action: Action) -> dict[str, str]:
    images = action.parameters.get("images")
    return {str(key): str(value) for key, value in images.items()} if isinstance(images, Mapping) else {}
