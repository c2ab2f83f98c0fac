"""Validate, migrate and restore as CI runs them: real processes, their lines and their exit codes."""

import pytest

from tests.contract.command_line import ALL_S, served
from tests.contract.shared_world import MARKET

pytestmark = pytest.mark.timeout(ALL_S)

STAGING = "fairtradeworker/staging"


def test_what_is_well_is_0_and_what_is_not_is_1_and_nothing_is_sent() -> None:
    """Staging rests; production has a bad release on its way, which also keeps a restore from beginning."""
    with served("--speed", "30", "--fleet", "fairtradeworker") as line:
        well = line.run("validate", STAGING)
        bad = line.run("validate", str(MARKET))
        restore = line.run("restore", str(MARKET), "--dry-run")
        migrate = line.run("migrate", str(MARKET), "--dry-run")
        writes = {
            name: count for name, count in line.control("GET", "calls").items() if count and _writes(name)
        }

    not_well = [item for item in well.lines[:-1] if item["outcome"] == "NG"]
    late = [item for item in not_well if item["name"] == "smoke: jobs in time"]  # as slow as this machine is
    assert not_well == late, [item["text"] for item in not_well]
    ends = (1, "validated", "NG") if late else (0, "validated", "OK")
    assert (well.code, well.last["event"], well.last["outcome"]) == ends
    assert well.last["ok"] == sum(item.get("outcome") == "OK" for item in well.lines[:-1]) > 5
    assert bad.code == 1
    assert {item["name"] for item in bad.lines[:-1] if item["outcome"] == "NG"} >= {"steady"}
    for refused, words in ((restore, "a rollout is under way"), (migrate, "no migration")):
        assert (refused.code, refused.last["verdict"]) == (3, "REFUSED"), refused.last
        assert words in refused.last["error"]["message"]
    assert writes == {}


def _writes(operation: str) -> bool:
    action = operation.partition(".")[2]
    return not action.startswith(("Describe", "List", "Get", "BatchGet", "Filter", "Simulate", "Lookup"))
