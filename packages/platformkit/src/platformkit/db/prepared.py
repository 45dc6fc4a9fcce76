"""Statements that SQLAlchemy writes once and the driver runs.

Carried out by SQLAlchemy each one is looked up, bound and its rows wrapped anew: a dozen in a batch of a few events cost
more than the work itself (ADR 0008). For the batch's own statements only; the place of everything else is `execute`.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ClauseElement, text
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncConnection

_DIALECT = dialect()  # type: ignore[no-untyped-call]
_BEGIN = text("select")
Row = Any
"""A row of the driver: a sequence that also knows its columns by name."""


class Prepared:
    """A statement without types that SQLAlchemy would have to translate; its parameters are known by name."""

    def __init__(self, statement: ClauseElement) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT)
        self._text = str(compiled)
        self._constants: Mapping[str, object] = compiled.params
        self._order: tuple[str, ...] = tuple(compiled.positiontup or ())

    async def rows(self, connection: AsyncConnection, **parameters: object) -> list[Row]:
        """The rows that it gives, in the transaction of `connection`."""
        driver: Any = (await connection.get_raw_connection()).driver_connection
        if not driver.is_in_transaction():
            # SQLAlchemy begins one with its own first statement.
            await connection.execute(_BEGIN)
        given = {**self._constants, **parameters}
        found: list[Row] = await driver.fetch(self._text, *(given[name] for name in self._order))
        return found
