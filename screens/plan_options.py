"""What of a plan can be changed from its dialog, one function key each: letters are text while one types."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from console.domain.action import MIGRATION
from console.domain.operation import Plan, Verb
from console.domain.wish import Wish
from screens.wishing import SIZES, SNAPSHOT, Question, main_question


@dataclass(frozen=True)
class Option:
    """One change of the wish: something else is asked, or the other of two ways is taken."""

    words: str
    """As the key bar says it: what the key would do now."""
    short: str
    """The same where there is little room."""
    change: Callable[[Wish], Wish] | None = None
    question: Question | None = None


def options(wish: Wish, plan: Plan) -> tuple[Option, ...]:
    """What can be changed of a plan, for the keys in their order."""
    return tuple(_PLAINLY.get(wish.verb, _asked_again)(wish, plan))


def _asked_again(wish: Wish, plan: Plan) -> list[Option]:
    """The verb's own question once more."""
    asked = main_question(wish.verb)
    words = {
        Verb.DEPLOY: ("another version", "version"),
        Verb.SCALE: ("other counts", "counts"),
        Verb.DRAIN: ("what leaves", "what leaves"),
    }
    return [Option(*words.get(wish.verb, ("another answer", "anew")), question=asked)] if asked else []


def _deploy(wish: Wish, plan: Plan) -> list[Option]:
    found = [*_asked_again(wish, plan), Option("memory, cpu, grace", "sizes", question=SIZES)]
    if "migrate" in plan.choices:
        has = any(action.parameters.get("purpose") == MIGRATION for action in plan.actions)
        words = ("without migration", "no migration") if has else ("with the migration", "migrate")
        found.append(Option(*words, lambda asked: replace(asked, migrate=not has)))
    return found


def _rollback(wish: Wish, plan: Plan) -> list[Option]:
    found = []
    if "direct" in plan.choices:
        words = ("by its steps", "by steps") if wish.direct else ("all at once", "at once")
        found.append(Option(*words, lambda asked: replace(asked, direct=not asked.direct)))
    if "capacity" in plan.choices:
        words = ("leave the count", "no count") if wish.capacity else ("restore the count", "count")
        found.append(Option(*words, lambda asked: replace(asked, capacity=not asked.capacity)))
    return found


def _continue(wish: Wish, plan: Plan) -> list[Option]:
    words = ("go on instead", "go on") if wish.refuse else ("refuse: ECS goes back", "refuse")
    return [Option(*words, lambda asked: replace(asked, refuse=not asked.refuse))]


def _restore(wish: Wish, plan: Plan) -> list[Option]:
    return [Option("another snapshot", "snapshot", question=SNAPSHOT)]


_PLAINLY: dict[Verb, Callable[[Wish, Plan], list[Option]]] = {
    Verb.DEPLOY: _deploy,
    Verb.ROLLBACK: _rollback,
    Verb.CONTINUE: _continue,
    Verb.RESTORE: _restore,
}
