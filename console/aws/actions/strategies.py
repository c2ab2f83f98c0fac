"""How a service brings new releases in: its deployment configuration, put back as it was."""

from collections.abc import Mapping
from typing import Any

from console.aws.actions.reach import Family, Reach, absent, done, waiting
from console.aws.configuration import canonical
from console.domain.action import Action, ActionKind, ActionSight
from console.errors import RejectedError

_LEFT_OUT: Mapping[str, Any] = {"lifecycleHooks": []}
"""What has to be said to be taken away again: UpdateService leaves what it is not told."""


class SetStrategy:
    """``configuration``: UpdateService with a deployment configuration and nothing else, which begins no
    deployment (ECS API reference, UpdateService)."""

    def perform(self, reach: Reach, action: Action) -> Mapping[str, object]:
        wanted = _wanted(action)
        reach.calls.write(
            "ecs", "UpdateService", **reach.place, deploymentConfiguration={**_LEFT_OUT, **wanted}
        )
        return {"strategy": str(wanted.get("strategy", ""))}

    def look(self, reach: Reach, action: Action, facts: Mapping[str, object]) -> ActionSight:
        live = reach.services.raw(reach.settings.address).get("deploymentConfiguration") or {}
        other = [
            name for name, value in _wanted(action).items() if canonical(live.get(name)) != canonical(value)
        ]
        if not other:
            return done(action.said)
        said = f"{', '.join(sorted(other))} not as it was"
        return waiting(said) if facts else absent(said)


def _wanted(action: Action) -> dict[str, Any]:
    found = action.parameters.get("configuration")
    if not isinstance(found, Mapping) or not found:
        raise RejectedError("set_strategy names no configuration")
    return dict(found)


STRATEGIES: Mapping[ActionKind, Family] = {ActionKind.SET_STRATEGY: SetStrategy()}
