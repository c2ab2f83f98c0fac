"""How a list stands: its items, what was ticked, what was found, and the time, folded into one view. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from console.checklists.facts import VARIABLE, Facts, fill, why_not
from console.domain.checklist import (
    AUTO,
    Checklist,
    Effect,
    Item,
    ItemState,
    ItemView,
    Phase,
    Result,
    Tick,
    WalkView,
)
from console.domain.words import clock as minutes

_BY_A_PERSON = (ItemState.WAIVED, ItemState.NOT_APPLICABLE)


@dataclass(frozen=True)
class Walk:
    """Everything that is known of one walk of a list."""

    checklist: Checklist
    effects: Mapping[str, Effect] = field(default_factory=dict)
    """Name of a check -> what it does."""
    facts: Facts = field(default_factory=dict)
    ticks: tuple[Tick, ...] = ()
    """Oldest first."""
    results: Mapping[str, Result] = field(default_factory=dict)
    """Item -> what its check found last, in this process."""
    running: frozenset[str] = frozenset()
    """Items whose check is looking now, in this process."""
    begun: frozenset[Phase] = frozenset(Phase)
    """The phases whose checks look: before a deployment nothing can be told of what comes after it."""
    id: str = ""
    started_at: datetime | None = None
    by: str = ""
    ended_at: datetime | None = None

    def writes(self, item: Item) -> bool:
        """Whether its check leaves something behind."""
        return self.effects.get(item.check) is Effect.WRITES


def view(walk: Walk, now: datetime) -> WalkView:
    """The list as it stands."""
    words = {**walk.checklist.parameters, **walk.facts}
    last = {tick.item: tick for tick in walk.ticks}
    alone = {
        item.id: _alone(walk, _worded(item, words), last.get(item.id), now) for item in walk.checklist.items
    }
    items = tuple(_among(view, alone) for view in alone.values())
    return WalkView(walk.id, walk.checklist, items, now, walk.started_at, walk.by, walk.ended_at, walk.begun)


def _worded(item: Item, words: Mapping[str, object]) -> Item:
    return replace(
        item,
        title=VARIABLE.sub("…", fill(item.title, words)),
        remedy=VARIABLE.sub("…", fill(item.remedy, words)),
        link=fill(item.link, words),
        parameters=fill(item.parameters, words),
    )


def _alone(walk: Walk, item: Item, tick: Tick | None, now: datetime) -> ItemView:
    """An item by itself, whatever stands before it."""
    if tick is not None and tick.state in _BY_A_PERSON and tick.by != AUTO:
        return _ticked(item, tick)
    if item.problem:
        return ItemView(item, ItemState.UNKNOWN, item.problem, remedy="correct the file")
    if reason := why_not(item, walk.facts):
        return ItemView(item, ItemState.NOT_APPLICABLE, reason=reason, value=reason)
    if not item.check:
        return _by_hand(item, tick, now)
    if walk.writes(item):
        return _once(walk, item, tick)
    return _live(walk, item, tick, now)


def _ticked(item: Item, tick: Tick) -> ItemView:
    return ItemView(
        item,
        tick.state,
        tick.value or tick.reason,
        tick.at,
        tick.by,
        evidence=tick.evidence,
        reason=tick.reason,
    )


def _by_hand(item: Item, tick: Tick | None, now: datetime) -> ItemView:
    if tick is None or tick.state is ItemState.OPEN:
        return ItemView(item, ItemState.OPEN)
    if tick.state is ItemState.CHECKING and item.lasts is not None:
        left = _left(item.lasts, tick.at, now)
        if left > 0:
            return _ticking(item, tick, left)
        return ItemView(item, ItemState.OPEN, f"watched for {minutes(item.lasts.total_seconds())}", tick.at)
    return _ticked(item, tick)


def _once(walk: Walk, item: Item, tick: Tick | None) -> ItemView:
    """A check that writes: what it found when it was run, and nothing looks again."""
    if item.id in walk.running:
        return ItemView(item, ItemState.CHECKING, "running", tick.at if tick is not None else None)
    if tick is None or tick.state is ItemState.OPEN:
        return ItemView(item, ItemState.OPEN, "is run by hand, once")
    if tick.state is ItemState.CHECKING:
        return ItemView(
            item,
            ItemState.UNKNOWN,
            "was begun, and its end is not known",
            tick.at,
            tick.by,
            remedy="look at what it left behind; then waive it, or take the tick back and run it again",
        )
    result = walk.results.get(item.id)
    seen = _ticked(item, tick)
    return (
        seen if result is None else replace(seen, because=result.because, remedy=result.remedy or item.remedy)
    )


def _live(walk: Walk, item: Item, tick: Tick | None, now: datetime) -> ItemView:
    """A check that reads: what it finds now, or what it found before this process."""
    result = walk.results.get(item.id)
    if tick is not None and tick.state is ItemState.PASS and item.lasts is not None:
        return _ticked(item, tick)  # its time has passed, and it was well all the while
    if result is None:
        if tick is None or tick.state in (ItemState.OPEN, ItemState.CHECKING):
            state = ItemState.CHECKING if item.phase in walk.begun else ItemState.OPEN
            return ItemView(item, state, by=AUTO)
        return _ticked(item, tick)
    found = ItemView(
        item,
        result.state,
        result.value,
        result.at,
        AUTO,
        result.because,
        result.evidence,
        result.remedy or item.remedy,
        reason=result.value if result.state is ItemState.NOT_APPLICABLE else "",
    )
    if item.lasts is None or result.state is not ItemState.PASS:
        return found
    began = tick.at if tick is not None and tick.state is ItemState.CHECKING else now
    left = _left(item.lasts, began, now)
    return found if left <= 0 else replace(found, state=ItemState.CHECKING, left_s=left)


def _ticking(item: Item, tick: Tick, left: float) -> ItemView:
    said = f"{minutes(left)} left"
    return ItemView(item, ItemState.CHECKING, said, tick.at, tick.by, left_s=left)


def _left(lasts: timedelta, began: datetime, now: datetime) -> float:
    return (began + lasts - now).total_seconds()


def _among(mine: ItemView, alone: Mapping[str, ItemView]) -> ItemView:
    """An item behind those that have to be settled before it."""
    if mine.state.is_settled:
        return mine
    first = tuple(dict.fromkeys(_first(mine.item, alone)))
    if not first:
        return mine
    return replace(
        mine, state=ItemState.OPEN, waits_for=first, value=f"waits for {alone[first[0]].item.title}"
    )


def _first(item: Item, alone: Mapping[str, ItemView]) -> Iterator[str]:
    """Ids of what has to be settled before an item is looked at."""
    for name in item.after:
        if not alone[name].state.is_settled:
            yield name
    for other in _before(item, alone.values()):
        if other.item.fatal and other.state is ItemState.FAIL:
            yield other.item.id
    if item.release:
        for other in alone.values():
            if 0 < other.item.release < item.release and other.item.required and not other.state.is_settled:
                yield other.item.id


def _before(item: Item, views: Iterable[ItemView]) -> Iterator[ItemView]:
    """The items of the same phase in front of one."""
    for view in views:
        if view.item.id == item.id:
            return
        if view.item.phase is item.phase:
            yield view


def is_asked(view: ItemView, walk: Walk) -> bool:
    """Whether an item's check should look now: one that reads, counts here, and waits for nothing."""
    item = view.item
    if not item.check or item.problem or walk.writes(item) or view.waits_for:
        return False
    if item.phase not in walk.begun:
        return False
    if view.state in (ItemState.WAIVED, ItemState.NOT_APPLICABLE):
        return item.id in walk.results  # what said so itself may say otherwise now
    is_over = item.lasts is not None and view.state is ItemState.PASS
    return not is_over
