"""What must hold before anything is sent, whoever asks: below every screen and every command."""

from contextlib import suppress

from console.domain.operation import Check, CheckState, OperationRecord, Plan, Verb, Verdict
from console.errors import JournalError, RefusedError
from console.operations.gate import NAME, is_gated
from console.operations.means import Means
from console.operations.policy import SHIPPING, freeze_check
from console.operations.under_way import UnderWay


class Permission:
    """Says no to a plan, or nothing."""

    def __init__(self, means: Means, under_way: UnderWay) -> None:
        self._means = means
        self._under_way = under_way

    def ask(self, plan: Plan, typed: str | None) -> None:
        """Return when the plan may be carried out; nothing is sent or written.

        Raises:
            RefusedError: not confirmed, read-only, a required check failed, an operation of another
                verb is under way.
        """
        environment = self._means.platform(plan.address).environment
        if plan.nothing_to_do:
            return
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
        other = self._in_the_way(plan)
        if other is not None:
            raise RefusedError(
                f"a {other.verb.value} of {plan.address} by {other.actor} is under way",
                f"quarterdeck {other.verb.value} {plan.address} follows it",
            )

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

    def _in_the_way(self, plan: Plan) -> OperationRecord | None:
        """The open operation of ours that this one must not disturb.

        What goes back disturbs any. A pause belongs to a deployment under way, so that deciding about it
        disturbs none. A deployment that nobody watches any more, because it bakes or is paused, lets the
        number of tasks change, and one that is done, and only judged, anything; so does one that a rollback
        of ours has taken back since. Deploys of other versions follow one another.
        """
        if plan.verb.goes_back or plan.verb is Verb.CONTINUE:
            return None
        watched = (None, Verdict.UNKNOWN)
        for record in self._under_way.at(plan.address):
            if record.verb is Verb.WATCH or (record.verb is Verb.DEPLOY and record.done_at is not None):
                continue
            same = record.verb is plan.verb and plan.verb is Verb.DEPLOY
            left = record.verdict not in watched
            if same or (left and (plan.verb is Verb.SCALE or self._is_taken_back(record))):
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
