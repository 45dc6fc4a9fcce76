"""The four roles of a service's processes, the same for every service; `all` runs them in one process."""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from platformkit.audit.sealing import PAUSE, Sealer
from platformkit.gauges import measuring
from platformkit.health import Heartbeat
from platformkit.http.server import BoundedProtocol
from platformkit.messaging.consumer import Consumer
from platformkit.outbox.relay import Relay
from platformkit.service.jobs import Job, every, together, wait
from platformkit.service.process import opened
from platformkit.service.service import Service
from platformkit.service.sweep import sweeping
from platformkit.settings import ProcessSettings

_DATABASE_ROLES: Final = {"api": "api", "consumer": "worker", "relay": "relay", "jobs": "worker"}
ROLES: Final = tuple(_DATABASE_ROLES)
_BEAT = 0.2


def chosen(asked: str) -> tuple[str, ...]:
    """The roles of a process that is started as `asked`: none for what is no role."""
    return ROLES if asked == "all" else tuple(each for each in ROLES if each == asked)


def database_roles(names: Collection[str]) -> list[str]:
    """The database roles as which these roles work, each once."""
    return list(dict.fromkeys(_DATABASE_ROLES[name] for name in names))


def role(service: Service[Any], settings: ProcessSettings, name: str) -> Job:
    """What a process of `service` does in the role `name`."""
    work = {"api": _api, "consumer": _consumer, "relay": _relay, "jobs": _jobs}[name]

    async def run(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        async with (
            opened(settings, service=service.name, role=_DATABASE_ROLES[name], part=name) as process,
            # Also who has nothing to do tells that the database is away, and leaves the one that was the primary.
            measuring(process.answers),
        ):
            await work(service, process, stop, heartbeat)

    return run


async def _api(service: Service[Any], process: Any, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
    await serve(service.app(process, heartbeat), process.settings, stop, heartbeat)


async def _consumer(service: Service[Any], process: Any, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
    consumer = Consumer(process.settings.broker, process.executor, service.subscriptions(process))
    await consumer.run(stop, heartbeat)


async def _relay(service: Service[Any], process: Any, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
    await Relay(process.database, process.settings.broker, service.name).run(stop, heartbeat)


async def _jobs(service: Service[Any], process: Any, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
    sealing = every("seal", PAUSE, Sealer(process.executor))
    await together((*service.jobs(process), sweeping(process.executor), sealing), stop, heartbeat)


class _Server(uvicorn.Server):
    """Uvicorn without signal handlers of its own: the process has one place for them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: FastAPI, settings: ProcessSettings, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
    """Serve an application; requests that run at a stop are answered first."""
    heartbeat.expect("api")
    server = _Server(
        uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            http=BoundedProtocol,
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=20,
            timeout_keep_alive=30,
        )
    )
    serving = asyncio.create_task(server.serve())
    while not stop.is_set() and not serving.done():
        if server.started:
            heartbeat.beat("api")
        await wait(stop, _BEAT)
    server.should_exit = True
    await serving
