"""Numbers, ages and times as people read them; one spelling for every front end."""

from datetime import UTC, datetime, timedelta

NOTHING = "–"
NODATA = "NODATA"


def utc(moment: datetime) -> str:
    """RFC 3339 with ``Z`` and milliseconds: the form of every time in JSON."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_utc(text: str) -> datetime:
    """The moment that :func:`utc` wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch: the form of every time inside the journal."""
    return round(moment.timestamp() * 1000)


def from_milliseconds(value: int) -> datetime:
    """The moment, aware and in UTC, of a number of milliseconds since the epoch."""
    return datetime.fromtimestamp(value / 1000, UTC)


def age(seconds: float, *, narrow: bool = False) -> str:
    """One unit: ``8 s``, ``6 min``, ``4 h``, ``9 d``, ``6 w``; narrow ``6m``."""
    whole = max(0, int(seconds))
    for size, unit, short in (
        (7 * 86400 * 2, "w", "w"),
        (86400, "d", "d"),
        (3600, "h", "h"),
        (60, "min", "m"),
        (1, "s", "s"),
    ):
        if whole >= size or size == 1:
            count = whole // (7 * 86400 if unit == "w" else size)
            return f"{count}{short}" if narrow else f"{count} {unit}"
    raise AssertionError("unreachable")


def clock(seconds: float) -> str:
    """A duration: ``m:ss``, from one hour on ``h:mm:ss``."""
    whole = max(0, int(seconds))
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
    return f"{whole // 60}:{whole % 60:02}"


def time_of_day(moment: datetime) -> str:
    """``03:12:47`` in UTC."""
    return moment.astimezone(UTC).strftime("%H:%M:%S")


def day(moment: datetime, today: datetime) -> str:
    """``11-20``, with the year when it is not this one."""
    form = "%m-%d" if moment.astimezone(UTC).year == today.astimezone(UTC).year else "%Y-%m-%d"
    return moment.astimezone(UTC).strftime(form)


def percent(share: float) -> str:
    """A share from 0 to 1: ``8.4 %``, ``12 %``; never ``0.0 %`` when there was something."""
    value = share * 100
    if 0 < value < 0.1:
        return "< 0.1 %"
    return f"{value:.1f} %" if value < 10 else f"{value:.0f} %"


def latency(seconds: float) -> str:
    """``184 ms``, from one second on ``1.9 s``."""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


def megabytes(count: int) -> str:
    """``512 MB``, ``1,024 MB``; above 9,999 in GB."""
    return f"{count:,} MB" if count <= 9999 else f"{count / 1024:.1f} GB"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 task``, ``3 tasks``, ``1,024 lines``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def account_number(account: str) -> str:
    """``4823-1960-7715``."""
    return "-".join((account[:4], account[4:8], account[8:])) if len(account) == 12 else account


def duration(text: str) -> timedelta:
    """The duration that a setting names: ``90s``, ``2.5s``, ``30m``, ``1h``, ``1d``.

    Raises:
        ValueError: when it is not of that form.
    """
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = text.strip()[:-1], text.strip()[-1:]
    if unit not in units:
        raise ValueError(f"{text!r} is not a duration such as 90s, 30m or 1h")
    return timedelta(seconds=float(number) * units[unit])
