"""From confirmed to accepted, step by step: what is compared, sent, journalled and said, word for word."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from console.domain.address import Tier
from console.domain.codec import encode
from console.domain.operation import Accepted, Basis, Mechanism, OperationEvent, Order, Plan, Sizing, Verb
from console.errors import (
    EndpointError,
    MissingServiceError,
    OutcomeUnknownError,
    QuarterdeckError,
    ReadOnlyError,
    RejectedError,
    ThrottledError,
)
from console.operations.carrier import Carrier, Limits
from console.operations.lives import host
from console.operations.log import OperationLog
from console.operations.ordering import (
    COMPARE_FOR_S,
    COMPARED_FOR_S,
    LOOK_AGAIN_S,
    LOOK_FOR_S,
    TAKEN,
    changed_meanwhile,
    find_out,
    order_of,
    place,
    what_changed,
)
from console.operations.sending import PAUSES_S, SEND_FOR_S, send
from tests.builders import (
    ACCOUNT,
    ADDRESS,
    CLUSTER,
    NEW_DEFINITION,
    NEW_DEPLOYMENT,
    NEW_DIGEST,
    NEW_RELEASE,
    NEW_ROLLOUT,
    NOW,
    OLD_DEFINITION,
    OLD_DIGEST,
    OLD_RELEASE,
    REGION,
    a_new_release,
    a_record,
    a_release,
    a_service,
    an_observation,
)
from tests.fakes import FakeClock, FakePlatform, MemoryJournal

BASIS = Basis(NEW_DEPLOYMENT, NEW_DEFINITION, NEW_RELEASE, NEW_ROLLOUT, in_flight=False)
COPY = "arn:aws:ecs:us-east-1:482319607715:task-definition/rugmunch-api:44"
LOST = OutcomeUnknownError("no answer in 8 s")
CALLS = {
    Mechanism.UPDATE_SERVICE: "UpdateService",
    Mechanism.FORCE_NEW_DEPLOYMENT: "UpdateService",
    Mechanism.STOP_SERVICE_DEPLOYMENT: "StopServiceDeployment",
    Mechanism.CONTINUE_SERVICE_DEPLOYMENT: "ContinueServiceDeployment",
    Mechanism.STOP_DEPLOYMENT: "StopDeployment",
    Mechanism.CREATE_DEPLOYMENT: "CreateDeployment",
    Mechanism.NONE: "nothing",
}


def a_plan(**overrides: Any) -> Plan:
    """Back from v1.4.3, which has completed, to v1.4.2."""
    default = Plan(
        verb=Verb.ROLLBACK,
        address=ADDRESS,
        tier=Tier.PRODUCTION,
        account=ACCOUNT,
        region=REGION,
        cluster=CLUSTER,
        service="rugmunch-api",
        mechanism=Mechanism.UPDATE_SERVICE,
        basis=BASIS,
        source=a_new_release(),
        target=a_release(),
        effect="",
        made_at=NOW,
        confirm="production/api",
    )
    return replace(default, **overrides)


class Platform(FakePlatform):
    """Registers a copy, and notes since when it was asked to look."""

    looked_since: list[datetime]

    def prepare(self, order: Order) -> Order:
        return replace(super().prepare(order), definition=COPY)

    def find(self, order: Order, sent_at: datetime) -> Accepted | None:
        self.looked_since = [*getattr(self, "looked_since", []), sent_at]
        return super().find(order, sent_at)


@dataclass
class Desk:
    """One operation on a scripted platform, its basis as it was planned."""

    plan: Plan = field(default_factory=a_plan)
    limits: Limits = field(default_factory=Limits)
    answer: Any = None
    """What a call that was sent again has answered."""

    def __post_init__(self) -> None:
        self.platform, self.journal, self.clock = Platform(an_observation()), MemoryJournal(), FakeClock()
        self.platform.bases[ADDRESS] = self.plan.basis
        record = a_record(host=host(), pid=os.getpid(), ordered_at=NOW)
        self.journal.begin(record)
        log = OperationLog(self.journal, record, self.clock, forgiving=False)
        self.carrier = Carrier(self.plan, self.platform, log, self.clock, self.limits)

    def place(self) -> list[OperationEvent]:
        return list(place(self.carrier))

    @property
    def kept(self) -> dict[str, list[tuple[str, dict[str, object]]]]:
        """What the journal holds: event -> text and facts of each."""
        found: dict[str, list[tuple[str, dict[str, object]]]] = {}
        for entry in self.journal.entries(self.carrier.log.record.id):
            found.setdefault(entry.event, []).append((entry.text, dict(entry.facts)))
        return found


def told(events: Iterable[OperationEvent]) -> list[tuple[str, str]]:
    return [(event.event, event.text) for event in events]


def reason(events: list[OperationEvent]) -> tuple[object, object]:
    assert events[-1].event == "verdict"
    return events[-1].facts["verdict"], events[-1].facts["reason"]


def by_mechanism(mechanism: Mechanism, **overrides: Any) -> Plan:
    return a_plan(mechanism=mechanism, **overrides)


# the order that a plan stands for


def test_an_order_holds_everything_that_the_plan_says() -> None:
    """The target's definition and images; its release is restored by a rollback only."""
    sizing = Sizing(memory_mb=2048)
    plan = a_plan(sizing=sizing, configuration={"maximumPercent": 150}, asked={"direct": True})
    order = order_of(plan)

    assert order == Order(
        address=ADDRESS,
        mechanism=Mechanism.UPDATE_SERVICE,
        basis=BASIS,
        base_definition=OLD_DEFINITION,
        images={"api": OLD_DIGEST},
        release=OLD_RELEASE,
        definition=None,
        sizing=sizing,
        configuration={"maximumPercent": 150},
        direct=True,
    )
    assert order_of(replace(plan, verb=Verb.DEPLOY)).release is None
    assert order_of(replace(plan, asked={})).direct is False
    assert order_of(replace(plan, asked={"direct": "yes"})).direct is False
    assert order_of(replace(plan, mechanism=Mechanism.FORCE_NEW_DEPLOYMENT)).images == {}


def test_the_definition_to_ship_is_the_targets_else_what_runs() -> None:
    """What the registry names has no definition yet: the live one is the base."""
    unborn = a_release(definition=None, digest=NEW_DIGEST)

    assert order_of(a_plan()).base_definition == OLD_DEFINITION
    assert order_of(a_plan(target=unborn, source=a_new_release())).base_definition == NEW_DEFINITION
    nothing = a_plan(
        target=unborn, source=a_new_release(definition=None), basis=replace(BASIS, definition="b")
    )
    assert order_of(nothing).base_definition == "b"


# what makes a plan untrue


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        (
            {"deployment": "ecs-svc/9", "definition": "arn:x/api:9"},
            f"ecs-svc/9 (api:9) is PRIMARY now, not {NEW_DEPLOYMENT}",
        ),
        ({"definition": "arn:x/y/api:9"}, "it runs api:9 now, not rugmunch-api:43"),
        ({"release": "arn:x/y/77"}, "service revision 77 is PRIMARY now, not 4980306466373577043"),
        ({"release": None}, ""),
        ({"rollout": "arn:other", "in_flight": True}, ""),
    ],
)
def test_what_changed_since_the_plan_is_said_in_words(change: dict[str, Any], words: str) -> None:
    """Deployment, definition, revision; a rollout only matters to what turns it around."""
    assert what_changed(a_plan(), replace(BASIS, **change)) == words


def test_a_revision_that_the_plan_did_not_know_changes_nothing() -> None:
    """Older services have none until their next deployment."""
    plan = a_plan(basis=replace(BASIS, release=None))
    assert what_changed(plan, BASIS) == ""


@pytest.mark.parametrize(
    "mechanism",
    [
        Mechanism.STOP_SERVICE_DEPLOYMENT,
        Mechanism.CONTINUE_SERVICE_DEPLOYMENT,
        Mechanism.STOP_DEPLOYMENT,
        Mechanism.WATCH,
    ],
)
def test_what_turns_a_rollout_around_needs_that_rollout_under_way(mechanism: Mechanism) -> None:
    """Another one, or its end, makes the plan untrue."""
    then = replace(BASIS, in_flight=True)
    plan = by_mechanism(mechanism, basis=then)

    assert what_changed(plan, then) == ""
    assert what_changed(plan, replace(then, in_flight=False)) == "the deployment in flight has ended"
    other = replace(then, rollout="arn:other")
    assert what_changed(plan, other) == "another deployment is under way"
    assert what_changed(replace(plan, basis=BASIS), then) == "", "it began: nothing ended"


def test_codedeploys_new_set_becomes_primary_on_its_way() -> None:
    """Of what CodeDeploy stops only its deployment counts; of all else the PRIMARY counts, too."""
    then = replace(BASIS, in_flight=True)
    moved = replace(then, deployment="ecs-svc/9", definition="arn:x/api:9")

    assert what_changed(by_mechanism(Mechanism.STOP_DEPLOYMENT, basis=then), moved) == ""
    assert "ecs-svc/9" in what_changed(by_mechanism(Mechanism.STOP_SERVICE_DEPLOYMENT, basis=then), moved)


# compared, registered, sent, accepted


def test_an_order_is_compared_registered_sent_and_accepted() -> None:
    """Each of the steps in words; what a resume needs is in the journal only."""
    desk = Desk()
    events = desk.place()

    assert told(events) == [
        ("compared", "nothing changed since the plan"),
        ("preparing", "pinning the images of rugmunch-api:42"),
        ("registered", "registered rugmunch-api:44"),
        ("sent", "sending UpdateService"),
        ("accepted", "UpdateService accepted"),
    ]
    order = replace(order_of(desk.plan), definition=COPY)
    accepted = Accepted("ecs-svc/4980306466373577044", None)
    facts = {event.event: event.facts for event in events}
    assert facts == {
        "compared": {},
        "preparing": {},
        "registered": {"task_definition": COPY},
        "sent": {"call": "UpdateService"},
        "accepted": {"deployment": "ecs-svc/4980306466373577044", "found_out": False},
    }
    assert desk.kept["sent"] == [
        ("sending UpdateService", {"call": "UpdateService", "order": encode(order)}),
    ]
    assert desk.kept["accepted"][0][1] == {
        **facts["accepted"],
        "accepted": encode(accepted),
        "order": encode(order),
    }
    assert (desk.carrier.order, desk.carrier.accepted) == (order, accepted)
    assert desk.platform.orders == [order]


def test_a_definition_that_is_pinned_already_is_not_told_as_registered() -> None:
    desk = Desk(a_plan(target=a_release(definition=COPY)))
    assert [event.event for event in desk.place()] == ["compared", "preparing", "sent", "accepted"]


@pytest.mark.parametrize(("mechanism", "call"), CALLS.items(), ids=str)
def test_each_mechanism_is_one_call(mechanism: Mechanism, call: str) -> None:
    """Only what ships images registers a definition; all others go out with the base."""
    desk = Desk(by_mechanism(mechanism))
    events = desk.place()

    assert (events[-1].event, events[-1].text) == ("accepted", f"{call} accepted")
    assert f"sending {call}" in [event.text for event in events]
    ships = mechanism in (Mechanism.UPDATE_SERVICE, Mechanism.CREATE_DEPLOYMENT)
    assert desk.platform.count("prepare") == int(ships)
    assert desk.platform.orders[0].definition == (COPY if ships else OLD_DEFINITION)


def test_nothing_is_sent_where_ecs_is_only_watched() -> None:
    """Accepted is then what runs already."""
    desk = Desk(by_mechanism(Mechanism.WATCH))
    events = desk.place()

    assert told(events)[1:] == [("accepted", "nothing to send: watching what ECS does")]
    assert desk.carrier.accepted == Accepted(NEW_DEPLOYMENT, NEW_ROLLOUT)
    assert desk.carrier.order == order_of(desk.plan)
    assert desk.platform.count("act") == 0


def test_a_service_that_changed_is_refused_with_the_change() -> None:
    desk = Desk()
    desk.platform.bases[ADDRESS] = replace(BASIS, definition="arn:x/api:9")
    words = "the service changed since the plan: it runs api:9 now, not rugmunch-api:43"

    assert reason(desk.place()) == ("REFUSED", words)
    assert desk.platform.count("prepare") == 0


@pytest.mark.parametrize(("took", "reads"), [(COMPARED_FOR_S, 1), (COMPARED_FOR_S + 0.1, 2)])
def test_a_comparing_read_is_believed_for_five_seconds(took: float, reads: int) -> None:
    """Whatever takes longer is compared again; a change in between is refused."""
    for changed in (False, True):
        desk = Desk()

        def registering(order: Order, desk: Desk = desk, changed: bool = changed) -> Order:
            desk.clock.sleep(took)
            if changed:
                desk.platform.bases[ADDRESS] = replace(BASIS, deployment="ecs-svc/9")
            return replace(order, definition=COPY)

        desk.platform.prepare = registering  # type: ignore[method-assign]
        desk.clock.advance(1.0)
        events = desk.place()
        assert desk.platform.count("basis") == reads
        refused = changed and reads == 2
        assert events[-1].event == ("verdict" if refused else "accepted")
        assert len(desk.platform.orders) == int(not refused)


def test_what_another_process_has_taken_over_is_not_sent_from_here() -> None:
    desk = Desk()
    desk.journal._records[desk.carrier.log.record.id] = replace(desk.carrier.log.record, pid=1)

    assert reason(desk.place()) == ("REFUSED", TAKEN)
    assert TAKEN == "another process took over this operation; nothing was sent from here"
    assert desk.platform.count("act") == 0


def test_a_journal_that_fails_before_the_order_stops_it() -> None:
    """Of every verb that may not go ahead without."""
    desk = Desk()
    desk.journal.break_down("disk full")
    events = desk.place()

    assert reason(events) == ("REFUSED", "the journal cannot be written: disk full")
    assert desk.platform.count("act") == 0


def test_a_journal_that_fails_after_the_order_does_not() -> None:
    """From the call on it is best effort."""
    desk = Desk()
    desk.platform.on_act = lambda order: desk.journal.break_down("disk full")

    assert desk.place()[-1].event == "accepted"
    assert desk.carrier.log.trouble == "disk full"


def test_the_journal_is_best_effort_from_before_the_call_not_from_its_answer() -> None:
    """Throttled, and the disk full: what is noted in between must not stop the next attempt."""
    desk = Desk()
    desk.platform.fail("act", ThrottledError("Rate exceeded"))
    basis, reads = desk.platform.basis, []

    def look(address: Any) -> Basis:
        reads.append(address)
        if len(reads) == 2:
            desk.journal.break_down("disk full")
        return basis(address)

    desk.platform.basis = look  # type: ignore[method-assign]
    assert desk.place()[-1].event == "accepted"


def test_a_preparation_that_fails_sends_nothing() -> None:
    desk = Desk()
    desk.platform.fail("prepare", RejectedError("ClientException: no"))
    assert reason(desk.place()) == ("REFUSED", "nothing was sent: ClientException: no")
    assert desk.platform.count("act") == 0


def test_a_preparation_that_ends_the_operation_sends_nothing() -> None:
    """Throttled while registering, and the timeout of the run is near."""
    desk = Desk(limits=Limits(timeout_s=PAUSES_S[0]))
    desk.platform.fail("prepare", ThrottledError("Rate exceeded"))
    assert reason(desk.place()) == ("REFUSED", "nothing was sent: Rate exceeded")
    assert desk.platform.count("act") == 0


def test_a_throttled_registration_says_what_is_sent_again() -> None:
    desk = Desk()
    desk.platform.fail("prepare", ThrottledError("Rate exceeded"))
    said = told(desk.place())
    assert said[1:4] == [
        ("preparing", "pinning the images of rugmunch-api:42"),
        (
            "throttled",
            "RegisterTaskDefinition throttled, not carried out; retrying in 2 s · Rate exceeded",
        ),
        ("preparing", "sending RegisterTaskDefinition again, attempt 2"),
    ]


# the comparing read


def test_a_comparing_read_that_fails_is_repeated_for_twenty_seconds() -> None:
    """Then nothing was sent, and the error is said."""
    desk = Desk()
    desk.clock.advance(7.0)
    desk.platform.fail("basis", EndpointError("connection refused"), times=None)

    assert reason(desk.place()) == ("REFUSED", "nothing was sent: connection refused")
    assert set(desk.clock.waits) == {LOOK_AGAIN_S}
    assert desk.clock.monotonic() - 7.0 == COMPARE_FOR_S + LOOK_AGAIN_S
    assert (COMPARE_FOR_S, LOOK_AGAIN_S) == (20.0, 2.5)


@pytest.mark.parametrize("error", [EndpointError("refused"), ThrottledError("Rate exceeded")])
def test_a_comparing_read_that_comes_back_in_time_goes_on(error: QuarterdeckError) -> None:
    desk = Desk()
    desk.platform.fail("basis", error, times=int(COMPARE_FOR_S / LOOK_AGAIN_S) + 1)
    assert desk.place()[-1].event == "accepted"


def test_a_comparing_read_that_is_refused_is_not_repeated() -> None:
    desk = Desk()
    desk.platform.fail("basis", RejectedError("no"), times=None)
    assert reason(desk.place()) == ("REFUSED", "nothing was sent: no")
    assert desk.platform.count("basis") == 1


def test_what_has_changed_meanwhile_is_read_anew() -> None:
    desk = Desk()
    assert changed_meanwhile(desk.carrier) == ""
    desk.platform.bases[ADDRESS] = replace(BASIS, definition="arn:x/api:9")
    assert changed_meanwhile(desk.carrier) == "it runs api:9 now, not rugmunch-api:43"


# what became of it


def test_a_throttled_order_is_announced_with_its_order_again() -> None:
    """Killed after that, the next process finds what was sent last."""
    desk = Desk()
    desk.platform.fail("act", ThrottledError("Rate exceeded"))
    events = desk.place()
    order = replace(order_of(desk.plan), definition=COPY)

    assert told(events)[-3:] == [
        (
            "throttled",
            "UpdateService throttled, not carried out; retrying in 2 s · Rate exceeded",
        ),
        ("sent", "sending UpdateService again, attempt 2"),
        ("accepted", "UpdateService accepted"),
    ]
    assert [event.facts for event in events[-3:-1]] == [{"attempt": 1}, {"call": "UpdateService"}]
    assert desk.kept["sent"][1][1] == {"call": "UpdateService", "order": encode(order)}
    assert desk.platform.looked_since == [NOW]


def test_a_throttled_order_that_meets_a_change_is_refused() -> None:
    desk = Desk()
    desk.platform.fail("act", ThrottledError("Rate exceeded"))
    desk.clock.at(
        1.0, lambda: desk.platform.bases.update({ADDRESS: replace(BASIS, definition="arn:x/api:9")})
    )
    words = "the service changed since the plan: it runs api:9 now, not rugmunch-api:43"
    assert reason(desk.place()) == ("REFUSED", words)
    assert desk.platform.count("act") == 1


def test_an_order_that_was_refused_here_is_refused_and_one_that_aws_refused_has_failed() -> None:
    """Either was not carried out, as one look says."""
    for error, verdict in ((ReadOnlyError("read-only"), "REFUSED"), (RejectedError("no"), "FAILED")):
        desk = Desk()
        desk.platform.fail("act", error)
        assert reason(desk.place()) == (verdict, f"not carried out: {error}")
        assert desk.platform.looked_since == [NOW]


def test_an_order_that_was_refused_and_carried_out_all_the_same_is_accepted() -> None:
    """The look finds it, whatever its answer was."""
    desk = Desk()
    desk.platform.fail("act", EndpointError("reset"))
    desk.platform.found = Accepted("ecs-svc/5", "arn:rollout")
    events = desk.place()

    assert told(events)[-1] == ("accepted", "UpdateService accepted: seen by a look, no answer said so")
    assert events[-1].facts == {"deployment": "ecs-svc/5", "found_out": True}
    assert desk.carrier.accepted == Accepted("ecs-svc/5", "arn:rollout", found_out=True)


def test_an_answer_that_is_lost_is_looked_for() -> None:
    """Half a minute from when it was sent; then its outcome is unknown while its sender lives."""
    desk = Desk()
    desk.clock.advance(3.0)
    desk.platform.fail("act", LOST)
    events = desk.place()

    assert told(events)[-2] == ("unanswered", "no answer to UpdateService: looking what became of it")
    assert reason(events) == (
        "UNKNOWN",
        "UpdateService was sent, its outcome is not known: no answer in 8 s",
    )
    assert set(desk.platform.looked_since) == {NOW + timedelta(seconds=3)}
    assert desk.clock.monotonic() - 3.0 == LOOK_FOR_S
    assert desk.clock.waits == [LOOK_AGAIN_S] * int(LOOK_FOR_S / LOOK_AGAIN_S)
    assert desk.journal.operations()[0].heartbeat_at > NOW, "it says that it lives"


def sought(desk: Desk, sent_at: datetime = NOW, *, sender_is_gone: bool = False) -> list[OperationEvent]:
    order = order_of(desk.plan)
    return list(find_out(desk.carrier, order, sent_at, "it was killed", sender_is_gone=sender_is_gone))


def test_an_order_of_a_dead_process_that_is_not_to_be_seen_was_never_carried_out() -> None:
    """In contact only: out of contact nobody has looked."""
    never = ("FAILED", "UpdateService was never carried out: it was killed")
    unknown = ("UNKNOWN", "UpdateService was sent, its outcome is not known: it was killed")
    assert reason(sought(Desk(), sender_is_gone=True)) == never
    assert reason(sought(Desk())) == unknown

    blind = Desk()
    blind.platform.fail("find", EndpointError("refused"), times=None)
    assert reason(sought(blind, sender_is_gone=True)) == unknown
    assert blind.carrier.in_contact is False

    back = Desk()
    back.platform.fail("find", EndpointError("refused"), times=3)
    assert reason(sought(back, sender_is_gone=True)) == never
    assert back.carrier.in_contact is True


def test_an_order_that_is_found_late_is_accepted() -> None:
    """ECS's lists are eventually consistent."""
    desk = Desk()
    desk.clock.at(LOOK_FOR_S - 1, lambda: setattr(desk.platform, "found", Accepted("ecs-svc/5", None)))
    events = sought(desk)

    assert told(events) == [("accepted", "UpdateService accepted: seen by a look, no answer said so")]
    assert desk.carrier.accepted == Accepted("ecs-svc/5", None, found_out=True)
    assert desk.carrier.order == order_of(desk.plan)


def test_an_order_that_was_sent_long_ago_is_looked_for_once() -> None:
    """The half minute counts from when it was sent."""
    for since, looks in ((LOOK_FOR_S, 1), (LOOK_FOR_S - 0.1, 2)):
        desk = Desk()
        sought(desk, NOW - timedelta(seconds=since))
        assert desk.platform.count("find") == looks


def test_an_order_for_a_service_that_is_deleted_has_failed() -> None:
    """Its outcome is known then."""
    desk = Desk()
    gone = an_observation(status=a_service(status="INACTIVE", running=0, desired=0))
    desk.platform.put(gone)
    assert reason(sought(desk)) == ("FAILED", "the service is deleted")
    assert desk.carrier.progress.observation == gone

    missing = Desk()
    missing.platform.fail("observe", MissingServiceError("api is not there"), times=None)
    assert reason(sought(missing))[0] == "FAILED"

    unread = Desk()
    unread.platform.fail("observe", EndpointError("refused"), times=None)
    assert reason(sought(unread))[0] == "UNKNOWN"


# sent again


def sending(desk: Desk, failures: int, **arguments: Any) -> list[OperationEvent]:
    """Sends one call that is throttled so often; the answer is kept in ``desk.answer``."""
    left = [ThrottledError("Rate exceeded")] * failures

    def call() -> str:
        if left:
            raise left.pop()
        return "taken"

    events: list[OperationEvent] = []

    def run() -> Any:
        desk.answer = yield from send(desk.carrier, "StopDeployment", call, **arguments)

    events.extend(run())
    return events


def test_the_pauses_grow_and_the_last_one_stays() -> None:
    desk = Desk()
    events = sending(desk, 5)

    assert desk.clock.waits == [2.0, 4.0, 8.0, 8.0, 8.0]
    assert desk.answer == "taken"
    assert told(events)[:4] == [
        (
            "throttled",
            "StopDeployment throttled, not carried out; retrying in 2 s · Rate exceeded",
        ),
        ("sent", "sending StopDeployment again, attempt 2"),
        (
            "throttled",
            "StopDeployment throttled, not carried out; retrying in 4 s · Rate exceeded",
        ),
        ("sent", "sending StopDeployment again, attempt 3"),
    ]
    assert [event.facts for event in events if event.event == "throttled"] == [
        {"attempt": number} for number in range(1, 6)
    ]
    assert desk.journal.operations()[0].heartbeat_at > NOW


def test_what_a_refused_attempt_did_all_the_same_is_its_answer() -> None:
    """Whatever it looks like: only ``None`` is none."""
    answers: tuple[Any, ...] = ("seen", "", 0, {})
    for answer in answers:
        desk = Desk()
        sending(desk, 1, outcome=lambda answer=answer: answer)
        assert desk.answer == answer


def test_a_change_before_the_next_attempt_ends_it() -> None:
    desk = Desk()
    events = sending(desk, 1, changed=lambda: "it runs api:9")
    assert reason(events) == ("REFUSED", "the service changed since the plan: it runs api:9")
    assert desk.answer is None


@pytest.mark.parametrize(("beyond", "sends"), [(0.0, True), (0.1, False)])
def test_an_attempt_may_be_made_up_to_two_minutes_after_the_first(beyond: float, sends: bool) -> None:
    """At the very second, and not after it; counted from its own first attempt."""
    desk = Desk()
    desk.clock.advance(50.0)
    made: list[float] = []

    def call() -> str:
        made.append(desk.clock.monotonic())
        if len(made) > 1:
            return "taken"
        desk.clock.sleep(SEND_FOR_S - PAUSES_S[0] + beyond)
        raise ThrottledError("Rate exceeded")

    operation = send(desk.carrier, "UpdateService", call)
    if sends:
        list(operation)
        assert made[-1] - made[0] == SEND_FOR_S
    else:
        with pytest.raises(ThrottledError):
            list(operation)


@pytest.mark.parametrize(("timeout", "sends"), [(10.0, False), (10.1, True), (None, True)])
def test_no_attempt_is_made_at_the_timeout_of_the_run(timeout: float | None, sends: bool) -> None:
    """Eight seconds watched, two to wait."""
    desk = Desk(limits=Limits(timeout_s=timeout))
    desk.clock.advance(8.0)
    if sends:
        assert len(sending(desk, 1)) == 2
    else:
        with pytest.raises(ThrottledError):
            sending(desk, 1)
