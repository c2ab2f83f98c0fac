"""A request over HTTP that somebody makes of a service, and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

READING_METHODS = ("GET", "HEAD")


@dataclass(frozen=True)
class Request:
    """One request, complete before it is sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    reads: bool | None = None
    """Whether it changes nothing over there; ``None``: GET and HEAD do not, everything else may."""

    @property
    def changes(self) -> bool:
        """It may change something: a GET that is declared to write does, too."""
        if self.reads is None:
            return self.method not in READING_METHODS
        return not self.reads


@dataclass(frozen=True)
class Reply:
    """What came back; any status is an answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    """Its beginning, where it is longer than the client keeps."""
    took_s: float = 0.0
    is_cut: bool = False
    """There was more of the body."""
