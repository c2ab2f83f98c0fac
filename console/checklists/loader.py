"""A checklist from its TOML file.

A file that is no TOML, or has a wrong word at its top, is one clear line. A wrong item is named and stays in
the list as something that cannot pass, so that the rest can be walked.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from importlib import resources
from pathlib import Path

import jmespath
from jmespath.exceptions import JMESPathError

from console.checklists.registry import Check, Registry
from console.config.nearest import meant
from console.config.table import Table
from console.domain.checklist import Checklist, Effect, Item, Phase
from console.domain.operation import Verb
from console.domain.text import plain
from console.errors import ConfigError

TOP = ("title", "goal", "parameters", "items")
ITEM = (
    "id",
    "phase",
    "title",
    "check",
    "with",
    "required",
    "fatal",
    "environments",
    "verbs",
    "when",
    "if_any",
    "after",
    "lasts",
    "release",
    "link",
    "remedy",
)
_ID = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_PHASES = tuple(phase.value for phase in Phase)
_LONGEST_WATCH = timedelta(days=7)


def built_in() -> tuple[str, ...]:
    """Ids of the lists that come with the program: ``system/name``."""
    root = resources.files("console.checklists") / "handbooks"
    return tuple(
        sorted(
            f"{system.name}/{file.name.removesuffix('.toml')}"
            for system in root.iterdir()
            if system.is_dir()
            for file in system.iterdir()
            if file.name.endswith(".toml")
        )
    )


def load(name: str, folder: Path, registry: Registry) -> Checklist:
    """Read a list: one that comes with the program by its id, or a file of the operator's.

    Args:
        name: ``rugmunch/release``, or a path that ends in ``.toml``, from the configuration's folder.
        folder: Of the configuration.

    Raises:
        ConfigError: naming the file and what is wrong with it.
    """
    if name.endswith(".toml"):
        path = (folder / Path(name).expanduser()).absolute()
        return read(name, path, partial(path.read_text, "utf-8"), registry, is_own=True)
    if name not in built_in():
        raise ConfigError(f"there is no checklist {name}", meant(name, built_in()) or "name a .toml file")
    system, _, short = name.partition("/")
    resource = resources.files("console.checklists") / "handbooks" / system / f"{short}.toml"
    return read(name, Path(f"{name}.toml"), partial(resource.read_text, "utf-8"), registry, is_own=False)


def read(name: str, path: Path, text: Callable[[], str], registry: Registry, *, is_own: bool) -> Checklist:
    """Read a list from what a file holds; see :func:`load`."""
    top = Table(path, "", _parse(path, text), TOP)
    top.require("title", "say what it is for")
    top.require("items", "write [[items]] with an id, a phase and a title")
    rows = top.plain_value("items")
    if not isinstance(rows, list) or not rows:
        top.refuse("items", "is not a list of items", "write [[items]] with an id, a phase and a title")
    reader = _Reader(path, registry, is_own)
    items = tuple(reader.item(row, number) for number, row in enumerate(rows, 1))
    return Checklist(
        id=name,
        title=top.text("title"),
        source=str(path) if is_own else "built in",
        items=tuple(_in_place(items)),
        goal=top.duration_or_none("goal"),
        parameters=top.texts_by_name("parameters"),
    )


def _parse(path: Path, text: Callable[[], str]) -> dict[str, object]:
    try:
        return tomllib.loads(text())
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None


class _Reader:
    """Turns rows into items; what is wrong with one stays with that one."""

    def __init__(self, path: Path, registry: Registry, is_own: bool) -> None:
        self._path = path
        self._registry = registry
        self._is_own = is_own

    def item(self, row: object, number: int) -> Item:
        """The item of a row, or one that says what is wrong with it."""
        try:
            return self._item(Table(self._path, f"items[{number}]", row, ITEM))
        except ConfigError as error:
            return _broken(row, number, str(error))

    def _item(self, table: Table) -> Item:
        for key in ("id", "phase", "title"):
            table.require(key)
        check = self._check(table)
        lasts = table.duration_or_none("lasts")
        if lasts is not None and not timedelta() < lasts <= _LONGEST_WATCH:
            table.refuse("lasts", "is not a time up to seven days")
        if lasts is not None and check is not None and check.effect is Effect.WRITES:
            table.refuse("lasts", f"cannot be watched: {check.name} writes, and is run once")
        return Item(
            id=table.matching("id", _ID, "lower case letters, digits and hyphens"),
            phase=Phase(table.choice("phase", _PHASES, "")),
            title=table.text("title"),
            check=check.name if check is not None else "",
            parameters=self._given(table, check),
            required=table.flag("required") if table.has("required") else True,
            fatal=table.flag("fatal"),
            environments=table.texts("environments"),
            verbs=_verbs(table),
            when=_condition(table),
            if_any=table.flag("if_any"),
            after=table.texts("after"),
            lasts=lasts,
            release=int(table.number("release", 0, 0, 99)),
            link=table.matching("link", r"https?://\S+", "an http or https address"),
            remedy=table.text("remedy"),
        )

    def _check(self, table: Table) -> Check | None:
        name = table.text("check")
        if not name:
            return None
        check = self._registry.get(name)
        if check is None:
            table.refuse(
                "check", f"is {name!r}, and there is no such check", meant(name, self._registry.names())
            )
        if check.own_files_only and not self._is_own:
            table.refuse("check", f"is {name!r}, which only a list of your own may name")
        return check

    def _given(self, table: Table, check: Check | None) -> Mapping[str, object]:
        if check is None:
            if table.has("with"):
                table.refuse("with", "stands without a check", "name the check, or leave it out")
            return {}
        given = table.table("with", check.knows)
        for name in check.needs:
            given.require(name, check.parameters[f"{name}*"])
        return {name: given.plain_value(name) for name in given.entries()}


def _verbs(table: Table) -> tuple[str, ...]:
    known = tuple(verb.value for verb in Verb)
    for verb in table.texts("verbs"):
        if verb not in known:
            table.refuse("verbs", f"has {verb!r}, which is no verb", meant(verb, known))
    return table.texts("verbs")


def _condition(table: Table) -> str:
    text = table.text("when")
    try:
        if text:
            jmespath.compile(text)
    except JMESPathError as error:
        table.refuse("when", f"is {text!r}, which is no JMESPath: {str(error).splitlines()[0]}")
    return text


def _broken(row: object, number: int, problem: str) -> Item:
    """What stands in the place of an item that cannot be read: required, in the first phase it may mean."""
    values = row if isinstance(row, dict) else {}
    title = values.get("title")
    phase = values.get("phase")
    name = values.get("id")
    return Item(
        id=name if isinstance(name, str) and re.fullmatch(_ID, name) else f"item-{number}",
        phase=Phase(phase) if phase in _PHASES else Phase.BEFORE,
        title=plain(title) if isinstance(title, str) else f"item {number}",
        problem=problem,
    )


def _in_place(items: Sequence[Item]) -> Iterator[Item]:
    """The items, those marked whose ``after`` cannot be or whose id is taken."""
    known = {item.id: item for item in items}
    seen: set[str] = set()
    for number, item in enumerate(items, 1):
        problem = item.problem
        missing = [name for name in item.after if name not in known]
        if item.id in seen:
            problem = problem or f"there is another item {item.id}"
            item = replace(item, id=f"item-{number}")
        elif missing:
            problem = problem or f"comes after {missing[0]}, which is not in the list"
        elif circle := _circle(item, known):
            problem = problem or f"waits for itself: {' after '.join(circle)}"
        seen.add(item.id)
        yield replace(item, problem=problem, after=()) if problem else item


def _circle(item: Item, known: Mapping[str, Item]) -> tuple[str, ...]:
    """The way from an item to itself over what comes before it; empty where there is none."""
    ways: list[tuple[str, ...]] = [(item.id, name) for name in item.after]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        if way[-1] == item.id:
            return way
        if way[-1] not in seen and way[-1] in known:
            seen.add(way[-1])
            ways.extend((*way, name) for name in known[way[-1]].after)
    return ()
