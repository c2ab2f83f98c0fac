"""The five systems from the console, in a real terminal by keys: forward, back, empty and full again, and
what each handbook does besides; every ending found again in the journal."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contract.command_line import CommandLine, served
from tests.terminal.emulator import Terminal, opened

PHRASE = re.compile(r"Type (\S+) to confirm")
PALETTE = "\x10"
SUCCEEDED, ROLLED_BACK = "succeeded", "rolled back"

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(600)]


@dataclass
class Console:
    """A console on one fleet, with the cursor on the service that everything is about."""

    terminal: Terminal
    line: CommandLine

    def orders(self, key: str, answer: str | None = None, *, ends: str = SUCCEEDED) -> str:
        """Press a key, answer what is asked first, type the phrase, and wait for the verdict; the screen."""
        self.asks(key, answer)
        self.confirms()
        return self.ended(ends)

    def asks(self, key: str, answer: str | None = None) -> None:
        """Press a key, and answer what is asked before anything can be planned."""
        self.terminal.press(key)
        if answer is not None:
            self.terminal.wait_for("enter plan it")
            self.terminal.press(answer + "\r")

    def confirms(self) -> None:
        """Type the phrase that the plan asks for, and press enter."""
        text = self.terminal.wait_until(lambda shown: bool(PHRASE.search(shown)), "a phrase to be typed")
        found = PHRASE.search(text)
        assert found is not None
        self.terminal.press(found.group(1))
        self.terminal.wait_for("it matches")
        self.terminal.press("\r")

    def palette(self, words: str) -> None:
        """Choose from the palette."""
        self.terminal.press(PALETTE)
        self.terminal.wait_for("Search")
        self.terminal.press(words)
        self.terminal.wait_for(words)
        self.terminal.press("\r")

    def verdict(self, verdict: str) -> str:
        """Wait for the verdict; the screen."""
        return self.terminal.wait_for(verdict, "verdict ──", patience_s=150.0)

    def ended(self, verdict: str) -> str:
        """Wait for the verdict, and go back to the fleet; the screen before."""
        text = self.verdict(verdict)
        self.leaves("verdict ──")
        return text

    def leaves(self, gone: str) -> None:
        """Go back to the fleet, from where something stands that does not stand there."""
        self.terminal.press("\x1b")
        self.terminal.wait_for("way back", gone=gone)

    def until_journalled(self, *ending: str) -> None:
        """Wait until an operation has ended so, which nobody looks at."""
        self.terminal.wait_until(lambda _: ending in self.journal(), f"{ending} in the journal", 150.0)

    def journal(self) -> list[tuple[str, str | None]]:
        """Verb and verdict of every operation, the oldest first; without the watches that follow deploys."""
        found = self.line.run("journal", "list").last["operations"]
        return [(item["verb"], item["verdict"]) for item in reversed(found) if item["verb"] != "watch"]


@contextmanager
def console(service: str, home: Path, environment: str = "production") -> Iterator[Console]:
    """A console on the service's fleet, sixty times as fast, that shows nothing else."""
    fleet = service.rpartition("-")[0]
    with (
        served("--speed", "60", "--fleet", fleet) as line,
        opened("--config", line.config, columns=140, lines=45, home=home) as terminal,
    ):
        terminal.wait_for(service, "oncall/devon")
        terminal.press("/")
        terminal.wait_for("part of a name", "enter keep")
        terminal.press(f"{service} {environment}")
        terminal.wait_until(
            lambda text: re.search(rf"▌ . \S+ +{service} ", text) is not None, "under the cursor"
        )
        terminal.press("\r")
        terminal.wait_for("enter open", gone="enter keep")
        yield Console(terminal, line)


def test_the_bots_worker_goes_forward_and_back_and_is_scaled(home: Path) -> None:
    """A good image, a bad one, the way back, empty and full again, another count."""
    with console("rugmunch-worker", home) as there:
        there.orders("P", "good")
        there.orders("P", "crash", ends=ROLLED_BACK)
        there.orders("R")
        there.orders("D", "")
        there.palette("undrain")
        there.confirms()
        there.ended(SUCCEEDED)
        there.orders("S", "3")

        assert there.journal() == [
            ("deploy", "SUCCEEDED"),
            ("deploy", "ROLLED_BACK"),
            ("rollback", "SUCCEEDED"),
            ("drain", "SUCCEEDED"),
            ("undrain", "SUCCEEDED"),
            ("scale", "SUCCEEDED"),
        ]


def test_meals_are_migrated_shifted_and_taken_back_while_the_old_one_stands(home: Path) -> None:
    """Snapshot, migration, shares of the traffic; in the bake only the traffic goes back."""
    with console("mealplanner-api", home) as there:
        there.asks("P", "good")
        there.confirms()
        there.terminal.wait_for("SAFE ", patience_s=150.0)
        there.asks("R")
        there.confirms()
        there.verdict(SUCCEEDED)

        journal = there.journal()
        assert [verb for verb, _ in journal] == ["deploy", "rollback"]
        assert journal[-1] == ("rollback", "SUCCEEDED")
        made = {name: there.line.calls(name) for name in ("rds.CreateDBSnapshot", "ecs.RunTask")}
        assert made == {"rds.CreateDBSnapshot": 1, "ecs.RunTask": 1}


def test_all_trading_services_go_forward_and_back_as_one_and_are_validated(home: Path) -> None:
    """From the palette, confirmed once."""
    with console("clever-better-bot", home) as there:
        there.palette("deploy clever-better/production/@all")
        there.terminal.wait_for("enter plan it")
        there.terminal.press("v2.9.0\r")
        there.confirms()
        there.ended(SUCCEEDED)
        there.palette("validate clever-better/production/@all")
        there.terminal.wait_for("OK", "steady", "0 NG")
        there.leaves("0 NG")
        there.palette("roll back clever-better/production/@all")
        there.confirms()
        there.ended(SUCCEEDED)

        assert there.journal() == [("deploy", "SUCCEEDED")] * 3 + [("rollback", "SUCCEEDED")] * 3


def test_the_marketplace_is_taken_back_in_flight_and_its_database_restored(home: Path) -> None:
    """The rollout that it begins with; then hand in hand, two questions answered by a person."""
    with console("fairtradeworker-api", home) as there:
        there.orders("R")
        there.palette("restore")
        there.confirms()
        for question in ("║ lead fairtradeworker", "║ test fairtradeworker-db-restored"):
            there.terminal.wait_for(question, "M: it is so, go on", patience_s=150.0)
            there.terminal.press("M")
        there.ended(SUCCEEDED)

        assert there.journal() == [("rollback", "SUCCEEDED"), ("restore", "SUCCEEDED")]


def test_swaps_wait_at_their_pause_for_a_person(home: Path) -> None:
    """Moved on, through every share and the bake; the next one is refused there, and goes back."""
    with console("swapjoy-api", home) as there:
        there.asks("P", "good")
        there.confirms()
        there.terminal.wait_for("M moves on", patience_s=150.0)
        there.asks("M")
        there.confirms()
        there.ended(SUCCEEDED)
        there.terminal.wait_for("steady", patience_s=150.0, gone="ROLLING")
        there.until_journalled("deploy", "SUCCEEDED")
        there.asks("P", "error-spike")
        there.confirms()
        there.terminal.wait_for("M moves on", patience_s=150.0)
        there.asks("R")
        there.confirms()
        there.verdict(SUCCEEDED)

        journal = there.journal()
        assert journal[:2] == [("deploy", "SUCCEEDED"), ("continue", "SUCCEEDED")]
        assert ("rollback", "SUCCEEDED") in journal
        assert there.line.calls("ecs.ContinueServiceDeployment") == 2
