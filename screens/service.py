"""One service: the screen that answers *what is going on*."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget

from console.domain import words
from console.domain.address import Address
from console.domain.fleet import ServicePicture
from console.domain.operation import Plan
from console.domain.signals import LogLine
from console.operations.engine import Engine
from console.ports import Clock, LogSource
from console.watch.cadence import is_stale
from screens.base import ConsoleScreen
from screens.feeds import LogFeed, ask
from screens.messages import (
    AskFailed,
    DeployRequested,
    LogsFailed,
    LogsRead,
    PlanMade,
    RollbackRequested,
)
from screens.summary import summary
from widgets.service_head import WayBack, consequence
from widgets.service_view import PANES, ServicePane, ServiceView

WAY_BACK_S = 20.0
"""How often the way back is asked for anew."""


class ServiceScreen(ConsoleScreen):
    """Deployments, tasks, targets, events and logs of one service, with its way back kept at hand."""

    CSS_PATH = "service.tcss"
    KEY_ORDER: ClassVar[tuple[str, ...]] = (
        "service.back",
        "service.roll_back",
        "service.deploy",
        "service.pane",
        "app.journal",
        "app.operation",
        "service.copy",
        "app.quit",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "fleet", id="service.back", tooltip="Back to the fleet"),
        Binding("R", "roll_back", "roll back", id="service.roll_back", tooltip="Plan the way back"),
        Binding("P", "deploy", "deploy", id="service.deploy", tooltip="Plan to deploy a version"),
        Binding("tab", "pane(1)", "pane", id="service.pane", tooltip="Next pane"),
        Binding("shift+tab", "pane(-1)", "pane", id="service.back_pane", show=False, tooltip="Pane before"),
        Binding("y", "copy", "copy", id="service.copy", tooltip="Copy a summary of the service"),
        Binding("j,down", "scroll_pane(1)", "down", id="service.down", show=False, tooltip="Pane down"),
        Binding("k,up", "scroll_pane(-1)", "up", id="service.up", show=False, tooltip="Pane up"),
        Binding(
            "pagedown", "scroll_pane(10)", "down", id="service.page_down", show=False, tooltip="A page down"
        ),
        Binding("pageup", "scroll_pane(-10)", "up", id="service.page_up", show=False, tooltip="A page up"),
        Binding("g,home", "scroll_pane(-9999)", "top", id="service.top", show=False, tooltip="To the top"),
        Binding("G,end", "scroll_pane(9999)", "end", id="service.end", show=False, tooltip="End of the pane"),
    ]

    def __init__(
        self,
        address: Address,
        engine: Engine,
        clock: Clock,
        logs: LogSource | None,
        autostart: bool = True,
    ) -> None:
        super().__init__()
        self.address = address
        self._engine = engine
        self._autostart = autostart
        self._feed = LogFeed(self, logs, address, clock) if logs is not None else None
        self._way = WayBack()
        self._lines: tuple[LogLine, ...] = ()
        self._logs_note = "" if logs is not None else "no logs are configured"
        self._pane = PANES[0]
        self._tag = 0
        self._waits = False

    def body(self) -> Iterable[Widget]:
        yield ServicePane(id="service")

    @property
    def watched(self) -> Address | None:
        return self.address

    @property
    def place(self) -> str:
        picture = self.picture
        return picture.environment.tier.value if picture else "all"

    @property
    def picture(self) -> ServicePicture | None:
        """The newest picture of the service."""
        return self.snapshot.find(self.address)

    # -- data ---------------------------------------------------------------------------------

    def on_mount(self) -> None:
        if not self._autostart:
            return
        self.set_interval(WAY_BACK_S, self.ask_way_back)
        self.ask_way_back()
        if self._feed is not None:
            self._feed.start()

    def on_unmount(self) -> None:
        if self._feed is not None:
            self._feed.stop()

    def ask_way_back(self) -> None:
        """Ask, quietly, which rollback would run now; one question at a time."""
        if self._waits:
            return
        self._waits = True
        self._tag += 1
        ask(self, self._question, self._tag, PlanMade)

    def _question(self) -> Plan:
        return self._engine.plan_rollback(self.address)

    @on(PlanMade)
    def _planned(self, message: PlanMade) -> None:
        message.stop()
        self._answered(message.tag, WayBack(message.plan))

    @on(AskFailed)
    def _refused(self, message: AskFailed) -> None:
        message.stop()
        self._answered(message.tag, WayBack(None, message.error.message))

    def _answered(self, tag: int, way: WayBack) -> None:
        if tag != self._tag:
            return
        self._waits = False
        self._way = way
        self.update_frame()

    @on(LogsRead)
    def _logs_read(self, message: LogsRead) -> None:
        message.stop()
        self._lines = message.lines
        self._logs_note = "" if message.lines else "no lines in the last 15 min"
        self.picture_changed()

    @on(LogsFailed)
    def _logs_failed(self, message: LogsFailed) -> None:
        message.stop()
        self._logs_note = f"not read: {message.error.message}"
        self.picture_changed()

    def picture_changed(self) -> None:
        picture = self.picture
        if picture is None or self.now is None or not self.is_mounted:
            return
        stale = is_stale(picture, self.now, focused=True) and picture.as_of is not None
        age = words.age((self.now - picture.as_of).total_seconds()) if stale and picture.as_of else ""
        self.query_one(ServicePane).view = ServiceView(
            picture, self.now, self._way, self._lines, self._logs_note, age, self._pane
        )

    def key_labels(self) -> Mapping[str, str]:
        said = consequence(self._way.plan, self.is_narrow)
        return {"service.roll_back": said} if said else {}

    # -- keys ---------------------------------------------------------------------------------

    def action_back(self) -> None:
        self.app.pop_screen()

    def action_roll_back(self) -> None:
        self.post_message(RollbackRequested(self.address))

    def action_deploy(self) -> None:
        self.post_message(DeployRequested(self.address))

    def action_pane(self, step: int) -> None:
        self._pane = PANES[(PANES.index(self._pane) + step) % len(PANES)]
        self.picture_changed()

    def action_scroll_pane(self, step: int) -> None:
        """Move the pane; the logs, which end with the newest line, count from their end."""
        pane = self.query_one(ServicePane)
        step = -step if self._pane == "logs" else step
        pane.scroll.offsets[self._pane] = pane.scroll.offsets.get(self._pane, 0) + step
        pane.refresh()

    def action_copy(self) -> None:
        picture = self.picture
        if picture is not None:
            self.app.copy_to_clipboard(summary(picture, self.now))
            self.notify(f"copied a summary of {picture.address}", markup=False, timeout=3)
