"""Whether services are as they should be, judged line by line while one looks on. Reads only."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from console.domain.address import Address
from console.domain.findings import Finding
from screens.base import ConsoleScreen
from screens.feeds import look_through
from screens.messages import AskFailed, FindingMade
from widgets.findings_view import FindingsPicture, FindingsView, finding_lines
from widgets.glyphs import ASCII


class ValidateScreen(ConsoleScreen):
    """Shows the findings as they are made.

    Args:
        title: What is looked at, in words.
        addresses: The services, in order.
        look: Makes the findings; it blocks and may raise.
    """

    KEY_ORDER = ("validate.back", "validate.again", "validate.copy", "app.journal", "app.keys")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "leave", id="validate.back", tooltip="Back to where you were"),
        Binding("a", "again", "look again", id="validate.again", tooltip="Look at everything again"),
        Binding("y", "copy", "copy", id="validate.copy", tooltip="Copy the table to paste"),
        Binding("j,down", "move(1)", "down", id="validate.down", show=False, tooltip="Down"),
        Binding("k,up", "move(-1)", "up", id="validate.up", show=False, tooltip="Up"),
        Binding("pagedown", "move(10)", "down", id="validate.page_down", show=False, tooltip="A page down"),
        Binding("pageup", "move(-10)", "up", id="validate.page_up", show=False, tooltip="A page up"),
        Binding("g,home", "move(-9999)", "top", id="validate.top", show=False, tooltip="To the top"),
        Binding("G,end", "move(9999)", "end", id="validate.end", show=False, tooltip="To the end"),
    ]

    def __init__(
        self,
        title: str,
        addresses: tuple[Address, ...],
        look: Callable[[tuple[Address, ...]], Iterator[Finding]],
    ) -> None:
        super().__init__()
        self._title = title
        self.addresses = addresses
        self._look = look
        self._tags = count(1)
        self._tag = 0
        self.findings: tuple[Finding, ...] = ()
        self.over = False
        self.error = ""

    def body(self) -> Iterable[Widget]:
        yield FindingsView()

    @property
    def pointed_at(self) -> Address | None:
        return self.addresses[0] if len(self.addresses) == 1 else None

    def on_mount(self) -> None:
        self.action_again()

    def action_again(self) -> None:
        """Look at everything from the beginning; what was being looked at counts no more."""
        self._tag = next(self._tags)
        self.findings, self.over, self.error = (), False, ""
        look, addresses = self._look, self.addresses
        look_through(self, lambda: look(addresses), self._tag)
        self.picture_changed()

    def on_finding_made(self, message: FindingMade) -> None:
        message.stop()
        if message.tag != self._tag:
            return
        if message.finding is None:
            self.over = True
        else:
            self.findings = (*self.findings, message.finding)
        self.picture_changed()

    def on_ask_failed(self, message: AskFailed) -> None:
        message.stop()
        if message.tag == self._tag:
            self.error, self.over = str(message.error), True
            self.picture_changed()

    def picture_changed(self) -> None:
        if self.is_mounted and self.query(FindingsView):
            self.query_one(FindingsView).shown = self._picture

    @property
    def _picture(self) -> FindingsPicture:
        return FindingsPicture(self._title, self.findings, self.over, self.error)

    def action_back(self) -> None:
        self.dismiss()

    def action_move(self, step: int) -> None:
        self.query_one(FindingsView).move(step)

    def action_copy(self) -> None:
        lines = [line.plain(120).rstrip() for line in finding_lines(self.findings, 120, ASCII)]
        self.app.copy_to_clipboard("\n".join([f"{self._title}: {self._picture.counts}", *lines]))
        self.say("table copied")
