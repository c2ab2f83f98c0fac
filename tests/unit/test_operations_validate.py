"""A service's table: OK, NG and SKIP with reasons; fatal findings before reported ones; nothing guessed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from console.config.data import ValidateSettings
from console.config.integrations import SentrySettings
from console.config.settings import ServiceSettings
from console.domain.address import Address
from console.domain.backlog import Backlog
from console.domain.findings import Finding
from console.domain.operation import Verb, Verdict
from console.domain.rollout import AlarmWatch, RolloutStatus
from console.domain.series import Measure, Point, Scope, Scoped, Series, missing
from console.domain.signals import Load
from console.domain.smoke import SmokeSequence, SmokeStep
from console.errors import EndpointError
from console.operations.outside import Outside
from console.operations.settled import Wanted, wanted
from console.operations.validate import Sources, validate
from console.operations.within_limits import within_limits
from tests.builders import (
    ADDRESS,
    CLUSTER,
    NEW_DIGEST,
    NEW_RELEASE,
    NOW,
    OLD_DIGEST,
    a_container,
    a_log_line,
    a_new_release,
    a_new_rollout,
    a_record,
    a_release,
    a_rolling_observation,
    a_rollout,
    a_service,
    a_target,
    a_task,
    ago,
    an_observation,
    some_figures,
)
from tests.fakes import FakeClock, FakeLogs, FakePlatform, FakeSecrets, FakeSignals, FakeWeb

STEPS = (
    SmokeStep("jobs", path="/api/jobs"),
    SmokeStep("bid", "POST", "/api/bids", writes=True),
    SmokeStep("in time", path="/api/jobs", within=timedelta(seconds=1), fatal=False),
)
WELL = {"status": "ok", "version": "v1.4.2", "database": "connected"}
SERVICE = ServiceSettings(
    ADDRESS,
    "rugmunch-api",
    CLUSTER,
    health="https://api.example/health",
    smoke=SmokeSequence("https://api.example", STEPS),
    validate=ValidateSettings(0.005, timedelta(seconds=0.2), timedelta(seconds=0.5), 70),
)
OLD = Wanted(OLD_DIGEST, "v1.4.2, which the deploy of devon left there", ago(3 * 86400))


@dataclass
class Looked:
    """A service on which all is well, until a test says otherwise."""

    platform: FakePlatform = field(default_factory=lambda: FakePlatform(an_observation()))
    signals: FakeSignals = field(default_factory=lambda: FakeSignals({ADDRESS: some_figures()}))
    logs: FakeLogs = field(default_factory=lambda: FakeLogs({ADDRESS: [a_log_line()]}))
    web: FakeWeb = field(default_factory=FakeWeb)

    def __post_init__(self) -> None:
        self.signals.loads[ADDRESS] = Load(0.31, 42.0)
        self.web.put("GET /health", WELL)
        self.web.put("GET /api/jobs", {"jobs": []})

    def at(
        self, service: ServiceSettings = SERVICE, should: Wanted | None = OLD, version: str = ""
    ) -> list[Finding]:
        outside = Outside(self.web, FakeSecrets())
        sources = Sources(self.platform, self.signals, self.logs, outside, FakeClock())
        return list(validate(service, sources, should, version))

    def of(self, name: str, **options: Any) -> str:
        """Outcome and words of the one finding of that name."""
        (found,) = [item for item in self.at(**options) if item.name == name]
        return f"{found.outcome.value} {found.said}"


@pytest.fixture
def looked() -> Looked:
    return Looked()


def rows(found: list[Finding]) -> list[str]:
    return [f"{item.outcome.value} {item.name}" for item in found]


def test_a_service_on_which_all_is_well(looked: Looked) -> None:
    """What the platform says, what must be well, what is reported; a step that writes is not sent."""
    found = looked.at()

    assert rows(found) == [
        "OK version",
        "OK steady",
        "OK targets",
        "SKIP alarms",
        "OK health",
        "OK database",
        "OK says version",
        "OK smoke: jobs",
        "SKIP smoke: bid",
        "OK smoke: in time",
        "OK errors",
        "OK p95",
        "OK p99",
        "OK CPU",
        "OK log errors",
        "SKIP Sentry",
    ]
    assert {item.subject for item in found} == {str(ADDRESS)}
    assert {request.method for request in looked.web.sent} == {"GET"}
    assert not looked.platform.performed and not looked.platform.orders


# fatal before reported


def test_where_the_database_is_down_nothing_behind_it_is_tried(looked: Looked) -> None:
    """The health answer is told whole; steps and figures are skipped, and say why."""
    looked.web.answers.clear()
    looked.web.put("GET /health", {"status": "error", "database": "disconnected"}, status=503)

    found = looked.at()

    assert rows(found)[4:] == [
        "NG health",
        "NG database",
        "SKIP smoke: jobs",
        "SKIP smoke: bid",
        "SKIP smoke: in time",
        "SKIP figures, log",
    ]
    assert [item.fatal for item in found[4:6]] == [True, True]
    assert found[6].said == "not tried: health is not well"
    assert len(looked.web.sent) == 1
    assert looked.signals.asked == []


def test_a_database_that_is_lost_behind_a_200_is_fatal_all_the_same(looked: Looked) -> None:
    looked.web.answers.clear()
    looked.web.put("GET /health", {"status": "ok", "database": "disconnected", "cache": "down"})

    found = {item.name: item for item in looked.at()}

    assert found["health"].outcome.value == "OK"
    assert (found["database"].fatal, found["cache"].fatal) == (True, False)
    assert found["smoke: jobs"].said == "not tried: database is not well"


def test_a_step_that_fails_keeps_the_reported_ones_from_being_judged(looked: Looked) -> None:
    looked.web.answers["GET /api/jobs"] = []
    looked.web.put("GET /api/jobs", status=500)

    found = looked.at()

    assert rows(found)[-4:] == [
        "NG smoke: jobs",
        "SKIP smoke: bid",
        "SKIP smoke: in time",
        "SKIP figures, log",
    ]


def test_a_slow_answer_is_only_reported(looked: Looked) -> None:
    looked.web.put("GET /api/jobs", {"jobs": []}, took_s=1.4)

    found = looked.at()

    assert "NG smoke: in time" in rows(found)
    assert rows(found)[-2:] == ["OK log errors", "SKIP Sentry"]


@pytest.mark.parametrize(
    ("answer", "status", "row"),
    [
        ({"status": "degraded"}, 200, "NG 200, degraded"),
        ({"status": "fine, thanks"}, 200, "NG 200, fine, thanks: not a word that is known"),
        ({"status": "ok"}, 404, "NG 404, ok"),
    ],
)
def test_health_is_well_or_it_is_not(looked: Looked, answer: object, status: int, row: str) -> None:
    """A word that nobody knows is not taken for a good one."""
    looked.web.answers.clear()
    looked.web.put("GET /health", answer, status=status)
    assert looked.of("health") == row


def test_what_is_not_configured_is_skipped(looked: Looked) -> None:
    bare = replace(SERVICE, health="", smoke=None, validate=ValidateSettings())
    assert rows(looked.at(bare))[4:] == [
        "SKIP health",
        "SKIP smoke",
        "OK errors",
        "OK log errors",
        "SKIP Sentry",
    ]
    assert looked.web.sent == []


@pytest.mark.parametrize(
    ("said", "row"),
    [
        ("1.4.2", "OK 1.4.2"),
        ("v1.4.1", "NG v1.4.1, and v1.4.2 is set"),
        ("build-77", "SKIP build-77; that cannot be compared with v1.4.2"),
    ],
)
def test_what_it_calls_itself_is_compared_where_it_can_be(looked: Looked, said: str, row: str) -> None:
    looked.web.answers.clear()
    looked.web.put("GET /health", {"status": "ok", "version": said})
    looked.web.put("GET /api/jobs", {})
    assert looked.of("says version") == row


# what the platform says


def test_another_version_than_the_wanted_one_is_not_well(looked: Looked) -> None:
    """By the journal, or by what was asked for."""
    new = Wanted(NEW_DIGEST, "v1.4.3, which the deploy of devon left there", ago(100))
    looked.platform.candidates["v1.4.3"] = a_new_release()
    looked.platform.candidates["v1.4.2"] = a_release()

    assert looked.of("version", should=new).startswith("NG v1.4.2 (")
    assert looked.of("version", should=new).endswith("runs, not v1.4.3, which the deploy of devon left there")
    assert looked.of("version", version="v1.4.3").endswith("runs, not v1.4.3")
    assert looked.of("version", version="v1.4.2", should=new).startswith("OK v1.4.2 (")
    assert looked.of("version", version="v9", should=new).startswith("NG ")
    assert looked.of("version", should=None).startswith("SKIP v1.4.2 (")


@pytest.mark.parametrize(
    ("status", "outcome"), [(RolloutStatus.SUCCESSFUL, "SKIP"), (RolloutStatus.ROLLBACK_SUCCESSFUL, "NG")]
)
def test_what_somebody_else_shipped_since_is_no_mistake_but_going_back_is(
    looked: Looked, status: RolloutStatus, outcome: str
) -> None:
    """CI ships past the console, and that succeeded; ECS took ours back: that is another thing."""
    new = Wanted(NEW_DIGEST, "v1.4.3, which the deploy of devon left there", ago(400))
    looked.platform.put(an_observation(rollout=a_rollout(status=status, created_at=ago(300))))
    assert looked.of("version", should=new).startswith(outcome)


def test_a_tag_that_was_resolved_twice_is_seen_on_the_tasks(looked: Looked) -> None:
    """One deployment whose tasks run different images."""
    other = a_task(number=2, containers=(a_container(digest=NEW_DIGEST),))
    looked.platform.put(an_observation(tasks=(a_task(number=1), other)))
    assert looked.of("version").startswith("NG 1 task of another digest than v1.4.2")


def test_parts_that_cannot_be_read_are_never_well(looked: Looked) -> None:
    missing = {"tasks": "throttled", "targets": "throttled", "rollout": "denied"}
    looked.platform.put(an_observation(missing=missing, tasks=(), targets=(), rollout=None))
    assert rows(looked.at())[:4] == ["SKIP version", "SKIP steady", "SKIP targets", "SKIP alarms"]
    looked.platform.fail("observe", EndpointError("ecs did not answer"), times=None)
    assert rows(looked.at()) == ["NG service"]


@pytest.mark.parametrize(
    ("observation", "row"),
    [
        (an_observation(status=a_service(desired=0), tasks=(), targets=()), "NG desired is 0: 0 serving"),
        (an_observation(status=a_service(running=1)), "NG 1 of 2 running"),
        (an_observation(status=a_service(running=1, pending=1)), "NG 1 of 2 running, 1 pending"),
        (a_rolling_observation(), "NG a rollout is under way, 1 of 2 running"),
    ],
)
def test_what_moves_is_not_steady(looked: Looked, observation: Any, row: str) -> None:
    looked.platform.put(observation)
    assert looked.of("steady") == row


def test_an_old_version_that_is_only_kept_is_no_rollout_under_way(looked: Looked) -> None:
    """All requests are on the new one for a day before the old one goes."""
    bakes = a_new_rollout(
        strategy="LINEAR", stage="BAKE_TIME", bake_s=3600.0, updated_at=NOW, weights={NEW_RELEASE: 100.0}
    )
    rolling = a_rolling_observation()
    primary = replace(rolling.status.deployments[0], running=2, pending=0)
    status = replace(rolling.status, deployments=(primary, *rolling.status.deployments[1:]), pending=0)
    looked.platform.put(replace(rolling, status=status, rollout=bakes))

    assert looked.of("steady").startswith(
        "OK 2 of 2 running; the version that it left still stands beside it until"
    )
    looked.platform.put(
        replace(rolling, status=status, rollout=replace(bakes, status=RolloutStatus.ROLLBACK_IN_PROGRESS))
    )
    assert looked.of("steady").startswith("NG")


def test_a_target_that_is_not_healthy_says_why(looked: Looked) -> None:
    bad = a_target(number=2, state="unhealthy", reason="Target.Timeout", description="Request timed out")
    looked.platform.put(an_observation(targets=(a_target(number=1), bad)))
    assert looked.of("targets") == "NG 1 of 2 healthy, 1 unhealthy: Request timed out"


def test_without_a_balancer_its_tasks_are_counted(looked: Looked) -> None:
    sick = a_task(number=2, health="UNHEALTHY")
    looked.platform.put(
        an_observation(status=a_service(target_groups=()), targets=(), tasks=(a_task(number=1), sick))
    )
    assert looked.of("healthy") == "NG 1 of 2 healthy"


@pytest.mark.parametrize(
    ("watch", "row"),
    [
        (AlarmWatch("MONITORING", ("errors", "p95")), "OK none of 2 in alarm when last watched"),
        (AlarmWatch("TRIGGERED", ("errors",), ("errors",)), "NG in alarm: errors"),
        (AlarmWatch("DISABLED", ("errors",)), "SKIP nobody watches them: disabled"),
    ],
)
def test_alarms_of_its_deployment(looked: Looked, watch: AlarmWatch, row: str) -> None:
    looked.platform.put(an_observation(rollout=a_rollout(alarms=watch)))
    assert looked.of("alarms") == row


def test_a_workers_queue_that_rings_is_not_well(looked: Looked) -> None:
    worker = replace(SERVICE, queue="token-scan")
    assert looked.of("queue", service=worker).startswith("SKIP")
    looked.platform.backlogs[ADDRESS] = Backlog("token-scan", 1340, 12, alarms=(("depth-high", "ALARM"),))
    assert looked.of("queue", service=worker) == (
        "NG token-scan: 1,340 jobs wait, 12 in flight; in alarm: depth-high"
    )


# limits


@pytest.mark.parametrize(
    ("name", "figures", "load", "row"),
    [
        ("errors", {"errors": 12}, {}, "NG 1.0 % over 1 minute, limit 0.5 %"),
        (
            "errors",
            {"recent": (0.5, 0.0, 0.0, None, 0.002), "recent_requests": (20, 1000, 800, 0, 1000)},
            {},
            "OK 0.4 % over 4 minutes",
        ),
        (
            "errors",
            {"recent": (0.0, 0.2, 0.25), "recent_requests": (900, 5, 8)},
            {},
            "OK 0.3 % over 3 minutes",
        ),
        (
            "errors",
            {"requests": 17, "errors": 7},
            {},
            "SKIP errors 41 % of 17 requests: too few to judge in 1 minute",
        ),
        (
            "errors",
            {"requests": 165, "errors": 162, "note": "shared load balancer: counted by 1 of 3 rules"},
            {},
            "NG 98 % over 1 minute, limit 0.5 % · shared load balancer: counted by 1 of 3 rules",
        ),
        (
            "errors",
            {"requests": 0, "errors": 0},
            {},
            "SKIP NODATA: no request was counted in the last minutes",
        ),
        ("p95", {"p95_s": 0.4}, {}, "NG 400 ms, limit 200 ms"),
        ("p95", {"p95_s": None}, {}, "SKIP NODATA"),
        ("p99", {}, {"p99_s": 1.9}, "NG 1.9 s, limit 500 ms"),
        ("p99", {}, {"p99_s": None}, "SKIP NODATA"),
        ("CPU", {}, {"cpu": 70.0}, "NG 70 %, limit 70 %"),
        ("CPU", {}, {"cpu": None}, "SKIP NODATA"),
    ],
)
def test_figures_are_held_against_the_limits(
    looked: Looked, name: str, figures: dict[str, Any], load: dict[str, Any], row: str
) -> None:
    """Below the limit is well, at it is not, and no data is neither."""
    looked.signals.known[ADDRESS] = some_figures(**figures)
    looked.signals.loads[ADDRESS] = replace(looked.signals.loads[ADDRESS], **load)
    assert looked.of(name) == row


def test_without_a_healthy_target_nobody_answers_whatever_was_counted(looked: Looked) -> None:
    """Fault ``oom``: 0 errors of the 7 requests that had a target are no proof of anything."""
    down = an_observation(targets=(a_target(state="unhealthy"), a_target(ip="10.0.1.9", state="unhealthy")))
    signals = FakeSignals({ADDRESS: some_figures(requests=7, errors=0)})
    found = within_limits(SERVICE, signals, FakeLogs(), FakeClock(), observation=down)
    errors = next(item for item in found if item.name == "errors")
    assert f"{errors.outcome.value} {errors.said}" == "NG nobody answers: no healthy targets"


def test_figures_that_cannot_be_read_are_skipped_with_their_reason(looked: Looked) -> None:
    looked.signals.fail("load", EndpointError("cloudwatch did not answer"))
    assert rows(looked.at())[-5:-1] == ["OK errors", "OK p95", "SKIP figures", "OK log errors"]
    looked.signals.known.clear()
    assert looked.of("errors").startswith("SKIP NODATA")
    assert looked.of("p95") == "SKIP NODATA"


@pytest.mark.parametrize(
    ("new", "before", "row"),
    [
        (0, 0, "OK 0.0 a minute, before 0.0"),
        (4, 0, "OK 0.8 a minute, before 0.0"),
        (10, 0, "NG 2.0 a minute, before 0.0"),
        (10, 40, "OK 2.0 a minute, before 1.6"),
        (10, 20, "NG 2.0 a minute, before 0.8"),
    ],
)
def test_new_errors_in_the_log_are_more_than_before(looked: Looked, new: int, before: int, row: str) -> None:
    """More than the limit and more than twice what is usual."""
    line = a_log_line("boom: connection refused", severity="error")
    looked.logs.lines[ADDRESS] = [
        a_log_line(at=ago(1700)),
        *(replace(line, id=f"n{n}", at=ago(10 + n)) for n in range(new)),
        *(replace(line, id=f"b{n}", at=ago(400 + 20 * n)) for n in range(before)),
    ]
    assert looked.of("log errors") == row


def test_a_log_that_cannot_be_read_is_not_quiet(looked: Looked) -> None:
    looked.logs.lines.clear()
    assert looked.of("log errors") == "SKIP NODATA: no line was read"
    looked.logs.fail("tail", EndpointError("logs did not answer"))
    assert looked.of("log errors") == "SKIP cannot be read: logs did not answer"


def test_a_busy_log_is_compared_over_the_time_that_was_read(looked: Looked) -> None:
    """Four thousand lines of the last 100 seconds: the rate is of those seconds."""
    lines = [a_log_line(id=str(n), at=ago(100 * n / 4000), severity="info") for n in range(4000)]
    lines[:10] = [replace(line, severity="error") for line in lines[:10]]
    looked.logs.lines[ADDRESS] = lines
    assert looked.of("log errors") == "NG 6.0 a minute"


SENTRY = SentrySettings("https://sentry.example", "env:SENTRY", "acme", "7", "production")


@pytest.mark.parametrize(
    ("points", "row"),
    [
        ((0.0, 4.0, None, 5.0), "OK 9 errors in 10 min"),
        ((0.0, 4.0, None, 6.0), "NG 10 errors in 10 min, limit 10"),
        ((), "SKIP NODATA: nothing counted"),
    ],
)
def test_errors_that_the_program_reported_itself_are_counted(
    points: tuple[float | None, ...], row: str
) -> None:
    """Of ten minutes; a minute of which nothing is known adds nothing, and only such minutes are no data."""
    told = tuple(Point(ago(60 * n), value) for n, value in enumerate(reversed(points)))
    series = Series(Measure.ERROR_EVENTS, Scope.SERVICE, "Sentry", 60, NOW, told)
    assert sentry_says(lambda: (series,)) == row


def test_sentry_that_cannot_be_asked_has_not_said_none() -> None:
    def fail() -> tuple[Series, ...]:
        raise EndpointError("Sentry answers 503")

    assert sentry_says(fail) == "SKIP cannot be asked: Sentry answers 503"
    nothing = missing((Measure.ERROR_EVENTS,), "Sentry", "no key", at=NOW, period_s=60)
    assert sentry_says(lambda: nothing) == "SKIP NODATA: no key"


def sentry_says(answer: Callable[[], tuple[Series, ...]]) -> str:
    """The finding of a service that Sentry knows."""

    class Answering:
        name = "Sentry"

        def series(self, address: Address, scoped: Scoped, since: datetime) -> tuple[Series, ...]:
            assert (address, since) == (ADDRESS, NOW - timedelta(minutes=10))
            return answer()

    service = replace(SERVICE, sentry=SENTRY)
    found = within_limits(
        service, FakeSignals(), FakeLogs(), FakeClock(), observation=an_observation(), sentry=Answering()
    )
    last = list(found)[-1]
    return f"{last.outcome.value} {last.said}"


# which version is wanted


def test_the_newest_success_of_ours_says_what_is_wanted() -> None:
    """Failures, other services and other verbs do not."""
    deploy = a_record(
        id="1",
        verb=Verb.DEPLOY,
        verdict=Verdict.SUCCEEDED,
        target=a_new_release().facts(),
        planned_at=ago(900),
    )
    failed = a_record(id="2", verb=Verb.DEPLOY, verdict=Verdict.ROLLED_BACK, planned_at=ago(800))
    scaled = a_record(id="3", verb=Verb.SCALE, verdict=Verdict.SUCCEEDED, planned_at=ago(700))

    found = wanted(ADDRESS, [scaled, failed, deploy])

    assert found == Wanted(NEW_DIGEST, "v1.4.3, which the deploy of devon left there", deploy.ordered_at)
    assert wanted(ADDRESS, [failed, scaled]) is None
    assert wanted(replace(ADDRESS, alias="worker"), [deploy]) is None


def test_what_is_held_stays_wanted_whoever_ships_something_else() -> None:
    rollback = a_record(verdict=Verdict.SUCCEEDED)
    assert wanted(ADDRESS, [rollback]) == Wanted(OLD_DIGEST, "v1.4.2, at which devon holds it")
