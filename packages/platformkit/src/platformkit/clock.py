"""The one injected clock (D7). Technical time (tokens, TLS, Kafka, leases of the relay) does not come from here."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class Clock(Protocol):
    """Tells the domain's time."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        ...


def today(clock: Clock) -> date:
    """The calendar day in the Netherlands (D7)."""
    return clock.now().astimezone(AMSTERDAM).date()


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """The machine's clock plus the number of seconds in a file, so that a person or a test can move the date.

    The file is read on every call: moving the clock works in all running processes at once. Settings refuse this clock
    outside the profiles `lokaal` and `test`.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        try:
            offset = float(self._file.read_text(encoding="ascii") or 0)
        except FileNotFoundError:
            offset = 0.0
        return datetime.now(UTC) + timedelta(seconds=offset)


class FixedClock:
    """A clock for tests that stands still until it is moved."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def forward(self, by: timedelta) -> None:
        """Move the clock."""
        self.moment += by
