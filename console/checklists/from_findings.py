"""What other parts of the console find, as results of checks."""

from collections.abc import Iterable

from console.domain.checklist import ItemState, Result
from console.domain.findings import Finding, Outcome
from console.domain.operation import Check, CheckState

_STATES = {Outcome.OK: ItemState.PASS, Outcome.NG: ItemState.FAIL, Outcome.SKIP: ItemState.UNKNOWN}
_CHECKED = {
    CheckState.PASS: ItemState.PASS,
    CheckState.FAIL: ItemState.FAIL,
    CheckState.UNKNOWN: ItemState.UNKNOWN,
}


def passed(value: str, evidence: str = "") -> Result:
    """It is so."""
    return Result(ItemState.PASS, value, evidence=evidence)


def failed(value: str, remedy: str = "", *, because: str = "", evidence: str = "") -> Result:
    """It is not so."""
    return Result(ItemState.FAIL, value, because, evidence, remedy)


def unknown(value: str, remedy: str = "", *, evidence: str = "") -> Result:
    """It cannot be told."""
    return Result(ItemState.UNKNOWN, value, evidence=evidence, remedy=remedy)


def not_applicable(reason: str) -> Result:
    """There is nothing of the kind."""
    return Result(ItemState.NOT_APPLICABLE, reason)


def of(finding: Finding) -> Result:
    """One finding."""
    return Result(_STATES[finding.outcome], finding.said, evidence=finding.evidence, at=finding.as_of)


def named(findings: Iterable[Finding], name: str) -> Result:
    """The finding of a name; NODATA when nobody found anything of it."""
    for finding in findings:
        if finding.name == name:
            return of(finding)
    return unknown(f"nothing was found of {name}")


def all_of(findings: Iterable[Finding]) -> Result:
    """Several findings as one: the worst of them, all of them as evidence."""
    found = tuple(findings)
    evidence = "\n".join(f"{item.outcome.value} {item.name}: {item.said}" for item in found)
    for outcome in (Outcome.NG, Outcome.SKIP):
        worst = [item for item in found if item.outcome is outcome]
        if worst:
            return Result(_STATES[outcome], f"{worst[0].name}: {worst[0].said}", evidence=evidence)
    if not found:
        return unknown("nothing was looked at")
    return Result(ItemState.PASS, f"{len(found)} of {len(found)} well", evidence=evidence)


def checked(check: Check) -> Result:
    """One check of preflight."""
    return Result(_CHECKED[check.state], check.evidence, remedy=check.remedy)
