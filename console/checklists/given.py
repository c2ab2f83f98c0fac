"""What an item gives its check: read strictly, so that a wrong word is a clear line and no traceback."""

from collections.abc import Mapping
from datetime import timedelta

from console.domain.words import duration
from console.errors import QuarterdeckError


class GivenError(QuarterdeckError):
    """A parameter of an item cannot be used."""

    title = "checklist"


class Given:
    """The parameters of one item, with their variables in place."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def text(self, name: str, default: str = "") -> str:
        """A text; a number is taken as it is written."""
        value = self._values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise GivenError(f"{name} is not a text", "put it in quotes")
        return str(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; one text is a list of one."""
        value = self._values.get(name, ())
        parts = value if isinstance(value, list | tuple) else (value,)
        if not all(isinstance(part, str) and part for part in parts):
            raise GivenError(f"{name} is not a list of texts", "put each in quotes")
        return tuple(str(part) for part in parts)

    def number(self, name: str, default: float) -> float:
        """A number; ``0.1 %`` is one of a hundred parts as it stands: 0.1."""
        value = self._values.get(name, default)
        if isinstance(value, str):
            try:
                value = float(value.strip().removesuffix("%").strip())
            except ValueError:
                raise GivenError(f"{name} is {value!r}, not a number") from None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise GivenError(f"{name} is not a number")
        return float(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise GivenError(f"{name} is not true or false")
        return value

    def length(self, name: str, default: timedelta) -> timedelta:
        """A length of time: ``90s``, ``30m``, ``24h``, ``1d``."""
        value = self._values.get(name)
        if value is None:
            return default
        try:
            return duration(str(value))
        except (ValueError, OverflowError):
            raise GivenError(f"{name} is {value!r}, not a duration", "write 90s, 30m, 1h or 1d") from None
