"""The wheel, installed as somebody else would: in a fresh environment, run from another folder."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ORIGINAL_ENVIRONMENT

ROOT = Path(__file__).parents[1]
INSTALL_S = 600
PATIENCE_S = 170

pytestmark = pytest.mark.timeout(2 * INSTALL_S)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built distribution."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*pip, "--wheel-dir", str(folder), str(ROOT)], env=ORIGINAL_ENVIRONMENT, check=True, timeout=INSTALL_S
    )
    (built,) = folder.glob("quarterdeck-*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, in an environment that holds nothing but it and its pinned requirements."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=INSTALL_S)
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(binaries / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "--no-compile", "--constraint", str(ROOT / "constraints.txt"), str(wheel)],
        env=ORIGINAL_ENVIRONMENT,
        check=True,
        timeout=INSTALL_S,
    )
    return binaries / "quarterdeck"


def test_the_wheel_holds_the_product_and_nothing_else(wheel: Path) -> None:
    """Style sheets, fleets and the example are in it; tests are not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    folders = {name.split("/")[0] for name in names}
    data = {
        str(path.relative_to(ROOT))
        for top in ("console", "screens", "widgets")
        for path in (ROOT / top).rglob("*")
        if path.suffix in (".py", ".tcss", ".toml")
    }

    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {
        "console",
        "screens",
        "widgets",
    }
    assert any(name.endswith(".toml") for name in data)
    assert any(name.endswith(".tcss") for name in data)
    assert data - names == set()
    assert "console/config/example.toml" in names


def test_the_installed_command_runs_from_another_folder(program: Path, tmp_path: Path) -> None:
    """It helps, names the example that came with it, serves the sandbox, and reads its fleets."""
    helped = _run(program, ["--help"], tmp_path)
    assert helped.returncode == 0
    assert "rollback" in helped.stdout

    lost = _run(program, ["status"], tmp_path)
    assert lost.returncode == 2
    example = Path(lost.stderr.rsplit("from ", 1)[1].strip())
    assert example.read_text(encoding="utf-8") == (ROOT / "config.example.toml").read_text(encoding="utf-8")

    serving = subprocess.Popen(
        [program, "sandbox", "--json", "--fleet", "rugmunch"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert serving.stdout is not None
        ready = json.loads(serving.stdout.readline())
        status = _run(program, ["status", "--json", "--config", ready["config"]], tmp_path)
    finally:
        serving.terminate()
        serving.communicate(timeout=PATIENCE_S)

    assert status.returncode == 0, status.stderr
    (environment,) = json.loads(status.stdout)["environments"]
    assert environment["system"] == "rugmunch"
    assert environment["error"] is None
    assert {service["address"] for service in environment["services"]} >= {"rugmunch/production/api"}


def _run(program: Path, words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *words], cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
