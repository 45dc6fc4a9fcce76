"""A database that database.sql did not make, or that somebody changed since, is told before a migration touches it."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest
from proef.hulp import Proef

from platformkit.db import provision
from platformkit.db.provision import LIMITS, ProvisionError

TIMES = [(role, limit) for role, limits in LIMITS.items() for limit in limits]


@asynccontextmanager
async def changed(proef: Proef, *sql: str, back: str) -> AsyncIterator[None]:
    """As long as something is otherwise."""
    try:
        for each in sql:
            await proef.rows(each)
        yield
    finally:
        for each in back.split(";"):
            await proef.rows(each)


async def told(proef: Proef) -> list[str]:
    """What is missing."""
    try:
        await provision.require(proef.worker, "proef")
    except ProvisionError as error:
        points, what_to_do = str(error).split(". ", 1)
        assert what_to_do == "Run deploy/postgres/database.sql again, then this."
        return points.split("; ")
    return []


async def setting(proef: Proef, role: str, name: str) -> str:
    """The value that a new connection of `role` has."""
    client = await asyncpg.connect(proef.addresses[role])
    try:
        return str(await client.fetchval(f"show {name}"))
    finally:
        await client.close()


async def test_what_database_sql_makes_is_what_is_asked(proef: Proef) -> None:
    """No limit of the one is longer than the other's, and none is missing there."""
    assert await told(proef) == []
    seconds = "select extract(epoch from cast(cast(:value as text) as interval))"
    for role, limit in TIMES:
        value = await setting(proef, role, limit)
        assert await proef.rows(seconds, value=value) == [LIMITS[role][limit]], (role, limit)


async def test_a_transaction_may_last_longer_than_its_statements(proef: Proef) -> None:
    longest = max(limits.get("statement_timeout", 0) for limits in LIMITS.values())
    assert min(limits["transaction_timeout"] for limits in LIMITS.values()) >= 2 * longest
    assert await setting(proef, "migrate", "statement_timeout") == "0"


@pytest.mark.parametrize(("role", "limit"), TIMES)
@pytest.mark.parametrize("how", ["reset {}", "set {} = 0", "set {} = '5h'"], ids=["none", "without end", "too long"])
async def test_whichever_limit_is_missing_is_told(proef: Proef, role: str, limit: str, how: str) -> None:
    most = f"{LIMITS[role][limit]:g}"
    change = f"alter role proef_{role} {how.format(limit)}"
    async with changed(proef, change, back=f"alter role proef_{role} set {limit} = '{most}s'"):
        assert await told(proef) == [f"role proef_{role} has no {limit} of at most {most} s"]


@pytest.mark.parametrize("value", ["'59s'", "59000", "'0.5min'", "'59000000us'"])
async def test_a_limit_may_be_shorter_and_in_any_unit(proef: Proef, value: str) -> None:
    change = f"alter role proef_api set transaction_timeout = {value}"
    async with changed(proef, change, back="alter role proef_api set transaction_timeout = '60s'"):
        assert await told(proef) == []


async def test_what_holds_for_a_role_in_this_database_only_is_seen(proef: Proef) -> None:
    change = "alter role proef_api in database proef set transaction_timeout = 0"
    async with changed(proef, change, back="alter role proef_api in database proef reset transaction_timeout"):
        assert await told(proef) == ["role proef_api has no transaction_timeout of at most 60 s"]


@pytest.mark.parametrize(
    ("change", "back", "missing"),
    [
        ("alter role proef_relay rename to x", "alter role x rename to proef_relay", "role proef_relay is not there"),
        ("alter role proef_api bypassrls", "alter role proef_api nobypassrls", "role proef_api may more than it must"),
        (
            "alter role proef_api createrole",
            "alter role proef_api nocreaterole",
            "role proef_api may more than it must",
        ),
        ("alter role proef_api nologin", "alter role proef_api login", "role proef_api cannot connect"),
        (
            "revoke connect on database proef from proef_relay",
            "grant connect on database proef to proef_relay",
            "role proef_relay cannot connect",
        ),
        (
            "alter role proef_worker set enable_seqscan = on",
            "alter role proef_worker set enable_seqscan = off",
            "role proef_worker has not enable_seqscan off",
        ),
        (
            "grant connect on database template1 to public",
            "revoke connect on database template1 from public",
            "database template1 is open to every role",
        ),
        (
            "grant usage on schema public to public",
            "revoke usage on schema public from public",
            "schema public is open to every role",
        ),
        (
            "alter schema public owner to postgres",
            "alter schema public owner to proef_migrate",
            "schema public is not of proef_migrate",
        ),
        ("drop extension btree_gist", "create extension btree_gist", "extension btree_gist is not there"),
    ],
)
async def test_whatever_else_is_missing_is_told(proef: Proef, change: str, back: str, missing: str) -> None:
    async with changed(proef, change, back=back):
        assert missing in await told(proef)
    assert await told(proef) == []


async def test_a_migration_asks_first_and_fails_with_that_sentence(
    proef: Proef, start: "Callable[..., subprocess.Popen[bytes]]"
) -> None:
    change = "alter role proef_relay reset transaction_timeout"
    ahead = "update alembic_version set version_num = '0003'"
    back = "alter role proef_relay set transaction_timeout = '60s'; update alembic_version set version_num = '0005'"
    async with changed(proef, ahead, change, back=back):
        migrating = start("migrate")
        out, err = await asyncio.to_thread(migrating.communicate, None, 40)
        assert await proef.rows("select version_num from alembic_version") == ["0003"], "nothing was migrated"
    assert (migrating.returncode, out.decode(), err.decode()) == (
        1,
        "",
        "Failed: role proef_relay has no transaction_timeout of at most 60 s."
        " Run deploy/postgres/database.sql again, then this.\n",
    )
