"""One walk of a list: looked at, judged, ticked, waived; every change written down before it counts."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from threading import Lock

from console.checklists import walking, walks
from console.checklists.context import CheckContext
from console.checklists.facts import Facts
from console.checklists.given import Given
from console.checklists.judging import Judge, look
from console.checklists.registry import Deed, Registry
from console.checklists.walking import Walk
from console.domain.checklist import (
    AUTO,
    Checklist,
    Item,
    ItemState,
    ItemView,
    Phase,
    Result,
    Tick,
    WalkView,
)
from console.domain.operation import OperationRecord, Verdict
from console.domain.text import plain
from console.errors import JournalError, QuarterdeckError, ReadOnlyError, RefusedError, UsageError

FIRST = frozenset({Phase.BEFORE, Phase.APPROVAL, Phase.WALK})
"""What can be judged before anything has been sent."""


class Walker:
    """Walks one list. Every method may be called from any thread; none waits for a check but :meth:`run`
    and :meth:`settle`.

    Args:
        record: The walk in the journal; ``None``: it is only looked at, and nothing can be ticked.
        begun: The phases that are judged.
    """

    def __init__(
        self,
        checklist: Checklist,
        context: CheckContext,
        registry: Registry,
        record: OperationRecord | None = None,
        begun: Iterable[Phase] = FIRST,
    ) -> None:
        self.context = context
        self._clock = context.clock
        self._journal = context.journal
        self._registry = registry
        self.record = record
        self._lock = Lock()
        self._results: dict[str, Result] = {}
        self._ticks: tuple[Tick, ...] = ()
        self._writing: set[str] = set()
        self.begun = frozenset(begun)
        self.problem = ""
        """Why the last tick of a check could not be written down; empty when it could."""
        self.checklist = checklist
        checks = {item.check: registry.get(item.check) for item in checklist.items if item.check}
        self._effects = {name: check.effect for name, check in checks.items() if check is not None}
        self._judge = Judge(context, self._found)
        self.reread()

    # looking

    def reread(self) -> None:
        """Take in what was ticked elsewhere.

        Raises:
            JournalError: when the store fails.
        """
        if self.record is None:
            return
        ticks = walks.ticks(self._journal.entries(self.record.id))
        with self._lock:
            self._ticks = ticks

    def learn(self, facts: Facts) -> None:
        """Let conditions and checks know more from now on."""
        if any(self.context.facts.get(name) != value for name, value in facts.items()):
            self.context = replace(self.context, facts={**self.context.facts, **facts})
            self._judge.context = self.context

    def view(self) -> WalkView:
        """The list as it stands; asks nobody."""
        return walking.view(self._walk(), self._clock.now())

    def writes(self, item: Item) -> bool:
        """Whether an item's check leaves something behind."""
        return self._walk().writes(item)

    def judge(self) -> None:
        """Begin the checks that are due, and call NODATA what is late; waits for none."""
        self._judge.tell_late()
        walk = self._walk()
        for view in walking.view(walk, self._clock.now()).items:
            if not walking.is_asked(view, walk):
                continue
            check = self._registry.get(view.item.check)
            if check is not None and self._judge.is_due(view.item, check):
                self._judge.begin(view.item, check)

    def again(self, *items: str) -> None:
        """Judge these, or all, anew with the next :meth:`judge`."""
        self._judge.again(*items)

    def settle(self, seconds: float = 60.0) -> WalkView:
        """Judge until nothing is left that could be told now, or that long; the view then."""
        until = self._clock.monotonic() + seconds
        while True:
            self.judge()
            if not self._judge.running or self._clock.monotonic() >= until:
                return self.view()
            self._judge.settle(until - self._clock.monotonic())

    def _walk(self) -> Walk:
        with self._lock:
            ticks, results = self._ticks, dict(self._results)
            running = self._judge.running | self._writing
        record = self.record
        return Walk(
            self.checklist,
            self._effects,
            self.context.facts,
            ticks,
            results,
            frozenset(running),
            self.begun,
            record.id if record is not None else "",
            record.ordered_at if record is not None else None,
            record.actor if record is not None else "",
            record.ended_at if record is not None else None,
        )

    def _found(self, item: str, result: Result) -> None:
        """Keep what a check found; what differs from before is written down."""
        with self._lock:
            self._results[item] = result
            before = next((tick for tick in reversed(self._ticks) if tick.item == item), None)
        listed = next(one for one in self.checklist.items if one.id == item)
        tick = self._tick_of(listed, result, before)
        if tick is None or self.record is None:
            return
        try:
            self._keep(tick, listed.title)
        except JournalError as error:  # it is found again with the next look, and written down then
            self.problem = error.message
        except RefusedError:
            return  # the walk has ended while it was looked at

    def _tick_of(self, item: Item, result: Result, before: Tick | None) -> Tick | None:
        """What is to be written of a finding; ``None`` where the journal knows as much."""
        state, now = result.state, self._clock.now()
        known = before.state if before is not None else None
        if before is not None and before.by != AUTO and known in (ItemState.WAIVED, ItemState.NOT_APPLICABLE):
            return None
        if item.lasts is not None and state is ItemState.PASS:
            if known is ItemState.PASS:
                return None
            if known is not ItemState.CHECKING or before is None:
                state = ItemState.CHECKING
            elif now - before.at < item.lasts:
                return None
        elif known is state:
            return None
        return Tick(item.id, state, now, AUTO, result.value, result.evidence)

    # saying

    def tick(self, item: str, by: str, note: str = "") -> WalkView:
        """A person says that an item is so.

        Raises:
            RefusedError: when it is judged by itself, or waits for another.
            UsageError: when there is no such item.
            JournalError: when it cannot be written down; then it is not ticked.
        """
        view = self._item(item)
        if view.item.check:
            raise RefusedError(f"{view.item.title} is judged by {view.item.check}", "waive it with a reason")
        if view.item.problem:
            raise RefusedError(f"{view.item.title} cannot be read: {view.item.problem}", "correct the file")
        self._in_turn(view)
        state = ItemState.PASS
        if view.item.lasts is not None and view.state is ItemState.OPEN and view.at is None:
            state = ItemState.CHECKING  # a watch begins; what it was like is said at its end
        elif view.left_s:
            raise RefusedError(
                f"{view.item.title} is watched until its time has passed", "waive it with a reason"
            )
        return self._say(view, state, by, value=note)

    def take_back(self, item: str, by: str) -> WalkView:
        """A person takes a tick, a waiver, or what a writing check found back."""
        return self._say(self._item(item), ItemState.OPEN, by)

    def waive(self, item: str, by: str, reason: str) -> WalkView:
        """A person lets an item be, and says why.

        Raises:
            UsageError: without a reason.
        """
        if not reason.strip():
            raise UsageError("a waiver needs its reason", "say why it may be left")
        return self._say(self._item(item), ItemState.WAIVED, by, reason=reason.strip())

    def not_applicable(self, item: str, by: str, reason: str) -> WalkView:
        """A person says that there is nothing of the kind this time.

        Raises:
            RefusedError: for an item of which there always is something.
        """
        view = self._item(item)
        if not view.item.if_any:
            raise RefusedError(f"{view.item.title} always applies", "waive it with a reason")
        if not reason.strip():
            raise UsageError("that needs its reason", "say why there is nothing of the kind")
        return self._say(view, ItemState.NOT_APPLICABLE, by, reason=reason.strip())

    def run(self, item: str, by: str) -> WalkView:
        """Run a check that writes, once, and wait for it.

        Raises:
            ReadOnlyError: in a read-only environment; nothing is run.
            RefusedError: when it is no such check, was run already, or waits for another item.
            JournalError: when its beginning cannot be written down; nothing is run.
        """
        view = self._item(item)
        check = self._registry.get(view.item.check) if view.item.check else None
        if check is None or not self.writes(view.item):
            raise RefusedError(f"{view.item.title} has nothing to run", "tick it, or wait for its check")
        if self.context.environment.environment.read_only:
            raise ReadOnlyError(f"{self.context.environment.environment.key} is read-only, and this writes")
        self._in_turn(view)
        with self._lock:
            is_free = item not in self._writing
            self._writing.add(item)
        try:
            if not is_free or view.state not in (ItemState.OPEN, ItemState.FAIL):
                raise RefusedError(f"{view.item.title} was run already", "take that back to run it again")
            self._say(view, ItemState.CHECKING, by)  # the intent comes first
            result = look(check, view.item, self.context)
            with self._lock:
                self._results[item] = result
            return self._say(view, result.state, by, value=result.value, evidence=result.evidence)
        finally:
            if is_free:
                with self._lock:
                    self._writing.discard(item)

    def deed(self, item: Item) -> Deed | None:
        """What can be done about an item from here."""
        check = self._registry.get(item.check) if item.check else None
        return check.deed if check is not None else None

    def act(self, item: str, by: str, words: str = "") -> WalkView:
        """Do what an item is about, once: approve a run, set a webhook. Its check looks again afterwards.

        Raises:
            ReadOnlyError: in a read-only environment; nothing is sent.
            UsageError: when a person's words are needed and missing.
            RefusedError: when there is nothing to do about it.
            JournalError: when it cannot be written down; nothing is sent.
            QuarterdeckError: when it was not done.
        """
        view = self._item(item)
        deed, check = self.deed(view.item), self._registry.get(view.item.check)
        if deed is None or check is None:
            raise RefusedError(f"nothing can be done about {view.item.title} from here")
        if self.context.environment.environment.read_only:
            raise ReadOnlyError(f"{self.context.environment.environment.key} is read-only, and this writes")
        if deed.asks and not words.strip():
            raise UsageError(f"{deed.verb} needs {deed.asks}")
        self._in_turn(view)
        said = plain(words.strip())
        self._note(item, deed.verb, said or "begun", by)  # the intent comes first
        try:
            told = deed.do(self.context, Given(view.item.parameters), said)
        except QuarterdeckError as error:
            with suppress(JournalError):
                self._note(item, deed.verb, f"not done: {error.message}", by)
            raise
        with suppress(JournalError):
            self._note(item, deed.verb, told, by)
        self.again(item)
        return self.view()

    def _note(self, item: str, verb: str, said: str, by: str) -> None:
        walks.done(self._journal, self._walked().id, item, verb, said, by, self._clock.now())

    def end(self, by: str, reason: str = "") -> WalkView:
        """End the walk: SUCCEEDED when nothing required is left, FAILED when it is given up.

        Raises:
            RefusedError: when something required is left, and no reason is given.
        """
        record = self._walked()
        left = self.view().blockers()
        if left and not reason.strip():
            raise RefusedError(f"{left[0].item.title} is {left[0].state.value}", "give it up with a reason")
        verdict = Verdict.FAILED if left else Verdict.SUCCEEDED
        said = f"given up by {by}: {reason.strip()}" if left else f"walked, ended by {by}"
        now = self._clock.now()
        walks.end(self._journal, record, verdict, said, now)
        self.record = replace(record, ended_at=now, verdict=verdict, reason=said)
        return self.view()

    def around(self, operation: str) -> None:
        """Say that an operation is what is walked around."""
        walks.bind(self._journal, self._walked().id, operation, self._clock.now())

    def _walked(self) -> OperationRecord:
        if self.record is None or not self.record.is_open:
            raise RefusedError("the walk is not begun, or has ended", "begin it first")
        return self.record

    def _item(self, item: str) -> ItemView:
        self._walked()
        self.reread()
        for view in self.view().items:
            if view.item.id == item:
                return view
        raise UsageError(f"{self.checklist.id} has no item {item}", "quarterdeck checklist status names them")

    def _in_turn(self, view: ItemView) -> None:
        if view.waits_for:
            raise RefusedError(f"{view.item.title} {view.value}", "settle that first")

    def _say(
        self,
        view: ItemView,
        state: ItemState,
        by: str,
        *,
        value: str = "",
        evidence: str = "",
        reason: str = "",
    ) -> WalkView:
        at = self._clock.now()
        self._keep(Tick(view.item.id, state, at, by, plain(value), evidence, plain(reason)), view.item.title)
        return self.view()

    def _keep(self, tick: Tick, title: str) -> None:
        walks.note(self._journal, self._walked().id, tick, title)
        with self._lock:
            self._ticks = (*self._ticks, tick)
        self.problem = ""
