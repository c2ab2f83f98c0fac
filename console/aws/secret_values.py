"""Values kept in AWS Secrets Manager."""

from console.aws.calls import Calls
from console.errors import RejectedError


def secret_value(calls: Calls, name: str) -> str:
    """The current value of a secret, text only; it goes nowhere but to who asked.

    Raises:
        RejectedError: when it is binary.
        QuarterdeckError: whatever the call raises.
    """
    answer = calls.read("secretsmanager", "GetSecretValue", SecretId=name)
    value = answer.get("SecretString")
    if not isinstance(value, str):
        raise RejectedError(f"the secret {name} is not text")
    return value
