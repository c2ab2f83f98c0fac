"""Secrets Manager, as far as one may look without reading: names, versions, deletion; never a value.

The sandbox holds no values at all. A secret exists because a task definition of the fleet named it
when the account was built; the conditions ``secret-deleted`` and ``secret-denied`` change what
becomes of tasks, and the former also what is seen here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from console.sandbox import conditions
from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation
from console.sandbox.sts import caller_arn

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]

CURRENT = "AWSCURRENT"
_SUFFIX = 7
"""Hyphen and six characters that Secrets Manager adds to a name to make the ARN's last part."""
_DAY = 86_400.0
MOST = 100


@dataclass
class Secret:
    """What is known of a secret; moments are epoch seconds."""

    name: str
    arn: str
    created_at: float
    changed_at: float
    versions: dict[str, list[str]]
    """Version id -> its staging labels."""
    description: str = ""
    deleted_at: float | None = None
    """When it was scheduled for deletion."""
    tags: list[Json] = field(default_factory=list)


class SecretState:
    """The secrets of one account."""

    def __init__(self, account: "Account") -> None:
        self.account = account
        self.secrets: dict[str, Secret] = {}
        """By ARN."""
        self.condemned_at: float | None = None
        """When the condition ``secret-deleted`` was set last."""

    def add(self, arn: str, created_at: float, description: str = "") -> Secret:
        """A secret with one current version; one that is there already stays as it is."""
        if arn not in self.secrets:
            stream = self.account.world.rng(f"{arn}:version")
            name = arn.partition(":secret:")[2][:-_SUFFIX]
            self.secrets[arn] = Secret(
                name=name,
                arn=arn,
                created_at=created_at,
                changed_at=created_at,
                versions={_uuid(stream.getrandbits(128)): [CURRENT]},
                description=description,
            )
        return self.secrets[arn]

    def find(self, reference: str) -> Secret | None:
        """By name, by ARN, or by an ARN without its random last seven characters."""
        for secret in self.secrets.values():
            if reference in (secret.arn, secret.name, secret.arn[:-_SUFFIX]):
                return secret
        return None

    def deleted_at(self, secret: Secret) -> float | None:
        """When it was deleted, by itself or by a condition that holds now."""
        if self.account.conditions.concerns(conditions.SECRET_DELETED, "secret", secret.arn):
            return self.condemned_at or self.account.world.now()
        return secret.deleted_at


def stock(account: "Account") -> None:
    """Let every secret exist that the task definitions of the account name."""
    for family in account.ecs.definitions.values():
        for definition in family:
            for arn in _named(definition.containers):
                account.secrets.add(arn, definition.registered_at - _DAY)


def _named(containers: Iterable[Json]) -> Iterable[str]:
    """ARNs of secrets in ``valueFrom``, without JSON key, stage and version (seven fields are the ARN)."""
    for container in containers:
        for entry in container.get("secrets") or ():
            source = entry["valueFrom"]
            if source.startswith("arn:") and ":secretsmanager:" in source:
                yield ":".join(source.split(":")[:7])


@conditions.when_set(conditions.SECRET_DELETED)
def _note(account: "Account", _: Mapping[str, conditions.Value]) -> None:
    """Remember since when secrets are deleted, for ``DeletedDate``."""
    account.secrets.condemned_at = account.world.now()


@operation("secretsmanager")
def DescribeSecret(account: "Account", params: Json) -> Json:
    """One secret without its value; a deleted one can still be described (API reference)."""
    secret = _secret(account, params["SecretId"])
    return {**_picture(account, secret), "VersionIdsToStages": secret.versions}


@operation("secretsmanager")
def ListSecrets(account: "Account", params: Json) -> Json:
    """By filters, sorted; those scheduled for deletion only if asked for."""
    state = account.secrets
    found = [secret for secret in state.secrets.values() if _passes(secret, params.get("Filters") or [])]
    if not params.get("IncludePlannedDeletion"):
        found = [secret for secret in found if state.deleted_at(secret) is None]
    by_name = params.get("SortBy") == "name"
    found.sort(
        key=lambda secret: (0.0, secret.name) if by_name else (secret.created_at, secret.name),
        reverse=params.get("SortOrder") == "desc",
    )
    size = params.get("MaxResults") or MOST
    if not 1 <= size <= MOST:
        raise AwsError("InvalidParameterException", f"MaxResults must be between 1 and {MOST}.")
    shown, following = page(found, params.get("NextToken"), size)
    rows = [{**_picture(account, item), "SecretVersionsToStages": item.versions} for item in shown]
    return {"SecretList": rows, "NextToken": following.get("nextToken")}


@operation("secretsmanager")
def GetSecretValue(account: "Account", params: Json) -> Json:
    """Always denied: the role under which the console works may describe secrets, not read them.

    Raises:
        AwsError: ``ResourceNotFoundException``, else ``AccessDeniedException``.
    """
    secret = _secret(account, params["SecretId"])
    action = "secretsmanager:GetSecretValue"
    raise AwsError(
        "AccessDeniedException",
        f"User: {caller_arn(account)} is not authorized to perform: {action} on resource: {secret.arn} "
        f"because no identity-based policy allows the {action} action",
    )


def _secret(account: "Account", reference: str) -> Secret:
    secret = account.secrets.find(reference)
    if secret is None:
        raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    return secret


def _picture(account: "Account", secret: Secret) -> Json:
    return {
        "ARN": secret.arn,
        "Name": secret.name,
        "Description": secret.description or None,
        "LastChangedDate": secret.changed_at,
        "LastAccessedDate": account.world.now() // _DAY * _DAY,
        "DeletedDate": account.secrets.deleted_at(secret),
        "Tags": secret.tags,
        "CreatedDate": secret.created_at,
    }


def _passes(secret: Secret, filters: Iterable[Json]) -> bool:
    """Every filter must match; of its values one. A value matches a prefix, ``!`` in front excludes."""
    return all(_matches(secret, item["Key"], item["Values"]) for item in filters)


def _matches(secret: Secret, key: str, values: Iterable[str]) -> bool:
    texts = {
        "name": [secret.name],
        "description": [secret.description],
        "tag-key": [tag["Key"] for tag in secret.tags],
        "tag-value": [tag["Value"] for tag in secret.tags],
        "all": [secret.name, secret.description],
    }.get(key, [])
    return any(
        any(text.lower().startswith(value.removeprefix("!").lower()) for text in texts)
        is not value.startswith("!")
        for value in values
    )


def _uuid(bits: int) -> str:
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
