"""Clusters and services by name or ARN, and the configuration that AWS fills in."""

from typing import TYPE_CHECKING

from console.sandbox.ecs.model import Cluster, Json, Service
from console.sandbox.registry import AwsError

if TYPE_CHECKING:
    from console.sandbox.account import Account


def add_cluster(account: "Account", name: str) -> Cluster:
    """The cluster of that name, made if there is none."""
    found = account.ecs.clusters.get(name)
    if found is None:
        found = Cluster(name, account.arn("ecs", f"cluster/{name}"))
        account.ecs.clusters[name] = found
    return found


def cluster(account: "Account", params: Json) -> Cluster:
    """The cluster of a request, ``default`` if it names none.

    Raises:
        AwsError: ``ClusterNotFoundException``.
    """
    found = find_cluster(account, params.get("cluster") or "default")
    if found is None:
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    return found


def find_cluster(account: "Account", reference: str) -> Cluster | None:
    """By name or ARN."""
    found = account.ecs.clusters.get(reference.rpartition("/")[2])
    if found is not None and reference.startswith("arn:") and reference != found.arn:
        return None
    return found


def service(account: "Account", params: Json) -> Service:
    """The service of a request.

    Raises:
        AwsError: ``ClusterNotFoundException``, ``ServiceNotFoundException``.
    """
    found = find_service(cluster(account, params), params["service"])
    if found is None:
        raise AwsError("ServiceNotFoundException", "Service not found.")
    return found


def find_service(owner: Cluster, reference: str) -> Service | None:
    """By name or ARN, in that cluster."""
    found = owner.services.get(reference.rpartition("/")[2])
    if found is not None and reference.startswith("arn:") and reference != found.arn:
        return None
    return found
