"""A process: `python -m <service> <role>`, or a command for the operator. SIGTERM finishes what runs and loses nothing."""

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType

import uvicorn
import uvloop
from fastapi import FastAPI

from platformkit import health, telemetry
from platformkit.commands import Command
from platformkit.health import Heartbeat
from platformkit.logging import configure, get_logger
from platformkit.retry import is_transient
from platformkit.settings import ProcessSettings

Component = Callable[[asyncio.Event, Heartbeat], Awaitable[None]]
_BEAT = 5.0
log = get_logger()


def main(
    service: str,
    settings: ProcessSettings,
    components: Mapping[str, Component],
    migrate: Callable[[], None],
    commands: Mapping[str, Command] = MappingProxyType({}),
) -> None:
    """Run the role or command on the command line and exit: 0 stopped on request or done, 1 failed, 2 wrong use."""
    roles = (*components, "all", "migrate", "check")
    role = sys.argv[1] if len(sys.argv) > 1 else ""
    if role in commands:
        sys.exit(_command(service, settings, commands[role], sys.argv[2:]))
    if role not in roles or len(sys.argv) > 2:
        print(f"usage: python -m {service} {'|'.join((*roles, *commands))}", file=sys.stderr)
        sys.exit(2)
    if role == "check":
        if settings.heartbeat_file is None:
            print("HEARTBEAT_FILE is not set", file=sys.stderr)
            sys.exit(2)
        sys.exit(0 if health.check(settings.heartbeat_file) else 1)
    configure(service, settings.log_level)
    if role == "migrate":
        sys.exit(_migrated(migrate))
    telemetry.configure(service, settings)
    chosen = dict(components) if role == "all" else {role: components[role]}
    try:
        # On it a relay told 15 % more events a second than on the loop of the standard library (tests.bench.relay).
        uvloop.run(_run(role, settings, chosen))
    except Exception as error:
        # Without the text: it may quote a row.
        log.critical("process_failed", role=role, error=_kinds(error))
        sys.exit(1)
    finally:
        telemetry.shutdown()


def _migrated(migrate: Callable[[], None]) -> int:
    try:
        migrate()
    except Exception as error:
        if not is_transient(error):
            raise
        print(
            f"Failed: {_kinds(error)}. Is the database there, or does a dump hold a table? Run it again.",
            file=sys.stderr,
        )
        return 1
    return 0


def _command(service: str, settings: ProcessSettings, command: Command, words: Sequence[str]) -> int:
    configure(service, settings.log_level, sys.stderr)
    # The port of metrics is taken by the process whose settings these are.
    telemetry.configure(service, settings.model_copy(update={"metrics_port": None}))
    try:
        return asyncio.run(_done(command, words))
    except Exception as error:
        # Without the text: it may quote a row.
        print(f"Failed: {_kinds(error)}. Is the database there, and migrated?", file=sys.stderr)
        return 1
    finally:
        telemetry.shutdown()


async def _done(command: Command, words: Sequence[str]) -> int:
    return await command(words)


def _kinds(error: BaseException) -> str:
    """The types of an error, and of what a group holds."""
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(_kinds(each) for each in error.exceptions)
    return type(error).__qualname__


async def _run(role: str, settings: ProcessSettings, components: Mapping[str, Component]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    heartbeat = Heartbeat(settings.heartbeat_file)
    log.info("process_started", role=role)
    # What was made at start lives as long as the process: out of the collector's way (prestaties §2.3).
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
    async with asyncio.TaskGroup() as tasks:
        beating = tasks.create_task(heartbeat.run(stop))
        for component in components.values():
            tasks.create_task(_until_stop(component, stop, heartbeat))
        await stop.wait()
        beating.cancel()
    log.info("process_stopped", role=role)


async def _until_stop(component: Component, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
    """One component that ends, for whatever reason, ends the process: the platform starts it anew."""
    try:
        await component(stop, heartbeat)
        if not stop.is_set():
            raise _EndedError
    finally:
        stop.set()


class _EndedError(Exception):
    """A component ended though nobody asked it to."""


class _Server(uvicorn.Server):
    """Uvicorn without signal handlers of its own: the process has one place for them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def http(make_app: Callable[[Heartbeat], FastAPI], settings: ProcessSettings) -> Component:
    """The component that serves an application; requests that run at a stop are answered first."""

    async def serve(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        heartbeat.expect("api")
        server = _Server(
            uvicorn.Config(
                make_app(heartbeat),
                host=settings.http_host,
                port=settings.http_port,
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
            await _wait(stop, 0.2)
        server.should_exit = True
        await serving

    return serve


def every(name: str, interval: timedelta, job: Callable[[], Awaitable[int]]) -> Component:
    """The component that does `job` again and again, at once when it did something; an outage is waited out."""

    async def repeat(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        heartbeat.expect(name)
        while not stop.is_set():
            heartbeat.beat(name)
            try:
                done = await job()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("job_waits", job=name, error=type(error).__qualname__)
                await _wait(stop, 1.0)
                continue
            if not done:
                await _rest(stop, interval, lambda: heartbeat.beat(name))

    return repeat


def together(*components: Component) -> Component:
    """Several components as one: when one fails, the others are cancelled."""

    async def run(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        async def each(component: Component) -> None:
            await component(stop, heartbeat)

        async with asyncio.TaskGroup() as tasks:
            for component in components:
                tasks.create_task(each(component))

    return run


async def _rest(stop: asyncio.Event, interval: timedelta, beat: Callable[[], None]) -> None:
    """Wait for the next turn and go on beating: who has nothing to do for longer than a beat lasts is not stuck."""
    until = time.monotonic() + interval.total_seconds()
    while not stop.is_set() and (left := until - time.monotonic()) > 0:
        beat()
        await _wait(stop, min(left, _BEAT))


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
