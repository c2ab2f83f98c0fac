"""The checks that an item may name, and what each is given."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from console.checklists.context import CheckContext
from console.checklists.given import Given
from console.domain.checklist import Effect, Result

Run = Callable[[CheckContext, Given], Result]
"""Looks once, blocking; may raise any :class:`console.errors.QuarterdeckError`, which means NODATA."""


Do = Callable[[CheckContext, Given, str], str]
"""Does what an item is about, once, with a person's words; says in a line what was done. Raises when it was
not done, :class:`console.errors.OutcomeUnknownError` when that is not known."""


@dataclass(frozen=True)
class Deed:
    """What can be done about an item from here."""

    verb: str
    """``approve``"""
    do: Do
    asks: str = ""
    """What the person has to write; empty: nothing."""


@dataclass(frozen=True)
class Check:
    """One way to judge an item by itself."""

    name: str
    """``family.what``"""
    says: str
    """One line: what it looks at."""
    run: Run
    effect: Effect
    parameters: Mapping[str, str]
    """Name -> what it means; a name with ``*`` behind it must be given."""
    every: timedelta
    """How often it is judged again while somebody looks."""
    limit: timedelta
    """After that it is called NODATA, whatever it is still doing."""
    own_files_only: bool = False
    """Only a list of the operator's own may name it."""
    deed: Deed | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Parameters that must be given."""
        return tuple(name[:-1] for name in self.parameters if name.endswith("*"))

    @property
    def knows(self) -> tuple[str, ...]:
        """Every parameter that it may be given."""
        return tuple(name.rstrip("*") for name in self.parameters)


class Registry:
    """Every check by its name."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def check(
        self,
        name: str,
        says: str,
        *,
        effect: Effect = Effect.READS,
        parameters: Mapping[str, str] | None = None,
        every_s: float = 15.0,
        limit_s: float = 10.0,
        own_files_only: bool = False,
        deed: Deed | None = None,
    ) -> Callable[[Run], Run]:
        """Put a function under a name.

        Raises:
            ValueError: when the name is taken.
        """

        def put(run: Run) -> Run:
            if name in self._checks:
                raise ValueError(f"there are two checks named {name}")
            self._checks[name] = Check(
                name,
                says,
                run,
                effect,
                parameters or {},
                timedelta(seconds=every_s),
                timedelta(seconds=limit_s),
                own_files_only,
                deed,
            )
            return run

        return put

    def get(self, name: str) -> Check | None:
        """A check; ``None`` when there is none of that name."""
        return self._checks.get(name)

    def names(self) -> Iterable[str]:
        """All names, in order."""
        return sorted(self._checks)


REGISTRY = Registry()
"""The checks of this program; each family in ``console.checklists.checks`` adds its own."""


def all_checks() -> Registry:
    """The registry with every family in it."""
    from console.checklists import checks

    checks.load()
    return REGISTRY
