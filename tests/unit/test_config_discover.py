"""Where the configuration is looked for."""

from pathlib import Path

import pytest

from console.config.discover import config_folder, example, find
from console.errors import ConfigError


def test_the_option_beats_the_variable_and_the_variable_the_usual_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--config, then QUARTERDECK_CONFIG, then the platform's configuration folder."""
    usual = config_folder() / "config.toml"
    usual.parent.mkdir(parents=True)
    usual.touch()
    assert find(None) == usual

    monkeypatch.setenv("QUARTERDECK_CONFIG", str(tmp_path / "variable.toml"))
    assert find(None) == tmp_path / "variable.toml"

    assert find(str(tmp_path / "option.toml")) == tmp_path / "option.toml"


def test_a_relative_path_is_taken_from_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is absolute from then on, whoever changes folder later."""
    monkeypatch.chdir(tmp_path)

    assert find("mine.toml") == tmp_path / "mine.toml"


def test_without_any_the_sandbox_and_the_example_are_named() -> None:
    """One line says how to try it and what to write from; the example that it names exists."""
    with pytest.raises(ConfigError) as caught:
        find(None)

    assert str(config_folder() / "config.toml") in caught.value.message
    assert "quarterdeck --sandbox" in caught.value.remedy
    assert str(example()) in caught.value.remedy
    assert example().is_file()
