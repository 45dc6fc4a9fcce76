"""A real PostgreSQL for each test, emptied; keys; and a way to look at what was stored and told."""

import base64
import json
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from platformkit.clock import FixedClock
from platformkit.db.database import Database


class Kijk:
    """Looks into the database as nobody in the system can, past row-level security."""

    def __init__(self, connection: asyncpg.Connection, sleutels: "Kijk | None" = None) -> None:
        self._connection = connection
        self._sleutels = sleutels

    @property
    def sleutels(self) -> "Kijk":
        """The key database."""
        assert self._sleutels is not None
        return self._sleutels

    async def rijen(self, query: str, *values: object) -> list[dict[str, Any]]:
        return [dict(row) for row in await self._connection.fetch(query, *values)]

    async def aantal(self, table: str) -> int:
        return await self._connection.fetchval(f"select count(*) from {table}")

    async def doe(self, statement: str, *values: object) -> None:
        await self._connection.execute(statement, *values)

    async def events(self) -> list[tuple[str, UUID, int, dict[str, Any]]]:
        """Kind, subject, version and data of what was told, in order."""
        rows = await self.rijen("select headers, payload from outbox order by position")
        told = [(json.loads(row["headers"]), json.loads(row["payload"])) for row in rows]
        return [
            (headers["ce_type"].split(".")[-2], UUID(headers["ce_subject"]), int(headers["ce_sequence"]), data)
            for headers, data in told
        ]

    async def alles(self) -> str:
        """Every row of every table, as text and with bytes as they are."""
        tables = await self._connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        rows = [await self._connection.fetch(f"select * from {each['tablename']}") for each in tables]
        return repr([[tuple(row) for row in table] for table in rows])


@pytest.fixture(scope="session")
def sleutels() -> dict[str, Any]:
    """A key file with two versions, the first one active."""

    def keys() -> dict[str, str]:
        return {versie: base64.b64encode(secrets.token_bytes(32)).decode() for versie in "12"}

    return {"kek": keys(), "hmac": keys(), "actief": 1}


@pytest.fixture(scope="session")
def addresses(database: Callable[[str], Mapping[str, str]]) -> Mapping[str, str]:
    return database("brp_proxy")


@pytest.fixture(scope="session")
def sleuteladressen(database: Callable[..., Mapping[str, str]]) -> Mapping[str, str]:
    return database("brp_proxy", "sleutels")


@pytest.fixture
async def kijk(looker: asyncpg.Connection, sleuteladressen: Mapping[str, str]) -> AsyncIterator[Kijk]:
    apart = await asyncpg.connect(sleuteladressen["superuser"])
    await looker.execute(
        "truncate verwijzing, signaal, vernietigd, outbox, inbox, dead_letter, audit restart identity cascade"
    )
    await looker.execute("update volgstand set gewijzigd_tot = null, nagelopen_op = null, nagelopen_na = null")
    await apart.execute("truncate sleutel, vernietigd")
    yield Kijk(looker, Kijk(apart))
    await apart.close()


def open_databases(
    addresses: Mapping[str, str], sleuteladressen: Mapping[str, str], pool: int = 10
) -> Mapping[str, Database]:
    """Both databases by role; those with the keys as `sleutels-<role>`."""
    found = {role: addresses[role] for role in ("api", "worker", "superuser")}
    found |= {f"sleutels-{role}": sleuteladressen[role] for role in ("api", "worker", "superuser")}
    return {name: Database(url, pool=pool, application="test") for name, url in found.items()}


@pytest.fixture
async def databases(
    addresses: Mapping[str, str], sleuteladressen: Mapping[str, str], kijk: Kijk
) -> AsyncIterator[Mapping[str, Database]]:
    made = open_databases(addresses, sleuteladressen)
    yield made
    for each in made.values():
        await each.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
