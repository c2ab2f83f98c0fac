"""The keys that change the world: the same on every screen that points at a service."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from console.domain.operation import Verb
from console.domain.service import ServiceState
from console.domain.way_back import blames_a_deploy
from console.domain.wish import Wish
from screens.base import ConsoleScreen
from screens.messages import AlertsSeen, ChecklistRequested, OperationWished

_LOOKED_AT_FIRST = ("do.move_on", "fleet.explain", "service.explain", "app.logs")
"""What comes before *roll back* while no deploy is to blame."""


def in_calm(order: tuple[str, ...]) -> tuple[str, ...]:
    """The same keys with *roll back* behind those that find out what is wrong."""
    looks = [name for name in order if name in _LOOKED_AT_FIRST]
    others = [name for name in order if name not in looks]
    place = others.index("do.roll_back") if "do.roll_back" in others else len(others)
    return (*others[:place], *looks, *others[place:])


class ChangingScreen(ConsoleScreen):
    """A screen that points at a service. Each of these keys only asks for a plan: nothing is sent before
    its dialog is confirmed."""

    CHANGING: ClassVar[frozenset[str]] = frozenset(
        {"roll_back", "deploy", "drain", "scale", "restart", "move_on"}
    )
    """Names of the actions."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "roll_back", "roll back", id="do.roll_back", tooltip="Plan the way back"),
        Binding("P", "deploy", "deploy", id="do.deploy", tooltip="Plan to deploy a version"),
        Binding("D", "drain", "drain", id="do.drain", tooltip="Plan to drain it, or to bring it back"),
        Binding("S", "scale", "scale", id="do.scale", tooltip="Plan another number of tasks"),
        Binding("X", "restart", "restart", id="do.restart", tooltip="Plan to start the same version anew"),
        Binding("M", "move_on", "move on", id="do.move_on", tooltip="Plan to continue a paused deployment"),
        Binding("a", "acknowledge", "seen", id="do.acknowledge", tooltip="Its alerts are seen"),
        Binding("c", "checklist", "checklist", id="do.checklist", show=False, tooltip="Walk its checklist"),
    ]

    _last_offer = (False, False)

    def key_order(self) -> tuple[str, ...]:
        """*Roll back* comes first while a deploy is to blame for the trouble; else what finds the cause."""
        address = self.pointed_at
        picture = self.snapshot.find(address) if address else None
        order = self.KEY_ORDER
        if picture is None or blames_a_deploy(picture):
            return order
        return in_calm(order)

    def update_keys(self) -> None:
        super().update_keys()
        offer = (self._is_paused, self._is_gone)
        if offer != self._last_offer:  # keys come or go
            self._last_offer = offer
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in self.CHANGING and self._is_gone:
            return False
        if action == "move_on":
            return self._is_paused
        if action == "acknowledge":
            return self.alerts.of(self.pointed_at) is not None
        return super().check_action(action, parameters)

    @property
    def _is_gone(self) -> bool:
        """Whether the service is deleted, or being deleted: nothing can be planned for it."""
        address = self.pointed_at
        picture = self.snapshot.find(address) if address else None
        return picture is not None and picture.state.is_gone

    @property
    def _is_paused(self) -> bool:
        """Whether a hook of the service's rollout waits for somebody."""
        address = self.pointed_at
        picture = self.snapshot.find(address) if address else None
        rollout = picture.observation.rollout if picture and picture.observation else None
        return rollout is not None and not rollout.status.is_over and rollout.waiting is not None

    def action_checklist(self) -> None:
        """Walk the checklist of the service that is meant."""
        if (address := self.pointed_at) is not None:
            self.app.post_message(ChecklistRequested(address))

    def action_acknowledge(self) -> None:
        """Somebody has seen the alerts of the service that is meant; pressed again, nobody has."""
        if (address := self.pointed_at) is not None:
            self.app.post_message(AlertsSeen(address))

    def action_roll_back(self) -> None:
        self._wish(Verb.ROLLBACK)

    def action_deploy(self) -> None:
        self._wish(Verb.DEPLOY)

    def action_drain(self) -> None:
        """Drain; what is drained already is brought back."""
        address = self.pointed_at
        picture = self.snapshot.find(address) if address else None
        drained = picture is not None and picture.state is ServiceState.DRAINED
        self._wish(Verb.UNDRAIN if drained else Verb.DRAIN)

    def action_scale(self) -> None:
        self._wish(Verb.SCALE)

    def action_restart(self) -> None:
        self._wish(Verb.RESTART)

    def action_move_on(self) -> None:
        self._wish(Verb.CONTINUE)

    def _wish(self, verb: Verb) -> None:
        """Ask for a plan about the service that is meant now."""
        if (address := self.pointed_at) is not None:
            self.app.post_message(OperationWished(Wish(verb, address)))
