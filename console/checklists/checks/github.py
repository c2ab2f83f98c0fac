"""What GitHub knows of what is released: its checks, its review, its approval, its release."""

from console.checklists.context import CheckContext
from console.checklists.from_findings import failed, passed, unknown
from console.checklists.github import CheckRun, GitHub, repository_name
from console.checklists.given import Given
from console.checklists.registry import REGISTRY, Deed
from console.domain.checklist import Result
from console.domain.words import count
from console.errors import RefusedError, RejectedError

_EVERY_S = 60.0
_OF = {"repository*": "owner/name", "ref*": "a commit, tag or branch"}
_NOBODY = "no GitHub is configured"
_HOW = "write [integrations.github] with a token"


def _github(context: CheckContext) -> GitHub | None:
    settings = context.environment.github
    if settings is None:
        return None
    return GitHub(settings, context.outside.web, context.outside.secrets, context.clock)


def _runs(context: CheckContext, given: Given) -> tuple[CheckRun, ...] | Result:
    github = _github(context)
    if github is None:
        return unknown(_NOBODY, _HOW)
    repository, ref = repository_name(given.text("repository")), given.text("ref")
    return context.once(f"checks {repository} {ref}", lambda: github.checks(repository, ref))


def _judged(runs: tuple[CheckRun, ...], ref: str) -> Result:
    evidence = "\n".join(f"{run.state} {run.name}" for run in runs)
    if not runs:
        return unknown(f"nobody has checked {ref}", "let CI run on it")
    bad = [run for run in runs if run.is_over and not run.is_good]
    if bad:
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        said = f"{bad[0].name}: {bad[0].state}{more}"
        return failed(said, bad[0].link or "mend it, and release what is green", evidence=evidence)
    running = [run for run in runs if not run.is_over]
    if running:
        return unknown(f"{running[0].name} is {running[0].state}", evidence=evidence)
    return passed(f"{len(runs)} of {count(len(runs), 'check')} on {ref}", evidence)


@REGISTRY.check(
    "github.checks",
    "every check of the commit is green",
    parameters={**_OF, "required": "names that must be among them"},
    every_s=_EVERY_S,
    limit_s=12,
)
def checks(context: CheckContext, given: Given) -> Result:
    """At least one must be there; one that has not ended is no pass."""
    runs = _runs(context, given)
    if isinstance(runs, Result):
        return runs
    missing = [name for name in given.texts("required") if name not in {run.name for run in runs}]
    if missing:
        return unknown(f"{missing[0]} has not run", "let CI run on it")
    return _judged(runs, given.text("ref"))


@REGISTRY.check(
    "github.check",
    "one check of the commit is green",
    parameters={**_OF, "name*": "its name, or a part of it"},
    every_s=_EVERY_S,
    limit_s=12,
)
def check(context: CheckContext, given: Given) -> Result:
    """All whose name has that in it."""
    runs = _runs(context, given)
    if isinstance(runs, Result):
        return runs
    wanted = given.text("name").lower()
    found = tuple(run for run in runs if wanted in run.name.lower())
    if not found:
        return unknown(f"no check is named {given.text('name')}", "let CI run it")
    return _judged(found, given.text("ref"))


@REGISTRY.check(
    "github.reviewed", "somebody else has approved the change", parameters=_OF, every_s=_EVERY_S, limit_s=12
)
def reviewed(context: CheckContext, given: Given) -> Result:
    """Of the pull request that brought the commit; what somebody wants changed counts until taken back."""
    github = _github(context)
    if github is None:
        return unknown(_NOBODY, _HOW)
    number, said = github.reviews(repository_name(given.text("repository")), given.text("ref"))
    if not number:
        return unknown("no pull request brought it")
    against = [who for who, state in said if state == "CHANGES_REQUESTED"]
    if against:
        return failed(f"#{number}: {against[0]} wants it changed")
    for_it = [who for who, state in said if state == "APPROVED"]
    if not for_it:
        return failed(f"#{number}: nobody has approved it", "have it reviewed")
    return passed(f"#{number}, approved by {', '.join(for_it)}")


def _approve(context: CheckContext, given: Given, words: str) -> str:
    """Approve every run of the commit that waits for the environment."""
    github = _github(context)
    if github is None:
        raise RefusedError(_NOBODY, _HOW)
    repository, environment = repository_name(given.text("repository")), given.text("environment")
    waiting = github.waiting(repository, given.text("ref"), environment)
    if not waiting:
        raise RejectedError(f"no run of {given.text('ref')} waits for {environment}")
    may = [run for run in waiting if run.can_approve]
    if not may:
        raise RejectedError("the token's owner may not approve it", "ask one of the reviewers")
    for run in may:
        github.decide(repository, run, words)
    return f"approved {', '.join(run.name or str(run.run) for run in may)}"


@REGISTRY.check(
    "github.approval",
    "the run that waits for the environment is approved",
    parameters={**_OF, "environment*": "GitHub's name of the environment"},
    every_s=15,
    limit_s=12,
    deed=Deed("approve", _approve, asks="a comment"),
)
def approval(context: CheckContext, given: Given) -> Result:
    """Approved by somebody; still waiting, or rejected, is none."""
    github = _github(context)
    if github is None:
        return unknown(_NOBODY, _HOW)
    repository, ref = repository_name(given.text("repository")), given.text("ref")
    environment = given.text("environment")
    waiting = github.waiting(repository, ref, environment)
    if waiting:
        said = f"{waiting[0].name or waiting[0].run} waits for {environment}"
        may = "A approves it, with a comment" if waiting[0].can_approve else "ask one of the reviewers"
        return failed(said, may, evidence=waiting[0].link)
    decided = github.approvals(repository, ref, environment)
    if not decided:
        return unknown(f"no run of {ref} waits for {environment}, or did", "start the pipeline")
    newest = decided[0]
    said = f"{newest.state} by {newest.by}"
    quoted = f"“{newest.comment}”" if newest.comment else ""
    return passed(said, quoted) if newest.state == "approved" else failed(said, because=quoted)


@REGISTRY.check(
    "github.release",
    "the tag is released",
    parameters={"repository*": "owner/name", "tag*": "the tag"},
    every_s=_EVERY_S,
    limit_s=12,
)
def release(context: CheckContext, given: Given) -> Result:
    """A draft is none."""
    github = _github(context)
    if github is None:
        return unknown(_NOBODY, _HOW)
    tag = given.text("tag")
    at = github.released(repository_name(given.text("repository")), tag)
    return passed(f"{tag}, released {at}") if at else failed(f"{tag} is not released", "tag it")
