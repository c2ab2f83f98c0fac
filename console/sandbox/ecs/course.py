"""The course of a deployment that shifts traffic: its stages, in order, and how far it is.

Stages and their order: ECS developer guide, blue-green-deployment-how-it-works, canary-deployment,
deployment-type-linear. Shares of traffic are percent, durations simulated seconds.
"""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

RECONCILE = "RECONCILE_SERVICE"
PRE_SCALE_UP = "PRE_SCALE_UP"
SCALE_UP = "SCALE_UP"
POST_SCALE_UP = "POST_SCALE_UP"
TEST_SHIFT = "TEST_TRAFFIC_SHIFT"
POST_TEST = "POST_TEST_TRAFFIC_SHIFT"
PRE_SHIFT = "PRE_PRODUCTION_TRAFFIC_SHIFT"
SHIFT = "PRODUCTION_TRAFFIC_SHIFT"
POST_SHIFT = "POST_PRODUCTION_TRAFFIC_SHIFT"
BAKE = "BAKE_TIME"
CLEAN_UP = "CLEAN_UP"

STAGES = (
    RECONCILE,
    PRE_SCALE_UP,
    SCALE_UP,
    POST_SCALE_UP,
    TEST_SHIFT,
    POST_TEST,
    PRE_SHIFT,
    SHIFT,
    POST_SHIFT,
    BAKE,
    CLEAN_UP,
)
WITH_HOOKS = tuple(stage for stage in STAGES if stage not in (SCALE_UP, BAKE, CLEAN_UP))
WITH_PAUSE = tuple(stage for stage in WITH_HOOKS if stage not in (TEST_SHIFT, SHIFT))
"""A traffic shift cannot be paused, only watched by a function (pause-lifecycle-hooks)."""

STAGE_S = 3.0
"""What a stage takes at the least, in simulated seconds."""
SHIFT_S = 30.0
"""How long a load balancer needs until it divides its requests anew."""
LONGEST_S = 86_400.0
"""A stage that lasts longer fails (ECS developer guide, blue-green-deployment-how-it-works)."""

SHIFTING = ("BLUE_GREEN", "CANARY", "LINEAR")
"""Strategies that take this course."""
CANARY_DEFAULTS: Json = {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}
LINEAR_DEFAULTS: Json = {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}


@dataclass(frozen=True)
class Step:
    """One stage on the way; a stage that repeats is several steps."""

    stage: str
    production: float | None = None
    """Percent of the production traffic that the new revision gets in it."""
    test: float | None = None
    """Likewise of the test traffic."""
    holds: float = 0.0
    """How long it lasts when nothing else keeps it waiting."""


@dataclass
class Hook:
    """One hook that was called at one step."""

    id: str
    kind: str
    """PAUSE or AWS_LAMBDA."""
    status: str
    """AWAITING_ACTION, IN_PROGRESS, SUCCEEDED, FAILED or TIMED_OUT."""
    target: str = ""
    """ARN of the function."""
    expires_at: float | None = None
    timeout_action: str = "ROLLBACK"


@dataclass
class Course:
    """How far a deployment is on its way; replaced by the way back when it is rolled back."""

    steps: list[Step]
    keeper: str = ""
    """Id of the deployment that serves on meanwhile; empty if there is none."""
    index: int = -1
    """Of the step that it is in; -1 before the first."""
    since: float = 0.0
    """When it entered that step, epoch seconds."""
    production: float = 0.0
    test: float = 0.0
    hooks: list[Hook] = field(default_factory=list)
    """Of the last step that had any."""
    is_back: bool = False
    has_scaled: bool = False
    """The new revision has been told to start."""

    @property
    def step(self) -> Step | None:
        """The one that it is in; ``None`` before the first and after the last."""
        return self.steps[self.index] if 0 <= self.index < len(self.steps) else None

    @property
    def stage(self) -> str:
        return self.step.stage if self.step else ""

    @property
    def is_through(self) -> bool:
        return self.index >= len(self.steps)


def is_shifting(configuration: Json) -> bool:
    """Whether deployments under this configuration shift traffic."""
    return configuration.get("strategy") in SHIFTING


def way_there(configuration: Json, is_alone: bool, has_to_reconcile: bool) -> list[Step]:
    """The steps of a new revision.

    Args:
        configuration: ``deploymentConfiguration``, with its defaults.
        is_alone: No older revision serves, so that there is nothing to divide traffic with.
        has_to_reconcile: Tasks of more than one older revision are there.
    """
    start = [Step(RECONCILE), Step(RECONCILE, production=0.0, test=0.0)] if has_to_reconcile else []
    start += [Step(PRE_SCALE_UP), Step(SCALE_UP), Step(POST_SCALE_UP), Step(TEST_SHIFT, test=100.0)]
    shifts: list[Step] = [Step(POST_TEST)]
    for percent, bake in _shares(configuration, is_alone):
        shifts += [Step(PRE_SHIFT), Step(SHIFT, production=percent, holds=bake)]
    bake = 60.0 * int(configuration.get("bakeTimeInMinutes") or 0)
    return [*start, *shifts, Step(POST_SHIFT), Step(BAKE, holds=bake), Step(CLEAN_UP)]


def way_back(course: Course, is_kept: bool) -> list[Step]:
    """The steps of a rollback: the traffic first, then the tasks; there is no stage of its own.

    Args:
        is_kept: It goes back to the revision that has served all the while.
    """
    steps = [Step(SCALE_UP)]
    if course.production or not is_kept:
        steps.append(Step(SHIFT, production=0.0))
    if course.test or not is_kept:
        steps.append(Step(TEST_SHIFT, test=0.0))
    return [*steps, Step(CLEAN_UP)]


def _shares(configuration: Json, is_alone: bool) -> list[tuple[float, float]]:
    """(Percent of production traffic, bake in seconds) of every shift."""
    if is_alone or configuration["strategy"] == "BLUE_GREEN":
        return [(100.0, 0.0)]
    if configuration["strategy"] == "CANARY":
        settings = {**CANARY_DEFAULTS, **(configuration.get("canaryConfiguration") or {})}
        bake = 60.0 * settings["canaryBakeTimeInMinutes"]
        first = float(settings["canaryPercent"])
        return [(first, bake), (100.0, 0.0)] if first < 100 else [(100.0, 0.0)]
    settings = {**LINEAR_DEFAULTS, **(configuration.get("linearConfiguration") or {})}
    bake = 60.0 * settings["stepBakeTimeInMinutes"]
    stride = float(settings["stepPercent"])
    shares: list[tuple[float, float]] = []
    percent = stride
    while percent < 100.0 - 1e-6:
        shares.append((round(percent, 1), bake))
        percent += stride
    return [*shares, (100.0, 0.0)]
