"""What a console has to be told to ask the stand-ins about a fleet."""

from collections.abc import Mapping
from typing import Any
from zlib import crc32

PREFIX = "/_outsiders/"
DATADOG, SENTRY, GITHUB, TELEGRAM = "datadog", "sentry", "github", "telegram"
TITLES: Mapping[str, str] = {DATADOG: "Datadog", SENTRY: "Sentry", GITHUB: "GitHub", TELEGRAM: "Telegram"}
"""By name: all that there are."""
KEYS: Mapping[str, str] = {
    "datadog-api-key": "sandbox-datadog-api-key",
    "datadog-app-key": "sandbox-datadog-app-key",
    "sentry-token": "sandbox-sentry-token",
    "github-token": "sandbox-github-token",
    "telegram-token": "110201543:sandbox-telegram-token",
}
"""File in the run's folder ``keys`` -> what it holds, and what the stand-ins accept."""
FOLDER = "keys"


def of_environment(name: str, key: str, fleet: Mapping[str, Any], endpoint: str) -> dict[str, Any]:
    """Tables of an environment.

    Args:
        name: The fleet's.
        key: The environment's.
        fleet: Its file; nothing where it has no ``outsiders``.
        endpoint: Where the world is served.
    """
    known = fleet.get("outsiders", {})
    tables: dict[str, Any] = {}
    if DATADOG in known:
        tables[DATADOG] = {
            "url": f"{endpoint}{PREFIX}{DATADOG}/{name}",
            "api_key": f"file:{FOLDER}/datadog-api-key",
            "app_key": f"file:{FOLDER}/datadog-app-key",
            "span": known[DATADOG]["span"],
        }
    if SENTRY in known:
        tables[SENTRY] = {
            "url": f"{endpoint}{PREFIX}{SENTRY}/{name}",
            "token": f"file:{FOLDER}/sentry-token",
            "organization": known[SENTRY]["organization"],
        }
    if GITHUB in known:
        tables[GITHUB] = {"url": f"{endpoint}{PREFIX}{GITHUB}/{name}", "token": f"file:{FOLDER}/github-token"}
    if known.get(TELEGRAM, {}).get("environment") == key:
        tables[TELEGRAM] = {
            "url": f"{endpoint}{PREFIX}{TELEGRAM}/{name}",
            "token": f"file:{FOLDER}/telegram-token",
        }
    return tables


def of_service(fleet: Mapping[str, Any], service: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of one of its services."""
    known = fleet.get("outsiders", {})
    tables: dict[str, Any] = {}
    if DATADOG in known:
        tables[DATADOG] = {"service": service["name"]}
    if SENTRY in known:
        repository = service["repository"]
        tables[SENTRY] = {"project": project(repository), "release": release(repository, "{version}")}
    return tables


def project(repository: str) -> str:
    """The number of the project for what a repository holds."""
    return str(4_500_000_000 + crc32(repository.encode()) % 10_000_000)


def release(repository: str, version: str) -> str:
    """What Sentry calls a version of it."""
    return f"{repository}@{version}"
