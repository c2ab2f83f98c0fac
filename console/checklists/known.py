"""The facts of a walk: what is configured of the service, and what is released."""

import re

from console.checklists.facts import Facts
from console.config.settings import EnvironmentSettings, ServiceSettings
from console.domain.operation import OperationRecord
from console.domain.release import Release

_COMMIT = re.compile(r"^(?:.*[-@])?(?P<commit>(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,40})$")


def of_service(service: ServiceSettings, environment: EnvironmentSettings) -> Facts:
    """What the configuration tells; a list's own parameters come behind these."""
    place = environment.environment
    return {
        "verb": "deploy",
        "system": place.system,
        "environment": place.name,
        "tier": place.tier.value,
        "address": str(service.address),
        "alias": service.address.alias,
        "account": place.account,
        "region": place.region,
        "cluster": service.cluster,
        "service": service.service,
        "health": service.health,
        "queue": service.queue,
        "migration": service.migration is not None,
        "database": service.database.name if service.database is not None else "",
        **service.checklist_parameters,
    }


def of_plan(release: Release) -> Facts:
    """What a release tells of itself."""
    return _about(release.version.label, release.digest or "", release.version.tags)


def of_record(record: OperationRecord) -> Facts:
    """What a walk's own entry tells of the version."""
    version, digest = record.target.get("version"), record.target.get("digest")
    return {**_about(str(version or ""), str(digest or ""), ()), "walk": record.id}


def _about(label: str, digest: str, tags: tuple[str, ...]) -> Facts:
    commits = (_COMMIT.match(tag) for tag in (label, *tags))
    commit = next((found["commit"] for found in commits if found), "")
    return {"version": label, "digest": digest, "commit": commit, "ref": commit or label}
