"""A seed is a world: how often somebody looks, over HTTP, changes nothing in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from console.sandbox.scenes.catalogue import begin, cast, furnish, scene
from tests.contract.conftest import Sandbox, SandboxFactory
from tests.fakes import FakeClock

LASTS_S = 900
ORDER_AT_S, FAULT_AT_S = 120, 500
"""When somebody writes: a deployment, and a fault of the world."""
CLUSTER, SERVICE, GROUP = "rugmunch-cluster", "rugmunch-api", "/ecs/rugmunch-api"


@dataclass
class Story:
    """What a world told, with times relative to its beginning."""

    events: list[tuple[float, str]]
    lines: list[tuple[int, str, str]]


def told(make_sandbox: SandboxFactory, seed: int, steps: Sequence[float]) -> Story:
    """Let a world run, looking in that rhythm; the same two things are done to it at the same moments."""
    clock = FakeClock()
    sandbox = make_sandbox(seed=seed, clock=clock)
    world = sandbox.world
    world.accounts.clear()
    found = scene("bad-deploy")
    furnish(world, found, cast(found, ("rugmunch", "fairtradeworker")))
    begin(sandbox.served.server.gateway, found)
    ecs, logs = sandbox.client("ecs", "rugmunch"), sandbox.client("logs", "rugmunch")
    now, number = 0.0, 0
    while now < LASTS_S:
        following = min(now + steps[number % len(steps)], LASTS_S)
        for moment in (ORDER_AT_S, FAULT_AT_S):
            if now < moment < following:
                following = float(moment)
        clock.advance(following - now)
        now, number = following, number + 1
        look(ecs, logs)
        if now == ORDER_AT_S:
            ecs.update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)
        if now == FAULT_AT_S:
            wish = {"fault": "oom", "fleet": "rugmunch", "service": "api"}
            assert sandbox.control("POST", "world", wish)[0] == 200
    return story(sandbox, ecs, logs)


def look(ecs: Any, logs: Any) -> None:
    """What a console asks again and again."""
    ecs.describe_services(cluster=CLUSTER, services=[SERVICE])
    arns = ecs.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]
    if arns:
        ecs.describe_tasks(cluster=CLUSTER, tasks=arns)
    logs.filter_log_events(logGroupName=GROUP, limit=50)


def story(sandbox: Sandbox, ecs: Any, logs: Any) -> Story:
    """Every event of the service and every log line since the beginning."""
    start = sandbox.world.started_at
    service = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    events = [(round(e["createdAt"].timestamp() - start, 3), e["message"]) for e in service["events"]]
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=GROUP, startTime=int(start * 1000), PaginationConfig={"PageSize": 10_000}
    )
    lines = [
        (line["timestamp"] - int(start * 1000), line["logStreamName"], line["message"].partition(" ")[2])
        for page in pages
        for line in page["events"]
    ]
    return Story(events, lines)


@pytest.fixture(scope="module")
def rhythms() -> list[Sequence[float]]:
    """Every five seconds, every minute, and anyhow."""
    return [(5.0,), (60.0,), (0.5, 17.0, 3.0, 91.0)]


def test_three_rhythms_of_looking_tell_one_story(
    make_sandbox: SandboxFactory, rhythms: list[Sequence[float]]
) -> None:
    """Events and log lines are the same to the millisecond; another seed tells another story."""
    first, *others = [told(make_sandbox, 1, rhythm) for rhythm in rhythms]
    assert any("has started" in message for at, message in first.events if at > FAULT_AT_S)
    assert len(first.lines) > 500
    for other in others:
        assert other.events == first.events
        assert other.lines == first.lines
    foreign = told(make_sandbox, 2, rhythms[1])
    assert foreign.events != first.events
    assert foreign.lines != first.lines
