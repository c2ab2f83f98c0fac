"""The programs of the fleets, as their users reach them: HTTP under ``/_app/`` on the sandbox's port."""

from console.sandbox.application.front import PREFIX, Applications

__all__ = ["PREFIX", "Applications"]
