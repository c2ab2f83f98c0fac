"""The sandbox's wire layer, held against the botocore that really talks to AWS."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from console.sandbox.registry import AwsError
from console.sandbox.wire.errors import refusal
from console.sandbox.wire.identify import Call, identify
from console.sandbox.wire.message import Request, Response
from console.sandbox.wire.models import SERVICES, operation_model, service_model
from console.sandbox.wire.parse import parse
from console.sandbox.wire.serialize import serialize

PROTOCOLS = {"json": "json", "query": "query", "cbor": "smithy-rpc-v2-cbor"}
MOMENT = datetime(2026, 11, 21, 3, 4, 5, tzinfo=UTC)


def sent(service: str, operation: str, protocol: str, params: dict[str, Any], scope: str = "") -> Request:
    """The request that botocore makes of some parameters, signed as far as the sandbox looks."""
    model = operation_model(service, operation)
    assert model is not None
    made = create_serializer(PROTOCOLS[protocol], False).serialize_to_request(params, model)
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    headers = {name.lower(): value for name, value in made["headers"].items()}
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential=AKIASANDBOX/20261121/us-east-1/{scope or service}/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=00"
    )
    data = body.encode() if isinstance(body, str) else body
    return Request("POST", made["url_path"], headers, data)


def read(service: str, operation: str, protocol: str, response: Response) -> dict[str, Any]:
    """What botocore understands of an answer."""
    model = operation_model(service, operation)
    assert model is not None
    headers = {name.lower(): value for name, value in response.headers.items()}
    parts = {"status_code": response.status, "headers": headers, "body": response.body}
    parsed: dict[str, Any] = create_parser(PROTOCOLS[protocol]).parse(parts, model.output_shape)
    return parsed


def call(service: str, operation: str, protocol: str) -> Call:
    return Call(service, operation, protocol, "AKIASANDBOX")


def received(service: str, operation: str, protocol: str, params: dict[str, Any]) -> dict[str, Any]:
    """What a handler gets of what botocore sent."""
    model = operation_model(service, operation)
    assert model is not None
    return parse(sent(service, operation, protocol, params), protocol, model)


def answered(service: str, operation: str, protocol: str, answer: dict[str, Any]) -> dict[str, Any]:
    """What botocore gets of what a handler answered."""
    model = operation_model(service, operation)
    assert model is not None
    response = serialize(call(service, operation, protocol), model, answer, "request-1")
    parsed = read(service, operation, protocol, response)
    metadata = parsed.pop("ResponseMetadata")
    assert metadata["HTTPStatusCode"] == 200
    assert metadata["RequestId"] == "request-1"
    return parsed


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.name)
def test_the_service_table_says_what_the_models_say(service: Any) -> None:
    """Target prefix, scope and version are botocore's own, so that a new botocore cannot drift away."""
    metadata = service_model(service.name).metadata
    assert metadata.get("targetPrefix", "") == service.target
    assert metadata.get("signingName", metadata["endpointPrefix"]) == service.scope
    assert metadata["apiVersion"] == service.version


@pytest.mark.parametrize(
    ("service", "operation", "protocol", "scope"),
    [
        ("ecs", "ListClusters", "json", "ecs"),
        ("ecr", "DescribeRepositories", "json", "ecr"),
        ("elbv2", "DescribeTargetGroups", "query", "elasticloadbalancing"),
        ("sts", "GetCallerIdentity", "query", "sts"),
        ("cloudwatch", "ListMetrics", "json", "monitoring"),
        ("cloudwatch", "ListMetrics", "query", "monitoring"),
        ("cloudwatch", "ListMetrics", "cbor", "monitoring"),
    ],
)
def test_requests_are_recognised_in_every_protocol(
    service: str, operation: str, protocol: str, scope: str
) -> None:
    """Target header, CBOR path, and scope with ``Action`` all lead to the same name and key."""
    known = identify(sent(service, operation, protocol, {}, scope))
    assert (known.name, known.protocol) == (f"{service}.{operation}", protocol)
    assert known.access_key == "AKIASANDBOX"


def test_classic_load_balancing_is_not_taken_for_elbv2() -> None:
    """Both share a credential scope; the API version tells them apart."""
    request = sent("elbv2", "DescribeLoadBalancers", "query", {}, "elasticloadbalancing")
    older = Request("POST", "/", request.headers, request.body.replace(b"2015-12-01", b"2012-06-01"))
    assert identify(older).name == "elasticloadbalancing.DescribeLoadBalancers"


def test_a_request_that_says_nothing_is_unknown_and_unsigned() -> None:
    """Anything may knock; it gets a name for the counter and no access key."""
    known = identify(Request("GET", "/favicon.ico"))
    assert (known.name, known.access_key) == ("unknown.unknown", "")


def test_json_moments_and_lists_arrive_as_handlers_expect_them() -> None:
    """Moments are epoch seconds whatever botocore writes."""
    params = {"service": "api", "createdAt": {"after": MOMENT}, "status": ["SUCCESSFUL"], "maxResults": 5}
    got = received("ecs", "ListServiceDeployments", "json", params)
    assert got == params | {"createdAt": {"after": MOMENT.timestamp()}}


def test_unknown_members_are_ignored_and_null_is_absent() -> None:
    """As AWS does, so that a newer client still works."""
    model = operation_model("ecs", "ListTasks")
    assert model is not None
    body = json.dumps({"cluster": "c", "serviceName": None, "newMember": 1}).encode()
    assert parse(Request("POST", "/", {}, body), "json", model) == {"cluster": "c"}


def test_query_lists_and_structures_arrive_whole_and_in_order() -> None:
    """``member.N`` in the order of the numbers, also from ten on."""
    targets = [{"Id": f"10.0.0.{n}", "Port": 3000} for n in range(12)]
    got = received("elbv2", "DescribeTargetHealth", "query", {"TargetGroupArn": "arn", "Targets": targets})
    assert got == {"TargetGroupArn": "arn", "Targets": targets}


QUERIES = {
    "MetricDataQueries": [
        {
            "Id": "e1",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/ApplicationELB",
                    "MetricName": "RequestCount",
                    "Dimensions": [{"Name": "TargetGroup", "Value": "targetgroup/api/1"}],
                },
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": True,
        }
    ],
    "StartTime": MOMENT,
    "EndTime": MOMENT,
}


@pytest.mark.parametrize("protocol", ["json", "query", "cbor"])
def test_cloudwatch_is_understood_in_all_its_protocols(protocol: str) -> None:
    """New boto3 speaks JSON, old boto3 query, other SDKs CBOR: one handler for all."""
    got = received("cloudwatch", "GetMetricData", protocol, QUERIES)
    assert got == QUERIES | {"StartTime": MOMENT.timestamp(), "EndTime": MOMENT.timestamp()}


@pytest.mark.parametrize("protocol", ["json", "query", "cbor"])
def test_cloudwatch_answers_in_all_its_protocols(protocol: str) -> None:
    """Lists of numbers and moments come back as botocore's types."""
    answer = {
        "MetricDataResults": [
            {"Id": "e1", "Label": "a < b & c", "Timestamps": [MOMENT.timestamp()], "Values": [12.5]}
        ]
    }
    (result,) = answered("cloudwatch", "GetMetricData", protocol, answer)["MetricDataResults"]
    assert (result["Label"], result["Values"]) == ("a < b & c", [12.5])
    assert result["Timestamps"] == [MOMENT]


def test_answers_lose_what_the_model_lacks_and_what_is_none() -> None:
    """A handler may carry more than AWS would say; nothing of it leaves."""
    answer = {"services": [{"serviceName": "api", "roleArn": None, "own": 1, "createdAt": 1.23456}]}
    (service,) = answered("ecs", "DescribeServices", "json", answer)["services"]
    assert set(service) == {"serviceName", "createdAt"}
    assert service["createdAt"].timestamp() == pytest.approx(1.235)


def test_query_answers_keep_lists_booleans_and_names() -> None:
    """XML is built from the model's names, one ``member`` an item."""
    rules = [{"RuleArn": "r1", "IsDefault": True, "Actions": [{"Type": "forward", "Order": 1}]}]
    assert answered("elbv2", "DescribeRules", "query", {"Rules": rules}) == {"Rules": rules}


def test_text_that_xml_cannot_hold_does_not_break_the_answer() -> None:
    """Control characters would make the whole document unreadable."""
    answer = {"Account": "1\x00\x1b2", "Arn": "<&>", "UserId": "é"}
    assert answered("sts", "GetCallerIdentity", "query", answer) == {
        "Account": "1??2",
        "Arn": "<&>",
        "UserId": "é",
    }


@pytest.mark.parametrize(
    ("service", "operation", "protocol"),
    [
        ("ecs", "DescribeServices", "json"),
        ("sts", "GetCallerIdentity", "query"),
        ("cloudwatch", "GetMetricData", "json"),
        ("cloudwatch", "GetMetricData", "cbor"),
    ],
)
def test_errors_are_read_by_botocore_in_every_protocol(service: str, operation: str, protocol: str) -> None:
    """Code, message and request id survive."""
    error = AwsError("AccessDeniedException", "no <way>", 403)
    parsed = read(
        service, operation, protocol, refusal(call(service, operation, protocol), error, "request-2")
    )
    assert parsed["Error"]["Code"] == "AccessDeniedException"
    assert parsed["Error"]["Message"] == "no <way>"
    assert parsed["ResponseMetadata"]["RequestId"] == "request-2"
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_modelled_errors_of_query_services_go_by_their_code_on_the_wire() -> None:
    """The model's ``TargetGroupNotFoundException`` is ``TargetGroupNotFound`` on the wire."""
    error = AwsError("TargetGroupNotFoundException", "gone")
    response = refusal(call("elbv2", "DescribeTargetHealth", "query"), error, "r")
    assert b"<Code>TargetGroupNotFound</Code>" in response.body


@pytest.mark.parametrize(
    ("service", "operation", "body", "code"),
    [
        ("ecs", "DescribeServices", b"{}", "InvalidParameterException"),
        ("ecs", "DescribeServices", b'{"services": "api"}', "SerializationException"),
        ("ecs", "UpdateService", b'{"service": "a", "desiredCount": "2"}', "InvalidParameterException"),
        ("ecs", "DescribeServices", b"{", "SerializationException"),
        ("ecs", "DescribeServices", b"[]", "SerializationException"),
        ("logs", "FilterLogEvents", b"\xff", "SerializationException"),
    ],
)
def test_what_does_not_fit_the_model_is_refused(service: str, operation: str, body: bytes, code: str) -> None:
    """Missing, mistyped and unreadable parameters never reach a handler."""
    model = operation_model(service, operation)
    assert model is not None
    with pytest.raises(AwsError) as refused:
        parse(Request("POST", "/", {}, body), "json", model)
    assert refused.value.code == code
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("body", [b"\xff\xff", b"\xa1", b"\xbf", b"\x83\x01"])
def test_broken_cbor_is_refused(body: bytes) -> None:
    """botocore's codec reads streams that end too early in ways of its own."""
    model = operation_model("cloudwatch", "GetMetricData")
    assert model is not None
    with pytest.raises(AwsError) as refused:
        parse(Request("POST", "/", {}, body), "cbor", model)
    assert refused.value.code == "SerializationException"


@pytest.mark.parametrize("form", ["Targets.member.x.Id=1", "TargetGroupArn.a=1", "Targets.member.1=1"])
def test_broken_forms_are_refused(form: str) -> None:
    """A number that is none, members of a text, a text for a structure."""
    model = operation_model("elbv2", "DescribeTargetHealth")
    assert model is not None
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    body = f"Action=DescribeTargetHealth&TargetGroupArn=a&{form}".encode()
    with pytest.raises(AwsError) as refused:
        parse(Request("POST", "/", headers, body), "query", model)
    assert refused.value.code in ("SerializationException", "ValidationError")
