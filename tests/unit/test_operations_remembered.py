"""What the journal adds to a rollback's plan."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.domain.action import MIGRATION
from console.domain.operation import Check, Verb, Verdict
from console.domain.words import utc
from tests.builders import ADDRESS, NOW, a_record, a_rollout
from tests.unit.conftest import Bench
from tests.unit.test_operations_engine import steady_new


def migrations(bench: Bench) -> Check:
    """What the plan of a rollback says of the schema."""
    bench.platform.put(steady_new())
    bench.platform.histories[ADDRESS] = (steady_new().rollout or a_rollout(), a_rollout())
    plan = bench.engine.plan_rollback(ADDRESS)
    return next(check for check in plan.checks if check.name == "migrations")


@pytest.mark.parametrize("verb", [Verb.MIGRATE, Verb.DEPLOY])
def test_a_migration_since_is_named_also_when_a_deploy_ran_it(bench: Bench, verb: Verb) -> None:
    """The schema does not go back, whoever changed it, and however the rest of the operation ended."""
    record = replace(a_record(), verb=verb, verdict=Verdict.ROLLED_BACK)
    at = NOW - timedelta(minutes=15)
    bench.journal.begin(replace(record, target={**record.target, MIGRATION: {"at": utc(at), "task": "t"}}))

    said = migrations(bench).evidence

    assert said.startswith("1 migration since v1.4.2")
    assert f"{at:%d %b %H:%M} by {record.actor}" in said


def test_a_deploy_without_a_migration_is_none(bench: Bench) -> None:
    """Those of CI are not known, and that is said."""
    bench.journal.begin(replace(a_record(), verb=Verb.DEPLOY, verdict=Verdict.SUCCEEDED))

    assert migrations(bench).evidence.startswith("none of ours since v1.4.2")
