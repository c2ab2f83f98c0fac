"""One service: the screen that answers *what is going on*."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from console.domain import words
from console.domain.address import Address
from console.domain.fleet import ServicePicture
from console.domain.scaling import Scaling
from console.domain.signals import LogLine
from console.domain.way_back import serving_key
from console.operations.engine import Engine
from console.ports import Clock, LogSource, Platform
from console.watch.cadence import is_stale
from screens.changing import ChangingScreen
from screens.feeds import LogFeed
from screens.messages import Answered, AskFailed, LogsFailed, LogsRead, PlanMade
from screens.of_service import OfService
from screens.service_keys import KEYS, ORDER
from screens.service_questions import History, Questions, read_history, revisions_of
from screens.summary import summary
from widgets.config_view import Revisions
from widgets.keybar import live_keys
from widgets.scaling_view import NOT_READ, ScalingAnswer
from widgets.service_head import NOT_ASKED, ArmedPlan, consequence
from widgets.service_view import PANES, TABS, ServicePane, ServiceView

WAY_BACK_S = 20.0
"""How often the way back is asked for anew."""
SCALING_S = 30.0
"""How often scaling is asked for while it is looked at."""

COMPARED = ("older", "newer")
"""The two revisions whose configuration is compared, each with a pair of keys."""


class ServiceScreen(OfService, ChangingScreen):
    """Deployments, tasks, targets, events, scaling, configuration and logs of one service, with its way
    back kept at hand."""

    CSS_PATH = "service.tcss"
    KEY_ORDER: ClassVar[tuple[str, ...]] = ORDER
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(
        self,
        address: Address,
        engine: Engine,
        clock: Clock,
        logs: LogSource | None,
        autostart: bool = True,
        platform: Platform | None = None,
    ) -> None:
        super().__init__()
        self.address = address
        self._engine = engine
        self._platform = platform
        self._clock = clock
        self._autostart = autostart
        self._feed = LogFeed(self, logs, address, clock) if logs is not None else None
        self._questions = Questions(self)
        self._questions.expect("way back", 0)
        self._armed = NOT_ASKED
        self._asked_of = ""
        """What served when the way back was asked for last."""
        self._scaling = NOT_READ
        self._history: History | None = None
        self._history_note = ""
        self._pair: tuple[str, str] | None = None
        """Ids of the older and the newer release that were chosen to be compared; ``None``: the usual two."""
        self._lines: tuple[LogLine, ...] = ()
        self._logs_note = "" if logs is not None else "no logs are configured"
        self._pane = PANES[0]
        self._tab = TABS[0]
        self._explains = False

    def body(self) -> Iterable[Widget]:
        yield ServicePane(id="service")

    # -- data ---------------------------------------------------------------------------------

    def on_mount(self) -> None:
        if not self._autostart:
            return
        self.set_interval(WAY_BACK_S, self.ask_way_back)
        self.set_interval(SCALING_S, self._ask_what_is_shown)
        self.ask_way_back()
        if self._feed is not None:
            self._feed.start()

    def on_unmount(self) -> None:
        if self._feed is not None:
            self._feed.stop()

    def ask_way_back(self) -> None:
        """Ask, quietly, which rollback would run now; one question at a time."""
        serving = serving_key(self.picture) if self.picture is not None else ""
        if self._questions.ask("way back", lambda: self._engine.plan_rollback(self.address), PlanMade):
            self._asked_of = serving

    def _ask_what_is_shown(self) -> None:
        """Ask for what the open tab shows; nobody pays for a tab that is not looked at."""
        if self.app.screen is not self:
            return
        platform, address = self._platform, self.address
        if platform is None:
            return
        shown = self._pane if self.is_narrow else self._tab
        if shown == "scaling":
            self._questions.ask("scaling", lambda: platform.scaling(address))
        elif shown == "config" and self._wants_history():
            known = dict(self._history.releases) if self._history else {}
            now = self._clock.now()
            self._history_note = "" if self._history else "reading the history"
            self._questions.ask("history", lambda: read_history(platform, address, known, now))

    def _wants_history(self) -> bool:
        """Nothing was read yet, or something was shipped since."""
        seen = self.picture.observation if self.picture else None
        shipped = seen.rollout.target if seen and seen.rollout else None
        return self._history is None or (shipped is not None and shipped not in self._history.releases)

    def operation_ended(self, address: Address) -> None:
        """The plan of before is no way back any more, whatever the operation did."""
        if address == self.address and self._armed is not NOT_ASKED:
            self._armed = NOT_ASKED
            self.update_frame()
            if self._autostart:
                self.ask_way_back()

    @on(PlanMade)
    def _planned(self, message: PlanMade) -> None:
        message.stop()
        if self._questions.answered(message.tag) == "way back":
            self._armed = ArmedPlan(message.plan, serving=self._asked_of)
            self.update_frame()

    @on(Answered)
    def _told(self, message: Answered) -> None:
        message.stop()
        kind, value = self._questions.answered(message.tag), message.value
        if kind == "scaling" and (value is None or isinstance(value, Scaling)):
            self._scaling = ScalingAnswer(self._clock.now(), value)
        elif kind == "history" and isinstance(value, History):
            self._history, self._history_note = value, ""
        self.picture_changed()

    @on(AskFailed)
    def _refused(self, message: AskFailed) -> None:
        message.stop()
        kind, why = self._questions.answered(message.tag), message.error.message
        if kind == "way back":
            self._armed = ArmedPlan(None, why, self._asked_of)
        elif kind == "scaling":
            self._scaling = ScalingAnswer(self._scaling.at, self._scaling.scaling, why)
        elif kind == "history":
            self._history_note = f"not read: {why}"
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
        self._drop_old_plan(picture)
        stale = is_stale(picture, self.now, focused=True) and picture.as_of is not None
        age = words.age((self.now - picture.as_of).total_seconds()) if stale and picture.as_of else ""
        keys = {key.id: key.key for key in live_keys(self, shown_only=False)}
        self.query_one(ServicePane).view = ServiceView(
            picture,
            self.now,
            self._armed,
            self._lines,
            self._logs_note,
            age,
            self._pane,
            self._tab,
            self.snapshot.environments.get(picture.environment.key),
            self._scaling,
            self._revisions(picture),
            self._explains,
            keys.get("app.logs", ""),
            self.alerts.of(picture.address),
            tuple(f"{keys.get(f'service.{w}_back', '')} {keys.get(f'service.{w}_on', '')}" for w in COMPARED),
        )

    def _drop_old_plan(self, picture: ServicePicture) -> None:
        """A plan that was made before the service changed promises what is no longer so: another is asked for
        at once. A plan that is newer than the picture waits for it."""
        armed = self._armed
        if armed is NOT_ASKED:
            return
        if not armed.rests_on(picture):
            self._armed = NOT_ASKED
            if self._autostart and self._asked_of != serving_key(picture):
                self.ask_way_back()
        elif armed.plan is not None and armed.leads_nowhere(picture):
            label = armed.plan.target.version.label
            self._armed = ArmedPlan(None, f"{label} is what runs", armed.serving)

    def _revisions(self, picture: ServicePicture) -> Revisions:
        """What can be compared, and the two that are: by default what is live and what was before it."""
        known = revisions_of(picture.observation, self._history)
        ids = [release.id for release in known]
        if self._pair is not None and all(name in ids for name in self._pair):
            older, newer = (ids.index(name) for name in self._pair)
            if newer < older:
                return Revisions(known, newer, older, self._history_note)
        return Revisions(known, note=self._history_note)

    def key_labels(self) -> Mapping[str, str]:
        said = consequence(self._armed.plan, self.is_narrow)
        return {"do.roll_back": said} if said else {}

    # -- keys ---------------------------------------------------------------------------------

    def action_back(self) -> None:
        self.app.pop_screen()

    def action_pane(self, step: int) -> None:
        self.action_open_pane(PANES[(PANES.index(self._pane) + step) % len(PANES)])

    def action_open_pane(self, name: str) -> None:
        """Bring a pane to the front; what it shows is asked for when it is first looked at."""
        self._pane = name
        if name in TABS:
            self._tab = name
            self._ask_what_is_shown()
        self.picture_changed()

    @on(ServicePane.PaneChosen)
    def _clicked(self, message: ServicePane.PaneChosen) -> None:
        message.stop()
        self.action_open_pane(message.pane)

    def action_explain(self) -> None:
        self._explains = not self._explains
        self.picture_changed()

    def action_compare(self, which: str, step: int) -> None:
        """Choose another revision to compare; opens the tab that shows it."""
        picture = self.picture
        if picture is None:
            return
        if self._tab != "config" or self._pane != "config":
            self.action_open_pane("config")
            return
        chosen = self._revisions(picture).moved(which, step)
        pair = chosen.pair
        if pair is not None and pair[0].id is not None and pair[1].id is not None:
            self._pair = (pair[0].id, pair[1].id)
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
            around = self.snapshot.environments.get(picture.environment.key)
            self.app.copy_to_clipboard(summary(picture, self.now, around, self._armed.plan))
            self.notify(f"copied a summary of {picture.address}", markup=False, timeout=3)
