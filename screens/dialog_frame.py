"""The panes, fields and key bar of a dialog before an order, laid out for the size that there is."""

from abc import abstractmethod
from collections.abc import Mapping
from enum import Enum, auto
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from console.domain.text import plain
from widgets import plan_dialog
from widgets.confirm_field import ConfirmField
from widgets.dialog import DialogPane
from widgets.glyphs import UNICODE, Glyphs
from widgets.header import NARROW
from widgets.keybar import KeyBar
from widgets.line import Line

WIDE = 88


class Stage(Enum):
    """Where the dialog stands."""

    ASKING = auto()
    """The wish is not complete: which version, how many, what leaves."""
    PLANNING = auto()
    FAILED = auto()
    READY = auto()
    CHOOSING = auto()
    """Something else is looked at, or chosen from, in the place of the plan."""


class DialogFrame(ModalScreen[None]):
    """A dialog as it is drawn; a subclass says what stands in it and what the keys do."""

    CSS_PATH = "confirm.tcss"
    KEY_ORDER: ClassVar[tuple[str, ...]] = ()
    """Binding ids as they stand in the key bar; what does not fit is dropped from the end."""

    stage: Stage
    said = ""
    """Short note in the key bar."""

    # -- for subclasses -----------------------------------------------------------------------

    @property
    @abstractmethod
    def types(self) -> bool:
        """Whether a phrase has to be typed now."""

    @property
    @abstractmethod
    def is_barred(self) -> bool:
        """Whether what it is about writes to production."""

    @property
    @abstractmethod
    def goes_back(self) -> bool:
        """Whether esc leads to what was there before, and not out."""

    @abstractmethod
    def words(self) -> str:
        """What would be done, as the heading says it."""

    @abstractmethod
    def corner(self) -> tuple[str, str]:
        """What stands at the right of the heading, and its style."""

    @abstractmethod
    def body(self, column: int, width: int) -> tuple[Line, ...]:
        """What stands in the place of the plan, for the stage there is now."""

    @abstractmethod
    def warnings(self, column: int, width: int) -> tuple[Line, ...]:
        """What has to be seen before anything is confirmed."""

    @abstractmethod
    def foot(self, column: int, width: int) -> tuple[Line, ...]:
        """The buttons."""

    @abstractmethod
    def dead_because(self) -> str:
        """Why ``enter`` sends nothing whatever was typed; empty when it would."""

    def placeholder(self) -> str:
        """What may be typed where something is asked."""
        return ""

    def key_labels(self) -> Mapping[str, str]:
        """Binding id -> what to say in place of its verb now."""
        return {}

    # -- building -----------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield DialogPane(id="heading")
            yield DialogPane(id="plan")
            yield DialogPane(id="notice")
            answer = Input(placeholder=self.placeholder(), id="answer", compact=True, select_on_focus=False)
            answer.cursor_blink = False
            yield answer
            yield ConfirmField(id="field")
            yield DialogPane(id="foot")
        yield KeyBar()

    def on_resize(self) -> None:
        self.show()

    @property
    def is_narrow(self) -> bool:
        """Whether it takes the whole content area."""
        return self.size.width < NARROW

    @property
    def typed(self) -> str:
        """What stands in the field of a question."""
        return plain(self.query_one("#answer", Input).value).strip()

    # -- drawing ------------------------------------------------------------------------------

    @property
    def glyphs(self) -> Glyphs:
        """The marks that the terminal can show."""
        found = getattr(self.app, "glyphs", UNICODE)
        return found if isinstance(found, Glyphs) else UNICODE

    def show(self) -> None:
        """Draw everything anew for what is known, and for the size, now."""
        if not self.is_mounted or not self.query("#foot"):
            return
        narrow = self.is_narrow
        column = 2 if narrow else 4
        width = (self.size.width if narrow else WIDE) - 2 * column
        typing = self.types
        self.set_class(narrow, "-narrow")
        self.set_class(typing, "-types")
        self.set_class(self.stage is Stage.ASKING, "-asks")
        said = {
            "heading": plan_dialog.heading(self.words(), self.corner(), column, width, narrow),
            "plan": self.body(column, width),
            "notice": self.warnings(column, width),
            "foot": self.foot(column, width),
        }
        for pane in self.query(DialogPane):
            pane.barred = self.is_barred
            pane.paper = "background" if narrow else "surface"
            pane.lines = said.get(pane.id or "", ())
        self._lay_out(said, narrow, typing)
        self._keys(narrow, typing)

    def _lay_out(self, said: Mapping[str, tuple[Line, ...]], narrow: bool, typing: bool) -> None:
        """Give every part the rows that it needs, and the plan what is left."""
        field = (2 if narrow else 3) if typing else 1 if self.stage is Stage.ASKING else 0
        needed = sum(len(lines) for lines in said.values()) + field
        room = self.size.height - (3 if narrow else 4)
        gap = 1 if needed < room else 0
        self.query_one("#notice").styles.height = len(said["notice"]) + gap
        if self.stage is Stage.ASKING:
            self.query_one("#plan").styles.height = len(said["plan"])
        else:
            self.query_one("#plan").styles.height = "1fr"
        self.query_one("#dialog").styles.height = room if narrow else min(room, needed + gap)

    def _keys(self, narrow: bool, typing: bool) -> None:
        field = self.query_one(ConfirmField)
        field.waiting = self.dead_because()
        field.column = 2 if narrow else 4
        if typing and not field.has_focus:
            field.focus()
        elif self.stage is Stage.ASKING and not self.query_one("#answer").has_focus:
            self.query_one("#answer").focus()
        elif not typing and self.stage is not Stage.ASKING and self.focused is not None:
            self.set_focus(None)
        bar = self.query_one(KeyBar)
        back = {"plan.cancel": "back"} if self.goes_back else {}
        bar.labels = {**back, **self.key_labels()}
        bar.note = (self.said or (plan_dialog.NOTHING_SENT if narrow else ""), "muted")
        self.refresh_bindings()
