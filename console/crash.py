"""The console's own crashes, told to a Sentry project of the operator's: off without a key of its own.

Sent is where in the program it happened and the error in words, from which whatever may be secret, and
whatever names something of the operator's, is taken out. Values of variables never leave.
"""

import re
from collections.abc import Mapping
from contextvars import copy_context
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from console import __version__
from console.config.settings import Settings
from console.errors import QuarterdeckError
from console.logtail.masks import masked

if TYPE_CHECKING:
    from sentry_sdk.transport import Transport

LIMIT_S = 2.0
"""Longest that a crash waits for its report."""
FLUSH_S = 1.0
_SECRET_NAMES = (
    "dd-api-key",
    "dd-application-key",
    "dd_api_key",
    "dd_app_key",
    "api_key",
    "app_key",
    "project-access-token",
    "routing_key",
    "webhook_url",
    "slack_webhook_url",
    "aws_secret_access_key",
    "aws_session_token",
)
_SECRET = re.compile(
    r"(hooks\.slack\.com/services/)\S+|(/bot)\d+:[\w-]+|(Bearer |Token token=|GenieKey )\S+"
    r"|(?:sntry[su]_|gh[pousr]_|github_pat_|xox[abp]-|AKIA|ASIA)[\w-]+"
)
_OURS = (
    (re.compile(r"\barn:[\w:/.*@+=,-]+"), "[arn]"),
    (re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>]+"), "[address]"),
    (re.compile(r"\b[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}\b"), "[mail]"),
    (re.compile(r"\b\d{12}\b"), "[account]"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "[ip]"),
)
"""What names something of the operator's, and what is left of it."""
_LONGEST = 2_000
_NO_PLACE = ("abs_path", "vars", "pre_context", "post_context", "context_line")
"""Members of a stack frame that are left out: file names in full say whose machine it is."""


def tell(error: BaseException, settings: Settings, transport: "Transport | None" = None) -> None:
    """Tell of one crash, if the configuration wants it; waits for :data:`LIMIT_S` at most, never raises.

    Args:
        error: A bug of ours: errors that the operator can understand are none.
        transport: Carries it instead of Sentry's own.
    """
    if settings.crash_reports is None or isinstance(error, QuarterdeckError):
        return
    around = copy_context()
    report = Thread(
        target=around.run, args=(_tell, error, settings, transport), name="crash report", daemon=True
    )
    report.start()
    report.join(LIMIT_S)


def _tell(error: BaseException, settings: Settings, transport: "Transport | None") -> None:
    try:
        dsn = _dsn(settings)
        if dsn:
            _send(error, dsn, settings, transport)
    except Exception:  # a report that fails must not hide the crash that it is about
        return


def _dsn(settings: Settings) -> str:
    """The key behind the reference; empty where there is none now."""
    from console.web.secrets import References

    assert settings.crash_reports is not None
    try:
        return References(settings.path.parent, _nobody).value(settings.crash_reports.dsn)
    except QuarterdeckError:
        return ""


def _nobody(name: str) -> str:
    raise QuarterdeckError(f"no secret of AWS is read for a crash: {name}")


def _send(error: BaseException, dsn: str, settings: Settings, transport: "Transport | None") -> None:
    """A client of our own, with nothing that Sentry would hook into by itself.

    ``SENTRY_DSN`` has no say: the key is always given. Loading the library takes a sixth of a second, which
    only a crash waits for.
    """
    import sentry_sdk
    from sentry_sdk.scrubber import DEFAULT_DENYLIST, EventScrubber

    assert settings.crash_reports is not None
    client = sentry_sdk.Client(
        dsn=dsn,
        release=f"quarterdeck@{__version__}",
        environment=settings.crash_reports.environment,
        server_name="",
        default_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        trace_propagation_targets=[],
        auto_session_tracking=False,
        enable_metrics=False,
        send_client_reports=False,
        shutdown_timeout=0,
        spotlight=False,  # SENTRY_SPOTLIGHT and SENTRY_DEBUG have no say either
        debug=False,
        max_breadcrumbs=50,
        before_send=_scrubbed,
        event_scrubber=EventScrubber(recursive=True, denylist=[*DEFAULT_DENYLIST, *_SECRET_NAMES]),
        transport=transport,
    )
    with sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        scope.capture_exception(error)
    client.flush(timeout=FLUSH_S)


def _scrubbed(event: Any, _: Mapping[str, Any]) -> Any:
    """The event without what may be secret, and without what says whose machine it is."""
    event.pop("server_name", None)
    return _walked(event, str(Path.home()))


def _walked(value: Any, home: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _walked(item, home) for key, item in value.items() if key not in _NO_PLACE}
    if isinstance(value, list | tuple):
        return [_walked(item, home) for item in value]
    return scrub(value, home) if isinstance(value, str) else value


def scrub(text: str, home: str = "") -> str:
    """Words without keys, addresses, accounts and the operator's own folder."""
    text = masked(text)
    text = _SECRET.sub(lambda match: next((part for part in match.groups() if part), "") + "[key]", text)
    for pattern, instead in _OURS:
        text = pattern.sub(instead, text)
    if len(home) > 1:
        text = text.replace(home, "~")
    return text[:_LONGEST]
