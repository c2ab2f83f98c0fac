"""One AWS account and Region of the sandbox: the state of its services, side by side."""

from console.sandbox.alarms import AlarmState
from console.sandbox.autoscaling import ScalingState
from console.sandbox.codedeploy.model import CodeDeployState
from console.sandbox.conditions import Conditions
from console.sandbox.ecr import EcrState
from console.sandbox.ecs.model import EcsState
from console.sandbox.elb import ElbState
from console.sandbox.kernel import World
from console.sandbox.logs import LogState
from console.sandbox.queues import QueueState
from console.sandbox.quotas import QuotaState
from console.sandbox.rds.model import RdsState
from console.sandbox.secrets import SecretState
from console.sandbox.ssm import ParameterState
from console.sandbox.stress import Stress
from console.sandbox.trail import TrailState


class Account:
    """Chosen by the access key of a request; sees nothing of the other accounts."""

    def __init__(self, world: World, id: str, access_key: str, region: str, name: str) -> None:
        self.world = world
        self.id = id
        self.access_key = access_key
        self.region = region
        self.name = name
        self.allowed: tuple[str, ...] = ("*",)
        """Patterns of the actions that the caller's policies allow."""
        self.conditions = Conditions(self)
        self.ecs = EcsState()
        self.elb = ElbState()
        self.ecr = EcrState(self)
        self.logs = LogState(self)
        self.codedeploy = CodeDeployState(self)
        self.rds = RdsState(self)
        self.secrets = SecretState(self)
        self.parameters = ParameterState(self)
        self.queues = QueueState(self)
        self.alarms = AlarmState(self)
        self.quotas = QuotaState(self)
        self.trail = TrailState(self)
        self.scaling = ScalingState(self)
        self.stress = Stress()
        self.troubles: dict[str, str] = {}
        """Supplier beside AWS -> how it fails now."""

    def arn(self, service: str, resource: str) -> str:
        """``arn:aws:<service>:<region>:<account>:<resource>``."""
        return f"arn:aws:{service}:{self.region}:{self.id}:{resource}"
