"""Where the configuration is, and where state and cache belong when it does not say.

Linux: the XDG folders; macOS: ``~/Library``; Windows: the local application data.
"""

import os
from pathlib import Path

import platformdirs

from console.errors import ConfigError

_NAME = "quarterdeck"


def find(explicit: str | None) -> Path:
    """The configuration file: ``--config``, else ``QUARTERDECK_CONFIG``, else the platform's place.

    Whether a file that was named exists is for the loader to say.

    Raises:
        ConfigError: when none was named and none is in its place.
    """
    if named := explicit or os.environ.get("QUARTERDECK_CONFIG"):
        return Path(named).expanduser().absolute()
    usual = config_folder() / "config.toml"
    if usual.exists():
        return usual
    raise ConfigError(
        f"there is no {usual}",
        f"try the sandbox: quarterdeck --sandbox · or write one, from {example()}",
    )


def config_folder() -> Path:
    """Where ``config.toml`` is looked for."""
    return platformdirs.user_config_path(_NAME, appauthor=False)


def state_folder() -> Path:
    """Where the journal and the log of unexpected errors go."""
    return platformdirs.user_state_path(_NAME, appauthor=False)


def cache_folder() -> Path:
    """Where what can be fetched again goes."""
    return platformdirs.user_cache_path(_NAME, appauthor=False)


def example() -> Path:
    """The commented example: beside this module in an installed package, else in the checkout."""
    packaged = Path(__file__).with_name("example.toml")
    return packaged if packaged.exists() else Path(__file__).parents[2] / "config.example.toml"
