"""Where the bot's messages go. The address may hold the bot's token: it is masked."""

from datetime import timedelta

from console.checklists.context import CheckContext
from console.checklists.from_findings import failed, not_applicable, passed, unknown
from console.checklists.given import Given
from console.checklists.registry import REGISTRY, Deed
from console.checklists.telegram import Telegram
from console.domain.checklist import Effect, Result
from console.domain.words import age, count
from console.errors import RefusedError, UsageError

_NOBODY = "the environment has no bot"
_HOW = "write [… .telegram] with its token"
TOKEN = "{token}"
"""Stands for the token in a webhook's address."""


def _telegram(context: CheckContext) -> Telegram | None:
    settings = context.environment.telegram
    if settings is None:
        return None
    return Telegram(settings, context.outside.web, context.outside.secrets, context.clock)


def _wanted(given: Given, telegram: Telegram) -> str:
    return given.text("url").replace(TOKEN, telegram.token)


def _set(context: CheckContext, given: Given, words: str) -> str:
    telegram = _telegram(context)
    if telegram is None:
        raise RefusedError(_NOBODY, _HOW)
    url = _wanted(given, telegram)
    if not url.startswith("https://"):
        raise UsageError("a webhook's address begins with https://", "write url, with {token} for the token")
    telegram.set_webhook(url)
    return f"set to {url.replace(telegram.token, '…')}"


@REGISTRY.check(
    "telegram.webhook",
    "the bot's webhook is set to this API, nothing is pending, no error since",
    parameters={
        "url": "the address; {token} in it stands for the bot's token",
        "most": "messages that may be pending (10)",
        "since": "an error may be older than that (10m)",
    },
    every_s=30,
    deed=Deed("set it", _set),
)
def webhook(context: CheckContext, given: Given) -> Result:
    """As Telegram says it."""
    telegram = _telegram(context)
    if telegram is None:
        return not_applicable(_NOBODY)
    found, wanted = telegram.webhook(), _wanted(given, telegram)
    shown = found.url.replace(telegram.token, "…")
    if not found.url:
        return failed("no webhook is set", "A sets it")
    if wanted and found.url != wanted:
        return failed(
            f"set to {shown}", "A sets it", because=f"it should be {wanted.replace(telegram.token, '…')}"
        )
    if found.last_error_at is not None:
        ago = context.clock.now() - found.last_error_at
        if ago <= given.length("since", timedelta(minutes=10)):
            return failed(f"{age(ago.total_seconds())} ago: {found.last_error}", "look at the API's log")
    most = given.number("most", 10)
    if found.pending > most:
        return failed(f"{count(found.pending, 'message')} pending, limit {most:.0f}")
    if not wanted:
        return unknown(f"set to {shown}; which address is meant, the list does not say", "give it url")
    return passed(f"set, {found.pending} pending")


@REGISTRY.check(
    "telegram.set_webhook",
    "sets the bot's webhook",
    effect=Effect.WRITES,
    parameters={"url*": "the address; {token} in it stands for the bot's token"},
)
def set_webhook(context: CheckContext, given: Given) -> Result:
    """Once, by hand; what waits for the bot is kept."""
    return passed(_set(context, given, ""))
