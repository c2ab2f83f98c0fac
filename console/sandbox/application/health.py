"""What each system's health endpoint says, in the words of that system.

They agree on nothing but the status code: 200 when all is well, 503 when it is not.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from console.sandbox.application.serving import Answering

Json = dict[str, Any]


def picture(system: str, alias: str, one: Answering) -> Json:
    """The body of a health answer.

    Args:
        system: The fleet's ``application``.
        alias: What the service is called in its environment.
    """
    return _PICTURES[system](alias, one)


def moment(at: float) -> str:
    """As programs write moments: UTC with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rugmunch(_: str, one: Answering) -> Json:
    return {"status": "ok" if one.is_well else "error"}


def _mealplanner(_: str, one: Answering) -> Json:
    return {
        "status": "healthy" if one.is_well else "unhealthy",
        "timestamp": moment(one.at),
        "uptime": round(one.uptime_s, 3),
        "database": "healthy" if one.has_database else "unhealthy",
        "cache": "healthy",
    }


def _clever_better(alias: str, one: Answering) -> Json:
    return {
        "status": "healthy" if one.is_well else "unhealthy",
        "service": alias,
        "version": one.version,
        "uptime_seconds": round(one.uptime_s),
        "checks": {"database": "ok" if one.has_database else "failed"},
    }


def _fairtradeworker(_: str, one: Answering) -> Json:
    return {
        "status": "ok" if one.is_well else "error",
        "version": one.version,
        "uptime": round(one.uptime_s),
        "database": "connected" if one.has_database else "disconnected",
        "timestamp": moment(one.at),
    }


def _swapjoy(_: str, one: Answering) -> Json:
    return {
        "status": "healthy" if one.is_well else "unhealthy",
        "version": one.version,
        "uptime": round(one.uptime_s),
        "database": "connected" if one.has_database else "disconnected",
        "redis": "connected",
        "timestamp": moment(one.at),
    }


_PICTURES: dict[str, Callable[[str, Answering], Json]] = {
    "clever-better": _clever_better,
    "fairtradeworker": _fairtradeworker,
    "mealplanner": _mealplanner,
    "rugmunch": _rugmunch,
    "swapjoy": _swapjoy,
}
