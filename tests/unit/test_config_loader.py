"""The configuration file: what it may say, and how it complains."""

from datetime import timedelta
from pathlib import Path

import pytest

from console.config.loader import load
from console.domain.address import Address, Tier
from console.errors import ConfigError

SMALLEST = """
[systems.rugmunch.environments.production]
region = "us-east-1"
cluster = "rugmunch-cluster"

[systems.rugmunch.environments.production.services.api]
service = "rugmunch-api"
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def complaint(tmp_path: Path, text: str) -> ConfigError:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(path) in caught.value.message
    assert "\n" not in str(caught.value)
    return caught.value


def test_the_smallest_configuration_is_complete_through_defaults(tmp_path: Path) -> None:
    """Region, cluster and service are enough; what decides about confirming defaults to the strictest."""
    settings = load(write(tmp_path, SMALLEST))

    environment = settings.environments["rugmunch/production"]
    assert environment.environment.tier is Tier.PRODUCTION
    assert environment.environment.platform == "ecs"
    assert not environment.environment.read_only
    api = settings.service(Address("rugmunch", "production", "api"))
    assert (api.service, api.cluster, api.deploy) == ("rugmunch-api", "rugmunch-cluster", "pin")
    assert (api.soak, api.no_check_healthy_after) == (timedelta(minutes=30), timedelta(seconds=40))
    assert settings.path == tmp_path / "config.toml"


def test_every_setting_arrives(tmp_path: Path) -> None:
    """Each key of the file ends up in the settings, durations and paths read."""
    (tmp_path / "aws-config").touch()
    settings = load(
        write(
            tmp_path,
            """
operator = "sam"
[paths]
journal = "state/journal.sqlite3"
cache = "/var/cache/qd"
aws_config = "aws-config"
[systems.s.environments.e]
platform = "ecs"
tier = "staging"
account = "482319607715"
region = "eu-central-1"
profile = "on-call"
role_arn = "arn:aws:iam::482319607715:role/on-call"
endpoint_url = "http://127.0.0.1:4510"
cluster = "one"
read_only = true
[systems.s.environments.e.services.ml]
service = "ml-service"
cluster = "two"
containers = ["app", "sidecar"]
deploy = "force"
soak = "2.5s"
no_check_healthy_after = "4s"
health = "https://example.com/health"
also = ["ml-service"]
""",
        )
    )

    assert settings.operator == "sam"
    assert settings.journal == tmp_path / "state" / "journal.sqlite3"
    assert settings.cache == Path("/var/cache/qd")
    assert settings.aws_config_file == tmp_path / "aws-config"
    assert settings.aws_credentials_file is None
    environment = settings.environments["s/e"]
    assert environment.environment.tier is Tier.STAGING
    assert environment.environment.account == "482319607715"
    assert environment.environment.read_only
    assert environment.profile == "on-call"
    assert environment.role_arn.endswith("role/on-call")
    assert environment.endpoint_url == "http://127.0.0.1:4510"
    service = environment.services["ml"]
    assert (service.cluster, service.containers, service.deploy) == ("two", ("app", "sidecar"), "force")
    assert service.soak == timedelta(seconds=2.5)
    assert service.no_check_healthy_after == timedelta(seconds=4)
    assert service.health == "https://example.com/health"
    assert service.also == ("ml-service",)


def test_state_goes_to_the_home_folder_when_the_file_names_no_place(tmp_path: Path, home: Path) -> None:
    """Journal and cache default to the platform's folders, which are below home."""
    settings = load(write(tmp_path, SMALLEST))

    assert settings.journal.is_relative_to(home)
    assert settings.cache.is_relative_to(home)


def test_the_operator_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """QUARTERDECK_OPERATOR names who acts unless the file does."""
    monkeypatch.setenv("QUARTERDECK_OPERATOR", "robin")

    assert load(write(tmp_path, SMALLEST)).operator == "robin"
    assert load(write(tmp_path, 'operator = "sam"\n' + SMALLEST)).operator == "sam"


@pytest.mark.parametrize(
    ("line", "problem", "remedy"),
    [
        ('regoin = "us-east-1"', "production.regoin is not a setting", "region"),
        ('tier = "prod"', "production.tier is 'prod'", "production"),
        ("account = 482319607715", "production.account is a number, not text", "quotes"),
        ('account = "4823"', "production.account is '4823', not an account number", ""),
        ('platform = "kubernetes"', "production.platform is 'kubernetes', not ecs", "ecs"),
        ('read_only = "yes"', "production.read_only is text, not true or false", ""),
        ('role_arn = "on-call"', "production.role_arn is 'on-call'", ""),
        ('endpoint_url = "localhost:4510"', "production.endpoint_url is 'localhost:4510'", ""),
        ('profile = "a\\u001b[2Jb"', "production.profile has control characters", ""),
        ('services = "api"', "production.services is text, not a table", ""),
    ],
)
def test_a_bad_environment_key_is_named_with_its_path(
    tmp_path: Path, line: str, problem: str, remedy: str
) -> None:
    """The complaint says which key, what is wrong with it, and what it probably should be."""
    error = complaint(
        tmp_path,
        f'[systems.rugmunch.environments.production]\nregion = "us-east-1"\ncluster = "c"\n{line}\n',
    )

    assert f"systems.rugmunch.environments.{problem}" in error.message
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("line", "problem", "remedy"),
    [
        ('contaners = ["api"]', "contaners is not a setting", "containers"),
        ('containers = "api"', "containers is text, not a list", "brackets"),
        ("containers = [1]", "containers holds something that is not text", ""),
        ('containers = ["a", "a"]', "containers names something twice", ""),
        ('deploy = "pinned"', "deploy is 'pinned', not pin or force", "pin"),
        ('soak = "soon"', "soak is 'soon', not a duration", "30m"),
        ('soak = "-5s"', "soak is '-5s', less than nothing", ""),
        ('soak = "infs"', "soak is 'infs', not a duration", ""),
        ("soak = 30", "soak is a number, not text", "quotes"),
        ('also = ["API"]', "also has the name 'API'", "lower case"),
        ('health = "/health"', "health is '/health', not an http", ""),
    ],
)
def test_a_bad_service_key_is_named_with_its_path(
    tmp_path: Path, line: str, problem: str, remedy: str
) -> None:
    """The same for the keys of a service."""
    error = complaint(tmp_path, f"{SMALLEST}{line}\n")

    assert f"systems.rugmunch.environments.production.services.api.{problem}" in error.message
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "systems has no environment"),
        ("[sistems.a]", "sistems is not a setting at the top of the file"),
        ("[systems.Rug]", "systems.Rug has the name 'Rug'"),
        ('[systems."a.b"]', "systems.\"a.b\" has the name 'a.b'"),
        ("[systems.s.environment.e]", "systems.s.environment is not a setting in [systems.s]"),
        ("[systems.s.environments.e]", "systems.s.environments.e.region is missing"),
        ("[paths]\njournals = 'x'", "paths.journals is not a setting in [paths]"),
        ("[paths]\naws_config = 'nowhere'", "paths.aws_config names"),
    ],
)
def test_a_bad_table_is_named_with_its_path(tmp_path: Path, text: str, problem: str) -> None:
    """Unknown tables, impossible names and missing keys are all told apart."""
    rest = "" if "systems" in text or "sistems" in text or not text else SMALLEST
    assert problem in complaint(tmp_path, f"{text}\n{rest}").message


def test_an_alias_is_at_most_sixteen_characters(tmp_path: Path) -> None:
    """Lists have no room for longer ones."""
    assert load(write(tmp_path, SMALLEST.replace("services.api", "services." + "a" * 16)))
    assert (
        "of 17 characters"
        in complaint(tmp_path, SMALLEST.replace("services.api", "services." + "a" * 17)).message
    )


def test_no_two_services_answer_to_one_name(tmp_path: Path) -> None:
    """An alias is unique in its environment, other names included."""
    second = """
[systems.rugmunch.environments.production.services.worker]
service = "rugmunch-worker"
also = ["api"]
"""
    assert "is also called 'api'" in complaint(tmp_path, SMALLEST + second).message


def test_no_two_aliases_name_one_service(tmp_path: Path) -> None:
    """Two rows for one service would each think that the other's deployments are a colleague's."""
    second = """
[systems.rugmunch.environments.production.services.again]
service = "rugmunch-api"
"""
    assert "is the same service as api" in complaint(tmp_path, SMALLEST + second).message


def test_a_service_needs_a_cluster_from_somewhere(tmp_path: Path) -> None:
    """Its own or its environment's."""
    error = complaint(tmp_path, SMALLEST.replace('cluster = "rugmunch-cluster"', ""))

    assert "services.api.cluster is missing" in error.message


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[systems\n", "line 1"),
        (b"a = 1\na = 2\n", "line 2"),
        (b"operator = '\xff'\n", "not UTF-8 (byte 12)"),
        (b"a = " + b"[" * 5000, "is not TOML"),
    ],
)
def test_a_file_that_is_not_toml_is_one_line(tmp_path: Path, content: bytes, problem: str) -> None:
    """With the line where there is one."""
    path = tmp_path / "config.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        load(path)

    assert problem in caught.value.message
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """A missing file, and a folder in its place, each in its own words."""
    with pytest.raises(ConfigError, match=r"there is no .*nowhere\.toml"):
        load(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match="is a folder"):
        load(tmp_path)


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    """Some editors write one."""
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALLEST.encode())

    assert load(path).environments


GROUPED = (
    SMALLEST
    + """
also = ["the-api"]
tags = 'v\\d+'
[systems.rugmunch.environments.production.services.worker]
service = "rugmunch-worker"
[systems.rugmunch.environments.production.groups.app]
waves = [["worker"], ["the-api"]]
"""
)


def test_groups_are_waves_of_aliases_and_every_service_is_one_of_its_own(tmp_path: Path) -> None:
    """By whatever name the file calls a service."""
    environment = load(write(tmp_path, GROUPED)).environments["rugmunch/production"]
    assert environment.groups == {"all": (("api", "worker"),), "app": (("worker",), ("api",))}


@pytest.mark.parametrize(
    ("waves", "words"),
    [
        ('[["wroker"]]', "names 'wroker'"),
        ('[["worker"], ["worker"]]', "names a service twice"),
        ('[["api", "the-api"]]', "names a service twice"),
        ("[]", "names no service"),
        ('["worker"]', "is not a list of lists"),
        ("[[1]]", "holds something that is not text"),
    ],
)
def test_waves_that_mean_nothing_are_refused(tmp_path: Path, waves: str, words: str) -> None:
    """Each with the group's key."""
    text = GROUPED.replace('[["worker"], ["the-api"]]', waves)
    assert f"groups.app.waves {words}" in complaint(tmp_path, text).message


def test_tags_are_enforced_in_production_and_warned_of_elsewhere(tmp_path: Path) -> None:
    """Unless the file says otherwise; a service may have a rule of its own."""
    tagged = GROUPED.replace('region = "us-east-1"', 'region = "us-east-1"\ntags = "semver"')
    services = {item.address.alias: item for item in load(write(tmp_path, tagged)).services()}
    assert (services["api"].tags, services["worker"].tags) == (r"v\d+", "semver")
    assert services["worker"].tag_rule == "enforce"
    staging = tagged.replace('tags = "semver"', 'tags = "semver"\ntier = "staging"')
    assert {item.tag_rule for item in load(write(tmp_path, staging)).services()} == {"warn"}
    assert "not a regular expression" in complaint(tmp_path, tagged.replace('"semver"', '"v("')).message
