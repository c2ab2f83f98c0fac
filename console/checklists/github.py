"""GitHub as checklists need it: checks, reviews, releases, and the approvals that runs wait for.

Source: GitHub REST API, version 2022-11-28 and later: check runs, commit statuses, workflow runs, pending
deployments, reviews, releases.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from console.config.integrations import GitHubSettings
from console.domain.text import plain
from console.domain.web import Request
from console.errors import RejectedError
from console.ports import Clock, Secrets, Web
from console.signals.suppliers import Exchange, malformed, members, rows, text

NAME = "GitHub"
VERSION = "2022-11-28"
LIMIT_S = 9.0
PER_PAGE = 100
MOST_PAGES = 5
GOOD = ("success", "neutral", "skipped")
"""Conclusions that hold nothing up."""
BAD = ("failure", "error", "cancelled", "timed_out", "action_required", "startup_failure", "stale")


@dataclass(frozen=True)
class CheckRun:
    """One check of a commit, by whatever tells GitHub of it."""

    name: str
    state: str
    """``success``, ``failure``, ``in_progress`` …: the conclusion, or the status until there is one."""
    link: str = ""

    @property
    def is_good(self) -> bool:
        return self.state in GOOD

    @property
    def is_over(self) -> bool:
        """It has come to a conclusion that is known."""
        return self.state in GOOD or self.state in BAD


@dataclass(frozen=True)
class Waiting:
    """A run that waits for an environment's approval."""

    run: int
    environment: str
    environment_id: int
    can_approve: bool
    """Whether the token's owner is one of those who may."""
    name: str = ""
    link: str = ""


@dataclass(frozen=True)
class Approval:
    """What somebody decided about a run."""

    state: str
    """approved or rejected."""
    by: str
    comment: str


class GitHub:
    """One look at a repository, all within a few seconds.

    Every method raises a :class:`console.errors.QuarterdeckError`: CredentialsError, RejectedError (there is
    no such commit …), ThrottledError, EndpointError.
    """

    def __init__(self, settings: GitHubSettings, web: Web, secrets: Secrets, clock: Clock) -> None:
        self._url = settings.url
        self._exchange = Exchange(NAME, web, clock, LIMIT_S)
        self._token = secrets.value(settings.token)

    def checks(self, repository: str, ref: str) -> tuple[CheckRun, ...]:
        """The newest checks and statuses of a commit, branch or tag, by name."""
        path = f"/repos/{repository}/commits/{quote(ref, safe='')}"
        found = [
            CheckRun(
                text(row.get("name")),
                text(row.get("conclusion")) or text(row.get("status")) or "unknown",
                text(row.get("html_url")),
            )
            for row in self._pages(f"{path}/check-runs", "check_runs", {"filter": "latest"})
        ]
        told = members(self._get(f"{path}/status"), NAME)
        for item in rows(told.get("statuses", []), NAME):
            row = members(item, NAME)
            found.append(
                CheckRun(text(row.get("context")), text(row.get("state")), text(row.get("target_url")))
            )
        return tuple(sorted(found, key=lambda check: check.name))

    def reviews(self, repository: str, ref: str) -> tuple[int, tuple[tuple[str, str], ...]]:
        """The pull request that brought a commit, and who last said what about it: ``APPROVED`` …

        Returns:
            Number 0 where no pull request is known.
        """
        path = f"/repos/{repository}/commits/{quote(ref, safe='')}/pulls"
        pulls = [members(item, NAME) for item in rows(self._get(path), NAME)]
        merged = [pull for pull in pulls if pull.get("merged_at")] or pulls
        if not merged:
            return 0, ()
        number = _number(merged[0].get("number"))
        said: dict[str, str] = {}
        for item in rows(self._get(f"/repos/{repository}/pulls/{number}/reviews"), NAME):
            row = members(item, NAME)
            state = text(row.get("state"))
            if state != "COMMENTED":
                said[_who(row.get("user"))] = state
        return number, tuple(said.items())

    def waiting(self, repository: str, ref: str, environment: str) -> tuple[Waiting, ...]:
        """The runs of a commit that wait for an environment's approval."""
        found = []
        for run, name, link in self._runs(repository, ref, "waiting"):
            for item in rows(self._get(f"/repos/{repository}/actions/runs/{run}/pending_deployments"), NAME):
                row = members(item, NAME)
                place = members(row.get("environment", {}), NAME)
                if text(place.get("name")) == environment:
                    may = row.get("current_user_can_approve") is True
                    found.append(Waiting(run, environment, _number(place.get("id")), may, name, link))
        return tuple(found)

    def approvals(self, repository: str, ref: str, environment: str) -> tuple[Approval, ...]:
        """What was decided about the runs of a commit for an environment."""
        found = []
        for run, _, _ in self._runs(repository, ref, ""):
            for item in rows(self._get(f"/repos/{repository}/actions/runs/{run}/approvals"), NAME):
                row = members(item, NAME)
                places = [members(one, NAME) for one in rows(row.get("environments", []), NAME)]
                if environment in [text(place.get("name")) for place in places]:
                    found.append(
                        Approval(text(row.get("state")), _who(row.get("user")), text(row.get("comment")))
                    )
        return tuple(found)

    def decide(self, repository: str, waiting: Waiting, comment: str, *, approve: bool = True) -> None:
        """Approve a waiting run, or reject it; sent once. GitHub wants a comment."""
        path = f"/repos/{repository}/actions/runs/{waiting.run}/pending_deployments"
        state = "approved" if approve else "rejected"
        body = {"environment_ids": [waiting.environment_id], "state": state, "comment": comment}
        self._exchange.send(
            Request("POST", self._url + path, self._headers, json.dumps(body).encode(), reads=False)
        )

    def released(self, repository: str, tag: str) -> str:
        """When a tag was released, as GitHub says it; empty where it was not."""
        request = Request(
            "GET", f"{self._url}/repos/{repository}/releases/tags/{quote(tag, safe='')}", self._headers
        )
        reply = self._exchange.send(request, (200, 404))
        if reply.status == 404:
            return ""
        row = members(self._exchange.read(reply.body), NAME)
        return "" if row.get("draft") else text(row.get("published_at"))

    def _runs(self, repository: str, ref: str, status: str) -> Iterator[tuple[int, str, str]]:
        """Number, name and link of the runs of a commit; a branch or tag is looked up first."""
        commit = members(self._get(f"/repos/{repository}/commits/{quote(ref, safe='')}"), NAME)
        asked = {"head_sha": text(commit.get("sha"))} | ({"status": status} if status else {})
        for row in self._pages(f"/repos/{repository}/actions/runs", "workflow_runs", asked):
            yield _number(row.get("id")), text(row.get("name")), text(row.get("html_url"))

    def _pages(self, path: str, key: str, asked: Mapping[str, str]) -> Iterator[dict[str, object]]:
        seen = 0
        for page in range(1, MOST_PAGES + 1):
            words = urlencode({**asked, "per_page": PER_PAGE, "page": page})
            answer = members(self._get(f"{path}?{words}"), NAME)
            listed = [members(item, NAME) for item in rows(answer.get(key, []), NAME)]
            yield from listed
            seen += len(listed)
            if not listed or seen >= _number(answer.get("total_count", seen)):
                return

    def _get(self, path: str) -> object:
        found, _ = self._exchange.json(Request("GET", self._url + path, self._headers))
        return found

    @property
    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": VERSION,
        }


def repository_name(name: str) -> str:
    """``owner/name``, as it may stand in an address.

    Raises:
        RejectedError: when it is none.
    """
    parts = plain(name).split("/")
    if len(parts) != 2 or not all(parts) or any(part in (".", "..") for part in parts):
        raise RejectedError(f"{name!r} is no repository", 'write repository = "owner/name"')
    return "/".join(quote(part, safe="") for part in parts)


def _number(found: object) -> int:
    if isinstance(found, bool) or not isinstance(found, int):
        raise malformed(NAME)
    return found


def _who(found: object) -> str:
    return text(members(found, NAME).get("login")) if isinstance(found, dict) else "somebody"
