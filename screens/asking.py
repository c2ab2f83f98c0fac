"""The question before a plan: what is typed, and what there is to pick from."""

from datetime import datetime

from textual.message_pump import MessagePump

from console.domain.operation import Verb
from console.domain.wish import Wish
from console.errors import QuarterdeckError
from screens.feeds import ask
from screens.messages import Answered, AskFailed
from screens.picks import Counts, Leavers, Picks, Registry, Sight, Versions
from screens.wishing import Question, main_question, question
from widgets import plan_dialog
from widgets.glyphs import Glyphs
from widgets.line import Line

_PICKS = -1
"""Tag of the question for what can be picked; those for plans count from one."""


class Asking:
    """What is asked of the operator before a wish can be planned.

    What is typed narrows the list; ``enter`` takes the picked row, or what was typed where none is.
    """

    def __init__(
        self,
        wish: Wish,
        registry: Registry,
        sight: Sight | None = None,
        asked: Question | None = None,
    ) -> None:
        self.wish = wish
        self._question = asked or question(wish)
        is_main = asked is None or asked is main_question(wish.verb)
        self._picks = _picks(wish, registry, sight) if is_main else None
        self._note = ""
        self._row = -1

    @property
    def is_needed(self) -> bool:
        """The wish is not complete."""
        return self._question is not None

    @property
    def placeholder(self) -> str:
        return self._question.placeholder if self._question else ""

    def begin(self, target: MessagePump) -> None:
        """Read what can be picked from; ``target`` gets the answer."""
        if self._picks is not None and self._question is not None:
            self._note = self._picks.waiting
            ask(target, self._picks.read, _PICKS)

    def heard(self, message: Answered | AskFailed) -> bool:
        """Take in what can be picked; whether the message was about that."""
        if message.tag != _PICKS:
            return False
        if self._picks is None:
            return True
        if isinstance(message, AskFailed):
            self._note = f"{self._picks.unread}: {message.error.message}"
        else:
            self._note = self._picks.take(message.value)
        return True

    def move(self, step: int, typed: str) -> None:
        """Pick another row; above the first one none is picked."""
        rows = self._picks.count(typed) if self._picks else 0
        self._row = max(-1, min(rows - 1, self._row + step))

    def typed_anew(self) -> None:
        """Something else was typed: what was picked may be gone."""
        self._row = -1

    def answer(self, typed: str) -> Wish | None:
        """The wish with the answer in it; ``None`` while there is none.

        Raises:
            UsageError: when it cannot be read.
        """
        if self._question is None:
            return self.wish
        if self._picks is not None and 0 <= self._row < self._picks.count(typed):
            return self._picks.picked(self.wish, typed, self._row)
        if not typed and not self._question.may_be_empty:
            return None
        return self._question.answered(self.wish, typed)

    def lines(
        self,
        typed: str,
        error: QuarterdeckError | None,
        now: datetime,
        column: int,
        width: int,
        glyphs: Glyphs,
    ) -> tuple[Line, ...]:
        """The question, what was wrong with the last answer, and what can be picked."""
        text = self._question.text(self.wish.address.service) if self._question else ""
        lines = plan_dialog.asking(text, error, column, width, glyphs)
        if self._picks is None:
            return lines
        if self._note:
            return (*lines, Line().put(column, self._note, "muted", width), Line())
        return (*lines, *self._picks.lines(typed, self._row, now, column, width, glyphs), Line())


def _picks(wish: Wish, registry: Registry, sight: Sight | None) -> Picks | None:
    """What a verb has to pick from; where nobody can look, only what is typed counts."""
    if wish.verb is Verb.DEPLOY:
        return Versions(registry, wish.address)
    if sight is None:
        return None
    if wish.verb is Verb.DRAIN:
        return Leavers(sight, wish.address)
    return Counts(sight, wish.address) if wish.verb is Verb.SCALE else None
