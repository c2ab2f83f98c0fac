"""Nothing changes that was not confirmed and journalled first, whatever is pressed; and nothing at all in
read-only, over whatever transport."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from console.aws.guard import READS
from console.domain.action import Action, ActionKind
from console.domain.address import Address
from console.domain.operation import Mechanism, Verb
from console.domain.web import Request
from console.domain.wish import Wish
from console.errors import QuarterdeckError, ReadOnlyError, RejectedError
from console.operations.engine import Engine
from console.operations.ordering import order_of
from console.web.client import WebClient
from screens.dialog_frame import Stage
from tests.contract.conftest import SandboxFactory
from tests.contract.fleet_cells import CODE_DEPLOY, MEALS, SWAPJOY
from tests.contract.shared_world import API, MARKET, WORKER, SharedWorld, open_world
from tests.fakes import FakeClock, FakePlatform
from tests.pilot.desk import STAGING, Desk, some_fleet
from widgets.confirm_field import ConfirmField

KEYS = (*"RPDSXjjk?yr4", "enter", "enter", "escape", "tab", "down", "f2", "f5", "f6", "ctrl+t", "space")
CONFIRM = "type the phrase"
"""A step of its own: no chance types that."""
steps = st.lists(st.one_of(st.sampled_from(KEYS), st.just(CONFIRM)), min_size=4, max_size=16)
slowly = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@dataclass
class Witness:
    """Looks at the journal at the very moment of every changing call."""

    desk: Desk
    phrases: int = 0
    """How often a whole phrase was typed."""
    calls: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def watch(self, platform: FakePlatform) -> None:
        platform.on_act = lambda order: self._acted(order.address)
        carried_out, prepared = platform.perform, platform.prepare

        def perform(address: Address, action: Action) -> Any:
            self._saw("perform", address, "sent")
            return carried_out(address, action)

        def prepare(order: Any) -> Any:
            self._saw("prepare", order.address, "preparing")
            return prepared(order)

        vars(platform).update(perform=perform, prepare=prepare)

    def _acted(self, address: Address) -> None:
        self._saw("act", address, "sent")
        raise RejectedError("the test lets nothing happen")

    def _saw(self, call: str, address: Address, last: str) -> None:
        self.calls.append(call)
        records = [item for item in self.desk.journal.operations(str(address)) if item.verdict is None]
        names = [entry.event for record in records for entry in self.desk.journal.entries(record.id)]
        if "confirmed" not in names or names[-1:] != [last]:
            self.wrong.append(f"{call} of {address} after {names}")


async def pressed(keys: list[str], *, read_only: bool) -> Witness:
    """Press the keys on a desk whose platforms are watched."""
    pictures = some_fleet()
    if read_only:
        pictures = tuple(
            replace(
                item,
                environment=replace(item.environment, read_only=True),
                services=tuple(
                    replace(row, environment=replace(row.environment, read_only=True))
                    for row in item.services
                ),
            )
            for item in pictures
        )
    desk = Desk(*pictures)
    runtime = desk.app.runtime  # what only watches must end with the test
    engine = Engine(desk.platforms, desk.journal, desk.clock, runtime.settings, timeout_s=60.0)
    vars(runtime).update(engine=engine)
    witness = Witness(desk)
    for picture in pictures:
        platform = desk.platforms[picture.environment.key]
        witness.watch(platform)
        for row in picture.services:
            if row.status is not None:
                platform.put(row.observation or row.status)
        platform.candidates.update({item.version.label: item for item in platform.known.values()})
    async with desk.app.run_test(size=(100, 30)) as pilot:
        desk.publish()
        for key in keys:
            if key == CONFIRM:
                await _confirmed(desk, pilot, witness)
            else:
                await pilot.press(key)
            desk.clock.advance(2)
            desk.app.tick()
        for _ in range(300):
            if not desk.app.under_way.running:
                break
            await pilot.pause(0.01)
        assert desk.app.is_running
    return witness


async def _confirmed(desk: Desk, pilot: Any, witness: Witness) -> None:
    """Take the answer that is offered, wait for the plan, and type the whole phrase that it asks for."""
    asked, patience = False, 60
    while patience:
        stage = getattr(desk.app.screen, "stage", None)
        if stage is Stage.READY:
            break
        if stage is Stage.ASKING and not asked:
            asked = True
            await pilot.press("enter")
        elif stage is not Stage.PLANNING and not asked:
            break
        patience -= stage is not Stage.PLANNING  # a plan comes when its thread gets to it
        await pilot.pause(0.02)
    fields = desk.app.screen.query(ConfirmField)
    phrase = fields.first().phrase if fields else ""
    witness.phrases += bool(phrase)
    desk.clock.advance(2)
    await pilot.press(*phrase, "enter")


@slowly
@given(keys=steps)
def test_no_sequence_of_keys_sends_what_was_not_confirmed_and_journalled(keys: list[str]) -> None:
    """At the moment of every changing call the journal holds its confirmation, and last its intent. Without
    a phrase typed nothing happens in production."""
    witness = asyncio.run(pressed(keys, read_only=False))

    assert not witness.wrong
    records = witness.desk.journal.operations()
    production = [item for item in records if item.address.environment != STAGING.name]
    assert len(production) <= witness.phrases


@slowly
@given(keys=steps)
def test_no_sequence_of_keys_sends_anything_in_read_only(keys: list[str]) -> None:
    """Not even with the phrase typed."""
    witness = asyncio.run(pressed([*keys, "R", CONFIRM, "D", CONFIRM], read_only=True))

    assert not witness.calls
    assert not witness.desk.journal.operations()


@pytest.mark.parametrize("keys", [["D", CONFIRM], ["X", CONFIRM]])
def test_the_right_keys_do_send(keys: list[str]) -> None:
    """What the two above hold is worth something: the same keys and the phrase reach the platform."""
    witness = asyncio.run(pressed(keys, read_only=False))

    assert witness.calls
    assert witness.phrases == 1
    assert not witness.wrong


WISHES = (
    Wish(Verb.DEPLOY, API, version="good"),
    Wish(Verb.ROLLBACK, API),
    Wish(Verb.DRAIN, WORKER),
    Wish(Verb.SCALE, WORKER, desired=4, maximum=30),
    Wish(Verb.RESTART, WORKER),
    Wish(Verb.MIGRATE, MEALS, version="good"),
    Wish(Verb.DEPLOY, MEALS, version="good"),
    Wish(Verb.RESTORE, MARKET),
    Wish(Verb.ROLLBACK, MARKET),
    Wish(Verb.DEPLOY, CODE_DEPLOY, version="good"),
    Wish(Verb.ROLLBACK, CODE_DEPLOY, direct=True),
    Wish(Verb.DEPLOY, SWAPJOY, version="good"),
)
ORDERS = tuple(item for item in Mechanism if item not in (Mechanism.ACTIONS, Mechanism.NONE, Mechanism.WATCH))
NO_CALL = (ActionKind.ASK, ActionKind.SEND_REQUESTS, ActionKind.SHIP, ActionKind.WAIT_HEALTHY)
"""Kinds that the platform itself does not carry out."""
FLEETS = ("rugmunch", "rugmunch-codedeploy", "mealplanner", "fairtradeworker", "swapjoy")


def received(shared: SharedWorld) -> Counter[str]:
    return Counter(shared.sandbox.control("GET", "calls")[1])


def test_read_only_sends_nothing_over_any_transport(
    make_sandbox: SandboxFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every verb through the engine; then, past the engine, every order and every kind of action, and
    requests to the services themselves. The sandbox receives reads only."""
    clock = FakeClock()
    shared = open_world(make_sandbox(*FLEETS, clock=clock), clock, monkeypatch, tmp_path).read_only()
    engine, before = shared.engine(), received(shared)
    for wish in WISHES:
        try:
            plan = engine.plan(wish)
        except QuarterdeckError as error:
            assert wish.verb in (Verb.RESTORE, Verb.ROLLBACK), error
            continue
        with pytest.raises(QuarterdeckError, match="read-only"):
            list(engine.execute(plan, str(plan.address)))
        platform = shared.connections[wish.address.place].platform
        for mechanism in ORDERS:
            order = replace(order_of(plan), mechanism=mechanism, definition=plan.basis.definition)
            with pytest.raises(QuarterdeckError):
                platform.act(order)
        for action in plan.actions:
            if action.kind not in NO_CALL:
                with pytest.raises(ReadOnlyError):
                    platform.perform(wish.address, action)
    client = WebClient(clock, read_only=True)
    base = f"{shared.sandbox.endpoint}/_app/mealplanner/production/api/api/v1"
    with pytest.raises(ReadOnlyError):
        client.send(Request("POST", f"{base}/meal-plans", body=b"{}"), 5.0)
    assert client.send(Request("GET", f"{base}/health"), 5.0).status == 200
    client.close()

    sent = set(received(shared) - before)
    assert {name for name in sent if "." in name} <= READS, sent - READS
    assert not shared.journal.operations()
