"""Where an operation stands before it is planned: the service, its history, and who asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from console.config.settings import ServiceSettings, Settings
from console.diagnosis.judgement import AFTER_DELETION
from console.domain.action import Action
from console.domain.address import Address, Identity, Tier
from console.domain.operation import Basis, Mechanism, Plan, Verb
from console.domain.release import Release
from console.domain.rollout import Rollout
from console.domain.service import Observation
from console.domain.version import UNKNOWN_VERSION
from console.errors import RefusedError, RejectedError
from console.operations.differences import differences
from console.operations.safe import healthy_now
from console.ports import Clock, Platform


@dataclass(frozen=True)
class Bearings:
    """Everything that both verbs read first."""

    address: Address
    settings: ServiceSettings
    platform: Platform
    identity: Identity
    observation: Observation
    rollouts: tuple[Rollout, ...]
    """Newest first."""
    releases: Mapping[str, Release]

    @property
    def live(self) -> Release:
        """What the PRIMARY deployment ships.

        Raises:
            RejectedError: when it cannot be told; nothing can be planned without it.
        """
        release = self.observation.primary_release
        if release is None:
            controller = self.observation.status.controller
            if controller != "ECS":
                raise RejectedError(
                    f"{self.address}: its deployments are {controller}'s, and cannot be ordered from here",
                    "order it there; this console shows how it goes",
                )
            why = self.observation.missing.get("releases", "ECS shows no service revision for it")
            raise RejectedError(
                f"{self.address}: what runs there cannot be read: {why}",
                "allow ecs:DescribeServiceRevisions and ecs:DescribeTaskDefinition",
            )
        return release

    @property
    def in_flight(self) -> Rollout | None:
        """The rollout under way, if one is."""
        rollout = self.observation.rollout
        return rollout if rollout is not None and not rollout.status.is_over else None

    @property
    def basis(self) -> Basis:
        """What a plan made now rests on."""
        status = self.observation.status
        primary = status.primary
        if primary is None:
            raise RejectedError(f"{self.address}: the service has no PRIMARY deployment")
        return Basis(
            deployment=primary.id,
            definition=primary.definition,
            release=primary.release,
            rollout=status.rollout_id,
            in_flight=self.in_flight is not None,
        )


def take(address: Address, settings: ServiceSettings, platform: Platform) -> Bearings:
    """Read everything that a plan needs.

    Raises:
        QuarterdeckError: whatever the platform raises.
    """
    identity = platform.identity()
    observation = platform.observe(address)
    if observation.status.is_gone:
        raise RefusedError(f"{address}: {observation.status.gone}", AFTER_DELETION)
    rollouts = platform.history(address)
    ids = {name for rollout in rollouts for name in (rollout.target, rollout.left_serving) if name}
    ids |= {item.release for item in observation.status.deployments if item.release}
    releases = {**platform.releases(address, sorted(ids)), **observation.releases}
    return Bearings(address, settings, platform, identity, observation, rollouts, releases)


def confirmation(address: Address, tier: Tier, settings: Settings) -> str:
    """What has to be typed: ``environment/alias``, the whole address where another system has the
    same, nothing outside production."""
    if tier is not Tier.PRODUCTION:
        return ""
    namesakes = [item.address for item in settings.services() if item.address.short == address.short]
    return address.short if len(namesakes) == 1 else str(address)


def outline(
    bearings: Bearings,
    verb: Verb,
    mechanism: Mechanism,
    source: Release,
    target: Release,
    effect: str,
    settings: Settings,
    clock: Clock,
) -> Plan:
    """What every plan says alike: where, from what to what, by which call, and how it is confirmed."""
    environment, status = bearings.platform.environment, bearings.observation.status
    return Plan(
        verb=verb,
        address=bearings.address,
        tier=environment.tier,
        account=bearings.identity.account,
        region=environment.region,
        cluster=status.cluster,
        service=status.name,
        mechanism=mechanism,
        basis=bearings.basis,
        source=source,
        target=target,
        effect=effect,
        made_at=clock.now(),
        confirm=confirmation(bearings.address, environment.tier, settings),
        differences=differences(source, target),
        healthy=healthy_now(bearings.observation, bearings.settings.no_check_healthy_after),
    )


def in_place(
    bearings: Bearings,
    verb: Verb,
    effect: str,
    actions: Sequence[Action],
    settings: Settings,
    clock: Clock,
    before: Mapping[str, object] | None = None,
) -> Plan:
    """A plan that ships nothing: the same release before and after, changed by actions.

    What runs need not be readable for it: an outage is not kept from ending by an unreadable revision.
    """
    live = bearings.observation.primary_release or _unread(bearings)
    plan = outline(bearings, verb, Mechanism.ACTIONS, live, live, effect, settings, clock)
    return replace(plan, actions=tuple(actions), before=before or {})


def _unread(bearings: Bearings) -> Release:
    """What stands for a release that cannot be read."""
    return Release(
        id=bearings.basis.release,
        definition=bearings.basis.definition,
        images=(),
        main="",
        version=UNKNOWN_VERSION,
        configuration="",
    )
