"""What happens by the hour: expired signals end, old technical rows go."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from platformkit.health import Heartbeat
from platformkit.runtime import Component, every

_OPRUIMEN: Final = timedelta(minutes=10)
Job = Callable[[], Awaitable[int]]


async def run(
    stop: asyncio.Event, heartbeat: Heartbeat, *, laat_verlopen: Job, ruim_op: Job, interval: timedelta
) -> None:
    """Both jobs until `stop`; `interval` is the pause of the sweep when nothing expired."""

    async def repeat(component: Component) -> None:
        await component(stop, heartbeat)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(repeat(every("signalen_verlopen", interval, laat_verlopen)))
        tasks.create_task(repeat(every("opruimen", _OPRUIMEN, ruim_op)))
