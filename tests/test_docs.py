"""What the documents say is what the product does."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from console.app import QuarterdeckApp
from console.checklists import loader
from console.checklists.registry import Check, all_checks
from console.cli.main import parser
from console.config import schema
from console.config.loader import load
from console.domain.checklist import Effect, ItemState, Phase
from console.domain.operation import Mechanism, Verdict
from console.domain.service import ServiceState
from screens.keymap import keymap, places, remappable

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
EXAMPLE = (ROOT / "config.example.toml").read_text(encoding="utf-8")


def uncommented() -> str:
    """The example with the lines in it that are settings in another form switched on."""
    return re.sub(r"^#x ", "", EXAMPLE, flags=re.MULTILINE)


@pytest.mark.parametrize("text", [EXAMPLE, uncommented()], ids=["as it is", "everything on"])
def test_the_example_configuration_loads(text: str, tmp_path: Path) -> None:
    """As it is, and with what is commented out switched on."""
    (tmp_path / "aws").mkdir()
    for name in ("config", "credentials"):
        (tmp_path / "aws" / name).touch()
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")

    assert len(load(file).services()) == 2


def test_the_example_configuration_has_every_setting() -> None:
    """And the schema has every setting of the example: the loader has just accepted it."""
    file = tomllib.loads(uncommented())
    environments = [e for s in file["systems"].values() for e in s["environments"].values()]
    services = [s for e in environments for s in e["services"].values()]

    assert set(file) == set(schema.TOP)
    assert set(file["paths"]) == set(schema.PATHS)
    assert set(file["console"]) == set(schema.CONSOLE)
    assert {key for table in environments for key in table} == set(schema.ENVIRONMENT)
    assert {key for table in services for key in table} == set(schema.SERVICE)
    for name, known in _OF_A_SERVICE.items():
        assert {key for table in services for key in table.get(name, {})} | {"file"} == {*known, "file"}
    steps = [step for table in services for step in table.get("smoke", {}).get("steps", ())]
    assert {key for step in steps for key in step} == set(schema.SMOKE_STEP)
    guards = [table["guard"] for table in (*environments, *services) if "guard" in table]
    assert {key for table in guards for key in table} == set(schema.GUARD)
    for known, tables in (
        (schema.TRIGGER, [table.get("triggers", {}) for table in guards]),
        (schema.ALERT, [table.get("alerts", {}) for table in (*environments, *services)]),
    ):
        assert {key for table in tables for figure in table.values() for key in figure} == set(known)
    groups = [group for table in environments for group in table.get("groups", {}).values()]
    assert set(file["integrations"]) == set(schema.INTEGRATIONS)
    assert set(file["integrations"]["crash_reports"]) == set(schema.CRASH_REPORTS)
    for name, three in _SUPPLIERS.items():
        written = [file["integrations"][name], *(t.get(name, {}) for t in (*environments, *services))]
        assert {key for table in written for key in table} == {key for table in three for key in table}
    assert {key for group in groups for key in group} == set(schema.GROUP)


_OF_A_SERVICE = {
    "health_words": schema.HEALTH_WORDS,
    "smoke": schema.SMOKE,
    "validate": schema.VALIDATE,
    "database": schema.DATABASE,
    "migration": schema.MIGRATION,
}

_SUPPLIERS = {
    "datadog": (schema.DATADOG, schema.ENVIRONMENT_DATADOG, schema.SERVICE_DATADOG),
    "sentry": (schema.SENTRY, schema.ENVIRONMENT_SENTRY, schema.SERVICE_SENTRY),
}


def test_the_configuration_page_has_every_setting() -> None:
    """Each in a row of its own table."""
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    tables = [schema.PATHS, schema.CONSOLE, schema.ENVIRONMENT, schema.SERVICE, schema.GROUP]
    tables += [*_OF_A_SERVICE.values(), schema.SMOKE_STEP, schema.CRASH_REPORTS]
    tables += [schema.GUARD, schema.TRIGGER, schema.ALERT]
    tables += [table for three in _SUPPLIERS.values() for table in three]
    settings = {"operator"}.union(*tables) - {"services", "groups"}
    rows = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))

    assert {key for key in settings if f"`{key}`" not in rows} == set()


def test_the_keys_of_the_example_are_keys() -> None:
    """The loader knows no binding: the screens do."""
    keys = {name: (key,) if isinstance(key, str) else tuple(key) for name, key in _keys().items()}

    assert keymap(keys, QuarterdeckApp, ROOT / "config.example.toml").keys() == keys.keys()


def _keys() -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = tomllib.loads(EXAMPLE)["keys"]
    return found


def test_the_configuration_page_has_every_binding() -> None:
    """With the keys that it has by default."""
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")

    assert {
        str(item.id) for item in remappable(places(QuarterdeckApp)) if f"`{item.id}`" not in page
    } == set()


def test_the_headless_page_has_every_verdict_in_the_row_of_its_exit_code() -> None:
    """And every state that ``status`` may show."""
    page = (ROOT / "docs" / "headless.md").read_text(encoding="utf-8")
    codes = page[page.index("## Exit codes") :]

    for verdict in Verdict:
        (row,) = re.findall(rf"^\| {verdict.exit_code} \|.*$", codes, re.MULTILINE)
        assert re.search(rf"\b{verdict.value}\b", row)
    for state in ServiceState:
        assert re.search(rf"\b{state.value}\b", page)


def rows_of_checks() -> list[str]:
    """The table of checks as it has to stand on the page."""
    registry = all_checks()
    return [row_of(check) for name in registry.names() if (check := registry.get(name)) is not None]


def row_of(check: Check) -> str:
    """A check's row: required parameters are bold, and what it may do is said."""
    said = [check.says]
    if check.effect is Effect.WRITES:
        said.append("**writes**")
    if check.own_files_only:
        said.append("in lists of your own only")
    if check.deed is not None:
        said.append(f"`A` can {check.deed.verb}" + (f", with {check.deed.asks}" if check.deed.asks else ""))
    given = [
        f"**`{name[:-1]}`** {meaning}" if name.endswith("*") else f"`{name}` {meaning}"
        for name, meaning in check.parameters.items()
    ]
    return f"| `{check.name}` | {'; '.join(said)} | {'; '.join(given)} |"


def test_the_headless_page_has_every_mechanism() -> None:
    page = (ROOT / "docs" / "headless.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith("| `mechanism`"))
    assert set(re.findall(r"`([a-z_]+)`", row)) == {"mechanism", *(item.value for item in Mechanism)}


def test_the_page_of_checklists_has_every_check_with_its_parameters() -> None:
    """Row by row, as the registry has them."""
    page = (ROOT / "docs" / "checklists.md").read_text(encoding="utf-8")
    table = page[page.index("## The checks") :].splitlines()

    assert [line for line in table if line.startswith("| `")] == rows_of_checks()


def test_the_page_of_checklists_has_every_key_phase_and_state() -> None:
    page = (ROOT / "docs" / "checklists.md").read_text(encoding="utf-8")
    rows = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))

    assert {key for key in loader.ITEM if f"`{key}`" not in rows} == set()
    assert {key for key in ("title", "goal") if f"`{key}`" not in rows} == set()
    assert {state.value for state in ItemState if f"`{state.value}`" not in rows} == set()
    assert {phase.value for phase in Phase if f"`{phase.value}`" not in page} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    """Every relative link and picture is a file of the repository."""
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))

    assert {t for t in targets if "://" not in t and not (page.parent / t).exists()} == set()


def selections() -> list[str]:
    """Every call of pytest that stands in a page."""
    return [found for page in PAGES for found in re.findall(r"`(pytest [^`]+)`", page.read_text("utf-8"))]


@pytest.mark.parametrize("command", selections())
def test_every_selection_of_tests_on_the_pages_selects_some(command: str) -> None:
    words = [sys.executable, "-m", *shlex.split(command), "--collect-only", "-q", "-p", "no:cacheprovider"]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def commands() -> list[str]:
    """Every line of the pages that somebody would paste after ``$``."""
    lines = [line for page in PAGES for line in page.read_text(encoding="utf-8").splitlines()]
    return [line[2:].split(" #")[0].strip() for line in lines if line.startswith("$ ")]


@pytest.mark.parametrize("command", commands())
def test_every_command_on_the_pages_is_one(command: str) -> None:
    """``make`` targets exist, and the command line accepts the rest."""
    name, *words = shlex.split(command)

    if name == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert all(re.search(rf"^{word}:", makefile, re.MULTILINE) for word in words)
    else:
        assert name == "quarterdeck"
        parser().parse_args(words)


def test_the_changelog_begins_with_what_is_not_released() -> None:
    """So that a change has a place to be written down."""
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert headings[0] == "[Unreleased]"


def test_every_requirement_is_pinned_exactly_and_without_an_address() -> None:
    """What the project asks for, to run and to be developed, is in the constraints."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    groups = project["dependency-groups"].values()
    asked = [
        *project["project"]["dependencies"],
        *(item for group in groups for item in group if isinstance(item, str)),
    ]
    names = {_canonical(re.split(r"[<>=!~ ]", item)[0]) for item in asked}

    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9A-Za-z.]*", pin) for pin in pins)
    assert names - {_canonical(pin.split("==")[0]) for pin in pins} == set()


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
