"""``checklist``: a team's lists, listed, judged, ticked and waived without a screen."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from console.cli.options import Subparsers, add_config, seconds
from console.cli.output import say, say_json
from console.cli.table import lined_up
from console.domain.address import Address
from console.domain.checklist import ItemView, WalkView
from console.domain.text import cell_width, plain
from console.domain.words import NOTHING, age, utc
from console.domain.words import clock as minutes

if TYPE_CHECKING:
    from console.checklists.door import Checklists
    from console.checklists.walker import Walker
    from console.ports import Clock
    from console.runtime import Runtime

SETTLE_S = 30.0
"""How long a look waits for the checks of a list."""
FOLLOW_S = 15.0
"""How often a list that is followed is judged."""
_STATE_CELLS = 14

Say = Callable[["Walker", str, argparse.Namespace], WalkView]
"""What a person says of an item: the walk, who says it, and the words of the command."""


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = subparsers.add_parser(
        "checklist",
        help="checklists: look, judge, tick, waive",
        description="What has to be so before, during and after a release, judged by itself wherever that "
        "can be told. Exit code 0 when nothing required is open, 1 when something is.",
    )
    verbs = parser.add_subparsers(dest="checklist_verb", metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="the lists of a service, or of all")
    listing.add_argument("address", metavar="ADDRESS", nargs="?", default="", help="system/environment/alias")
    _finish(listing, run_list)
    status = verbs.add_parser("status", help="a list as it stands; nothing is begun")
    _about(status)
    status.add_argument("--markdown", action="store_true", help="as it belongs into the release's ticket")
    _finish(status, run_status)
    walking = verbs.add_parser("run", help="begin a list, or go on with it, and judge what can be judged")
    _about(walking)
    walking.add_argument("--version", metavar="TAG", default="", help="what is released")
    walking.add_argument("--follow", action="store_true", help="go on judging until no watch is left")
    _finish(walking, run_walk)
    for name, meaning, says, words in _SAYINGS:
        said = verbs.add_parser(name, help=meaning)
        _about(said)
        said.add_argument("item", metavar="ITEM", help="its id, as status names it")
        for word, sense, needed in words:
            said.add_argument(f"--{word}", metavar="TEXT", required=needed, default="", help=sense)
        _finish(said, run_say, says=says)
    ending = verbs.add_parser("end", help="end a walk; with something open only with a reason")
    _about(ending)
    ending.add_argument("--reason", metavar="TEXT", default="", help="why it is given up")
    _finish(ending, run_end)


def _about(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("address", metavar="ADDRESS", help="system/environment/alias")
    parser.add_argument("--list", metavar="NAME", default="", help="else the one of the service's releases")
    parser.add_argument(
        "--wait", metavar="TIME", type=seconds, default=SETTLE_S, help="how long to wait for checks (30 s)"
    )


def _finish(
    parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int], **more: object
) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object")
    add_config(parser)
    parser.set_defaults(run=run, **more)


def _tick(walker: "Walker", who: str, words: argparse.Namespace) -> WalkView:
    return walker.tick(words.item, who, words.note)


def _waive(walker: "Walker", who: str, words: argparse.Namespace) -> WalkView:
    return walker.waive(words.item, who, words.reason)


def _skip(walker: "Walker", who: str, words: argparse.Namespace) -> WalkView:
    return walker.not_applicable(words.item, who, words.reason)


def _open(walker: "Walker", who: str, words: argparse.Namespace) -> WalkView:
    return walker.take_back(words.item, who)


def _act(walker: "Walker", who: str, words: argparse.Namespace) -> WalkView:
    return walker.act(words.item, who, words.comment)


def _do(walker: "Walker", who: str, words: argparse.Namespace) -> WalkView:
    return walker.run(words.item, who)


_REASON = (("reason", "why; the journal keeps it", True),)
_SAYINGS: tuple[tuple[str, str, Say, tuple[tuple[str, str, bool], ...]], ...] = (
    ("tick", "say that an item is so", _tick, (("note", "what was seen", False),)),
    ("waive", "let an item be, with a reason", _waive, _REASON),
    ("skip", "say that there is nothing of the kind this time", _skip, _REASON),
    ("open", "take a tick or a waiver back", _open, ()),
    ("do", "run a check that writes, once", _do, ()),
    (
        "act",
        "do what an item is about: approve a waiting run, set a webhook",
        _act,
        (("comment", "what is said with it", False),),
    ),
)


def run_list(arguments: argparse.Namespace) -> int:
    """``checklist list``"""
    runtime = _runtime(arguments)
    found = [
        (str(address), listed)
        for address in _addresses(runtime, arguments.address)
        for listed in runtime.checklists.listed(address)
    ]
    if arguments.json:
        rows = [
            {
                "address": address,
                "list": item.name,
                "title": item.checklist.title if item.checklist else None,
                "items": len(item.checklist.items) if item.checklist else None,
                "problem": item.problem or None,
                "walk": item.walk.id if item.walk else None,
                "version": item.walk.target.get("version") if item.walk else None,
            }
            for address, item in found
        ]
        say_json({"checklists": rows})
        return 0
    if not found:
        say('no service has a checklist: write checklist = "…" into an environment of the configuration')
        return 0
    rows_of_text = [("address", "list", "items", "walk", "title")]
    for address, item in found:
        count = str(len(item.checklist.items)) if item.checklist else NOTHING
        title = item.checklist.title if item.checklist else item.problem
        rows_of_text.append((address, item.name, count, item.walk.id if item.walk else NOTHING, plain(title)))
    for line in lined_up(rows_of_text):
        say(line)
    return 0


def run_status(arguments: argparse.Namespace) -> int:
    """``checklist status``"""
    runtime, address = _at(arguments)
    walker = runtime.checklists.look(address, arguments.list)
    view = walker.settle(arguments.wait)
    if arguments.markdown and not arguments.json:
        from console.checklists.markdown import markdown

        version = str(walker.context.facts.get("version") or "")
        say(markdown(view, f"{address} {version}".strip()).rstrip())
        return _code(view)
    return _tell(view, address, as_json=arguments.json)


def run_walk(arguments: argparse.Namespace) -> int:
    """``checklist run``"""
    runtime, address = _at(arguments)
    walker = runtime.checklists.begin(address, arguments.list, version=arguments.version)
    walker.again()
    view = walker.settle(arguments.wait)
    if arguments.follow:
        view = followed(runtime.checklists, walker, runtime.clock, arguments.wait)
    return _tell(view, address, as_json=arguments.json)


def followed(door: "Checklists", walker: "Walker", clock: "Clock", wait_s: float) -> WalkView:
    """Judge what is due until nothing is watched any more; the view then."""
    while True:
        view = walker.settle(wait_s)
        if not any(item.left_s for item in view.items):
            return view
        clock.sleep(FOLLOW_S)
        door.refresh(walker)


def run_say(arguments: argparse.Namespace) -> int:
    """``checklist tick``, ``waive``, ``skip``, ``open`` and ``do``"""
    runtime, address = _at(arguments)
    walker = runtime.checklists.begin(address, arguments.list)
    walker.settle(arguments.wait)  # what it waits for may have been settled since
    arguments.says(walker, runtime.checklists.actor(address), arguments)
    return _tell(walker.settle(arguments.wait), address, as_json=arguments.json)


def run_end(arguments: argparse.Namespace) -> int:
    """``checklist end``"""
    runtime, address = _at(arguments)
    walker = runtime.checklists.look(address, arguments.list)
    walker.settle(arguments.wait)
    view = walker.end(runtime.checklists.actor(address), arguments.reason)
    return _tell(view, address, as_json=arguments.json)


def _runtime(arguments: argparse.Namespace) -> "Runtime":
    from console.config.discover import find
    from console.config.loader import load
    from console.runtime import Runtime

    return Runtime(load(find(getattr(arguments, "config", None))))


def _at(arguments: argparse.Namespace) -> "tuple[Runtime, Address]":
    runtime = _runtime(arguments)
    return runtime, next(iter(_addresses(runtime, arguments.address)))


def _addresses(runtime: "Runtime", text: str) -> Iterable[Address]:
    from console.config.addresses import resolve

    if text:
        return (resolve(runtime.settings, text),)
    return tuple(item.address for item in runtime.settings.services())


def _tell(view: WalkView, address: Address, *, as_json: bool) -> int:
    if as_json:
        say_json(facts_of(view, address))
    else:
        for line in lines_of(view, address):
            say(plain(line))
    return _code(view)


def _code(view: WalkView) -> int:
    return 1 if view.due else 0


def lines_of(view: WalkView, address: Address) -> Iterator[str]:
    """The list for people: a phase, its items, and what is wrong under those that are."""
    walk = f" · walk {view.id} of {view.by}" if view.id else " · not begun"
    yield f"{view.checklist.title} · {address}{walk}"
    for phase in view.checklist.phases:
        items = view.of(phase)
        yield f"{phase.value}  {view.settled(phase)} of {len(items)}"
        width = max(cell_width(item.item.id) for item in items)
        for item in items:
            yield from _item_lines(item, width, view)
    left = view.due
    over = view.over_goal_s
    if over is not None:
        yield f"goal {'missed by' if over > 0 else 'in'} {minutes(abs(over))}"
    yield f"{len(left)} required open: {', '.join(item.item.id for item in left)}" if left else _settled(view)


def _settled(view: WalkView) -> str:
    later = len(view.blockers())
    return f"settled so far; {later} to come" if later else "all settled"


def _item_lines(view: ItemView, width: int, walk: WalkView) -> Iterator[str]:
    state = view.state.value + " " * (_STATE_CELLS - cell_width(view.state.value))
    name = view.item.id + " " * (width - cell_width(view.item.id))
    who = f"{view.by} {age((walk.at - view.at).total_seconds())} ago" if view.by and view.at else ""
    parts = (view.value or view.reason, who, "" if view.item.required else "advisory")
    yield "  " + " · ".join(part for part in (f"{state}  {name}  {view.item.title}", *parts) if part)
    if view.blocks:
        for label, text in (("because", view.because), ("remedy", view.remedy or view.item.remedy)):
            if text:
                yield f"{'':{_STATE_CELLS + width + 6}}{label}: {text}"


def facts_of(view: WalkView, address: Address) -> dict[str, object]:
    """The list for programs."""
    return {
        "event": "checklist",
        "at": utc(view.at),
        "address": str(address),
        "list": view.checklist.id,
        "title": view.checklist.title,
        "walk": view.id or None,
        "due": [item.item.id for item in view.due],
        "open": [item.item.id for item in view.blockers()],
        "items": [
            {
                "id": item.item.id,
                "phase": item.item.phase.value,
                "title": item.item.title,
                "state": item.state.name,
                "required": item.item.required,
                "check": item.item.check or None,
                "value": item.value,
                "at": utc(item.at) if item.at else None,
                "by": item.by or None,
                "because": item.because,
                "evidence": item.evidence,
                "remedy": item.remedy,
                "reason": item.reason,
                "left_s": item.left_s,
            }
            for item in view.items
        ],
    }
