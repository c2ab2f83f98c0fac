"""The official ``aws`` command line, unchanged, sees the same world as the console."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.command_line import ALL_S, PATIENCE_S, CommandLine, served

pytestmark = pytest.mark.timeout(ALL_S)

AWS = Path(__file__).parents[2] / ".venv-aws" / "bin" / "aws"
API = "rugmunch/production/api"
CLUSTER, SERVICE = "rugmunch-cluster", "rugmunch-api"


@pytest.fixture
def line() -> Iterator[CommandLine]:
    """One fleet at sixty times its speed."""
    with served("--fleet", "rugmunch", "--speed", "60") as command_line:
        yield command_line


def aws(line: CommandLine, *words: str) -> Any:
    """Run ``aws WORDS`` with the run's own configuration and credentials; its answer."""
    folder = Path(line.config).parent / "aws"
    done = subprocess.run(
        [str(AWS), "--endpoint-url", line.endpoint, "--profile", "rugmunch", *words],
        env=line.environment
        | {
            "AWS_CONFIG_FILE": str(folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
            "AWS_PAGER": "",
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


def test_what_aws_does_the_console_sees_and_rolls_back(line: CommandLine) -> None:
    """Move ``latest`` with put-image, force a new deployment, wait for it, and roll back by digest."""
    where = ("--cluster", CLUSTER)
    before = aws(line, "ecs", "describe-services", *where, "--services", SERVICE)["services"][0]
    assert before["runningCount"] == before["desiredCount"] == 2
    named = ("--repository-name", SERVICE, "--image-ids", "imageTag=error-spike")
    bad = aws(line, "ecr", "batch-get-image", *named)["images"][0]
    aws(
        line,
        "ecr",
        "put-image",
        *("--repository-name", SERVICE, "--image-tag", "latest"),
        *("--image-manifest", bad["imageManifest"]),
    )
    aws(line, "ecs", "update-service", *where, "--service", SERVICE, "--force-new-deployment")
    aws(line, "ecs", "wait", "services-stable", *where, "--services", SERVICE)
    status = line.run("status", API).last["environments"][0]["services"][0]
    assert status["digest"] == bad["imageId"]["imageDigest"]

    back = line.run("rollback", API, "--confirm", "production/api")

    assert (back.code, back.last["verdict"]) == (0, "SUCCEEDED"), back.last
    after = aws(line, "ecs", "describe-services", *where, "--services", SERVICE)["services"][0]
    listed = aws(line, "ecs", "list-service-deployments", *where, "--service", SERVICE)["serviceDeployments"]
    newest = max(listed, key=lambda item: item["createdAt"])
    assert after["taskDefinition"] == back.last["to"]["task_definition"] != before["taskDefinition"]
    assert (newest["status"], newest["targetServiceRevisionArn"]) == (
        "SUCCESSFUL",
        back.last["to"]["service_revision"],
    )
