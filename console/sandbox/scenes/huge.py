"""A fleet of 1,000 services and 5,000 tasks: nobody's, made for measuring what size costs."""

from typing import Any

NAME = "huge"
ENVIRONMENTS = 5
"""One cluster each; the first is production."""
SERVICES = 200
"""Of each environment."""
TASKS = 5
"""Of each service; every other one is behind a load balancer, which checks them."""
_REPOSITORIES = 20
_TRAFFIC = {
    "per_minute": 10,
    "median_ms": 60,
    "peak_hour": 20,
    "routes": [{"what": "GET /", "share": 1.0}],
    "logs": "plain",
}
"""Of each service: all of them together are asked ten thousand times a minute, one by one worked out."""
_VERSIONS = (("v1.0.0", "healthy", "40d"), ("v1.1.0", "healthy", "9d"), ("v1.2.0", "error-spike", "2h"))


def fleet() -> dict[str, Any]:
    """The fleet, as a fleet's file would describe it."""
    return {
        "system": NAME,
        "account": "999000111222",
        "region": "us-east-1",
        "zones": ["us-east-1a", "us-east-1b", "us-east-1c"],
        "repositories": [_repository(number) for number in range(_REPOSITORIES)],
        "environments": {name: _environment(name) for name in _names()},
    }


def _names() -> list[str]:
    return ["production", *(f"staging-{number}" for number in range(1, ENVIRONMENTS))]


def _repository(number: int) -> dict[str, Any]:
    images = [{"tags": [tag], "age": age, "behaviour": does} for tag, does, age in _VERSIONS]
    images[1]["tags"] = [_VERSIONS[1][0], "latest"]
    return {"name": f"huge-{number:02}", "images": images}


def _environment(name: str) -> dict[str, Any]:
    tier = "production" if name == "production" else "staging"
    services = {f"s{number:03}": _service(name, number) for number in range(SERVICES)}
    return {"tier": tier, "cluster": f"huge-{name}", "services": services}


def _balancer(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "path": "/health",
        "interval_s": 30,
        "timeout_s": 5,
        "healthy": 2,
        "unhealthy": 3,
        "matcher": "200",
        "deregistration_delay_s": 60,
    }


def _service(environment: str, number: int) -> dict[str, Any]:
    name = f"{environment}-s{number:03}"
    behind = {"balancer": _balancer(name)} if number % 2 == 0 else {}
    return behind | {
        "name": name,
        "repository": f"huge-{number % _REPOSITORIES:02}",
        "desired": TASKS,
        "age": "90d",
        "definitions": [{"age": "90d"}],
        "traffic": _TRAFFIC,
        "history": [
            {"version": "v1.0.0", "age": f"{30 + number % 9}d", "took": "5m"},
            {"version": "v1.1.0", "age": f"{1 + number % 8}d", "took": "5m"},
        ],
        "task": {
            "family": name,
            "cpu": 256,
            "memory": 512,
            "container": "app",
            "log_group": f"/ecs/{name}",
            "log_prefix": "app",
            "secrets": ["DATABASE_URL"],
        },
        "deployment": {"minimum": 100, "maximum": 200},
    }
