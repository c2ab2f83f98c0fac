"""The guard and the alerts, as the configuration says them."""

from datetime import timedelta
from pathlib import Path

import pytest

from console.config.guard import MEASURES
from console.config.loader import load
from console.domain.guard import (
    DEFAULT_ALERTS,
    DEFAULT_TRIGGERS,
    GuardMode,
    GuardPolicy,
    ServiceKind,
    Trigger,
)
from console.domain.series import Measure
from console.errors import ConfigError

BASE = """
[systems.shop.environments.production]
region = "us-east-1"
cluster = "shop"
[systems.shop.environments.production.services.api]
service = "shop-api"
[systems.shop.environments.production.services.worker]
service = "shop-worker"
"""
HERE = "systems.shop.environments.production"
API = f"{HERE}.services.api"


def policy(tmp_path: Path, text: str, alias: str = "api") -> GuardPolicy:
    file = tmp_path / "config.toml"
    file.write_text(BASE + text, encoding="utf-8")
    return load(file).environments["shop/production"].services[alias].guard


def of(policy: GuardPolicy, name: str) -> Trigger:
    return next(item for item in policy.triggers if item.name == name)


def test_without_a_word_the_guard_asks_about_four_triggers(tmp_path: Path) -> None:
    """Health, errors over five per cent, twice the response time, a critical dependency down."""
    found = policy(tmp_path, "")
    assert found.mode is GuardMode.ASK
    assert found.triggers == DEFAULT_TRIGGERS
    assert found.alerts == DEFAULT_ALERTS
    assert (of(found, "errors").critical, of(found, "p95").relative) == (0.05, 2.0)


def test_a_service_says_only_what_differs(tmp_path: Path) -> None:
    text = f"""
[{HERE}.guard]
mode = "rollback"
bake = "20m"
[{HERE}.guard.triggers.p99]
critical = "0.2s"
[{API}.guard]
countdown = "30s"
[{API}.guard.triggers.errors]
critical = 0.1
warning = 0.05
"""
    mine, other = policy(tmp_path, text), policy(tmp_path, text, "worker")
    assert (mine.mode, mine.bake, mine.countdown) == (
        GuardMode.ROLLBACK,
        timedelta(minutes=20),
        timedelta(seconds=30),
    )
    assert of(mine, "errors").critical == pytest.approx(0.001)
    assert of(other, "errors").critical == 0.05
    assert of(mine, "p99") == of(other, "p99") == Trigger("p99", Measure.P99, critical=0.2)


def test_counts_hold_for_every_trigger_and_its_own_go_first(tmp_path: Path) -> None:
    text = f"""
[{HERE}.guard]
periods = 3
minimum_requests = 20
[{HERE}.guard.triggers.errors]
periods = 1
"""
    found = policy(tmp_path, text)
    assert {item.name: item.periods for item in found.triggers} == {
        "health": 3,
        "errors": 1,
        "p95": 3,
        "dependency": 3,
    }
    assert {item.minimum_requests for item in found.triggers} == {20}


def test_a_figure_can_be_switched_off(tmp_path: Path) -> None:
    found = policy(tmp_path, f"[{HERE}.guard.triggers.p95]\noff = true\n[{HERE}.alerts.disk]\noff = true\n")
    assert "p95" not in {item.name for item in found.triggers}
    assert "disk" not in {item.name for item in found.alerts}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'[{HERE}.guard]\nmode = "rolback"', "did you mean rollback?"),
        (f'[{HERE}.guard]\nbakes = "10m"', "did you mean bake?"),
        (f"[{HERE}.guard.triggers.error]\ncritical = 5", "did you mean errors?"),
        (f"[{HERE}.guard.triggers.errors]\ncritcal = 5", "did you mean critical?"),
        (f"[{HERE}.guard.triggers.errors]\ncritical = 101", "not from 0 to 100"),
        (f"[{HERE}.guard.triggers.p99]\ncritical = 5", "not text"),
        (f"[{HERE}.guard.triggers.p99]\nperiods = 2", "has no limit"),
        (f"[{HERE}.guard.triggers.health]\ncritical = 1", "only ever well or not"),
        (f"[{HERE}.guard.triggers.errors]\nwarning = 6", "is above critical"),
        (f"[{HERE}.guard.triggers.errors]\nperiods = 1.5", "not a whole number"),
        (f"[{HERE}.guard.triggers.errors]\nrelative = 0.5", "not from 1 to 1000"),
        (f"[{HERE}.alerts.errors]\nrelative = 2", "is not a setting"),
        (f'[{API}.guard]\ncountdown = "soon"', "not a duration"),
    ],
)
def test_what_cannot_be_is_refused_with_the_nearest_name(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        policy(tmp_path, text)
    assert said in str(caught.value)
    assert str(tmp_path) in caught.value.message


def test_the_configuration_page_names_every_figure() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert {name for name in MEASURES if f"`{name}`" not in page} == set()


def test_limits_for_requests_hold_behind_a_load_balancer_unless_the_service_says_otherwise(
    tmp_path: Path,
) -> None:
    """An environment's own limits are for those of its services that they mean something for."""
    text = f"""
[{HERE}.alerts.p99]
critical = "3s"
[{HERE}.services.worker.alerts.p95]
warning = "2m"
"""
    found = policy(tmp_path, text, "worker")
    mine = [item.name for item in found.alerts if item.applies_to(ServiceKind.WORKER)]
    assert mine == ["health", "p95", "queue-depth", "dependency", "cpu", "memory", "disk"]
    balanced = [item.name for item in policy(tmp_path, text).alerts if item.applies_to(ServiceKind.BALANCED)]
    assert balanced == ["health", "errors", "p95", "p99", "dependency", "cpu", "memory", "disk"]
