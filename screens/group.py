"""Several services under way together: one clock, and each member's operation one key away."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.widget import Widget

from console.domain import words
from console.domain.address import Address
from console.domain.operation import Verb
from console.domain.wish import Wish
from screens.base import ConsoleScreen
from screens.messages import OperationOpened, OperationWished, QuestionAnswered
from screens.operation import picture_of, way_back_makes_sense
from screens.present import present_of
from screens.running import RunningOperation
from screens.running_group import RunningGroup
from widgets.glyphs import ASCII
from widgets.group_view import GroupPicture, GroupView, MemberPicture
from widgets.operation_picture import Present, state_words


class GroupScreen(ConsoleScreen):
    """Draws the group that it is told of. Leaving it stops nothing."""

    KEY_ORDER = (
        "group.open",
        "operation.move_on",
        "operation.refuse",
        "group.back",
        "operation.rollback",
        "app.logs",
        "group.copy",
        "app.journal",
        "app.keys",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "leave, it goes on", id="group.back", tooltip="Leave; it goes on"),
        Binding("enter", "open", "open the member", id="group.open", tooltip="The member's own operation"),
        Binding("j,down", "move(1)", "down", id="group.down", show=False, tooltip="Next member"),
        Binding("k,up", "move(-1)", "up", id="group.up", show=False, tooltip="Member before"),
        Binding("y", "copy", "copy summary", id="group.copy", tooltip="Copy a summary to paste"),
        Binding("R", "rollback", "plan its way back", id="operation.rollback", tooltip="Plan a rollback"),
        Binding("M", "move_on", "move on", id="operation.move_on", tooltip="It is so: go on"),
        Binding("N", "refuse", "no", id="operation.refuse", tooltip="It is not so: end the operation here"),
    ]

    group: reactive[RunningGroup | None] = reactive(None)
    selected: reactive[int] = reactive(0)

    def __init__(self, group: RunningGroup) -> None:
        super().__init__()
        self.set_reactive(GroupScreen.group, group)

    def body(self) -> Iterable[Widget]:
        yield GroupView()

    @property
    def member(self) -> RunningOperation | None:
        """The member under the cursor."""
        if self.group is None:
            return None
        plans = self.group.plan.members
        return self.group.members[plans[min(self.selected, len(plans) - 1)].address]

    @property
    def pointed_at(self) -> Address | None:
        return self.member.address if self.member is not None else None

    @property
    def presents(self) -> dict[Address, Present | None]:
        """How the services of the members that have ended are now."""
        if self.group is None or self.now is None:
            return {}
        members = self.group.members.items()
        return {key: present_of(item, self.snapshot, self.unsafe, self.now) for key, item in members}

    def watch_group(self) -> None:
        self.update_frame()

    def watch_selected(self) -> None:
        self.update_frame()

    def picture_changed(self) -> None:
        if self.group is not None and self.now is not None:
            self.query_one(GroupView).shown = picture_of_group(
                self.group, self.now, self.selected, self.presents
            )
        self.refresh_bindings()

    def key_labels(self) -> Mapping[str, str]:
        over = self.group is not None and self.group.over
        return {"group.back": "leave" if over else "leave, it goes on"}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        member = self.member
        if action == "open":
            return bool(member and member.events)
        if action == "rollback":
            return bool(member and member.events and way_back_makes_sense(member))
        if action == "refuse":
            return bool(member and member.question)
        if action == "move_on":
            return bool(member and (member.question or member.pause))
        return True

    def action_back(self) -> None:
        self.dismiss()

    def action_move(self, step: int) -> None:
        if self.group is not None:
            self.selected = max(0, min(len(self.group.plan.members) - 1, self.selected + step))

    def action_open(self) -> None:
        if self.member is not None:
            self.app.post_message(OperationOpened(self.member.token))

    def action_rollback(self) -> None:
        if self.member is not None:
            self.app.post_message(OperationWished(Wish(Verb.ROLLBACK, self.member.address)))

    def action_move_on(self) -> None:
        """Say yes to what the member asks, or plan to continue its deployment that is paused."""
        member = self.member
        if member is not None and member.question:
            self.app.post_message(QuestionAnswered(member.id, yes=True))
        elif member is not None and member.pause:
            self.app.post_message(OperationWished(Wish(Verb.CONTINUE, member.address)))

    def action_refuse(self) -> None:
        if self.member is not None and self.member.question:
            self.app.post_message(QuestionAnswered(self.member.id, yes=False))

    def action_copy(self) -> None:
        if self.group is not None and self.now is not None:
            self.app.copy_to_clipboard(summary_of_group(self.group, self.now, self.presents))
            self.say("summary copied")


def picture_of_group(
    group: RunningGroup,
    now: datetime,
    selected: int = 0,
    presents: Mapping[Address, Present | None] | None = None,
) -> GroupPicture:
    """What is known of a group, as its view draws it.

    Args:
        presents: How the services of the members that have ended are now.
    """
    now_of = presents or {}
    waited_s = max((member.waited(now) for member in group.members.values()), default=0.0)
    return GroupPicture(
        verb=group.verb,
        system=group.address.system,
        environment=group.address.environment,
        name=group.address.name,
        waves=tuple(
            tuple(_member(group.members[plan.address], now, now_of.get(plan.address)) for plan in wave)
            for wave in group.plan.waves
        ),
        elapsed_s=((group.ended_at or now) - group.started_at).total_seconds(),
        wave=group.wave,
        estimate_s=group.plan.safe_s + waited_s if group.plan.safe_s is not None else None,
        safe_s=group.safe_s,
        safe_at=group.started_at + timedelta(seconds=group.safe_s) if group.safe_s is not None else None,
        verdict=group.verdict,
        reason=group.reason,
        error=str(group.error) if group.error and group.verdict is None else "",
        selected=selected,
    )


def _member(operation: RunningOperation, now: datetime, present: Present | None) -> MemberPicture:
    return MemberPicture(picture_of(operation, now, present=present), begun=bool(operation.events))


def summary_of_group(
    group: RunningGroup, now: datetime, presents: Mapping[Address, Present | None] | None = None
) -> str:
    """The group in a few lines that can be pasted into a chat."""
    now_of = presents or {}
    state = group.verdict.words if group.verdict else "under way"
    lines = [f"{group.verb.value} of {group.address}: {state}", f"confirmed {words.utc(group.started_at)}"]
    for number, wave in enumerate(group.plan.waves, 1):
        for plan in wave:
            shown = picture_of(group.members[plan.address], now, present=now_of.get(plan.address))
            begun = bool(group.members[plan.address].events)
            said = state_words(shown, ASCII)[1] if begun else "not begun"
            lines.append(f"wave {number}  {plan.address.alias}  {plan.target.version}  {said}")
    return "\n".join([*lines, group.reason] if group.reason else lines)
