"""How a deploy is guarded: by the configuration, or as somebody asked; and what its plan says of that."""

from collections.abc import Iterator

from console.domain.guard import GuardMode, GuardPolicy
from console.domain.guarded import GuardTerms
from console.domain.operation import Mechanism, Plan, Verb
from console.domain.service import ServiceStatus
from console.domain.steps import lasts
from console.domain.wish import Wish


def terms_of(wish: Wish, policy: GuardPolicy) -> GuardTerms:
    """The configuration's terms, with what was asked for instead.

    Raises:
        ValueError: when the wish names no mode that there is.
    """
    return GuardTerms(
        mode=GuardMode(wish.guard) if wish.guard else policy.mode,
        bake_s=policy.bake.total_seconds() if wish.bake_s is None else wish.bake_s,
        countdown_s=policy.countdown.total_seconds(),
        watch_s=policy.watch.total_seconds(),
        is_asked=bool(wish.guard) or wish.bake_s is not None,
    )


def is_guarded(plan: Plan) -> bool:
    """Whether it is of the kind that is guarded: a deploy that sends something, or follows one."""
    return plan.verb is Verb.DEPLOY and not plan.nothing_to_do and plan.mechanism is not Mechanism.NONE


def remarks(terms: GuardTerms, plan: Plan, status: ServiceStatus | None = None) -> Iterator[str]:
    """What a plan says of its guard, and of what would guard it without us."""
    if not terms.is_on:
        yield "guard off: nobody goes back by the figures"
    elif plan.mechanism is Mechanism.WATCH and not terms.is_asked:
        yield "guard not armed: somebody else's deployment"
    else:
        through = f"through the rollout and {lasts(terms.bake_s)} after it"
        does = {
            GuardMode.ASK: "it asks before anything is sent",
            GuardMode.ROLLBACK: f"it rolls back {lasts(terms.countdown_s)} after it trips",
        }[terms.mode]
        yield f"guard {terms.mode.value} {through}: {does} · it lives in this process, and ends with it"
    advice = _advice(status)
    if advice:
        yield advice


def _advice(status: ServiceStatus | None) -> str:
    """What ECS itself would not notice."""
    if status is None:
        return ""
    lacks = [] if status.breaker_rolls_back else ["no circuit breaker with rollback"]
    lacks += [] if status.steps.alarms else ["no deployment alarm"]
    if not lacks:
        return ""
    what = "it" if len(lacks) == 1 else "them"
    return f"{', '.join(lacks)}: with {what} ECS would go back without a console"
