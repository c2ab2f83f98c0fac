"""Telegram's Bot API as checklists need it: where a bot's messages are sent.

The token is part of every address, so that no address is ever told.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from console.config.integrations import TelegramSettings
from console.domain.web import Request
from console.errors import CredentialsError, EndpointError, RejectedError
from console.ports import Clock, Secrets, Web
from console.signals.suppliers import Exchange, members, text

NAME = "Telegram"
LIMIT_S = 8.0


@dataclass(frozen=True)
class Webhook:
    """What Telegram does with a bot's messages."""

    url: str
    """Empty: none is set. It may hold the token."""
    pending: int
    last_error_at: datetime | None = None
    last_error: str = ""


class Telegram:
    """One look at a bot.

    Every method raises a :class:`console.errors.QuarterdeckError` without the token in it.
    """

    def __init__(self, settings: TelegramSettings, web: Web, secrets: Secrets, clock: Clock) -> None:
        self._token = secrets.value(settings.token)
        self._base = f"{settings.url}/bot{quote(self._token, safe=':')}"
        self._exchange = Exchange(NAME, web, clock, LIMIT_S)

    @property
    def token(self) -> str:
        """To be recognized in a webhook's address; never shown."""
        return self._token

    def webhook(self) -> Webhook:
        """Where its messages go (getWebhookInfo)."""
        found = self._ask(Request("GET", f"{self._base}/getWebhookInfo"))
        pending, error_at = found.get("pending_update_count", 0), found.get("last_error_date")
        return Webhook(
            url=str(found.get("url") or ""),
            pending=pending if isinstance(pending, int) else 0,
            last_error_at=datetime.fromtimestamp(error_at, UTC) if isinstance(error_at, int) else None,
            last_error=text(found.get("last_error_message")),
        )

    def set_webhook(self, url: str) -> None:
        """Have its messages sent there (setWebhook); what waits is kept. Sent once."""
        body = json.dumps({"url": url}).encode()
        headers = {"Content-Type": "application/json"}
        self._ask(Request("POST", f"{self._base}/setWebhook", headers, body, reads=False))

    def _ask(self, request: Request) -> dict[str, object]:
        try:
            reply = self._exchange.send(request, (200, 400, 401, 404))
        except EndpointError as error:
            # whatever it says may name the address, and with it the token
            raise EndpointError(error.message.replace(self._token, "…").split("/bot")[0]) from None
        answer = members(self._exchange.read(reply.body), NAME)
        if reply.status in (401, 404):
            raise CredentialsError(f"{NAME} does not accept the bot's token", "renew it at the reference")
        if answer.get("ok") is not True:
            raise RejectedError(f"{NAME} refuses: {text(answer.get('description')) or reply.status}")
        result = answer.get("result")
        return result if isinstance(result, dict) else {}
