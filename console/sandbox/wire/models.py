"""Which services there are, and botocore's models of them, loaded when first asked for.

botocore itself is imported at the first request, not before, so that a sandbox is ready sooner.
"""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.model import OperationModel, ServiceModel


@dataclass(frozen=True)
class Service:
    """What tells the requests of one service from those of another."""

    name: str
    """As botocore names it."""
    scope: str
    """Its name in a SigV4 credential scope."""
    target: str
    """Prefix of ``X-Amz-Target``; empty for a service that only speaks query."""
    version: str
    """API version, which tells services apart that share a scope (``elb`` and ``elbv2``)."""
    action: str
    """Prefix of its actions in IAM policies."""
    invalid: str
    """The error code for parameters that do not fit the model."""


SERVICES: tuple[Service, ...] = (
    Service(
        "ecs",
        "ecs",
        "AmazonEC2ContainerServiceV20141113",
        "2014-11-13",
        "ecs",
        "InvalidParameterException",
    ),
    Service(
        "elbv2",
        "elasticloadbalancing",
        "",
        "2015-12-01",
        "elasticloadbalancing",
        "ValidationError",
    ),
    Service(
        "ecr",
        "ecr",
        "AmazonEC2ContainerRegistry_V20150921",
        "2015-09-21",
        "ecr",
        "InvalidParameterException",
    ),
    Service("logs", "logs", "Logs_20140328", "2014-03-28", "logs", "InvalidParameterException"),
    Service(
        "cloudwatch",
        "monitoring",
        "GraniteServiceVersion20100801",
        "2010-08-01",
        "cloudwatch",
        "InvalidParameterValue",
    ),
    Service("sts", "sts", "", "2011-06-15", "sts", "ValidationError"),
    Service("iam", "iam", "", "2010-05-08", "iam", "ValidationError"),
    Service(
        "secretsmanager",
        "secretsmanager",
        "secretsmanager",
        "2017-10-17",
        "secretsmanager",
        "InvalidParameterException",
    ),
    Service("rds", "rds", "", "2014-10-31", "rds", "InvalidParameterValue"),
    Service("ec2", "ec2", "", "2016-11-15", "ec2", "InvalidParameterValue"),
    Service(
        "application-autoscaling",
        "application-autoscaling",
        "AnyScaleFrontendService",
        "2016-02-06",
        "application-autoscaling",
        "ValidationException",
    ),
    Service("sqs", "sqs", "AmazonSQS", "2012-11-05", "sqs", "InvalidParameterValue"),
    Service(
        "service-quotas",
        "servicequotas",
        "ServiceQuotasV20190624",
        "2019-06-24",
        "servicequotas",
        "IllegalArgumentException",
    ),
    Service(
        "cloudtrail",
        "cloudtrail",
        "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
        "2013-11-01",
        "cloudtrail",
        "InvalidParameterCombinationException",
    ),
    Service(
        "codedeploy",
        "codedeploy",
        "CodeDeploy_20141006",
        "2014-10-06",
        "codedeploy",
        "InvalidParameterValueException",
    ),
    Service("ssm", "ssm", "AmazonSSM", "2014-11-06", "ssm", "ValidationException"),
)
BY_NAME = {service.name: service for service in SERVICES}
BY_TARGET = {service.target: service for service in SERVICES if service.target}
BY_SCOPE = {service.scope: service for service in SERVICES}


@cache
def _loader() -> "Loader":
    """The models that botocore ships; not those that a user has put into ``~/.aws/models``."""
    from botocore.loaders import Loader

    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


@cache
def service_model(name: str) -> "ServiceModel":
    """The model of one service, parsed once a process."""
    from botocore.model import ServiceModel

    return ServiceModel(_loader().load_service_model(name, "service-2", BY_NAME[name].version), name)


@cache
def paginators(name: str) -> dict[str, Any]:
    """How the operations of one service page, by operation; nothing for a service without pages."""
    from botocore.exceptions import UnknownServiceError

    try:
        model = _loader().load_service_model(name, "paginators-1", BY_NAME[name].version)
    except UnknownServiceError:
        return {}
    known: dict[str, Any] = model["pagination"]
    return known


@cache
def operation_model(service: str, operation: str) -> "OperationModel | None":
    """The model of one operation; ``None`` if the service has no such operation."""
    model = service_model(service)
    return model.operation_model(operation) if operation in model.operation_names else None
