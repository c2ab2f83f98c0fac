"""What a plan lists of the settings that change: names, and that a value differs; never a value."""

import json
from dataclasses import replace
from typing import Any

from console.aws.configuration import marks_of, settings_of
from console.domain.release import Release
from console.domain.setting_changes import setting_changes
from console.operations.differences import differences
from tests.builders import a_new_release, a_release
from widgets.config_view import changes

HUNTER = "arn:aws:secretsmanager:us-east-1:1:secret:api/{}"


def released(release: Release, **container: Any) -> Release:
    """A release of one container with those members."""
    definition = {"containerDefinitions": [{"name": "api", **container}]}
    return replace(
        release,
        settings=settings_of(definition, {}),
        marks=marks_of(definition),
        images=a_release().images,
        configuration=json.dumps(definition),
    )


def environment(**values: str) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def test_variables_are_listed_by_name_as_added_removed_and_changed() -> None:
    """One line a name, however many others there are; *values differ* alone helps nobody at night."""
    before = released(a_release(), environment=environment(GONE="1", LOG="info", SAME="x"))
    after = released(a_new_release(), environment=environment(SAME="x", LOG="debug-hunter2", NEW="2"))
    found = [(item.name, item.before, item.after) for item in differences(before, after)]
    assert found == [
        ("api environment NEW", "–", "added"),
        ("api environment GONE", "set", "removed"),
        ("api environment LOG", "set", "another value"),
    ]
    (change,) = changes(before, after)
    assert (change.added, change.removed, change.changed) == (("NEW",), ("GONE",), ("LOG",))


def test_secrets_are_listed_by_name_also_where_another_one_is_meant() -> None:
    """``KEY`` from another secret is a change of ``KEY``, not one gone and one new."""
    before = released(a_release(), secrets=[{"name": "KEY", "valueFrom": HUNTER.format("old")}])
    after = released(a_new_release(), secrets=[{"name": "KEY", "valueFrom": HUNTER.format("new")}])
    (found,) = differences(before, after)
    assert found.name.startswith("api secrets KEY")
    assert found.after == "another value"


def test_a_command_that_differs_is_said_and_never_shown() -> None:
    """So are entry point, health check and where the log goes."""
    before = released(a_release(), command=["serve"], logConfiguration={"logDriver": "awslogs"})
    after = released(
        a_new_release(),
        command=["serve", "--token=hunter2"],
        entryPoint=["/bin/sh"],
        healthCheck={"command": ["true"]},
        logConfiguration={"logDriver": "awsfirelens"},
    )
    found = differences(before, after)
    assert [item.name for item in found] == [
        "api command",
        "api entry point",
        "api health check",
        "api log configuration",
    ]
    assert {item.after for item in found} == {"differs"}


def test_no_value_is_kept_and_a_mark_confirms_no_guess() -> None:
    """Four digits of a hash: thousands of guesses have the same ones."""
    release = released(a_release(), environment=environment(TOKEN="hunter2"), command=["--token=hunter2"])
    assert "hunter2" not in json.dumps([dict(release.settings), dict(release.marks)])
    assert {len(mark) for mark in release.marks.values()} == {4}


def test_what_an_older_console_kept_is_compared_by_names_alone() -> None:
    """Without marks nothing is said to be changed that may be the same, nor the same that may differ."""
    before = replace(released(a_release(), environment=environment(A="1"), command=["a"]), marks={})
    after = released(a_new_release(), environment=environment(A="2"), command=["b"])
    assert [item.name for item in setting_changes(before, after)] == ["other settings"]


def test_equal_releases_have_no_differences() -> None:
    """The order in which AWS lists variables is no setting."""
    before = released(a_release(), environment=environment(A="1", B="2"))
    after = replace(
        released(a_new_release(), environment=environment(B="2", A="1")), configuration=before.configuration
    )
    assert differences(before, after) == ()
