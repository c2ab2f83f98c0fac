"""Which way imports point: the contracts in ``pyproject.toml``, and what they cannot express."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def imported(folder: str) -> Iterator[tuple[Path, str]]:
    """Every module that a folder's files import, wherever in the file."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((file, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield file, node.module


def test_the_import_contracts_hold() -> None:
    """Layers, and who may know boto3 and Textual."""
    program = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout


def test_the_domain_imports_the_standard_library_only() -> None:
    """So that every rule in it can be read, and run, alone."""
    strangers = {
        (file.name, module)
        for file, module in imported("console/domain")
        if module.split(".")[0] not in sys.stdlib_module_names
        and not module.startswith(("console.domain", "console.errors"))
    }

    assert strangers == set()


def test_nobody_imports_the_tests() -> None:
    """The package names are generic; a wrong path must not find the tests in their place."""
    folders = ("console", "screens", "widgets")

    assert [
        file for folder in folders for file, module in imported(folder) if module.startswith("tests")
    ] == []


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("console.runtime", {"boto3", "botocore", "textual"}),
        ("console.operations.engine", {"boto3", "botocore", "textual", "sqlite3"}),
        ("console.app", {"boto3", "botocore"}),
    ],
)
def test_what_is_slow_to_import_waits_until_it_is_needed(module: str, unwanted: set[str]) -> None:
    """The first frame does not wait for boto3; the engine runs without a terminal."""
    script = f"import sys, {module}; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    assert unwanted & set(modules) == set()
