"""The sandbox as AWS's own SDK sees it: protocols, errors, faults, control."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from console.errors import SandboxError
from console.sandbox.http import start_thread
from console.sandbox.registry import HANDLERS
from tests.contract.conftest import Sandbox

TARGET = "AmazonEC2ContainerServiceV20141113"


def signed(sandbox: Sandbox, service: str, **headers: str) -> dict[str, str]:
    """Headers of a request that is signed as far as the sandbox looks."""
    scope = f"{sandbox.account().access_key}/20261121/us-east-1/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"} | headers


def refused(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str, int]:
    """Code, message and HTTP status of an error."""
    response: dict[str, Any] = caught.value.response
    error = response["Error"]
    return error["Code"], error["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


@contextmanager
def raw(sandbox: Sandbox) -> Iterator[socket.socket]:
    """A bare connection."""
    host, port = sandbox.endpoint.removeprefix("http://").split(":")
    with closing(socket.create_connection((host, int(port)), timeout=60)) as connection:
        yield connection


def conversation(sandbox: Sandbox, data: bytes) -> bytes:
    """Everything that comes back for some bytes until the sandbox ends the connection."""
    with raw(sandbox) as connection:
        connection.sendall(data)
        received = b""
        while more := connection.recv(65536):
            received += more
        return received


def test_the_caller_is_the_session_of_the_account_of_its_key(sandbox: Sandbox) -> None:
    """Each access key is one account; the ARN is that of an assumed role."""
    answer = sandbox.client("sts").get_caller_identity()
    assert answer["Account"] == "111122223333"
    assert answer["Arn"] == "arn:aws:sts::111122223333:assumed-role/oncall/devon"


@pytest.mark.parametrize(
    ("service", "method", "code", "status"),
    [
        ("ecs", "list_clusters", "UnrecognizedClientException", 400),
        ("sts", "get_caller_identity", "InvalidClientTokenId", 403),
    ],
)
def test_an_unknown_access_key_is_refused_in_the_words_of_its_protocol(
    sandbox: Sandbox, service: str, method: str, code: str, status: int
) -> None:
    """JSON and query services say the same in different codes."""
    client = sandbox.client(service, access_key="AKIANOBODY")
    with pytest.raises(ClientError) as caught:
        getattr(client, method)()
    assert refused(caught) == (code, "The security token included in the request is invalid.", status)


def test_an_unsigned_request_is_refused(sandbox: Sandbox) -> None:
    """A web page cannot sign, so it cannot change the world either."""
    status, body = sandbox.request("POST", "/", b"{}", {"X-Amz-Target": f"{TARGET}.ListClusters"})
    assert (status, json.loads(body)["__type"]) == (403, "MissingAuthenticationTokenException")


@pytest.mark.parametrize(
    ("service", "method", "params"),
    [
        ("ecs", "create_capacity_provider", {"name": "x"}),
        ("cloudwatch", "list_dashboards", {}),
        ("elbv2", "describe_account_limits", {}),
        ("iam", "list_roles", {}),
    ],
)
def test_what_the_sandbox_lacks_is_a_501_that_names_it(
    sandbox: Sandbox, service: str, method: str, params: dict[str, str]
) -> None:
    """In the protocol of the service, never HTML, and never retried by an SDK."""
    client = sandbox.client(service, config=Config(retries={"total_max_attempts": 3, "mode": "standard"}))
    with pytest.raises(ClientError) as caught:
        getattr(client, method)(**params)
    code, message, status = refused(caught)
    assert (code, status) == ("UnknownOperationException", 501)
    assert message.startswith(f"The sandbox does not have the operation {service}.")
    assert sum(sandbox.control("GET", "calls")[1].values()) == 1


def test_every_request_is_counted_also_the_refused_and_the_faulted(sandbox: Sandbox) -> None:
    """The counter is what proves that something was sent once."""
    sts = sandbox.client("sts")
    sts.get_caller_identity()
    sandbox.fault("sts.GetCallerIdentity", "ThrottlingException")
    for client in (sts, sandbox.client("sts", access_key="AKIANOBODY")):
        with pytest.raises(ClientError):
            client.get_caller_identity()
    assert sandbox.control("GET", "calls") == (200, {"sts.GetCallerIdentity": 3})


@pytest.mark.parametrize(
    ("service", "method", "error", "code", "status"),
    [
        ("sts", "get_caller_identity", "ThrottlingException", "Throttling", 400),
        ("sts", "get_caller_identity", "ExpiredTokenException", "ExpiredToken", 403),
        ("sts", "get_caller_identity", "AccessDeniedException", "AccessDenied", 403),
        ("ecr", "describe_repositories", "ThrottlingException", "ThrottlingException", 400),
        ("ecr", "describe_repositories", "ExpiredTokenException", "ExpiredTokenException", 400),
        ("ecr", "describe_repositories", "AccessDeniedException", "AccessDeniedException", 400),
    ],
)
def test_a_fault_is_the_error_that_aws_would_answer_as_often_as_asked(
    sandbox: Sandbox, service: str, method: str, error: str, code: str, status: int
) -> None:
    """Then the calls succeed again."""
    client = sandbox.client(service)
    sandbox.fault("*", error, count=2)
    for _ in range(2):
        with pytest.raises(ClientError) as caught:
            getattr(client, method)()
        assert (refused(caught)[0], refused(caught)[2]) == (code, status)
    assert getattr(client, method)()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_denial_names_caller_and_action(sandbox: Sandbox) -> None:
    """In AWS's own words, so that a remedy can be read out of it."""
    sandbox.fault("ecr.DescribeRepositories", "AccessDeniedException")
    with pytest.raises(ClientError) as caught:
        sandbox.client("ecr").describe_repositories()
    assert refused(caught)[1] == (
        "User: arn:aws:sts::111122223333:assumed-role/oncall/devon is not authorized to perform: "
        "ecr:DescribeRepositories on resource: * because no identity-based policy allows the "
        "ecr:DescribeRepositories action"
    )


def repository_faulted(sandbox: Sandbox, error: str, when: str, raises: type[Exception]) -> str:
    """Move a tag under a fault; where the tag stands afterwards: the old or the new digest."""
    ecr_state = sandbox.account().ecr
    ecr_state.create("app", 0.0)
    old = ecr_state.push("app", ["v1", "latest"], 1.0, "healthy")
    new = ecr_state.push("app", ["v2"], 2.0, "healthy")
    client = sandbox.client("ecr")
    hasty = sandbox.client("ecr", config=Config(read_timeout=0.4)) if error == "timeout" else client
    image = client.batch_get_image(repositoryName="app", imageIds=[{"imageTag": "v2"}])["images"][0]
    sandbox.fault("ecr.PutImage", error, when)
    with pytest.raises(raises):
        hasty.put_image(repositoryName="app", imageManifest=image["imageManifest"], imageTag="latest")
    (detail,) = client.describe_images(repositoryName="app", imageIds=[{"imageTag": "latest"}])[
        "imageDetails"
    ]
    return {old.digest: "old", new.digest: "new"}[detail["imageDigest"]]


@pytest.mark.parametrize(
    ("error", "raises"),
    [
        ("timeout", ReadTimeoutError),
        ("reset", ConnectionClosedError),
        ("ThrottlingException", ClientError),
    ],
)
@pytest.mark.parametrize(("when", "stands"), [("before", "old"), ("after", "new")])
def test_before_nothing_is_carried_out_and_after_everything(
    sandbox: Sandbox, error: str, raises: type[Exception], when: str, stands: str
) -> None:
    """What a caller sees is the same; what became of its order is not."""
    assert repository_faulted(sandbox, error, when, raises) == stands


def test_a_reset_is_a_reset_and_not_an_end(sandbox: Sandbox) -> None:
    """The peer's socket reports the reset itself."""
    sandbox.fault("*", "reset")
    headers = "".join(f"{k}: {v}\r\n" for k, v in signed(sandbox, "sts").items())
    with raw(sandbox) as connection, pytest.raises(ConnectionResetError):
        connection.sendall(
            f"GET /?Action=GetCallerIdentity HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()
        )
        connection.recv(1)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (None, "a fault is a JSON object"),
        ([], "a fault is a JSON object"),
        ({}, "operation is a name such as ecs.UpdateService, or *"),
        ({"operation": "ecs"}, "operation is a name such as ecs.UpdateService, or *"),
        ({"operation": "*"}, "error is one of"),
        ({"operation": "*", "error": "Nope"}, "error is one of"),
        ({"operation": "*", "error": ["reset"]}, "error is one of"),
        ({"operation": "*", "error": "reset", "when": "later"}, "when is before or after"),
        ({"operation": "*", "error": "reset", "count": 0}, "count is a whole number above 0"),
        ({"operation": "*", "error": "reset", "count": True}, "count is a whole number above 0"),
        ({"operation": "*", "error": "reset", "times": 2}, "unknown member 'times'"),
    ],
)
def test_a_fault_that_is_none_is_refused_with_one_reason(
    sandbox: Sandbox, body: object, complaint: str
) -> None:
    """And nothing waits to strike afterwards."""
    status, answer = sandbox.control("POST", "faults", body)
    assert status == 400
    assert answer["error"].startswith(complaint)
    assert sandbox.control("GET", "faults") == (200, [])


def test_faults_can_be_listed_and_cleared(sandbox: Sandbox) -> None:
    """DELETE forgets them all."""
    sandbox.fault("sts.GetCallerIdentity", "reset", "after", 3)
    fault = {"operation": "sts.GetCallerIdentity", "error": "reset", "when": "after", "count": 3}
    assert sandbox.control("GET", "faults") == (200, [fault | {"id": 1}])
    assert sandbox.control("DELETE", "faults")[0] == 200
    assert sandbox.control("GET", "faults") == (200, [])


@pytest.mark.parametrize("token", ["", "wrong", "ü"])
def test_control_is_only_for_the_bearer_of_the_token(sandbox: Sandbox, token: str) -> None:
    """A wrong token learns and changes nothing, and is answered in JSON."""
    status, answer = sandbox.control("GET", "calls", token=token)
    assert status == 401
    assert "token" in answer["error"]


def test_control_says_what_it_does_not_have(sandbox: Sandbox) -> None:
    """404 for an unknown name, 405 for an unknown method."""
    assert sandbox.control("GET", "nothing")[0] == 404
    assert sandbox.control("DELETE", "calls")[0] == 405


def test_images_have_a_row_a_tag(sandbox: Sandbox) -> None:
    """With the behaviour that no AWS call would tell."""
    registry = sandbox.account().ecr
    registry.create("app", 0.0)
    image = registry.push("app", ["v1", "latest"], 1_800_000_000.0, "oom")
    row = {
        "repository": "app",
        "digest": image.digest,
        "behaviour": "oom",
        "pushed_at": "2027-01-15T08:00:00Z",
    }
    assert sandbox.control("GET", "images") == (200, [row | {"tag": "v1"}, row | {"tag": "latest"}])


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "localhost.evil", "", "["]
)
def test_hosts_that_are_not_loopback_are_refused(sandbox: Sandbox, host: str) -> None:
    """So that no web page reaches the sandbox through a name of its own; also not the control."""
    for path in ("/", "/_sandbox/health"):
        headers = {"Host": host, "Authorization": f"Bearer {sandbox.served.token}"}
        assert sandbox.request("GET", path, headers=headers)[0] == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9", "localhost", "LOCALHOST:80", "[::1]:1"])
def test_loopback_goes_by_all_its_names(sandbox: Sandbox, host: str) -> None:
    """With and without a port."""
    headers = {"Host": host, "Authorization": f"Bearer {sandbox.served.token}"}
    assert sandbox.request("GET", "/_sandbox/health", headers=headers)[0] == 200


def test_one_connection_serves_many_requests(sandbox: Sandbox) -> None:
    """Keep-alive: connecting anew would double the time of every call."""
    address = sandbox.endpoint.removeprefix("http://")
    with closing(http.client.HTTPConnection(address, timeout=60)) as connection:
        ports = []
        for _ in range(3):
            connection.request("GET", "/?Action=GetCallerIdentity", headers=signed(sandbox, "sts"))
            assert b"oncall" in connection.getresponse().read()
            ports.append(connection.sock.getsockname()[1])
    assert len(set(ports)) == 1


def test_chunked_requests_are_read(sandbox: Sandbox) -> None:
    """Some clients do not know the length beforehand."""
    address = sandbox.endpoint.removeprefix("http://")
    headers = signed(sandbox, "sts", **{"Content-Type": "application/x-www-form-urlencoded"})
    with closing(http.client.HTTPConnection(address, timeout=60)) as connection:
        parts = iter([b"Action=GetCaller", b"Identity"])
        connection.request("POST", "/", parts, headers, encode_chunked=True)
        assert b"GetCallerIdentityResponse" in connection.getresponse().read()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", 413),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
    ],
)
def test_bytes_that_are_no_request_are_refused_in_json(sandbox: Sandbox, data: bytes, status: int) -> None:
    """The connection ends, the sandbox goes on."""
    head, _, body = conversation(sandbox, data).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(body)["message"]
    assert sandbox.client("sts").get_caller_identity()["Account"] == "111122223333"


def test_a_handler_that_breaks_is_an_error_in_the_services_form(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake inside the sandbox must not look like a lost connection."""

    def broken(account: object, params: dict[str, Any]) -> dict[str, Any]:
        return {"Account": params["no"]}

    monkeypatch.setitem(HANDLERS, ("sts", "GetCallerIdentity"), broken)
    with pytest.raises(ClientError) as caught:
        sandbox.client("sts").get_caller_identity()
    assert refused(caught) == ("InternalFailure", "The sandbox failed: KeyError('no')", 500)
    assert "sts.GetCallerIdentity failed" in caplog.text


def test_a_port_in_use_is_one_clear_line(sandbox: Sandbox) -> None:
    """It names the port."""
    port = int(sandbox.endpoint.rpartition(":")[2])
    with pytest.raises(SandboxError, match=rf"port {port} on 127\.0\.0\.1 cannot be used: .*in use"):
        start_thread(sandbox.world, port)


def test_the_world_moves_on_by_itself(sandbox: Sandbox) -> None:
    """Nobody has to ask for time to pass."""
    happened: list[float] = []
    sandbox.served.call(lambda: sandbox.world.after(0.0, lambda: happened.append(sandbox.world.now())))
    deadline = time.monotonic() + 60
    while not happened and time.monotonic() < deadline:
        time.sleep(0.01)
    assert happened
