"""What a service does by itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from platformkit.health import Heartbeat
from platformkit.logging import get_logger
from platformkit.retry import Patience

Job = Callable[[asyncio.Event, Heartbeat], Awaitable[None]]
"""Works until the event is set, and beats meanwhile. One that ends sooner, for whatever reason, ends its process."""

_BEAT = 5.0
log = get_logger()


class EndedError(Exception):
    """A job ended though nobody asked it to."""


async def to_the_end(job: Job, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
    """Do `job` until `stop`.

    Raises:
        EndedError: it ended sooner.
    """
    await job(stop, heartbeat)
    if not stop.is_set():
        raise EndedError


def every(name: str, interval: timedelta, work: Callable[[], Awaitable[int]]) -> Job:
    """Do `work` again and again, at once when it did something; what passes is waited out, only a mistake of ours ends it."""

    async def repeat(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        heartbeat.expect(name)
        patience = Patience()
        while not stop.is_set():
            heartbeat.beat(name)
            try:
                done = await work()
            except Exception as error:
                pause = patience.after(error)
                log.warning("job_waits", job=name, error=type(error).__qualname__)
                await wait(stop, pause)
                continue
            patience.over()
            if not done:
                await _rest(stop, interval, lambda: heartbeat.beat(name))

    return repeat


async def together(jobs: tuple[Job, ...], stop: asyncio.Event, heartbeat: Heartbeat) -> None:
    """Several jobs at once: when one fails or ends too soon, the others are cancelled."""
    async with asyncio.TaskGroup() as tasks:
        for job in jobs:
            tasks.create_task(to_the_end(job, stop, heartbeat))


async def wait(stop: asyncio.Event, seconds: float) -> None:
    """Wait so many seconds, or until `stop`."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _rest(stop: asyncio.Event, interval: timedelta, beat: Callable[[], None]) -> None:
    """Wait for the next turn and go on beating: who has nothing to do for longer than a beat lasts is not stuck."""
    until = time.monotonic() + interval.total_seconds()
    while not stop.is_set() and (left := until - time.monotonic()) > 0:
        beat()
        await wait(stop, min(left, _BEAT))
