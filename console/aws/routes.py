"""Which target groups requests reach now: the weights on the load balancer's live rules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from console.aws.calls import Answer
from console.aws.listener_rules import ListenerRules
from console.aws.targets import TargetGroups
from console.errors import RejectedError

FRESH_S = 4.0
"""How old the rules may be where nothing is being shifted: less than two reads are apart that prove *safe*,
so that each of them has rules of its own."""
_WITH_RULES = (":loadbalancer/app/", ":loadbalancer/net/")
_PATTERNS = {"path-pattern": ("*", "/*"), "host-header": ("*",)}
"""Field of a condition -> what every request matches."""
_ANY_OF = frozenset({"path-pattern", "host-header", "http-request-method", "source-ip"})
"""Fields of which one of the values must match."""
_LAST = 1_000_000
"""After every priority that a rule may have."""


class Routes:
    """Reads the weights of the rules that lead to a service."""

    def __init__(self, groups: TargetGroups, rules: ListenerRules) -> None:
        self._groups = groups
        self._rules = rules

    def weights(
        self,
        raw: Mapping[str, Any],
        groups: Sequence[str],
        *,
        shifting: bool = False,
        test_listeners: AbstractSet[str] = frozenset(),
    ) -> dict[str, float]:
        """Per cent of requests by target group: of the service's own, and of others that a rule which names
        one of its own leads to.

        Args:
            raw: The service as DescribeServices gives it.
            groups: Its target groups, both of blue and green.
            shifting: Whether weights may change at any moment: then they are read now.
            test_listeners: Listeners whose requests are tests.

        Returns:
            Empty for a service without target groups. A group that no live rule names has 0.

        Raises:
            QuarterdeckError: when the rules cannot be read.
        """
        if not groups:
            return {}
        within_s = 0.0 if shifting and len(groups) > 1 else FRESH_S
        named = [
            str(rule)
            for item in raw.get("loadBalancers") or ()
            if (rule := (item.get("advancedConfiguration") or {}).get("productionListenerRule"))
        ]
        if named:
            return _shares(self._rules.named(named, within_s), groups)
        shares = _shares(self._leading(groups, within_s, test_listeners), groups)
        if any(shares.values()) or not self._groups.moved(groups):
            return shares
        return _shares(self._leading(groups, 0.0, test_listeners), groups)

    def _leading(
        self, groups: Sequence[str], within_s: float, test_listeners: AbstractSet[str]
    ) -> Iterator[Answer]:
        """The rules by which a request is served, of every load balancer that the groups are behind."""
        behind = self._groups.balancers(groups).values()
        for balancer in sorted({arn for found in behind for arn in found}):
            if not any(kind in balancer for kind in _WITH_RULES):
                continue
            listeners = self._rules.of(balancer, within_s)
            if not listeners:  # its groups are said to be in use, so there must be one
                name = balancer.split(":loadbalancer/")[-1].split("/")[1]
                raise RejectedError(f"load balancer {name} shows no listeners")
            for listener, rules in listeners.items():
                if listener not in test_listeners:
                    yield from effective(rules)


def effective(rules: Iterable[Answer]) -> list[Answer]:
    """The rules of one listener that a request can get to: one behind another that takes everything that
    it would match gets none."""
    ordered = sorted(rules, key=_priority)
    return [
        rule
        for number, rule in enumerate(ordered)
        if not any(_covers(earlier, rule) for earlier in ordered[:number])
    ]


def _priority(rule: Answer) -> int:
    number = str(rule.get("Priority") or "")
    return int(number) if number.isdigit() else _LAST


def _covers(earlier: Answer, later: Answer) -> bool:
    """Whether every request that the later rule matches is matched by the earlier one."""
    conditions = earlier.get("Conditions") or ()
    return bool(conditions) and all(
        _matches_all(one) or any(_within(other, one) for other in later.get("Conditions") or ())
        for one in conditions
    )


def _matches_all(condition: Answer) -> bool:
    catching = _PATTERNS.get(str(condition.get("Field")), ())
    return any(value in catching for value in _values(condition))


def _within(narrow: Answer, wide: Answer) -> bool:
    field = narrow.get("Field")
    if field != wide.get("Field"):
        return False
    values = _values(narrow)
    return narrow == wide or (field in _ANY_OF and bool(values) and values <= _values(wide))


def _values(condition: Answer) -> frozenset[str]:
    """The values of a condition, which AWS gives in one of two places (API reference, RuleCondition);
    none of one that is a regular expression."""
    configured = [item for key, item in condition.items() if key.endswith("Config")]
    if any(item.get("RegexValues") for item in configured) or condition.get("RegexValues"):
        return frozenset()
    lists = [condition.get("Values") or (), *(item.get("Values") or () for item in configured)]
    return frozenset(str(value) for values in lists for value in values if isinstance(value, str))


def _shares(rules: Iterable[Answer], groups: Sequence[str]) -> dict[str, float]:
    """The largest share that any rule gives a group: whoever gets 1 % somewhere may get a request. Of the
    groups of others only those count that a rule leads to which names one of these."""
    shares = dict.fromkeys(groups, 0.0)
    for rule in rules:
        sent = {
            group: share for action in rule.get("Actions", ()) for group, share in forwarded(action).items()
        }
        if not any(group in sent for group in groups):
            continue
        for group, share in sent.items():
            shares[group] = max(shares.get(group, 0.0), share)
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
