"""Machines that tasks are placed on, where a cluster has any of its own."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Instance:
    """One container instance."""

    id: str
    """32 hex digits."""
    arn: str
    machine: str
    """The EC2 instance id."""
    status: str
    """ACTIVE, DRAINING, or what ECS says."""
    running: int
    pending: int
    zone: str = ""
    connected: bool = True
    """Its agent answers; where it does not, tasks on it cannot be told to stop."""

    @property
    def name(self) -> str:
        """``i-0abc… (4f3c2a1b)``: as people find it."""
        return f"{self.machine} ({self.id[:8]})" if self.machine else self.id[:8]
