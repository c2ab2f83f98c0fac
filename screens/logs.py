"""The log of one service: all its tasks in one stream, filtered, searched, paused and saved."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from console.domain import words
from console.errors import UsageError
from screens.feeds import ask
from screens.logs_field import LogField
from screens.logs_filter import SOURCES, Wanted
from screens.logs_keys import KEYS, ORDER
from screens.logs_page import LogPage
from screens.logs_save import all_text, default_name, save
from screens.logs_time import here, moment_from
from screens.messages import Answered, AskFailed
from widgets.log_view import LogView


class LogsScreen(LogPage):
    """The keys of a log: what is let through, looked for, gone to, copied and saved."""

    CSS_PATH = "logs.tcss"
    KEY_ORDER: ClassVar[tuple[str, ...]] = ORDER
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    _before = Wanted()
    """The filter that stands again when the field is left."""
    _tag = 0

    def key_labels(self) -> Mapping[str, str]:
        return {
            "logs.next": "next found" if self.shown.search is not None else "next error",
            "logs.pause": "pause" if not self.query("#log") or self.pane.follow else "follow",
        }

    # -- filters ------------------------------------------------------------------------------

    def action_severity(self) -> None:
        self._apply(replace(self.wanted, severity=self.wanted.next_severity))

    def action_source(self) -> None:
        line = self.pane.selected
        choices = [name for name in SOURCES if name != "task" or (line is not None and line.task)]
        here = choices.index(self.wanted.source) if self.wanted.source in choices else -1
        source = choices[(here + 1) % len(choices)]
        self._apply(replace(self.wanted, source=source, task=line.task if line and source == "task" else ""))

    def action_events(self) -> None:
        self._apply(replace(self.wanted, events=not self.wanted.events))

    def action_clear(self) -> None:
        self._apply(Wanted())

    # -- the field ----------------------------------------------------------------------------

    @property
    def field(self) -> LogField:
        """Where something is typed."""
        return self.query_one(LogField)

    def action_field(self, what: str) -> None:
        """Let something be typed."""
        self._before = self.wanted
        value = {
            "include": self.wanted.include,
            "exclude": self.wanted.exclude,
            "find": self.wanted.find,
            "save": default_name(self.address, self.feed.ring.last),
        }.get(what, "")
        self.field.begin(what, value)

    def _close_field(self) -> None:
        self.field.end()
        self._refuse("")
        self.pane.focus()

    @on(LogField.Typed)
    def _typed(self, event: LogField.Typed) -> None:
        event.stop()
        if self.field.what == event.what:  # else it was left meanwhile
            self._apply(self.wanted.with_words(event.what, event.text))

    @on(LogField.Given)
    def _given(self, event: LogField.Given) -> None:
        event.stop()
        done: Mapping[str, Callable[[str], bool]] = {
            "time": self._go_to_time,
            "since": self._filter_since,
            "save": self._save_to,
        }
        what, text = event.what, event.text
        if done[what](text) if what in done else self._apply(self.wanted.with_words(what, text)):
            self._close_field()

    def _moment(self, text: str) -> datetime | None:
        try:
            return moment_from(text, self._clock.now(), self._zone)
        except UsageError as error:
            self._refuse(str(error))
            return None

    def _filter_since(self, text: str) -> bool:
        if not text:
            return self._apply(replace(self.wanted, since=None))
        moment = self._deployed_at() if text == "deploy" else self._moment(text)
        return moment is not None and self._apply(replace(self.wanted, since=moment))

    def _deployed_at(self) -> datetime | None:
        """When the newest deployment was made."""
        status = self.picture.status if self.picture else None
        found = status.primary.created_at if status and status.primary else None
        if found is None:
            self._refuse("no deployment is known")
        return found

    def _go_to_time(self, text: str) -> bool:
        moment = self._moment(text)
        if moment is None:
            return False
        oldest = self.feed.tail.oldest
        if oldest is not None and moment < oldest:
            self._way_back.to(moment)
            self._goes_to = moment
        self._show_time(moment)
        return True

    def _save_to(self, text: str) -> bool:
        if not text:
            self._refuse("a file needs a name")
            return False
        path, lines, revisions = Path(text), tuple(self.shown.lines), self.tasks.revisions
        self._tag += 1
        ask(self, lambda: save(path, lines, revisions), self._tag)
        return True

    @on(Answered)
    def _saved(self, message: Answered) -> None:
        message.stop()
        self.notify(str(message.value), markup=False, timeout=8)

    @on(AskFailed)
    def _not_saved(self, message: AskFailed) -> None:
        message.stop()
        self.notify(str(message.error), severity="warning", markup=False, timeout=8)

    # -- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action == "back" or not self.query(LogField) or not self.field.what

    def action_back(self) -> None:
        if not self.field.what:
            self.dismiss()
            return
        if self.wanted != self._before:
            self._apply(self._before)
        self._close_field()

    @on(LogView.Paused)
    def _paused(self, event: LogView.Paused) -> None:
        event.stop()
        self._paused_at = self._clock.now()
        self._arrived_then, self._lost_then = self.shown.arrived, self.feed.ring.lost
        self._draw_bars()
        self.update_keys()

    def action_pause(self) -> None:
        if self.pane.follow:
            self.pane.pause()
        else:
            self.action_follow()

    def action_follow(self) -> None:
        self.pane.resume()
        self._paused_at = None
        self._draw_bars()
        self.update_keys()

    def action_next(self, step: int) -> None:
        """To the next line that is looked for; where nothing is, to the next error."""
        log, shown = self.pane, self.shown
        place = log.index_of(log.cursor)
        if place is None:
            place = -1 if step > 0 and not log.follow else len(shown.lines)
        looks = shown.search is not None
        found = shown.next_match(place, step) if looks else shown.next_error(place, step)
        if found is None:
            self.say("nothing found" if looks else "no error", "muted")
        else:
            log.select(found)

    def action_unfold(self) -> None:
        self.pane.toggle_unfolded()

    def action_wrap(self) -> None:
        self._wraps = not self._wraps
        self._dress()

    def action_zone(self) -> None:
        self._zone = None if self._zone is not None else here()
        self._dress()
        self.picture_changed()

    def action_copy(self) -> None:
        selected = self.pane.selected
        lines = (selected,) if selected is not None else self.pane.seen
        self.app.copy_to_clipboard(all_text(lines, self.tasks.revisions))
        self.say(f"{words.count(len(lines), 'line')} copied")
