"""What the app does about operations: asks to confirm them, carries them, shows how they go.

They belong to the app, not to a screen: leaving a screen stops none of them.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import App
from textual.screen import Screen

from console.domain.address import Address, Tier
from console.domain.findings import Finding
from console.domain.fleet import EMPTY_FLEET, FleetSnapshot
from console.domain.group import EVERY, VERBS, GroupAddress
from console.domain.operation import OperationEvent, OperationRecord
from console.domain.wish import Wish
from screens import messages
from screens.base import ConsoleScreen
from screens.feeds import GroupFeed, OperationFeed, ask
from screens.messages import Statement
from screens.running import RunningOperation
from screens.running_group import RunningGroup
from screens.under_way import Running, UnderWay
from widgets.glyphs import UNICODE, Glyphs
from widgets.header import Chip

if TYPE_CHECKING:
    from console.aws.connect import Connection
    from console.runtime import Runtime

ANSWER = -2
"""Tag of the answer to what an operation asks."""
SAID = -3
"""Tag of what came of a statement, in one line."""


class OperatingApp(App[int]):
    """The part of the console that changes fleets."""

    def __init__(self, runtime: "Runtime") -> None:
        super().__init__()
        self.runtime = runtime
        self.glyphs: Glyphs = UNICODE
        self.under_way = UnderWay()
        """Every operation of this session."""

    # -- for the app --------------------------------------------------------------------------

    @property
    def fleet(self) -> FleetSnapshot:
        """What the console knows of every service."""
        return EMPTY_FLEET

    def told(self) -> None:
        """What the visible screen shows of operations has changed."""

    def operation_ended(self, address: Address) -> None:
        """An operation on that service has ended: what is proved of it is to be proved again."""

    def connection(self, address: Address) -> "Connection | None":
        """The way to a service's environment."""
        return self.runtime.connections.get(address.place)

    # -- asking to confirm --------------------------------------------------------------------

    @on(messages.OperationWished)
    def _plan(self, message: messages.OperationWished) -> None:
        from screens.confirm import PlanScreen

        address = message.wish.address
        connection = self.connection(address)
        self._ask_to_confirm(
            PlanScreen(
                self.runtime.engine,
                self.runtime.clock,
                message.wish,
                connection.platform if connection is not None else None,
                self._groups_of(message.wish),
                self._forbidden(address.place),
            )
        )

    @on(messages.GroupWished)
    def _plan_group(self, message: messages.GroupWished) -> None:
        from screens.confirm_group import GroupPlanScreen

        group = message.wish.group
        first = self.runtime.settings.environments[group.place].groups[group.name][0][0]
        self._ask_to_confirm(
            GroupPlanScreen(
                self.runtime.engine,
                self.runtime.clock,
                message.wish,
                Address(group.system, group.environment, first),
                self._forbidden(group.place),
            )
        )

    def _ask_to_confirm(self, dialog: Screen[None]) -> None:
        """Open a dialog of an order, unless there is one: a key was pressed twice."""
        from screens.dialog import ConfirmDialog

        if not any(isinstance(screen, ConfirmDialog) for screen in self.screen_stack):
            self.push_screen(dialog)

    def _groups_of(self, wish: Wish) -> tuple[GroupAddress, ...]:
        """The groups that can be changed in the place of one service, those with a name first."""
        address = wish.address
        settings = self.runtime.settings.environments[address.place]
        if wish.verb not in VERBS:
            return ()
        names = [
            name
            for name, waves in settings.groups.items()
            if any(address.alias in wave for wave in waves) and sum(map(len, waves)) > 1
        ]
        return tuple(
            GroupAddress(address.system, address.environment, name)
            for name in sorted(names, key=lambda name: name == EVERY)
        )

    def _forbidden(self, place: str) -> str:
        """Why nothing may be sent to an environment; empty when something may."""
        environment = self.runtime.settings.environments[place].environment
        return f"{environment.key} is read-only: nothing can be sent" if environment.read_only else ""

    # -- what a person says -------------------------------------------------------------------

    @on(messages.StatementWished)
    def _ask_statement(self, message: messages.StatementWished) -> None:
        from screens.statement import StatementScreen

        if any(isinstance(screen, StatementScreen) for screen in self.screen_stack):
            return
        address, runtime = message.address, self.runtime
        place = address.place
        forbidden = ""
        if message.statement is Statement.REHEARSE:
            forbidden = self._forbidden(place)
            if runtime.settings.environments[place].environment.tier is Tier.PRODUCTION:
                forbidden = f"{place} is production: it is rehearsed in staging"
        self.push_screen(
            StatementScreen(message.statement, address, runtime.engine, runtime.clock, forbidden)
        )

    @on(messages.StatementMade)
    def _take_statement(self, message: messages.StatementMade) -> None:
        address, engine = message.address, self.runtime.engine
        if message.statement is Statement.REHEARSE:
            operation = self.under_way.begin_rehearsal(address, self.runtime.clock.now())
            OperationFeed(self, operation.token, partial(engine.rehearse, address)).start()
            self.show_operation(operation.token)
        elif message.statement is Statement.RELEASE:
            ask(self, lambda: _last_word(engine.end_hold(address)), SAID)
        else:
            bad = message.statement is Statement.MARK_BAD
            mark = partial(engine.mark, address, message.version, bad=bad, why=message.why)
            ask(self, lambda: _last_word(mark()), SAID)

    @on(messages.ValidationRequested)
    def _validate(self, message: messages.ValidationRequested) -> None:
        from screens.validate import ValidateScreen

        self.push_screen(ValidateScreen(message.title, message.addresses, self._look))

    def _look(self, addresses: tuple[Address, ...]) -> Iterator[Finding]:
        return self.runtime.findings(addresses)

    # -- showing ------------------------------------------------------------------------------

    def action_operation(self) -> None:
        """Open the operation that the header shows."""
        shown = self.in_header()
        if shown is not None:
            self.show_operation(shown.token)

    @on(messages.OperationOpened)
    def _operation_opened(self, message: messages.OperationOpened) -> None:
        self.show_operation(message.token)

    def show_operation(self, token: int) -> None:
        """Open the screen of an operation, of a member of a group, or of a group."""
        from screens.dialog import ConfirmDialog
        from screens.group import GroupScreen
        from screens.operation import OperationScreen

        group = self.under_way.groups.get(token)
        operation = self.under_way.operations.get(token)
        if self.shows(group or operation) or (group is None and operation is None):
            return
        screen: Screen[None]
        if operation is not None:
            connection = self.connection(operation.address)
            logs = connection.logs if connection else None
            door = self.runtime.checklists if self.runtime.settings.has_checklists else None
            screen = OperationScreen(operation, self.runtime.clock, logs, door)
        elif group is not None:
            screen = GroupScreen(group)
        if isinstance(self.screen, ConfirmDialog | OperationScreen):
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    def shows(self, running: Running | None) -> bool:
        """Whether that is what can be seen already."""
        screen = self.screen
        shown = getattr(screen, "operation", None) or getattr(screen, "group", None)
        return running is not None and shown is running

    # -- carrying -----------------------------------------------------------------------------

    @on(messages.OperationConfirmed)
    def _begin(self, message: messages.OperationConfirmed) -> None:
        plan = message.plan
        operation = self.under_way.begin(plan, self.runtime.clock.now())
        engine = self.runtime.engine
        OperationFeed(self, operation.token, partial(engine.execute, plan, message.typed)).start()
        self.show_operation(operation.token)

    @on(messages.GroupConfirmed)
    def _begin_group(self, message: messages.GroupConfirmed) -> None:
        plan = message.plan
        group = self.under_way.begin_group(plan, self.runtime.clock.now())
        engine = self.runtime.engine
        GroupFeed(self, group.token, partial(engine.execute_group, plan, message.typed)).start()
        self.show_operation(group.token)

    def resume(self, record: OperationRecord) -> None:
        """Watch an operation that was under way when the last console ended."""
        operation = self.under_way.take_up(record)
        OperationFeed(self, operation.token, partial(self.runtime.engine.resume, record.id)).start()
        self._update_notices()

    @on(messages.QuestionAnswered)
    def _answer(self, message: messages.QuestionAnswered) -> None:
        engine = self.runtime.engine
        ask(self, lambda: engine.answer(message.operation, yes=message.yes), ANSWER)

    @on(messages.OperationProgressed)
    def _progressed(self, message: messages.OperationProgressed) -> None:
        self._change(self.under_way.progressed(message.token, message.event))

    @on(messages.GroupProgressed)
    def _group_progressed(self, message: messages.GroupProgressed) -> None:
        group, member = self.under_way.group_progressed(message.token, message.event)
        if member is not None:
            self._tell_of(member)
        self._change(group)

    @on(messages.OperationEnded)
    def _ended(self, message: messages.OperationEnded) -> None:
        ended = self.under_way.ended(message.token, message.error, self.runtime.clock.now())
        self._change(ended)
        self._prove_again(ended)
        if message.error is not None:
            self.notify(str(message.error), severity="error", timeout=15, markup=False)
        self._watch_after(ended)

    def _prove_again(self, ended: Running) -> None:
        """What was proved of the services before an operation holds no longer."""
        addresses = ended.members if isinstance(ended, RunningGroup) else (ended.address,)
        for address in addresses:
            self.operation_ended(address)

    def _watch_after(self, ended: Running) -> None:
        """Go on judging the figures of what was deployed, each in an operation of its own."""
        engine = self.runtime.engine
        for deploy in ended.members.values() if isinstance(ended, RunningGroup) else (ended,):
            if deploy.is_watched_on:
                watch = self.under_way.begin_watch(deploy.address, self.runtime.clock.now())
                OperationFeed(self, watch.token, partial(engine.watch_after, deploy.id)).start()

    @on(messages.AskFailed)
    def _question_failed(self, message: messages.AskFailed) -> None:
        self.notify(str(message.error), severity="warning", timeout=15, markup=False)

    def refresh_bindings(self) -> None:
        """As Textual does; of a console that is quitting the screens are gone, and messages still arrive."""
        if self.screen_stack:
            super().refresh_bindings()

    def _change(self, running: Running) -> None:
        self._tell_of(running)
        self._update_notices()
        self.told()
        self.refresh_bindings()

    def _tell_of(self, running: Running) -> None:
        """Let the screens know that show it."""
        name = "operation" if isinstance(running, RunningOperation) else "group"
        for screen in self.screen_stack:
            shown = getattr(screen, name, None)
            if isinstance(shown, RunningOperation | RunningGroup) and shown.token == running.token:
                setattr(screen, name, running)

    def _update_notices(self) -> None:
        """Say in the banner what was found at the start and is being watched again."""
        notices = self.under_way.notices("o")
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.notices = notices

    def in_header(self) -> Running | None:
        """The most urgent operation that the header shows."""
        return self.under_way.in_header(self.runtime.clock.now())

    def chips(self) -> tuple[Chip, ...]:
        """What the header says of everything under way, the most urgent first."""
        return self.under_way.chips(self.runtime.clock.now(), self.glyphs, self.fleet)


def _last_word(events: Iterator[OperationEvent]) -> str:
    """What the last of them says."""
    said = [event.text for event in events]
    return said[-1] if said else ""
