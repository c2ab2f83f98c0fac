"""A standing sandbox seen from another process: what is wrong with it, and what shall be.

For the command line and for a console that runs on a sandbox; it speaks to the control interface.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from console.errors import SandboxError
from console.sandbox.folder import state_folder, write_private

CONTROL = "control.json"
"""In a run's folder: where its sandbox is, and the token that it answers to."""
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Remote:
    """One sandbox; every method asks it and raises :class:`SandboxError` with its own words."""

    endpoint: str
    token: str

    def faults(self) -> list[dict[str, Any]]:
        """Faults of the API that wait to strike."""
        found: list[dict[str, Any]] = self._asked("GET", "faults")
        return found

    def wrongs(self) -> list[dict[str, Any]]:
        """Faults of the world that hold."""
        held: list[dict[str, Any]] = self._asked("GET", "world")["held"]
        return held

    def known(self) -> dict[str, str]:
        """Faults of the world that there are: name -> what it means."""
        return {row["fault"]: row["meaning"] for row in self._asked("GET", "world")["known"]}

    def add_fault(self, body: dict[str, Any]) -> dict[str, Any]:
        """Let an API call fail; the fault with its number."""
        added: dict[str, Any] = self._asked("POST", "faults", body)
        return added

    def begin(self, body: dict[str, Any]) -> dict[str, Any]:
        """Let something go wrong in the world; the fault with its number."""
        begun: dict[str, Any] = self._asked("POST", "world", body)
        return begun

    def end(self, number: int, *, of_api: bool = False) -> None:
        """Take one back."""
        self._asked("DELETE", f"{'faults' if of_api else 'world'}/{number}")

    def clear(self) -> None:
        """Take all of them back, of the API and of the world."""
        self._asked("DELETE", "faults")
        self._asked("DELETE", "world")

    def is_standing(self) -> bool:
        """Whether it answers to its token."""
        try:
            self._asked("GET", "health")
        except SandboxError:
            return False
        return True

    def _asked(self, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
        import http.client  # 30 ms that a sandbox which only leaves word would wait for

        address = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE_S)
        try:
            data = None if body is None else json.dumps(body)
            bearer = {"Authorization": f"Bearer {self.token}"}
            connection.request(method, f"/_sandbox/{what}", data, bearer)
            answer = connection.getresponse()
            found = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SandboxError(f"the sandbox at {self.endpoint} does not answer") from error
        finally:
            connection.close()
        if answer.status != 200:
            raise SandboxError(str(found.get("error", f"the sandbox answered {answer.status}")))
        return found


def announce(folder: Path, endpoint: str, token: str) -> None:
    """Leave word in a run's folder of how its sandbox is reached; readable by its owner only."""
    write_private(folder / CONTROL, json.dumps({"endpoint": endpoint, "token": token}))


def of_run(folder: Path) -> Remote | None:
    """The sandbox of a run, by the folder of its configuration; ``None``: there is no word of it."""
    try:
        facts = json.loads((folder / CONTROL).read_text(encoding="utf-8"))
        return Remote(str(facts["endpoint"]), str(facts["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def standing(endpoint: str = "") -> Remote:
    """The one sandbox of this user that stands, or the one at that endpoint.

    Raises:
        SandboxError: none stands there, or several do and none was named.
    """
    found = [remote for folder in sorted(state_folder().glob("run-*")) if (remote := of_run(folder))]
    alive = [remote for remote in found if endpoint in ("", remote.endpoint) and remote.is_standing()]
    if not alive:
        where = f" at {endpoint}" if endpoint else ""
        raise SandboxError(f"no sandbox stands{where}", "start one: quarterdeck sandbox")
    if len(alive) > 1:
        ends = ", ".join(remote.endpoint for remote in alive)
        raise SandboxError(f"several sandboxes stand: {ends}", "name one with --endpoint")
    return alive[0]
