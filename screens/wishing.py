"""What has to be asked before a wish can be planned: one field a verb, and how its answer is read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from console.domain.operation import Verb
from console.domain.wish import Wish
from console.errors import UsageError

_COUNTS = re.compile(r"(?P<desired>\d+)?\s*(?:(?P<minimum>\d+)\s*-\s*(?P<maximum>\d+))?")
_TASK = re.compile(r"[0-9a-f]{4,32}")


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
    if wish.verb is Verb.DEPLOY and wish.version:
        return None
    if wish.verb is Verb.SCALE and (wish.desired, wish.minimum, wish.maximum) != (None, None, None):
        return None
    if wish.verb is Verb.DRAIN and (wish.task or wish.instance):
        return None
    return _QUESTIONS.get(wish.verb)


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
        return wish
    if _TASK.fullmatch(answer):
        return replace(wish, task=answer)
    return replace(wish, instance=answer)


_QUESTIONS: Mapping[Verb, Question] = {
    Verb.DEPLOY: Question(
        lambda name: f"Which version of {name}: a tag or digest in its registry", "tag or digest", _version
    ),
    Verb.SCALE: Question(
        lambda name: f"How many tasks of {name}: 4, or 2-10 for what autoscaling may do, or 4 2-10",
        "4, or 2-10",
        _counts,
    ),
    Verb.DRAIN: Question(
        lambda name: f"What leaves: all of {name} with enter, or one task by the beginning of its id",
        "empty, a task id, or a container instance",
        _what_leaves,
        may_be_empty=True,
    ),
}
