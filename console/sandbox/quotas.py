"""Service Quotas: how much of what an account may have, as far as deployments run into it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.sandbox.conditions import TASK_QUOTA
from console.sandbox.paging import next_token_page
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]

MOST_LISTED = 100
ON_DEMAND_VCPU, SPOT_VCPU = "L-3032A538", "L-36FBB829"
TASKS_PER_SERVICE = "L-92E49DE3"
_SERVICES = {"ecs": "Amazon Elastic Container Service (Amazon ECS)", "fargate": "AWS Fargate"}
_UNITS_A_VCPU = 1024
_USUAL_VCPU = 0.5


@dataclass(frozen=True)
class Quota:
    """One quota of a service; ``value`` is what an account of some age has."""

    service: str
    code: str
    name: str
    value: float
    is_adjustable: bool = True


QUOTAS = (
    Quota("ecs", "L-21C621EB", "Clusters per account", 10_000),
    Quota("ecs", "L-9EF96962", "Services per cluster", 5_000),
    Quota("ecs", TASKS_PER_SERVICE, "Tasks per service", 5_000),
    Quota("fargate", ON_DEMAND_VCPU, "Fargate On-Demand vCPU resource count", 4_000),
    Quota("fargate", SPOT_VCPU, "Fargate Spot vCPU resource count", 4_000),
)


class QuotaState:
    """What one account may have."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self.granted: dict[str, float] = {}
        """By quota code: values other than the usual ones."""

    def value(self, quota: Quota) -> float:
        """The quota that holds; a limit on the account's tasks shows as what they may have of vCPU."""
        limit = self._account.conditions.get(TASK_QUOTA)
        if quota.code == ON_DEMAND_VCPU and limit is not None:
            return int(limit["limit"]) * self._vcpu_of_a_task()
        return self.granted.get(quota.code, quota.value)

    def _vcpu_of_a_task(self) -> float:
        """On the average of the tasks that run."""
        found = [
            int(task.definition.content.get("cpu") or 0) / _UNITS_A_VCPU
            for task in self._account.ecs.tasks()
            if task.is_alive
        ]
        return sum(found) / len(found) if any(found) else _USUAL_VCPU


@operation("service-quotas")
def GetServiceQuota(account: "Account", params: Json) -> Json:
    """The applied value of one quota."""
    for quota in _of_service(params):
        if quota.code == params["QuotaCode"]:
            return {"Quota": _picture(account, quota)}
    raise _absent()


@operation("service-quotas")
def ListServiceQuotas(account: "Account", params: Json) -> Json:
    """The applied values of a service's quotas."""
    found = [quota for quota in _of_service(params) if params.get("QuotaCode") in (None, quota.code)]
    size = min(params.get("MaxResults") or MOST_LISTED, MOST_LISTED)
    token = params.get("NextToken")
    shown, following = next_token_page(found, token, size, "InvalidPaginationTokenException")
    return {"Quotas": [_picture(account, quota) for quota in shown], **following}


def _of_service(params: Json) -> list[Quota]:
    found = [quota for quota in QUOTAS if quota.service == params["ServiceCode"]]
    if not found:
        raise _absent()
    return found


def _picture(account: "Account", quota: Quota) -> Json:
    return {
        "ServiceCode": quota.service,
        "ServiceName": _SERVICES[quota.service],
        "QuotaArn": account.arn("servicequotas", f"{quota.service}/{quota.code}"),
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "Value": account.quotas.value(quota),
        "Unit": "None",
        "Adjustable": quota.is_adjustable,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


def _absent() -> AwsError:
    return AwsError(
        "NoSuchResourceException", "The request failed because the specified resource does not exist."
    )
