"""Which target groups requests reach now: the weights on the load balancer's live rules."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from console.aws.calls import Answer, Calls

RULES = 20
"""Rules that we ask for in one DescribeRules."""


class Routes:
    """Reads the weights of the rules that lead to a service; keeps nothing but where to look."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._listeners: dict[str, tuple[str, ...]] = {}

    def weights(self, raw: Mapping[str, Any], groups: Sequence[str]) -> dict[str, float]:
        """Per cent of requests by target group, for the groups of a service that two are shifted between.

        Args:
            raw: The service as DescribeServices gives it.
            groups: Its target groups, both of blue and green.

        Returns:
            Empty for a service with one group: there is nothing to shift. A group that no live rule
            names has 0.
        """
        if len(groups) < 2:
            return {}
        named = [
            str(rule)
            for item in raw.get("loadBalancers") or ()
            if (rule := (item.get("advancedConfiguration") or {}).get("productionListenerRule"))
        ]
        rules = self._rules(named) if named else self._rules_leading_to(groups)
        return _shares(rules, groups)

    def _rules(self, arns: Sequence[str]) -> list[Answer]:
        """Those rules. ECS names a listener's default rule by a rule's ARN too."""
        answer = self._calls.read("elbv2", "DescribeRules", RuleArns=list(arns)[:RULES])
        return list(answer.get("Rules", ()))

    def _rules_leading_to(self, groups: Sequence[str]) -> list[Answer]:
        """The rules of the listeners on which the groups are, for deployments that ECS does not shift
        itself: CodeDeploy's."""
        key = "|".join(sorted(groups))
        if key not in self._listeners:
            described = self._calls.read("elbv2", "DescribeTargetGroups", TargetGroupArns=list(groups))
            balancers = {
                arn for item in described.get("TargetGroups", ()) for arn in item.get("LoadBalancerArns", ())
            }
            self._listeners[key] = tuple(
                str(item["ListenerArn"])
                for balancer in sorted(balancers)
                for item in self._calls.read("elbv2", "DescribeListeners", LoadBalancerArn=balancer).get(
                    "Listeners", ()
                )
            )
        return [
            rule
            for listener in self._listeners[key]
            for rule in self._calls.read("elbv2", "DescribeRules", ListenerArn=listener).get("Rules", ())
        ]


def _shares(rules: Iterable[Answer], groups: Sequence[str]) -> dict[str, float]:
    """The largest share that any rule gives a group: whoever gets 1 % somewhere may get a request."""
    shares = dict.fromkeys(groups, 0.0)
    for rule in rules:
        for action in rule.get("Actions", ()):
            for group, share in forwarded(action).items():
                if group in shares:
                    shares[group] = max(shares[group], share)
    return shares


def forwarded(action: Mapping[str, Any]) -> dict[str, float]:
    """Target group -> per cent of what a rule's action sends there; empty for one that forwards nothing."""
    weighted = (action.get("ForwardConfig") or {}).get("TargetGroups") or ()
    total = sum(float(item.get("Weight") or 0) for item in weighted)
    if total:
        return {str(i["TargetGroupArn"]): 100 * float(i.get("Weight") or 0) / total for i in weighted}
    if action.get("TargetGroupArn"):
        return {str(action["TargetGroupArn"]): 100.0}
    return {}
