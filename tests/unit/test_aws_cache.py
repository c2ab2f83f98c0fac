"""The disk cache: kept between runs, forgotten at the least trouble, and without a secret."""

import sqlite3
import stat
from pathlib import Path
from threading import Thread

import pytest

from console.aws import cache as module
from console.aws.cache import KEPT, Cache
from console.aws.definitions import Definitions
from console.aws.images import Registry
from console.aws.releases import Releases, Shipped
from console.aws.rollouts import Rollouts
from console.domain.release import Release
from console.domain.rollout import Rollout
from tests.builders import NEW_RELEASE, OLD_RELEASE, OLD_ROLLOUT, a_new_rollout, a_release, a_rollout, ago
from tests.fakes import FakeClock
from tests.unit.scripted_aws import (
    ScriptedAws,
    a_known_world,
    calls_on,
    describe_definitions,
    describe_revisions,
    raw_definition,
    raw_revision,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "immutable.sqlite"


def releases_on(aws: ScriptedAws, path: Path) -> Releases:
    calls, clock = calls_on(aws), FakeClock()
    return Releases(calls, Definitions(calls), Registry(calls, clock), Cache(path, clock))


def test_what_is_put_is_there_in_the_next_run_and_for_its_owner_only(path: Path) -> None:
    """Opened when first used, mode 0600."""
    first = Cache(path, FakeClock())
    assert not path.exists()
    first.put({OLD_RELEASE: a_release(), OLD_ROLLOUT: a_rollout()})
    first.close()
    again = Cache(path, FakeClock())
    assert again.get(Release, [OLD_RELEASE, NEW_RELEASE]) == {OLD_RELEASE: a_release()}
    assert again.get(Rollout, [OLD_ROLLOUT]) == {OLD_ROLLOUT: a_rollout()}
    assert again.get(Shipped, [OLD_RELEASE]) == {}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_settled_releases_are_read_from_aws_once_in_a_life(path: Path) -> None:
    """Neither revisions nor definitions are asked for again; labels are."""
    aws = ScriptedAws()
    a_known_world(aws)
    before = releases_on(aws, path).get([OLD_RELEASE, NEW_RELEASE])
    aws.sent.clear()
    assert releases_on(aws, path).get([OLD_RELEASE, NEW_RELEASE]) == before
    assert aws.names() == ["ecr.DescribeImages"]


def test_versions_come_from_it_too(path: Path) -> None:
    """The fleet's first picture needs no revision that an earlier run has seen."""
    aws = ScriptedAws()
    a_known_world(aws)
    before = releases_on(aws, path).versions([OLD_RELEASE], {})
    aws.sent.clear()
    assert releases_on(aws, path).versions([OLD_RELEASE], {}) == before
    assert aws.names() == ["ecr.DescribeImages"]


def test_a_revision_whose_images_are_not_resolved_is_not_kept(path: Path) -> None:
    """It will say more later."""
    aws = ScriptedAws()
    a_known_world(aws)
    images = [{"containerName": "api", "image": "x"}]
    aws.on("ecs.DescribeServiceRevisions", describe_revisions(raw_revision(containerImages=images)))
    releases = releases_on(aws, path)
    releases.get([OLD_RELEASE])
    releases.versions([OLD_RELEASE], {})
    aws.on("ecs.DescribeServiceRevisions", describe_revisions(raw_revision()))
    assert releases.versions([OLD_RELEASE], {})[OLD_RELEASE].label == "v1.4.2"
    assert releases.get([OLD_RELEASE])[OLD_RELEASE].digest
    cache = Cache(path, FakeClock())
    assert cache.get(Release, [OLD_RELEASE])[OLD_RELEASE].digest


def test_rollouts_that_are_over_are_kept_and_others_are_not(path: Path) -> None:
    """One under way is read every time."""
    aws = ScriptedAws()
    raws = {
        "over": {"serviceDeploymentArn": "over", "status": "SUCCESSFUL", "createdAt": ago(60)},
        "open": {"serviceDeploymentArn": "open", "status": "IN_PROGRESS", "createdAt": ago(60)},
    }
    aws.on(
        "ecs.DescribeServiceDeployments",
        lambda params: {"serviceDeployments": [raws[arn] for arn in params["serviceDeploymentArns"]]},
    )
    before = Rollouts(calls_on(aws), Cache(path, FakeClock())).get(["over", "open"])
    assert Rollouts(calls_on(aws), Cache(path, FakeClock())).get(["over", "open"]) == before
    assert [sorted(p["serviceDeploymentArns"]) for p in aws.params("ecs.DescribeServiceDeployments")] == [
        ["open", "over"],
        ["open"],
    ]


def test_no_value_of_environment_or_secret_reaches_the_disk(path: Path) -> None:
    """Names and a fingerprint only; not even the ARN of a secret."""
    aws = ScriptedAws()
    a_known_world(aws)
    definition = raw_definition()
    container = definition["containerDefinitions"][0]
    container["secrets"] = [{"name": "DATABASE_URL", "valueFrom": "arn:aws:secretsmanager:x:y:secret:hidden"}]
    container["command"] = ["run", "--password=swordfish"]
    aws.on("ecs.DescribeTaskDefinition", describe_definitions(definition))
    releases = releases_on(aws, path)
    assert releases.get([OLD_RELEASE])
    releases.versions([OLD_RELEASE], {})
    written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"DATABASE_URL" in written
    for secret in (b"hunter2", b"secret:hidden", b"swordfish"):
        assert secret not in written


def test_a_damaged_file_is_forgotten_and_made_anew(path: Path) -> None:
    """Without a word."""
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)
    cache = Cache(path, FakeClock())
    assert cache.get(Release, [OLD_RELEASE]) == {}
    cache.put({OLD_RELEASE: a_release()})
    assert cache.get(Release, [OLD_RELEASE]) == {OLD_RELEASE: a_release()}


def test_a_file_of_another_version_is_forgotten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another botocore may give another fingerprint."""
    first = Cache(path, FakeClock())
    first.put({OLD_RELEASE: a_release()})
    first.close()
    monkeypatch.setattr(module, "FORMAT", module.FORMAT + 1)
    assert Cache(path, FakeClock()).get(Release, [OLD_RELEASE]) == {}


def test_an_entry_that_cannot_be_read_is_left_out(path: Path) -> None:
    """The others are not lost with it."""
    cache = Cache(path, FakeClock())
    cache.put({"a": a_rollout(), "b": a_new_rollout()})
    with sqlite3.connect(path) as db:
        db.execute("UPDATE kept SET value = '{\"status\": 1}' WHERE id = 'a'")
    assert cache.get(Rollout, ["a", "b"]) == {"b": a_new_rollout()}


def test_a_locked_file_is_no_reason_to_wait(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another console writes: this once the answer comes from AWS; afterwards it is there again."""
    monkeypatch.setattr(module, "BUSY_TIMEOUT_S", 0.0)
    cache = Cache(path, FakeClock())
    cache.put({OLD_RELEASE: a_release()})
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    assert cache.get(Release, [OLD_RELEASE]) == {}
    cache.put({NEW_RELEASE: a_release()})
    other.rollback()
    other.close()
    assert cache.get(Release, [OLD_RELEASE]) == {OLD_RELEASE: a_release()}


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_cache(tmp_path: Path) -> None:
    """Here a file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "immutable.sqlite", FakeClock())
    cache.put({OLD_RELEASE: a_release()})
    assert cache.get(Release, [OLD_RELEASE]) == {}


def test_what_aws_has_forgotten_too_is_dropped(path: Path) -> None:
    """The file does not grow for ever."""
    first = Cache(path, FakeClock(ago(0) - KEPT * 2))
    first.put({OLD_RELEASE: a_release()})
    first.close()
    assert Cache(path, FakeClock()).get(Release, [OLD_RELEASE]) == {}


def test_many_threads_may_use_it_at_once(path: Path) -> None:
    """Nothing is lost and nothing raised."""
    cache = Cache(path, FakeClock())

    def work(number: int) -> None:
        for item in range(20):
            cache.put({f"{number} {item}": a_release()})
            assert cache.get(Release, [f"{number} {item}"])

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(cache.get(Release, [f"{number} {item}" for number in range(4) for item in range(20)])) == 80
