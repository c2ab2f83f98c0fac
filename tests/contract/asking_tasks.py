"""The operations of ECS on single tasks, instances and capacity, each asked by boto3."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


def ask_ecs_tasks(ecs: Any, cluster: str, service: str, advance: Any) -> None:
    """A one-off task, protection on and off, no instances, two providers, and no way in."""
    live = ecs.describe_services(cluster=cluster, services=[service])["services"][0]
    ran = ecs.run_task(
        cluster=cluster,
        taskDefinition=live["taskDefinition"],
        launchType="FARGATE",
        networkConfiguration=live["networkConfiguration"],
        overrides={"containerOverrides": [{"name": service.partition("-")[2], "command": ["true"]}]},
    )
    assert ran["tasks"]
    advance(5)
    (arn,) = ecs.list_tasks(cluster=cluster, serviceName=service, maxResults=1)["taskArns"]
    on = ecs.update_task_protection(cluster=cluster, tasks=[arn], protectionEnabled=True)
    assert on["protectedTasks"][0]["protectionEnabled"]
    shown = ecs.get_task_protection(cluster=cluster, tasks=[arn])["protectedTasks"]
    assert shown[0]["expirationDate"]
    off = ecs.update_task_protection(cluster=cluster, tasks=[arn], protectionEnabled=False)
    assert not off["protectedTasks"][0]["protectionEnabled"]
    assert ecs.list_container_instances(cluster=cluster)["containerInstanceArns"] == []
    for name in ("describe_container_instances", "update_container_instances_state"):
        state = {"status": "DRAINING"} if name.startswith("update") else {}
        answer = getattr(ecs, name)(cluster=cluster, containerInstances=["a" * 32], **state)
        assert answer["failures"][0]["reason"] == "MISSING"
    known = ecs.describe_capacity_providers()["capacityProviders"]
    assert [item["name"] for item in known] == ["FARGATE", "FARGATE_SPOT"]
    with pytest.raises(ClientError, match="execute command"):
        ecs.execute_command(cluster=cluster, task=arn, command="sh", interactive=True)
