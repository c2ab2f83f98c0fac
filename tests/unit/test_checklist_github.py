"""What checklists make of GitHub's and Telegram's answers; and what is sent there, once, with a comment."""

from datetime import timedelta
from typing import Any

import pytest

from console.checklists import walks
from console.checklists.context import CheckContext
from console.checklists.judging import look
from console.checklists.registry import all_checks
from console.checklists.walker import Walker
from console.config.integrations import GitHubSettings, TelegramSettings
from console.config.settings import EnvironmentSettings, ServiceSettings
from console.domain.checklist import Checklist, Item, ItemState, Phase, Result
from console.errors import EndpointError, QuarterdeckError, ReadOnlyError, UsageError
from console.operations.outside import Outside
from tests.builders import ADDRESS, CLUSTER, an_environment
from tests.fakes import FakeClock, FakeLogs, FakePlatform, FakeSecrets, FakeSignals, FakeWeb, MemoryJournal

REGISTRY = all_checks()
REPOSITORY = "rugmunch/api"
OF = {"repository": REPOSITORY, "ref": "e69027b"}
RUNS = f"GET /repos/{REPOSITORY}/commits/e69027b/check-runs?filter=latest&per_page=100&page=1"
STATUS = f"GET /repos/{REPOSITORY}/commits/e69027b/status"
COMMIT = f"GET /repos/{REPOSITORY}/commits/e69027b"
WAITS = f"GET /repos/{REPOSITORY}/actions/runs?head_sha=e69027b0&status=waiting&per_page=100&page=1"
ALL_RUNS = f"GET /repos/{REPOSITORY}/actions/runs?head_sha=e69027b0&per_page=100&page=1"
PENDING = f"/repos/{REPOSITORY}/actions/runs/7/pending_deployments"
TOKEN = "123456:AAbbCCddEE"
HOOK = f"/bot{TOKEN}/getWebhookInfo"


class World:
    """GitHub and Telegram as a test lets them answer."""

    def __init__(self, *, read_only: bool = False, configured: bool = True) -> None:
        self.web = FakeWeb()
        self.clock = FakeClock()
        self.journal = MemoryJournal()
        environment = EnvironmentSettings(
            an_environment(read_only=read_only),
            github=GitHubSettings("https://api.github.com", "env:T") if configured else None,
            telegram=TelegramSettings("https://api.telegram.org", "env:B") if configured else None,
        )
        self.context = CheckContext(
            ServiceSettings(ADDRESS, "rugmunch-api", CLUSTER),
            environment,
            FakePlatform(),
            FakeSignals(),
            FakeLogs(),
            Outside(self.web, FakeSecrets(**{"env:T": "ghp_secret", "env:B": TOKEN})),
            self.journal,
            self.clock,
        )

    def judge(self, name: str, /, **given: object) -> Result:
        check = REGISTRY.get(name)
        assert check is not None
        return look(check, Item("it", Phase.BEFORE, "it", name, given), self.context)

    def checks(self, **states: str) -> None:
        """Check runs of those conclusions; a status that is none is a conclusion of null."""
        runs = [
            {"name": name, "status": "completed", "conclusion": state}
            if state not in ("queued", "in_progress")
            else {"name": name, "status": state, "conclusion": None}
            for name, state in states.items()
        ]
        self.web.put(RUNS, {"total_count": len(runs), "check_runs": runs})
        self.web.put(STATUS, {"state": "pending", "statuses": [], "total_count": 0})

    def waiting(self, *, may: bool = True, environment: str = "production") -> None:
        self.web.put(COMMIT, {"sha": "e69027b0"})
        self.web.put(WAITS, {"total_count": 1, "workflow_runs": [{"id": 7, "name": "release"}]})
        place = {"environment": {"id": 9, "name": environment}, "current_user_can_approve": may}
        self.web.put(f"GET {PENDING}", [place])

    def decided(self, state: str) -> None:
        self.web.put(COMMIT, {"sha": "e69027b0"})
        self.web.put(WAITS, {"total_count": 0, "workflow_runs": []})
        self.web.put(ALL_RUNS, {"total_count": 1, "workflow_runs": [{"id": 7, "name": "release"}]})
        self.web.put(
            f"GET /repos/{REPOSITORY}/actions/runs/7/approvals",
            [
                {
                    "state": state,
                    "comment": "go",
                    "user": {"login": "ines"},
                    "environments": [{"name": "production"}],
                }
            ],
        )

    def walker(self, check: str, **given: object) -> Walker:
        item = Item("it", Phase.BEFORE, "it is so", check, given)
        checklist = Checklist("own.toml", "Ours", "own.toml", (item,))
        record = walks.begin(
            self.journal,
            checklist,
            self.context.settings,
            self.context.environment,
            "devon",
            self.clock.now(),
        )
        return Walker(checklist, self.context, REGISTRY, record)

    def sent(self, method: str = "POST") -> list[Any]:
        return [request for request in self.web.sent if request.method == method]


@pytest.mark.parametrize(
    ("states", "state", "said"),
    [
        ({"unit": "success", "lint": "neutral"}, ItemState.PASS, "2 of 2 checks on e69027b"),
        ({"unit": "success", "e2e": "failure"}, ItemState.FAIL, "e2e: failure"),
        ({"unit": "success", "e2e": "in_progress"}, ItemState.UNKNOWN, "e2e is in_progress"),
        ({"unit": "failure", "e2e": "queued"}, ItemState.FAIL, "unit: failure"),
        ({"unit": "cancelled"}, ItemState.FAIL, "unit: cancelled"),
        ({}, ItemState.UNKNOWN, "nobody has checked e69027b"),
    ],
)
def test_checks_are_green_when_all_have_ended_well(
    states: dict[str, str], state: ItemState, said: str
) -> None:
    world = World()
    world.checks(**states)

    found = world.judge("github.checks", **OF)

    assert (found.state, found.value) == (state, said)
    assert world.web.sent[0].headers["Authorization"] == "Bearer ghp_secret"
    assert world.sent() == []


def test_a_status_of_the_old_kind_counts_and_none_at_all_is_no_pending() -> None:
    world = World()
    world.checks(unit="success")
    assert world.judge("github.checks", **OF).state is ItemState.PASS
    world.web.answers[STATUS] = []
    world.web.put(STATUS, {"state": "failure", "statuses": [{"context": "ci/snyk", "state": "failure"}]})
    world.clock.advance(60)

    assert world.judge("github.check", name="snyk", **OF).state is ItemState.FAIL
    assert world.judge("github.check", name="trivy", **OF).state is ItemState.UNKNOWN


def test_a_check_that_must_be_there_and_is_not_is_no_pass() -> None:
    world = World()
    world.checks(unit="success")

    found = world.judge("github.checks", required=["unit", "e2e"], **OF)

    assert (found.state, found.value) == (ItemState.UNKNOWN, "e2e has not run")


def test_checks_on_further_pages_are_read() -> None:
    world = World()
    first = [{"name": f"c{n}", "status": "completed", "conclusion": "success"} for n in range(100)]
    world.web.put(RUNS, {"total_count": 101, "check_runs": first})
    last = {"name": "last", "status": "completed", "conclusion": "failure"}
    world.web.put(RUNS.replace("&page=1", "&page=2"), {"total_count": 101, "check_runs": [last]})
    world.web.put(STATUS, {"statuses": []})

    assert world.judge("github.checks", **OF).value == "last: failure"


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([("maria", "APPROVED")], ItemState.PASS),
        ([("maria", "APPROVED"), ("omar", "CHANGES_REQUESTED")], ItemState.FAIL),
        ([("omar", "CHANGES_REQUESTED"), ("omar", "APPROVED")], ItemState.PASS),
        ([("maria", "APPROVED"), ("maria", "COMMENTED")], ItemState.PASS),
        ([], ItemState.FAIL),
    ],
)
def test_a_change_is_reviewed_by_what_everybody_said_last(
    said: list[tuple[str, str]], state: ItemState
) -> None:
    world = World()
    world.web.put(f"{COMMIT}/pulls", [{"number": 12, "merged_at": "2026-11-19T10:00:00Z"}])
    world.web.put(
        f"GET /repos/{REPOSITORY}/pulls/12/reviews",
        [{"state": what, "user": {"login": who}} for who, what in said],
    )

    assert world.judge("github.reviewed", **OF).state is state


def test_a_commit_without_a_pull_request_cannot_be_told() -> None:
    world = World()
    world.web.put(f"{COMMIT}/pulls", [])

    assert world.judge("github.reviewed", **OF).state is ItemState.UNKNOWN


def test_a_waiting_run_is_seen_and_approved_once_with_a_comment() -> None:
    world = World()
    world.waiting()
    walker = world.walker("github.approval", environment="production", **OF)
    assert walker.settle().items[0].state is ItemState.FAIL
    with pytest.raises(UsageError, match="a comment"):
        walker.act("it", "ines", " ")
    assert world.sent() == []
    world.web.put(f"POST {PENDING}", [])

    walker.act("it", "ines", "staging is green")

    (request,) = world.sent()
    assert b'"state": "approved"' in request.body
    assert b'"comment": "staging is green"' in request.body
    assert walker.record is not None
    told = [entry.text for entry in world.journal.entries(walker.record.id) if entry.event == walks.DONE]
    assert told == ["approve by ines: staging is green", "approve by ines: approved release"]


def test_who_may_not_approve_sends_nothing_and_the_journal_says_so() -> None:
    world = World()
    world.waiting(may=False)
    walker = world.walker("github.approval", environment="production", **OF)

    with pytest.raises(QuarterdeckError, match="may not approve"):
        walker.act("it", "ines", "go")

    assert world.sent() == []
    assert walker.record is not None
    assert "not done" in world.journal.entries(walker.record.id)[-1].text


def test_nothing_is_approved_in_read_only() -> None:
    world = World(read_only=True)
    world.waiting()
    walker = world.walker("github.approval", environment="production", **OF)

    with pytest.raises(ReadOnlyError):
        walker.act("it", "ines", "go")

    assert world.web.sent == []


@pytest.mark.parametrize(("state", "expected"), [("approved", ItemState.PASS), ("rejected", ItemState.FAIL)])
def test_what_was_decided_is_told_with_who(state: str, expected: ItemState) -> None:
    world = World()
    world.decided(state)

    found = world.judge("github.approval", environment="production", **OF)

    assert (found.state, found.value) == (expected, f"{state} by ines")


def test_a_release_is_there_or_not() -> None:
    world = World()
    world.web.put(f"GET /repos/{REPOSITORY}/releases/tags/v1", {"published_at": "2026-11-20", "draft": False})

    assert world.judge("github.release", repository=REPOSITORY, tag="v1").state is ItemState.PASS
    assert world.judge("github.release", repository=REPOSITORY, tag="v2").state is ItemState.FAIL


@pytest.mark.parametrize("name", ["rugmunch", "a/b/c", "../x", "a/.."])
def test_a_repository_that_is_none_is_asked_nowhere(name: str) -> None:
    world = World()

    assert world.judge("github.checks", repository=name, ref="x").state is ItemState.UNKNOWN
    assert world.web.sent == []


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 500, 503])
def test_whatever_github_refuses_with_is_no_pass_and_says_why(status: int) -> None:
    world = World()
    world.web.put(RUNS, {"message": "no"}, status)

    found = world.judge("github.checks", **OF)

    assert found.state is ItemState.UNKNOWN
    assert "GitHub" in found.value


@pytest.mark.parametrize("body", [[], {"check_runs": None}, {"check_runs": [3]}, {"check_runs": [{}]}, "x"])
def test_nonsense_is_no_pass(body: object) -> None:
    world = World()
    world.web.put(RUNS, body)
    world.web.put(STATUS, {"statuses": []})

    assert world.judge("github.checks", **OF).state is ItemState.UNKNOWN


def test_without_a_configuration_nobody_is_asked() -> None:
    world = World(configured=False)

    assert world.judge("github.checks", **OF).state is ItemState.UNKNOWN
    assert world.judge("telegram.webhook", url="").state is ItemState.NOT_APPLICABLE
    assert world.web.sent == []


URL = "https://api.rugmunch.example/telegram/{token}"
SET = URL.replace("{token}", TOKEN)


@pytest.mark.parametrize(
    ("result", "state"),
    [
        ({"url": SET, "pending_update_count": 0}, ItemState.PASS),
        ({"url": "", "pending_update_count": 0}, ItemState.FAIL),
        ({"url": "https://elsewhere.example", "pending_update_count": 0}, ItemState.FAIL),
        ({"url": SET, "pending_update_count": 11}, ItemState.FAIL),
    ],
)
def test_a_webhook_is_well_when_it_leads_here_and_nothing_waits(
    result: dict[str, Any], state: ItemState
) -> None:
    world = World()
    world.web.put(f"GET {HOOK}", {"ok": True, "result": result})

    found = world.judge("telegram.webhook", url=URL)

    assert found.state is state
    assert TOKEN not in found.value + found.because + found.evidence


def test_an_error_since_a_while_is_told() -> None:
    world = World()
    at = int((world.clock.now() - timedelta(minutes=2)).timestamp())
    result = {"url": SET, "pending_update_count": 0, "last_error_date": at, "last_error_message": "502"}
    world.web.put(f"GET {HOOK}", {"ok": True, "result": result})

    assert "502" in world.judge("telegram.webhook", url=URL).value
    world.clock.advance(600)
    assert world.judge("telegram.webhook", url=URL).state is ItemState.PASS


def test_a_webhook_is_set_once_and_its_token_is_told_nobody() -> None:
    world = World()
    world.web.put(f"POST /bot{TOKEN}/setWebhook", {"ok": True, "result": True})
    walker = world.walker("telegram.set_webhook", url=URL)

    walker.run("it", "devon")

    (request,) = world.sent()
    assert SET.encode() in request.body
    assert b"drop_pending_updates" not in request.body
    assert walker.record is not None
    assert TOKEN not in str(world.journal.entries(walker.record.id))


@pytest.mark.parametrize(
    "trouble", [EndpointError(f"https://api.telegram.org/bot{TOKEN}/getWebhookInfo: no answer"), None]
)
def test_the_token_stays_out_of_every_error(trouble: EndpointError | None) -> None:
    world = World()
    if trouble is not None:
        world.web.fail("send", trouble)
    else:
        world.web.put(f"GET {HOOK}", {"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)

    found = world.judge("telegram.webhook", url=URL)

    assert found.state is ItemState.UNKNOWN
    assert TOKEN not in found.value + found.remedy + found.because
