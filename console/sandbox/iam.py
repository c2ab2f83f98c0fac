"""IAM, as far as *may I write* asks it: what the caller's policies allow, without doing it."""

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from console.sandbox.registry import operation

if TYPE_CHECKING:
    from console.sandbox.account import Account


@operation("iam")
def SimulatePrincipalPolicy(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """Judge every action by the account's allowed patterns, as IAM API reference's simulation does."""
    resources = params.get("ResourceArns") or ["*"]
    return {
        "EvaluationResults": [
            {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": "allowed" if _is_allowed(account, action) else "implicitDeny",
            }
            for action in params["ActionNames"]
            for resource in resources
        ],
        "IsTruncated": False,
    }


@operation("iam")
def ListAccountAliases(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """The one alias that an account has (IAM API reference): here the account's name."""
    return {"AccountAliases": [account.name], "IsTruncated": False}


def _is_allowed(account: "Account", action: str) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in account.allowed)
