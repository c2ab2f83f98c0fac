"""Whose request is it, and which operation does it want?"""

import re
from dataclasses import dataclass

from console.sandbox.wire.message import Request
from console.sandbox.wire.models import BY_SCOPE, BY_TARGET

_CREDENTIAL = re.compile(
    r"^AWS4-HMAC-SHA256\s+.*?Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request"
)
_CBOR_PATH = re.compile(r"^/service/([^/]+)/operation/([^/]+)$")


@dataclass(frozen=True)
class Call:
    """One request for one operation, as far as it can be recognised."""

    service: str
    """As botocore names it; the unknown name as sent when the sandbox has no such service."""
    operation: str
    protocol: str
    """``json``, ``query`` or ``cbor``."""
    access_key: str
    """Empty: the request is not signed."""
    content_type: str = "application/x-amz-json-1.1"
    """What a JSON answer is labelled, which is what the request was."""

    @property
    def name(self) -> str:
        """``ecs.DescribeServices``: how counters and faults name the call."""
        return f"{self.service}.{self.operation}"


def identify(request: Request) -> Call:
    """Recognise a request by its target header, its path, or its scope and ``Action``.

    Never fails: what cannot be recognised has the service or the operation ``unknown``.
    """
    signed = _CREDENTIAL.match(request.headers.get("authorization", ""))
    access_key, scope = (signed[1], signed[4]) if signed else ("", "unknown")
    target = request.headers.get("x-amz-target", "")
    if target:
        prefix, _, operation = target.rpartition(".")
        known = BY_TARGET.get(prefix)
        service = known.name if known else scope
        content_type = request.headers.get("content-type", "").split(";")[0].strip()
        if not content_type.startswith("application/x-amz-json-"):
            content_type = "application/x-amz-json-1.1"
        return Call(service, _name(operation), "json", access_key, content_type)
    cbor = _CBOR_PATH.match(request.path)
    if cbor:
        known = BY_TARGET.get(cbor[1])
        return Call(known.name if known else scope, _name(cbor[2]), "cbor", access_key)
    form = request.form
    if "Action" not in form:
        return Call(scope, "unknown", "json", access_key)
    known = BY_SCOPE.get(scope)
    if known and form.get("Version", known.version) != known.version:
        known = None
    return Call(known.name if known else scope, _name(form["Action"]), "query", access_key)


def _name(operation: str) -> str:
    """The operation if it could be one's name: anybody may send anything."""
    return operation if re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,99}", operation) else "unknown"
