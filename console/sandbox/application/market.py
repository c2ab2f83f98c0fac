"""The jobs marketplace and the smaller programs: lists that are the same for every caller.

What is listed follows from the world's seed and the hour alone, so that two readers agree.
"""

from random import Random
from typing import Any

from console.sandbox.application.exchange import Answer, Asked, ProblemError
from console.sandbox.application.health import moment
from console.sandbox.kernel import World

_HOUR = 3600
_TRADES = ("carpenter", "electrician", "plumber", "roofer", "tiler", "painter", "glazier", "mason")
_TOWNS = ("Leeds", "Utrecht", "Graz", "Porto", "Aarhus", "Ghent")
_THINGS = ("bicycle", "desk lamp", "board game", "rain coat", "record player", "tent", "guitar", "mixer")
_PAIRS = ("BTC-USD", "ETH-USD", "SOL-USD", "EUR-USD")
_TOKENS = ("PUMPKIN", "MOONCAT", "SAFEFROG", "GIGADOG", "TURBOAPE", "NOVAPIG")


class Market:
    """What the systems that mostly read have to show."""

    def __init__(self, world: World) -> None:
        self._world = world

    def jobs(self, asked: Asked) -> Answer:
        """Open jobs, newest first."""
        jobs = [self._job(asked.one.at, number) for number in range(20)]
        return 200, {"jobs": jobs, "total": len(jobs), "page": 1}

    def items(self, asked: Asked) -> Answer:
        """Things that wait for somebody to swap them."""
        items = []
        for number in range(12):
            rng = self._world.rng(f"swapjoy:item:{number}")
            items.append(
                {"id": f"item_{rng.getrandbits(40):010x}", "title": rng.choice(_THINGS), "status": "open"}
            )
        return 200, {"items": items}

    def trending(self, asked: Asked) -> Answer:
        """Tokens that are looked at most."""
        return 200, {"tokens": [self._token(name) for name in _TOKENS]}

    def scan(self, asked: Asked) -> Answer:
        """The risk of a token: the last part of the path names it."""
        name = asked.path.rpartition("/")[2]
        if not name:
            raise ProblemError(400, "which token?")
        return 200, self._token(name)

    def predictions(self, asked: Asked) -> Answer:
        """How likely each market rises within the hour, as the model has it."""
        hour = int(asked.one.at // _HOUR)
        found = {name: self._world.rng(f"clever-better:{name}:{hour}").uniform(0.3, 0.7) for name in _PAIRS}
        return 200, {"predictions": [{"market": name, "up": round(up, 3)} for name, up in found.items()]}

    def _job(self, at: float, number: int) -> dict[str, Any]:
        hour = int(at // _HOUR) - number
        rng = self._world.rng(f"fairtradeworker:job:{hour}")
        return {
            "id": f"job_{rng.getrandbits(48):012x}",
            "title": f"{rng.choice(_TRADES)} wanted in {rng.choice(_TOWNS)}",
            "budget": rng.randrange(120, 4800, 20),
            "bids": rng.randrange(0, 14),
            "postedAt": moment(hour * _HOUR + _minute(rng)),
        }

    def _token(self, name: str) -> dict[str, Any]:
        rng = self._world.rng(f"rugmunch:token:{name}")
        return {"token": name, "risk": rng.randrange(0, 101), "holders": rng.randrange(40, 90_000)}


def _minute(rng: Random) -> float:
    return rng.randrange(0, 60) * 60.0
