"""What a person says of a service without anything being sent: a hold ends, a version is bad."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from console.config.settings import ServiceSettings
from console.domain.address import Environment, Identity
from console.domain.operation import Mechanism, OperationRecord, Verb, Verdict
from console.operations import ulid
from console.operations.lives import host


@dataclass(frozen=True)
class Speaker:
    """Who says it, of which service, when."""

    actor: str
    identity: Identity
    environment: Environment
    service: ServiceSettings
    at: datetime

    def says(
        self, verb: Verb, about: Mapping[str, object], reason: str, *, changed: bool = True
    ) -> OperationRecord:
        """The record of it, ended as it begins.

        Args:
            about: The release that it is about, and what is said of it.
            changed: Whether it makes a difference.
        """
        return OperationRecord(
            id=ulid.new(self.at),
            verb=verb,
            address=self.service.address,
            account=self.identity.account,
            region=self.environment.region,
            cluster=self.service.cluster,
            service=self.service.service,
            actor=self.actor,
            caller=self.identity.arn,
            host=host(),
            pid=os.getpid(),
            heartbeat_at=self.at,
            planned_at=self.at,
            ordered_at=self.at,
            ended_at=self.at,
            mechanism=Mechanism.NONE,
            source=about,
            target=about,
            verdict=Verdict.SUCCEEDED if changed else Verdict.NOTHING_CHANGED,
            by="operator" if changed else None,
            reason=reason,
        )


def facts_of(record: OperationRecord) -> dict[str, object]:
    """What the verdict of such a record tells a program."""
    return {
        "verdict": record.verdict.value if record.verdict else None,
        "by": record.by,
        "reason": record.reason,
        "verb": record.verb.value,
        "address": str(record.address),
        "from": dict(record.source) or None,
        "to": dict(record.target) or None,
        "mechanism": record.mechanism.value,
        "ordered_s": record.seconds_to(record.accepted_at),
        "safe_s": record.seconds_to(record.safe_at),
        "done_s": record.seconds_to(record.done_at),
    }
