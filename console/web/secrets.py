"""Values that the configuration only refers to: an environment variable, a file, AWS Secrets Manager."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from console.errors import ConfigError

KINDS = ("env", "file", "secretsmanager")
LARGEST = 65_536
"""Bytes of a file that can hold one value; Secrets Manager's own limit as well."""


class References:
    """Implements :class:`console.ports.Secrets`. Nothing is kept: a value that was renewed is seen at once.

    Args:
        folder: Relative paths are taken from it.
        keeper: Reads a secret of AWS Secrets Manager by its name or ARN.
    """

    def __init__(self, folder: Path, keeper: Callable[[str], str]) -> None:
        self._folder = folder
        self._keeper = keeper

    def value(self, reference: str) -> str:
        """The value behind a reference; see :meth:`console.ports.Secrets.value`."""
        kind, _, name = reference.partition(":")
        if kind == "env" and name:
            return self._variable(name)
        if kind == "file" and name:
            return self._file(name)
        if kind == "secretsmanager" and name:
            return self._kept(name)
        raise ConfigError(
            f"{reference!r} refers to nothing", "write env:NAME, file:PATH or secretsmanager:NAME"
        )

    def _variable(self, name: str) -> str:
        found = os.environ.get(name)
        if not found:
            raise ConfigError(f"the environment variable {name} is not set", f"export {name}=…")
        return found

    def _file(self, name: str) -> str:
        path = self._folder / Path(name).expanduser()
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
            text = content.decode("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{path} cannot be read: {getattr(error, 'strerror', None) or 'not text'}"
            ) from None
        if not text or len(content) > LARGEST:
            raise ConfigError(f"{path} holds {'nothing' if not text else 'more than one value'}")
        return text

    def _kept(self, name: str) -> str:
        """``NAME#KEY``: one member of a secret that is a JSON object."""
        name, _, key = name.partition("#")
        text = self._keeper(name)
        if not key:
            return text
        try:
            member = json.loads(text)[key]
        except (ValueError, TypeError, KeyError):
            raise ConfigError(f"the secret {name} has no member {key}") from None
        return str(member)
