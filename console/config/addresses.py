"""From what somebody typed to the service that it names."""

from console.config.nearest import meant
from console.config.settings import Settings
from console.domain.address import Address
from console.domain.group import EVERY, GroupAddress
from console.domain.text import plain
from console.errors import UnknownServiceError


def resolve(settings: Settings, text: str) -> Address:
    """The one configured service that ``text`` names.

    Args:
        text: ``system/environment/alias``, or ``environment/alias`` where only one system has it;
            the alias may be one of the service's other names.

    Raises:
        UnknownServiceError: when it names none or several; says the nearest one.
    """
    parts = text.strip().strip("/").split("/")
    names = _names(settings)
    found = sorted({address for name, address in names if parts in (name, name[1:])})
    if len(found) == 1:
        return found[0]
    shown = plain(text)
    if found:
        choices = " or ".join(map(str, found))
        raise UnknownServiceError(f"{shown} names {len(found)} services", f"write {choices}")
    addresses = [str(address) for _, address in names]
    shorter = [address.short for _, address in names]
    candidates = addresses if len(parts) > 2 else [*shorter, *addresses]
    raise UnknownServiceError(
        f"{shown} is not in {settings.path}",
        meant(shown, dict.fromkeys(candidates)) or "write system/environment/alias",
    )


def resolve_group(settings: Settings, text: str) -> GroupAddress | None:
    """The group that ``text`` names: ``system/environment/@name``, ``system/environment`` for all of its
    services, or ``environment/@name`` where only one system has it; ``None`` when it names a service.

    Raises:
        UnknownServiceError: when it has the form of a group, and there is none such.
    """
    parts = text.strip().strip("/").split("/")
    if not parts[-1].startswith("@") and "/".join(parts) not in settings.environments:
        return None
    known = [
        GroupAddress(item.environment.system, item.environment.name, name)
        for item in settings.environments.values()
        for name in item.groups
    ]
    named = [*parts, f"@{EVERY}"] if not parts[-1].startswith("@") else parts
    found = [item for item in known if named in (str(item).split("/"), str(item).split("/")[1:])]
    if len(found) == 1:
        return found[0]
    shown = plain(text)
    if found:
        raise UnknownServiceError(
            f"{shown} names {len(found)} groups", f"write {' or '.join(map(str, found))}"
        )
    raise UnknownServiceError(
        f"{settings.path} has no group {shown}",
        meant(shown, map(str, known)) or "write system/environment/@group",
    )


def _names(settings: Settings) -> list[tuple[list[str], Address]]:
    """Every way to write every service in full, each with what it names."""
    return [
        ([service.address.system, service.address.environment, alias], service.address)
        for service in settings.services()
        for alias in (service.address.alias, *service.also)
    ]
