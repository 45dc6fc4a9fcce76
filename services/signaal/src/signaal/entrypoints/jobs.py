"""What happens by the hour: expired signals end."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from platformkit.runtime import Component, every


def verlopen(laat_verlopen: Callable[[], Awaitable[int]], interval: timedelta) -> Component:
    """The sweep of expired signals; `interval` is its pause when nothing expired."""
    return every("signalen_verlopen", interval, laat_verlopen)
