"""Figures from CloudWatch: complete minutes, no guesses."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from console.aws.services import Services
from console.aws.signals import CloudWatchSignals
from console.aws.targets import TargetGroups
from console.domain.address import Address
from console.domain.signals import Load
from tests.builders import ADDRESS, GROUP, NOW
from tests.fakes import FakeClock
from tests.unit.scripted_aws import BALANCER, ScriptedAws, aws_error, calls_on, raw_service, settings

MINUTE = NOW.replace(second=0, microsecond=0)
OTHER_GROUP = GROUP.replace("rugmunch-api", "rugmunch-api-admin")


def at(minutes: int) -> datetime:
    """The start of the minute that many minutes before the current one."""
    return MINUTE - timedelta(minutes=minutes)


def metrics(series: dict[str, dict[datetime, float]]) -> Any:
    """An answer to GetMetricData: a series per ``METRIC`` or ``GROUP-NAME/METRIC``."""

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        results = []
        for query in params["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            group = metric["Dimensions"][0]["Value"].split("/")[-2:][0]
            name = metric["MetricName"]
            points = series.get(f"{group}/{name}", series.get(name, {}))
            results.append({"Id": query["Id"], "Timestamps": list(points), "Values": list(points.values())})
        return {"MetricDataResults": results}

    return answer


@pytest.fixture
def aws() -> ScriptedAws:
    scripted = ScriptedAws()
    scripted.on("ecs.DescribeServices", {"services": [raw_service()]})
    scripted.on("elbv2.DescribeTargetGroups", balanced_by(BALANCER))
    return scripted


def balanced_by(*balancers: str) -> Any:
    def answer(params: dict[str, Any]) -> dict[str, Any]:
        every = [GROUP.replace("rugmunch-api", f"rugmunch-s{number}") for number in range(200)]
        arns = params.get("TargetGroupArns", every)
        return {
            "TargetGroups": [{"TargetGroupArn": arn, "LoadBalancerArns": list(balancers)} for arn in arns]
        }

    return answer


def signals_on(aws: ScriptedAws, *aliases: str) -> CloudWatchSignals:
    calls = calls_on(aws)
    return CloudWatchSignals(calls, Services(settings(*aliases), calls), FakeClock())


def test_the_newest_complete_minute_is_told(aws: ScriptedAws) -> None:
    """Metrics lag: the newest minute with requests counts, stamped with its end."""
    aws.on(
        "cloudwatch.GetMetricData",
        metrics(
            {
                "RequestCount": {at(3): 900.0, at(2): 1000.0},
                "HTTPCode_Target_5XX_Count": {at(3): 1.0, at(2): 84.0},
                "TargetResponseTime": {at(2): 0.184},
            }
        ),
    )
    figures = signals_on(aws).figures([ADDRESS])[ADDRESS]
    assert figures.at == at(1)
    assert (figures.requests, figures.errors, figures.p95_s) == (1000, 84, 0.184)
    assert figures.error_share == pytest.approx(0.084)


def test_only_complete_minutes_are_asked_for_by_both_dimensions(aws: ScriptedAws) -> None:
    """The current minute is not over; a metric is published only for its own set of dimensions."""
    aws.on("cloudwatch.GetMetricData", metrics({}))
    signals_on(aws).figures([ADDRESS])
    params = aws.params("cloudwatch.GetMetricData")[0]
    assert params["EndTime"] == MINUTE
    assert params["StartTime"] == MINUTE - timedelta(minutes=25)
    stats = {
        item["MetricStat"]["Metric"]["MetricName"]: item["MetricStat"] for item in params["MetricDataQueries"]
    }
    assert {name: stat["Stat"] for name, stat in stats.items()} == {
        "RequestCount": "Sum",
        "HTTPCode_Target_5XX_Count": "Sum",
        "TargetResponseTime": "p95",
        "HTTPCode_ELB_5XX_Count": "Sum",
    }
    assert all(stat["Period"] == 60 for stat in stats.values())
    assert stats["RequestCount"]["Metric"]["Dimensions"] == [
        {"Name": "TargetGroup", "Value": "targetgroup/rugmunch-api/6d0ecf831eec9f09"},
        {"Name": "LoadBalancer", "Value": "app/rugmunch/50dc6c495c0c9188"},
    ]


def test_missing_errors_beside_requests_are_none(aws: ScriptedAws) -> None:
    """CloudWatch publishes that metric only when something is to be published."""
    aws.on("cloudwatch.GetMetricData", metrics({"RequestCount": {at(1): 10.0}}))
    figures = signals_on(aws).figures([ADDRESS])[ADDRESS]
    assert (figures.requests, figures.errors, figures.p95_s) == (10, 0, None)


@pytest.mark.parametrize("requests", [{}, {at(1): 0.0}])
def test_without_requests_there_are_no_figures(aws: ScriptedAws, requests: dict[datetime, float]) -> None:
    """No traffic is not zero errors."""
    aws.on("cloudwatch.GetMetricData", metrics({"RequestCount": requests}))
    assert signals_on(aws).figures([ADDRESS]) == {}


def test_twenty_minutes_end_with_the_newest_and_gaps_stay_gaps(aws: ScriptedAws) -> None:
    """0.0 only where requests were counted; a minute without any is no data."""
    aws.on(
        "cloudwatch.GetMetricData",
        metrics(
            {
                "RequestCount": {at(25): 1.0, at(21): 10.0, at(4): 0.0, at(3): 8.0, at(2): 10.0},
                "HTTPCode_Target_5XX_Count": {at(3): 2.0, at(4): 1.0},
            }
        ),
    )
    recent = signals_on(aws).figures([ADDRESS])[ADDRESS].recent
    assert len(recent) == 20
    assert recent == (0.0, *([None] * 17), 0.25, 0.0)


def test_old_requests_alone_are_no_figures(aws: ScriptedAws) -> None:
    """The newest minute may be late, not old: what had requests a quarter of an hour ago has none now."""
    aws.on("cloudwatch.GetMetricData", metrics({"RequestCount": {at(15): 10.0}}))
    assert signals_on(aws).figures([ADDRESS]) == {}


def test_blue_and_green_count_together(aws: ScriptedAws) -> None:
    """The two change places with every deployment, so either may be the one with the requests."""
    pair = {
        "targetGroupArn": GROUP,
        "advancedConfiguration": {"alternateTargetGroupArn": OTHER_GROUP, "roleArn": "arn:aws:iam::1:role/x"},
    }
    aws.on("ecs.DescribeServices", {"services": [raw_service(loadBalancers=[pair])]})
    series = {"rugmunch-api/RequestCount": {at(1): 90.0}, "rugmunch-api-admin/RequestCount": {at(1): 10.0}}
    errors = {"rugmunch-api-admin/HTTPCode_Target_5XX_Count": {at(1): 5.0}}
    aws.on("cloudwatch.GetMetricData", metrics(series | errors))
    figures = signals_on(aws).figures([ADDRESS])[ADDRESS]
    assert (figures.requests, figures.errors, figures.recent[-1]) == (100, 5, 0.05)
    assert len(aws.params("cloudwatch.GetMetricData")) == 1


def test_a_service_without_load_balancer_is_not_asked_about(aws: ScriptedAws) -> None:
    """A worker, and a group that no balancer uses yet."""
    aws.on("ecs.DescribeServices", {"services": [raw_service(loadBalancers=[])]})
    assert signals_on(aws).figures([ADDRESS]) == {}
    aws.on("ecs.DescribeServices", {"services": [raw_service()]})
    aws.on("elbv2.DescribeTargetGroups", balanced_by())
    assert signals_on(aws).figures([ADDRESS]) == {}
    assert "cloudwatch.GetMetricData" not in aws.names()


def test_several_target_groups_count_together_and_the_slowest_speaks(aws: ScriptedAws) -> None:
    """Percentiles cannot be added."""
    groups = [{"targetGroupArn": GROUP}, {"targetGroupArn": OTHER_GROUP}]
    aws.on("ecs.DescribeServices", {"services": [raw_service(loadBalancers=groups)]})
    aws.on(
        "cloudwatch.GetMetricData",
        metrics(
            {
                "rugmunch-api/RequestCount": {at(1): 10.0},
                "rugmunch-api-admin/RequestCount": {at(1): 5.0},
                "rugmunch-api/TargetResponseTime": {at(1): 0.1},
                "rugmunch-api-admin/TargetResponseTime": {at(1): 0.9},
            }
        ),
    )
    figures = signals_on(aws).figures([ADDRESS])[ADDRESS]
    assert (figures.requests, figures.p95_s) == (15, 0.9)


def test_many_services_share_calls_of_at_most_a_hundred_queries(aws: ScriptedAws) -> None:
    """Two hundred services behind one load balancer are 601 queries: seven calls, and nobody's figures are
    mixed up."""
    aliases = [f"s{number}" for number in range(200)]
    addresses = [Address(ADDRESS.system, ADDRESS.environment, alias) for alias in aliases]

    def described(params: dict[str, Any]) -> dict[str, Any]:
        return {
            "services": [
                raw_service(
                    serviceName=name, loadBalancers=[{"targetGroupArn": GROUP.replace("rugmunch-api", name)}]
                )
                for name in params["services"]
            ]
        }

    aws.on("ecs.DescribeServices", described)
    series = {f"rugmunch-{alias}/RequestCount": {at(1): number + 1.0} for number, alias in enumerate(aliases)}
    aws.on("cloudwatch.GetMetricData", metrics(series))
    found = signals_on(aws, *aliases).figures(addresses)
    assert [found[address].requests for address in addresses] == list(range(1, 201))
    sizes = [len(params["MetricDataQueries"]) for params in aws.params("cloudwatch.GetMetricData")]
    assert sizes == [99, 99, 99, 99, 99, 99, 7]


OUTAGE: dict[str, dict[datetime, float]] = {
    "RequestCount": {at(2): 7.0, at(3): 160.0},
    "HTTPCode_ELB_5XX_Count": {at(2): 162.0},
    "HTTPCode_ELB_503_Count": {at(2): 158.0},
    "HealthyHostCount": {at(2): 0.0, at(3): 2.0},
}
"""Fault ``oom`` on both tasks: four requests of the seven that had a target were lost with it."""


def led_by(aws: ScriptedAws, *groups: str) -> None:
    """One listener, and a rule for each of those groups."""
    arn = BALANCER.replace(":loadbalancer/", ":listener/") + "/1"
    aws.on("elbv2.DescribeListeners", {"Listeners": [{"ListenerArn": arn}]})
    forwards = [{"Actions": [{"Type": "forward", "TargetGroupArn": group}]} for group in groups]
    redirect = {"Actions": [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}]}
    aws.on("elbv2.DescribeRules", {"Rules": [*forwards, redirect]})


def test_in_a_total_outage_what_the_load_balancer_answers_is_what_fails(aws: ScriptedAws) -> None:
    """7 requests had a target and 158 had none: 165 requests, of which 162 failed, never 0 %."""
    aws.on("cloudwatch.GetMetricData", metrics(OUTAGE))
    led_by(aws, GROUP)
    figures = signals_on(aws).figures([ADDRESS])[ADDRESS]
    assert (figures.requests, figures.errors, figures.healthy_targets, figures.note) == (165, 162, 0, "")
    assert figures.recent[-2:] == (0.0, 162 / 165)


def test_an_outage_in_which_nothing_reaches_a_target_has_figures(aws: ScriptedAws) -> None:
    """RequestCount has no datapoint at all then."""
    aws.on("cloudwatch.GetMetricData", metrics(OUTAGE | {"RequestCount": {}}))
    led_by(aws, GROUP)
    figures = signals_on(aws).figures([ADDRESS])[ADDRESS]
    assert (figures.at, figures.requests, figures.errors, figures.p95_s) == (at(1), 162, 162, None)


def test_errors_of_a_shared_load_balancer_are_counted_by_its_rules(aws: ScriptedAws) -> None:
    """One of four rules leads here, and that is said; a redirect leads nowhere."""
    aws.on("cloudwatch.GetMetricData", metrics(OUTAGE | {"RequestCount": {at(2): 100.0}}))
    led_by(aws, GROUP, "a", "b", "c")
    signals = signals_on(aws)
    figures = signals.figures([ADDRESS])[ADDRESS]
    assert (figures.requests, figures.errors) == (round(100 + 158 / 4), round(162 / 4))
    assert figures.note == "shared load balancer: counted by 1 of 4 rules"
    signals.figures([ADDRESS])
    assert aws.names().count("elbv2.DescribeRules") == 1


def test_rules_that_cannot_be_read_are_replaced_by_the_groups_behind_the_balancer(aws: ScriptedAws) -> None:
    """The errors are not dropped for it."""
    two = [{"targetGroupArn": GROUP}]
    aws.on("ecs.DescribeServices", {"services": [raw_service(loadBalancers=two)]})
    aws.on("cloudwatch.GetMetricData", metrics(OUTAGE))
    aws.on("elbv2.DescribeListeners", aws_error("AccessDenied", "not authorized"))
    calls = calls_on(aws)
    groups = TargetGroups(calls)
    groups.balancers([GROUP, OTHER_GROUP])
    signals = CloudWatchSignals(calls, Services(settings(), calls), FakeClock(), groups)
    figures = signals.figures([ADDRESS])[ADDRESS]
    assert (figures.errors, figures.note) == (81, "shared load balancer: counted by 1 of 2 target groups")


def test_the_own_errors_of_a_balancer_are_counted_once_for_two_groups_behind_it(aws: ScriptedAws) -> None:
    """Blue and green share their load balancer."""
    groups = [{"targetGroupArn": GROUP}, {"targetGroupArn": OTHER_GROUP}]
    aws.on("ecs.DescribeServices", {"services": [raw_service(loadBalancers=groups)]})
    series = OUTAGE | {"RequestCount": {}, "rugmunch-api/RequestCount": {at(2): 7.0}}
    aws.on("cloudwatch.GetMetricData", metrics(series))
    led_by(aws, GROUP, OTHER_GROUP)
    figures = signals_on(aws).figures([ADDRESS])[ADDRESS]
    assert (figures.requests, figures.errors, figures.note) == (165, 162, "")


def test_a_service_behind_two_load_balancers_has_the_errors_of_both(aws: ScriptedAws) -> None:
    """Its one group is behind an outer and an inner one; each counts for itself, its targets count once."""
    inner = BALANCER.replace("app/rugmunch/", "app/inner/")
    aws.on("elbv2.DescribeTargetGroups", balanced_by(BALANCER, inner))
    aws.on("cloudwatch.GetMetricData", metrics(OUTAGE | {"HealthyHostCount": {at(2): 1.0}}))
    led_by(aws, GROUP)
    figures = signals_on(aws).figures([ADDRESS])[ADDRESS]
    assert (figures.requests, figures.errors, figures.healthy_targets) == (330, 324, 1)


def test_counted_targets_without_requests_are_no_requests(aws: ScriptedAws) -> None:
    """Nobody asked; how many would have answered is known, and no share is."""
    aws.on("cloudwatch.GetMetricData", metrics({"HealthyHostCount": {at(1): 2.0}}))
    figures = signals_on(aws).figures([ADDRESS])[ADDRESS]
    assert (figures.requests, figures.healthy_targets, figures.error_share) == (0, 2, None)


def test_while_all_is_well_nothing_more_is_asked(aws: ScriptedAws) -> None:
    """Targets and rules are read only where requests are missing, or a load balancer has errors."""
    aws.on("cloudwatch.GetMetricData", metrics({"RequestCount": {at(1): 10.0}}))
    signals_on(aws).figures([ADDRESS])
    assert aws.names().count("cloudwatch.GetMetricData") == 1
    assert "elbv2.DescribeListeners" not in aws.names()


def test_a_network_load_balancer_has_no_such_figures(aws: ScriptedAws) -> None:
    """It counts no requests."""
    aws.on("elbv2.DescribeTargetGroups", balanced_by(BALANCER.replace("/app/", "/net/")))
    assert signals_on(aws).figures([ADDRESS]) == {}
    assert "cloudwatch.GetMetricData" not in aws.names()


def test_the_slowest_answers_and_the_processor_are_of_the_newest_minute(aws: ScriptedAws) -> None:
    """The processor is asked for by cluster and service, the answers by target group."""
    aws.on(
        "cloudwatch.GetMetricData",
        metrics(
            {"TargetResponseTime": {at(3): 0.9, at(2): 0.42}, "CPUUtilization": {at(4): 99.0, at(3): 61.5}}
        ),
    )
    load = signals_on(aws).load(ADDRESS)
    assert (load.p99_s, load.cpu) == (0.42, 61.5)
    (params,) = aws.params("cloudwatch.GetMetricData")
    asked = {
        item["MetricStat"]["Metric"]["MetricName"]: item["MetricStat"] for item in params["MetricDataQueries"]
    }
    assert asked["TargetResponseTime"]["Stat"] == "p99"
    assert asked["CPUUtilization"]["Metric"]["Dimensions"] == [
        {"Name": "ClusterName", "Value": "rugmunch-production"},
        {"Name": "ServiceName", "Value": "rugmunch-api"},
    ]


def test_a_service_without_a_balancer_has_a_processor_all_the_same(aws: ScriptedAws) -> None:
    """And no data is no figure."""
    aws.on("elbv2.DescribeTargetGroups", balanced_by())
    aws.on("cloudwatch.GetMetricData", metrics({"CPUUtilization": {at(2): 40.0}}), metrics({}))
    signals = signals_on(aws)
    assert signals.load(ADDRESS) == Load(None, 40.0, cpu_at=at(1))
    assert signals.load(ADDRESS) == Load()
