"""Datadog, Sentry and crash reports in the configuration: what is said where, and how it complains."""

from pathlib import Path

import pytest

from console.config.integrations import CrashSettings, DatadogSettings, SentrySettings, named
from console.config.loader import load
from console.config.settings import ServiceSettings, Settings
from console.domain.address import Address
from console.errors import ConfigError

DATADOG = """
[integrations.datadog]
site = "datadoghq.eu"
api_key = "env:DD_API_KEY"
app_key = "env:DD_APP_KEY"
span = "express.request"
"""
SENTRY = """
[integrations.sentry]
organization = "acme"
token = "file:sentry.token"
"""
PLACE = """
[systems.shop.environments.production]
region = "us-east-1"
cluster = "shop"
[systems.shop.environments.production.services.api]
service = "shop-api"
"""
BOTH = """
[systems.shop.environments.production.services.api.datadog]
[systems.shop.environments.production.services.api.sentry]
project = "4501"
"""


def read(tmp_path: Path, *parts: str) -> Settings:
    path = tmp_path / "config.toml"
    path.write_text("".join(parts), encoding="utf-8")
    return load(path)


def api(settings: Settings) -> ServiceSettings:
    return settings.service(Address("shop", "production", "api"))


def complaint(tmp_path: Path, *parts: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, *parts)
    assert str(tmp_path / "config.toml") in caught.value.message
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_service_with_empty_tables_has_the_usual_names(tmp_path: Path) -> None:
    """The service's own name, the environment's, and a version as it is called."""
    found = api(read(tmp_path, DATADOG, SENTRY, PLACE, BOTH))

    assert found.datadog == DatadogSettings(
        url="https://api.datadoghq.eu",
        api_key="env:DD_API_KEY",
        app_key="env:DD_APP_KEY",
        service="shop-api",
        env="production",
        span="express.request",
        version="{version}",
    )
    assert found.sentry == SentrySettings(
        url="https://sentry.io",
        token="file:sentry.token",
        organization="acme",
        project="4501",
        environment="production",
        release="{version}",
    )


def test_a_service_without_tables_is_not_asked_about(tmp_path: Path) -> None:
    """However much is said of the suppliers."""
    found = api(read(tmp_path, DATADOG, SENTRY, PLACE))

    assert found.datadog is None
    assert found.sentry is None


def test_what_is_said_nearest_counts(tmp_path: Path) -> None:
    """Service before environment before all; a nearer address before a farther site."""
    near = """
[systems.shop.environments.production.datadog]
url = "http://127.0.0.1:4100/datadog/"
env = "prod"
span = "fastapi.request"
[systems.shop.environments.production.sentry]
environment = "prod"
organization = "shop"
[systems.shop.environments.production.services.api.datadog]
service = "front"
span = "http.request"
version = "shop-{version}"
[systems.shop.environments.production.services.api.sentry]
project = "7"
environment = "prod-eu"
release = "shop@{version}"
"""
    found = api(read(tmp_path, DATADOG, SENTRY, PLACE, near))

    assert found.datadog is not None
    assert found.sentry is not None
    assert found.datadog.url == "http://127.0.0.1:4100/datadog"
    assert (found.datadog.env, found.datadog.service, found.datadog.span) == ("prod", "front", "http.request")
    assert named(found.datadog.version, "v1.2.3") == "shop-v1.2.3"
    assert (found.sentry.organization, found.sentry.environment) == ("shop", "prod-eu")
    assert named(found.sentry.release, "v1.2.3") == "shop@v1.2.3"


@pytest.mark.parametrize(
    ("text", "says", "remedy"),
    [
        (
            DATADOG.replace("env:DD_APP_KEY", "0123abcd"),
            "integrations.datadog.app_key is no reference",
            "env:",
        ),
        (
            DATADOG.replace('app_key = "env:DD_APP_KEY"', ""),
            "datadog.app_key is missing",
            "[integrations.datadog]",
        ),
        (DATADOG.replace("datadoghq.eu", "datadog.eu"), "integrations.datadog.site", "datadoghq.eu"),
        (
            DATADOG.replace('span = "express.request"', ""),
            "api.datadog.span is missing",
            "services.api.datadog]",
        ),
        (DATADOG + 'url = "https://api.datadoghq.eu"', "site stands beside url", "one of them"),
        (DATADOG.replace('site = "datadoghq.eu"', 'url = "http://dog.example"'), "is not https", "https://"),
        (DATADOG + 'version = "api"', "integrations.datadog.version", "{version}"),
        (DATADOG + 'aqi_key = "env:X"', "aqi_key is not a setting", "api_key"),
    ],
)
def test_a_datadog_that_cannot_be_asked_is_refused(tmp_path: Path, text: str, says: str, remedy: str) -> None:
    """By file and key, with what to write."""
    found = complaint(tmp_path, text, SENTRY, PLACE, BOTH)

    assert says in found.message
    assert remedy in found.remedy


def test_a_key_in_the_place_of_a_reference_is_not_repeated(tmp_path: Path) -> None:
    """It may be a real one."""
    found = complaint(tmp_path, DATADOG.replace("env:DD_API_KEY", "5ecre7"), PLACE, BOTH)

    assert "5ecre7" not in str(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (SENTRY.replace('organization = "acme"', ""), "api.sentry.organization is missing"),
        (SENTRY.replace("file:sentry.token", "sntryu_1"), "integrations.sentry.token is no reference"),
        (SENTRY + 'project = "4501"', "project is not a setting"),
        (SENTRY + 'release = "{version}{version}"', "integrations.sentry.release"),
    ],
)
def test_a_sentry_that_cannot_be_asked_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """Likewise."""
    assert says in complaint(tmp_path, DATADOG, text, PLACE, BOTH).message


def test_a_project_is_a_number(tmp_path: Path) -> None:
    """Sentry's list of issues takes no slug."""
    assert (
        "'shop', not a project's number"
        in complaint(tmp_path, DATADOG, SENTRY, PLACE, BOTH.replace("4501", "shop")).message
    )


def test_crash_reports_are_off_unless_their_own_key_is_set(tmp_path: Path) -> None:
    """And the table without a key is refused."""
    own = '[integrations.crash_reports]\ndsn = "env:QUARTERDECK_SENTRY_DSN"\n'

    assert read(tmp_path, PLACE).crash_reports is None
    assert read(tmp_path, own, PLACE).crash_reports == CrashSettings("env:QUARTERDECK_SENTRY_DSN", "console")
    kept_in_aws = own.replace("env:QUARTERDECK_SENTRY_DSN", "secretsmanager:crashes")
    assert "crash_reports.dsn is kept in AWS" in complaint(tmp_path, kept_in_aws, PLACE).message
    assert "dsn is missing" in complaint(tmp_path, "[integrations.crash_reports]\n", PLACE).message
