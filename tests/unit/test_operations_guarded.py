"""The guard of a deploy: asks, counts down, goes back as an operation of its own, and is taken over."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from console.config.settings import Settings
from console.domain.address import Address
from console.domain.guard import (
    DEFAULT_TRIGGERS,
    Baseline,
    Blame,
    GuardMode,
    Hard,
    JudgedState,
    Judgement,
    ServiceSignals,
)
from console.domain.guarded import GuardAnswer, GuardPhase, GuardState, GuardView
from console.domain.operation import Accepted, Entry, OperationEvent, Order, Verb, Verdict
from console.domain.rollout import RolloutStatus
from console.domain.series import Measure, Scope, SeriesPicture
from console.domain.service import Observation
from console.domain.wish import Wish
from console.errors import RefusedError
from console.operations import lives, observing
from console.operations.carrier import Carrier
from console.operations.engine import Engine
from console.operations.guard_log import answer_facts, counting_down, facts_of, left_in, view_in
from console.signals.lanes import Job, SameThreadLane
from tests.builders import (
    ADDRESS,
    NEW_DEPLOYMENT,
    NEW_RELEASE,
    NEW_ROLLOUT,
    NOW,
    OLD_RELEASE,
    OLD_ROLLOUT,
    a_deployment,
    a_new_deployment,
    a_new_release,
    a_new_rollout,
    a_rollout,
    a_service,
    a_stopped_task,
    a_target,
    a_task,
    ago,
    an_observation,
)
from tests.fakes import FakeClock
from tests.unit.conftest import Bench

KEY = f"{ADDRESS.system}/{ADDRESS.environment}"
BACK_DEPLOYMENT, BACK_RELEASE, BACK_ROLLOUT = "ecs-svc/42", OLD_RELEASE[:-1] + "4", OLD_ROLLOUT[:-1] + "4"
BAKE_S = 600.0


def errors(share: float, *, bad: bool, asks: str = "") -> Judgement:
    """The error rate as it is judged."""
    return Judgement(
        trigger=DEFAULT_TRIGGERS[1],
        state=JudgedState.CRITICAL if bad else JudgedState.OK,
        value=share,
        baseline=Baseline(0.001, 30, 30_000, since=ago(1800), until=NOW),
        limit=0.05,
        source="CloudWatch",
        scope=Scope.SERVICE,
        periods_bad=2 if bad else 0,
        evidence=f"errors {share * 100:.1f} %, limit 5 %, baseline 0.1 % · CloudWatch, service-wide",
        as_of=ago(-90),
        since=ago(-30) if bad else None,
        asks=asks,
    )


@dataclass
class Figures:
    """What is said of the service whenever somebody looks."""

    clock: FakeClock
    judged: tuple[Judgement, ...] = (errors(0.001, bad=False),)
    evidence: tuple[Hard, ...] = ()
    blame: Blame | None = None
    ordered: list[datetime | None] = field(default_factory=list)

    def look(
        self,
        address: Address,
        observation: Observation | None,
        *,
        ordered_at: datetime | None = None,
        limit_s: float = 10.0,
    ) -> ServiceSignals:
        self.ordered.append(ordered_at)
        picture = SeriesPicture(self.clock.now())
        judged = self.judged if ordered_at is not None else ()
        return ServiceSignals(picture, (), judged, self.evidence, self.blame)

    def bad(self, share: float = 0.084, asks: str = "") -> None:
        self.judged = (errors(share, bad=True, asks=asks),)

    def well(self) -> None:
        self.judged, self.blame = (errors(0.001, bad=False),), None


class DeadLane:
    """A thread that hangs for ever in its first job."""

    def __init__(self, name: str) -> None:
        self.jobs: list[Job] = []

    def put(self, job: Job) -> None:
        self.jobs.append(job)


def new_serves(at_s: float) -> Observation:
    """v1.4.3 serves on both tasks, ``at_s`` after the order, and ECS has finished."""
    deployment = a_new_deployment(state="COMPLETED", running=2, pending=0, created_at=ago(-1))
    return an_observation(
        at=ago(-at_s),
        status=a_service(deployments=(deployment,), rollout_id=NEW_ROLLOUT),
        rollout=a_new_rollout(
            status=RolloutStatus.SUCCESSFUL, created_at=ago(-1), finished_at=ago(-min(at_s, 20))
        ),
        tasks=tuple(a_task(number=n, deployment=NEW_DEPLOYMENT) for n in (3, 4)),
        targets=(a_target(number=3), a_target(number=4)),
        releases={NEW_RELEASE: a_new_release(), OLD_RELEASE: an_observation().releases[OLD_RELEASE]},
    )


def old_serves(at_s: float) -> Observation:
    """v1.4.2 serves again on both tasks."""
    old = an_observation().releases[OLD_RELEASE]
    copy = replace(a_new_release(), id=BACK_RELEASE, images=old.images, version=old.version)
    deployment = a_deployment(id=BACK_DEPLOYMENT, release=BACK_RELEASE, created_at=ago(-at_s + 20))
    return an_observation(
        at=ago(-at_s),
        status=a_service(deployments=(deployment,), rollout_id=BACK_ROLLOUT),
        rollout=a_rollout(
            id=BACK_ROLLOUT,
            target=BACK_RELEASE,
            created_at=ago(-at_s + 20),
            status=RolloutStatus.SUCCESSFUL,
            finished_at=ago(-at_s),
        ),
        tasks=tuple(a_task(number=n, deployment=BACK_DEPLOYMENT) for n in (5, 6)),
        targets=(a_target(number=5), a_target(number=6)),
        releases={BACK_RELEASE: copy, OLD_RELEASE: old, NEW_RELEASE: a_new_release()},
    )


@dataclass
class Post:
    """A service, its figures, and engines that guard it."""

    bench: Bench
    figures: Any
    """Whoever looks at figures."""
    lane: Callable[[str], Any] = SameThreadLane
    told: list[OperationEvent] = field(default_factory=list)

    def engine(self, asks: str = "wait", **more: Any) -> Engine:
        settings: Settings = self.bench.settings
        return Engine(
            {KEY: self.bench.platform},
            self.bench.journal,
            self.bench.clock,
            settings,
            asks=asks,
            timeout_s=7200.0,
            watch=lambda key: self.figures,
            lane=self.lane,
            **more,
        )

    def deploy(self, guard: str = "", bake_s: float | None = None, asks: str = "wait") -> dict[str, Any]:
        """To the end; the facts of the verdict."""
        for _ in self.events(guard, bake_s, asks):
            pass
        assert self.told[-1].event == "verdict"
        return dict(self.told[-1].facts)

    def events(
        self, guard: str = "", bake_s: float | None = None, asks: str = "wait"
    ) -> Iterator[OperationEvent]:
        engine = self.engine(asks)
        plan = engine.plan(Wish(Verb.DEPLOY, ADDRESS, version="v1.4.3", guard=guard, bake_s=bake_s))
        return self.kept(engine.execute(plan, "production/api"))

    def kept(self, events: Iterator[OperationEvent]) -> Iterator[OperationEvent]:
        for event in events:
            self.told.append(event)
            yield event

    def at(self, seconds: float, action: Callable[[], object]) -> None:
        self.bench.clock.at(seconds, action)

    def answer(self, answer: GuardAnswer, verb: Verb = Verb.DEPLOY) -> None:
        """As another process would."""
        record = next(r for r in self.bench.journal.operations() if r.verb is verb)
        plan = self.engine().plan_rollback(ADDRESS) if answer is GuardAnswer.BACK else None
        assert self.engine().answer_guard(record.id, answer, plan, "production/api")

    @property
    def states(self) -> list[str]:
        return [str(event.facts["state"]) for event in self.told if event.event == "guard"]

    def view(self, state: GuardState) -> GuardView:
        """The first picture of that state."""
        views = [e.progress.guard for e in self.told if e.progress and e.progress.guard]
        return next(view for view in views if view.state is state)

    @property
    def orders(self) -> int:
        return len(self.bench.platform.orders)


@pytest.fixture
def post(bench: Bench) -> Post:
    return furnished(Post(bench, Figures(bench.clock)))


def furnished(post: Post) -> Post:
    """v1.4.2 has served for days; v1.4.3 is in the registry, and starts well."""
    bench, platform = post.bench, post.bench.platform
    old = an_observation().releases[OLD_RELEASE]
    platform.put(an_observation())
    platform.histories[ADDRESS] = (a_rollout(),)
    platform.candidates["v1.4.3"] = replace(a_new_release(), id=None, definition=None)
    platform.candidates["v1.4.2"] = replace(old, id=None, definition=None)
    platform.accepted = Accepted(NEW_DEPLOYMENT, None)

    def ship(order: Order) -> None:
        if len(platform.orders) == 1:
            platform.script(new_serves(5), new_serves(15), new_serves(25))
            platform.histories[ADDRESS] = (new_serves(25).rollout or a_rollout(), a_rollout())
            return
        platform.accepted = Accepted(BACK_DEPLOYMENT, None)
        since = (bench.clock.now() - NOW).total_seconds()
        platform.script(old_serves(since + 10), old_serves(since + 20), old_serves(since + 30))

    platform.on_act = ship
    return post


# what is judged, and for how long


def test_a_good_version_is_judged_through_its_bake(post: Post) -> None:
    verdict = post.deploy("rollback", BAKE_S)
    assert verdict["verdict"] == "SUCCEEDED"
    assert post.states == ["judging", "judging"]
    ended = post.told[-1].at
    assert timedelta(seconds=BAKE_S) <= ended - NOW <= timedelta(seconds=BAKE_S + 60)
    assert {item for item in post.figures.ordered if item is not None} == {NOW}
    assert post.figures.ordered[0] is None, "looked at before the order: that is the baseline"
    done = next(event for event in post.told if event.event == "done")
    assert verdict["done_s"] == done.facts["done_s"]


def test_a_run_without_a_person_waits_for_no_bake_that_nobody_asked_for(post: Post) -> None:
    verdict = post.deploy(asks="stop")
    assert verdict["verdict"] == "SUCCEEDED"
    assert post.told[-1].at - NOW < timedelta(seconds=60)


def test_switched_off_nothing_trips(post: Post) -> None:
    post.figures.bad()
    assert post.deploy("off")["verdict"] == "SUCCEEDED"
    assert post.states == ["off"]
    assert post.orders == 1


def test_the_plan_says_how_it_is_guarded(post: Post) -> None:
    plan = post.engine().plan(Wish(Verb.DEPLOY, ADDRESS, version="v1.4.3", guard="rollback", bake_s=600))
    assert plan.guard is not None
    assert (plan.guard.mode, plan.guard.bake_s, plan.guard.countdown_s) == (GuardMode.ROLLBACK, 600, 15)
    said = next(item for item in plan.remarks if item.startswith("guard"))
    assert "rolls back 15 s after it trips" in said
    assert "this process" in said
    assert "no deployment alarm: with it ECS would go back without a console" in plan.remarks


def test_a_rollback_is_not_guarded(post: Post) -> None:
    post.deploy("off")
    plan = post.engine().plan_rollback(ADDRESS)
    assert plan.guard is None
    assert not any(item.startswith("guard") for item in plan.remarks)


# going back by itself


def test_it_goes_back_after_the_countdown_and_the_deploy_ends_by_the_guard(post: Post) -> None:
    post.at(60, post.figures.bad)
    verdict = post.deploy("rollback", BAKE_S)
    assert (verdict["verdict"], verdict["by"]) == ("ROLLED_BACK", "guard")
    assert "errors 8.4 %" in verdict["reason"]
    assert "CloudWatch, service-wide" in verdict["reason"]
    assert verdict["running"]["version"] == "v1.4.2"
    assert post.orders == 2
    back, deploy = post.bench.journal.operations()[:2]
    assert (back.verb, back.verdict, back.by) == (Verb.ROLLBACK, "SUCCEEDED", "guard")
    assert (deploy.verb, deploy.verdict) == (Verb.DEPLOY, "ROLLED_BACK")
    hold = post.engine().holds()[ADDRESS]
    assert hold.version == "v1.4.2"
    last = post.told[-1].progress
    assert last is not None
    assert last.guard is not None
    assert last.observation is not None
    assert last.observation.status.primary is not None
    assert last.observation.status.primary.id == BACK_DEPLOYMENT, "the picture is not as old as the trip"
    assert [figure.value for figure in last.guard.figures] == [0.084]


def test_the_journal_says_which_figure_from_which_source_against_which_baseline(post: Post) -> None:
    post.at(60, post.figures.bad)
    post.deploy("rollback", BAKE_S)
    deploy = post.bench.journal.operations()[1]
    trip = next(
        entry.facts
        for entry in post.bench.journal.entries(deploy.id)
        if entry.event == "guard" and entry.facts["state"] == "countdown"
    )
    figures: Any = trip["figures"]
    figure = figures[0]
    assert figure["figure"] == "errors"
    assert (figure["value"], figure["limit"], figure["baseline"]) == (0.084, 0.05, 0.001)
    assert (figure["source"], figure["scope"], figure["baseline_points"]) == (
        "CloudWatch",
        "service-wide",
        30,
    )


def test_intent_and_rollback_are_written_before_it_is_sent(post: Post) -> None:
    seen: list[tuple[str, str]] = []
    ship = post.bench.platform.on_act

    def look(order: Order) -> None:
        if len(post.bench.platform.orders) == 2:
            for record in post.bench.journal.operations():
                seen.extend((record.verb, e.event) for e in post.bench.journal.entries(record.id))
        ship(order)

    post.bench.platform.on_act = look
    post.at(60, post.figures.bad)
    post.deploy("rollback", BAKE_S)
    assert (Verb.DEPLOY, "guard") in seen
    assert (Verb.ROLLBACK, "sent") in seen
    going = [e for e in post.told if e.event == "guard" and e.facts["state"] == "going back"]
    assert going[-1].facts["rollback"] == post.bench.journal.operations()[0].id


def test_the_countdown_is_told_with_what_is_armed(post: Post) -> None:
    post.at(60, post.figures.bad)
    post.deploy("rollback", BAKE_S)
    view = post.view(GuardState.COUNTDOWN)
    assert view.countdown_s == 15.0
    assert view.question == "rugmunch/production/api: errors 8.4 % over 5 %: roll back?"
    assert view.back_to == "v1.4.2"
    assert view.wants_answer
    (figure,) = view.figures
    assert (figure.name, figure.source, figure.baseline, figure.limit) == (
        "errors",
        "CloudWatch",
        0.001,
        0.05,
    )
    later = [
        e.progress.guard.countdown_s or 0.0
        for e in post.told
        if e.progress and e.progress.guard and e.progress.guard.state is GuardState.COUNTDOWN
    ]
    assert later == sorted(later, reverse=True)
    assert later[-1] < 5


def test_a_countdown_that_is_stopped_becomes_a_question(post: Post) -> None:
    post.at(60, post.figures.bad)
    post.at(70, lambda: post.answer(GuardAnswer.WAIT))
    post.at(200, lambda: post.answer(GuardAnswer.IGNORE))
    assert post.deploy("rollback", BAKE_S)["verdict"] == "SUCCEEDED"
    assert post.states[-3:] == ["countdown", "tripped", "off"]
    assert post.orders == 1


def test_a_dependency_that_turns_out_to_be_down_stops_the_countdown(post: Post) -> None:
    down = Blame(
        False, "database is down, since 03:13", "a rollback does not bring database back", "database"
    )
    post.at(60, post.figures.bad)
    post.at(68, lambda: setattr(post.figures, "blame", down))
    verdict = post.deploy("rollback", BAKE_S, asks="stop")
    assert (verdict["verdict"], verdict["by"]) == ("PAUSED", "guard")
    assert "database is down" in verdict["reason"]
    assert post.orders == 1
    assert post.view(GuardState.TRIPPED).headline.startswith("database is down")


# asking


def test_it_asks_and_goes_back_on_yes(post: Post) -> None:
    post.at(60, post.figures.bad)
    post.at(120, lambda: post.answer(GuardAnswer.BACK))
    verdict = post.deploy("ask", BAKE_S)
    assert (verdict["verdict"], verdict["by"]) == ("ROLLED_BACK", "operator")
    assert post.orders == 2
    assert post.bench.journal.operations()[0].by == "operator"


def asked(post: Post, guard: str = "ask") -> tuple[str, Iterator[OperationEvent]]:
    """A deploy whose guard has tripped, carried on by whoever goes through its events."""
    post.at(60, post.figures.bad)
    events = post.events(guard, BAKE_S)
    for event in events:
        if in_state("tripped")(event) or in_state("countdown")(event):
            return str(event.operation), events
    raise AssertionError("it never tripped")


@pytest.mark.parametrize("typed", [None, "", "production/worker", "staging/api"])
def test_nothing_goes_back_that_is_not_confirmed(post: Post, typed: str | None) -> None:
    """Below every screen: the phrase of the plan, and a plan at all, of that service."""
    deploy, _ = asked(post)
    engine = post.engine()
    plan = engine.plan_rollback(ADDRESS)
    with pytest.raises(RefusedError, match="not confirmed"):
        engine.answer_guard(deploy, GuardAnswer.BACK, plan, typed)
    with pytest.raises(RefusedError, match="no rollback is confirmed"):
        engine.answer_guard(deploy, GuardAnswer.BACK)
    assert not [e for e in post.bench.journal.entries(deploy) if e.event == "answered"]


def test_the_plan_of_another_service_answers_no_guard(post: Post) -> None:
    deploy, _ = asked(post)
    engine = post.engine()
    other = replace(engine.plan_rollback(ADDRESS), address=replace(ADDRESS, alias="worker"))
    with pytest.raises(RefusedError, match="the guard of rugmunch/production/api asks"):
        engine.answer_guard(deploy, GuardAnswer.BACK, other, "production/api")
    assert post.orders == 1


def test_it_goes_back_by_the_plan_that_was_confirmed(post: Post) -> None:
    """To what the person has read, wherever it would go by itself."""
    deploy, events = asked(post)
    plan = post.engine().plan_rollback(ADDRESS)
    confirmed = replace(
        plan, target=replace(plan.target, version=replace(plan.target.version, label="v1.4.2 as read"))
    )
    assert post.engine().answer_guard(deploy, GuardAnswer.BACK, confirmed, "production/api")
    last = list(events)[-1]
    assert last.facts["verdict"] == "ROLLED_BACK"
    assert post.orders == 2
    back = post.bench.journal.operations()[0]
    assert back.target["version"] == "v1.4.2 as read"


def test_a_plan_that_is_true_no_more_is_not_sent_and_it_asks_on(post: Post) -> None:
    """Another deployment is PRIMARY since it was read: nothing goes back unread."""
    deploy, events = asked(post)
    plan = post.engine().plan_rollback(ADDRESS)
    old = replace(plan, basis=replace(plan.basis, deployment="ecs-svc/before"))
    assert post.engine().answer_guard(deploy, GuardAnswer.BACK, old, "production/api")
    said = next(e for e in events if in_state("tripped")(e))
    assert "it cannot go back: the service changed since the plan" in said.text
    assert post.orders == 1
    post.answer(GuardAnswer.BACK)
    assert list(events)[-1].facts["verdict"] == "ROLLED_BACK"
    assert post.orders == 2


def test_the_first_answer_counts(post: Post) -> None:
    """Whoever comes second is told so, and nothing is sent for it."""
    deploy, events = asked(post)
    plan = post.engine().plan_rollback(ADDRESS)
    assert post.engine().answer_guard(deploy, GuardAnswer.IGNORE)
    assert not post.engine().answer_guard(deploy, GuardAnswer.BACK, plan, "production/api")
    assert list(events)[-1].facts["verdict"] == "SUCCEEDED"
    assert post.orders == 1


@pytest.mark.parametrize("first", [GuardAnswer.WAIT, GuardAnswer.IGNORE])
def test_of_two_answers_at_one_moment_the_first_counts(post: Post, first: GuardAnswer) -> None:
    """Both were written before either was taken up; also where the countdown becomes a question of the same
    trip."""
    deploy, events = asked(post, "rollback")
    plan, now = post.engine().plan_rollback(ADDRESS), post.bench.clock.now()
    for answer, by in ((first, "ada"), (GuardAnswer.BACK, "ben")):
        facts = answer_facts(answer, 1, by, plan if answer is GuardAnswer.BACK else None)
        post.bench.journal.append(deploy, "answered", now, "", facts)
    post.at(200, lambda: post.figures.well())
    assert list(events)[-1].facts["verdict"] == "SUCCEEDED"
    assert post.orders == 1


def test_an_answer_to_another_trip_than_the_one_that_was_read_is_none(post: Post) -> None:
    deploy, events = asked(post)
    view = post.view(GuardState.TRIPPED)
    assert view.tripped_at is not None
    before = view.tripped_at - timedelta(minutes=6)
    assert not post.engine().answer_guard(deploy, GuardAnswer.IGNORE, tripped_at=before)
    assert post.engine().answer_guard(deploy, GuardAnswer.IGNORE, tripped_at=view.tripped_at)
    assert list(events)[-1].facts["verdict"] == "SUCCEEDED"


def test_who_takes_it_over_is_not_misled_by_an_answer_that_came_second() -> None:
    """It waits: the one who would have it ignored came later, and was told so."""
    trip = {**facts_of(GuardView(GuardState.TRIPPED, GuardMode.ASK, tripped_at=NOW), 1)}
    told: list[tuple[str, dict[str, object]]] = [
        ("guard", trip),
        ("answered", answer_facts(GuardAnswer.WAIT, 1, "ada", None)),
        ("answered", answer_facts(GuardAnswer.IGNORE, 1, "ben", None)),
    ]
    entries = [Entry(n, "01", event, NOW, "", facts) for n, (event, facts) in enumerate(told, 1)]
    left = left_in(entries)
    assert (left.answered_by, left.only_asks, left.is_ignored) == ("ada", True, False)
    judged = Entry(4, "01", "guard", NOW, "", facts_of(GuardView(GuardState.JUDGING, GuardMode.ASK), 1))
    late = Entry(5, "01", "answered", NOW, "", answer_facts(GuardAnswer.IGNORE, 1, "ben", None))
    left = left_in([judged, late], left)
    assert (left.open_trip, left.answered_by, left.is_ignored) == (None, "", False)


def test_an_unanswered_question_holds_the_end_where_somebody_can_answer(post: Post) -> None:
    post.at(60, post.figures.bad)
    post.at(BAKE_S + 900, lambda: post.answer(GuardAnswer.IGNORE))
    assert post.deploy("ask", BAKE_S)["verdict"] == "SUCCEEDED"
    assert post.told[-1].at - NOW > timedelta(seconds=BAKE_S + 899)


def test_an_unanswered_question_is_no_success_where_nobody_can(post: Post) -> None:
    post.at(60, post.figures.bad)
    verdict = post.deploy("ask", BAKE_S, asks="stop")
    assert (verdict["verdict"], verdict["by"]) == ("PAUSED", "guard")
    assert "errors 8.4 %" in verdict["reason"]
    assert f"quarterdeck rollback {ADDRESS}" in verdict["reason"]
    assert post.orders == 1


def test_a_question_that_nobody_asked_to_be_asked_holds_the_end_as_well(post: Post) -> None:
    """A guard as it is configured, without a bake: no success is given over its open question."""
    post.figures.bad()
    post.at(300, lambda: post.answer(GuardAnswer.IGNORE))
    assert post.deploy()["verdict"] == "SUCCEEDED"
    assert any(in_state("tripped")(event) for event in post.told)
    assert post.told[-1].at - NOW >= timedelta(seconds=300)


def test_wait_asks_again_while_it_lasts(post: Post) -> None:
    post.at(60, post.figures.bad)
    post.at(90, lambda: post.answer(GuardAnswer.WAIT))
    post.at(600, lambda: post.answer(GuardAnswer.IGNORE))
    post.deploy("ask", BAKE_S)
    asked = [e.at for e in post.told if e.event == "guard" and e.facts["state"] == "tripped"]
    assert len(asked) == 2
    assert timedelta(minutes=5) <= asked[1] - asked[0] <= timedelta(minutes=6)


def test_a_question_is_withdrawn_when_all_is_well_again(post: Post) -> None:
    post.at(60, post.figures.bad)
    post.at(120, post.figures.well)
    verdict = post.deploy("ask", BAKE_S, asks="stop")
    assert verdict["verdict"] == "SUCCEEDED"
    assert post.states[-2:] == ["tripped", "judging"]


def test_a_bad_baseline_means_ask(post: Post) -> None:
    post.at(60, lambda: post.figures.bad(asks="an incident was under way when it was ordered"))
    verdict = post.deploy("rollback", BAKE_S, asks="stop")
    assert verdict["verdict"] == "PAUSED"
    assert "an incident was under way" in verdict["reason"]
    assert post.orders == 1


def test_what_is_not_proven_is_not_gone_back_to_without_a_person(post: Post) -> None:
    young = a_rollout(created_at=ago(300), finished_at=ago(200))
    post.bench.platform.histories[ADDRESS] = (young,)
    ship = post.bench.platform.on_act

    def shipped(order: Order) -> None:
        ship(order)
        post.bench.platform.histories[ADDRESS] = (new_serves(25).rollout or young, young)

    post.bench.platform.on_act = shipped
    post.at(60, post.figures.bad)
    verdict = post.deploy("rollback", BAKE_S, asks="stop")
    assert verdict["verdict"] == "PAUSED"
    assert "not proven" in verdict["reason"]
    assert post.orders == 1


def test_nothing_trips_without_figures(post: Post) -> None:
    """A look that never ends blocks nothing, and says nothing."""
    post.lane = DeadLane
    post.figures.bad()
    assert post.deploy("rollback", BAKE_S)["verdict"] == "SUCCEEDED"
    assert post.states == ["armed", "armed"]


def test_a_look_that_breaks_ends_nothing(post: Post) -> None:
    post.figures.look = None
    assert post.deploy("rollback", BAKE_S)["verdict"] == "SUCCEEDED"


# whoever takes over


def killed(post: Post, when: Callable[[OperationEvent], bool], guard: str = "rollback") -> str:
    """The process ends with that event, and its heartbeat with it."""
    for event in post.events(guard, BAKE_S):
        if when(event):
            break
    deploy = next(r for r in post.bench.journal.operations() if r.verb is Verb.DEPLOY)
    post.bench.clock.advance(60)
    post.told.clear()
    return deploy.id


def in_state(state: str) -> Callable[[OperationEvent], bool]:
    return lambda event: event.event == "guard" and event.facts["state"] == state


def test_an_armed_guard_is_taken_over(post: Post) -> None:
    deploy = killed(post, lambda event: event.event == "guard")
    post.figures.bad()
    last = list(post.kept(post.engine("stop").resume(deploy)))[-1]
    assert (last.facts["verdict"], last.facts["by"]) == ("ROLLED_BACK", "guard")
    assert post.orders == 2


def test_a_countdown_begins_anew_and_only_if_the_figures_say_so(post: Post) -> None:
    post.at(60, post.figures.bad)
    deploy = killed(post, in_state("countdown"))
    post.figures.well()
    last = list(post.kept(post.engine("stop").resume(deploy)))[-1]
    assert post.orders == 1
    assert last.facts["verdict"] == "SUCCEEDED", "the question was withdrawn"
    assert post.states[0] == "tripped"


def test_a_countdown_goes_on_from_its_beginning_where_it_is_as_bad(post: Post) -> None:
    post.at(60, post.figures.bad)
    deploy = killed(post, in_state("countdown"))
    began = post.bench.clock.now()
    last = list(post.kept(post.engine("stop").resume(deploy)))[-1]
    assert last.facts["verdict"] == "ROLLED_BACK"
    assert post.orders == 2
    going = next(e for e in post.told if in_state("going back")(e))
    assert going.at - began >= timedelta(seconds=15)


@pytest.mark.parametrize("step", ["going back", "confirmed", "sent", "accepted", "safe"])
def test_a_rollback_that_was_begun_is_found_and_nothing_is_sent_twice(post: Post, step: str) -> None:
    post.at(60, post.figures.bad)
    is_back = {"n": 0}

    def reached(event: OperationEvent) -> bool:
        if in_state("going back")(event):
            is_back["n"] = 1
            return step == "going back"
        return bool(is_back["n"]) and event.event == step

    deploy = killed(post, reached)
    last = list(post.kept(post.engine("stop").resume(deploy)))[-1]
    for record in post.bench.journal.operations():
        if record.is_open:
            list(post.engine("stop").resume(record.id))
    assert last.event == "verdict"
    assert (last.facts["verdict"], last.facts["by"]) == ("ROLLED_BACK", "guard")
    assert post.orders == 2


def test_a_question_is_asked_again_and_an_answer_given_meanwhile_counts(post: Post) -> None:
    post.at(60, post.figures.bad)
    deploy = killed(post, in_state("tripped"), "ask")
    asked = post.engine().open_question(deploy)
    assert asked == "rugmunch/production/api: errors 8.4 % over 5 %: roll back?"
    post.figures.judged = ()
    follows = post.kept(post.engine().resume(deploy))
    for event in follows:
        if in_state("tripped")(event):
            assert event.facts["question"] == asked
            break
    post.bench.clock.advance(60)
    post.answer(GuardAnswer.BACK)
    last = list(post.kept(post.engine().resume(deploy)))[-1]
    assert last.facts["verdict"] == "ROLLED_BACK"
    assert post.orders == 2


def test_what_was_ignored_stays_ignored(post: Post) -> None:
    post.at(60, post.figures.bad)
    post.at(70, lambda: post.answer(GuardAnswer.IGNORE))
    deploy = killed(post, in_state("off"), "ask")
    last = list(post.kept(post.engine().resume(deploy)))[-1]
    assert last.facts["verdict"] == "SUCCEEDED"
    assert post.orders == 1


# the watch after it


def watched(post: Post, asks: str = "wait") -> Iterator[OperationEvent]:
    deploy = next(r for r in post.bench.journal.operations() if r.verb is Verb.DEPLOY)
    return post.kept(post.engine(asks).watch_after(deploy.id))


def test_after_success_the_figures_are_watched_as_long_as_configured(post: Post) -> None:
    post.deploy()
    began = post.told[-1].at
    assert began - NOW < timedelta(seconds=60), "the deploy itself waits for nothing"
    post.told.clear()
    last = list(watched(post))[-1]
    assert (last.event, last.facts["verdict"], last.facts["verb"]) == ("verdict", "SUCCEEDED", "watch")
    assert timedelta(minutes=29) <= last.at - began <= timedelta(minutes=31)
    assert post.view(GuardState.JUDGING).phase is GuardPhase.WATCH
    assert {item for item in post.figures.ordered if item is not None} == {NOW}
    assert list(watched(post)) == [], "once is enough"


def test_a_watch_says_that_what_it_watches_is_not_safe_any_more(post: Post) -> None:
    """Targets fall under the need after the deploy has succeeded, and stay there."""
    post.deploy()
    events = watched(post)
    next(events)
    serving = new_serves(30)
    post.bench.platform.put(replace(serving, targets=serving.targets[:1]))
    seen = list(islice(events, 2000))
    unsafe = [event for event in seen if event.event == "unsafe"]
    assert [event.facts["why"] for event in unsafe] == ["1 of 2 good targets healthy"]
    assert unsafe[0].progress is None or unsafe[0].progress.safety.is_lost
    assert seen[-1].facts["verdict"] == "FAILED"
    assert str(seen[-1].facts["reason"]).startswith("NOT SAFE ANY MORE since")


def test_a_watch_of_what_dies_in_a_loop_is_no_success(post: Post) -> None:
    """Both targets are healthy at each look, and a person has told the guard to go on."""
    post.deploy()
    events = watched(post)
    next(events)
    post.bench.platform.put(died_ago(10, 60))
    next(event for event in events if event.facts.get("state") == "tripped")
    post.answer(GuardAnswer.IGNORE, Verb.WATCH)
    assert "verdict" not in {event.event for event in islice(events, 400)}, "they may have died only once"
    post.bench.platform.put(died_ago(5, 65, at_s=1921))
    last = list(islice(events, 2000))[-1]
    assert (last.facts["verdict"], last.facts["reason"]) == (
        "FAILED",
        "2 of its tasks died in the last 3 min",
    )


def test_a_watch_waits_until_the_others_have_outlived_one_that_died(post: Post) -> None:
    post.deploy()
    events = watched(post)
    next(events)
    post.bench.platform.put(died_ago(179))
    seen = list(islice(events, 400))
    assert seen[-1].at - seen[0].at > timedelta(minutes=31), "its time is up"
    assert "verdict" not in {event.event for event in seen}
    post.bench.platform.put(died_ago(180))
    assert list(events)[-1].facts["verdict"] == "SUCCEEDED"


def died_ago(*seconds: float, at_s: float = 1800.0, of: str = NEW_DEPLOYMENT) -> Observation:
    """v1.4.3 serves, and so many tasks have died so long ago."""
    serving = new_serves(at_s)
    dead = (
        a_stopped_task(number=20 + n, deployment=of, stopped_at=ago(each - at_s))
        for n, each in enumerate(seconds)
    )
    return replace(serving, tasks=(*serving.tasks, *dead))


@pytest.mark.parametrize("looks", [1, 2], ids=["before the first look", "later"])
def test_a_watch_that_nothing_is_wanted_of_any_more_is_no_success(post: Post, looks: int) -> None:
    """Somebody has scaled the service to 0."""
    post.deploy()
    events = watched(post)
    for _ in range(looks):
        next(events)
    serving = new_serves(30)
    empty = replace(serving.status, desired=0, running=0)
    post.bench.platform.put(replace(serving, status=empty, tasks=(), targets=()))
    last = list(islice(events, 2000))[-1]
    assert last.facts["verdict"] == "FAILED"
    assert "desired count is 0: nothing serves" in str(last.facts["reason"])


def test_deaths_of_another_version_are_nothing_to_a_watch(post: Post) -> None:
    post.deploy()
    events = watched(post)
    next(events)
    post.bench.platform.put(died_ago(10, 60, of="ecs-svc/1"))
    last = list(islice(events, 2000))[-1]
    assert last.facts["verdict"] == "SUCCEEDED"
    assert last.at - NOW < timedelta(minutes=32)


def test_it_asks_and_holds_up_nobody(post: Post) -> None:
    """Even where the deploy went back by itself, a watch only asks; and others may act meanwhile."""
    post.deploy("rollback", 60.0)
    events = watched(post)
    next(events)
    post.figures.bad()
    for event in events:
        if event.event == "guard" and event.facts["state"] == "tripped":
            break
    post.engine().permit(post.engine().plan(Wish(Verb.RESTART, ADDRESS)), "production/api")
    post.answer(GuardAnswer.BACK, Verb.WATCH)
    last = list(events)[-1]
    assert (last.facts["verdict"], last.facts["by"]) == ("ROLLED_BACK", "operator")
    assert post.orders == 2


def test_it_is_taken_over_with_what_is_left_of_it(post: Post) -> None:
    post.deploy()
    done = post.told[-1].at
    for _ in zip(watched(post), range(40), strict=False):
        pass
    post.bench.clock.advance(60)
    (watch,) = [r for r in post.engine().open_operations() if r.verb is Verb.WATCH]
    last = list(post.kept(post.engine().resume(watch.id)))[-1]
    assert last.facts["verdict"] == "SUCCEEDED"
    assert timedelta(minutes=29) <= last.at - done <= timedelta(minutes=31)


def test_another_version_ends_it(post: Post) -> None:
    post.deploy()
    events = watched(post)
    next(events)
    post.bench.platform.put(old_serves(300))
    last = list(events)[-1]
    assert last.facts["verdict"] == "REPLACED"
    assert "v1.4.2" in last.facts["reason"]  # type: ignore[operator]


def test_a_service_that_is_deleted_ends_the_watch_as_failed(post: Post) -> None:
    """Good figures until the end are no success of it."""
    post.deploy()
    events = watched(post)
    next(events)
    gone = old_serves(300)
    post.bench.platform.put(replace(gone, status=replace(gone.status, status="DRAINING", desired=0)))
    last = list(events)[-1]
    assert last.facts["verdict"] == "FAILED"
    assert "being deleted" in str(last.facts["reason"])


def test_what_was_not_guarded_is_not_watched(post: Post) -> None:
    post.deploy("off")
    assert list(watched(post)) == []


def test_a_failed_test_leaves_the_judging_to_the_guard(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it may go back by itself it does so by the figures; without them it is a failure in the end."""

    def fails(carrier: Carrier) -> Iterator[OperationEvent]:
        if carrier.plan.verb is Verb.DEPLOY:
            yield carrier.end(Verdict.FAILED, None, "smoke: answers 500, not 2xx")

    monkeypatch.setattr(observing, "walk_after", fails)
    post.at(200, post.figures.bad)
    verdict = post.deploy("rollback", BAKE_S)
    assert (verdict["verdict"], verdict["by"]) == ("ROLLED_BACK", "guard")


@pytest.mark.parametrize(("guard", "within_s"), [("rollback", BAKE_S + 60), ("ask", 60.0), ("off", 60.0)])
def test_a_failed_test_is_a_failure(
    post: Post, monkeypatch: pytest.MonkeyPatch, guard: str, within_s: float
) -> None:
    def fails(carrier: Carrier) -> Iterator[OperationEvent]:
        yield carrier.end(Verdict.FAILED, None, "smoke: answers 500, not 2xx")

    monkeypatch.setattr(observing, "walk_after", fails)
    verdict = post.deploy(guard, BAKE_S)
    assert (verdict["verdict"], verdict["reason"]) == ("FAILED", "smoke: answers 500, not 2xx")
    assert post.told[-1].at - NOW < timedelta(seconds=within_s)


def test_however_often_it_is_planned_one_thread_looks(post: Post) -> None:
    made: list[str] = []

    def lane(name: str) -> SameThreadLane:
        made.append(name)
        return SameThreadLane(name)

    post.lane = lane
    engine = post.engine()
    for _ in range(5):
        engine.plan(Wish(Verb.DEPLOY, ADDRESS, version="v1.4.3"))
    assert made == [f"plan-{ADDRESS}"]


@pytest.mark.parametrize(
    "state", [GuardState.COUNTDOWN, GuardState.TRIPPED, GuardState.OFF, GuardState.ARMED]
)
def test_who_only_follows_draws_what_the_journal_says(state: GuardState) -> None:
    """All that a panel needs but the figures, and the seconds that are left now."""
    view = GuardView(
        state=state,
        mode=GuardMode.ROLLBACK,
        phase=GuardPhase.BAKE,
        headline="errors 8.4 %, limit 5 %",
        question="rugmunch/production/api: errors 8.4 % over 5 %: roll back?",
        rolls_back_at=NOW + timedelta(seconds=15) if state is GuardState.COUNTDOWN else None,
        asks_because="database is down",
        blame=Blame(False, "database is down", "a rollback does not bring it back", "database"),
        why="switched off" if state is GuardState.OFF else "",
        until=NOW + timedelta(minutes=10),
        tripped_at=NOW,
        back_to="v1.4.2",
        plan="back to v1.4.2 by update_service",
    )
    facts = facts_of(view, 1)
    assert "plan" not in facts, "that is the operation's own"
    later = NOW + timedelta(seconds=5)
    assert view_in(facts, later) == counting_down(view, later)
    assert counting_down(view, later).countdown_s == (10.0 if state is GuardState.COUNTDOWN else None)


def test_a_deploy_that_another_process_carries_is_followed_with_its_guard(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.at(60, post.figures.bad)
    carrying = post.events("ask", BAKE_S)
    for event in carrying:
        if in_state("tripped")(event):
            break
    monkeypatch.setattr(lives, "host", lambda: "another machine")
    follows = post.engine().resume(str(event.operation))
    views = [told.progress.guard for told in (next(follows) for _ in range(4)) if told.progress]
    assert views[-1] is not None
    assert (views[-1].state, views[-1].question) == (
        GuardState.TRIPPED,
        "rugmunch/production/api: errors 8.4 % over 5 %: roll back?",
    )


# asked in another process


def of_another_process(post: Post, deploy: str) -> None:
    """As if a process on another machine carried it, and had shown a sign of life just now."""
    record, now = post.bench.journal.operation(deploy), post.bench.clock.now()
    assert record is not None
    assert post.bench.journal.claim(deploy, "ci-runner", 4711, now, record.heartbeat_at)


def test_a_guard_that_asks_in_another_process_is_found_in_the_journal(post: Post) -> None:
    """With what it asks, by which figures; what this process asks it asks by itself."""
    deploy, _ = asked(post)
    engine = post.engine()
    assert engine.open_trips() == ()
    of_another_process(post, deploy)
    (trip,) = engine.open_trips()
    assert (trip.record.id, trip.plan.address) == (deploy, ADDRESS)
    assert trip.view.question == "rugmunch/production/api: errors 8.4 % over 5 %: roll back?"
    (figure,) = trip.view.figures
    assert (figure.measure, figure.value, figure.limit) == (Measure.ERRORS, 0.084, 0.05)
    assert (figure.state, figure.baseline, figure.periods_bad) == (JudgedState.CRITICAL, 0.001, 2)
    assert trip.progress.guard == trip.view
    assert engine.open_trips() == (trip,), "also where nothing new was read"


def test_a_process_of_the_same_number_that_is_dead_does_not_ask_by_itself(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Process ids are used again: in a container each is 1."""
    deploy, _ = asked(post)
    assert post.engine().open_trips() == ()
    monkeypatch.setattr(lives, "_HERE", set())
    (trip,) = post.engine().open_trips()
    assert trip.record.id == deploy


def test_what_nobody_asks_is_not_found(post: Post) -> None:
    """Neither before it trips, nor once somebody has answered, nor where the journal cannot be read."""
    events = post.events("ask", BAKE_S)
    deploy = str(next(event for event in events if in_state("judging")(event)).operation)
    of_another_process(post, deploy)
    engine = post.engine()
    assert engine.open_trips() == ()
    post.figures.bad()
    next(event for event in events if in_state("tripped")(event))
    of_another_process(post, deploy)
    post.bench.journal.break_down()
    assert engine.open_trips() == ()
    post.bench.journal.recover()
    assert len(engine.open_trips()) == 1
    assert post.engine().answer_guard(deploy, GuardAnswer.WAIT)
    assert engine.open_trips() == ()
    next(event for event in events if event.event == "guard")
    assert engine.open_trips() == ()


def test_an_answer_that_nobody_lives_to_take_up_is_a_question_again(post: Post) -> None:
    """Whoever finds it takes the operation over, and goes back by what was confirmed."""
    deploy, _ = asked(post)
    of_another_process(post, deploy)
    post.answer(GuardAnswer.BACK)
    assert post.engine().open_trips() == ()
    post.bench.clock.advance(60)
    (trip,) = post.engine().open_trips()
    last = list(post.kept(post.engine().resume(trip.record.id)))[-1]
    assert (last.facts["verdict"], last.facts["by"]) == ("ROLLED_BACK", "operator")
    assert post.orders == 2
    assert post.engine().open_trips() == ()


def test_a_trip_whose_process_is_dead_says_so(post: Post) -> None:
    """To whoever takes it over, and in the journal to everybody else; it is the same trip as before."""
    deploy, _ = asked(post)
    of_another_process(post, deploy)
    (trip,) = post.engine().open_trips()
    post.bench.clock.advance(60)
    post.told.clear()
    post.figures.judged = ()
    follows = post.kept(post.engine().resume(deploy))
    next(event for event in follows if in_state("tripped")(event))
    view = post.view(GuardState.TRIPPED)
    assert view.asks_because == "the process that judged it is gone"
    (before,), (figure,) = trip.view.figures, view.figures
    assert (figure.value, figure.limit, figure.source) == (before.value, before.limit, before.source)
    assert (view.back_to, view.plan) == (trip.view.back_to, trip.view.plan), "its way back is armed as before"
    for _ in range(6):
        next(follows)
    after = [e.progress.guard for e in post.told if e.progress is not None][-1]
    assert after is not None
    assert after.tripped_at == trip.view.tripped_at


def test_who_follows_learns_at_once_that_somebody_has_answered(post: Post) -> None:
    """Before the guard itself has taken it up: the panel of every other console withdraws."""
    deploy, _ = asked(post)
    of_another_process(post, deploy)
    follows = post.engine().resume(deploy)
    views = [told.progress.guard for told in (next(follows) for _ in range(4)) if told.progress]
    assert views[-1] is not None
    assert views[-1].wants_answer
    post.answer(GuardAnswer.IGNORE)
    of_another_process(post, deploy)
    told = next(event for event in follows if event.event == "answered")
    assert told.progress is not None
    assert told.progress.guard is not None
    assert told.progress.guard.answered_by
    assert not told.progress.guard.wants_answer
