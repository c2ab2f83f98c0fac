"""Checklists for tests: checks whose answers a test sets, and a door to lists in a folder of its own."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event

from console.checklists.context import CheckContext
from console.checklists.door import Checklists, Places
from console.checklists.given import Given
from console.checklists.registry import Registry
from console.config.settings import EnvironmentSettings, ServiceSettings, Settings
from console.domain.checklist import Effect, ItemState, Result
from console.errors import ThrottledError
from console.operations.outside import Outside
from tests.builders import ADDRESS, CLUSTER, an_environment
from tests.fakes import FakeClock, FakeLogs, FakePlatform, FakeSecrets, FakeSignals, FakeWeb, MemoryJournal


class Checks:
    """A registry of a few checks; ``answer`` is what they find."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.answer = Result(ItemState.PASS, "well")
        self.ran = 0
        self.gate = Event()
        """Closed, ``one.hangs`` hangs."""
        self.gate.set()
        self.registry.check("one.reads", "reads", parameters={"of": "anything"})(self._reads)
        self.registry.check("one.writes", "writes", effect=Effect.WRITES)(self._reads)
        self.registry.check("one.hangs", "hangs", limit_s=1)(self._hangs)
        self.registry.check("one.raises", "raises")(self._raises)
        self.registry.check("one.throttled", "is throttled")(self._throttled)
        self.registry.check("one.dies", "dies", effect=Effect.WRITES)(self._dies)

    def _reads(self, context: CheckContext, given: Given) -> Result:
        self.ran += 1
        return self.answer

    def _hangs(self, context: CheckContext, given: Given) -> Result:
        self.gate.wait(20)
        return self.answer

    def _raises(self, context: CheckContext, given: Given) -> Result:
        raise KeyError("nobody thought of that")

    def _throttled(self, context: CheckContext, given: Given) -> Result:
        raise ThrottledError("AWS asks for patience", "wait")

    def _dies(self, context: CheckContext, given: Given) -> Result:
        raise SystemExit


class Walks:
    """One service in one environment, whose lists are files of a folder."""

    def __init__(
        self,
        folder: Path,
        text: str,
        *,
        read_only: bool = False,
        runbook: str = "",
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.write("own.toml", text)
        if runbook:
            self.write("book.toml", runbook)
        self.checks = Checks()
        self.clock = FakeClock()
        self.journal = MemoryJournal()
        self.web = FakeWeb()
        self.signals = FakeSignals()
        self.platform = FakePlatform(environment=an_environment(read_only=read_only))
        service = ServiceSettings(
            ADDRESS, "rugmunch-api", CLUSTER, checklist="own.toml", checklist_parameters=parameters or {}
        )
        self.environment = EnvironmentSettings(
            self.platform.environment,
            services={"api": service},
            runbooks=("book.toml",) if runbook else (),
        )
        key = self.platform.environment.key
        self.settings = Settings(
            folder / "config.toml", folder / "journal", folder / "cache", environments={key: self.environment}
        )
        self.door = self.another()

    def another(self) -> Checklists:
        """The door as another process opens it."""
        places = Places(self.platform, self.signals, FakeLogs(), Outside(self.web, FakeSecrets()))
        key = self.platform.environment.key
        return Checklists(
            self.settings,
            {key: places},
            self.journal,
            self.clock,
            self.checks.registry,
            lambda address: "devon",
        )

    def write(self, name: str, text: str) -> None:
        """Put a list into the folder."""
        (self.folder / name).write_text(f'title = "List of {name}"\n{text}', "utf-8")

    def found(self, state: ItemState, value: str) -> None:
        """Let the checks find that from now on; what they found before is judged anew."""
        self.found_now(state, value)
        self.clock.advance(60)

    def found_now(self, state: ItemState, value: str) -> None:
        """The same, without letting time pass."""
        self.checks.answer = replace(self.checks.answer, state=state, value=value)


def an_item(id: str, more: str = "", phase: str = "before") -> str:
    """The lines of one item."""
    return f'[[items]]\nid = "{id}"\nphase = "{phase}"\ntitle = "{id} is so"\n{more}\n'
