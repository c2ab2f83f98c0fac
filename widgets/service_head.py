"""The lines on top of a service: what is wrong, why, whose fault, and the way back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console.domain import words
from console.domain.address import Identity
from console.domain.alerts import Alerting
from console.domain.assurance import assurance
from console.domain.fleet import EnvironmentPicture, ServicePicture, WayBack
from console.domain.guard import Blame
from console.domain.operation import Mechanism, Plan
from console.domain.service import ServiceState
from console.domain.text import cell_width, cut_end
from console.domain.way_back import (
    blames_a_deploy,
    current_way_back,
    is_served,
    rests_on,
    serving_key,
    way_back_of,
)
from widgets.fleet_row import STATE_INKS, state_word
from widgets.glyphs import Glyphs
from widgets.header import NARROW
from widgets.line import Line

HOW = {
    Mechanism.UPDATE_SERVICE: "by a new deployment",
    Mechanism.FORCE_NEW_DEPLOYMENT: "by a new deployment of the tag",
    Mechanism.STOP_SERVICE_DEPLOYMENT: "by stopping the deployment in flight",
    Mechanism.CONTINUE_SERVICE_DEPLOYMENT: "by telling the paused deployment to roll back",
    Mechanism.STOP_DEPLOYMENT: "by stopping CodeDeploy's deployment",
    Mechanism.CREATE_DEPLOYMENT: "by a new deployment of CodeDeploy's",
    Mechanism.ACTIONS: "by several steps",
    Mechanism.WATCH: "ECS is going back already",
    Mechanism.NONE: "nothing to send",
}
HOW_SHORT = {
    Mechanism.UPDATE_SERVICE: "new deployment",
    Mechanism.FORCE_NEW_DEPLOYMENT: "new deployment of the tag",
    Mechanism.STOP_SERVICE_DEPLOYMENT: "stop the deployment",
    Mechanism.CONTINUE_SERVICE_DEPLOYMENT: "roll the pause back",
    Mechanism.STOP_DEPLOYMENT: "stop the deployment",
    Mechanism.CREATE_DEPLOYMENT: "new deployment",
    Mechanism.ACTIONS: "several steps",
    Mechanism.WATCH: "ECS is going back",
    Mechanism.NONE: "nothing to send",
}


@dataclass(frozen=True)
class ArmedPlan:
    """The plan of the rollback that would run now, as far as the engine has answered."""

    plan: Plan | None = None
    refusal: str = ""
    """Why there is none; empty while nobody has answered yet."""
    serving: str = ""
    """:func:`console.domain.way_back.serving_key` of the service when it was asked for; empty: not known."""

    def rests_on(self, picture: ServicePicture) -> bool:
        """Whether it is about what the service runs now."""
        if self.plan is not None:
            return rests_on(way_back_of(self.plan, self.plan.made_at, self.serving), picture)
        return not self.serving or self.serving == serving_key(picture)

    def leads_nowhere(self, picture: ServicePicture) -> bool:
        """Whether it would go to what the service runs; of a way back that ECS goes by itself that is so."""
        plan = self.plan
        if plan is None or plan.nothing_to_do or plan.mechanism is Mechanism.WATCH:
            return False
        return is_served(way_back_of(plan, plan.made_at), picture)


NOT_ASKED = ArmedPlan()


@dataclass(frozen=True)
class Head:
    """What the three lines on top are made from."""

    picture: ServicePicture
    around: EnvironmentPicture | None
    """Its environment: who we are there."""
    armed: ArmedPlan
    stale_age: str
    now: datetime
    alert: Alerting | None = None


def head_lines(head: Head, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """State and place, why, way back; and, while figures are bad, whether the deploy is to blame."""
    narrow = width < NARROW
    return (
        _title(head, width, narrow, glyphs),
        _why(head, width, narrow, glyphs),
        *_blame(head.picture, width, narrow, glyphs),
        _way_back(head, width, narrow, glyphs),
    )


def _blame(picture: ServicePicture, width: int, narrow: bool, glyphs: Glyphs) -> tuple[Line, ...]:
    found = picture.blame
    if found is None:
        return ()
    line = Line().put(2, "blame" if narrow else "deploy?", "faint")
    return (line.run_to(width - 2, 8 if narrow else 12, *blame_parts(found, glyphs)),)


def blame_parts(found: Blame, glyphs: Glyphs) -> list[tuple[str, str]]:
    """Is it the deploy? In one line, with what going back would not cure."""
    answer = {True: "yes", False: "no", None: "unknown"}[found.is_deploy]
    ink = {True: "bold critical", False: "bold warning", None: "bold stale"}[found.is_deploy]
    uncured = [(f" {glyphs.dot} {found.uncured}", "warning")] if found.uncured else []
    return [(answer, ink), (f" {glyphs.dot} {found.line}", "text"), *uncured]


def _title(head: Head, width: int, narrow: bool, glyphs: Glyphs) -> Line:
    line, picture, stale_age = Line(), head.picture, head.stale_age
    state = picture.state
    ink = STATE_INKS[state]
    loud = state.is_trouble or state.is_moving
    glyph_ink = "steady" if state is ServiceState.STEADY and not picture.reserve else ink
    if stale_age and not loud:
        ink = glyph_ink = "stale"
    calm_glyph = glyphs.open if picture.reserve else glyphs.of_state(state)
    glyph = glyphs.stale if stale_age and not loud else calm_glyph
    gone = picture.deletion.ago(head.now, narrow=narrow) if picture.deletion else ""
    said = " ".join(part for part in (state_word(state), gone or progress_words(picture), stale_age) if part)
    if picture.as_of is None and picture.status is None and not picture.diagnosis.line:
        glyph, glyph_ink, said, ink = glyphs.open, "muted", "reading", "muted"
    column = line.run(2, (glyph, glyph_ink), (" ", f"bold {ink}"), (said, f"bold {ink}")) + (
        2 if narrow else 3
    )
    column = line.run(column, (picture.address.service, "bold strong")) + (1 if narrow else 2)
    column = line.run(column, (picture.address.environment, "text"))
    if picture.hold is not None:
        column = line.run(column + 2, (f"held at {picture.hold.version}", "warning"))
    _place(line, head, column, width, narrow, glyphs)
    return line


def _place(line: Line, head: Head, after: int, width: int, narrow: bool, glyphs: Glyphs) -> None:
    """Platform, cluster, Region, account, role at the right; what has no room is dropped from the left."""
    environment, around = head.picture.environment, head.around
    number = words.account_number(environment.account)
    name = around.standing.account_name if around and around.standing else ""
    account = " ".join(part for part in (name, number) if part)
    role = role_of(around.identity) if around and around.identity else ""
    parts = [environment.platform, environment.cluster, environment.region, account, role]
    if narrow:
        parts = [name or number, environment.region]
    parts = [part for part in parts if part]
    room = width - 2 - after - 2
    while len(parts) > 1 and cell_width("  ".join(parts)) > room:
        parts.pop(0)
    if room > 8:
        line.right(width - 2, cut_end("  ".join(parts), room, glyphs.ellipsis), "muted")


def role_of(identity: Identity) -> str:
    """The role that we have taken on; of a user its name."""
    parts = identity.arn.rsplit(":", 1)[-1].split("/")
    return parts[1] if len(parts) > 1 else parts[0]


def progress_words(picture: ServicePicture) -> str:
    """``1/2``: running tasks of the new release, of a canary its share of the traffic; empty where nothing
    moves."""
    share = picture.traffic_share
    if picture.state is ServiceState.CANARY and share is not None:
        return f"{share:.0f} %"
    there = picture.status.progress if picture.status else None
    return "{}/{}".format(*there) if there else ""


def _why(head: Head, width: int, narrow: bool, glyphs: Glyphs) -> Line:
    line, why = Line().put(2, "why", "faint"), head.picture.diagnosis.line and head.picture.why
    parts = [(why, "text")] if why else []
    if why and head.alert is not None and head.alert.quiets(head.picture):
        parts.append((" · seen", "muted"))
    column = 8 if narrow else 12
    return line.run_to(width - 2, column, *(parts or [(assurance(head.picture, head.now), "muted")]))


def _way_back(head: Head, width: int, narrow: bool, glyphs: Glyphs) -> Line:
    line = Line().put(2, "back" if narrow else "way back", "faint")
    column = 8 if narrow else 12
    armed, proved = head.armed, current_way_back(head.picture, head.now)
    if armed.plan is not None:
        parts = _plan_parts(armed.plan, narrow)
        age = _age_of(armed.plan.made_at if proved is None else proved.at, head.now, narrow)
        failed = tuple(check.evidence or check.name for check in armed.plan.blockers)
        parts += _proof_parts("" if armed.plan.nothing_to_do else age, failed)
    elif armed.refusal:
        own = f"{head.picture.address}: "
        parts = [(f"none · {armed.refusal.removeprefix(own)}", "warning")]
    elif proved is not None:
        parts = [*_proved_parts(proved), *_proof_parts(_age_of(proved.at, head.now, narrow), proved.failed)]
    else:
        parts = [("asking", "muted")]
    there = (armed.plan is not None) if armed.plan or armed.refusal else bool(proved and proved.version)
    if there:
        ink = "bold accent" if blames_a_deploy(head.picture) else "muted"
        column = line.run(column, ("R ", ink)) + (0 if narrow else 1)
    for said, ink in parts:
        room = width - 2 - column
        if room <= 0:
            break
        column = line.run(column, (cut_end(said, room, glyphs.ellipsis), ink))
    return line


def _age_of(moment: datetime, now: datetime, narrow: bool) -> str:
    age = words.age((now - moment).total_seconds(), narrow=narrow)
    return f"{age} ago" if narrow else f"proved {age} ago"


def _proof_parts(age: str, failed: Sequence[str]) -> list[tuple[str, str]]:
    parts = [(f" · {age}", "muted")] if age else []
    return [*((f" · {check}", "warning") for check in failed), *parts]


def _proved_parts(way: WayBack) -> list[tuple[str, str]]:
    if not way.version:
        return [(f"none · {way.doubt}" if way.doubt else "none", "warning")]
    ink = "text" if way.proven else "warning"
    parts = [(f"to {way.version}", ink)]
    if way.doubt:
        parts.append((f" ({way.doubt})", "warning"))
    if way.safe_s is not None:
        parts += [(" · safe in about ", "text"), (words.clock(way.safe_s), "bold strong")]
    return parts


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
    if plan is None or plan.nothing_to_do or plan.mechanism is Mechanism.WATCH:
        return ""
    about = words.clock(plan.estimate.safe_s) if plan.estimate else ""
    if narrow:
        return f"roll back ~{about}" if about else "roll back"
    to = f"roll back to {plan.target.version.label}"
    return f"{to}, safe in about {about}" if about else to
