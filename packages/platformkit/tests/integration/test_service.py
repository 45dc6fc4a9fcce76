"""What follows from a service's declaration: pools, names of connections, roles, commands, what a new database is given."""

import asyncio
import dataclasses
import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import pytest
from proef.bootstrap import SERVICE
from proef.events import NOW
from proef.hulp import Proef, free_port
from proef.settings import Settings
from sqlalchemy import func, literal_column, select, text

from platformkit.clock import FixedClock
from platformkit.db import database as database_module
from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.health import Heartbeat
from platformkit.service import Command, Process, roles, runtime
from platformkit.service.process import opened
from platformkit.service.roles import ROLES
from platformkit.testing import eventually_async

ME = Statement(
    select(func.current_setting("application_name").label("application"), literal_column("current_user").label("role"))
)


async def test_every_role_names_its_connections_after_itself(
    proef: Proef, start: "Callable[..., subprocess.Popen[bytes]]", topic: str, tmp_path: Path
) -> None:
    """`all` is the four roles in one process: what one of them does shows under its own name and as its own user."""
    beat, port = tmp_path / "slag", free_port()
    start("all", TOPIC=topic, GROEP=topic, HTTP_PORT=str(port), HEARTBEAT_FILE=str(beat))

    async def names() -> set[tuple[str, str]]:
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                await client.get(f"http://127.0.0.1:{port}/gezond")
            except httpx.TransportError:
                return set()
        asked = "select application_name, usename::text from pg_stat_activity where application_name ~ '^proef-'"
        return set(await proef.rows(asked))

    async def all_four() -> bool:
        return await names() == {
            ("proef-api", "proef_api"),
            ("proef-consumer", "proef_worker"),
            ("proef-relay", "proef_relay"),
            ("proef-jobs", "proef_worker"),
        }

    await eventually_async(all_four, seconds=40)

    async def beats() -> bool:
        return beat.exists()

    await eventually_async(beats, seconds=40)
    assert json.loads(beat.read_text())["components"] == ["api", "consumer", "relay", "seal", "sweep"]


@pytest.mark.parametrize("role", ["worker", "api"])
async def test_a_command_has_one_connection_and_its_role(proef: Proef, role: str) -> None:
    seen: list[tuple[str, str]] = []

    async def look(process: Process[Settings], words: Sequence[str]) -> int:
        async with process.database.transaction() as connection:
            seen.extend(tuple(row) for row in await connection.rows(ME))
            await full(process.database)
        return len(words)

    assert await runtime.done(SERVICE, proef.settings(), Command(look, role=role), ["een", "twee"]) == 2
    assert seen == [("proef-command", f"proef_{role}")]


async def full(database: Database) -> None:
    """All its connections are in use."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(database_module, "_PATIENCE", 0.1)
        with pytest.raises(TimeoutError):
            await database.rows(ME)


@pytest.mark.parametrize("role", ROLES)
async def test_every_role_has_as_many_connections_as_the_settings_say(
    proef: Proef, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two, and no third one: whoever has more takes it from all others of the server."""
    databases: list[Database] = []

    class Noted:
        """In the place of what works in this role: it notes what it works on."""

        def __init__(self, *given: object) -> None:
            for each in given:
                databases.extend(found for found in (each, getattr(each, "_database", None)) if _is_database(found))

        async def run(self, stop: asyncio.Event, _heartbeat: Heartbeat) -> None:
            await stop.wait()

    async def served(_app: object, _settings: object, stop: asyncio.Event, _heartbeat: Heartbeat) -> None:
        await stop.wait()

    def noting(process: Process[Settings]) -> list[object]:
        databases.append(process.database)
        return []

    monkeypatch.setattr(roles, "Relay", Noted)
    monkeypatch.setattr(roles, "Consumer", Noted)
    monkeypatch.setattr(roles, "serve", served)
    service = dataclasses.replace(SERVICE, routers=noting, jobs=noting)
    stop = asyncio.Event()
    working = asyncio.create_task(roles.role(service, proef.settings(database_pool=2), role)(stop, Heartbeat(None)))

    async def begun() -> bool:
        return bool(databases)

    await eventually_async(begun)
    async with databases[0].transaction() as one, databases[0].transaction() as other:
        for connection in (one, other):
            assert (await connection.rows(ME))[0].application == f"proef-{role}"
        await full(databases[0])
    stop.set()
    await working


def _is_database(found: object) -> bool:
    return isinstance(found, Database)


async def test_a_new_database_is_filled_as_its_owner_after_each_migration(proef: Proef) -> None:
    filled: list[tuple[object, ...]] = []

    async def fill(process: Process[Settings]) -> None:
        ((revision,),) = await process.database.rows(Statement(text("select version_num from alembic_version")))
        filled.extend((*row, revision) for row in await process.database.rows(ME))

    service = dataclasses.replace(SERVICE, fill=fill)
    for _ in range(2):
        assert await asyncio.to_thread(runtime._migrated, service, proef.settings()) == 0
    assert filled == [("proef-migrate", "proef_migrate", "0005")] * 2


async def test_what_a_process_opens_for_itself_is_closed_before_what_it_may_use(proef: Proef) -> None:
    closed: list[str] = []

    async def close() -> None:
        assert [tuple(row) for row in await process.database.rows(ME)] == [("proef-deel", "proef_worker")]
        closed.append("eigen")

    async with opened(proef.settings(), service="proef", role="worker", part="deel") as process:
        process.at_end(close)
        assert closed == []
    assert closed == ["eigen"]
    assert await proef.rows("select 1 from pg_stat_activity where application_name = 'proef-deel'") == []


async def test_a_role_without_its_address_says_which(proef: Proef) -> None:
    settings = proef.settings(database_url_relay=None)
    with pytest.raises(ValueError, match="DATABASE_URL_RELAY"):
        await roles.role(SERVICE, settings, "relay")(asyncio.Event(), Heartbeat(None))


async def test_everything_is_told_again_by_its_command(
    proef: Proef, start: "Callable[..., subprocess.Popen[bytes]]"
) -> None:
    for _ in range(3):
        await proef.rows("insert into ding values (gen_random_uuid(), gen_random_uuid(), '0392', '')")
    telling = start("republish")
    out, err = await asyncio.to_thread(telling.communicate, None, 40)
    assert (telling.returncode, out.decode()) == (0, "Told again: 3.\n"), err
    assert await proef.rows("select key from outbox order by key") == await proef.rows(
        "select id::text from ding order by 1"
    )


async def test_dead_letters_are_looked_at_by_their_command(
    proef: Proef, start: "Callable[..., subprocess.Popen[bytes]]"
) -> None:
    looking = start("dead-letters", "list")
    out, err = await asyncio.to_thread(looking.communicate, None, 40)
    assert (looking.returncode, out.decode(), err.decode()) == (0, "0 dead letters.\n", "")


async def test_a_clock_of_the_test_is_that_of_the_work(proef: Proef) -> None:
    async with opened(proef.settings(), service="proef", role="worker", part="deel", clock=FixedClock(NOW)) as process:

        async def now(work: object) -> object:
            return work.now  # type: ignore[attr-defined]

        assert await process.executor.execute(now, None) == process.clock.now() == NOW
