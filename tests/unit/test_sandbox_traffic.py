"""Requests, figures and log lines: worked out when asked for, and of one mind."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from console.sandbox.behaviour import BEHAVIOURS
from console.sandbox.ecs.model import Service
from console.sandbox.log_pattern import matcher
from console.sandbox.registry import AwsError
from console.sandbox.statistics import statistic_of
from console.sandbox.traffic import Profile, Request
from tests.unit.sandbox_fleets import Fleets
from tests.unit.sandbox_world import START

ALB, ECS = "AWS/ApplicationELB", "AWS/ECS"
MARKET, SCAN, WORKER = "fairtradeworker-api", "rugmunch-api", "rugmunch-worker"


def fleet_of(name: str) -> str:
    return name.partition("-")[0]


def deploy(fleets: Fleets, name: str, tag: str) -> None:
    """Move ``latest`` and force a new deployment, as the handbooks do."""
    fleet, service = fleet_of(name), fleets.service(name)
    got = fleets.call(fleet, "ecr", "BatchGetImage", repositoryName=name, imageIds=[{"imageTag": tag}])
    manifest = got["images"][0]["imageManifest"]
    fleets.call(fleet, "ecr", "PutImage", repositoryName=name, imageTag="latest", imageManifest=manifest)
    fleets.call(fleet, "ecs", "UpdateService", cluster=service.cluster, service=name, forceNewDeployment=True)


def metric(fleets: Fleets, namespace: str, name: str, service: Service) -> dict[str, Any]:
    """A metric of a service, as ListMetrics shows it."""
    fleet = fleet_of(service.name)
    found = fleets.call(fleet, "cloudwatch", "ListMetrics", Namespace=namespace, MetricName=name)["Metrics"]
    group = service.load_balancers[0]["targetGroupArn"].rpartition(":")[2] if service.load_balancers else ""
    mine = [item for item in found if {group, service.name} & {d["Value"] for d in item["Dimensions"]}]
    answer: dict[str, Any] = mine[0]
    return answer


def series(
    fleets: Fleets, metric: dict[str, Any], stat: str, back: float, service: Service, period: int = 60
) -> dict[float, float]:
    """Datapoints of the last so many seconds, by their moment."""
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}
    now = fleets.hand.at
    answer = fleets.call(
        fleet_of(service.name),
        "cloudwatch",
        "GetMetricData",
        MetricDataQueries=[query],
        StartTime=now - back,
        EndTime=now,
    )
    (result,) = answer["MetricDataResults"]
    assert result["StatusCode"] == "Complete"
    return dict(zip(result["Timestamps"], result["Values"], strict=True))


def measured(
    fleets: Fleets, service: Service, name: str, stat: str, back: float = 1200
) -> dict[float, float]:
    """A load balancer metric of a service."""
    return series(fleets, metric(fleets, ALB, name, service), stat, back, service)


def lines(fleets: Fleets, service: Service, **asked: Any) -> list[dict[str, Any]]:
    """Every matching line of a service's group, over all pages."""
    found: list[dict[str, Any]] = []
    token = None
    while True:
        answer = fleets.call(
            fleet_of(service.name),
            "logs",
            "FilterLogEvents",
            logGroupName=f"/ecs/{service.name}",
            nextToken=token,
            **asked,
        )
        found += answer["events"]
        token = answer.get("nextToken")
        if not token:
            return found


def requests(fleets: Fleets, service: Service, minute: int) -> list[Request]:
    account = fleets.account(fleet_of(service.name))
    return list(account.logs.traffic.requests(service.arn, minute))


def of_task(events: list[dict[str, Any]], task: str) -> list[str]:
    return [event["message"] for event in events if event["logStreamName"].endswith(task)]


def test_polling_more_often_changes_nothing() -> None:
    """Log lines and figures are the same whether somebody looked every seven seconds or once."""

    def story(step: float) -> list[Any]:
        fleets = Fleets("fairtradeworker")
        service = fleets.service(MARKET)
        while fleets.hand.at < START + 630:
            fleets.wait(min(step, START + 630 - fleets.hand.at))
            since = int((fleets.hand.at - 30) * 1000)
            lines(fleets, service, startTime=since)
            measured(fleets, service, "RequestCount", "Sum")
        fleets.wait(300)
        events = lines(fleets, service, startTime=int(START * 1000), endTime=int((START + 600) * 1000))
        return [events, measured(fleets, service, "TargetResponseTime", "p95")]

    assert story(7.0) == story(630.0)


def test_metrics_count_the_requests_that_the_log_tells_of() -> None:
    """Per minute: requests, 5xx, and the percentiles of the very durations in the lines."""
    fleets = Fleets("fairtradeworker")
    service = fleets.service(MARKET)
    fleets.wait(1200)
    counts = measured(fleets, service, "RequestCount", "Sum")
    errors = measured(fleets, service, "HTTPCode_Target_5XX_Count", "Sum")
    p95 = measured(fleets, service, "TargetResponseTime", "p95")
    assert errors
    for moment in sorted(counts)[-8:]:
        start = int(moment * 1000)
        told = lines(fleets, service, startTime=start, endTime=start + 59_999, logStreamNamePrefix="api/")
        answered = [line for line in map(json.loads, (e["message"] for e in told)) if "status" in line]
        failed = [line for line in answered if line["status"] >= 500]
        durations = [line["duration_ms"] / 1000 for line in answered]
        assert len(failed) == errors.get(moment, 0)
        assert len(answered) <= counts[moment] <= len(answered) + 12
        assert statistic_of("p95", durations) == pytest.approx(p95[moment], abs=0.001)


def test_a_minute_without_errors_has_no_datapoint_of_errors() -> None:
    """Missing is not zero: a calm service publishes requests and no 5xx."""
    fleets = Fleets("rugmunch")
    service = fleets.service(SCAN)
    counts = measured(fleets, service, "RequestCount", "Sum")
    errors = measured(fleets, service, "HTTPCode_Target_5XX_Count", "Sum")
    assert all(value > 0 for value in (*counts.values(), *errors.values()))
    assert len(errors) < len(counts) / 2


def test_a_service_that_nobody_asks_anything_publishes_nothing() -> None:
    """Also not zeroes."""
    fleets = Fleets("rugmunch")
    service = fleets.service(SCAN)
    fleets.account("rugmunch").logs.traffic.profiles[service.arn] = Profile(per_minute=0.0)
    silent_from = fleets.hand.at + 60  # the minute that had begun may have been counted already
    fleets.wait(1800)
    for name, stat in (("RequestCount", "Sum"), ("TargetResponseTime", "p95")):
        assert all(moment < silent_from for moment in measured(fleets, service, name, stat))


def test_the_newest_minutes_are_published_late() -> None:
    """One to two minutes after their end, and never taken back or changed."""
    fleets = Fleets("rugmunch")
    service = fleets.service(SCAN)
    seen: dict[float, float] = {}
    for _ in range(40):
        fleets.wait(10)
        points = measured(fleets, service, "RequestCount", "Sum")
        age = fleets.hand.at - (max(points) + 60)
        assert 50 <= age <= 180
        assert all(seen.get(moment, value) == value for moment, value in points.items())
        seen |= points


def test_points_come_newest_first_unless_asked_otherwise() -> None:
    """As CloudWatch gives them; a longer period sums the shorter ones."""
    fleets = Fleets("rugmunch")
    service = fleets.service(SCAN)
    requested = metric(fleets, ALB, "RequestCount", service)
    moments = list(series(fleets, requested, "Sum", 3600, service))
    assert moments == sorted(moments, reverse=True)
    minutes = series(fleets, requested, "Sum", 3600, service)
    fives = series(fleets, requested, "Sum", 3600, service, period=300)
    whole = sorted(fives)[3]
    assert fives[whole] == sum(value for at, value in minutes.items() if whole <= at < whole + 300)


def test_traffic_follows_the_hour_of_the_day() -> None:
    """The busiest hour has more than twice the requests of the quietest."""
    profile = Profile(per_minute=100, swing=0.45, peak_hour=20)
    midnight = datetime(2026, 11, 21, tzinfo=UTC).timestamp()
    rates = [profile.rate(midnight + hour * 3600) for hour in range(24)]
    assert rates.index(max(rates)) == 20
    assert max(rates) > 2 * min(rates)
    assert sum(rates) / 24 == pytest.approx(100)


@pytest.mark.parametrize(("tag", "share"), [("error-spike", 0.2), ("good", 0.0004)])
def test_an_image_fails_the_share_of_its_requests_that_it_is_made_for(tag: str, share: float) -> None:
    """In the log of its tasks and in the service's figures alike."""
    fleets = Fleets("rugmunch")
    service = fleets.service(SCAN)
    deploy(fleets, SCAN, tag)
    fleets.wait(1800)
    rollout = service.rollout
    assert rollout is not None and rollout.status == "SUCCESSFUL"
    requested = sum(measured(fleets, service, "RequestCount", "Sum", 900).values())
    failed = sum(measured(fleets, service, "HTTPCode_Target_5XX_Count", "Sum", 900).values())
    assert requested > 1000
    assert failed / requested == pytest.approx(share, abs=0.03)


def test_a_slow_image_takes_three_times_as_long() -> None:
    """The median of what its tasks answered, against the day before."""
    fleets = Fleets("rugmunch")
    service = fleets.service(SCAN)
    before = measured(fleets, service, "TargetResponseTime", "p50", 900)
    deploy(fleets, SCAN, "latency-spike")
    fleets.wait(1800)
    after = measured(fleets, service, "TargetResponseTime", "p50", 900)
    ratio = (sum(after.values()) / len(after)) / (sum(before.values()) / len(before))
    assert ratio == pytest.approx(3.0, rel=0.15)


def test_only_tasks_that_served_then_answered() -> None:
    """Every answer lies between a task's first health and its end; none is of a task not yet healthy."""
    fleets = Fleets("fairtradeworker")
    service = fleets.service(MARKET)
    fleets.wait(900)
    seen = set()
    for minute in range(int(START // 60) - 5, int(fleets.hand.at // 60)):
        for request in requests(fleets, service, minute):
            if request.life is not None and request.reached:
                assert request.life.is_serving(request.at)
                seen.add(request.life.behaviour.name)
    assert seen == {"healthy", "limping"}


def test_a_dying_task_leaves_errors_of_the_load_balancer() -> None:
    """Requests sent to what is gone but still registered: 502, counted for the balancer alone."""
    fleets = Fleets("fairtradeworker")
    service = fleets.service(MARKET)
    fleets.wait(1200)
    found = fleets.call("fairtradeworker", "cloudwatch", "ListMetrics", MetricName="HTTPCode_ELB_5XX_Count")[
        "Metrics"
    ]
    production = next(item for item in found if "production" in item["Dimensions"][0]["Value"])
    assert [d["Name"] for d in production["Dimensions"]] == ["LoadBalancer"]
    points = series(fleets, production, "Sum", 1200, service)
    assert points
    lost = [
        request
        for minute in points
        for request in requests(fleets, service, int(minute // 60))
        if not request.reached
    ]
    assert len(lost) == sum(points.values())
    assert {request.status for request in lost} <= {502, 503}


def test_the_log_of_a_task_that_ran_out_of_memory_climbs_and_breaks_off() -> None:
    """Up to its limit, and without a word of farewell: it was killed."""
    fleets = Fleets("fairtradeworker")
    service = fleets.service(MARKET)
    fleets.wait(600)
    dead = next(
        task
        for task in service.tasks.values()
        if task.stop_code == "EssentialContainerExited" and task.started_at and task.started_at > START
    )
    assert dead.execution_stopped_at is not None
    told = lines(fleets, service, startTime=int(START * 1000))
    mine = [event for event in told if event["logStreamName"] == f"api/api/{dead.id}"]
    heaps = [int(n) for n in re.findall(r"heap at (\d+) % of 2,048 MB", "".join(e["message"] for e in mine))]
    assert heaps == sorted(heaps)
    assert 91 in heaps
    assert heaps[-1] >= 98
    assert not any("SIGTERM" in event["message"] for event in mine)
    assert mine[-1]["timestamp"] <= dead.execution_stopped_at * 1000
    assert "starting v2.8.0" in mine[0]["message"]


def test_a_task_that_is_told_to_stop_says_that_it_was() -> None:
    """The old ones of a good rollout get their SIGTERM; nothing is written after their end."""
    fleets = Fleets("rugmunch")
    service = fleets.service(SCAN)
    old = list(service.tasks)
    deploy(fleets, SCAN, "good")
    fleets.wait(900)
    told = lines(fleets, service, startTime=int(START * 1000))
    for task in old:
        mine = of_task(told, task)
        assert any("SIGTERM received" in line for line in mine)
        assert "bye" in mine[-1]
    for task in service.tasks:
        if task not in old:
            assert "starting v1.4.4" in of_task(told, task)[0]


def test_a_crash_says_what_is_missing_before_it_exits() -> None:
    """In plain lines, in every one of its tasks."""
    fleets = Fleets("rugmunch")
    service = fleets.service(WORKER)
    deploy(fleets, WORKER, "crash")
    fleets.wait(600)
    told = lines(fleets, service, startTime=int(START * 1000))
    dead = [task.id for task in service.tasks.values() if task.stop_code == "EssentialContainerExited"]
    assert dead
    for task in dead:
        assert any("FATAL" in line and "Cannot find module" in line for line in of_task(told, task))


def test_an_unhealthy_image_logs_the_checks_that_it_fails() -> None:
    """And its hosts are counted as unhealthy while they run."""
    fleets = Fleets("rugmunch")
    service = fleets.service(SCAN)
    deploy(fleets, SCAN, "unhealthy")
    fleets.wait(420)
    told = lines(fleets, service, startTime=int(START * 1000), filterPattern='"GET /health" status=503')
    assert told
    assert max(measured(fleets, service, "UnHealthyHostCount", "Maximum", 420).values()) >= 1
    assert min(measured(fleets, service, "HealthyHostCount", "Minimum", 420).values()) == 2


def test_pages_of_a_log_neither_lose_nor_repeat_a_line() -> None:
    """In both directions, and every event's id is its own."""
    fleets = Fleets("fairtradeworker")
    service = fleets.service(MARKET)
    window = {"startTime": int((START - 300) * 1000), "endTime": int(START * 1000)}
    whole = lines(fleets, service, **window)
    assert len(whole) > 100
    assert whole == sorted(whole, key=lambda event: event["timestamp"])
    assert len({event["eventId"] for event in whole}) == len(whole)
    assert lines(fleets, service, **window, limit=17) == whole
    assert lines(fleets, service, **window, limit=17, startFromHead=False) == whole[::-1]


def test_a_stream_is_read_on_from_where_the_reader_stopped() -> None:
    """Forwards only new lines come, and at the end the token comes back as it was sent."""
    fleets = Fleets("rugmunch")
    service = fleets.service(SCAN)
    stream = f"api/api/{next(iter(service.tasks))}"
    asked = {"logGroupName": f"/ecs/{SCAN}", "logStreamName": stream}
    first = fleets.call("rugmunch", "logs", "GetLogEvents", **asked, limit=20)
    assert len(first["events"]) == 20
    token = first["nextForwardToken"]
    idle = fleets.call("rugmunch", "logs", "GetLogEvents", **asked, nextToken=token)
    assert (idle["events"], idle["nextForwardToken"]) == ([], token)
    fleets.wait(30)
    more = fleets.call("rugmunch", "logs", "GetLogEvents", **asked, nextToken=token)
    assert more["events"]
    assert more["events"][0]["timestamp"] >= first["events"][-1]["timestamp"]
    back = fleets.call(
        "rugmunch", "logs", "GetLogEvents", **asked, limit=20, nextToken=first["nextBackwardToken"]
    )
    assert back["events"][-1]["timestamp"] <= first["events"][0]["timestamp"]
    assert not [event for event in back["events"] if event in first["events"]]


def test_streams_are_named_after_container_and_task() -> None:
    """``prefix/container/task``; the one with the newest event first if asked so."""
    fleets = Fleets("fairtradeworker")
    service = fleets.service(MARKET)
    answer = fleets.call(
        "fairtradeworker", "logs", "DescribeLogStreams", logGroupName=f"/ecs/{MARKET}", limit=50
    )
    names = [stream["logStreamName"] for stream in answer["logStreams"]]
    assert names == sorted(names)
    assert {f"api/api/{task.id}" for task in service.tasks.values() if task.started_at} <= set(names)
    newest = fleets.call(
        "fairtradeworker",
        "logs",
        "DescribeLogStreams",
        logGroupName=f"/ecs/{MARKET}",
        orderBy="LastEventTime",
        descending=True,
        limit=1,
    )
    assert newest["nextToken"]
    assert newest["logStreams"][0]["lastEventTimestamp"] >= (START - 1) * 1000


@pytest.mark.parametrize("operation", ["FilterLogEvents", "DescribeLogStreams", "GetLogEvents"])
def test_a_log_group_that_is_not_there_is_said_so(operation: str) -> None:
    """Not an empty answer."""
    fleets = Fleets("rugmunch")
    with pytest.raises(AwsError) as missing:
        fleets.call("rugmunch", "logs", operation, logGroupName="/ecs/nobody", logStreamName="x")
    assert missing.value.code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("", True),
        ("heap", True),
        ("HEAP", False),
        ("heap full", True),
        ('"heap full"', False),
        ('"heap at"', True),
        ("?nothing ?full", True),
        ("heap -full", False),
    ],
)
def test_a_pattern_matches_terms_and_phrases(pattern: str, matches: bool) -> None:
    """Case-sensitive; every term, any of the optional ones, none of the excluded ones."""
    assert matcher(pattern)("heap at 91 % is nearly full") is matches


@pytest.mark.parametrize("pattern", ["{ $.level = 1 }", "[a, b]", '"open'])
def test_a_pattern_that_is_not_offered_is_refused(pattern: str) -> None:
    """Rather than matched wrongly."""
    with pytest.raises(AwsError) as refused:
        matcher(pattern)
    assert refused.value.code == "InvalidParameterException"


def test_memory_climbs_with_tasks_that_leak_and_rests_with_those_that_do_not() -> None:
    """AWS/ECS figures of a calm service stay level; those of the limping one exceed them."""
    fleets = Fleets("fairtradeworker", "rugmunch")
    fleets.wait(900)
    figures = {}
    for name in (MARKET, SCAN):
        service = fleets.service(name)
        found = metric(fleets, ECS, "MemoryUtilization", service)
        figures[name] = list(series(fleets, found, "Average", 600, service).values())
    assert max(figures[SCAN]) - min(figures[SCAN]) < 1
    assert max(figures[MARKET]) > max(figures[SCAN]) + 5
    assert all(0 < value <= 100 for values in figures.values() for value in values)


def test_a_worker_has_no_load_balancer_figures() -> None:
    """But CPU and memory."""
    fleets = Fleets("rugmunch")
    found = fleets.call("rugmunch", "cloudwatch", "ListMetrics")["Metrics"]
    worker = [m for m in found if {"Name": "ServiceName", "Value": WORKER} in m["Dimensions"]]
    assert {item["MetricName"] for item in worker} == {"CPUUtilization", "MemoryUtilization"}


@pytest.mark.parametrize(
    ("stat", "period", "expression"), [("p999", 60, None), ("Sum", 90, None), ("Sum", 60, "m1 / m2")]
)
def test_what_cloudwatch_would_refuse_or_the_sandbox_lacks_is_an_error(
    stat: str, period: int, expression: str | None
) -> None:
    """Never an empty or a wrong series."""
    fleets = Fleets("rugmunch")
    found = metric(fleets, ALB, "RequestCount", fleets.service(SCAN))
    query: dict[str, Any] = {"Id": "q"}
    if expression:
        query["Expression"] = expression
    else:
        query["MetricStat"] = {"Metric": found, "Period": period, "Stat": stat}
    with pytest.raises(AwsError) as refused:
        fleets.call(
            "rugmunch",
            "cloudwatch",
            "GetMetricData",
            MetricDataQueries=[query],
            StartTime=START - 600,
            EndTime=START,
        )
    assert refused.value.code == "ValidationError"


def test_a_metric_of_other_dimensions_is_empty() -> None:
    """A target group without its load balancer is not published, so there is nothing to read."""
    fleets = Fleets("rugmunch")
    service = fleets.service(SCAN)
    found = metric(fleets, ALB, "RequestCount", service)
    half = found | {"Dimensions": [d for d in found["Dimensions"] if d["Name"] == "TargetGroup"]}
    assert series(fleets, half, "Sum", 600, service) == {}


@pytest.mark.parametrize("name", sorted(BEHAVIOURS))
def test_memory_and_answers_of_a_behaviour_end_with_its_life(name: str) -> None:
    """It is full exactly when it is killed for it, and answers nothing once dead."""
    behaviour = BEHAVIOURS[name]
    if behaviour.dies_after is None:
        assert behaviour.memory_at(10**6) < 1
        return
    assert not behaviour.answers(behaviour.dies_after)
    assert (behaviour.memory_at(behaviour.dies_after) == 1) is behaviour.leaks
