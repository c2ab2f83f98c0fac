"""Hours of the day, or of one day of the week, that come again: a database's backup and maintenance."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAILY = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_WEEKLY = re.compile(r"([a-z]{3})[ :](\d\d):(\d\d)-(?:([a-z]{3})[ :])?(\d\d):(\d\d)")
_DAY_MIN, _WEEK_MIN = 24 * 60, 7 * 24 * 60


@dataclass(frozen=True)
class Window:
    """From and to, in minutes of the UTC day, or of the UTC week that begins on Monday."""

    begins: int
    ends: int
    weekly: bool = False

    def __str__(self) -> str:
        """``03:00-04:00``, ``Sun 04:00-05:00``."""
        return f"{self._said(self.begins)}-{self._said(self.ends).rsplit(' ', 1)[-1]}"

    def _said(self, minute: int) -> str:
        day, rest = divmod(minute, _DAY_MIN)
        clock = f"{rest // 60:02}:{rest % 60:02}"
        return f"{_DAYS[day].capitalize()} {clock}" if self.weekly else clock

    def left(self, now: datetime) -> timedelta:
        """Until it begins; nothing while it lasts."""
        whole = _WEEK_MIN if self.weekly else _DAY_MIN
        minute = now.hour * 60 + now.minute + (now.weekday() * _DAY_MIN if self.weekly else 0)
        if (minute - self.begins) % whole < (self.ends - self.begins) % whole:
            return timedelta()
        return timedelta(minutes=(self.begins - minute) % whole) - timedelta(seconds=now.second)


def window(text: str) -> Window:
    """Read ``03:00-04:00`` or ``Sun 04:00-05:00``, as RDS writes it too (``sun:04:00-sun:05:00``); UTC.

    Raises:
        ValueError: when it is neither.
    """
    lower = text.strip().lower()
    if match := _DAILY.fullmatch(lower):
        first = _minute(match[1], match[2])
        return Window(first, _minute(match[3], match[4]))
    match = _WEEKLY.fullmatch(lower)
    if match is None or match[1] not in _DAYS or (match[4] or match[1]) not in _DAYS:
        raise ValueError(f"{text!r} is not a window")
    first, last = _minute(match[2], match[3]), _minute(match[5], match[6])
    begins = _DAYS.index(match[1]) * _DAY_MIN + first
    day = _DAYS.index(match[4] or match[1]) + (match[4] is None and last <= first)
    return Window(begins, (day * _DAY_MIN + last) % _WEEK_MIN, weekly=True)


def _minute(hours: str, minutes: str) -> int:
    if int(hours) > 24 or int(minutes) > 59:
        raise ValueError(f"there is no {hours}:{minutes}")
    return (int(hours) * 60 + int(minutes)) % _DAY_MIN
