"""A command of the operator's own machine: npm audit, trivy, terraform plan, git."""

import os
import subprocess
from datetime import timedelta

from console.checklists.context import CheckContext
from console.checklists.from_findings import failed, passed, unknown
from console.checklists.given import Given, GivenError
from console.checklists.registry import REGISTRY
from console.domain.checklist import Result
from console.domain.text import plain

LONGEST_S = 300.0
KEPT = 4_000
"""Characters of the end of its output."""


@REGISTRY.check(
    "command.run",
    "a command ends as it should",
    parameters={
        "argv*": "the words of the command; no shell reads them",
        "codes": "exit codes that are well (0)",
        "limit": "how long it may take (60s)",
        "folder": "where it runs; from the configuration's folder",
        "fails_on": "exit codes that mean FAIL; without it every other does, with it the rest is NODATA",
    },
    every_s=600,
    limit_s=LONGEST_S,
    own_files_only=True,
)
def run(context: CheckContext, given: Given) -> Result:
    """Its output is kept, its end as the value; what it may do is up to whoever wrote the file."""
    argv = given.texts("argv")
    limit = min(LONGEST_S, given.length("limit", timedelta(seconds=60)).total_seconds())
    well, bad = _codes(given, "codes", {0}), _codes(given, "fails_on", set())
    try:
        ended = subprocess.run(  # argv alone: no shell, and nothing of a list that came with the program
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit,
            cwd=context.folder / given.text("folder"),
            env=dict(os.environ),
            check=False,
        )
    except FileNotFoundError:
        return unknown(f"there is no command {argv[0]}", "install it, or correct the list")
    except subprocess.TimeoutExpired:
        return unknown(f"{argv[0]} has not ended within {limit:.0f} s")
    except OSError as error:
        return unknown(f"{argv[0]} cannot be run: {error.strerror or error}")
    lines = [plain(line) for line in ended.stdout.decode("utf-8", "replace").splitlines()]
    evidence = "\n".join(lines)[-KEPT:]
    last = next((line.strip() for line in reversed(lines) if line.strip()), "no output")[:100]
    if ended.returncode in well:
        return passed(last, evidence)
    said = f"ended with {ended.returncode}: {last}"
    if bad and ended.returncode not in bad:
        return unknown(said, evidence=evidence)
    return failed(said, evidence=evidence)


def _codes(given: Given, name: str, usual: set[int]) -> set[int]:
    """Exit codes: ``"0"``, or ``["0", "2"]``."""
    found = given.texts(name)
    try:
        return {int(part) for part in found} or usual
    except ValueError:
        raise GivenError(f"{name} is no list of exit codes", 'write ["0", "2"]') from None
