"""Teams that walk their lists on the sandbox: console and world on one clock moved by hand."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

from console.checklists import judging
from console.checklists.context import FRESH_S
from console.checklists.door import Checklists
from console.checklists.walker import Walker
from console.config.loader import load
from console.config.settings import Settings
from console.domain.address import Address
from console.domain.checklist import ItemState, ItemView, Phase, WalkView
from console.domain.operation import Plan
from console.operations.outside import Outside
from console.runtime import Runtime
from console.sandbox import fleet, folder
from console.sandbox.outsiders.github import GitHub
from console.sandbox.outsiders.telegram import Telegram
from console.web.client import WebClient
from console.web.secrets import References
from tests.contract.conftest import Sandbox
from tests.fakes import FakeClock

WHO = "devon"
SETTLE_S = 60.0
HASTE = 12.0
"""How much longer than usual an operation waits between two looks."""


class Hasty:
    """The same time, in which whoever waits waits longer: fewer looks at an hour of a rollout."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(HASTE * seconds)

    def wait(self, event: Event, seconds: float) -> bool:
        return self._clock.wait(event, HASTE * seconds)


@dataclass
class Lists:
    """A console whose teams walk their lists, and the world that they release into."""

    sandbox: Sandbox
    clock: FakeClock
    runtime: Runtime
    webs: list[WebClient]
    """To be closed."""

    @property
    def door(self) -> Checklists:
        return self.runtime.checklists

    def another(self, *, read_only: bool = False) -> "Lists":
        """The same console in another process: nothing but the journal is known to it."""
        settings = self.runtime.settings
        if read_only:
            environments = {
                key: replace(item, environment=replace(item.environment, read_only=True))
                for key, item in settings.environments.items()
            }
            settings = replace(settings, environments=environments)
        return replace(self, runtime=_runtime(settings, self.clock, self.webs))

    def close(self) -> None:
        for web in self.webs:
            web.close()

    # the world

    def wrong(self, fault: str, address: Address, **more: Any) -> int:
        """Let something go wrong there; its number."""
        body = {
            "fault": fault,
            "fleet": address.system,
            "environment": address.environment,
            "service": address.alias,
            **more,
        }
        status, answer = self.sandbox.control("POST", "world", body)
        assert status == 200, answer
        return int(answer["id"])

    def mend(self) -> None:
        """Take everything back."""
        assert self.sandbox.control("DELETE", "world")[0] == 200

    def wait(self, seconds: float) -> None:
        """Let time pass, for the world too."""
        self.clock.advance(seconds)
        self.sandbox.control("GET", "health")

    def calls(self, operation: str) -> int:
        """How often the sandbox received an operation."""
        return int(self.sandbox.control("GET", "calls")[1].get(operation, 0))

    @property
    def github(self) -> GitHub:
        """Who counts the approvals that were sent."""
        desk = self.sandbox.served.server.outsiders.desks["github"]
        assert isinstance(desk, GitHub)
        return desk

    @property
    def telegram(self) -> Telegram:
        """Who counts the webhooks that were set."""
        desk = self.sandbox.served.server.outsiders.desks["telegram"]
        assert isinstance(desk, Telegram)
        return desk

    def written(self, address: Address) -> int:
        """How many meal plans there are."""
        base = f"/_app/{address.system}/{address.environment}/{address.alias}/api/v1"
        user = json.dumps({"email": "smoke@mealplanner.example", "password": "sandbox"}).encode()
        token = json.loads(self.sandbox.request("POST", f"{base}/auth/login", user)[1])["accessToken"]
        headers = {"Authorization": f"Bearer {token}"}
        return int(json.loads(self.sandbox.request("GET", f"{base}/meal-plans", b"", headers)[1])["written"])

    # releases and their walks

    def plan(self, address: Address, version: str) -> Plan:
        return self.runtime.engine.plan_deploy(address, version)

    def said(self, address: Address, version: str) -> str:
        """What the plan of a deploy says of the list: ``PASS``, or what is open."""
        found = [check for check in self.plan(address, version).checks if check.name == "checklist"]
        return f"{found[0].state.name} {found[0].evidence}" if found else "nothing"

    def deploy(self, address: Address, version: str) -> dict[str, Any]:
        """Deploy to the end; the verdict's facts."""
        return self._carried(self.plan(address, version))

    def ship(self, address: Address, version: str, takes_s: float) -> None:
        """Deploy as a pipeline does, past the console, and let its time pass."""
        service = self.runtime.settings.service(address)
        ecs = self.sandbox.client("ecs", address.system)
        live = ecs.describe_services(cluster=service.cluster, services=[service.service])["services"][0]
        old = ecs.describe_task_definition(taskDefinition=live["taskDefinition"])["taskDefinition"]
        kept = ("family", "containerDefinitions", "cpu", "memory", "networkMode", "executionRoleArn")
        fresh = {name: old[name] for name in (*kept, "requiresCompatibilities") if name in old}
        image = fresh["containerDefinitions"][0]["image"]
        fresh["containerDefinitions"][0]["image"] = f"{image.split('@')[0].rsplit(':', 1)[0]}:{version}"
        made = ecs.register_task_definition(**fresh)["taskDefinition"]["taskDefinitionArn"]
        ecs.update_service(cluster=service.cluster, service=service.service, taskDefinition=made)
        self.wait(takes_s)

    def roll_back(self, address: Address) -> dict[str, Any]:
        """Roll back to the end; the verdict's facts."""
        return self._carried(self.runtime.engine.plan_rollback(address))

    def _carried(self, plan: Plan) -> dict[str, Any]:
        events = self.runtime.engine.execute(plan, str(plan.address), Hasty(self.clock))
        last = list(events)[-1]
        assert last.event == "verdict"
        return dict(last.facts)

    def walker(self, address: Address, name: str = "", version: str = "") -> Walker:
        """The open walk, what is due in it judged."""
        walker = self.door.begin(address, name, version=version)
        walker.settle(SETTLE_S)
        return walker

    def found(self, address: Address, name: str = "") -> Mapping[str, ItemView]:
        """Every item as it stands, judged anew, by its id."""
        self.wait(FRESH_S)  # what was read a moment ago is not read again
        walker = self.door.begin(address, name)
        walker.again()
        return {view.item.id: view for view in walker.settle(SETTLE_S).items}

    def tick_all(self, address: Address, *phases: Phase, name: str = "", version: str = "") -> WalkView:
        """Tick everything that a person ticks in those phases, in turn."""
        walker = self.walker(address, name, version)
        for item in walker.checklist.items:
            view = next(one for one in walker.view().items if one.item.id == item.id)
            is_next = not view.state.is_settled and not view.waits_for
            if item.phase in phases and not item.check and is_next:
                walker.tick(item.id, WHO, "seen")
        return walker.settle(SETTLE_S)


def states(view: WalkView, *phases: Phase) -> dict[str, ItemState]:
    """Item -> how it stands, in those phases."""
    return {item.item.id: item.state for item in view.items if item.item.phase in phases}


def blocking(view: WalkView, *phases: Phase) -> dict[str, str]:
    """What is required and open, with its value."""
    return {item.item.id: f"{item.state.value} {item.value}" for item in view.blockers(*phases)}


def open_lists(sandbox: Sandbox, clock: FakeClock, monkeypatch: Any, tmp_path: Path) -> Lists:
    """A console on a sandbox that follows the same clock, configured as the sandbox's own folder says."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    # checks answer in real time: on a busy machine their limits must not pass on this clock meanwhile
    monkeypatch.setattr(judging, "_POLL_S", 0.002)
    systems = fleet.configuration(sandbox.world, sandbox.endpoint, checklists=True)
    run = folder.create(sandbox.world, sandbox.endpoint, systems)
    webs: list[WebClient] = []
    return Lists(sandbox, clock, _runtime(load(run.config), clock, webs), webs)


def _runtime(settings: Settings, clock: FakeClock, webs: list[WebClient]) -> Runtime:
    made = Runtime(
        replace(settings, operator=WHO),
        until="bake",
        hooks="continue",
        asks="stop",
        clock=clock,
    )
    outside = {}
    for key, connection in made.connections.items():
        webs.append(WebClient(clock, read_only=connection.settings.environment.read_only))
        outside[key] = Outside(webs[-1], References(settings.path.parent, connection.secret))
    made.outside = outside
    made.watches = {}
    return made
