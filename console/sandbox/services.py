"""Every module with handlers: importing this one fills the registry."""

from importlib import import_module
from importlib.util import find_spec

for _name in ("sts", "ecr", "elb", "elb.ops", "elb.handlers", "logs", "cloudwatch", "ecs.ops"):
    _top = f"console.sandbox.{_name.split('.')[0]}"
    if find_spec(_top) and find_spec(f"console.sandbox.{_name}"):
        import_module(f"console.sandbox.{_name}")
