"""``deploy --list``: what a registry holds for a service, and what became of each version here."""

import argparse
from typing import Protocol

from console.cli.output import say, say_json
from console.cli.table import lined_up
from console.domain.address import Address
from console.domain.registry import Offer
from console.domain.text import plain
from console.domain.version import short_digest
from console.domain.words import NOTHING, utc


class Registry(Protocol):
    """What a list of versions needs of :class:`console.operations.engine.Engine`."""

    def versions(self, address: Address, limit: int = 20) -> tuple[Offer, ...]: ...


def show(registry: Registry, address: Address, arguments: argparse.Namespace) -> int:
    """Newest pushed first.

    Raises:
        QuarterdeckError: when the registry cannot be listed.
    """
    found = registry.versions(address, arguments.limit)
    if arguments.json:
        say_json({"address": str(address), "versions": [facts(offer) for offer in found]})
        return 0
    if not found:
        say(plain(f"the registry holds no version for {address}"))
        return 0
    head = ("VERSION", "DIGEST", "PUSHED", "SCAN", "COMMIT", "PLATFORM", "HERE")
    for line in lined_up([head, *(_row(offer) for offer in found)]):
        say(plain(line))
    return 0


def facts(offer: Offer) -> dict[str, object]:
    """One version for a program."""
    item = offer.found
    return {
        "version": item.version.label,
        "digest": item.version.digest,
        "tags": list(item.version.tags),
        "pushed_at": utc(item.pushed_at),
        "commit": item.commit or None,
        "platforms": list(item.platforms),
        "size_bytes": item.size_bytes or None,
        "findings": None
        if item.findings.missing
        else {
            "critical": item.findings.critical,
            "high": item.findings.high,
            "others": item.findings.others,
        },
        "not_scanned": item.findings.missing or None,
        "runs": offer.runs,
        "ran": offer.ran or None,
        "is_bad": offer.is_bad,
    }


def _row(offer: Offer) -> tuple[str, ...]:
    item = offer.found
    here = ["runs now"] if offer.runs else []
    here += [offer.ran] if offer.ran else []
    here += ["marked bad"] if offer.is_bad and not offer.ran else []
    return (
        item.version.label,
        short_digest(item.version.digest) if item.version.digest else NOTHING,
        utc(item.pushed_at)[:16].replace("T", " "),
        item.findings.words,
        item.commit[:8] or NOTHING,
        ", ".join(item.platforms) or NOTHING,
        ", ".join(here) or "never ran here",
    )
