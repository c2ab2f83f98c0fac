"""The folder of one run: the configuration of that world, and everything that goes with it.

The configuration names the journal, the cache and the AWS files beside it, so that a console on a
sandbox touches no real journal and no real account, whatever the environment says.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from console.errors import SandboxError
from console.sandbox.outsiders import settings as outsiders
from console.sandbox.toml import document

if TYPE_CHECKING:
    from console.sandbox.kernel import World

CONFIG, JOURNAL, CACHE, AWS = "config.toml", "journal.sqlite3", "cache", "aws"


def state_folder() -> Path:
    """Where sandboxes keep what outlives a process, under the platform's place for state.

    Raises:
        SandboxError: when it cannot be made.
    """
    folder = platformdirs.user_state_path("quarterdeck", appauthor=False) / "sandbox"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SandboxError(f"{folder} cannot be made: {(error.strerror or str(error)).lower()}") from error
    return folder


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)


@dataclass(frozen=True)
class RunFolder:
    """One run's own folder (0700); its files are 0600."""

    path: Path

    @property
    def config(self) -> Path:
        """The configuration that opens this world."""
        return self.path / CONFIG

    @property
    def aws_config(self) -> Path:
        return self.path / AWS / "config"

    @property
    def aws_credentials(self) -> Path:
        return self.path / AWS / "credentials"

    def remove(self) -> bool:
        """Remove the folder unless a console has left something in it; whether it is gone."""
        if (self.path / JOURNAL).exists():
            return False
        shutil.rmtree(self.path, ignore_errors=True)
        return not self.path.exists()


def create(world: "World", endpoint: str, systems: dict[str, Any]) -> RunFolder:
    """Make the folder of a run and write its files.

    Args:
        systems: The ``systems`` table of the configuration, without the members that depend on the
            run: ``profile`` and ``endpoint_url`` are added to every environment.

    Raises:
        SandboxError: when it cannot be written.
    """
    try:
        folder = RunFolder(Path(tempfile.mkdtemp(prefix="run-", dir=state_folder())))
        folder.aws_config.parent.mkdir(mode=0o700)
        (folder.path / CACHE).mkdir(mode=0o700)
        _leave_keys(folder.path / outsiders.FOLDER, systems)
        write_private(folder.aws_config, _aws_config(world, endpoint))
        write_private(folder.aws_credentials, _aws_credentials(world))
        write_private(folder.config, document(_settings(folder, world, endpoint, systems)))
    except OSError as error:
        raise SandboxError(f"the run's folder cannot be written: {error}") from error
    return folder


def _leave_keys(path: Path, systems: dict[str, Any]) -> None:
    """Write what the stand-ins of suppliers accept, where a system is told of any."""
    tables = [table for system in systems.values() for table in system["environments"].values()]
    if any(name in table for table in tables for name in outsiders.TITLES):
        path.mkdir(mode=0o700)
        for name, key in outsiders.KEYS.items():
            write_private(path / name, key)


def _settings(folder: RunFolder, world: "World", endpoint: str, systems: dict[str, Any]) -> dict[str, Any]:
    profiles = {account.id: account.name for account in world.accounts.values()}
    return {
        "paths": {
            "journal": str(folder.path / JOURNAL),
            "cache": str(folder.path / CACHE),
            "aws_config": str(folder.aws_config),
            "aws_credentials": str(folder.aws_credentials),
        },
        "systems": {
            name: {
                "environments": {
                    key: {"profile": profiles[table["account"]], "endpoint_url": endpoint} | table
                    for key, table in system["environments"].items()
                }
            }
            for name, system in systems.items()
        },
    }


def _aws_config(world: "World", endpoint: str) -> str:
    return "\n".join(
        f"[profile {account.name}]\nregion = {account.region}\noutput = json\n"
        f"endpoint_url = {endpoint}\ndisable_host_prefix_injection = true\n"
        for account in world.accounts.values()
    )


def _aws_credentials(world: "World") -> str:
    return "\n".join(
        f"[{account.name}]\naws_access_key_id = {account.access_key}\naws_secret_access_key = sandbox\n"
        for account in world.accounts.values()
    )
