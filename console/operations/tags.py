"""Rules for the tags that may be deployed: enforced in production, warned of elsewhere."""

import re

from console.config.schema import SEMVER
from console.config.settings import ServiceSettings
from console.domain.operation import Check, CheckState
from console.domain.text import plain
from console.domain.version import Version

NAME = "tag rule"
_SEMVER = r"v\d+\.\d+\.\d+"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def tag_check(settings: ServiceSettings, wanted: str, resolved: Version) -> Check | None:
    """Whether a version may be deployed by its tag; ``None`` where no rule is configured, or no version
    was named.

    A tag has to match itself: it is what people will look for. A digest is as good as its best tag.
    """
    if not settings.tags or not wanted:
        return None
    rule = _SEMVER if settings.tags == SEMVER else settings.tags
    said = "vX.Y.Z" if settings.tags == SEMVER else settings.tags
    fitting = [tag for tag in resolved.tags if re.fullmatch(rule, tag)]
    by_digest = bool(_DIGEST.fullmatch(wanted))
    if re.fullmatch(rule, wanted) or (by_digest and fitting):
        return Check(NAME, CheckState.PASS, f"{fitting[0] if by_digest else plain(wanted)} is {said}")
    state = CheckState.FAIL if settings.tag_rule == "enforce" else CheckState.UNKNOWN
    name = "no tag of the digest" if by_digest else plain(wanted)
    remedy = f"it is also {fitting[-1]}: deploy that" if fitting else f"tag the image {said}"
    return Check(NAME, state, f"{name} is not {said}", remedy)
