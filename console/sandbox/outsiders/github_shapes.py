"""The shapes of GitHub's answers: commits, checks, pull requests, reviews, runs."""

import zlib
from typing import TYPE_CHECKING, Any

from console.sandbox.application.health import moment
from console.sandbox.outsiders import commits
from console.sandbox.outsiders.commits import BUILT_S, Commit

if TYPE_CHECKING:
    from console.sandbox.account import Account

AUTHOR, REVIEWER, OWNER = "mira", "ines", "devon"
"""Who writes the changes, who reviews them, and whose token the console has."""
CI, RELEASE = 1, 2
"""The two runs of a commit."""


def described(account: "Account", commit: Commit) -> Any:
    """A commit itself."""
    return {
        "sha": commit.sha,
        "html_url": link(account, f"commit/{commit.sha}"),
        "author": user(AUTHOR),
        "commit": {
            "message": f"Release {commit.name}",
            "author": {"name": AUTHOR, "date": moment(commit.at)},
        },
    }


def check_runs(account: "Account", commit: Commit) -> list[Any]:
    """What checked it, in the order of its pipeline."""
    checks: list[str] = commits.told(account)["checks"]
    rows = []
    for number, name in enumerate(checks):
        status, conclusion = commits.state(account, commit, name, checks)
        began = commit.at - BUILT_S + 20 * number
        rows.append(
            {
                "id": commit.number * 100 + number,
                "name": name,
                "head_sha": commit.sha,
                "status": status,
                "conclusion": conclusion,
                "started_at": moment(began),
                "completed_at": moment(began + 45) if conclusion else None,
                "html_url": link(account, f"runs/{commit.number * 100 + number}"),
                "app": {"slug": "github-actions"},
            }
        )
    return rows


def status(account: "Account", commit: Commit) -> Any:
    """Of those who tell GitHub by statuses; *pending* where there are none, as GitHub says it."""
    rows = [
        {
            "context": name,
            "state": "success",
            "description": "done",
            "target_url": f"https://{name}.example/{commit.sha}",
            "updated_at": moment(commit.at),
        }
        for name in commits.told(account).get("statuses", [])
    ]
    return {
        "state": "success" if rows else "pending",
        "statuses": rows,
        "sha": commit.sha,
        "total_count": len(rows),
    }


def pull(account: "Account", commit: Commit) -> Any:
    """The pull request that brought it."""
    return {
        "number": commit.number,
        "state": "closed",
        "title": f"Release {commit.name}",
        "user": user(AUTHOR),
        "merged_at": moment(commit.at - BUILT_S),
        "merge_commit_sha": commit.sha,
        "html_url": link(account, f"pull/{commit.number}"),
    }


def reviews(commit: Commit) -> list[Any]:
    """What was said about its pull request, oldest first."""
    said = [("COMMENTED", "what about an empty list?")]
    said += [("APPROVED", "good")] if commit.is_reviewed else []
    return [
        {
            "id": commit.number * 10 + index,
            "user": user(REVIEWER),
            "state": state,
            "body": words,
            "commit_id": commit.sha,
            "submitted_at": moment(commit.at - BUILT_S - 600 + 60 * index),
        }
        for index, (state, words) in enumerate(said)
    ]


def run_id(commit: Commit, kind: int) -> int:
    """The number of one of its runs."""
    return 7_000_000_000 + commit.number * 10 + kind


def run(account: "Account", commit: Commit, kind: int, standing: str) -> Any:
    """The build of a commit, or its way into the environments."""
    if kind == CI:
        standing = "success" if commits.is_green(account, commit) else "failure"
    number = run_id(commit, kind)
    return {
        "id": number,
        "name": "ci" if kind == CI else "release",
        "path": f".github/workflows/{'ci' if kind == CI else 'release'}.yml",
        "head_sha": commit.sha,
        "head_branch": commit.name if commit.is_version else "main",
        "event": "push",
        "status": "waiting" if standing == "waiting" else "completed",
        "conclusion": None if standing == "waiting" else standing,
        "run_attempt": 1,
        "run_started_at": moment(commit.at - BUILT_S),
        "html_url": link(account, f"actions/runs/{number}"),
    }


def environment(account: "Account", name: str) -> Any:
    """A place that runs go to."""
    number = zlib.crc32(f"{account.name}:{name}".encode()) % 10**9
    return {"id": number, "name": name, "html_url": link(account, f"deployments/{name}")}


def user(login: str) -> Any:
    """Somebody."""
    return {"login": login, "id": zlib.crc32(login.encode()) % 10**6, "type": "User"}


def link(account: "Account", path: str) -> str:
    """Where people look at it."""
    return f"https://github.example/{commits.told(account)['repository']}/{path}"


def paged(rows: list[Any], key: str, asked: dict[str, str]) -> Any:
    """A page of a list, with the length of the whole."""
    size, number = _whole(asked, "per_page", 30), _whole(asked, "page", 1)
    return {"total_count": len(rows), key: rows[(number - 1) * size : number * size]}


def _whole(asked: dict[str, str], name: str, usual: int) -> int:
    found = asked.get(name, "")
    return min(100, max(1, int(found))) if found.isdecimal() else usual
