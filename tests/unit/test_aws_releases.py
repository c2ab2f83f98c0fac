"""Releases: digests, labels, fingerprints and images."""

import json
from typing import Any

import pytest

from console.aws.configuration import main_container, platform_of, settings_of
from console.aws.definitions import Definitions
from console.aws.images import FRESH_S, Registry
from console.aws.references import ecr, parse
from console.aws.releases import Releases
from console.errors import RejectedError, UnknownVersionError
from tests.builders import NEW_DEFINITION, NEW_DIGEST, NEW_RELEASE, OLD_DEFINITION, OLD_DIGEST, OLD_RELEASE
from tests.fakes import FakeClock
from tests.unit.scripted_aws import (
    REPOSITORY,
    ScriptedAws,
    a_known_world,
    aws_error,
    calls_on,
    describe_definitions,
    describe_images,
    describe_revisions,
    raw_definition,
    raw_revision,
)


def releases_on(aws: ScriptedAws, clock: FakeClock | None = None) -> Releases:
    clock = clock or FakeClock()
    calls = calls_on(aws, clock)
    return Releases(calls, Definitions(calls), Registry(calls, clock))


@pytest.mark.parametrize(
    ("reference", "repository", "tag", "digest"),
    [
        ("nginx", "nginx", "latest", None),
        ("nginx:1.27", "nginx", "1.27", None),
        ("localhost:5000/api", "localhost:5000/api", "latest", None),
        ("localhost:5000/team/api:v1", "localhost:5000/team/api", "v1", None),
        (f"{REPOSITORY}@{OLD_DIGEST}", REPOSITORY, None, OLD_DIGEST),
        (f"{REPOSITORY}:v1@{OLD_DIGEST}", REPOSITORY, "v1", OLD_DIGEST),
    ],
)
def test_a_reference_is_taken_apart(
    reference: str, repository: str, tag: str | None, digest: str | None
) -> None:
    """A port is no tag, and no tag means latest."""
    found = parse(reference)
    assert (found.repository, found.tag, found.digest) == (repository, tag, digest)


def test_account_and_region_of_a_registry_come_from_the_uri() -> None:
    """Every form that ECR has had, and nothing else."""
    place = ecr("482319607715.dkr.ecr.eu-west-1.amazonaws.com/team/api")
    assert place is not None
    assert (place.registry, place.region, place.name) == ("482319607715", "eu-west-1", "team/api")
    assert ecr("482319607715.dkr-ecr.eu-west-1.on.aws/api") is not None
    assert ecr("482319607715.dkr.ecr.cn-north-1.amazonaws.com.cn/api") is not None
    assert ecr("public.ecr.aws/nginx/nginx") is None


def test_a_release_runs_the_digests_that_its_revision_resolved() -> None:
    """Both definitions say ``:latest``; what ran is in the service revision."""
    aws = ScriptedAws()
    a_known_world(aws)
    found = releases_on(aws).get([OLD_RELEASE, NEW_RELEASE])
    assert found[OLD_RELEASE].digest == OLD_DIGEST
    assert found[NEW_RELEASE].digest == NEW_DIGEST
    assert found[OLD_RELEASE].version.label == "v1.4.2"
    assert found[NEW_RELEASE].version.label == "v1.4.3"
    assert found[OLD_RELEASE].images[0].tag == "latest"
    assert not found[OLD_RELEASE].same_as(found[NEW_RELEASE])


def test_revisions_and_definitions_are_read_once_and_labels_again_after_a_minute() -> None:
    """Immutable things are cached for ever; tags move."""
    aws, clock = ScriptedAws(), FakeClock()
    a_known_world(aws)
    releases = releases_on(aws, clock)
    releases.get([OLD_RELEASE])
    first = len(aws.sent)
    releases.get([OLD_RELEASE])
    assert len(aws.sent) == first
    aws.on("ecr.DescribeImages", describe_images({OLD_DIGEST: ["v1.4.2", "v1.5.0"]}))
    clock.advance(FRESH_S + 1)
    assert releases.get([OLD_RELEASE])[OLD_RELEASE].version.label == "v1.5.0"
    assert aws.names()[first:] == ["ecr.DescribeImages"]


def test_a_revision_that_aws_no_longer_knows_is_left_out() -> None:
    """Those from before 2024-10-25 come back as MISSING."""
    aws = ScriptedAws()
    a_known_world(aws)
    gone = OLD_RELEASE + "99"
    assert list(releases_on(aws).get([gone, OLD_RELEASE])) == [OLD_RELEASE]


def test_a_release_whose_definition_was_deleted_is_left_out() -> None:
    """Nothing could be shipped from it."""
    aws = ScriptedAws()
    a_known_world(aws)
    aws.on("ecs.DescribeTaskDefinition", describe_definitions(raw_definition()))
    assert list(releases_on(aws).get([OLD_RELEASE, NEW_RELEASE])) == [OLD_RELEASE]


def test_a_pinned_copy_in_the_same_family_has_the_same_fingerprint() -> None:
    """Whatever describes the registration, or names the image, is no configuration."""
    aws = ScriptedAws()
    a_known_world(aws)
    copy = raw_definition(NEW_DEFINITION, f"{REPOSITORY}@{OLD_DIGEST}", registeredBy="someone else")
    copy["containerDefinitions"][0]["mountPoints"] = []
    copy["containerDefinitions"][0]["environment"].reverse()
    aws.on("ecs.DescribeTaskDefinition", describe_definitions(raw_definition(), copy))
    aws.on(
        "ecs.DescribeServiceRevisions",
        describe_revisions(
            raw_revision(),
            raw_revision(
                NEW_RELEASE,
                containerImages=[{"containerName": "api", "imageDigest": OLD_DIGEST, "image": "x"}],
            ),
        ),
    )
    found = releases_on(aws).get([OLD_RELEASE, NEW_RELEASE])
    assert found[OLD_RELEASE].configuration == found[NEW_RELEASE].configuration
    assert found[OLD_RELEASE].same_as(found[NEW_RELEASE])


@pytest.mark.parametrize(
    "change",
    [
        {"definition": {"memory": "2048"}},
        {"definition": {"taskRoleArn": "arn:aws:iam::1:role/other"}},
        {"environment": [{"name": "MODE", "value": "other"}, {"name": "A", "value": "1"}]},
        {"revision": {"platformVersion": "1.5.0"}},
        {"revision": {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-c"]}}}},
        {"revision": {"launchType": "EC2"}},
    ],
)
def test_any_other_configuration_has_another_fingerprint(change: dict[str, Any]) -> None:
    """Also a changed value of an environment variable, which no person gets to see."""
    aws = ScriptedAws()
    a_known_world(aws)
    other = raw_definition(NEW_DEFINITION, **change.get("definition", {}))
    if "environment" in change:
        other["containerDefinitions"][0]["environment"] = change["environment"]
    aws.on("ecs.DescribeTaskDefinition", describe_definitions(raw_definition(), other))
    aws.on(
        "ecs.DescribeServiceRevisions",
        describe_revisions(raw_revision(), raw_revision(NEW_RELEASE, **change.get("revision", {}))),
    )
    found = releases_on(aws).get([OLD_RELEASE, NEW_RELEASE])
    assert found[OLD_RELEASE].configuration != found[NEW_RELEASE].configuration


def test_settings_name_environment_and_secrets_and_show_no_value() -> None:
    """Secrets never leave the data layer."""
    definition = raw_definition()
    definition["containerDefinitions"][0]["secrets"] = [{"name": "KEY", "valueFrom": "arn:secret"}]
    found = settings_of(definition, raw_revision())
    assert found["memory"] == "1024 MB"
    assert found["api environment"] == "A, MODE"
    assert found["api secrets"] == "KEY"
    assert found["subnets"] == "subnet-a, subnet-b"
    assert found["target groups"] == "rugmunch-api"
    assert "hunter2" not in json.dumps(found)
    assert "arn:secret" not in json.dumps(found)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "arn:aws:secretsmanager:us-east-1:1:secret:production/db-Ab12Cd:url::",
            "KEY from secretsmanager production/db-Ab12Cd url",
        ),
        ("arn:aws:ssm:us-east-1:1:parameter/production/key", "KEY from ssm /production/key"),
        ("hunter2", "KEY"),
        ("arn:aws:other:hunter2", "KEY"),
        ("", "KEY"),
    ],
)
def test_a_secret_says_what_holds_it_only_where_that_is_a_reference(source: str, said: str) -> None:
    """Somebody may have put the value itself where the reference belongs."""
    definition = raw_definition()
    definition["containerDefinitions"][0]["secrets"] = [{"name": "KEY", "valueFrom": source}]
    assert settings_of(definition, raw_revision())["api secrets"] == said


def test_settings_name_ports_roles_network_and_memory_of_every_container() -> None:
    """What people compare between two revisions."""
    container = {
        "name": "proxy",
        "memory": 128,
        "memoryReservation": 64,
        "portMappings": [
            {"containerPort": 53, "protocol": "udp"},
            {"containerPort": 8080, "protocol": "tcp"},
        ],
        "logConfiguration": {"options": {"awslogs-group": "/ecs/proxy", "datadog-key": "hunter2"}},
    }
    definition = raw_definition(
        containerDefinitions=[container],
        networkMode="awsvpc",
        ephemeralStorage={"sizeInGiB": 30},
        taskRoleArn="arn:aws:iam::1:role/api",
        volumes=[{"name": "data"}],
    )
    found = settings_of(definition, raw_revision())
    wanted = {
        "proxy memory": "128 MB",
        "proxy memory reserved": "64 MB",
        "proxy ports": "53/udp, 8080",
        "proxy log group": "/ecs/proxy",
        "network mode": "awsvpc",
        "ephemeral storage": "30 GB",
        "task role": "api",
        "volumes": "data",
    }
    assert {name: found[name] for name in wanted} == wanted
    assert "hunter2" not in json.dumps(found)


def test_the_main_container_is_the_balanced_one_else_the_first_essential() -> None:
    """A sidecar that comes first does not name the version."""
    containers = [{"name": "init", "essential": False}, {"name": "proxy"}, {"name": "api"}]
    definition = {"containerDefinitions": containers}
    assert main_container(definition, [{"containerName": "api"}]) == "api"
    assert main_container(definition, []) == "proxy"


def test_the_platform_is_linux_on_x86_unless_the_definition_says_otherwise() -> None:
    """The defaults of Fargate."""
    assert platform_of({}) == "linux/amd64"
    assert platform_of({"runtimePlatform": {"cpuArchitecture": "ARM64"}}) == "linux/arm64"
    assert platform_of({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}) == (
        "windows/amd64"
    )


def test_a_digest_that_is_gone_does_not_hide_the_tags_of_the_others() -> None:
    """ECR fails a call as a whole; then each digest is asked alone."""
    aws = ScriptedAws()
    aws.on("ecr.DescribeImages", describe_images({OLD_DIGEST: ["v1"]}))
    registry = Registry(calls_on(aws), FakeClock())
    gone = "sha256:" + "0" * 64
    assert registry.tags(REPOSITORY, [OLD_DIGEST, gone]) == {OLD_DIGEST: ("v1",), gone: ()}


def test_a_registry_that_does_not_answer_costs_the_label_and_nothing_else() -> None:
    """The tag it was deployed with stands, and is not called moved; ``latest`` would name nothing."""
    aws = ScriptedAws()
    a_known_world(aws)
    aws.on("ecr.DescribeImages", aws_error("AccessDeniedException"))
    aws.on(
        "ecs.DescribeTaskDefinition",
        describe_definitions(raw_definition(), raw_definition(NEW_DEFINITION, f"{REPOSITORY}:build-7")),
    )
    found = releases_on(aws).get([OLD_RELEASE, NEW_RELEASE])
    assert found[OLD_RELEASE].version.label == "@9c1f9c1f"
    assert (found[NEW_RELEASE].version.label, found[NEW_RELEASE].version.moved) == ("build-7", False)


def test_a_version_is_resolved_to_its_digest_in_the_registry_of_the_image() -> None:
    """Account, Region and repository come from the image, not from the environment."""
    aws = ScriptedAws()
    aws.on("ecr.DescribeImages", describe_images({OLD_DIGEST: ["v1.4.2", "stable"]}))
    repository = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/api"
    found = Registry(calls_on(aws), FakeClock()).resolve(repository, "stable")
    assert found == (OLD_DIGEST, ("stable", "v1.4.2"))
    assert aws.regions == ["eu-west-1"]
    (params,) = aws.params("ecr.DescribeImages")
    assert (params["registryId"], params["repositoryName"]) == ("111122223333", "team/api")


@pytest.mark.parametrize("code", ["ImageNotFoundException", "RepositoryNotFoundException"])
def test_a_version_that_nobody_pushed_is_unknown(code: str) -> None:
    """The message names version and repository."""
    aws = ScriptedAws()
    aws.on("ecr.DescribeImages", aws_error(code))
    with pytest.raises(UnknownVersionError, match=r"rugmunch-api.*v9"):
        Registry(calls_on(aws), FakeClock()).resolve(REPOSITORY, "v9")


def test_an_image_outside_ecr_cannot_be_resolved_and_is_not_asked_for() -> None:
    """Said plainly, instead of guessed."""
    aws = ScriptedAws()
    registry = Registry(calls_on(aws), FakeClock())
    with pytest.raises(UnknownVersionError, match="not in Amazon ECR"):
        registry.resolve("docker.io/library/nginx", "1.27")
    with pytest.raises(RejectedError):
        registry.platforms("docker.io/library/nginx", OLD_DIGEST)
    assert aws.sent == []


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (
            json.dumps(
                {
                    "manifests": [
                        {"platform": {"os": "linux", "architecture": "amd64"}},
                        {"platform": {"os": "linux", "architecture": "arm64"}},
                        {"platform": {"os": "unknown", "architecture": "unknown"}},
                    ]
                }
            ),
            ("linux/amd64", "linux/arm64"),
        ),
        (json.dumps({"config": {}}), ()),
        ("no json", ()),
        ("[]", ()),
    ],
)
def test_platforms_are_those_of_the_index(manifest: str, expected: tuple[str, ...]) -> None:
    """Attestations are no platform; a plain manifest names none."""
    aws = ScriptedAws()
    aws.on("ecr.BatchGetImage", {"images": [{"imageManifest": manifest}], "failures": []})
    assert Registry(calls_on(aws), FakeClock()).platforms(REPOSITORY, OLD_DIGEST) == expected


def test_a_digest_that_the_registry_lost_has_no_platforms_at_all() -> None:
    """``None`` is *not there*; empty is *does not say*."""
    aws = ScriptedAws()
    aws.on("ecr.BatchGetImage", {"images": [], "failures": []})
    assert Registry(calls_on(aws), FakeClock()).platforms(REPOSITORY, OLD_DIGEST) is None


def test_the_definition_of_a_release_is_never_read_twice() -> None:
    """Two revisions of one definition, as after a forced deployment, read it once."""
    aws = ScriptedAws()
    a_known_world(aws)
    aws.on(
        "ecs.DescribeServiceRevisions",
        describe_revisions(raw_revision(), raw_revision(NEW_RELEASE, taskDefinition=OLD_DEFINITION)),
    )
    releases_on(aws).get([OLD_RELEASE, NEW_RELEASE])
    assert aws.names().count("ecs.DescribeTaskDefinition") == 1
