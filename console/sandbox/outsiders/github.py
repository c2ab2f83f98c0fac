"""GitHub as far as the console asks it: commits, checks, reviews, runs that wait for an approval, releases.

Shapes: REST API, version 2022-11-28: ``commits/{ref}``, ``check-runs``, ``status``, ``pulls``, ``reviews``,
``actions/runs`` with ``pending_deployments`` and ``approvals``, ``releases/tags/{tag}``.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from console.sandbox.application.health import moment
from console.sandbox.outsiders import commits
from console.sandbox.outsiders import github_shapes as shapes
from console.sandbox.outsiders.commits import Commit
from console.sandbox.outsiders.github_shapes import AUTHOR, CI, OWNER, RELEASE, REVIEWER
from console.sandbox.outsiders.settings import GITHUB, KEYS
from console.sandbox.wire.message import Request

if TYPE_CHECKING:
    from console.sandbox.account import Account

_LONGEST_COMMENT = 1000
_DOCUMENTED = "https://docs.github.com/rest"
Answer = tuple[int, Any]


class RefusalError(Exception):
    """A request that GitHub answers with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Decision:
    """What somebody said about a run."""

    state: str
    """approved or rejected."""
    by: str
    comment: str
    at: float


class GitHub:
    """Answers for the repository of every fleet that has one there."""

    name = GITHUB
    forbidden: Answer = (
        401,
        {"message": "Bad credentials", "documentation_url": _DOCUMENTED, "status": "401"},
    )
    throttled = "You have exceeded a secondary rate limit."

    def __init__(self) -> None:
        self._decided: dict[tuple[str, str, str], Decision] = {}
        """(fleet, commit, environment) -> what was said."""
        self.sent = 0
        """Decisions that were accepted from outside."""

    def refusal(self, request: Request) -> Answer | None:
        """The answer to who may not ask; ``None``: they may."""
        if request.headers.get("authorization", "") != f"Bearer {KEYS['github-token']}":
            return self.forbidden
        return None

    def complaint(self, words: str) -> Any:
        """How an error is said."""
        return {"message": words, "documentation_url": _DOCUMENTED}

    def limits(self, now: float, left: int) -> dict[str, str]:
        """Headers that say how often one may ask; the reset is a moment."""
        return {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": str(int(now) + 60),
            "X-RateLimit-Resource": "core",
        }

    def answer(self, account: "Account", request: Request, path: str) -> Answer:
        """Status and JSON of one request."""
        parts = [unquote(part) for part in path.strip("/").split("/")]
        try:
            if parts[:1] != ["repos"] or "/".join(parts[1:3]) != commits.told(account)["repository"]:
                raise RefusalError(404, "Not Found")
            if request.method == "POST":
                return 200, self._decide(account, parts[3:], request.body)
            if request.method != "GET":
                raise RefusalError(404, "Not Found")
            return 200, self._read(account, parts[3:], request.form)
        except RefusalError as refusal:
            said = {"message": str(refusal), "documentation_url": _DOCUMENTED, "status": str(refusal.status)}
            return refusal.status, said

    def _read(self, account: "Account", parts: list[str], asked: dict[str, str]) -> Any:
        match parts:
            case ["commits", ref]:
                return shapes.described(account, _found(account, ref))
            case ["commits", ref, "check-runs"]:
                return shapes.paged(shapes.check_runs(account, _found(account, ref)), "check_runs", asked)
            case ["commits", ref, "status"]:
                return shapes.status(account, _found(account, ref))
            case ["commits", ref, "pulls"]:
                return [shapes.pull(account, _found(account, ref))]
            case ["pulls", number, "reviews"]:
                return shapes.reviews(_of_pull(account, number))
            case ["actions", "runs"]:
                return self._runs(account, asked)
            case ["actions", "runs", number, "pending_deployments"]:
                return self._pending(account, number)
            case ["actions", "runs", number, "approvals"]:
                return self._approvals(account, number)
            case ["releases", "tags", tag]:
                return self._release(account, tag)
        raise RefusalError(404, "Not Found")

    # runs and their approvals

    def _runs(self, account: "Account", asked: dict[str, str]) -> Any:
        rows = [
            shapes.run(account, commit, kind, self._standing(account, commit) if kind == RELEASE else "")
            for commit in commits.commits(account)
            if asked.get("head_sha") in (None, commit.sha)
            for kind in (RELEASE, CI)
        ]
        wanted = asked.get("status")
        found = [row for row in rows if wanted in (None, row["status"], row["conclusion"])]
        return shapes.paged(found, "workflow_runs", asked)

    def _standing(self, account: "Account", commit: Commit) -> str:
        """How a commit's release run stands: ``waiting``, ``success`` or ``failure``."""
        if not commits.is_green(account, commit):
            return "failure"
        said = [self._decision(account, commit, name) for name in _guarded(account)]
        if any(decision is None for decision in said):
            return "waiting"
        return "success" if all(d.state == "approved" for d in said if d is not None) else "failure"

    def _decision(self, account: "Account", commit: Commit, environment: str) -> Decision | None:
        """What was said about it: since the world began, or before, where it has been deployed since."""
        said = self._decided.get((account.name, commit.sha, environment))
        if said is None and commit.digests & commits.shipped(account, environment):
            return Decision("approved", REVIEWER, "looks good, go", commit.at)
        return said

    def _pending(self, account: "Account", number: str) -> list[Any]:
        commit, kind = _by_number(account, number)
        if kind != RELEASE or self._standing(account, commit) != "waiting":
            return []
        return [
            {
                "environment": shapes.environment(account, name),
                "wait_timer": 0,
                "wait_timer_started_at": moment(commit.at),
                "current_user_can_approve": True,
                "reviewers": [
                    {"type": "User", "reviewer": shapes.user(login)} for login in (REVIEWER, OWNER)
                ],
            }
            for name in _guarded(account)
            if self._decision(account, commit, name) is None
        ]

    def _approvals(self, account: "Account", number: str) -> list[Any]:
        commit, kind = _by_number(account, number)
        found = []
        for name in _guarded(account) if kind == RELEASE else ():
            said = self._decision(account, commit, name)
            if said is not None:
                place = shapes.environment(account, name)
                found.append(
                    {
                        "state": said.state,
                        "comment": said.comment,
                        "user": shapes.user(said.by),
                        "environments": [place],
                    }
                )
        return found

    def _decide(self, account: "Account", parts: list[str], body: bytes) -> list[Any]:
        """Approve or reject a run that waits; GitHub wants the comment, even an empty one is none here."""
        match parts:
            case ["actions", "runs", number, "pending_deployments"]:
                commit, _ = _by_number(account, number)
            case _:
                raise RefusalError(404, "Not Found")
        try:
            said = json.loads(body)
            ids, state, comment = said["environment_ids"], said["state"], said["comment"]
        except (ValueError, KeyError, TypeError):
            raise RefusalError(422, "environment_ids, state and comment are required") from None
        if state not in ("approved", "rejected") or not isinstance(comment, str) or not comment.strip():
            raise RefusalError(422, "state is approved or rejected, and comment is required")
        waiting = {row["environment"]["id"]: row["environment"] for row in self._pending(account, number)}
        if not isinstance(ids, list) or not ids or any(number not in waiting for number in ids):
            raise RefusalError(422, "There is no pending deployment for these environments")
        for number in ids:
            place = waiting[number]["name"]
            said_at = account.world.now()
            self._decided[account.name, commit.sha, place] = Decision(
                state, OWNER, comment[:_LONGEST_COMMENT], said_at
            )
        self.sent += 1
        return [{"id": commit.number, "sha": commit.sha, "environment": waiting[n]["name"]} for n in ids]

    def _release(self, account: "Account", tag: str) -> Any:
        """A version's own tag; a commit is tagged by the pipeline when its run has been approved."""
        pattern = str(commits.told(account).get("release", "{version}"))
        for commit in commits.commits(account):
            if pattern.replace("{version}", commit.name) != tag:
                continue
            if _guarded(account) and not commit.is_version and self._standing(account, commit) != "success":
                break
            return {
                "id": commit.number,
                "tag_name": tag,
                "name": tag,
                "draft": False,
                "prerelease": "-rc" in tag,
                "target_commitish": "main",
                "published_at": moment(commit.at),
                "html_url": shapes.link(account, f"releases/tag/{tag}"),
                "author": shapes.user(AUTHOR),
            }
        raise RefusalError(404, "Not Found")


def _found(account: "Account", ref: str) -> Commit:
    commit = commits.find(account, ref)
    if commit is None:
        raise RefusalError(422, f"No commit found for SHA: {ref}")
    return commit


def _of_pull(account: "Account", number: str) -> Commit:
    for commit in commits.commits(account):
        if str(commit.number) == number:
            return commit
    raise RefusalError(404, "Not Found")


def _by_number(account: "Account", number: str) -> tuple[Commit, int]:
    """The commit of a run, and which of its runs it is."""
    for commit in commits.commits(account):
        for kind in (CI, RELEASE):
            if number == str(shapes.run_id(commit, kind)):
                return commit, kind
    raise RefusalError(404, "Not Found")


def _guarded(account: "Account") -> list[str]:
    """Environments that wait for an approval."""
    found: list[str] = commits.told(account).get("approvals", [])
    return found
