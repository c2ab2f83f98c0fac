"""What has to be asked before a wish can be planned: one field a question, and how its answer is read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from console.domain.operation import Verb
from console.domain.wish import Wish
from console.errors import UsageError

_COUNTS = re.compile(r"(?P<desired>\d+)?\s*(?:(?P<minimum>\d+)\s*-\s*(?P<maximum>\d+))?")
_TASK = re.compile(r"[0-9a-f]{4,32}")
_SIZE = re.compile(r"(memory|cpu|grace)\s+(\d+)")


@dataclass(frozen=True)
class Question:
    """One question about a service, and what to make of the answer."""

    text: Callable[[str], str]
    """The question for a service of that name."""
    placeholder: str
    answered: Callable[[Wish, str], Wish]
    """The wish with the answer in it; raises :class:`UsageError` in one line."""
    may_be_empty: bool = False


def question(wish: Wish) -> Question | None:
    """What has to be asked first; ``None`` where the wish is complete."""
    sizes = (wish.memory_mb, wish.cpu, wish.grace_s) != (None, None, None)
    if wish.verb is Verb.DEPLOY and (wish.version or sizes):
        return None
    if wish.verb is Verb.SCALE and (wish.desired, wish.minimum, wish.maximum) != (None, None, None):
        return None
    if wish.verb is Verb.DRAIN and (wish.task or wish.instance):
        return None
    return main_question(wish.verb)


def main_question(verb: Verb) -> Question | None:
    """What a verb asks before anything else; ``None``: nothing."""
    return _QUESTIONS.get(verb)


def _version(wish: Wish, answer: str) -> Wish:
    return replace(wish, version=answer)


def _counts(wish: Wish, answer: str) -> Wish:
    found = _COUNTS.fullmatch(answer.strip())
    if found is None or not any(found.groups()):
        raise UsageError(f"{answer} is not a count", "write 4, or 2-10, or 4 2-10")
    desired, minimum, maximum = (int(text) if text else None for text in found.groups())
    return replace(wish, desired=desired, minimum=minimum, maximum=maximum)


def _what_leaves(wish: Wish, answer: str) -> Wish:
    if not answer:
        return replace(wish, task="", instance="")
    if _TASK.fullmatch(answer):
        return replace(wish, task=answer, instance="")
    return replace(wish, task="", instance=answer)


def _sizes(wish: Wish, answer: str) -> Wish:
    """``memory 1024 cpu 512 grace 90``, each of them or none; what is not named stays as it is."""
    found = _SIZE.findall(answer.lower())
    if _SIZE.sub("", answer.lower()).strip(" ,"):
        raise UsageError(f"{answer} is not a size", "write memory 1024, or cpu 512, or grace 90, or several")
    said = {name: int(number) for name, number in found}
    return replace(wish, memory_mb=said.get("memory"), cpu=said.get("cpu"), grace_s=said.get("grace"))


def _snapshot(wish: Wish, answer: str) -> Wish:
    snapshot, _, database = answer.partition(" ")
    return replace(wish, snapshot=snapshot, database=database.strip())


SIZES = Question(
    lambda name: (
        f"What else changes of {name}: memory in MB, CPU units (1024 a vCPU), seconds of grace for health"
        " checks; empty: nothing"
    ),
    "memory 1024 cpu 512 grace 90",
    _sizes,
    may_be_empty=True,
)
SNAPSHOT = Question(
    lambda name: (
        f"Which snapshot of {name}'s database, and after it the name of the new instance where the usual"
        " one will not do; empty: the newest that was taken by hand or for a migration"
    ),
    "empty, or a snapshot's name",
    _snapshot,
    may_be_empty=True,
)

_QUESTIONS: Mapping[Verb, Question] = {
    Verb.DEPLOY: Question(
        lambda name: f"Which version of {name}: pick one with the arrows, or type a tag or digest",
        "tag or digest",
        _version,
    ),
    Verb.SCALE: Question(
        lambda name: f"How many tasks of {name}: 4, or 2-10 for what autoscaling may do, or 4 2-10",
        "4, or 2-10",
        _counts,
    ),
    Verb.DRAIN: Question(
        lambda name: (
            f"What leaves: all of {name} with enter, or one of these with the arrows, or one task by the"
            " beginning of its id"
        ),
        "empty, a task id, or a container instance",
        _what_leaves,
        may_be_empty=True,
    ),
}
