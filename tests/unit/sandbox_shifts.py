"""A sandbox world whose one service shifts traffic between two target groups."""

from typing import Any

from console.sandbox.elb import add_listener, add_rule, add_target_group
from console.sandbox.elb.weights import shares_at
from tests.unit.sandbox_world import Stage

ROLE = "arn:aws:iam::111122223333:role/ecs-load-balancers"
HOOKED = "arn:aws:lambda:us-east-1:111122223333:function:smoke"


class ShiftStage(Stage):
    """The service ``api`` behind a production and a test rule, under a strategy that shifts traffic.

    Attributes:
        blue: The target group that is live at first.
        green: The other one.
    """

    def __init__(
        self,
        strategy: str = "BLUE_GREEN",
        bake: int = 1,
        settings: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.blue = self.group
        self.green = add_target_group(self.account, "api-green", 3000, self.group.check, 30)
        listener = next(iter(self.account.elb.listeners.values()))
        balancer = self.account.elb.load_balancers[listener.load_balancer]
        condition: list[dict[str, object]] = [{"Field": "path-pattern", "Values": ["/*"]}]
        self.rule = add_rule(self.account, listener, self.blue, 10, condition)
        tests = add_listener(self.account, balancer, self.blue, 8443)
        self.test_rule = tests.rules[0]
        advanced = {
            "alternateTargetGroupArn": self.green.arn,
            "productionListenerRule": self.rule.arn,
            "testListenerRule": self.test_rule.arn,
            "roleArn": ROLE,
        }
        if self.load_balancers:
            self.load_balancers[0]["advancedConfiguration"] = advanced
            self.service.load_balancers = list(self.load_balancers)
        self.configure(strategy=strategy, bakeTimeInMinutes=bake, **(settings or {}))

    def configure(self, **settings: Any) -> dict[str, Any]:
        """Change the deployment configuration; that starts no deployment."""
        return self.update(deploymentConfiguration=settings)

    def until_stage(self, stage: str, limit: float = 7200.0) -> None:
        """Let time pass until the newest service deployment is in that stage."""
        begin = self.hand.at
        while self.rollout().get("lifecycleStage") != stage:
            self.wait(1)
            assert self.hand.at - begin < limit, (stage, self.rollout())

    def share(self) -> float:
        """Percent of the production traffic that the green group gets now."""
        return round(100 * shares_at(self.rule, self.hand.at).get(self.green.arn, 0.0), 1)

    def story(self, limit: float = 3 * 3600.0, step: float = 1.0) -> list[tuple[str, float]]:
        """Every (stage, share of the new revision) until the newest service deployment is over."""
        seen: list[tuple[str, float]] = []
        begin = self.hand.at
        while True:
            shown = self.rollout()
            at = (
                shown.get("lifecycleStage", ""),
                shown["targetServiceRevision"]["requestedProductionTrafficWeight"],
            )
            if at[0] and (not seen or seen[-1] != at):
                seen.append(at)
            if self.service.rollout and self.service.rollout.is_over:
                return seen
            assert self.hand.at - begin < limit, shown
            self.wait(step, step)
