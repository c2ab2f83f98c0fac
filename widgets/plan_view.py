"""A plan as the operator reads it before confirming: always the same words in the same order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from console.domain.address import Tier
from console.domain.operation import Candidate, Estimate, Mechanism, Plan, Verb
from console.domain.release import Release
from console.domain.version import short_digest
from console.domain.words import account_number, age, clock
from widgets.glyphs import Glyphs
from widgets.line import Line
from widgets.plan_checks import checked
from widgets.regions import beside_bar, wrapped

PROMISE_S = 300
"""Seconds from confirmed to safe that a rollback is measured against."""
ENOUGH_SAMPLES = 3
"""Under so many an estimate is computed from settings."""
LABEL_WIDTH = 11

_BY = {
    Mechanism.STOP_SERVICE_DEPLOYMENT: ("stopping the deployment in flight", "StopServiceDeployment"),
    Mechanism.UPDATE_SERVICE: ("a new deployment", "UpdateService"),
    Mechanism.FORCE_NEW_DEPLOYMENT: ("forcing a new deployment of the tag", "UpdateService"),
    Mechanism.CONTINUE_SERVICE_DEPLOYMENT: (
        "refusing the pause: ECS rolls back",
        "ContinueServiceDeployment",
    ),
    Mechanism.STOP_DEPLOYMENT: ("stopping CodeDeploy, with automatic rollback", "StopDeployment"),
    Mechanism.CREATE_DEPLOYMENT: ("a new deployment by CodeDeploy", "CreateDeployment"),
    Mechanism.ACTIONS: ("the steps below", "one call each"),
    Mechanism.WATCH: ("watching: ECS is already going back", "no call"),
    Mechanism.NONE: ("nothing", "no call"),
}

_TITLES = {
    Verb.ROLLBACK: "Roll back",
    Verb.UNDRAIN: "Bring back",
    Verb.RESTORE: "Restore the database of",
}


@dataclass(frozen=True)
class Row:
    """One labelled row of a plan, in one line or more."""

    label: str
    lines: tuple[tuple[tuple[str, str], ...], ...]
    """Each line as ``(text, style words)`` parts."""


def title(plan_verb: Verb, service: str, environment: str) -> str:
    """``Roll back rugmunch-api in production``."""
    said = _TITLES.get(plan_verb, plan_verb.value.capitalize())
    return f"{said} {service} in {environment}"


def by_words(mechanism: Mechanism) -> tuple[str, str]:
    """A mechanism in words, and the call that it is."""
    return _BY[mechanism]


def needs_typing(plan: Plan) -> bool:
    """Whether the plan is confirmed by typing."""
    return bool(plan.confirm)


def is_production(plan: Plan) -> bool:
    """Whether it writes to production."""
    return plan.tier is Tier.PRODUCTION


def changed_rows(old: Plan, new: Plan) -> frozenset[str]:
    """Labels of the rows that say something else in the newer plan; empty: the world is the same.

    Ages and the estimate are no part of it: they move by themselves.
    """
    before, after = _facts(old), _facts(new)
    labels = {label for label in before if before[label] != after[label]}
    if not labels and (old.basis != new.basis or old.confirm != new.confirm):
        labels = {"from"}
    return frozenset(labels)


def _facts(plan: Plan) -> dict[str, object]:
    """What each row rests on."""
    return {
        "account": plan.account,
        "region": plan.region,
        "cluster": plan.cluster,
        "service": plan.service,
        "from": _identity(plan.source),
        "to": (_identity(plan.target), plan.proven, plan.doubt),
        "by": (plan.mechanism, plan.actions, plan.after),
        "effect": (plan.effect, plan.nothing_to_do),
        "checked": tuple((check.name, check.state) for check in plan.checks),
        "changes": plan.differences,
        "to know": plan.remarks,
    }


def _identity(release: Release) -> object:
    return (sorted(release.digests.items()), release.configuration, release.definition)


def rows(plan: Plan, now: datetime, width: int, glyphs: Glyphs) -> tuple[Row, ...]:
    """The rows of a plan in their fixed order, for a text ``width`` cells wide."""
    room = width - LABEL_WIDTH
    found = [
        Row("account", (((account_number(plan.account), "text"),),)),
        Row("region", (((plan.region, "text"),),)),
        Row("cluster", (((plan.cluster, "text"),),)),
        Row("service", (((plan.service, "bold strong"),),)),
        *_releases(plan, now, room),
        *_steps(plan, room, glyphs),
        Row("effect", _sentences((plan.effect.replace("->", glyphs.arrow),), room, "text")),
    ]
    if plan.checks:
        found.append(Row("checked", checked(plan.checks, now, plan.made_at, room, glyphs)))
    if plan.estimate is not None:
        found.append(Row("estimate", _estimate(plan.estimate, plan.verb, room)))
    if plan.differences:
        found.append(Row("changes", _differences(plan, room, glyphs)))
    if plan.remarks:
        found.append(Row("to know", _sentences(plan.remarks, room, "muted")))
    return tuple(found)


def plan_lines(
    plan: Plan, now: datetime, column: int, width: int, glyphs: Glyphs, changed: frozenset[str] = frozenset()
) -> tuple[Line, ...]:
    """The whole plan as lines; rows named in ``changed`` are amber. A gap stands before *from*."""
    lines: list[Line] = []
    for row in rows(plan, now, width, glyphs):
        if row.label in ("from", "runs"):
            lines.append(Line())
        for index, parts in enumerate(row.lines):
            amber = row.label in changed
            line = Line()
            if index == 0:
                line.put(column, row.label, "bold warning" if amber else "faint")
            line.run(column + LABEL_WIDTH, *((text, "warning" if amber else ink) for text, ink in parts))
            lines.append(line)
    return tuple(lines)


def _releases(plan: Plan, now: datetime, room: int) -> Iterator[Row]:
    """From what to what; where nothing is shipped, what runs and goes on running."""
    if plan.mechanism is Mechanism.ACTIONS:
        yield Row("runs", (_from(plan, now),))
        return
    yield Row("from", (_from(plan, now),))
    yield Row("to", _to(plan, room))


def _steps(plan: Plan, room: int, glyphs: Glyphs) -> Iterator[Row]:
    """What is sent, in its order: steps before the order, the order, steps after it."""
    first = [action.said.replace("->", glyphs.arrow) for action in plan.actions]
    if first:
        yield Row("first" if plan.mechanism is not Mechanism.ACTIONS else "by", _numbered(first, room))
    if plan.mechanism is not Mechanism.ACTIONS:
        yield Row("by", (_by(plan),))
    if plan.after:
        yield Row("then", _numbered([action.said for action in plan.after], room))


def _numbered(texts: Sequence[str], room: int) -> tuple[tuple[tuple[str, str], ...], ...]:
    if len(texts) == 1:
        return _sentences(texts, room, "text")
    indent = len(str(len(texts))) + 1
    lines = []
    for number, text in enumerate(texts, 1):
        first, *rest = wrapped(text, room - indent)
        lines += [
            ((f"{number:<{indent}}{first}", "text"),),
            *(((" " * indent + more, "text"),) for more in rest),
        ]
    return tuple(lines)


def _from(plan: Plan, now: datetime) -> tuple[tuple[str, str], ...]:
    release = plan.source
    ink = "critical" if plan.verb is Verb.ROLLBACK else "text"
    parts = [(f"{release.revision}  ", ink)] if release.revision else []
    parts.append((release.version.label, "text"))
    parts += _digest(release)
    if release.created_at is not None:
        parts.append((f"  deployed {age((now - release.created_at).total_seconds())} ago", "muted"))
    return tuple(parts)


def _digest(release: Release) -> list[tuple[str, str]]:
    """The digest, unless the label already is one."""
    if release.digest is None:
        return [("  digest not known", "warning")]
    short = short_digest(release.digest)
    moved = [("  the tag has moved since", "warning")] if release.version.moved else []
    return [] if short in release.version.label else [(f"  {short}", "muted"), *moved]


def _to(plan: Plan, room: int) -> tuple[tuple[tuple[str, str], ...], ...]:
    release = plan.target
    parts = [(f"{release.revision}  ", "bold strong")] if release.revision else []
    parts.append((release.version.label, "bold strong"))
    parts += _digest(release)
    if not release.definition:
        parts.append(("  as a new revision", "muted"))
    if plan.served_s is None and _runs_now(plan):
        parts.append(("  runs now", "muted"))
    elif plan.served_s is None:
        parts.append(("  never ran here", "muted" if plan.verb is Verb.DEPLOY else "critical"))
    elif plan.proven:
        parts.append((f"  ran clean for {age(plan.served_s)}", "muted"))
    lines = [tuple(parts)]
    if not plan.proven:
        doubt = plan.doubt or "nothing proves that it ever ran well"
        lines += _sentences((f"not proven: {doubt}",), room, "bold critical")
    return tuple(lines)


def _runs_now(plan: Plan) -> bool:
    """Whether the target is what the service runs already, as with a restart."""
    source, target = plan.source, plan.target
    if source.digest and target.digest:
        return source.digest == target.digest and source.version.label == target.version.label
    return bool(source.definition) and source.definition == target.definition


def _by(plan: Plan) -> tuple[tuple[str, str], ...]:
    text, call = by_words(plan.mechanism)
    return ((text, "text"), (f"  {call}", "muted"))


def _sentences(texts: Iterable[str], room: int, ink: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    return tuple(((line, ink),) for text in texts for line in wrapped(text, room))


def _estimate(estimate: Estimate, verb: Verb, room: int) -> tuple[tuple[tuple[str, str], ...], ...]:
    late = verb is Verb.ROLLBACK and estimate.safe_s > PROMISE_S
    head = (
        ("safe in about ", "text"),
        (clock(estimate.safe_s), "bold warning" if late else "bold strong"),
        (f", done in about {clock(estimate.done_s)}", "text"),
        (f"  {clock(estimate.low_s)} to {clock(estimate.high_s)}", "muted"),
    )
    enough = estimate.samples >= ENOUGH_SAMPLES
    source = f"{estimate.samples} samples" if enough else "computed from settings"
    said = " · ".join(part for part in (estimate.dominated_by, source) if part)
    return (head, *_sentences((said,), room, "muted"))


def _differences(plan: Plan, room: int, glyphs: Glyphs) -> tuple[tuple[tuple[str, str], ...], ...]:
    texts = (
        f"{item.name} {item.before or 'none'} {glyphs.arrow} {item.after or 'none'}"
        for item in plan.differences
    )
    return _sentences(texts, room, "warning")


def candidate_line(candidate: Candidate, column: int, width: int, selected: bool, glyphs: Glyphs) -> Line:
    """One release that a rollback could go to."""
    release = candidate.release
    line = Line()
    if selected:
        line.put(beside_bar(column), glyphs.selected, "accent")
    at = line.run(
        column,
        (f"{release.revision:<6}", "bold strong" if selected else "text"),
        (f"{release.version.label}  ", "bold strong" if selected else "text"),
        (short_digest(release.digest) + "  " if release.digest else "", "muted"),
    )
    served = f"ran clean for {age(candidate.served_s)}" if candidate.proven else candidate.doubt
    return line.put(at, served, "muted" if candidate.proven else "critical", max(0, column + width - at))


def as_text(plan: Plan, now: datetime, glyphs: Glyphs) -> str:
    """The plan as plain text, to paste somewhere."""
    heading = title(plan.verb, plan.address.service, plan.address.environment)
    lines = plan_lines(plan, now, 0, 100, glyphs)
    return "\n".join([heading, "", *(line.plain(200) for line in lines)])
