"""The stages of a deployment that keeps old and new side by side, in words.

Stages and their order: ECS developer guide, blue-green-deployment-how-it-works, canary-deployment,
deployment-type-linear; lifecycle events of CodeDeploy: its user guide, AppSpec hooks for Amazon ECS.
"""

from typing import NamedTuple


class StageWords(NamedTuple):
    """One stage, as different sentences need it."""

    name: str
    """What goes on: ``scaling up``."""
    fact: str
    """What is true of old and new meanwhile; empty where counts or shares say more."""
    pause: str
    """When somebody is waited for there; empty where no hook can wait."""


_STAGES = {
    "RECONCILE_SERVICE": StageWords(
        "reconciling the service", "clearing up after older deployments", "before it clears up"
    ),
    "PRE_SCALE_UP": StageWords("before scaling up", "green starts next", "before green starts"),
    "SCALE_UP": StageWords("scaling up", "", ""),
    "POST_SCALE_UP": StageWords("scaled up", "green is up, no traffic yet", "before the test traffic"),
    "TEST_TRAFFIC_SHIFT": StageWords("shifting test traffic", "test traffic moves to green", ""),
    "POST_TEST_TRAFFIC_SHIFT": StageWords(
        "test traffic shifted", "green has the test traffic", "after the test traffic"
    ),
    "PRE_PRODUCTION_TRAFFIC_SHIFT": StageWords(
        "before production traffic shifts", "", "before the production traffic"
    ),
    "PRODUCTION_TRAFFIC_SHIFT": StageWords("shifting production traffic", "", ""),
    "POST_PRODUCTION_TRAFFIC_SHIFT": StageWords(
        "production traffic shifted", "production traffic has moved", "after the production traffic"
    ),
    "BAKE_TIME": StageWords("baking", "", ""),
    "CLEAN_UP": StageWords("cleaning up", "", ""),
    "READY_WAIT": StageWords("ready", "green is up, no traffic yet", "before CodeDeploy moves the traffic"),
    "BeforeInstall": StageWords("before install", "green starts next", ""),
    "Install": StageWords("install", "green becomes healthy", ""),
    "AfterInstall": StageWords("after install", "green is up, no traffic yet", ""),
    "AllowTestTraffic": StageWords("shifting test traffic", "test traffic moves to green", ""),
    "AfterAllowTestTraffic": StageWords("test traffic shifted", "green has the test traffic", ""),
    "BeforeAllowTraffic": StageWords("before production traffic shifts", "production traffic moves next", ""),
    "AllowTraffic": StageWords("shifting production traffic", "shifting", ""),
    "AfterAllowTraffic": StageWords("production traffic shifted", "production traffic has moved", ""),
    "TERMINATION_WAIT": StageWords("blue is kept", "", ""),
}


def stage_words(stage: str) -> StageWords:
    """A lifecycle stage as people say it; one that is new here in the words that it came in."""
    plainly = stage.replace("_", " ").lower()
    return _STAGES.get(stage, StageWords(plainly, plainly, f"at {plainly}" if plainly else ""))
