"""The three lines on top of a service: what is wrong, why, and the way back."""

from dataclasses import dataclass

from console.domain import words
from console.domain.fleet import ServicePicture
from console.domain.operation import Mechanism, Plan
from console.domain.service import ServiceState
from console.domain.text import cell_width, cut_end
from widgets.fleet_row import STATE_INKS, state_word
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line

HOW = {
    Mechanism.UPDATE_SERVICE: "by a new deployment",
    Mechanism.FORCE_NEW_DEPLOYMENT: "by a new deployment of the tag",
    Mechanism.STOP_SERVICE_DEPLOYMENT: "by stopping the deployment in flight",
    Mechanism.WATCH: "ECS is going back already",
    Mechanism.NONE: "nothing to send",
}
HOW_SHORT = {
    Mechanism.UPDATE_SERVICE: "new deployment",
    Mechanism.FORCE_NEW_DEPLOYMENT: "new deployment of the tag",
    Mechanism.STOP_SERVICE_DEPLOYMENT: "stop the deployment",
    Mechanism.WATCH: "ECS is going back",
    Mechanism.NONE: "nothing to send",
}


@dataclass(frozen=True)
class WayBack:
    """What is known of the rollback that would run now."""

    plan: Plan | None = None
    refusal: str = ""
    """Why there is none; empty while nobody has answered yet."""


NOT_ASKED = WayBack()


def head_lines(
    picture: ServicePicture, way: WayBack, stale_age: str, width: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """State and place, why, way back: three lines."""
    narrow = width < NARROW
    return (
        _title(picture, stale_age, width, narrow, glyphs),
        _why(picture, width, narrow, glyphs),
        _way_back(way, width, narrow, glyphs),
    )


def _title(picture: ServicePicture, stale_age: str, width: int, narrow: bool, glyphs: Glyphs) -> Line:
    line = Line()
    state = picture.state
    ink = STATE_INKS[state]
    loud = state.is_trouble or state.is_moving
    glyph_ink = "steady" if state is ServiceState.STEADY else ink
    if stale_age and not loud:
        ink = glyph_ink = "stale"
    glyph = glyphs.stale if stale_age and not loud else glyphs.of_state(state)
    said = " ".join(part for part in (state_word(state), progress_words(picture), stale_age) if part)
    if picture.as_of is None and picture.status is None and not picture.diagnosis.line:
        glyph, glyph_ink, said, ink = glyphs.open, "muted", "reading", "muted"
    column = line.run(2, (glyph, glyph_ink), (" ", "text"), (said, f"bold {ink}")) + (2 if narrow else 3)
    column = line.run(column, (picture.address.service, "bold strong")) + (1 if narrow else 2)
    column = line.run(column, (picture.address.environment, "text"))
    if picture.hold is not None:
        column = line.run(column + 2, (f"held at {picture.hold.version}", "warning"))
    _place(line, picture, column, width, narrow, glyphs)
    return line


def _place(line: Line, picture: ServicePicture, after: int, width: int, narrow: bool, glyphs: Glyphs) -> None:
    environment = picture.environment
    account = words.account_number(environment.account)
    parts = [environment.platform, environment.cluster, environment.region, account]
    said = environment.region if narrow else "  ".join(part for part in parts if part)
    room = width - 2 - after - 2
    if room >= cell_width(said):
        line.right(width - 2, said, "muted")
    elif room > 12:
        line.right(width - 2, cut_end(said, room, glyphs.ellipsis), "muted")


def progress_words(picture: ServicePicture) -> str:
    """``1/2``: running tasks of the new release; empty where nothing moves."""
    status = picture.status
    if status is None or status.primary is None or not status.in_motion:
        return ""
    return f"{status.primary.running}/{status.primary.desired}"


def _why(picture: ServicePicture, width: int, narrow: bool, glyphs: Glyphs) -> Line:
    column = 8 if narrow else 12
    line = Line().put(2, "why", "faint")
    said, ink = picture.diagnosis.line, "text"
    if not said:
        said, ink = _no_reason(picture), "muted"
    return line.put(column, cut_end(said, width - column - 2, glyphs.ellipsis), ink)


def _no_reason(picture: ServicePicture) -> str:
    if picture.as_of is None:
        return "nothing has been read yet"
    return "no evidence" if picture.state is ServiceState.UNKNOWN else "all is well"


def _way_back(way: WayBack, width: int, narrow: bool, glyphs: Glyphs) -> Line:
    line = Line().put(2, "back" if narrow else "way back", "faint")
    column = 8 if narrow else 12
    if way.plan is None:
        if way.refusal:
            text = cut_end(f"none · {way.refusal}", width - column - 2, glyphs.ellipsis)
            return line.put(column, text, "warning")
        return line.put(column, "asking", "muted")
    parts = _plan_parts(way.plan, narrow)
    column = line.run(column, ("R ", "bold accent")) + (0 if narrow else 1)
    for text, ink in parts:
        room = width - 2 - column
        if room <= 0:
            break
        column = line.run(column, (cut_end(text, room, glyphs.ellipsis), ink))
    return line


def _plan_parts(plan: Plan, narrow: bool) -> list[tuple[str, str]]:
    if plan.nothing_to_do:
        return [(plan.nothing_to_do, "muted")]
    ink = "text" if plan.proven else "warning"
    served = "" if plan.served_s is None else f" (ran for {words.age(plan.served_s)})"
    if plan.doubt:
        served = f" ({plan.doubt})"
    label = plan.target.version.label
    if narrow:
        parts = [(f"to {label} · {HOW_SHORT[plan.mechanism]}", ink)]
    else:
        parts = [(f"to {label}{served}, {HOW[plan.mechanism]}", ink)]
    if plan.estimate is not None:
        parts += [(" · safe in about ", "text"), (words.clock(plan.estimate.safe_s), "bold strong")]
    return parts


def consequence(plan: Plan | None, narrow: bool) -> str:
    """What ``R`` would do, for the key bar; empty where that is not known."""
    if plan is None or plan.nothing_to_do:
        return ""
    about = words.clock(plan.estimate.safe_s) if plan.estimate else ""
    if narrow:
        return f"roll back ~{about}" if about else "roll back"
    to = f"roll back to {plan.target.version.label}"
    return f"{to}, safe in about {about}" if about else to
