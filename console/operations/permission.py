"""What must hold before anything is sent, whoever asks: below every screen and every command."""

from collections.abc import Sequence
from contextlib import suppress

from console.domain.operation import Check, CheckState, OperationRecord, Plan, Verb, Verdict
from console.errors import JournalError, RefusedError
from console.operations.claims import Claim, claims
from console.operations.gate import NAME, is_gated
from console.operations.lives import is_carried
from console.operations.means import Means
from console.operations.policy import SHIPPING, freeze_check
from console.operations.under_way import UnderWay


class Permission:
    """Says no to a plan, or nothing."""

    def __init__(self, means: Means, under_way: UnderWay) -> None:
        self._means = means
        self._under_way = under_way

    def ask(self, plan: Plan, typed: str | None) -> frozenset[str] | None:
        """Return when the plan may be carried out, or the same is being carried out; nothing is sent.

        Returns:
            The ids of the open operations of its service that it was weighed against; ``None`` when nobody
            can say which there are.

        Raises:
            RefusedError: not confirmed, read-only, a required check failed, an operation of another
                verb is under way.
        """
        environment = self._means.platform(plan.address).environment
        if plan.nothing_to_do:
            return None
        if environment.read_only:
            raise RefusedError(
                f"{environment.key} is read-only", "set read_only = false in the configuration"
            )
        if plan.confirm and typed not in (plan.confirm, str(plan.address)):
            raise RefusedError(
                f"{plan.address} is not confirmed", f"pass what has to be typed: {plan.confirm}"
            )
        blockers = self._blockers(plan)
        if blockers:
            raise RefusedError(_blocked(blockers), blockers[0].remedy)
        there = self._under_way.claimants(plan.address)
        other = self._in_the_way(plan, there or ())
        if other is not None:
            raise RefusedError(
                f"a {other.verb.value} of {plan.address} by {other.actor} is under way",
                f"quarterdeck {other.verb.value} {plan.address} follows it",
            )
        return frozenset(record.id for record in there) if there is not None else None

    def _blockers(self, plan: Plan) -> tuple[Check, ...]:
        """What forbids it: failed checks of the plan, a freeze that has begun since, and what is not
        settled now: a checklist may have been walked since it was planned."""
        if plan.verb.goes_back:
            return ()
        rules = self._means.settings.environments[plan.address.place]
        frozen = freeze_check(rules, self._means.clock.now()) if plan.verb in SHIPPING else None
        walked = self._means.gate.check(plan) if is_gated(plan) else None
        planned = tuple(item for item in plan.blockers if item.name != NAME)
        now = tuple(item for item in (frozen, walked) if item is not None and item.state is CheckState.FAIL)
        known = {item.name for item in planned}
        return (*planned, *(item for item in now if item.name not in known))

    def _in_the_way(self, plan: Plan, there: Sequence[OperationRecord]) -> OperationRecord | None:
        """The open operation of ours that this one must not disturb.

        What goes back disturbs any. A pause belongs to a deployment under way, so that deciding about it
        disturbs none. The same, being carried out by anybody, is followed. A rollback of ours that has
        succeeded since ends what a paused deployment claims. Deploys of other versions follow one another,
        as soon as ECS has the first.
        """
        if plan.verb.goes_back or plan.verb is Verb.CONTINUE:
            return None
        now = self._means.clock.now()
        for record in there:
            claim = claims(record, now)
            if claim is Claim.NOTHING or self._under_way.is_twin(record, plan):
                continue
            if claim is Claim.VERSION and (plan.verb is Verb.SCALE or self._is_taken_back(record)):
                continue
            both_ship = record.verb is plan.verb and plan.verb is Verb.DEPLOY
            if both_ship and not (record.accepted_at is None and is_carried(record, now)):
                continue
            return record
        return None

    def _is_taken_back(self, record: OperationRecord) -> bool:
        """Whether a rollback that was confirmed after it has succeeded; an unreadable journal knows none."""
        with suppress(JournalError):
            return any(
                later.verb is Verb.ROLLBACK
                and later.verdict is Verdict.SUCCEEDED
                and (later.ordered_at or later.planned_at) > (record.ordered_at or record.planned_at)
                for later in self._means.journal.operations(str(record.address))
            )
        return False


def _blocked(blockers: tuple[Check, ...]) -> str:
    return "; ".join(f"{item.name}: {item.evidence}" for item in blockers if item.state is CheckState.FAIL)
