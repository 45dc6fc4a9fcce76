"""PostgreSQL and the database in memory with one face, so that a test can put the same questions to both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from services.match.tests.bouwstenen import NU
from services.match.tests.simulatie.geheugen import Geheugen, Transactie
from services.match.tests.simulatie.opslag import OPSLAG
from services.match.tests.simulatie.platform import LedgerInGeheugen
from services.match.tests.stand import rijen, verteld

from match.application.ports import Opslag
from match.bootstrap import OPSLAG as ECHTE_OPSLAG
from platformkit.clock import Clock
from platformkit.db.database import Database as Postgres
from platformkit.executor import Executor, UnitOfWork
from platformkit.executor.ledger import Ledger

BRON = "urn:nld:oin:00000099000000001000:systeem:match"


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

    opslag: Opslag
    ledger: type[Ledger]
    database: Any

    async def wachtend(self) -> int:
        raise NotImplementedError

    async def outbox(self, match_id: UUID) -> list[Any]:
        raise NotImplementedError

    async def dode_brieven(self, consumer: str) -> int:
        raise NotImplementedError

    def executor(self, klok: Clock) -> Executor:
        return Executor(self.database, klok, BRON, self.ledger)

    async def iemand_wacht(self) -> None:
        """Eventually somebody waits for a lock."""
        async with asyncio.timeout(60):
            while not await self.wachtend():
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def transactie(self) -> AsyncIterator[UnitOfWork]:
        async with self.database.transaction() as connection:
            yield UnitOfWork(connection, self.ledger(connection), NU, None, BRON)


class InPostgres(Database):
    opslag = ECHTE_OPSLAG
    ledger = Ledger

    def __init__(self, database: Postgres, relay: str) -> None:
        self.database = database
        self._relay = relay

    async def wachtend(self) -> int:
        ((aantal,),) = await rijen(
            self.database,
            "select count(*) from pg_stat_activity"
            " where wait_event_type = 'Lock' and application_name = 'match-test' and datname = current_database()",
        )
        return int(aantal)

    async def outbox(self, match_id: UUID) -> list[Any]:
        return await verteld(self._relay, match_id)

    async def dode_brieven(self, consumer: str) -> int:
        return len(await rijen(self.database, "select 1 from dead_letter where consumer = :wie", wie=consumer))


class InGeheugen(Database):
    opslag = OPSLAG
    ledger = LedgerInGeheugen

    def __init__(self) -> None:
        self.beurten = AsyncioBeurten()
        self.geheugen = Geheugen(self.beurten)
        self.database = self.geheugen.database()

    async def wachtend(self) -> int:
        await asyncio.sleep(0)
        return self.beurten.wachtend

    async def outbox(self, match_id: UUID) -> list[Any]:
        return [rij for rij in self.geheugen.tabellen["outbox"].values() if rij.key == str(match_id)]

    async def dode_brieven(self, consumer: str) -> int:
        return sum(sleutel[0] == consumer for sleutel in self.geheugen.tabellen["dead_letter"])


class TerugError(Exception):
    """Rolls back."""
