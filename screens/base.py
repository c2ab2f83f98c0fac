"""What every screen is: header, banner, body, key bar; told the newest snapshot and the time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from console.domain.address import Address
from console.domain.alerts import NO_ALERTS, Alerts
from console.domain.fleet import EMPTY_FLEET, FleetSnapshot
from console.domain.operation import Safety
from screens.overview import ALL, header_picture, problem_lines
from widgets.banner import Banner
from widgets.guard_panel import GuardAsked, GuardPanel
from widgets.header import NARROW, Chip, HeaderBar
from widgets.keybar import KeyBar
from widgets.line import Line
from widgets.lines import LinesView

LEAST_WIDTH, LEAST_HEIGHT = 60, 15
GUARD_KEYS = ("guard.back", "guard.cancel", "guard.wait", "guard.ignore")
"""They stand first while a guard asks, and are not there else."""


class ConsoleScreen(Screen[None]):
    """A screen of the console.

    A subclass says its body in :meth:`body` and draws its part of a picture in
    :meth:`picture_changed`; only the visible screen is told anything, and it is told the newest as
    soon as it becomes visible.
    """

    DEFAULT_CSS = """
    ConsoleScreen { background: $background; }
    ConsoleScreen > #body { height: 1fr; }
    ConsoleScreen > #too-small { display: none; }
    ConsoleScreen.-too-small > HeaderBar, ConsoleScreen.-too-small > Banner,
    ConsoleScreen.-too-small > GuardPanel, ConsoleScreen.-too-small > KeyBar,
    ConsoleScreen.-too-small > #body { display: none; }
    ConsoleScreen.-too-small > #too-small { display: block; }
    """

    KEY_ORDER: ClassVar[tuple[str, ...]] = ()
    """Binding ids as they stand in the key bar; what does not fit is dropped from the end."""

    snapshot: reactive[FleetSnapshot] = reactive(EMPTY_FLEET, always_update=True)
    now: reactive[datetime | None] = reactive(None)
    chips: reactive[tuple[Chip, ...]] = reactive(())
    """What is under way, the most urgent first."""
    unsafe: reactive[Mapping[Address, Safety]] = reactive(dict)
    """What operations under way say of services that are not safe any more, or not known to be."""
    notices: reactive[tuple[str, ...]] = reactive(())
    """Lines of the banner besides the environments' problems."""
    alerts: reactive[Alerts] = reactive(NO_ALERTS)
    guard: reactive[GuardAsked | None] = reactive(None)
    """A guard that has tripped and waits for an answer; it follows to every screen."""

    def compose(self) -> ComposeResult:
        yield HeaderBar()
        yield GuardPanel()
        yield Banner()
        with Container(id="body"):
            yield from self.body()
        yield KeyBar()
        yield LinesView(id="too-small")

    # -- for subclasses -----------------------------------------------------------------------

    def body(self) -> Iterable[Widget]:
        """The widgets between header and key bar."""
        return ()

    def picture_changed(self) -> None:
        """Snapshot, time or size have changed: draw anew what depends on them."""

    def touched(self) -> None:
        """A key was pressed while this screen, or a dialog above it, could be seen."""

    def operation_ended(self, address: Address) -> None:
        """An operation on a service has ended, whatever became of it."""

    def key_order(self) -> tuple[str, ...]:
        """Binding ids in the order of the key bar now: the most useful key first."""
        return self.KEY_ORDER

    def key_labels(self) -> Mapping[str, str]:
        """Binding id -> what to say in place of its verb now: the consequence of the main key."""
        return {}

    @property
    def watched(self) -> Address | None:
        """The service that is to be read more often while this screen is visible."""
        return None

    @property
    def pointed_at(self) -> Address | None:
        """The service that the operator means without naming one."""
        return self.watched

    @property
    def place(self) -> str:
        """The tab that is active in the header."""
        return ALL

    # -- the frame ----------------------------------------------------------------------------

    @property
    def is_narrow(self) -> bool:
        """Fewer columns than the comfortable layout needs."""
        return self.size.width < NARROW

    def on_mount(self) -> None:
        self.update_frame()

    def on_screen_resume(self) -> None:
        self.update_frame()

    def on_resize(self) -> None:
        too_small = self.size.width < LEAST_WIDTH or self.size.height < LEAST_HEIGHT
        self.set_class(too_small, "-too-small")
        self.set_class(self.is_narrow, "-narrow")
        self.update_frame()

    def _too_small_line(self) -> Line:
        said = f"{LEAST_WIDTH} x {LEAST_HEIGHT} needed, {self.size.width} x {self.size.height} here"
        line = Line()
        if self.chips:
            more = f" +{len(self.chips) - 1}" if len(self.chips) > 1 else ""
            said = f"{self.chips[0].text}{more} · {said}"
        if self.guard is not None:
            said = f"GUARD {self.guard.address} · {said}"
        return line.put(0, said, "text")

    def watch_snapshot(self) -> None:
        self.update_frame()

    def watch_now(self) -> None:
        self.update_frame()

    def watch_chips(self) -> None:
        self.update_frame()

    def watch_unsafe(self) -> None:
        self.update_frame()

    def watch_notices(self) -> None:
        self.update_frame()

    def watch_alerts(self) -> None:
        self.update_frame()
        self.refresh_bindings()

    def watch_guard(self, before: GuardAsked | None, now: GuardAsked | None) -> None:
        """The panel alone, unless what the keys do has changed as well."""
        if not self.is_mounted or not self.is_attached:
            return
        self._draw_panel()
        if (before is None) is not (now is None):
            self.update_keys()

    def update_frame(self) -> None:
        """Draw header, banner and key bar from what is known now, and let the body follow."""
        if not self.is_mounted or not self.is_attached:
            return
        self._draw_panel()
        self.query_one(Banner).texts = (*self.notices, *problem_lines(self.snapshot, self.now))
        self.picture_changed()
        self.draw_header()
        self.update_keys()

    def _draw_panel(self) -> None:
        """The guard's panel; where there is no room for it, the line that says so."""
        self.query_one(GuardPanel).asked = self.guard
        if self.has_class("-too-small"):
            self.query_one("#too-small", LinesView).lines = (self._too_small_line(),)

    def draw_header(self) -> None:
        """Draw the header: where one is, how old the data is, what one may do at the service in view."""
        self.query_one(HeaderBar).picture = header_picture(
            self.snapshot, self.place, self.now, self.chips, self.pointed_at, self.alerts.alarms
        )

    def update_keys(self) -> None:
        """Say anew in the key bar which keys come first, and what they would do."""
        bar = self.query_one(KeyBar)
        bar.order = (*GUARD_KEYS, *self.key_order())
        bar.labels = {**self.key_labels(), **self._guard_labels()}

    def _guard_labels(self) -> Mapping[str, str]:
        """Whom the guard's key would roll back, and to what: it is not what the cursor is on."""
        if self.guard is None or not self.guard.view.back_to:
            return {}
        return {"guard.back": f"roll back {self.guard.address} to {self.guard.view.back_to}"}

    def say(self, text: str, ink: str = "muted") -> None:
        """Put a short note at the right of the key bar; an empty one takes it away."""
        self.query_one(KeyBar).note = (text, ink)
