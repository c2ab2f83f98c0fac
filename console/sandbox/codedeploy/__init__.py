"""CodeDeploy, for blue/green deployments of ECS services whose controller is ``CODE_DEPLOY``."""

from console.sandbox.codedeploy.model import CodeDeployState, Group
from console.sandbox.codedeploy.stock import hand_over

__all__ = ["CodeDeployState", "Group", "hand_over"]
