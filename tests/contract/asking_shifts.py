"""A deployment that is paused on its way, asked for, shown and let go on."""

from typing import Any

from tests.fakes import FakeClock


def ask_ecs_shifts(ecs: Any, cluster: str, service: dict[str, Any], clock: FakeClock) -> None:
    """A service of its own, without a load balancer, paused before it is scaled up.

    Args:
        service: Another one as DescribeServices shows it, whose definition and network it takes.
    """
    pause = {"targetType": "PAUSE", "lifecycleStages": ["PRE_SCALE_UP"]}
    made = ecs.create_service(
        cluster=cluster,
        serviceName="paused",
        taskDefinition=service["taskDefinition"],
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=service["networkConfiguration"],
        deploymentConfiguration={
            "strategy": "BLUE_GREEN",
            "bakeTimeInMinutes": 0,
            "lifecycleHooks": [pause],
            "alarms": {"alarmNames": ["nobody-made-it"], "enable": True, "rollback": True},
        },
    )["service"]
    assert made["deploymentConfiguration"]["strategy"] == "BLUE_GREEN"
    clock.advance(30)
    (brief,) = ecs.list_service_deployments(cluster=cluster, service="paused")["serviceDeployments"]
    arn = brief["serviceDeploymentArn"]
    (shown,) = ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"]
    (hook,) = shown["lifecycleHookDetails"]
    assert (shown["lifecycleStage"], hook["status"]) == ("PRE_SCALE_UP", "AWAITING_ACTION")
    answer = ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook["hookId"])
    assert answer["serviceDeploymentArn"] == arn
    clock.advance(600)
    (shown,) = ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"]
    assert shown["status"] == "SUCCESSFUL"
    ecs.delete_service(cluster=cluster, service="paused", force=True)
