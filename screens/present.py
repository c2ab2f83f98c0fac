"""How the service of an operation that has ended is now: page, chip and group say the same of it."""

from collections.abc import Mapping
from datetime import datetime

from console.domain.address import Address
from console.domain.assurance import assurance, is_well
from console.domain.fleet import FleetSnapshot, ServicePicture
from console.domain.held import hold_trouble
from console.domain.operation import Mechanism, Safety, Verb, Verdict
from console.domain.service import ServiceState
from console.domain.words import age
from console.watch.cadence import SLOW_S, STALE_AFTER
from screens.running import RunningOperation
from widgets.fleet_row import STATE_INKS, state_word
from widgets.operation_picture import Present, PresentKind

_BROKEN = (ServiceState.DELETED, ServiceState.DELETING, ServiceState.FAILING, ServiceState.STUCK)
"""What no operation can have meant to leave behind."""


def present_of(
    operation: RunningOperation, fleet: FleetSnapshot, unsafe: Mapping[Address, Safety], now: datetime
) -> Present | None:
    """The service as the fleet shows it, read since the operation ended; ``None`` while that is open.

    Args:
        unsafe: What the operations under way say of services that are not safe, or not known to be.
    """
    ended = operation.ending_at
    if ended is None:
        return None
    safety = unsafe.get(operation.address)
    if safety is not None and safety.is_lost:
        return Present(PresentKind.BROKEN, "now NOT SAFE", safety.trouble, "critical")
    picture = fleet.find(operation.address)
    if picture is None:
        return Present(PresentKind.UNREAD, "now unknown", "it is not in the fleet", "stale")
    if doubt := _unread(picture, ended, now):
        return Present(PresentKind.UNREAD, "now unknown", doubt, "stale")
    state, line = picture.state, picture.diagnosis.line
    if state is ServiceState.UNKNOWN:
        return Present(PresentKind.UNREAD, "now unknown", line or assurance(picture, now), "stale")
    word = f"now {state_word(state)}"
    # figures lag by minutes: right after a rollback they are those of the version that has left
    apart = picture.diagnosis.apart_from_alerts or state
    if apart in _BROKEN:
        return Present(PresentKind.BROKEN, word, line, "critical")
    if _was_read_since(picture, ended) and (trouble := hold_trouble(picture)):
        return Present(PresentKind.BROKEN, "now hold broken", trouble, "critical")
    if other := _other_version(operation, picture):
        return Present(PresentKind.BROKEN, f"now {other}", "another version than it left", "critical")
    if safety is not None:
        return Present(PresentKind.UNREAD, "now unknown", safety.trouble, "stale")
    if state.is_trouble or state.is_moving:
        return Present(PresentKind.OPEN, word, line, STATE_INKS[state])
    ink = "steady" if is_well(picture, now) else "text"
    return Present(PresentKind.CALM, word, line or assurance(picture, now), ink)


def _unread(picture: ServicePicture, ended: datetime, now: datetime) -> str:
    """Why the picture says nothing of now; empty: it does."""
    if picture.as_of is None or picture.remembered or picture.as_of < ended:
        return "not read since it ended"
    old_s = (now - picture.as_of).total_seconds()
    return f"not read for {age(old_s)}" if old_s > STALE_AFTER * max(SLOW_S, picture.cadence_s or 0.0) else ""


def _was_read_since(picture: ServicePicture, ended: datetime) -> bool:
    """Whether its tasks were: the list of a whole cluster comes later than its services."""
    moments = (picture.observation.at if picture.observation else None, picture.tasks_as_of)
    return any(at is not None and at >= ended for at in moments)


def _other_version(operation: RunningOperation, picture: ServicePicture) -> str:
    """What runs in place of what a successful operation left, or left to ECS to bake; empty: nothing, or
    nobody can tell."""
    progress, plan = operation.progress, operation.plan
    if progress is None or plan is None or progress.verdict not in (Verdict.SUCCEEDED, Verdict.BAKING):
        return ""
    if plan.mechanism is Mechanism.ACTIONS or plan.rehearses or operation.verb is Verb.REHEARSE:
        return ""
    target, release = plan.target, picture.release
    if release is not None and release.digest and target.digest:
        same = release.digest == target.digest
    else:
        same = picture.version is None or picture.version.label == target.version.label
    return "" if same else str(picture.version or (release.version if release else "another version"))
