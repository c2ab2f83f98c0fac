"""RDS: database instances, their snapshots, and the calls that make, restore and rename them."""

from console.sandbox.rds import instances, snapshots
from console.sandbox.rds.model import Instance, RdsState, Snapshot
from console.sandbox.rds.stock import DatabaseSpec, stock, stock_database

__all__ = [
    "DatabaseSpec",
    "Instance",
    "RdsState",
    "Snapshot",
    "instances",
    "snapshots",
    "stock",
    "stock_database",
]
