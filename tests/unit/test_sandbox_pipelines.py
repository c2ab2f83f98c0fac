"""GitHub and Telegram as the sandbox stands in for them: of the same images and requests as all else."""

import json
from typing import Any

import pytest

from console.sandbox.gateway import Broken
from console.sandbox.outsiders.front import Outsiders
from console.sandbox.outsiders.settings import KEYS, TITLES
from console.sandbox.outsiders.troubles import MEANINGS, SHAPES
from console.sandbox.wire.message import Request
from console.sandbox.world_faults import KINDS, WorldFaultError, WorldFaults
from tests.unit.sandbox_fleets import Fleets

SCANNER, MARKET, SWAPS = "rugmunch/rugmunch", "fairtradeworker/fairtradeworker", "swapjoy/swapjoy-api"
TOKEN = KEYS["telegram-token"]
HOOK = f"https://api.rugmunch.example/webhook/{TOKEN}"


class Desk:
    """A world, and its suppliers without a wire."""

    def __init__(self, *names: str) -> None:
        self.fleets = Fleets(*names)
        self.fleet = names[0]
        self.faults = WorldFaults(self.fleets.world)
        self.outsiders = Outsiders(self.fleets.world)

    def ask(self, supplier: str, path: str, body: object = None, token: str = "") -> tuple[int, Any]:
        """Status and JSON of a request; POST with a body."""
        self.fleets.world.advance()
        headers = {"authorization": f"Bearer {token or KEYS['github-token']}"}
        content = b"" if body is None else json.dumps(body).encode()
        target = f"/_outsiders/{supplier}/{self.fleet}/{path}"
        answer = self.outsiders.answer(Request("POST" if body else "GET", target, headers, content))
        assert not isinstance(answer, Broken)
        return answer.status, json.loads(answer.body)

    def github(self, path: str, body: object = None) -> Any:
        status, found = self.ask("github", f"repos/{path}", body)
        assert status == 200, found
        return found

    def bot(self, method: str, body: object = None) -> Any:
        return self.ask("telegram", f"bot{TOKEN}/{method}", body)[1]

    def wrong(self, fault: str) -> int:
        return self.faults.begin({"fault": fault, "fleet": self.fleet}).id


def checks(desk: Desk, repository: str, ref: str) -> dict[str, str]:
    found = desk.github(f"{repository}/commits/{ref}/check-runs")
    assert found["total_count"] == len(found["check_runs"])
    return {row["name"]: row["conclusion"] or row["status"] for row in found["check_runs"]}


def waiting(desk: Desk, repository: str, ref: str) -> list[Any]:
    sha = desk.github(f"{repository}/commits/{ref}")["sha"]
    found = desk.github(f"{repository}/actions/runs?head_sha={sha}&status=waiting")
    rows: list[Any] = found["workflow_runs"]
    return rows


def test_a_good_build_is_green_and_one_that_never_comes_up_is_red() -> None:
    """What only shows under traffic passes its tests; a commit is found by its tag and by its digits."""
    desk = Desk("rugmunch", "swapjoy")
    assert set(checks(desk, SCANNER, "v1.4.4").values()) == {"success"}
    assert checks(desk, SCANNER, "v1.5.0-rc.2")["e2e"] == "failure"
    assert checks(desk, SCANNER, "v1.5.0-rc.1")["e2e"] == "success"
    sha = desk.github(f"{SCANNER}/commits/v1.4.4")["sha"]
    assert desk.github(f"{SCANNER}/commits/{sha[:7]}")["sha"] == sha
    assert desk.ask("github", f"repos/{SCANNER}/commits/v9.9.9")[0] == 422
    assert desk.ask("github", "repos/somebody/else/commits/v1.4.4")[0] == 404


def test_statuses_are_pending_where_nobody_sends_any() -> None:
    """As GitHub says it: none at all is no success."""
    assert Desk("rugmunch").github(f"{SCANNER}/commits/v1.4.4/status")["state"] == "pending"
    told = Desk("fairtradeworker").github(f"{MARKET}/commits/v2.7.3/status")
    assert (told["state"], told["total_count"]) == ("success", 1)


def test_tests_turn_red_or_go_on_while_somebody_wishes_it() -> None:
    desk = Desk("fairtradeworker")
    number = desk.wrong("tests-red")
    assert checks(desk, MARKET, "v2.7.3")["tests"] == "failure"
    assert checks(desk, MARKET, "v2.7.3")["lint"] == "success"
    assert waiting(desk, MARKET, "v2.7.3") == []
    desk.faults.end(number)
    desk.wrong("tests-running")
    assert checks(desk, MARKET, "v2.7.3")["tests"] == "in_progress"


def test_an_image_with_a_hole_in_a_package_fails_the_audit() -> None:
    """The same finding that the registry's scan has; one of the base system's holds nothing up."""
    desk = Desk("fairtradeworker")
    assert checks(desk, MARKET, "v2.9.0-rc.6")["npm-audit"] == "failure"
    found = checks(desk, MARKET, "v2.7.4")
    assert (found["npm-audit"], found["trivy"]) == ("success", "neutral")


def test_a_run_waits_until_somebody_approves_it_with_a_comment() -> None:
    """Once; what has been in production was approved before, by somebody else."""
    desk = Desk("fairtradeworker")
    (run,) = waiting(desk, MARKET, "v2.7.3")
    path = f"{MARKET}/actions/runs/{run['id']}"
    (pending,) = desk.github(f"{path}/pending_deployments")
    wish = {"environment_ids": [pending["environment"]["id"]], "state": "approved", "comment": "go"}
    refused = [
        {**wish, "comment": " "},
        {"environment_ids": wish["environment_ids"], "state": "approved"},
        {**wish, "environment_ids": [1]},
        {**wish, "environment_ids": []},
        {**wish, "state": "perhaps"},
    ]
    for body in refused:
        assert desk.ask("github", f"repos/{path}/pending_deployments", body)[0] == 422
    assert desk.github(f"{path}/approvals") == []

    desk.github(f"{path}/pending_deployments", wish)
    assert desk.ask("github", f"repos/{path}/pending_deployments", wish)[0] == 422
    assert waiting(desk, MARKET, "v2.7.3") == []
    (said,) = desk.github(f"{path}/approvals")
    assert (said["state"], said["comment"], said["user"]["login"]) == ("approved", "go", "devon")
    assert [place["name"] for place in said["environments"]] == ["production"]

    sha = desk.github(f"{MARKET}/commits/v2.7.2")["sha"]
    runs = desk.github(f"{MARKET}/actions/runs?head_sha={sha}")["workflow_runs"]
    (old,) = [row for row in runs if row["name"] == "release"]
    (before,) = desk.github(f"{MARKET}/actions/runs/{old['id']}/approvals")
    assert before["user"]["login"] == "ines"


def test_a_commit_is_tagged_when_its_run_was_approved_and_a_version_before() -> None:
    desk = Desk("swapjoy", "rugmunch")
    assert desk.ask("github", f"repos/{SWAPS}/releases/tags/release-d2171ef")[0] == 404
    assert desk.github(f"{SWAPS}/releases/tags/release-e69027b")["draft"] is False
    other = Desk("rugmunch")
    assert other.github(f"{SCANNER}/releases/tags/v1.4.4")["tag_name"] == "v1.4.4"
    assert other.github(f"{SCANNER}/releases/tags/v1.5.0-rc.1")["prerelease"] is True


def test_the_change_was_reviewed_by_somebody_else_unless_it_was_not() -> None:
    desk = Desk("rugmunch")
    for ref, states in (("v1.4.4", ["COMMENTED", "APPROVED"]), ("v1.5.0-rc.4", ["COMMENTED"])):
        (pull,) = desk.github(f"{SCANNER}/commits/{ref}/pulls")
        reviews = desk.github(f"{SCANNER}/pulls/{pull['number']}/reviews")
        assert [row["state"] for row in reviews] == states
        assert {row["user"]["login"] for row in reviews} != {pull["user"]["login"]}


def test_pages_are_as_long_as_was_asked() -> None:
    desk = Desk("rugmunch")
    pages = [
        desk.github(f"{SCANNER}/commits/v1.4.4/check-runs?per_page=2&page={number}")
        for number in (1, 2, 3, 4)
    ]
    assert [len(page["check_runs"]) for page in pages] == [2, 2, 1, 0]
    assert {page["total_count"] for page in pages} == {5}


def test_only_bearers_of_the_keys_are_answered() -> None:
    desk = Desk("rugmunch")
    assert desk.ask("github", f"repos/{SCANNER}/commits/v1.4.4", token="ghp_other")[0] == 401
    assert desk.ask("telegram", "bot1:other/getWebhookInfo")[0] == 401


def test_the_bots_webhook_leads_to_the_api_until_it_is_lost_or_led_elsewhere() -> None:
    """Setting it ends the fault; an address that Telegram never calls is refused."""
    desk = Desk("rugmunch")
    assert desk.bot("getWebhookInfo")["result"]["url"] == HOOK
    number = desk.wrong("webhook-lost")
    assert desk.bot("getWebhookInfo")["result"]["url"] == ""
    for url in ("http://api.rugmunch.example/", "https://api.rugmunch.example:9000/"):
        assert desk.bot("setWebhook", {"url": url})["ok"] is False
    assert desk.bot("setWebhook", {"url": "https://new.rugmunch.example/hook"})["ok"] is True
    assert desk.bot("getWebhookInfo")["result"]["url"] == "https://new.rugmunch.example/hook"
    desk.faults.end(number)
    assert desk.bot("getWebhookInfo")["result"]["url"] == "https://new.rugmunch.example/hook"


def test_messages_wait_while_the_api_fails_and_arrive_when_it_recovers() -> None:
    """What fails now and then is delivered with the next attempt, and is no error of the bot's."""
    desk = Desk("rugmunch")
    desk.fleets.wait(900)
    calm = desk.bot("getWebhookInfo")["result"]
    assert (calm["pending_update_count"], "last_error_date" in calm) == (0, False)
    number = desk.wrong("error-spike")
    desk.fleets.wait(300)
    failing = desk.bot("getWebhookInfo")["result"]
    assert failing["pending_update_count"] > 10
    assert desk.fleets.world.now() - failing["last_error_date"] < 60
    assert failing["last_error_message"].startswith("Wrong response from the webhook: 500")
    desk.faults.end(number)
    desk.fleets.wait(900)
    after = desk.bot("getWebhookInfo")["result"]
    assert after["pending_update_count"] == 0
    assert desk.fleets.world.now() - after["last_error_date"] > 600


@pytest.mark.parametrize("supplier", TITLES)
def test_every_supplier_can_fail_in_every_way_that_means_something_there(supplier: str) -> None:
    """The bot's answers have no lists and no figures."""
    named = {name.removeprefix(f"{supplier}-") for name in KINDS if name.startswith(f"{supplier}-")}
    assert named == set(MEANINGS) - (set(SHAPES) if supplier == "telegram" else set())
    with pytest.raises(WorldFaultError, match=f"clever-better tells {supplier} nothing"):
        Desk("clever-better").wrong(f"{supplier}-down")


def test_github_tells_nothing_of_a_check_whose_figures_are_gone() -> None:
    desk = Desk("fairtradeworker")
    desk.wrong("github-null")
    assert set(checks_or_none(desk)) == {None}
    desk.wrong("github-empty")
    assert desk.github(f"{MARKET}/commits/v2.7.3/check-runs")["check_runs"] == []


def checks_or_none(desk: Desk) -> list[str | None]:
    found = desk.github(f"{MARKET}/commits/v2.7.3/check-runs")
    return [row["conclusion"] or row["status"] for row in found["check_runs"]]
