"""EC2, as far as a pre-flight looks at a service's network: subnets, security groups, interfaces.

Nothing of it is stored. Subnets and groups are those that load balancers and services name, and the
addresses in use are those of the tasks that are there, so that what is free follows them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, TypeVar

from console.sandbox import conditions
from console.sandbox.ecs.model import Task
from console.sandbox.ecs.task_view import interface_id
from console.sandbox.paging import page
from console.sandbox.registry import AwsError, operation

if TYPE_CHECKING:
    from console.sandbox.account import Account

Json = dict[str, Any]
_T = TypeVar("_T")

VPC = "vpc-0a1b2c3d4e5f60718"
_SIZE = 2 ** (32 - 18)
_RESERVED = 5
"""Addresses of every subnet that AWS keeps (VPC user guide, subnet sizing)."""
_ZONES = "abcdef"


@dataclass(frozen=True)
class Subnet:
    """A subnet as its tasks' addresses show it: 10.<index>.0.0/18."""

    id: str
    zone: str
    index: int

    @property
    def block(self) -> str:
        return f"10.{self.index}.0.0/18"


def subnets(account: "Account") -> list[Subnet]:
    """Every subnet that a load balancer or a service is in, in the order in which they are named."""
    found: dict[str, Subnet] = {}
    for balancer in account.elb.load_balancers.values():
        for index, (zone, name) in enumerate(balancer.zones):
            found.setdefault(name, Subnet(name, zone, index))
    for service in account.ecs.services():
        named = service.network.get("awsvpcConfiguration", {}).get("subnets") or []
        for index, name in enumerate(named):
            zone = account.region + _ZONES[index % len(_ZONES)]
            found.setdefault(name, Subnet(name, zone, index))
    return list(found.values())


def available(account: "Account", subnet: Subnet) -> int:
    """Free addresses: none while the subnet is said to be full."""
    if account.conditions.concerns(conditions.SUBNET_FULL, "subnet", subnet.id):
        return 0
    tasks = sum(task.subnet == subnet.id for task in _present(account))
    balancers = sum(
        any(name == subnet.id for _, name in balancer.zones)
        for balancer in account.elb.load_balancers.values()
    )
    return max(0, _SIZE - _RESERVED - tasks - balancers)


@operation("ec2")
def DescribeSubnets(account: "Account", params: Json) -> Json:
    """By id and filter; ids that are not there are an error."""
    chosen = _chosen(
        subnets(account),
        params.get("SubnetIds"),
        "InvalidSubnetID.NotFound",
        "subnet ID",
        lambda item: item.id,
    )
    kept = _filtered(
        chosen,
        params.get("Filters"),
        {
            "subnet-id": lambda item: [item.id],
            "vpc-id": lambda _: [VPC],
            "availability-zone": lambda item: [item.zone],
            "cidr-block": lambda item: [item.block],
            "state": lambda _: ["available"],
        },
    )
    shown, following = _paged(kept, params)
    return {"Subnets": [_subnet_shape(account, item) for item in shown], **following}


@operation("ec2")
def DescribeSecurityGroups(account: "Account", params: Json) -> Json:
    """The groups that services are in."""
    groups = {
        name: service.name
        for service in account.ecs.services()
        for name in service.network.get("awsvpcConfiguration", {}).get("securityGroups") or []
    }
    chosen = _chosen(
        list(groups), params.get("GroupIds"), "InvalidGroup.NotFound", "security group", lambda item: item
    )
    kept = _filtered(
        chosen,
        params.get("Filters"),
        {
            "group-id": lambda item: [item],
            "group-name": lambda item: [f"{groups[item]}-tasks"],
            "vpc-id": lambda _: [VPC],
        },
    )
    shown, following = _paged(kept, params)
    rows = [_group_shape(account, item, groups[item]) for item in shown]
    return {"SecurityGroups": rows, **following}


@operation("ec2")
def DescribeNetworkInterfaces(account: "Account", params: Json) -> Json:
    """One interface per task that is there."""
    chosen = _chosen(
        _present(account),
        params.get("NetworkInterfaceIds"),
        "InvalidNetworkInterfaceID.NotFound",
        "networkInterface ID",
        interface_id,
    )
    kept = _filtered(
        chosen,
        params.get("Filters"),
        {
            "network-interface-id": lambda task: [interface_id(task)],
            "addresses.private-ip-address": lambda task: [task.ip],
            "private-ip-address": lambda task: [task.ip],
            "subnet-id": lambda task: [task.subnet],
            "availability-zone": lambda task: [task.zone],
            "vpc-id": lambda _: [VPC],
        },
    )
    shown, following = _paged(kept, params)
    return {"NetworkInterfaces": [_interface_shape(account, task) for task in shown], **following}


def _present(account: "Account") -> list[Task]:
    return [task for task in account.ecs.tasks() if not task.is_stopped]


def _chosen(
    items: Sequence[_T], ids: list[str] | None, code: str, what: str, id_of: Callable[[_T], str]
) -> list[_T]:
    known = {id_of(item): item for item in items}
    absent = [name for name in ids or () if name not in known]
    if absent:
        raise AwsError(code, f"The {what} '{absent[0]}' does not exist")
    return [known[name] for name in ids] if ids else list(items)


def _filtered(
    items: list[_T], filters: list[Json] | None, attributes: dict[str, Callable[[_T], list[str]]]
) -> list[_T]:
    """Those that pass every filter; values may have ``*`` and ``?`` (API reference, Filter)."""
    for item in filters or ():
        if item.get("Name") not in attributes:
            raise AwsError("InvalidParameterValue", f"The filter '{item.get('Name')}' is invalid")
    return [
        item
        for item in items
        if all(
            any(
                fnmatchcase(text, pattern)
                for text in attributes[each["Name"]](item)
                for pattern in each.get("Values") or ()
            )
            for each in filters or ()
        )
    ]


def _paged(items: list[_T], params: Json) -> tuple[list[_T], Json]:
    size = params.get("MaxResults") or 1000
    if not 5 <= size <= 1000:
        raise AwsError("InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid.")
    shown, following = page(items, params.get("NextToken"), size)
    return shown, {"NextToken": following.get("nextToken")}


def _subnet_shape(account: "Account", item: Subnet) -> Json:
    return {
        "AvailabilityZone": item.zone,
        "AvailabilityZoneId": _zone_id(item.zone),
        "AvailableIpAddressCount": available(account, item),
        "CidrBlock": item.block,
        "DefaultForAz": False,
        "MapPublicIpOnLaunch": False,
        "State": "available",
        "SubnetId": item.id,
        "VpcId": VPC,
        "OwnerId": account.id,
        "AssignIpv6AddressOnCreation": False,
        "Ipv6CidrBlockAssociationSet": [],
        "SubnetArn": account.arn("ec2", f"subnet/{item.id}"),
        "Tags": [{"Key": "Name", "Value": f"private-{item.zone}"}],
    }


def _group_shape(account: "Account", group: str, service: str) -> Json:
    return {
        "GroupId": group,
        "GroupName": f"{service}-tasks",
        "Description": f"Tasks of {service}",
        "OwnerId": account.id,
        "VpcId": VPC,
        "IpPermissions": [
            {
                "IpProtocol": "tcp",
                "FromPort": 3000,
                "ToPort": 3000,
                "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
            }
        ],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    }


def _interface_shape(account: "Account", task: Task) -> Json:
    return {
        "NetworkInterfaceId": interface_id(task),
        "AvailabilityZone": task.zone,
        "Description": task.arn,
        "InterfaceType": "interface",
        "OwnerId": account.id,
        "PrivateIpAddress": task.ip,
        "Status": "in-use",
        "SubnetId": task.subnet,
        "VpcId": VPC,
    }


def _zone_id(zone: str) -> str:
    """``use1-az1`` for us-east-1a: the same in every account here."""
    area, way, number = zone[:-1].split("-")[:3]
    return f"{area}{way[0]}{number}-az{ord(zone[-1]) - ord('a') + 1}"
