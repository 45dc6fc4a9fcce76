"""A process: `python -m <service> <role>`, or a command for the operator. SIGTERM finishes what runs and loses nothing."""

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import uvloop
from pydantic import ValidationError

from platformkit import telemetry
from platformkit.db import migrations, provision
from platformkit.health import Heartbeat
from platformkit.logging import configure, get_logger
from platformkit.retry import is_transient
from platformkit.service import audit, dead_letters, republish, roles
from platformkit.service.commands import Command
from platformkit.service.jobs import Job, to_the_end
from platformkit.service.process import Process, opened
from platformkit.service.service import Service
from platformkit.settings import ProcessSettings

log = get_logger()


def run(service: Service[Any], words: Sequence[str]) -> int:
    """Run the role or command in `words`; the exit code.

    0: stopped on request or done; 1: failed; 2: wrong use or settings, which a new start will not mend.
    """
    known, by_hand = (*roles.ROLES, "all", "migrate", "check"), commands(service)
    asked = words[0] if words else ""
    if asked not in by_hand and (asked not in known or len(words) > 1):
        print(f"usage: python -m {service.module} {'|'.join((*known, *by_hand))}", file=sys.stderr)
        return 2
    try:
        settings = _settings(service, asked, by_hand)
    except ValueError as error:
        print(f"Failed: {error}", file=sys.stderr)
        return 2
    if asked in by_hand:
        return _command(service, settings, by_hand[asked], words[1:])
    configure(service.name, settings.log_level)
    return _migrated(service, settings) if asked == "migrate" else _ran(service, settings, asked)


def _settings(service: Service[Any], asked: str, by_hand: Mapping[str, Command[Any]]) -> ProcessSettings:
    """What the environment says.

    Raises:
        ValueError: it says too little or something wrong; the text holds none of it, as it may be a password.
    """
    try:
        settings: ProcessSettings = service.settings()
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = [": ".join((*(str(part).upper() for part in each["loc"]), each["msg"])) for each in found]
        raise ValueError("; ".join(wrong)) from None
    chosen = roles.chosen(asked)
    database_roles = [by_hand[asked].role] if asked in by_hand else roles.database_roles(chosen) or ["migrate"]
    if not_set := service.not_set(settings, chosen, database_roles):
        raise ValueError(f"not set: {', '.join(not_set)}")
    return settings


def _ran(service: Service[Any], settings: ProcessSettings, asked: str) -> int:
    telemetry.configure(service.name, settings)
    try:
        # On it a relay told 15 % more events a second than on the loop of the standard library (tests.bench.relay).
        uvloop.run(
            _until_stopped(asked, settings, {role: roles.role(service, settings, role) for role in roles.chosen(asked)})
        )
    except Exception as error:
        # Without the text: it may quote a row.
        log.critical("process_failed", role=asked, error=_kinds(error))
        return 1
    finally:
        telemetry.shutdown()
    return 0


def commands(service: Service[Any]) -> Mapping[str, Command[Any]]:
    """What an operator can start by hand: what every service has, and its own."""
    made: dict[str, Command[Any]] = {
        "dead-letters": dead_letters.command(service.module, service.subscriptions),
        "audit": audit.command(service.module),
    }
    if service.retelling is not None:
        made["republish"] = republish.command(service.module, service.retelling)
    return made | dict(service.commands)


def _migrated(service: Service[Any], settings: ProcessSettings) -> int:
    async def provisioned(process: Process[Any]) -> None:
        await provision.require(process.database, service.module)
        for name in service.databases:
            await provision.require(process.beside(name), f"{service.module}_{name}")

    try:
        asyncio.run(_as_owner(service, settings, provisioned))
        for name in ("", *service.databases):
            migrations.upgrade(service.module, settings.database_url("migrate", name), name)
        if service.fill is not None:
            asyncio.run(_as_owner(service, settings, service.fill))
    except provision.ProvisionError as error:
        return _failed(str(error))
    except migrations.MigrationError as error:
        return _failed(f"{_kinds(error.cause)}, migration {error.where}. {_advice(error.cause)}")
    except Exception as error:
        return _failed(f"{_kinds(error)}. {_advice(error)}")
    return 0


async def _as_owner(
    service: Service[Any], settings: ProcessSettings, work: Callable[[Process[Any]], Awaitable[object]]
) -> None:
    async with opened(settings, service=service.name, role="migrate", part="migrate", pool=1) as process:
        await work(process)


def _advice(error: BaseException) -> str:
    if is_transient(error):
        return "Is the database there, or does a dump hold a table? Run it again."
    return "Nothing of it was kept."


def _failed(why: str) -> int:
    """Tell it without the text of an error, which may quote a row; the exit code."""
    print(f"Failed: {why}", file=sys.stderr)
    return 1


def _command(service: Service[Any], settings: ProcessSettings, command: Command[Any], words: Sequence[str]) -> int:
    configure(service.name, settings.log_level, sys.stderr)
    # The port of metrics is taken by the process whose settings these are.
    telemetry.configure(service.name, settings.model_copy(update={"metrics_port": None}))
    try:
        return asyncio.run(done(service, settings, command, words))
    except Exception as error:
        return _failed(f"{_kinds(error)}. Is the database there, and migrated?")
    finally:
        telemetry.shutdown()


async def done(service: Service[Any], settings: ProcessSettings, command: Command[Any], words: Sequence[str]) -> int:
    """Run a command to its end; its exit code."""
    async with opened(settings, service=service.name, role=command.role, part="command", pool=1) as process:
        return await command.run(process, words)


def _kinds(error: BaseException) -> str:
    """The types of an error and of what a group holds, with PostgreSQL's number for it."""
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(_kinds(each) for each in error.exceptions)
    state = getattr(error, "sqlstate", None)
    return f"{type(error).__qualname__} ({state})" if state else type(error).__qualname__


async def _until_stopped(role: str, settings: ProcessSettings, parts: Mapping[str, Job]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    heartbeat = Heartbeat(settings.heartbeat_file)
    log.info("process_started", role=role)
    # What was made at start lives as long as the process: out of the collector's way (docs/performance.md).
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
    async with asyncio.TaskGroup() as tasks:
        beating = tasks.create_task(heartbeat.run(stop))
        for part in parts.values():
            tasks.create_task(_until_stop(part, stop, heartbeat))
        await stop.wait()
        beating.cancel()
    log.info("process_stopped", role=role)


async def _until_stop(part: Job, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
    """One part that ends, for whatever reason, ends the process: the platform starts it anew."""
    try:
        await to_the_end(part, stop, heartbeat)
    finally:
        stop.set()
