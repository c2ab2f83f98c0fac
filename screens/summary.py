"""What is put on the clipboard: a service in a few lines that can be pasted into a chat."""

from datetime import datetime

from console.domain import words
from console.domain.fleet import ServicePicture


def summary(picture: ServicePicture, now: datetime | None) -> str:
    """The service in plain text: where, what state, what runs, why, how old all that is."""
    environment, status = picture.environment, picture.status
    account = words.account_number(environment.account)
    place = " ".join(part for part in (account, environment.region, environment.cluster) if part)
    lines = [f"{picture.address}  {picture.state.value.replace('_', ' ').upper()}", place]
    if status is not None:
        version = picture.release.version if picture.release else None
        said = f"{status.running} of {status.desired} tasks running"
        if version is not None:
            digest = f" ({version.digest})" if version.digest else ""
            said = f"{version.label}{digest} · {said}"
        lines.append(said)
    if picture.diagnosis.line:
        lines.append(picture.diagnosis.line)
    if picture.hold is not None:
        lines.append(f"held at {picture.hold.version} by {picture.hold.by}: {picture.hold.reason}")
    if picture.as_of is not None:
        lines.append(f"as of {words.utc(picture.as_of)}")
    elif now is not None:
        lines.append(f"not read yet at {words.utc(now)}")
    return "\n".join(lines)
