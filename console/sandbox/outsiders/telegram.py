"""Telegram's Bot API as far as the console asks it: where a bot's messages go, and whether they arrive.

Shapes: ``getWebhookInfo`` and ``setWebhook`` (Telegram Bot API).
"""

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.sandbox import conditions, fleet
from console.sandbox.log_lines import USUAL_REASON
from console.sandbox.outsiders.ledger import Failures
from console.sandbox.outsiders.settings import KEYS, TELEGRAM
from console.sandbox.traffic import MINUTE
from console.sandbox.wire.message import Request

if TYPE_CHECKING:
    from console.sandbox.account import Account
    from console.sandbox.ecs.model import Service

REMEMBERED_S = 3600.0
"""How far back failed deliveries are told."""
DELIVERED_AGAIN_S = 120.0
"""So long after it failed, a message has arrived with another attempt."""
_BOT = re.compile(r"/bot([^/]+)/(\w+)")
_PORTS = ("", ":443", ":80", ":88", ":8443")
Answer = tuple[int, Any]


@dataclass
class Webhook:
    """Where a bot's messages go."""

    url: str
    since: float
    """When that was set: epoch seconds; what failed before is forgotten."""


class Telegram:
    """Answers for the bot of every fleet that has one."""

    name = TELEGRAM
    forbidden: Answer = (401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
    throttled = "Too Many Requests: retry after 5"

    def __init__(self) -> None:
        self._webhooks: dict[str, Webhook] = {}
        """By fleet."""
        self._failures = Failures()
        self.sent = 0
        """How often a webhook was set."""

    def refusal(self, request: Request) -> Answer | None:
        """The answer to who may not ask; ``None``: they may."""
        found = _BOT.search(request.path)
        return None if found and found[1] == KEYS["telegram-token"] else self.forbidden

    def complaint(self, words: str) -> Any:
        """How an error is said."""
        return {"ok": False, "error_code": 429, "description": words, "parameters": {"retry_after": 5}}

    def limits(self, now: float, left: int) -> dict[str, str]:
        """Telegram says only when it is too much."""
        return {} if left else {"Retry-After": "5"}

    def answer(self, account: "Account", request: Request, path: str) -> Answer:
        """Status and JSON of one request."""
        found = _BOT.fullmatch(path)
        method = found[2] if found else ""
        if method == "getWebhookInfo":
            return 200, {"ok": True, "result": self._told(account)}
        if method == "setWebhook":
            return self._set(account, request)
        return 404, {"ok": False, "error_code": 404, "description": "Not Found"}

    def _set(self, account: "Account", request: Request) -> Answer:
        try:
            given = json.loads(request.body) if request.body else request.form
            url = given.get("url", "")
        except (ValueError, AttributeError):
            return _bad("object expected as a body")
        if not isinstance(url, str) or not _is_allowed(url):
            return _bad("bad webhook: An HTTPS URL must be provided for webhook")
        account.conditions.clear(conditions.WEBHOOK_LOST)
        self._webhooks[account.name] = Webhook(url, account.world.now())
        self.sent += 1
        said = "Webhook was set" if url else "Webhook was deleted"
        return 200, {"ok": True, "result": True, "description": said}

    def _told(self, account: "Account") -> Any:
        webhook = self._webhooks.get(account.name) or Webhook(_usual(account), 0.0)
        is_lost = account.conditions.get(conditions.WEBHOOK_LOST) is not None
        url = "" if is_lost else webhook.url
        told: dict[str, Any] = {
            "url": url,
            "has_custom_certificate": False,
            "pending_update_count": 0,
            "max_connections": 40,
        }
        now = account.world.now()
        service = _receiver(account)
        if service is None or not url:
            return told
        failed = self._undelivered(account, service, max(webhook.since, now - REMEMBERED_S), now)
        if failed:
            told["pending_update_count"] = sum(now - at < DELIVERED_AGAIN_S for at in failed)
            told["last_error_date"] = int(failed[-1])
            told["last_error_message"] = "Wrong response from the webhook: 500 Internal Server Error"
        return told

    def _undelivered(self, account: "Account", service: "Service", begin: float, end: float) -> list[float]:
        """When messages could not be delivered; what fails now and then, the next attempt sets right."""
        route = fleet.told(account, TELEGRAM)["route"]
        first = begin // MINUTE * MINUTE
        return [
            item.at
            for item in self._failures.between(account, service, max(begin, first), end)
            if item.what == route and item.failed != USUAL_REASON
        ]


def _receiver(account: "Account") -> "Service | None":
    told = fleet.told(account, TELEGRAM)
    places = fleet.told_places(account)
    return next(
        (
            place.service
            for place in places
            if (place.environment, place.service.name) == (told["environment"], told["service"])
        ),
        None,
    )


def _usual(account: "Account") -> str:
    """What was set before the world began."""
    url: str = fleet.told(account, TELEGRAM)["webhook"]
    return url.replace("{token}", KEYS["telegram-token"])


def _is_allowed(url: str) -> bool:
    """https, on one of the ports that Telegram calls; empty takes the webhook back."""
    found = re.fullmatch(r"https://[^/:\s]+(:\d+)?(/\S*)?", url)
    return not url or bool(found and (found[1] or "") in _PORTS)


def _bad(why: str) -> Answer:
    return 400, {"ok": False, "error_code": 400, "description": f"Bad Request: {why}"}
