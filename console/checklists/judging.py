"""Checks at work: each on a thread that nobody waits for longer than its limit.

A check that hangs is called NODATA when its limit has passed, and is not begun again before it has returned;
one that raises is NODATA with the reason. Neither keeps another from being judged.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread

from console.checklists.context import CheckContext
from console.checklists.facts import unknown_in
from console.checklists.given import Given
from console.checklists.registry import Check
from console.domain.checklist import Item, ItemState, Result
from console.domain.text import plain
from console.errors import QuarterdeckError
from console.logtail.masks import masked
from console.ports import Clock

MOST_AT_ONCE = 6
LONGEST_EVIDENCE = 2_000
"""Characters of evidence that are kept."""
_REAL_S = 0.02
_POLL_S = 0.05


def look(check: Check, item: Item, context: CheckContext) -> Result:
    """What a check says of an item, on this thread; raises nothing.

    Args:
        item: With the words of its parameters in place.
    """
    began = context.clock.monotonic()
    missing = unknown_in(item.parameters)
    if missing:
        return Result(ItemState.UNKNOWN, f"{missing[0]} is not known", at=context.clock.now())
    try:
        found = check.run(context, Given(item.parameters))
    except QuarterdeckError as error:
        found = Result(ItemState.UNKNOWN, error.message, remedy=error.remedy)
    except Exception as error:  # a check is anybody's code: whatever it does stays with its item
        found = Result(ItemState.UNKNOWN, f"{check.name} broke: {type(error).__name__}: {error}")
    return replace(
        found,
        value=masked(plain(found.value)),
        because=masked(plain(found.because)),
        evidence=masked(found.evidence)[:LONGEST_EVIDENCE],
        remedy=plain(found.remedy),
        at=found.at or context.clock.now(),
        took_s=context.clock.monotonic() - began,
    )


@dataclass
class _Look:
    """One check of one item, while it lasts."""

    item: Item
    check: Check
    began: float
    is_over: Event
    is_late: bool = False


class Judge:
    """Runs checks beside one another.

    Args:
        told: Called with an item's id and its result, on the thread of the check.
    """

    def __init__(self, context: CheckContext, told: Callable[[str, Result], None]) -> None:
        self.context = context
        self._told = told
        self._clock: Clock = context.clock
        self._looks: dict[str, _Look] = {}
        self._lock = Lock()
        self._next: dict[str, float] = {}

    @property
    def running(self) -> frozenset[str]:
        """Items that are being looked at, those that are late left out."""
        with self._lock:
            return frozenset(name for name, look in self._looks.items() if not look.is_late)

    def is_due(self, item: Item, check: Check) -> bool:
        """Whether it is time to look at an item again, and nobody is still looking."""
        with self._lock:
            return item.id not in self._looks and self._next.get(item.id, 0.0) <= self._clock.monotonic()

    def again(self, *items: str) -> None:
        """Look at these at once; at all of them without any."""
        with self._lock:
            for name in items or tuple(self._next):
                self._next.pop(name, None)

    def begin(self, item: Item, check: Check) -> bool:
        """Have an item looked at; whether it was begun: not while it is, nor while too many are."""
        now = self._clock.monotonic()
        with self._lock:
            at_work = sum(not look.is_late for look in self._looks.values())
            if item.id in self._looks or at_work >= MOST_AT_ONCE:
                return False
            at_it = self._looks[item.id] = _Look(item, check, now, Event())
            self._next[item.id] = now + check.every.total_seconds()
        Thread(target=self._run, args=(at_it,), name=f"check {check.name}", daemon=True).start()
        return True

    def tell_late(self) -> None:
        """Call NODATA what has not answered within its limit."""
        now = self._clock.monotonic()
        with self._lock:
            late = [
                look
                for look in self._looks.values()
                if not look.is_late and now - look.began >= look.check.limit.total_seconds()
            ]
            for at_it in late:
                at_it.is_late = True
        for at_it in late:
            limit = at_it.check.limit.total_seconds()
            said = f"{at_it.check.name} has not answered within {limit:.0f} s"
            self._told(at_it.item.id, Result(ItemState.UNKNOWN, said, at=self._clock.now(), took_s=limit))

    def settle(self, seconds: float) -> None:
        """Wait until nothing is being looked at any more, or that long."""
        until = self._clock.monotonic() + seconds
        while self.running and self._clock.monotonic() < until:
            self.tell_late()
            with self._lock:
                events = [look.is_over for look in self._looks.values() if not look.is_late]
            # a thread needs real time, whatever clock its check goes by
            if events and not events[0].wait(_REAL_S):
                self._clock.wait(events[0], _POLL_S)

    def _run(self, at_it: _Look) -> None:
        result = look(at_it.check, at_it.item, self.context)
        with self._lock:
            was_late = at_it.is_late
            del self._looks[at_it.item.id]
            if was_late:
                self._next[at_it.item.id] = 0.0  # it does answer: ask it anew
        if not was_late:
            self._told(at_it.item.id, result)
        at_it.is_over.set()
