"""The services of the five systems that whole operations are tried on, and how they are got into a state."""

from dataclasses import dataclass

from console.domain.address import Address
from console.domain.service import Observation
from tests.contract.shared_world import SharedWorld

CODE_DEPLOY = Address("rugmunch-codedeploy", "production", "api")
MEALS = Address("mealplanner", "production", "api")
MEALS_STAGING = Address("mealplanner", "staging", "api")
SWAPJOY = Address("swapjoy", "production", "api")
BOT = Address("clever-better", "production", "bot")
ML = Address("clever-better", "production", "ml-service")
INGESTION = Address("clever-better", "production", "data-ingestion")


@dataclass(frozen=True)
class Image:
    """An image of a service's registry."""

    tag: str
    digest: str


def image(shared: SharedWorld, address: Address, behaviour: str) -> Image:
    """The newest image of the service's registry that behaves like that and never was deployed."""
    repository = shared.repository(address)
    _, rows = shared.sandbox.control("GET", "images")
    fitting = [
        row
        for row in rows
        if row["repository"] == repository
        and row["behaviour"] == behaviour
        and row["tag"] != "latest"
        and "arm64" not in row["tag"]
    ]
    newest = max(fitting, key=lambda row: (row["pushed_at"], row["tag"].startswith("v")))
    return Image(str(newest["tag"]), str(newest["digest"]))


def running(shared: SharedWorld, address: Address) -> str | None:
    """The digest that the service ships now."""
    release = observed(shared, address).primary_release
    return release.digest if release else None


def observed(shared: SharedWorld, address: Address) -> Observation:
    """The service in full, as the console reads it."""
    return shared.connections[address.place].platform.observe(address)


def finished(shared: SharedWorld, address: Address) -> None:
    """Nothing is under way any more; a bake may last a day."""
    shared.wait(30)
    for step_s, times in ((60, 60), (1800, 60)):
        for _ in range(times):
            if not _in_motion(shared, address):
                return
            shared.wait(step_s)
    raise AssertionError(f"{address} is under way for a day")


def _in_motion(shared: SharedWorld, address: Address) -> bool:
    platform = shared.connections[address.place].platform
    return platform.status(address).in_motion or len(platform.status(address).deployments) > 1


def paused(shared: SharedWorld, address: Address) -> None:
    """Until a deployment waits for somebody."""
    shared.wait_until(lambda: _hook(shared, address) is not None, 900, step_s=30)


def continued(shared: SharedWorld, address: Address) -> None:
    """A person lets a paused deployment go on; one that has no pause goes on by itself."""
    if not observed(shared, address).status.steps.pauses:
        return
    paused(shared, address)
    rollout, hook = observed(shared, address).rollout, _hook(shared, address)
    assert rollout is not None and hook is not None
    shared.sandbox.client("ecs", address.system).continue_service_deployment(
        serviceDeploymentArn=rollout.id, hookId=hook
    )


def _hook(shared: SharedWorld, address: Address) -> str | None:
    rollout = observed(shared, address).rollout
    return rollout.waiting.id if rollout is not None and rollout.waiting else None


def counts(shared: SharedWorld, address: Address) -> dict[str, object]:
    """How many tasks there are, and everything that autoscaling may do."""
    platform = shared.connections[address.place].platform
    status, scaling = platform.status(address), platform.scaling(address)
    found: dict[str, object] = {"desired": status.desired, "running": status.running}
    if scaling is not None:
        found |= {"limits": (scaling.minimum, scaling.maximum), "suspended": scaling.suspended}
    return found
