"""Gauges that are read from the database every few seconds, beside the work that they tell of.

A task of its own: what it tells must go on rising while the work itself hangs on a broker that is away.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from platformkit.logging import get_logger

_PAUSE = 5.0
# What takes long is asked less often: it takes at most so much of the time.
_SHARE, _LATEST = 0.01, 30.0
_wait = asyncio.sleep

log = get_logger()


@asynccontextmanager
async def measuring(measure: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Call `measure` again and again as long as the block lasts; what cannot be measured keeps its last value."""
    task = asyncio.create_task(_repeat(measure))
    try:
        yield
    finally:
        task.cancel()
        # What it uses may be closed after this.
        await asyncio.wait([task])


async def _repeat(measure: Callable[[], Awaitable[None]]) -> None:
    while True:
        begun = time.monotonic()
        try:
            await measure()
        except Exception as error:
            log.warning("not_measured", error=type(error).__qualname__)
        await _wait(min(max(_PAUSE, (time.monotonic() - begun) / _SHARE), _LATEST))
