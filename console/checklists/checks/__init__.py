"""The checks, one file a family; importing one puts its checks into the registry."""

from importlib import import_module
from pkgutil import iter_modules


def load() -> None:
    """Import every family that is here."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
