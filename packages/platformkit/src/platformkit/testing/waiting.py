"""Tests wait for what must happen; they never sleep for as long as it probably takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

T = TypeVar("T")
SECONDS = 20.0


def eventually(probe: Callable[[], T | None], what: str = "it", seconds: float = SECONDS, every: float = 0.05) -> T:
    """What `probe` says once that is true; asked each `every` seconds.

    Raises:
        AssertionError: it was not within `seconds`; says what was waited for.
    """
    for _ in _turns(what, seconds):
        if said := probe():
            return said
        time.sleep(every)
    raise AssertionError(what)


async def eventually_async(
    probe: Callable[[], Awaitable[T | None]], what: str = "it", seconds: float = SECONDS, every: float = 0.02
) -> T:
    """As `eventually`, inside an event loop."""
    for _ in _turns(what, seconds):
        if said := await probe():
            return said
        await asyncio.sleep(every)
    raise AssertionError(what)


def _turns(what: str, seconds: float) -> Iterator[None]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield
    # Once more: the machine may have been busy with something else all that time.
    yield
    raise AssertionError(f"not seen within {seconds:.0f} s: {what}")
