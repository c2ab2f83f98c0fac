"""For each of the five systems: which test proves which cell of the matrix; all of them exist."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.contract.fleet_cells import (
    BOT,
    CODE_DEPLOY,
    INGESTION,
    MEALS,
    MEALS_STAGING,
    ML,
    SWAPJOY,
)
from tests.contract.shared_world import API, MARKET, STAGING, WORKER
from tests.contract.test_headless import STEPS
from tests.contract.test_matrix import CELLS, SERVICES

HERE = Path(__file__).parent
SYSTEMS = {
    "rugmunch": (API, WORKER, CODE_DEPLOY),
    "mealplanner": (MEALS, MEALS_STAGING),
    "clever-better": (BOT, ML, INGESTION),
    "fairtradeworker": (MARKET, STAGING),
    "swapjoy": (SWAPJOY,),
}
Cells = dict[str, tuple[str, ...]]
EVERYWHERE: Cells = {
    "deploy good and bad": ("test_matrix::test_a_deploy_ends_as_its_image_deserves",),
    "roll back in flight": ("test_matrix::test_a_deployment_in_flight_is_taken_back",),
    "roll back finished": ("test_matrix::test_a_finished_deployment_is_rolled_back",),
    "drain and undrain": ("test_matrix::test_a_service_is_drained_and_comes_back_as_it_was",),
    "headless": ("test_headless::test_a_system_is_run_by_commands_alone",),
}
BESIDES: dict[str, Cells] = {
    "rugmunch": {
        "queue scaling": (
            "test_procedures::test_a_worker_that_its_queue_has_scaled_out_is_scaled_in_by_hand",
            "test_verbs::test_a_worker_that_only_scales_out_is_pointed_out",
        ),
        "back: an earlier definition": ("test_matrix::test_a_finished_deployment_is_rolled_back",),
        "back: CodeDeploy stops and goes back": (
            "test_rollbacks::test_codedeploy_in_flight_is_stopped_and_back_at_once",
            "test_rollbacks::test_codedeploy_that_keeps_the_old_set_is_still_instant",
        ),
        "back: a tag pointed elsewhere": (
            "test_procedures::test_a_tag_that_others_point_back_is_a_way_back_that_a_restart_completes",
            "test_procedures::test_where_tags_may_not_move_the_way_back_is_the_definition",
        ),
        "API and worker as one": ("test_procedures::test_all_of_a_system_goes_forward_and_back_as_one",),
        "console": ("test_systems::test_the_bots_worker_goes_forward_and_back_and_is_scaled",),
    },
    "mealplanner": {
        "snapshot, migrate, shift": (
            "test_deploys::test_a_linear_deploy_migrates_first_and_says_how_long_its_steps_take",
            "test_data::test_after_snapshot_migration_and_all_steps_the_new_version_is_validated",
            "test_data::test_a_migration_that_fails_stops_its_deploy_before_anything_is_shipped",
        ),
        "back while the old one stands": ("test_rollbacks::test_a_bake_is_left_at_once",),
        "console": ("test_systems::test_meals_are_migrated_shifted_and_taken_back_while_the_old_one_stands",),
    },
    "clever-better": {
        "all services with tag rules": (
            "test_deploys::test_three_services_are_deployed_as_one_and_only_by_release_tags",
        ),
        "validate": ("test_data::test_an_environment_is_validated_after_all_of_it_was_deployed",),
        "all services back": ("test_procedures::test_all_of_a_system_goes_forward_and_back_as_one",),
        "console": ("test_systems::test_all_trading_services_go_forward_and_back_as_one_and_are_validated",),
    },
    "fairtradeworker": {
        "verify": (
            "test_data::test_a_lost_database_is_not_well_and_what_is_only_reported_comes_after_what_is_fatal",
        ),
        "database rollback": (
            "test_data::test_a_database_is_brought_back_by_hand_in_hand",
            "test_data::test_a_restore_that_is_refused_at_its_question_is_taken_back_whole",
            "test_data::test_a_restore_whose_process_is_gone_stands_until_a_person_goes_on",
        ),
        "more memory": ("test_deploys::test_more_memory_is_a_deploy_of_the_same_image",),
        "console": (
            "test_systems::test_the_marketplace_is_taken_back_in_flight_and_its_database_restored",
            "test_walk::test_from_a_bad_rollout_to_the_verdict_in_the_journal",
        ),
    },
    "swapjoy": {
        "steps by the pause hook": (
            "test_verbs::test_a_pause_of_somebody_elses_deployment_is_decided_once",
            "test_verbs::test_our_own_deployment_that_waits_is_continued_from_elsewhere",
            "test_rollbacks::test_a_linear_rollout_that_is_paused_is_refused_its_pause",
            "test_rollbacks::test_a_linear_rollout_after_its_pause_is_stopped",
        ),
        "console": ("test_systems::test_swaps_wait_at_their_pause_for_a_person",),
    },
}


@cache
def named_in(module: str) -> frozenset[str]:
    """The tests of a module, without importing it."""
    found = [HERE / f"{module}.py", HERE.parent / "terminal" / f"{module}.py"]
    tree = ast.parse(next(path for path in found if path.exists()).read_text())
    return frozenset(item.name for item in tree.body if isinstance(item, ast.FunctionDef))


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_cell_of_a_system_is_proven_by_a_test_that_exists(system: str) -> None:
    """By name; and the parametrised ones have its services among their parameters."""
    for cell, names in {**EVERYWHERE, **BESIDES[system]}.items():
        assert names, cell
        for name in names:
            module, _, test = name.partition("::")
            assert test in named_in(module), f"{system}, {cell}: there is no {name}"
    addresses = set(SYSTEMS[system])
    deployed = {cell.address for cell in CELLS}
    assert addresses <= set(SERVICES)
    assert addresses - deployed <= {MARKET}  # its first deployment is the one that is under way
    assert {address.partition("/")[0] for address in STEPS} >= {item.system for item in addresses}
