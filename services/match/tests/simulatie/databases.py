"""PostgreSQL and the database in memory with one face, so that a test can put the same questions to both."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from services.match.tests.simulatie.geheugen import Geheugen, Transactie
from services.match.tests.simulatie.opslag import opslag
from services.match.tests.stand import verteld
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from match.adapters.db.opslag import opslag as echte_opslag
from match.application.ports import Opslag
from platformkit.db.tables import dead_letter
from platformkit.executor import UnitOfWork


class AsyncioBeurten:
    """The memory's turns on asyncio's loop."""

    def __init__(self) -> None:
        self.wachtend = 0

    async def beurt(self) -> None:
        await asyncio.sleep(0)

    async def wacht_op(self, transactie: Transactie) -> None:
        self.wachtend += 1
        while not transactie.klaar:
            await asyncio.sleep(0)
        self.wachtend -= 1


class Database:
    """Either of the two."""

    engine: Any
    opslag: Callable[[UnitOfWork], Opslag]

    async def wachtend(self) -> int:
        raise NotImplementedError

    async def outbox(self, match_id: UUID) -> list[Any]:
        raise NotImplementedError

    async def dode_brieven(self, consumer: str) -> int:
        raise NotImplementedError

    async def iemand_wacht(self) -> None:
        """Eventually somebody waits for a lock."""
        async with asyncio.timeout(60):
            while not await self.wachtend():
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def transactie(self) -> AsyncIterator[Opslag]:
        async with self.engine.begin() as connection:
            yield self.opslag(SimpleNamespace(connection=connection))  # type: ignore[arg-type]


class InPostgres(Database):
    opslag = staticmethod(echte_opslag)

    def __init__(self, engine: AsyncEngine, relay: str) -> None:
        self.engine = engine
        self._relay = relay

    async def wachtend(self) -> int:
        async with self.engine.begin() as connection:
            vraag = text(
                "select count(*) from pg_stat_activity"
                " where wait_event_type = 'Lock' and application_name = 'match-test' and datname = current_database()"
            )
            return int((await connection.execute(vraag)).scalar_one())

    async def outbox(self, match_id: UUID) -> list[Any]:
        return await verteld(self._relay, match_id)

    async def dode_brieven(self, consumer: str) -> int:
        async with self.engine.begin() as connection:
            return len((await connection.execute(select(dead_letter).where(dead_letter.c.consumer == consumer))).all())


class InGeheugen(Database):
    opslag = staticmethod(opslag)

    def __init__(self) -> None:
        self.beurten = AsyncioBeurten()
        self.geheugen = Geheugen(self.beurten)
        self.engine = self.geheugen.engine()

    async def wachtend(self) -> int:
        await asyncio.sleep(0)
        return self.beurten.wachtend

    async def outbox(self, match_id: UUID) -> list[Any]:
        return [rij for rij in self.geheugen.tabellen["outbox"].values() if rij.key == str(match_id)]

    async def dode_brieven(self, consumer: str) -> int:
        return sum(sleutel[0] == consumer for sleutel in self.geheugen.tabellen["dead_letter"])


class TerugError(Exception):
    """Rolls back."""
