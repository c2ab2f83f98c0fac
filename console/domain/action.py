"""Single changes that an operation is made of, besides shipping a release.

Each is one call, and is looked at until it is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ActionKind(StrEnum):
    """What one action changes; the words are AWS's where it has one."""

    SET_DESIRED = "set_desired"
    """``desired``: UpdateService with a desired count and nothing else; with ``wait`` false it is done
    when the count is set, whatever runs."""
    SET_LIMITS = "set_limits"
    """``minimum``, ``maximum``: RegisterScalableTarget."""
    SUSPEND_SCALING = "suspend_scaling"
    """RegisterScalableTarget with everything suspended."""
    RESUME_SCALING = "resume_scaling"
    """``in``, ``out``, ``scheduled``: the suspended state that was there before."""
    STOP_TASK = "stop_task"
    """``task``, ``reason``: StopTask."""
    DRAIN_INSTANCE = "drain_instance"
    """``instance``: UpdateContainerInstancesState DRAINING."""
    ACTIVATE_INSTANCE = "activate_instance"
    """``instance``: UpdateContainerInstancesState ACTIVE."""
    RUN_TASK = "run_task"
    """``definition``, ``images``, ``command``, ``container``: a one-off task, followed to its exit code."""
    SNAPSHOT = "snapshot"
    """``database``, ``snapshot``: CreateDBSnapshot, until it is available."""
    RESTORE_DATABASE = "restore_database"
    """``snapshot``, ``database`` (a new name): RestoreDBInstanceFromDBSnapshot, until it is available."""
    OPEN_DATABASE = "open_database"
    """``database``, ``security_groups``: ModifyDBInstance, so that the service may reach it."""
    SHIP = "ship"
    """``definition``, ``images``, ``release``: the service runs that release, whatever its count."""
    CONTINUE_HOOK = "continue_hook"
    """``rollout``, ``hook``, ``action`` (CONTINUE or ROLLBACK): ContinueServiceDeployment."""
    WAIT_HEALTHY = "wait_healthy"
    """Nothing is sent: as many tasks are healthy as are desired."""
    SEND_REQUESTS = "send_requests"
    """``sequence``: a smoke sequence against the service."""
    SET_STRATEGY = "set_strategy"
    """``configuration``: UpdateService with a deployment configuration and nothing else."""
    ASK = "ask"
    """``question``: a person says that it is so; nothing is sent."""


MIGRATION = "migration"
"""Purpose of the RUN_TASK action that changes a schema, and the fact of a record that it did."""


@dataclass(frozen=True)
class Action:
    """One change, complete before it is sent."""

    kind: ActionKind
    said: str
    """What it does, in one line, as the plan shows it."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Plain JSON values; see :class:`ActionKind`."""
    undo: str = ""
    """How it is taken back; empty where nothing has to be, or where it cannot be."""
    irreversible: bool = False


class ActionState(StrEnum):
    """How far an action is."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    CHANGED = "changed"
    """It was carried out, and something else has changed the same thing since."""
    ABSENT = "absent"
    """There is no trace of it: it was never carried out."""


@dataclass(frozen=True)
class ActionSight:
    """One look at an action that was sent."""

    state: ActionState
    said: str
    """One line: what is waited for, or how it ended."""
    facts: Mapping[str, object] = field(default_factory=dict)
