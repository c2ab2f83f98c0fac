"""STS: who a caller is."""

from typing import TYPE_CHECKING, Any

from console.sandbox.registry import operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

ROLE = "oncall"
SESSION = "devon"


def caller_arn(account: "Account") -> str:
    """The ARN under which everybody acts in an account of the sandbox: a role's session."""
    return f"arn:aws:sts::{account.id}:assumed-role/{ROLE}/{SESSION}"


@operation("sts")
def GetCallerIdentity(account: "Account", params: dict[str, Any]) -> dict[str, Any]:
    """The caller's account, ARN and user id (role id, colon, session name)."""
    return {
        "Account": account.id,
        "Arn": caller_arn(account),
        "UserId": f"AROASANDBOX{account.id}:{SESSION}",
    }
