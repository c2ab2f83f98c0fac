"""Figures over time from CloudWatch: complete minutes, gaps as gaps, new beside old."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from console.aws.metrics import BATCH
from console.aws.series import CloudWatchSeries
from console.aws.series_queries import Around
from console.aws.services import Services
from console.aws.targets import TargetGroups
from console.domain.series import Measure, Scope, Scoped, Series
from console.errors import ThrottledError
from tests.builders import ADDRESS, GROUP, NOW, a_new_release, a_release
from tests.fakes import FakeClock
from tests.unit.scripted_aws import BALANCER, ScriptedAws, aws_error, calls_on, raw_service, settings

MINUTE = NOW.replace(second=0, microsecond=0)
GREEN = GROUP.replace("rugmunch-api", "rugmunch-api-green")
SINCE = MINUTE - timedelta(minutes=5)
Points = Mapping[datetime, float]


def at(minutes: int) -> datetime:
    """The start of the minute that many minutes before the current one."""
    return MINUTE - timedelta(minutes=minutes)


def published(found: Mapping[str, Points]) -> Any:
    """GetMetricData that knows ``METRIC``, ``GROUP/METRIC`` or ``METRIC p95``."""

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        results = []
        for query in params["MetricDataQueries"]:
            stat = query["MetricStat"]
            name, statistic = stat["Metric"]["MetricName"], stat["Stat"]
            place = stat["Metric"]["Dimensions"][0]["Value"].split("/")
            names = (f"{place[1] if len(place) > 1 else ''}/{name}", f"{name} {statistic}", name)
            points = next((found[item] for item in names if item in found), {})
            inside = {k: v for k, v in points.items() if params["StartTime"] <= k < params["EndTime"]}
            results.append({"Id": query["Id"], "Timestamps": list(inside), "Values": list(inside.values())})
        return {"MetricDataResults": results}

    return answer


def an_aws(found: Mapping[str, Points], *, both: bool = False) -> ScriptedAws:
    aws = ScriptedAws()
    entry: dict[str, Any] = {"targetGroupArn": GROUP, "containerName": "api", "containerPort": 8080}
    if both:
        entry["advancedConfiguration"] = {
            "alternateTargetGroupArn": GREEN,
            "productionListenerRule": "arn:rule",
            "roleArn": "arn:role",
        }
    aws.on("ecs.DescribeServices", {"services": [raw_service(loadBalancers=[entry])]})
    aws.on(
        "elbv2.DescribeTargetGroups",
        lambda params: {
            "TargetGroups": [
                {"TargetGroupArn": arn, "LoadBalancerArns": [BALANCER]} for arn in params["TargetGroupArns"]
            ]
        },
    )
    aws.on("cloudwatch.GetMetricData", published(found))
    return aws


class Desk:
    def __init__(self, aws: ScriptedAws, around: Around = Around()) -> None:  # noqa: B008 (frozen)
        self.aws, self.clock = aws, FakeClock()
        calls = calls_on(aws, self.clock)
        services = Services(settings(), calls)
        self.source = CloudWatchSeries(calls, services, self.clock, TargetGroups(calls), lambda _: around)

    def told(self, scoped: Scoped | None = None) -> dict[tuple[Measure, Scope], Series]:
        found = self.source.series(ADDRESS, scoped or Scoped(), SINCE)
        return {(item.measure, item.scope): item for item in found}

    def asked(self) -> list[dict[str, Any]]:
        return [params for name, params in self.aws.sent if name == "cloudwatch.GetMetricData"]


def test_errors_are_shares_of_the_requests_that_reached_a_target() -> None:
    """5xx that nobody counted beside counted requests are none; a minute without requests is a gap."""
    found = Desk(
        an_aws(
            {
                "RequestCount": {at(4): 1000.0, at(3): 500.0, at(1): 200.0},
                "HTTPCode_Target_5XX_Count": {at(4): 84.0},
            }
        )
    ).told()
    errors = found[Measure.ERRORS, Scope.SERVICE]
    assert errors.values == (None, 0.084, 0.0, None, 0.0)
    assert [item.requests for item in errors.points] == [None, 1000, 500, None, 200]
    assert errors.points[-1].at == MINUTE
    assert (errors.source, errors.period_s, errors.as_of) == ("CloudWatch", 60, NOW)


def test_minutes_that_are_not_published_yet_are_left_out() -> None:
    found = Desk(an_aws({"RequestCount": {at(4): 10.0, at(3): 10.0}})).told()
    assert [item.at for item in found[Measure.REQUESTS, Scope.SERVICE].points] == [at(4), at(3), at(2)]


def test_nothing_published_is_no_data() -> None:
    found = Desk(an_aws({})).told()
    assert {(item.points, item.no_data) for item in found.values()} == {((), "nothing published")}


def test_percentiles_targets_codes_and_tasks_are_told() -> None:
    found = Desk(
        an_aws(
            {
                "RequestCount": {at(2): 100.0},
                "TargetResponseTime p50": {at(2): 0.05},
                "TargetResponseTime p95": {at(2): 0.2},
                "TargetResponseTime p99": {at(2): 0.4},
                "HTTPCode_Target_2XX_Count": {at(2): 90.0},
                "HTTPCode_Target_4XX_Count": {at(2): 7.0},
                "HTTPCode_Target_5XX_Count": {at(2): 3.0},
                "HealthyHostCount": {at(2): 2.0},
                "UnHealthyHostCount": {at(2): 1.0},
                "CPUUtilization": {at(2): 31.0},
                "MemoryUtilization": {at(2): 47.0},
            }
        )
    ).told()
    last = {
        measure: item.last.value
        for (measure, scope), item in found.items()
        if scope is Scope.SERVICE and item.last is not None
    }
    assert last == {
        Measure.ERRORS: 0.03,
        Measure.REQUESTS: 100.0,
        Measure.P50: 0.05,
        Measure.P95: 0.2,
        Measure.P99: 0.4,
        Measure.CODES_2XX: 90.0,
        Measure.CODES_4XX: 7.0,
        Measure.CODES_5XX: 3.0,
        Measure.HEALTHY_TARGETS: 2.0,
        Measure.UNHEALTHY_TARGETS: 1.0,
        Measure.CPU: 31.0,
        Measure.MEMORY: 47.0,
    }


def test_one_target_group_cannot_tell_versions_apart() -> None:
    found = Desk(an_aws({"RequestCount": {at(2): 100.0}})).told(Scoped(a_new_release(), a_release()))
    assert {scope for _, scope in found} == {Scope.SERVICE}


def test_both_target_groups_are_told_beside_each_other_and_together() -> None:
    aws = an_aws(
        {
            "rugmunch-api/RequestCount": {at(2): 900.0},
            "rugmunch-api-green/RequestCount": {at(2): 100.0},
            "rugmunch-api/HTTPCode_Target_5XX_Count": {at(2): 0.0},
            "rugmunch-api-green/HTTPCode_Target_5XX_Count": {at(2): 20.0},
            "rugmunch-api/TargetResponseTime": {at(2): 0.1},
            "rugmunch-api-green/TargetResponseTime": {at(2): 0.4},
        },
        both=True,
    )
    scoped = Scoped(a_new_release(), a_release(), new_groups=(GREEN,), old_groups=(GROUP,))
    found = Desk(aws).told(scoped)
    shares = {scope: found[Measure.ERRORS, scope].values[-1] for scope in Scope}
    assert shares == {Scope.SERVICE: 0.02, Scope.NEW: 0.2, Scope.OLD: 0.0}
    slow = {scope: found[Measure.P95, scope].values[-1] for scope in Scope}
    assert slow == {Scope.SERVICE: 0.4, Scope.NEW: 0.4, Scope.OLD: 0.1}
    assert found[Measure.ERRORS, Scope.NEW].version == "v1.4.3"


def test_a_group_with_hardly_a_request_says_nothing_of_the_services_response_time() -> None:
    aws = an_aws(
        {
            "rugmunch-api/RequestCount": {at(2): 1000.0},
            "rugmunch-api-green/RequestCount": {at(2): 3.0},
            "rugmunch-api/TargetResponseTime": {at(2): 0.1},
            "rugmunch-api-green/TargetResponseTime": {at(2): 2.5},
        },
        both=True,
    )
    assert Desk(aws).told()[Measure.P95, Scope.SERVICE].values[-1] == 0.1


def test_queue_database_network_and_disk_are_asked_for_where_they_are_configured() -> None:
    figures = {
        "ApproximateNumberOfMessagesVisible": {at(2): 12.0},
        "ApproximateAgeOfOldestMessage": {at(2): 30.0},
        "DatabaseConnections": {at(2): 18.0},
        "Deadlocks": {at(2): 0.5},
        "NetworkRxBytes": {at(2): 1e6},
        "EphemeralStorageUtilized": {at(2): 5.0},
        "EphemeralStorageReserved": {at(2): 20.0},
    }
    found = Desk(an_aws(figures), Around("token-scan", "rugmunch-db", insights=True)).told()
    told = {
        measure: (item.subject, item.last.value)
        for (measure, _), item in found.items()
        if item.last is not None
    }
    assert told == {
        Measure.QUEUE_DEPTH: ("token-scan", 12.0),
        Measure.QUEUE_AGE: ("token-scan", 30.0),
        Measure.DB_CONNECTIONS: ("rugmunch-db", 18.0),
        Measure.DEADLOCKS: ("rugmunch-db", 30.0),
        Measure.NETWORK_IN: ("", 1e6),
        Measure.DISK: ("", 25.0),
    }
    assert Measure.DISK not in {measure for measure, _ in Desk(an_aws(figures)).told()}


def test_5xx_of_the_load_balancer_itself_stand_beside_those_of_the_targets() -> None:
    aws = an_aws({"RequestCount": {at(2): 100.0}, "HTTPCode_ELB_5XX_Count": {at(2): 40.0}})
    led_by(aws, GROUP)
    found = [item for item in Desk(aws).source.series(ADDRESS, Scoped(), SINCE) if item.measure == "5xx"]
    assert {item.subject: item.last.value for item in found if item.last} == {
        "": 0.0,
        "load balancer rugmunch": 40.0,
    }


def led_by(aws: ScriptedAws, *groups: str) -> None:
    arn = BALANCER.replace(":loadbalancer/", ":listener/") + "/1"
    aws.on("elbv2.DescribeListeners", {"Listeners": [{"ListenerArn": arn}]})
    forwards = [{"Actions": [{"Type": "forward", "TargetGroupArn": group}]} for group in groups]
    aws.on("elbv2.DescribeRules", {"Rules": forwards})


def test_in_a_total_outage_the_share_of_errors_counts_what_the_load_balancer_answers() -> None:
    """7 requests had a target, 158 had none, 162 of all failed: what the guard and the charts judge."""
    aws = an_aws(
        {
            "RequestCount": {at(3): 160.0, at(2): 7.0},
            "HTTPCode_ELB_5XX_Count": {at(2): 162.0, at(1): 150.0},
            "HTTPCode_ELB_503_Count": {at(2): 158.0, at(1): 150.0},
        }
    )
    led_by(aws, GROUP)
    found = {
        item.measure: item for item in Desk(aws).source.series(ADDRESS, Scoped(), SINCE) if not item.subject
    }
    assert found[Measure.ERRORS].values == (None, None, 0.0, 162 / 165, 1.0)
    assert [item.requests for item in found[Measure.ERRORS].points] == [None, None, 160, 165, 150]
    assert found[Measure.REQUESTS].values[-2:] == (165.0, 150.0)
    assert found[Measure.P95].values == ()


def test_errors_of_a_shared_load_balancer_are_a_share_and_say_so() -> None:
    aws = an_aws({"RequestCount": {at(2): 100.0}, "HTTPCode_ELB_5XX_Count": {at(2): 40.0}})
    led_by(aws, GROUP, "another", "another", "another")
    errors = Desk(aws).told()[Measure.ERRORS, Scope.SERVICE]
    assert (errors.values[-1], errors.note) == (0.1, "shared load balancer: counted by 1 of 4 rules")


def test_the_version_without_a_healthy_target_is_the_one_that_nobody_answered_for() -> None:
    """Half of the traffic goes to green, where nothing is healthy: its errors, and none of blue's."""
    aws = an_aws(
        {
            "rugmunch-api/RequestCount": {at(2): 100.0},
            "HTTPCode_ELB_5XX_Count": {at(2): 100.0},
            "HTTPCode_ELB_503_Count": {at(2): 100.0},
            "rugmunch-api/HealthyHostCount": {at(2): 2.0},
            "rugmunch-api-green/HealthyHostCount": {at(2): 0.0},
        },
        both=True,
    )
    led_by(aws, GROUP, GREEN)
    scoped = Scoped(a_new_release(), a_release(), new_groups=(GREEN,), old_groups=(GROUP,))
    found = Desk(aws).told(scoped)
    shares = {scope: found[Measure.ERRORS, scope].values[-1] for scope in Scope}
    assert shares == {Scope.SERVICE: 0.5, Scope.NEW: 1.0, Scope.OLD: 0.0}


def test_requests_through_two_load_balancers_are_added_up() -> None:
    """And the targets behind both are the same ones."""
    aws = an_aws({"RequestCount": {at(2): 100.0}, "HealthyHostCount": {at(2): 2.0}})
    inner = BALANCER.replace("app/rugmunch/", "app/inner/")
    both = [{"TargetGroupArn": GROUP, "LoadBalancerArns": [BALANCER, inner]}]
    aws.on("elbv2.DescribeTargetGroups", {"TargetGroups": both})
    found = Desk(aws).told()
    assert found[Measure.REQUESTS, Scope.SERVICE].values[-1] == 200.0
    assert found[Measure.HEALTHY_TARGETS, Scope.SERVICE].values[-1] == 2.0


def test_asked_again_within_a_minute_it_tells_the_same() -> None:
    desk = Desk(an_aws({"RequestCount": {at(2): 100.0}}))
    first = desk.told()
    desk.clock.advance(10)
    assert desk.told() == first
    assert len(desk.asked()) == 1
    desk.clock.advance(10)
    desk.told()
    assert len(desk.asked()) == 2


def test_other_versions_are_another_question() -> None:
    desk = Desk(an_aws({"RequestCount": {at(2): 100.0}}))
    desk.told()
    desk.told(Scoped(a_new_release(), a_release()))
    desk.told(Scoped(a_new_release(), a_release(), revisions={"task": "new"}))
    assert len(desk.asked()) == 2


def test_a_question_holds_no_more_metrics_than_it_may() -> None:
    desk = Desk(an_aws({}, both=True), Around("token-scan", "rugmunch-db", insights=True))
    desk.told()
    assert all(len(params["MetricDataQueries"]) <= BATCH for params in desk.asked())
    assert len(desk.asked()) == 1


def test_a_service_behind_nothing_has_its_tasks_only() -> None:
    aws = an_aws({"CPUUtilization": {at(2): 31.0}})
    aws.on("ecs.DescribeServices", {"services": [raw_service(loadBalancers=[])]})
    assert {measure for measure, _ in Desk(aws).told()} == {Measure.CPU, Measure.MEMORY}


def test_who_cannot_be_asked_raises() -> None:
    aws = an_aws({})
    aws.on("cloudwatch.GetMetricData", aws_error("Throttling", "Rate exceeded"))
    with pytest.raises(ThrottledError):
        Desk(aws).told()


def test_series_are_cut_at_a_moment() -> None:
    series = Desk(an_aws({"RequestCount": dict.fromkeys(map(at, range(1, 6)), 10.0)})).told()[
        Measure.REQUESTS, Scope.SERVICE
    ]
    order = at(3) + timedelta(seconds=20)
    assert [item.at for item in series.until(order)] == [at(4), at(3)]
    assert [item.at for item in series.since(order)] == [at(1), MINUTE]
    assert replace(series, points=()).last is None
