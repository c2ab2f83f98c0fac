"""The mutation run: mutmut plants one small mistake at a time in the safety core; do the unit tests notice?

``make campaign NAME=mutants`` runs it; ``[tool.mutmut]`` in ``pyproject.toml`` names modules and tests.
It goes on where it was stopped, and tests again only what has changed since.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

COPY = Path("mutants")
"""Where mutmut keeps its copy of the checkout, and what it has tried."""
LEAST = 0.90
"""Share of the mutants that has to be noticed."""
NOTICED = frozenset({"killed", "timeout"})
"""A mutant that never ends is noticed, too."""
_RESULT = re.compile(r"^\s*(?P<module>[\w.]+)\.x[_ǁ]\S*: (?P<outcome>.+)$")


def outcomes(results: str) -> dict[str, Counter[str]]:
    """Module -> outcome -> number of mutants, from what ``mutmut results --all true`` prints."""
    counted: dict[str, Counter[str]] = {}
    for match in filter(None, map(_RESULT.match, results.splitlines())):
        counted.setdefault(match["module"], Counter())[match["outcome"]] += 1
    return counted


def share(counted: Counter[str]) -> float:
    """Share of the mutants that was noticed, from 0 to 1."""
    return sum(counted[outcome] for outcome in NOTICED) / max(1, counted.total())


def report(by_module: dict[str, Counter[str]]) -> tuple[str, ...]:
    """A line a module, and the sum."""
    total = sum(by_module.values(), Counter[str]())
    rows = [*sorted(by_module.items()), ("all", total)]
    return tuple(
        f"{name:<32} {share(counted):6.1%} of {counted.total():>5}"
        f" · {counted['survived']} survived, {counted['no tests']} without a test"
        for name, counted in rows
    )


def repair(copy: Path, checkout: Path) -> tuple[Path, ...]:
    """Delete from the copy the modules that a run was stopped in the middle of writing: they are empty, and
    mutmut takes them for done. Returns what was deleted."""
    torn = tuple(
        file
        for file in sorted(copy.glob("console/**/*.py"))
        if not file.stat().st_size and _size(checkout / file.relative_to(copy))
    )
    for file in torn:
        file.unlink()
    return torn


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def main() -> int:
    """Run mutmut and report; 1 where fewer than :data:`LEAST` were noticed, or some were not tried."""
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    # The copy with the mutants comes before the checkout that the environment was installed from.
    environment = os.environ | {"PYTHONPATH": str(COPY.absolute())}
    COPY.mkdir(exist_ok=True)  # a folder that is made later is not looked into
    repair(COPY, Path())
    workers = str(os.cpu_count() or 1)
    subprocess.run([mutmut, "run", "--max-children", workers], env=environment, check=True)
    results = subprocess.run(
        [mutmut, "results", "--all", "true"], env=environment, check=True, capture_output=True, text=True
    )
    by_module = outcomes(results.stdout)
    print("\n".join(report(by_module)))
    total = sum(by_module.values(), Counter[str]())
    return 0 if total and not total["not checked"] and share(total) >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
