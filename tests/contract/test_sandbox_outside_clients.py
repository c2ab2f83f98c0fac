"""Clients of AWS that others wrote, unchanged, on the sandbox: waiters, ecs-deploy, moto beside it."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from tests.contract.command_line import ALL_S, PATIENCE_S, CommandLine, served
from tests.contract.conftest import ONCE, Sandbox, SandboxFactory

pytestmark = pytest.mark.timeout(ALL_S)

CLIENTS = Path(__file__).parents[2] / ".venv-clients" / "bin"
CLUSTER, API, WORKER = "rugmunch-cluster", "rugmunch-api", "rugmunch-worker"
PROMPT = {"Delay": 1, "MaxAttempts": 60}
KEY = "AKIASANDBOX210987654"


@pytest.fixture
def line() -> Iterator[CommandLine]:
    """One fleet at sixty times its speed, in a process of its own."""
    with served("--fleet", "rugmunch", "--scene", "calm", "--speed", "60") as command_line:
        yield command_line


@pytest.fixture
def hasty(make_sandbox: SandboxFactory) -> Sandbox:
    """The same within this process."""
    return make_sandbox("rugmunch", speed=60)


def ecs_deploy(line: CommandLine, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``ecs WORDS`` of ecs-deploy, which knows of the sandbox by the environment only."""
    folder = Path(line.config).parent / "aws"
    return subprocess.run(
        [str(CLIENTS / "ecs"), *words],
        env=line.environment
        | {
            "AWS_CONFIG_FILE": str(folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
            "AWS_PROFILE": "rugmunch",
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def api(line: CommandLine) -> dict[str, Any]:
    """The service as boto3 sees it."""
    with closing(client(line.endpoint, "ecs")) as ecs:
        found: dict[str, Any] = ecs.describe_services(cluster=CLUSTER, services=[API])["services"][0]
        return found


def client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key="sandbox",
        config=ONCE,
    )


def definition(line: CommandLine, arn: str) -> dict[str, Any]:
    with closing(client(line.endpoint, "ecs")) as ecs:
        found: dict[str, Any] = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        return found


def test_ecs_deploy_ships_a_tag_and_scales(line: CommandLine) -> None:
    """It waits for both, and puts the definition that it replaced out of use."""
    before = api(line)
    shipped = ecs_deploy(line, "deploy", CLUSTER, API, "--tag", "good", "--timeout", "60")
    assert shipped.returncode == 0, shipped.stdout + shipped.stderr
    after = api(line)
    assert "Deployment successful" in shipped.stdout
    assert [item["rolloutState"] for item in after["deployments"]] == ["COMPLETED"]
    now = definition(line, after["taskDefinition"])
    assert now["containerDefinitions"][0]["image"].endswith(":good")
    assert definition(line, before["taskDefinition"])["status"] == "INACTIVE"

    scaled = ecs_deploy(line, "scale", CLUSTER, API, "4", "--timeout", "60")

    assert scaled.returncode == 0, scaled.stdout + scaled.stderr
    assert "Scaling successful" in scaled.stdout
    larger = api(line)
    assert (larger["desiredCount"], larger["runningCount"]) == (4, 4)
    assert larger["taskDefinition"] == after["taskDefinition"]


def test_ecs_deploy_rolls_back_what_does_not_come_up(line: CommandLine) -> None:
    """It loses patience before ECS does, exits with an error, and the service runs what it ran before."""
    before = api(line)
    failed = ecs_deploy(line, "deploy", CLUSTER, API, "--tag", "unhealthy", "--timeout", "4", "--rollback")
    assert failed.returncode != 0
    assert "has been rolled back" in failed.stderr, failed.stdout + failed.stderr
    after = api(line)
    assert after["taskDefinition"] == before["taskDefinition"]
    assert after["runningCount"] == before["runningCount"]


def test_boto3_waits_for_stable_services(hasty: Sandbox) -> None:
    """Through a deployment, until one deployment is left with all its tasks."""
    ecs = hasty.client("ecs")
    ecs.update_service(cluster=CLUSTER, service=API, forceNewDeployment=True)
    ecs.get_waiter("services_stable").wait(cluster=CLUSTER, services=[API, WORKER], WaiterConfig=PROMPT)
    service = ecs.describe_services(cluster=CLUSTER, services=[API])["services"][0]
    assert len(service["deployments"]) == 1
    assert service["runningCount"] == service["desiredCount"]


def test_boto3_waits_for_tasks_to_stop_and_for_others_to_run(hasty: Sandbox) -> None:
    """The stopped one is replaced by the service."""
    ecs = hasty.client("ecs")
    first = ecs.list_tasks(cluster=CLUSTER, serviceName=API)["taskArns"][0]
    ecs.stop_task(cluster=CLUSTER, task=first, reason="drill")
    ecs.get_waiter("tasks_stopped").wait(cluster=CLUSTER, tasks=[first], WaiterConfig=PROMPT)
    deadline = time.monotonic() + PATIENCE_S
    fresh: list[str] = []
    while len(fresh) < 2 and time.monotonic() < deadline:
        fresh = ecs.list_tasks(cluster=CLUSTER, serviceName=API)["taskArns"]
    ecs.get_waiter("tasks_running").wait(cluster=CLUSTER, tasks=fresh, WaiterConfig=PROMPT)
    assert first not in fresh
    with pytest.raises(WaiterError, match="STOPPED"):
        ecs.get_waiter("tasks_running").wait(cluster=CLUSTER, tasks=[first], WaiterConfig=PROMPT)


def test_boto3_waits_for_inactive_services(hasty: Sandbox) -> None:
    """After a deletion by force; stable is what such a service never is."""
    ecs = hasty.client("ecs")
    ecs.delete_service(cluster=CLUSTER, service=WORKER, force=True)
    ecs.get_waiter("services_inactive").wait(cluster=CLUSTER, services=[WORKER], WaiterConfig=PROMPT)
    with pytest.raises(WaiterError, match="INACTIVE"):
        ecs.get_waiter("services_stable").wait(cluster=CLUSTER, services=[WORKER], WaiterConfig=PROMPT)


def test_boto3_retries_what_is_throttled_or_fails_inside(hasty: Sandbox) -> None:
    """In its own modes, without being told of the sandbox."""
    for mode in ("legacy", "standard"):
        ecs = hasty.client("ecs", config=Config(retries={"mode": mode, "total_max_attempts": 3}))
        for error in ("ThrottlingException", "InternalFailure", "ServiceUnavailable"):
            hasty.fault("ecs.ListClusters", error)
            answer = ecs.list_clusters()
            assert answer["clusterArns"], (mode, error)
            assert answer["ResponseMetadata"]["RetryAttempts"] == 1, (mode, error)


def test_boto3_pages_through_what_was_cut_short(hasty: Sandbox) -> None:
    """Half a page has the token for its rest, and a caller who does not ask for it sees half."""
    ecs = hasty.client("ecs")
    whole = ecs.list_tasks(cluster=CLUSTER)["taskArns"]
    hasty.fault("ecs.ListTasks", "half-page", count=2)
    cut = ecs.list_tasks(cluster=CLUSTER)
    assert cut["taskArns"] == whole[: len(whole) // 2]
    assert cut["nextToken"]
    pages = ecs.get_paginator("list_tasks").paginate(cluster=CLUSTER)
    assert [arn for page in pages for arn in page["taskArns"]] == whole


def test_a_late_answer_comes_after_its_seconds(hasty: Sandbox) -> None:
    """And holds nobody else up."""
    status, _ = hasty.control(
        "POST", "faults", {"operation": "ecs.ListClusters", "error": "latency", "seconds": 0.4}
    )
    assert status == 200
    started = time.monotonic()
    assert hasty.client("ecs").list_clusters()["clusterArns"]
    assert time.monotonic() - started >= 0.4
    assert hasty.control("GET", "faults") == (200, [])


@contextmanager
def moto() -> Iterator[str]:
    """moto's server, in a process and an environment of its own; its endpoint."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [str(CLIENTS / "moto_server"), "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while server.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def refusal(call: Any, **params: Any) -> str:
    """The code of the error that a call ends with. (Its status is not compared: moto has its own.)"""
    with pytest.raises(ClientError) as refused:
        call(**params)
    return str(refused.value.response["Error"]["Code"])


def test_secrets_are_described_as_moto_describes_them(make_sandbox: SandboxFactory) -> None:
    """The members of an answer and the error for what there is not; the values are the sandbox's own."""
    ours = make_sandbox("rugmunch").client("secretsmanager")
    known = ours.list_secrets()["SecretList"]
    assert known
    with moto() as endpoint, closing(client(endpoint, "secretsmanager")) as theirs:
        for secret in known:
            theirs.create_secret(Name=secret["Name"], SecretString="moto's own")
        listed = {item["Name"]: item for item in theirs.list_secrets()["SecretList"]}
        for secret in known:
            mine, other = ours.describe_secret(SecretId=secret["Name"]), listed[secret["Name"]]
            assert (
                mine["ARN"].rpartition("-")[0].split(":")[5:]
                == other["ARN"].rpartition("-")[0].split(":")[5:]
            )
            assert list(mine["VersionIdsToStages"].values()) == [["AWSCURRENT"]]
            described = theirs.describe_secret(SecretId=secret["Name"])
            assert list(described["VersionIdsToStages"].values()) == [["AWSCURRENT"]]
            assert {"ARN", "Name", "CreatedDate", "LastChangedDate"} <= set(mine) & set(described)
        unknown = {"SecretId": "nobody/knows/this"}
        assert refusal(ours.describe_secret, **unknown) == refusal(theirs.describe_secret, **unknown)


def test_queues_answer_as_motos_do(make_sandbox: SandboxFactory) -> None:
    """Send, receive, delete, purge, and what a queue says of itself in between; errors by their codes."""
    with moto() as endpoint, closing(client(endpoint, "sqs")) as theirs:
        ours = make_sandbox().client("sqs")
        assert spoken(ours) == spoken(theirs)


def spoken(sqs: Any) -> list[object]:
    """A conversation about one queue, without what is everybody's own: ids, handles, hosts."""
    said: list[object] = []
    url = sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "45"})["QueueUrl"]
    said.append(url.rpartition("/")[2])
    said.append(sqs.get_queue_url(QueueName="jobs")["QueueUrl"] == url)
    for body in ("one", "two", "three"):
        said.append(sqs.send_message(QueueUrl=url, MessageBody=body)["MD5OfMessageBody"])
    said.append(depth(sqs, url))
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]
    said += sorted(message["MD5OfBody"] for message in received)
    said.append(depth(sqs, url))
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received[0]["ReceiptHandle"])
    said.append(depth(sqs, url))
    said.append([name.rpartition("/")[2] for name in sqs.list_queues(QueueNamePrefix="jo")["QueueUrls"]])
    sqs.purge_queue(QueueUrl=url)
    said.append(depth(sqs, url)[0])
    said.append(refusal(sqs.get_queue_url, QueueName="nobody"))
    said.append(refusal(sqs.get_queue_attributes, QueueUrl=url.replace("jobs", "nobody")))
    said.append(refusal(sqs.create_queue, QueueName="jobs", Attributes={"VisibilityTimeout": "60"}))
    return said


def depth(sqs: Any, url: str) -> tuple[str, str, str]:
    """Messages that wait, that are in flight, and the time that those have."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "VisibilityTimeout"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return found[names[0]], found[names[1]], found[names[2]]


def test_boto3_waits_for_snapshots_and_restored_databases(make_sandbox: SandboxFactory) -> None:
    """A snapshot with its progress, and a new instance made of it."""
    rds = make_sandbox("mealplanner", speed=600).client("rds")
    source = rds.describe_db_instances()["DBInstances"][0]["DBInstanceIdentifier"]
    rds.create_db_snapshot(DBInstanceIdentifier=source, DBSnapshotIdentifier="before-1")
    snapshot = {"DBSnapshotIdentifier": "before-1"}
    rds.get_waiter("db_snapshot_completed").wait(**snapshot, WaiterConfig=PROMPT)
    rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="restored", **snapshot)
    rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier="restored", WaiterConfig=PROMPT)
    restored = rds.describe_db_instances(DBInstanceIdentifier="restored")["DBInstances"][0]
    assert restored["DBInstanceStatus"] == "available"
    rds.delete_db_snapshot(**snapshot)
    rds.get_waiter("db_snapshot_deleted").wait(**snapshot, WaiterConfig=PROMPT)
