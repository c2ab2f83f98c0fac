"""The console: wiring only. Feeds fill the store, one flush a tenth of a second empties it."""

import os
import sys
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from console import stalls
from console.domain.address import Address
from console.domain.fleet import FleetSnapshot
from console.domain.operation import OperationRecord
from screens import messages
from screens.base import ConsoleScreen
from screens.feeds import FleetFeeds, GuardTripFeed, ask
from screens.fleet import FleetScreen
from screens.guarding import GuardingApp
from screens.mfa import CodeAsked, CodeQuestion, CodeScreen
from screens.operating import SAID
from screens.overview import unread
from screens.palette import ActionProvider, ExtraProvider, Extras, ServiceProvider
from widgets.glyphs import glyphs_for
from widgets.keybar import in_order, live_keys
from widgets.palette import DARK, LIGHT, NOCOLOR, theme_for, themes

if TYPE_CHECKING:
    from textual.command import Provider

    from console.runtime import Runtime
    from screens.logs_filter import FilterBook

FLUSH_S = 0.1
TICK_S = 1.0

_OPEN_OPERATIONS = 0
"""Tag of the question for operations of before."""
_EXTRA = -1
"""Tag of what an added entry of the palette does."""


_ON_SCREENS = ("journal", "keys", "operation", "leave", "retry", "command_palette")
"""Actions that a dialog does without: it is answered first."""
SIXTEEN = 16
"""Colours of a terminal that has few."""
_LOOKS = {DARK: "dark", LIGHT: "light", NOCOLOR: "no colour"}


def _operations() -> "type[Provider]":
    """What the palette knows of operations: loaded when it is opened."""
    from screens.palette_operations import OperationProvider

    return OperationProvider


class QuarterdeckApp(GuardingApp):
    """Screens, feeds and keys of one console.

    Operations belong to the app, not to a screen: leaving a screen stops none of them. With
    ``autostart=False`` no thread and no timer is started; a test calls :meth:`flush` and
    :meth:`tick` itself.
    """

    TITLE = "Quarterdeck"
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", "../screens/fleet.tcss"]
    """Textual loads no style sheet of the screen that it starts with: the fleet's is named here."""
    COMMANDS = App.COMMANDS | {ServiceProvider, ActionProvider, _operations, ExtraProvider}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "out", id="app.quit", tooltip="Leave the console"),
        Binding("h", "journal", "journal", id="app.journal", tooltip="Every operation by anybody"),
        Binding("o", "operation", "operation", id="app.operation", tooltip="The operation in the header"),
        Binding("l", "logs", "logs", id="app.logs", tooltip="The log of the service"),
        Binding("question_mark", "keys", "keys", id="app.keys", tooltip="Every key that works here"),
        Binding("ctrl+r", "retry", "retry now", id="app.retry", show=False, tooltip="Read everything now"),
        Binding(
            "ctrl+p",
            "command_palette",
            "palette",
            id="app.palette",
            show=False,
            priority=True,
            tooltip="Every service, screen and action",
        ),
        Binding(
            "ctrl+q", "leave", "out", id="app.ctrl_q", show=False, priority=True, tooltip="Leave the console"
        ),
    ]

    def __init__(
        self,
        runtime: "Runtime",
        autostart: bool = True,
        extras: Extras = tuple,
        keymap: Mapping[str, str] | None = None,
        theme: str = DARK,
    ) -> None:
        super().__init__(runtime)
        runtime.mfa = CodeQuestion(self.post_message)
        self.extras = extras
        self.autostart = autostart
        look = runtime.settings.console
        encoding = sys.stdout.encoding or "ascii"
        self.glyphs = glyphs_for("ascii" if look.ascii else "utf-8" if look.ascii is False else encoding)
        self.feeds: FleetFeeds | None = None
        self._guard_trips: GuardTripFeed | None = None
        self.crash: BaseException | None = None
        """The bug that ended it."""
        self._watched: Address | None = None
        self._collector = stalls.Collector()
        self._fleet = FleetSnapshot(
            {
                key: unread(item.environment, (service.address for service in item.services.values()))
                for key, item in runtime.settings.environments.items()
            }
        )
        for known in themes():
            self.register_theme(known)
        self.theme = theme
        self._has_few_colours = theme.endswith(f"-{SIXTEEN}")
        self.set_keymap(dict(keymap or {}))

    # -- start and data -----------------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        return FleetScreen(self.runtime.clock)

    def on_mount(self) -> None:
        self.tick()
        if self.runtime.note:
            self.notify(self.runtime.note, markup=False, timeout=8)
        if self.autostart:
            self.set_interval(FLUSH_S, self.flush)
            self.set_interval(TICK_S, self.tick)
            self.call_after_refresh(self._start)

    @property
    def fleet(self) -> FleetSnapshot:
        return self._fleet

    def _start(self) -> None:
        """Begin to read, once the first frame has been painted."""
        self.feeds = FleetFeeds(self.runtime)
        self.feeds.start()
        ask(self, self.runtime.engine.open_operations, _OPEN_OPERATIONS)

    def _watch_other_guards(self) -> None:
        """Begin to ask what the guards of other processes ask: what was under way at the start is followed
        by now."""
        self._guard_trips = GuardTripFeed(self, self.runtime.engine.open_trips, self.runtime.clock)
        self._guard_trips.start()

    def on_unmount(self) -> None:
        if self._guard_trips is not None:
            self._guard_trips.stop()
        if self.feeds is not None:
            self.feeds.stop()

    def flush(self) -> None:
        """Show what has been read since the last flush; the only writer of data to screens."""
        taken = self.runtime.store.take()
        if taken is not None:
            self._fleet = FleetSnapshot({**self._fleet.environments, **taken.environments})
            self.look_for_alerts(self._fleet)
        self._tell(self._visible())

    def tick(self) -> None:
        """Let the visible screen know what time it is."""
        screen = self._visible()
        if screen is not None:
            screen.now = self.runtime.clock.now()
        self.look_for_alerts(self._fleet)
        self._tell(screen)
        if self.feeds is not None:
            self._collector.tick(self.runtime.clock.monotonic())

    def told(self) -> None:
        self._tell(self._visible())

    def operation_ended(self, address: Address) -> None:
        if self.feeds is not None:
            self.feeds.operation_ended(address)
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.operation_ended(address)

    def _visible(self) -> ConsoleScreen | None:
        """The console screen that can be seen, under whatever dialog."""
        stack = reversed(self.screen_stack) if self.is_running else iter(())
        return next((screen for screen in stack if isinstance(screen, ConsoleScreen)), None)

    def _tell(self, screen: ConsoleScreen | None) -> None:
        if screen is None or not screen.is_mounted:
            return
        with self.batch_update():
            if screen.now is None:
                screen.now = self.runtime.clock.now()
            if screen.snapshot is not self._fleet:
                screen.snapshot = self._fleet
            screen.unsafe = self.under_way.unsafe()
            screen.chips = self.chips()
            screen.guard = self.guard_asked()
            screen.alerts = self.alert_book.alerts
        self.tend_guard()
        if self.feeds is not None and screen.watched != self._watched:
            self._watched = screen.watched
            self.feeds.focus(self._watched)

    async def on_event(self, event: events.Event) -> None:
        if self.feeds is not None and isinstance(event, events.Key | events.MouseEvent):
            self.feeds.touched()
            self._collector.touched(self.runtime.clock.monotonic())
        if isinstance(event, events.Key):
            screen = self._visible()
            if screen is not None:
                screen.touched()
        await super().on_event(event)

    # -- going places -------------------------------------------------------------------------

    @on(messages.ServiceChosen)
    def _open_service(self, message: messages.ServiceChosen) -> None:
        from screens.service import ServiceScreen

        connection = self.connection(message.address)
        logs = connection.logs if connection is not None else None
        platform = connection.platform if connection is not None else None
        screen = ServiceScreen(
            message.address, self.runtime.engine, self.runtime.clock, logs, self.autostart, platform
        )
        if isinstance(self.screen, ServiceScreen):
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    @on(messages.ChecklistRequested)
    def _open_checklist(self, message: messages.ChecklistRequested) -> None:
        from screens.checklist import ChecklistScreen

        door = self.runtime.checklists
        if not door.names(message.address):
            self.notify(f'{message.address} has no checklist: write checklist = "…"', markup=False)
            return
        self.push_screen(ChecklistScreen(message.address, door, self.runtime.clock))

    @on(messages.LogsRequested)
    def _open_logs(self, message: messages.LogsRequested) -> None:
        from screens.logs import LogsScreen

        connection = self.connection(message.address)
        if connection is None:
            return
        screen = LogsScreen(
            message.address,
            self.runtime.clock,
            connection.logs,
            self._log_filters,
            message.revision,
            local=self.runtime.settings.console.times == "local",
            autostart=self.autostart,
        )
        if isinstance(self.screen, LogsScreen):
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    @cached_property
    def _log_filters(self) -> "FilterBook":
        from screens.logs_filter import FilterBook

        return FilterBook(self.runtime.settings.cache / "log-filters.json")

    def action_logs(self) -> None:
        """Open the log of the service that is meant."""
        address = self._logs_of()
        if address is not None:
            self.post_message(messages.LogsRequested(address))

    def _logs_of(self) -> Address | None:
        """The service whose log would be opened; none on a log, and none under a dialog."""
        screen = self.screen
        is_log = type(screen).__name__ == "LogsScreen"
        return screen.pointed_at if isinstance(screen, ConsoleScreen) and not is_log else None

    def action_journal(self) -> None:
        from screens.journal import JournalScreen

        self.push_screen(JournalScreen(self.runtime.journal, self.runtime.clock))

    def _is_on_journal(self) -> bool:
        """Whether its key would only open it once more; without loading it to find out."""
        return type(self.screen).__name__ == "JournalScreen"

    def action_keys(self) -> None:
        """Show every key that works on this screen."""
        from screens.keys import KeysScreen

        screen = self.screen
        if isinstance(screen, ConsoleScreen):
            self.push_screen(KeysScreen(in_order(live_keys(screen, shown_only=False), screen.KEY_ORDER)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _ON_SCREENS and not isinstance(self.screen, ConsoleScreen):
            return False
        if action == "journal" and self._is_on_journal():
            return False
        if action == "logs":
            return self._logs_of() is not None
        if action == "operation":
            shown = self.in_header()
            return shown is not None and not self.shows(shown)
        return super().check_action(action, parameters)

    @on(messages.Answered)
    def _take_up(self, message: messages.Answered) -> None:
        """Watch on what was under way when the last console ended; say what an added entry did."""
        if message.tag in (_EXTRA, SAID):
            self.notify(str(message.value), markup=False, timeout=8)
        if message.tag != _OPEN_OPERATIONS or not isinstance(message.value, tuple):
            return
        for record in message.value:
            if isinstance(record, OperationRecord):
                self.resume(record)
        if self.feeds is not None and self._guard_trips is None:
            self._watch_other_guards()

    @on(messages.ExtraChosen)
    def _run_extra(self, message: messages.ExtraChosen) -> None:
        ask(self, message.run, _EXTRA)

    @on(CodeAsked)
    def _ask_for_code(self, message: CodeAsked) -> None:
        """Credentials of a role are needed on a feed's thread: it waits for the answer, nobody else does."""
        self.push_screen(CodeScreen(message.serial), message.answer)

    # -- leaving ------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """Leave, after a question if that leaves an operation unwatched."""
        from screens.leave import LeaveScreen

        if not self.under_way.running:
            self.exit(0)
        elif not isinstance(self.screen, LeaveScreen):
            self.push_screen(LeaveScreen(self.under_way.running), self._left)

    def _left(self, leaves: bool | None) -> None:
        if leaves:
            self.exit(0)

    async def action_quit(self) -> None:
        self.action_leave()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        yield SystemCommand("fleet", "every service, trouble first", self._to_fleet)
        yield SystemCommand("journal", "every operation by anybody", self.action_journal)
        yield SystemCommand("keys", "every key that works here", self.action_keys)
        if self.in_header() is not None:
            yield SystemCommand("operation", "the operation in the header", self.action_operation)
        yield SystemCommand("retry now", "read every environment at once", self.action_retry)
        yield SystemCommand("colours", f"change to {_LOOKS[self._next_theme()]}", self._change_theme)
        yield SystemCommand("out", "leave the console", self.action_leave)

    def _next_theme(self) -> str:
        """Dark, light, without colour, and round again."""
        order = list(_LOOKS)
        return order[(order.index(self.theme.removesuffix(f"-{SIXTEEN}")) + 1) % len(order)]

    def _change_theme(self) -> None:
        self.theme = theme_for(self._next_theme(), {}, SIXTEEN if self._has_few_colours else None)

    def _to_fleet(self) -> None:
        """Leave whatever is above the fleet; what runs goes on."""
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def action_retry(self) -> None:
        """Read everything now, also what waits to be tried again."""
        if self.feeds is not None:
            self.feeds.refresh()
            self.notify("reading every environment again", markup=False, timeout=3)

    def _fatal_error(self) -> None:
        """Report a crash without local variables: they may hold what must not be printed."""
        from rich.segment import Segments
        from rich.traceback import Traceback

        self.bell()
        self.crash = sys.exc_info()[1]
        traceback = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()


def run(runtime: "Runtime", extras: Extras = tuple) -> int:
    """Run the console until it is left; the exit code of the process.

    Raises:
        ConfigError: when the configuration asks for keys that cannot be.
    """
    settings = runtime.settings
    keymap: Mapping[str, str] = {}
    if settings.keys:
        from screens.keymap import keymap as checked

        keymap = checked(settings.keys, QuarterdeckApp, settings.path)
    app = QuarterdeckApp(runtime, extras=extras, keymap=keymap, theme=_theme(settings.console.theme))
    stalls.prepare()
    app.run()
    if app.crash is not None and settings.crash_reports is not None:
        from console import crash

        crash.tell(app.crash, settings)
    return app.return_code or 0


def _theme(wanted: str) -> str:
    """The theme to start with; ``NO_COLOR`` is stronger than the configuration, as Textual has it too."""
    from rich.console import Console

    few = Console(force_terminal=True).color_system in ("standard", "windows")
    no_color = bool(os.environ.get("NO_COLOR"))
    return theme_for("" if wanted == "auto" or no_color else wanted, os.environ, SIXTEEN if few else None)
