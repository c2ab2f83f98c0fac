"""The question before a plan: what is typed, and, for a deploy, the registry's versions to pick from."""

from datetime import datetime

from textual.message_pump import MessagePump

from console.domain.operation import Verb
from console.domain.registry import Offer
from console.domain.wish import Wish
from console.errors import QuarterdeckError
from screens.feeds import ask
from screens.messages import Answered, AskFailed
from screens.plan_question import Planner
from screens.wishing import question
from widgets import plan_dialog
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.offers import offer_lines

_OFFERS = -1
"""Tag of the question for the registry's versions; those for plans count from one."""
ROWS = 9
"""Versions that are shown at a time."""


class Asking:
    """What is asked of the operator before a wish can be planned.

    What is typed narrows the list; ``enter`` takes the picked version, or what was typed where none is.
    """

    def __init__(self, planner: Planner, wish: Wish) -> None:
        self._planner = planner
        self._wish = wish
        self._question = question(wish)
        self._offers: tuple[Offer, ...] = ()
        self._note = ""
        self._picked = -1

    @property
    def is_needed(self) -> bool:
        """The wish is not complete."""
        return self._question is not None

    @property
    def placeholder(self) -> str:
        return self._question.placeholder if self._question else ""

    def begin(self, target: MessagePump) -> None:
        """Read what can be picked from; ``target`` gets the answer."""
        if self._wish.verb is Verb.DEPLOY and self._question is not None:
            self._note = "reading the registry"
            address = self._wish.address
            ask(target, lambda: self._planner.versions(address), _OFFERS)

    def heard(self, message: Answered | AskFailed) -> bool:
        """Take the registry's answer in; whether it was one."""
        if message.tag != _OFFERS:
            return False
        if isinstance(message, AskFailed):
            self._note = f"the registry cannot be listed: {message.error.message}"
        elif isinstance(message.value, tuple):
            self._offers = message.value
            self._note = "" if self._offers else "the registry holds no version"
        return True

    def move(self, step: int, typed: str) -> None:
        """Pick another version; above the first one none is picked."""
        self._picked = max(-1, min(len(self._shown(typed)) - 1, self._picked + step))

    def typed_anew(self) -> None:
        """Something else was typed: what was picked may be gone."""
        self._picked = -1

    def answer(self, typed: str) -> Wish | None:
        """The wish with the answer in it; ``None`` while there is none.

        Raises:
            UsageError: when it cannot be read.
        """
        if self._question is None:
            return self._wish
        shown = self._shown(typed)
        if 0 <= self._picked < len(shown):
            version = shown[self._picked].found.version
            typed = version.label if version.label in version.tags else version.digest or version.label
        if not typed and not self._question.may_be_empty:
            return None
        return self._question.answered(self._wish, typed)

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
        text = self._question.text(self._wish.address.service) if self._question else ""
        lines = plan_dialog.asking(text, error, column, width, glyphs)
        if self._wish.verb is not Verb.DEPLOY:
            return lines
        if self._note:
            return (*lines, Line().put(column, self._note, "muted", width), Line())
        shown = self._shown(typed)
        return (*lines, *offer_lines(shown, self._picked, ROWS, now, column, width, glyphs), Line())

    def _shown(self, typed: str) -> tuple[Offer, ...]:
        wanted = typed.lower()
        return tuple(offer for offer in self._offers if not wanted or wanted in _words(offer))


def _words(offer: Offer) -> str:
    version = offer.found.version
    return " ".join((version.label, *version.tags, version.digest or "", offer.found.commit)).lower()
