"""A plan before it is confirmed: as text for a person, as facts for a program."""

from console.domain.action import Action
from console.domain.group import GroupPlan
from console.domain.operation import Candidate, CheckState, Plan
from console.domain.version import short_digest
from console.domain.words import account_number, age, clock

_MARKS = {CheckState.PASS: "ok", CheckState.FAIL: "FAILS", CheckState.UNKNOWN: "unknown"}


def facts(plan: Plan) -> dict[str, object]:
    """Everything that the console would show of it."""
    return {
        "verb": plan.verb.value,
        "address": str(plan.address),
        "tier": plan.tier.value,
        "account": plan.account,
        "region": plan.region,
        "cluster": plan.cluster,
        "service": plan.service,
        **outcome(plan),
        "effect": plan.effect,
        "confirm": plan.confirm,
        "proven": plan.proven,
        "doubt": plan.doubt,
        "nothing_to_do": plan.nothing_to_do,
        "candidates": [_candidate(item) for item in plan.candidates],
        "differences": [
            {"name": item.name, "before": item.before, "after": item.after} for item in plan.differences
        ],
        "checks": [
            {"name": c.name, "state": c.state.value, "evidence": c.evidence, "remedy": c.remedy}
            for c in plan.checks
        ],
        "estimate": _estimate(plan),
        "steps": [action.said for action in (*plan.actions, *plan.after)],
        "remarks": list(plan.remarks),
        "stopping": plan.stopping,
    }


def outcome(plan: Plan) -> dict[str, object]:
    """The part of it that the last line of every run repeats."""
    return {
        "from": plan.source.facts(),
        "to": plan.target.facts(),
        "mechanism": plan.mechanism.value,
    }


def group_facts(plan: GroupPlan) -> dict[str, object]:
    """Everything that the console would show of a group's."""
    return {
        **group_outcome(plan),
        "tier": plan.tier.value,
        "confirm": plan.confirm,
        "waves": [[str(member.address) for member in wave] for wave in plan.waves],
        "members": [facts(member) for member in plan.members],
        "nothing_to_do": plan.nothing_to_do,
        "safe_s": plan.safe_s,
    }


def group_outcome(plan: GroupPlan) -> dict[str, object]:
    """The part of a group's that the last line of a run repeats, where nothing was begun."""
    return {
        "verb": plan.verb.value,
        "group": str(plan.group),
        "members": [],
        "not_begun": [str(member.address) for member in plan.members],
    }


def group_lines(plan: GroupPlan) -> list[str]:
    """A group's plan in plain text: its waves, then every member's own."""
    text = [f"{plan.verb.value} {plan.group}"]
    for number, wave in enumerate(plan.waves, 1):
        text.append(f"  wave  {number} of {len(plan.waves)}: {', '.join(p.address.alias for p in wave)}")
    if plan.safe_s is not None:
        text.append(f"  safe  all in about {clock(plan.safe_s)}")
    for member in plan.members:
        text += ["", *lines(member)]
        text += [f"  none  {member.nothing_to_do}"] if member.nothing_to_do else []
    return text


def lines(plan: Plan) -> list[str]:
    """The plan in plain text, where it would be carried out first."""
    text = [
        f"account {account_number(plan.account)} · {plan.region} · {plan.cluster} · {plan.service}",
        f"{plan.verb.value} {plan.address}",
        f"  from  {_version(plan.source.version.label, plan.source.digest)}",
        f"  to    {_version(plan.target.version.label, plan.target.digest)}{_doubt(plan)}",
        f"  by    {plan.mechanism.value} · {plan.effect}",
    ]
    if plan.estimate:
        estimate = plan.estimate
        spread = f"{clock(estimate.low_s)}-{clock(estimate.high_s)}"
        text.append(f"  safe  in about {clock(estimate.safe_s)} ({spread}) · {estimate.dominated_by}")
    text += [f"  {d.name}  {d.before} -> {d.after}" for d in plan.differences]
    text += [f"  step  {action.said}{_undo(action)}" for action in (*plan.actions, *plan.after)]
    for check in plan.checks:
        remedy = f" · {check.remedy}" if check.remedy and check.state is not CheckState.PASS else ""
        text.append(f"  check {check.name}: {_MARKS[check.state]} · {check.evidence}{remedy}")
    text += [f"  note  {remark}" for remark in plan.remarks]
    text += [f"  stop  {plan.stopping}"] if plan.stopping else []
    return text


def _undo(action: Action) -> str:
    if action.irreversible:
        return " · cannot be taken back"
    return f" · back: {action.undo}" if action.undo else ""


def _version(label: str, digest: str | None) -> str:
    return f"{label} ({short_digest(digest)})" if digest else label


def _doubt(plan: Plan) -> str:
    if not plan.proven:
        return f" · NOT PROVEN: {plan.doubt}"
    return f" · served {age(plan.served_s)}" if plan.served_s is not None else ""


def _candidate(candidate: Candidate) -> dict[str, object]:
    return {
        **candidate.release.facts(),
        "proven": candidate.proven,
        "doubt": candidate.doubt,
        "since": candidate.since,
        "served_s": candidate.served_s,
    }


def _estimate(plan: Plan) -> dict[str, object] | None:
    if plan.estimate is None:
        return None
    estimate = plan.estimate
    return {
        "safe_s": estimate.safe_s,
        "low_s": estimate.low_s,
        "high_s": estimate.high_s,
        "done_s": estimate.done_s,
        "samples": estimate.samples,
        "dominated_by": estimate.dominated_by,
    }
