"""The meal planner: log in, read recipes, write meal plans; what is written is kept and counted."""

import re
from datetime import date
from typing import Any

from console.sandbox.application.exchange import Answer, Asked, ProblemError
from console.sandbox.kernel import World

PASSWORD = "sandbox"
"""Of every user."""
TOKEN_S = 900
"""Wall-clock seconds for which an access token is good."""
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_DISHES = ("lentil soup", "mushroom risotto", "chickpea curry", "leek quiche", "bean chilli", "pea gnocchi")


class Kitchen:
    """One environment's data."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tokens: dict[str, tuple[str, float]] = {}
        """Access token -> (user, until when)."""
        self.plans: list[dict[str, Any]] = []
        """Every meal plan that was written, oldest first."""

    def login(self, asked: Asked) -> Answer:
        """An access token for an address and the password.

        Raises:
            ProblemError: 400 without either, 401 for another password.
        """
        fields = asked.fields()
        mail, password = fields.get("email"), fields.get("password")
        if not isinstance(mail, str) or not _MAIL.fullmatch(mail) or not isinstance(password, str):
            raise ProblemError(400, "email and password are needed")
        if password != PASSWORD:
            raise ProblemError(401, "wrong email or password")
        token = f"{asked.rng.getrandbits(160):040x}"
        self._tokens[token] = (mail, asked.one.at + TOKEN_S)
        return 200, {"accessToken": token, "tokenType": "Bearer", "expiresIn": TOKEN_S}

    def recipes(self, asked: Asked) -> Answer:
        """Recipes, for those who are logged in."""
        self._user(asked)
        found = []
        for number, title in enumerate(_DISHES, 1):
            rng = self._world.rng(f"mealplanner:recipe:{number}")
            found.append({"id": number, "title": title, "minutes": rng.randrange(15, 75, 5)})
        return 200, {"recipes": found, "total": len(found)}

    def plan(self, asked: Asked) -> Answer:
        """Write a meal plan for the week that begins on ``weekStart``.

        Raises:
            ProblemError: 400 when that is no date, 401 when nobody is logged in.
        """
        user = self._user(asked)
        week = asked.fields().get("weekStart")
        try:
            begins = date.fromisoformat(week) if isinstance(week, str) else None
        except ValueError:
            begins = None
        if begins is None:
            raise ProblemError(400, "weekStart must be a date: YYYY-MM-DD")
        plan = {"id": len(self.plans) + 1, "weekStart": begins.isoformat(), "user": user, "meals": []}
        self.plans.append(plan)
        return 201, plan

    def listed(self, asked: Asked) -> Answer:
        """The meal plans of the user, and how many there are of everybody."""
        user = self._user(asked)
        own = [plan for plan in self.plans if plan["user"] == user]
        return 200, {"mealPlans": own, "total": len(own), "written": len(self.plans)}

    def _user(self, asked: Asked) -> str:
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        user, until = self._tokens.get(token, ("", 0.0))
        if scheme.lower() != "bearer" or asked.one.at >= until:
            raise ProblemError(401, "log in first")
        return user
