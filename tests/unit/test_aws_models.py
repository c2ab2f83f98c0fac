"""The descriptions of AWS's services that the console keeps: less than botocore's, and enough."""

from typing import Any

import botocore.session
import pytest

from console.aws.guard import READS
from console.aws.models import ONLY_READ, Slim, loader


def client(service: str, *, slim: bool) -> Any:
    session = botocore.session.Session()
    if slim:
        session.register_component("data_loader", loader())
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    return session.create_client(service, region_name="us-east-1", **keys)


@pytest.mark.parametrize("service", ["ecs", "sts"])
def test_everything_but_the_prose_is_there(service: str) -> None:
    """Operations, members, which of them are required, and errors."""
    whole, slim = (client(service, slim=item).meta.service_model for item in (False, True))
    assert slim.operation_names == whole.operation_names
    for name in slim.operation_names:
        mine, theirs = (model.operation_model(name) for model in (slim, whole))
        assert shape(mine.input_shape) == shape(theirs.input_shape)
        assert shape(mine.output_shape) == shape(theirs.output_shape)
        assert mine.input_shape.required_members == theirs.input_shape.required_members
        assert [item.name for item in mine.error_shapes] == [item.name for item in theirs.error_shapes]
        assert theirs.documentation
        assert not mine.documentation


@pytest.mark.parametrize("service", ONLY_READ)
def test_of_what_is_only_read_the_reads_are_whole(service: str) -> None:
    """Each can be called, with every shape that it is made of; nothing else can."""
    model = client(service, slim=True).meta.service_model
    assert model.operation_names
    assert {f"{service}.{name}" for name in model.operation_names} == {
        name for name in READS if name.startswith(f"{service}.")
    }
    whole = client(service, slim=False).meta.service_model
    for name in model.operation_names:
        mine, theirs = (item.operation_model(name) for item in (model, whole))
        assert shape(mine.output_shape) == shape(theirs.output_shape)


def test_what_is_not_there_is_none() -> None:
    """botocore goes on to its next folder then."""
    assert not Slim().exists("/nowhere/service-2")
    assert Slim().load_file("/nowhere/service-2") is None


def shape(item: Any, depth: int = 5) -> Any:
    """A shape and what it is made of, some steps deep."""
    if item is None:
        return None
    if depth and item.type_name == "structure":
        return {name: shape(part, depth - 1) for name, part in item.members.items()}
    if depth and item.type_name == "list":
        return [shape(item.member, depth - 1)]
    return item.type_name
