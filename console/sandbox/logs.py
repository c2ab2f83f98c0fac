"""CloudWatch Logs."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.sandbox.account import Account


class LogState:
    """The log groups of one account; a stream per container of every task that ever ran."""

    def __init__(self, account: "Account") -> None:
        self.account = account
