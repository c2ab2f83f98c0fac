"""Requests -> parameters, driven by the model: members as botocore names them, moments in epoch seconds.

Members that the model does not know are ignored, as AWS does.
"""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from console.sandbox.registry import AwsError
from console.sandbox.wire import cbor, ec2
from console.sandbox.wire.message import Request
from console.sandbox.wire.models import BY_NAME

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape
    from botocore.validate import ParamValidator


def parse(request: Request, protocol: str, operation: "OperationModel") -> dict[str, Any]:
    """The parameters of a request, checked against the operation's model.

    Raises:
        AwsError: ``SerializationException`` for a body that is not of the protocol, the service's
            own code for parameters that do not fit.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    try:
        if protocol == "query":
            tree = _tree(request.form)
            is_ec2 = operation.service_model.service_name == ec2.SERVICE
            params = _from_form(ec2.renamed(tree, shape) if is_ec2 else tree, shape)
        else:
            data = cbor.decode(request.body) if protocol == "cbor" else json.loads(request.body or b"{}")
            params = _from_data(data, shape)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise AwsError("SerializationException", f"The request could not be read: {error}") from error
    report = _validator().validate(params, shape)
    if report.has_errors():
        text = " ".join(report.generate_report().split())
        raise AwsError(BY_NAME[operation.service_model.service_name].invalid, text)
    return dict(params)


@cache
def _validator() -> "ParamValidator":
    from botocore.validate import ParamValidator

    return ParamValidator()


def _from_data(value: Any, shape: "Shape") -> Any:
    """A value of JSON or CBOR in the form of its shape."""
    kind = shape.type_name
    if kind == "structure":
        members = {n: (value.get(n), member) for n, member in shape.members.items()}
        return {n: _from_data(v, member) for n, (v, member) in members.items() if v is not None}
    if kind == "list":
        if not isinstance(value, list):
            raise TypeError(f"expected a list, got {type(value).__name__}")
        return [_from_data(v, shape.member) for v in value]
    if kind == "map":
        return {str(k): _from_data(v, shape.value) for k, v in value.items()}
    if kind == "timestamp":
        return _moment(value)
    if kind == "blob" and isinstance(value, str):
        return _bytes(value)
    return value


def _tree(form: dict[str, str]) -> dict[str, Any]:
    """``{"A.member.1": x}`` -> ``{"A": {"member": {"1": x}}}``."""
    root: dict[str, Any] = {}
    for key, value in form.items():
        node = root
        *path, last = key.split(".")
        for part in path:
            below = node.setdefault(part, {})
            if not isinstance(below, dict):
                below = node[part] = {}
            node = below
        node.setdefault(last, value)
    return root


def _from_form(node: Any, shape: "Shape", name: str = "") -> Any:
    """A node of the form's tree in the form of its shape (AWS query protocol)."""
    kind = shape.type_name
    if kind == "structure":
        found = {n: (_member(node, n, s), s) for n, s in shape.members.items()} if node else {}
        return {n: _from_form(v, s, n) for n, (v, s) in found.items() if v is not None}
    if kind == "list":
        return [_from_form(v, shape.member) for v in _items(node, shape)]
    if kind == "map":
        key, value = (s.serialization.get("name", d) for s, d in ((shape.key, "key"), (shape.value, "value")))
        entries = _numbered(node if shape.serialization.get("flattened") else node.get("entry", {}))
        return {e[key]: _from_form(e.get(value, ""), shape.value) for e in entries}
    if not isinstance(node, str):
        raise ValueError(f"{name or 'a value'} has members, but is a {kind}")
    return _SCALARS.get(kind, str)(node)


def _member(node: Any, name: str, shape: "Shape") -> Any:
    """What was sent for one member, which may go by another name on the wire."""
    names = [shape.serialization.get("name", name)]
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        names.insert(0, shape.member.serialization.get("name", names[0]))
    return next((node[n] for n in names if n in node), None)


def _items(node: Any, shape: "Shape") -> list[Any]:
    if not isinstance(node, dict):
        return []
    if shape.serialization.get("flattened"):
        return _numbered(node)
    return _numbered(node.get(shape.member.serialization.get("name", "member"), {}))


def _numbered(node: dict[str, Any]) -> list[Any]:
    """The values of ``{"1": …, "2": …}`` in the order of their numbers."""
    return [node[key] for key in sorted(node, key=int)]


def _moment(value: Any) -> float:
    """Epoch seconds from epoch seconds, ISO 8601 or a moment."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return float(value)


def _bytes(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from error


def _truth(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError(f"{value!r} is not a boolean")
    return value.lower() == "true"


_SCALARS: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": _truth,
    "timestamp": _moment,
    "blob": _bytes,
}
