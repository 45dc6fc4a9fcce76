"""Statements that a loop runs many times a second: written in SQLAlchemy Core, compiled once, run by the driver.

A relay with few events at a time spends its turn on two statements: taking a connection from the pool, compiling, a span
that nobody sees, a cursor, a result. Without those an idle one takes a third of the processor time.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.instrumentation.utils import suppress_instrumentation
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_DIALECT = dialect()  # type: ignore[no-untyped-call]


class Statement:
    """A statement of SQLAlchemy Core in the driver's form. Values go to the driver as they are given."""

    def __init__(self, statement: ClauseElement) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT)
        self.sql = str(compiled)
        self._names: Sequence[str] = compiled.positiontup or ()
        self._fixed: Mapping[str, object] = compiled.params

    def values(self, given: Mapping[str, object]) -> list[object]:
        """The values of all parameters, in the statement's order."""
        return [given[name] if name in given else self._fixed[name] for name in self._names]


class Direct:
    """One connection, taken at the first statement and kept; each statement is a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._held: AsyncConnection | None = None
        self._driver: Any = None

    async def fetch(self, statement: Statement, **given: object) -> Sequence[Any]:
        """The rows, as the driver's records."""
        driver = await self._taken()
        with suppress_instrumentation():
            rows: Sequence[Any] = await driver.fetch(statement.sql, *statement.values(given))
        return rows

    async def execute(self, statement: Statement, **given: object) -> int:
        """The number of rows that were inserted, changed or removed."""
        driver = await self._taken()
        with suppress_instrumentation():
            done: str = await driver.execute(statement.sql, *statement.values(given))
        return int(done.rpartition(" ")[2])

    async def close(self) -> None:
        """Give the connection up; a later statement takes another. Not back to the pool: it may be broken."""
        held, self._held, self._driver = self._held, None, None
        if held is not None:
            await held.invalidate()
            await held.close()

    async def _taken(self) -> Any:
        if self._driver is None:
            self._held = await self._engine.connect()
            self._driver = (await self._held.get_raw_connection()).driver_connection
        return self._driver
