"""Parameter Store, as far as a pre-flight asks: which parameters there are, never what they hold."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]
MOST = 50


@dataclass
class Parameter:
    """One parameter; ``name`` keeps its leading slash if it has one."""

    name: str
    arn: str
    modified_at: float
    kind: str = "SecureString"
    version: int = 1


class ParameterState:
    """The parameters of one account."""

    def __init__(self, account: "Account") -> None:
        self.account = account
        self.parameters: dict[str, Parameter] = {}
        """By name."""

    def add(self, name: str, modified_at: float) -> Parameter:
        """A parameter; one that is there already stays as it is."""
        arn = self.account.arn("ssm", f"parameter/{name.removeprefix('/')}")
        return self.parameters.setdefault(name, Parameter(name, arn, modified_at))


def stock(account: "Account") -> None:
    """Let every parameter exist that the task definitions of the account name, by ARN or bare name."""
    for family in account.ecs.definitions.values():
        for definition in family:
            for container in definition.containers:
                for entry in container.get("secrets") or ():
                    name = _name(entry["valueFrom"])
                    if name:
                        account.parameters.add(name, definition.registered_at)


def _name(source: str) -> str:
    """The parameter of a ``valueFrom``; empty for a secret of Secrets Manager."""
    if not source.startswith("arn:"):
        return source
    path = source.partition(":parameter/")[2]
    return f"/{path}" if "/" in path else path


@operation("ssm")
def DescribeParameters(account: "Account", params: Json) -> Json:
    """Parameters by name and type; both forms of filters (API reference, DescribeParameters).

    Raises:
        AwsError: ``InvalidFilterKey``, ``InvalidFilterOption``.
    """
    wanted = [(item["Key"], "Equals", item["Values"]) for item in params.get("Filters") or ()]
    wanted += [
        (item["Key"], item.get("Option") or "Equals", item.get("Values") or [])
        for item in params.get("ParameterFilters") or ()
    ]
    found = [
        parameter
        for _, parameter in sorted(account.parameters.parameters.items())
        if all(_matches(parameter, *condition) for condition in wanted)
    ]
    size = params.get("MaxResults") or MOST
    if not 1 <= size <= MOST:
        raise AwsError("ValidationException", f"MaxResults must be between 1 and {MOST}.")
    shown, following = page(found, params.get("NextToken"), size)
    return {
        "Parameters": [_picture(account, item) for item in shown],
        "NextToken": following.get("nextToken"),
    }


def _matches(parameter: Parameter, key: str, option: str, values: list[str]) -> bool:
    texts = {"Name": parameter.name, "Type": parameter.kind}
    if key not in texts:
        raise AwsError("InvalidFilterKey", f"The specified key isn't valid: {key}")
    text = texts[key]
    if option == "Equals":
        return text in values
    if option == "BeginsWith":
        return text.startswith(tuple(values))
    if option == "Contains":
        return any(value in text for value in values)
    raise AwsError("InvalidFilterOption", f"The specified filter option isn't valid: {option}")


def _picture(account: "Account", item: Parameter) -> Json:
    return {
        "Name": item.name,
        "ARN": item.arn,
        "Type": item.kind,
        "KeyId": "alias/aws/ssm" if item.kind == "SecureString" else None,
        "LastModifiedDate": item.modified_at,
        "LastModifiedUser": f"arn:aws:iam::{account.id}:root",
        "Version": item.version,
        "Tier": "Standard",
        "Policies": [],
        "DataType": "text",
    }
