"""The judge's own way to the API and to the served programs: plain HTTP, nothing of the console."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

_TARGETS = {
    "ecs": "AmazonEC2ContainerServiceV20141113",
    "ecr": "AmazonEC2ContainerRegistry_V20150921",
}
_ELB_VERSION = "2015-12-01"
_FORM = "application/x-www-form-urlencoded"


class RefusedCallError(Exception):
    """The API answered with an error; ``code`` is its name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(frozen=True)
class Answer:
    """What a probe client was served."""

    status: int
    version: str
    """``X-Version``; empty where no program answered."""
    task: str
    """``X-Served-By``: the id of the task; empty likewise."""


Send = Callable[[str, str, bytes, Mapping[str, str]], tuple[int, bytes, Mapping[str, str]]]
"""Method, path, body, headers -> status, body, headers."""


class Wire:
    """The API and the programs, in the account of one access key."""

    def __init__(self, send: Send, access_key: str, region: str) -> None:
        self._send, self._access_key, self._region = send, access_key, region

    def call(self, service: str, operation: str, /, **members: Any) -> dict[str, Any]:
        """One call of ECS or ECR.

        Raises:
            RefusedCallError: when the API refuses it.
        """
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{_TARGETS[service]}.{operation}",
            "Authorization": self._signature(service),
        }
        status, body, _ = self._send("POST", "/", json.dumps(members).encode(), headers)
        answer: dict[str, Any] = json.loads(body)
        if status != 200:
            name = str(answer.get("__type", "Unknown")).rpartition("#")[2]
            raise RefusedCallError(name, str(answer.get("message", "")))
        return answer

    def target_states(self, group: str) -> dict[str, str]:
        """Address -> state of every target of a group.

        Raises:
            RefusedCallError: when the API refuses it.
        """
        form = {"Action": "DescribeTargetHealth", "Version": _ELB_VERSION, "TargetGroupArn": group}
        headers = {"Content-Type": _FORM, "Authorization": self._signature("elasticloadbalancing")}
        status, body, _ = self._send("POST", "/", urlencode(form).encode(), headers)
        if status != 200:
            raise RefusedCallError(str(status), body.decode()[:200])
        found = {}
        for member in ElementTree.fromstring(body).iter():
            if member.tag.endswith("}member") or member.tag == "member":
                address = next((item.text for item in member.iter() if item.tag.endswith("Id")), None)
                state = next((item.text for item in member.iter() if item.tag.endswith("State")), None)
                if address and state:
                    found[address] = state
        return found

    def probe(self, path: str) -> Answer:
        """Ask a program as a client on the internet would."""
        status, _, headers = self._send("GET", path, b"", {})
        return Answer(status, headers.get("X-Version", ""), headers.get("X-Served-By", ""))

    def _signature(self, scope: str) -> str:
        return (
            f"AWS4-HMAC-SHA256 Credential={self._access_key}/20260101/{self._region}/{scope}/aws4_request,"
            " SignedHeaders=host, Signature=none"
        )
