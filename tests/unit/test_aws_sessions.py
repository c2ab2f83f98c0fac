"""Credentials, clients and the read-only guard, with real boto3 and no network."""

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
from botocore.exceptions import ProfileNotFound

from console.aws.budget import Budget
from console.aws.calls import Calls
from console.aws.guard import READS
from console.aws.sessions import Access, Clients, Roles, ask_on_terminal
from console.errors import CredentialsError, EndpointError, PermissionDeniedError, ReadOnlyError
from tests.fakes import FakeClock
from tests.unit.scripted_aws import model

LOOPBACK = "http://127.0.0.1:9"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    config, credentials = tmp_path / "config", tmp_path / "credentials"
    config.write_text(
        "[profile fleet]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\n"
        "[profile sso]\nsso_session = corp\n[sso-session corp]\nsso_start_url = https://x\n"
        "sso_region = us-east-1\n"
    )
    credentials.write_text("[fleet]\naws_access_key_id = AKIAFLEET\naws_secret_access_key = s\n")
    return {"config_file": config, "credentials_file": credentials}


def access(files: dict[str, Path], **overrides: Any) -> Access:
    wanted = {"profile": "fleet", "role_arn": "", "region": "us-east-1", "endpoint_url": LOOPBACK}
    return Access(**({"read_only": False} | wanted | files | overrides))


def test_no_variable_of_the_shell_beats_the_configuration(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A console aimed at the sandbox can never sign with a real key or reach a real endpoint."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_PROFILE": "real",
        "AWS_REGION": "ap-south-1",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_ENDPOINT_URL": "https://real.example",
        "AWS_ENDPOINT_URL_ECS": "https://real.example",
        "AWS_CONFIG_FILE": str(tmp_path / "real-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "real-credentials"),
        "AWS_MAX_ATTEMPTS": "9",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "HTTP_PROXY": "http://proxy.example:3128",
    }.items():
        monkeypatch.setenv(name, value)
    client = Clients(access(files)).client("ecs")
    assert client.meta.endpoint_url == LOOPBACK
    assert client.meta.region_name == "us-east-1"
    assert client._request_signer._credentials.access_key == "AKIAFLEET"
    assert client.meta.config.retries["total_max_attempts"] == 1
    assert client.meta.config.proxies == {}
    assert client.meta.config.inject_host_prefix is False


def test_a_real_endpoint_keeps_proxies_and_host_prefixes(files: dict[str, Path]) -> None:
    """The rules for loopback hang on the endpoint, not on the sandbox."""
    config = Clients(access(files, endpoint_url="https://ecs.example.com")).client("ecs").meta.config
    assert config.proxies is None
    assert config.inject_host_prefix is False


def test_a_client_is_made_once_and_in_the_region_that_is_asked_for(files: dict[str, Path]) -> None:
    """A registry may be in another Region than the service."""
    clients = Clients(access(files))
    assert clients.client("ecr") is clients.client("ecr", "us-east-1")
    assert clients.client("ecr", "eu-west-1").meta.region_name == "eu-west-1"


def test_a_missing_profile_is_one_clear_line(files: dict[str, Path]) -> None:
    """Found out with the first call, and named."""
    clients, clock = Clients(access(files, profile="nobody")), FakeClock()
    with pytest.raises(ProfileNotFound):
        clients.client("sts")
    with pytest.raises(CredentialsError, match="profile nobody"):
        Calls(clients, Budget(clock), clock).read("sts", "GetCallerIdentity")


def test_a_refused_connection_names_the_endpoint(files: dict[str, Path]) -> None:
    """Nobody listens on port 9."""
    clock = FakeClock()
    with pytest.raises(EndpointError, match=r"127\.0\.0\.1:9"):
        Calls(Clients(access(files)), Budget(clock), clock).read("sts", "GetCallerIdentity")


def test_a_refused_connection_proves_that_a_write_was_not_sent(files: dict[str, Path]) -> None:
    """Not *unknown*: there was no connection to send it over."""
    clock = FakeClock()
    with pytest.raises(EndpointError):
        Calls(Clients(access(files)), Budget(clock), clock).write("ecs", "UpdateService", service="s")


def test_the_remedy_of_an_sso_profile_is_to_log_in(files: dict[str, Path]) -> None:
    """And of any other to renew it."""
    assert Clients(access(files, profile="sso")).remedy == "aws sso login --profile sso"
    assert Clients(access(files)).remedy == "renew the credentials of profile fleet"


def test_credentials_from_a_file_do_not_expire(files: dict[str, Path]) -> None:
    """Static keys have no end that anybody knows."""
    assert Clients(access(files)).expires_at() is None


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("UpdateService", {"service": "s"}),
        ("StopServiceDeployment", {"serviceDeploymentArn": "a"}),
        ("RegisterTaskDefinition", {"family": "f", "containerDefinitions": []}),
    ],
)
def test_a_read_only_environment_sends_no_write(
    files: dict[str, Path], operation: str, params: dict[str, Any]
) -> None:
    """The guard sits below everything: the error is raised before a connection is tried."""
    clock = FakeClock()
    calls = Calls(Clients(access(files, read_only=True)), Budget(clock), clock)
    with pytest.raises(ReadOnlyError, match=operation):
        calls.write("ecs", operation, **params)


def test_the_guard_refuses_what_is_not_on_its_list_whoever_calls(files: dict[str, Path]) -> None:
    """Not our own door only: the client itself refuses."""
    client = Clients(access(files, read_only=True)).client("ecs")
    with pytest.raises(ReadOnlyError):
        client.delete_service(service="s")
    with pytest.raises(Exception, match=r"127\.0\.0\.1:9"):
        client.describe_services(services=["s"])


def test_every_operation_on_the_list_exists_and_reads() -> None:
    """A misspelt name would silently forbid a read; a name that is not a reading one must not slip in."""
    for name in READS:
        service, operation = name.split(".")
        assert operation in model(service).operation_names
        assert operation.startswith(("Describe", "List", "Get", "BatchGet", "Filter", "Simulate"))


class Refusing(BaseHTTPRequestHandler):
    """An STS that assumes no role, and notes what it was asked."""

    asked: ClassVar[list[dict[str, list[str]]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.asked.append(parse_qs(body))
        answer = (
            b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
            b"<Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>"
        )
        self.send_response(403)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def sts() -> Iterator[str]:
    Refusing.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_role_is_assumed_before_the_first_call_and_a_refusal_means_nothing_was_sent(
    files: dict[str, Path], sts: str
) -> None:
    """Making the client asks nobody; signing asks STS for the role, in the operator's name."""
    role = "arn:aws:iam::482319607715:role/ops"
    clients, clock = Clients(access(files, role_arn=role, endpoint_url=sts)), FakeClock()
    clients.client("ecs")
    assert Refusing.asked == []
    with pytest.raises(PermissionDeniedError, match="sts:AssumeRole"):
        Calls(clients, Budget(clock), clock).write("ecs", "UpdateService", service="s")
    (asked,) = Refusing.asked
    assert asked["Action"] == ["AssumeRole"]
    assert asked["RoleArn"] == [role]
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", asked["RoleSessionName"][0])


ROLE = "arn:aws:iam::482319607715:role/ops"
DEVICE = "arn:aws:iam::482319607715:mfa/ada"


class Granting(Refusing):
    """An STS that lends a role to whoever gives a code, and answers every other call with the key used."""

    asked: ClassVar[list[dict[str, list[str]]]] = []

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.asked.append(body)
        if body["Action"] == ["AssumeRole"]:
            inner = (
                "<AssumeRoleResult><Credentials><AccessKeyId>ASIALENT</AccessKeyId>"
                "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
                "<Expiration>2126-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
            )
        else:
            inner = f"<GetCallerIdentityResult><Arn>{self.key()}</Arn></GetCallerIdentityResult>"
        answer = f"<{body['Action'][0]}Response>{inner}</{body['Action'][0]}Response>".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer)

    def key(self) -> str:
        return self.headers["Authorization"].split("Credential=")[1].split("/")[0]


@pytest.fixture
def granting() -> Iterator[str]:
    Granting.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Granting)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def who(clients: Clients) -> str:
    """The access key that signs."""
    clock = FakeClock()
    return str(Calls(clients, Budget(clock), clock).read("sts", "GetCallerIdentity")["Arn"])


def with_device(files: dict[str, Path]) -> None:
    """The profile names an MFA device; another profile assumes the role by itself."""
    files["config_file"].write_text(
        f"[profile fleet]\nmfa_serial = {DEVICE}\n"
        f"[profile lent]\nrole_arn = {ROLE}\nsource_profile = fleet\nmfa_serial = {DEVICE}\n"
    )


def test_the_code_for_a_role_is_asked_of_a_person_once_for_all_regions(
    files: dict[str, Path], granting: str
) -> None:
    """By the console's own means, never by reading the terminal; a code can be used only once."""
    with_device(files)
    roles, asked = Roles(), list[str]()

    def code(serial: str) -> str:
        asked.append(serial)
        return "123456"

    for region in ("us-east-1", "eu-west-1"):
        mine = access(files, role_arn=ROLE, endpoint_url=granting, region=region)
        assert who(Clients(mine, code, roles)) == "ASIALENT"
    assert asked == [DEVICE]
    (assumed,) = (item for item in Granting.asked if item["Action"] == ["AssumeRole"])
    assert (assumed["SerialNumber"], assumed["TokenCode"]) == ([DEVICE], ["123456"])


def test_credentials_that_aws_took_back_are_dropped_with_the_role(
    files: dict[str, Path], granting: str
) -> None:
    """The next call asks for a code again."""
    with_device(files)
    asked: list[str] = []

    def code(serial: str) -> str:
        asked.append(serial)
        return "123456"

    clients = Clients(access(files, role_arn=ROLE, endpoint_url=granting), code)
    assert who(clients) == "ASIALENT"
    clients.forget(clients.generation)
    assert who(clients) == "ASIALENT"
    assert asked == [DEVICE, DEVICE]


def test_a_profile_that_assumes_a_role_asks_the_same_way(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Botocore's own prompter would read the terminal under the console."""
    with_device(files)

    def refused(serial: str) -> str:
        raise CredentialsError(f"nobody gave a code of {serial}")

    clients, clock = Clients(access(files, profile="lent"), refused), FakeClock()
    monkeypatch.setattr("getpass.getpass", lambda *_: pytest.fail("the terminal was read"))
    with pytest.raises(CredentialsError, match="mfa/ada"):
        Calls(clients, Budget(clock), clock).read("sts", "GetCallerIdentity")


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """CI gets one clear line instead of a prompt that never ends."""
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(CredentialsError, match="mfa/ada"):
        ask_on_terminal(DEVICE)


def test_a_login_in_another_window_takes_effect_with_the_next_call(
    files: dict[str, Path], granting: str
) -> None:
    """Credentials that failed are read anew: no restart."""
    kept = files["credentials_file"].read_text()
    files["credentials_file"].write_text("")
    clients = Clients(access(files, endpoint_url=granting))
    with pytest.raises(CredentialsError):
        who(clients)
    files["credentials_file"].write_text(kept)
    assert who(clients) == "AKIAFLEET"


def test_whoever_fails_late_does_not_drop_what_others_have_renewed(files: dict[str, Path]) -> None:
    """Many feeds fail at once when a token expires."""
    clients = Clients(access(files))
    before = clients.generation
    clients.forget(before)
    fresh = clients.client("ecs")
    clients.forget(before)
    assert clients.client("ecs") is fresh
