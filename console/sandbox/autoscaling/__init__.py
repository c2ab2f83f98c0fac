"""Application Auto Scaling for ECS services: targets, policies that act, and what they did."""

from console.sandbox.autoscaling.state import ScalingState

__all__ = ["ScalingState"]
