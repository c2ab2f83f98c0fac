"""Which rules lead to a service: of which listeners they are read, how often, and which of them count."""

from typing import Any

import pytest

from console.aws.balancer_errors import ALONE, BalancerRules
from console.aws.codedeploy_history import CodeDeployHistory
from console.aws.listener_rules import ListenerRules, _Kept
from console.aws.routes import Routes, effective
from console.aws.services import Services
from console.aws.targets import TargetGroups
from console.errors import PermissionDeniedError, RejectedError
from tests.builders import ADDRESS, GROUP
from tests.fakes import FakeClock
from tests.unit.scripted_aws import (
    BALANCER,
    LISTENER,
    ScriptedAws,
    aws_error,
    calls_on,
    forward,
    raw_service,
    settings,
)
from tests.unit.test_aws_shifts import ID, OTHER_GROUP, info, raw_sets

NETWORK = BALANCER.replace("/app/", "/net/")
TEST_LISTENER = f"{LISTENER}-test"
SORRY = "sorry"


class Desk:
    """A reader of routes on a scripted AWS, with a clock moved by hand."""

    def __init__(self, *balancers: str) -> None:
        self.aws = ScriptedAws()
        self.clock = FakeClock()
        self.behind(*(balancers or (BALANCER,)))
        self.aws.on("elbv2.DescribeListeners", {"Listeners": [{"ListenerArn": LISTENER}]})
        calls = calls_on(self.aws, self.clock)
        self.groups = TargetGroups(calls)
        self.rules = ListenerRules(calls, self.clock)
        self.routes = Routes(self.groups, self.rules)

    def behind(self, *balancers: str) -> None:
        groups = [{"TargetGroupArn": arn, "LoadBalancerArns": balancers} for arn in (GROUP, OTHER_GROUP)]
        self.aws.on("elbv2.DescribeTargetGroups", {"TargetGroups": groups})

    def ruled_by(self, *weights: dict[str, int]) -> None:
        self.aws.on("elbv2.DescribeRules", {"Rules": [{"Actions": [forward(each)]} for each in weights]})

    def weights(self, *groups: str, raw: dict[str, Any] | None = None, **how: Any) -> dict[str, float]:
        return self.routes.weights(raw or raw_service(), groups or (GROUP,), **how)

    def asked(self, operation: str = "DescribeRules") -> int:
        return self.aws.names().count(f"elbv2.{operation}")


def test_rules_are_read_again_after_four_seconds_and_listeners_are_listed_once() -> None:
    """A look in between asks nobody; what changed is seen at the next reading."""
    desk = Desk()
    desk.ruled_by({GROUP: 1})
    assert desk.weights() == {GROUP: 100.0}
    desk.ruled_by({GROUP: 1, SORRY: 1})
    desk.clock.advance(3.9)
    assert (desk.weights(), desk.asked()) == ({GROUP: 100.0}, 1)
    desk.clock.advance(0.2)
    assert desk.weights() == {GROUP: 50.0, SORRY: 50.0}
    assert (desk.asked(), desk.asked("DescribeListeners"), desk.asked("DescribeTargetGroups")) == (2, 1, 1)


def test_while_weights_may_change_every_look_reads_them() -> None:
    """Only between two groups: a rolling deployment shifts nothing."""
    desk = Desk()
    desk.ruled_by({GROUP: 1})
    for _ in range(2):
        desk.weights(GROUP, OTHER_GROUP, shifting=True)
    assert desk.asked() == 2
    for _ in range(2):
        desk.weights(shifting=True)
    assert desk.asked() == 2


def test_rules_that_no_request_gets_to_count_for_no_errors() -> None:
    """A rule that leads to others stands behind one that takes everything: all errors are the service's."""
    desk = Desk()
    all_paths = [{"Field": "path-pattern", "Values": ["/*"]}]
    rules = [
        {"Priority": "1", "Conditions": all_paths, "Actions": [forward({GROUP: 1})]},
        {"Priority": "default", "Conditions": [], "Actions": [forward({"another": 1})]},
    ]
    desk.aws.on("elbv2.DescribeRules", {"Rules": rules})
    assert BalancerRules(desk.rules, desk.groups).portion(BALANCER, [GROUP]) == ALONE


def test_one_reading_of_rules_serves_routes_and_the_errors_of_the_load_balancer() -> None:
    desk = Desk()
    desk.ruled_by({GROUP: 1}, {"another": 1})
    desk.weights()
    errors = BalancerRules(desk.rules, desk.groups)
    assert errors.portion(BALANCER, [GROUP]).note == "shared load balancer: counted by 1 of 2 rules"
    desk.clock.advance(250)
    errors.portion(BALANCER, [GROUP])
    assert desk.asked() == 1


def test_rules_of_other_services_lead_nobody_away() -> None:
    """A shared load balancer, with a redirect and an answer of its own; a rule that gives this service
    nothing and another everything was meant for it."""
    desk = Desk()
    redirect = {"Actions": [{"Type": "redirect"}]}
    fixed = {"Actions": [{"Type": "fixed-response"}]}
    shared = [redirect, fixed, {"Actions": [forward({"another": 1})]}]
    desk.aws.on("elbv2.DescribeRules", {"Rules": [*shared, {"Actions": [forward({GROUP: 1})]}]})
    assert desk.weights() == {GROUP: 100.0}
    desk.clock.advance(11)
    desk.ruled_by({GROUP: 0, SORRY: 1})
    assert desk.weights() == {GROUP: 0.0, SORRY: 100.0}


def test_all_pages_of_rules_count() -> None:
    """A listener may have more than one page of them."""
    desk = Desk()
    first = {"Rules": [{"Actions": [forward({"another": 1})]}], "NextMarker": "2"}
    second = {"Rules": [{"Actions": [forward({GROUP: 1})]}]}
    desk.aws.on("elbv2.DescribeRules", lambda params: second if params.get("Marker") == "2" else first)
    assert desk.weights() == {GROUP: 100.0}


def test_a_denied_reading_is_an_error_and_is_not_repeated_at_every_look() -> None:
    desk = Desk()
    desk.aws.on("elbv2.DescribeRules", aws_error("AccessDenied", operation="DescribeRules"))
    for _ in range(3):
        with pytest.raises(PermissionDeniedError, match="elasticloadbalancing:DescribeRules"):
            desk.weights()
    assert desk.asked() == 1
    desk.clock.advance(10)
    desk.ruled_by({GROUP: 1})
    assert desk.weights() == {GROUP: 100.0}


def test_a_service_that_moved_to_another_load_balancer_is_looked_for_there() -> None:
    """Where none of the known one's rules leads to it, its groups are asked for their balancers again."""
    desk = Desk()
    inner = BALANCER.replace("app/rugmunch/", "app/inner/")
    desk.ruled_by({GROUP: 1})
    desk.weights()
    desk.clock.advance(11)
    desk.behind(inner)

    def listeners(params: dict[str, Any]) -> dict[str, Any]:
        return {"Listeners": [{"ListenerArn": LISTENER + params["LoadBalancerArn"][-26:-17]}]}

    desk.aws.on("elbv2.DescribeListeners", listeners)
    here = {"Rules": [{"Actions": [forward({GROUP: 1})]}]}
    gone = {"Rules": [{"Actions": [forward({"another": 1})]}]}
    desk.aws.on("elbv2.DescribeRules", lambda params: gone if params["ListenerArn"] == LISTENER else here)
    assert desk.weights() == {GROUP: 100.0}


def test_a_load_balancer_that_shows_no_listener_is_unread_not_empty() -> None:
    """Its group says that it is in use."""
    desk = Desk()
    desk.aws.on("elbv2.DescribeListeners", {"Listeners": []})
    with pytest.raises(RejectedError, match="load balancer rugmunch shows no listeners"):
        desk.weights()


def test_a_group_behind_no_load_balancer_gets_nothing() -> None:
    desk = Desk()
    desk.behind()
    assert desk.weights() == {GROUP: 0.0}
    assert desk.asked("DescribeListeners") == 0


def test_a_network_load_balancer_has_default_actions_and_no_rules() -> None:
    desk = Desk(NETWORK)
    action = {"Type": "forward", "TargetGroupArn": GROUP}
    listener = {"ListenerArn": LISTENER.replace("/app/", "/net/"), "DefaultActions": [action]}
    desk.aws.on("elbv2.DescribeListeners", {"Listeners": [listener]})
    assert desk.weights() == {GROUP: 100.0}
    moved = listener | {"DefaultActions": [forward({GROUP: 1, OTHER_GROUP: 3})]}
    desk.aws.on("elbv2.DescribeListeners", {"Listeners": [moved]})
    desk.clock.advance(11)
    assert desk.weights(GROUP, OTHER_GROUP) == {GROUP: 25.0, OTHER_GROUP: 75.0}
    named = {
        "loadBalancers": [{"advancedConfiguration": {"productionListenerRule": listener["ListenerArn"]}}]
    }
    assert desk.weights(GROUP, OTHER_GROUP, raw=named) == {GROUP: 25.0, OTHER_GROUP: 75.0}
    assert desk.asked() == 0


def test_a_service_behind_a_classic_load_balancer_or_none_asks_nobody() -> None:
    desk = Desk()
    assert desk.routes.weights(raw_service(), ()) == {}
    assert desk.aws.sent == []


def test_the_rule_that_ecs_shifts_is_the_only_one_that_counts() -> None:
    """Its test rule sends everything to green already."""
    desk = Desk()
    advanced = {"productionListenerRule": "production", "testListenerRule": "test"}
    raw = {"loadBalancers": [{"targetGroupArn": GROUP, "advancedConfiguration": advanced}]}
    desk.ruled_by({GROUP: 4, OTHER_GROUP: 0, SORRY: 1})
    assert desk.weights(GROUP, OTHER_GROUP, raw=raw) == {GROUP: 80.0, OTHER_GROUP: 0.0, SORRY: 20.0}
    assert desk.aws.params("elbv2.DescribeRules") == [{"RuleArns": ["production"]}]


def test_codedeploys_test_traffic_is_not_production() -> None:
    """Green is tried out on another port while blue serves everybody."""
    desk = Desk()
    aws = desk.aws
    aws.on("elbv2.DescribeListeners", {"Listeners": [{"ListenerArn": x} for x in (LISTENER, TEST_LISTENER)]})

    def rules(params: dict[str, Any]) -> dict[str, Any]:
        group = GROUP if params["ListenerArn"] == LISTENER else OTHER_GROUP
        return {"Rules": [{"Actions": [forward({group: 1})]}]}

    aws.on("elbv2.DescribeRules", rules)
    aws.on("ecs.DescribeServices", {"services": [raw_sets()]})
    named = {"applicationName": "shop", "deploymentGroupName": "api"}
    aws.on("codedeploy.GetDeployment", {"deploymentInfo": info("InProgress") | named})
    pair = {
        "prodTrafficRoute": {"listenerArns": [LISTENER]},
        "testTrafficRoute": {"listenerArns": [TEST_LISTENER]},
    }
    balancing = {"targetGroupPairInfoList": [pair]}
    aws.on("codedeploy.GetDeploymentGroup", {"deploymentGroupInfo": {"loadBalancerInfo": balancing}})
    calls = calls_on(aws, desk.clock)
    history = CodeDeployHistory(calls, Services(settings(), calls))
    tests = history.test_listeners(ADDRESS)
    assert tests == {TEST_LISTENER}
    assert history.test_listeners(ADDRESS) == tests
    assert aws.names().count("codedeploy.GetDeploymentGroup") == 1
    found = desk.weights(GROUP, OTHER_GROUP, raw=raw_sets(), test_listeners=tests)
    assert found == {GROUP: 100.0, OTHER_GROUP: 0.0}


def test_a_deployment_group_that_may_not_be_read_excuses_no_listener() -> None:
    """Denied is asked for once; throttled is asked for again."""
    aws = ScriptedAws()
    aws.on("ecs.DescribeServices", {"services": [raw_sets()]})
    aws.on("codedeploy.GetDeployment", aws_error("InternalFailure", status=500))
    calls = calls_on(aws)
    history = CodeDeployHistory(calls, Services(settings(), calls))
    assert history.test_listeners(ADDRESS) == frozenset()
    aws.on("codedeploy.GetDeployment", aws_error("AccessDeniedException", operation="GetDeployment"))
    aws.sent.clear()
    for _ in range(2):
        assert history.test_listeners(ADDRESS) == frozenset()
    assert aws.params("codedeploy.GetDeployment") == [{"deploymentId": ID}]


def a_rule(priority: int, group: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {"Priority": str(priority), "Conditions": conditions, "Actions": [forward({group: 1})]}


def path(*values: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "Values": list(values)}


HOST = {"Field": "host-header", "HostHeaderConfig": {"Values": ["shop.example"]}}
HEADER = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "x", "Values": ["*"]}}


@pytest.mark.parametrize(
    ("before", "hides"),
    [
        ((path("/*"),), True),
        ((path("/api/*", "/web/*"),), True),
        ((path("/api/*"), HOST), True),
        ((path("/api/internal"),), False),
        ((HEADER,), False),
        ((path("/*"), HEADER), False),
        (({"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["/a.*"]}},), False),
    ],
)
def test_a_rule_gets_nothing_behind_one_that_takes_all_of_its_requests(
    before: tuple[dict[str, Any], ...], hides: bool
) -> None:
    """A page that says sorry is put before everything; AWS gives rules in no order that it documents."""
    rule = a_rule(20, GROUP, path("/api/*"), HOST)
    found = effective([rule, a_rule(3, SORRY, *before)])
    assert (rule in found) is not hides


def test_the_default_rule_comes_last() -> None:
    default = {"Priority": "default", "IsDefault": True, "Actions": [forward({SORRY: 1})]}
    rule = a_rule(20, GROUP, path("/api/*"))
    assert effective([default, rule]) == [rule, default]
    assert effective([default, a_rule(1, GROUP, path("*"))]) == [a_rule(1, GROUP, path("*"))]


def test_who_waits_for_a_throttled_reading_may_look_again_meanwhile() -> None:
    """A clock moved by hand lets a second look happen inside the first one's pause: it must not wait behind
    itself."""
    kept: _Kept[str] = _Kept(FakeClock())
    assert kept.get("balancer", 10.0, lambda: kept.get("balancer", 10.0, lambda: "inner")) == "inner"
