"""The EC2 dialect of the query protocol: other names in requests, other envelopes in answers.

Lists are always flat in requests (``SubnetId.1``), and an answer has neither a result wrapper nor
response metadata (Smithy, AWS EC2 query protocol).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

SERVICE = "ec2"


def renamed(node: Any, shape: "Shape") -> Any:
    """The tree of a form under the names that the plain query protocol has for the same members.

    ``node`` is what the form's dotted keys spell: strings, and dictionaries of them.
    """
    if shape.type_name == "structure" and isinstance(node, dict):
        found = {name: node.get(_sent(name, member)) for name, member in shape.members.items()}
        return {
            shape.members[name].serialization.get("name", name): renamed(value, shape.members[name])
            for name, value in found.items()
            if value is not None
        }
    if shape.type_name == "list" and isinstance(node, dict):
        inner = shape.member.serialization.get("name", "member")
        return {inner: {number: renamed(item, shape.member) for number, item in node.items()}}
    return node


def envelope(operation: "OperationModel", members: str, request_id: str) -> bytes:
    """An answer of which the members are already written."""
    name = f"{operation.name}Response"
    namespace = f"http://ec2.amazonaws.com/doc/{operation.service_model.api_version}/"
    return (f'<{name} xmlns="{namespace}"><requestId>{request_id}</requestId>{members}</{name}>').encode()


def error(code: str, message: str, request_id: str) -> bytes:
    """An error; both texts are already fit for XML."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        f"<RequestID>{request_id}</RequestID></Response>"
    ).encode()


def _sent(name: str, shape: "Shape") -> str:
    """How a member is named in a request."""
    queried = shape.serialization.get("queryName")
    if queried:
        return str(queried)
    wired = str(shape.serialization.get("name", name))
    return wired[:1].upper() + wired[1:]
