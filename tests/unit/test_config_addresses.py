"""From what is typed to the one service it names."""

from pathlib import Path

import pytest

from console.config.addresses import resolve, resolve_group
from console.config.loader import load
from console.config.settings import Settings
from console.domain.address import Address
from console.domain.group import GroupAddress
from console.errors import UnknownServiceError


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Two systems that share an environment's and an alias's name, and one alias with another name."""
    text = ""
    for system, environment, alias, extra in (
        ("rugmunch", "production", "api", ""),
        ("rugmunch", "production", "worker", ""),
        ("fairtradeworker", "production", "api", ""),
        ("fairtradeworker", "staging", "api", ""),
        ("clever-better", "dev", "ml", 'also = ["ml-service"]'),
    ):
        head = f"[systems.{system}.environments.{environment}"
        if head not in text:
            text += f'{head}]\nregion = "us-east-1"\ncluster = "c"\n'
        text += f'{head}.services.{alias}]\nservice = "{system}-{alias}"\n{extra}\n'
    path = tmp_path / "config.toml"
    path.write_text(text)
    return load(path)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("rugmunch/production/api", Address("rugmunch", "production", "api")),
        ("production/worker", Address("rugmunch", "production", "worker")),
        ("staging/api", Address("fairtradeworker", "staging", "api")),
        ("dev/ml-service", Address("clever-better", "dev", "ml")),
        ("clever-better/dev/ml-service", Address("clever-better", "dev", "ml")),
    ],
)
def test_an_address_may_be_short_where_that_names_one_service(
    settings: Settings, text: str, address: Address
) -> None:
    """Full, shortened to environment/alias, or by another name of the alias."""
    assert resolve(settings, text) == address


def test_a_short_address_of_two_services_names_both(settings: Settings) -> None:
    """Nothing is guessed."""
    with pytest.raises(UnknownServiceError) as caught:
        resolve(settings, "production/api")

    assert "fairtradeworker/production/api or rugmunch/production/api" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("rugmunch/production/apo", "rugmunch/production/api"),
        ("prodution/worker", "production/worker"),
        ("rugmunch/prod/worker", "rugmunch/production/worker"),
    ],
)
def test_an_unknown_address_gets_the_nearest_one(settings: Settings, text: str, near: str) -> None:
    """A slip of the finger at 3 a.m. is answered with what was meant."""
    with pytest.raises(UnknownServiceError) as caught:
        resolve(settings, text)

    assert text in caught.value.message
    assert near in caught.value.remedy


@pytest.mark.parametrize("text", ["", "api", "a/b/c/d", "production", "\x1b[2J/x"])
def test_what_is_no_address_is_refused_in_one_printable_line(settings: Settings, text: str) -> None:
    """Also with escape sequences in it."""
    with pytest.raises(UnknownServiceError) as caught:
        resolve(settings, text)

    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("rugmunch/production", GroupAddress("rugmunch", "production")),
        ("rugmunch/production/@all", GroupAddress("rugmunch", "production")),
        ("staging/@all", GroupAddress("fairtradeworker", "staging")),
        ("staging/api", None),
        ("rugmunch/production/api", None),
    ],
)
def test_a_group_is_an_environment_or_a_name_after_an_at_sign(
    settings: Settings, text: str, group: GroupAddress | None
) -> None:
    """Everything else is a service's address."""
    assert resolve_group(settings, text) == group


@pytest.mark.parametrize(
    ("text", "remedy"),
    [("production/@all", "rugmunch/production/@all"), ("staging/@al", "fairtradeworker/staging/@all")],
)
def test_a_group_that_is_none_or_several_is_refused(settings: Settings, text: str, remedy: str) -> None:
    """With what was meant."""
    with pytest.raises(UnknownServiceError) as caught:
        resolve_group(settings, text)
    assert remedy in caught.value.remedy
