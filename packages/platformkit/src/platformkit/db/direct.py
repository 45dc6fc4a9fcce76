"""Statements that a loop runs many times a second, each a transaction of its own, on one connection that is kept.

A relay with few events at a time spends its turn on two statements: taking a connection from the pool, compiling, a cursor,
a result. Without those an idle one takes a third of the processor time.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from platformkit.db.engine import driver, noticing_loss
from platformkit.db.prepared import Prepared


class Direct:
    """One connection, taken at the first statement and kept; each statement is a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._held: AsyncConnection | None = None

    async def fetch(self, statement: Prepared, **given: object) -> Sequence[Any]:
        """The rows, as the driver's records.

        Raises:
            ConnectionResetError: the connection got lost; `close` before the next statement.
        """
        below = await self._taken()
        with noticing_loss(below):
            rows: Sequence[Any] = await below.fetch(statement.text, *statement.arguments(given))
        return rows

    async def execute(self, statement: Prepared, **given: object) -> int:
        """The number of rows that were inserted, changed or removed.

        Raises:
            ConnectionResetError: as `fetch`.
        """
        below = await self._taken()
        with noticing_loss(below):
            done: str = await below.execute(statement.text, *statement.arguments(given))
        return int(done.rpartition(" ")[2])

    async def close(self) -> None:
        """Give the connection up; a later statement takes another. Not back to the pool: it may be broken."""
        held, self._held = self._held, None
        if held is not None:
            # No good-bye: in the middle of something, or already lost, the driver would fail at it.
            driver(held).terminate()
            await held.invalidate()
            await held.close()

    async def _taken(self) -> "asyncpg.Connection[asyncpg.Record]":
        if self._held is None:
            self._held = await self._engine.connect()
        return driver(self._held)
