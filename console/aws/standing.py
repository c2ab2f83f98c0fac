"""What we may do in an environment, asked of IAM before it is needed."""

from console.aws.calls import Calls
from console.config.settings import EnvironmentSettings
from console.domain.standing import Standing
from console.domain.text import plain
from console.errors import QuarterdeckError
from console.ports import Clock

ACTIONS = ("ecs:UpdateService", "ecs:RegisterTaskDefinition", "ecs:StopServiceDeployment")
"""What an order needs at the least."""


class Rights:
    """The rights of one environment; reads only. The account's alias is asked for once."""

    def __init__(self, settings: EnvironmentSettings, calls: Calls, clock: Clock) -> None:
        self._settings = settings
        self._calls = calls
        self._clock = clock
        self._alias: str | None = None

    def standing(self) -> Standing:
        """What we may do here now.

        Raises:
            CredentialsError: when there are none, or they cannot be renewed.
        """
        end = self._calls.credentials_end()
        may_write, because = self._may_write()
        return Standing(
            at=self._clock.now(),
            account_name=self._account_name(),
            may_write=may_write,
            because=because,
            credentials_end=end,
        )

    def _may_write(self) -> tuple[bool | None, str]:
        if self._settings.environment.read_only:
            return False, "configured read-only"
        try:
            denied = denied_actions(self._calls)
        except QuarterdeckError as error:
            return None, error.message
        return not denied, f"not allowed: {', '.join(denied)}" if denied else ""

    def _account_name(self) -> str:
        """The account's alias; empty where it has none, or may not be read."""
        if self._alias is None:
            try:
                answer = self._calls.read("iam", "ListAccountAliases")
            except QuarterdeckError:
                return ""
            self._alias = plain(next((str(name) for name in answer.get("AccountAliases", ())), ""))
        return self._alias


def denied_actions(calls: Calls) -> list[str]:
    """Those of ``ACTIONS`` that the caller's policies do not allow, by IAM's own simulation.

    A simulation knows neither the policies of resources nor, unless they are given, conditions (IAM
    API reference, SimulatePrincipalPolicy): it proves a *no* better than a *yes*.
    """
    caller = str(calls.read("sts", "GetCallerIdentity").get("Arn", ""))
    answer = calls.read(
        "iam",
        "SimulatePrincipalPolicy",
        PolicySourceArn=principal_of(caller),
        ActionNames=list(ACTIONS),
    )
    return [
        plain(str(item.get("EvalActionName")))
        for item in answer.get("EvaluationResults", ())
        if item.get("EvalDecision") != "allowed"
    ]


def principal_of(caller: str) -> str:
    """The IAM principal behind a caller ARN: a session of a role stands for the role."""
    parts = caller.split(":", 5)
    if len(parts) == 6 and parts[2] == "sts" and parts[5].startswith("assumed-role/"):
        return f"{parts[0]}:{parts[1]}:iam::{parts[4]}:role/{parts[5].split('/')[1]}"
    return caller
