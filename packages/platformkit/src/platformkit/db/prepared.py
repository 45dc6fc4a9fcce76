"""Statements that SQLAlchemy writes once and the driver runs.

Carried out by SQLAlchemy each one is looked up, bound and its rows wrapped anew, which costs three times what the driver
does (ADR 0008). For what every request or batch asks; the place of everything else is `execute`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from sqlalchemy import Executable, text
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from platformkit.db.engine import driver, to_text

_DIALECT = dialect(json_serializer=to_text)  # type: ignore[no-untyped-call]
_BEGIN = text("select")


class Row(asyncpg.Record):
    """A row, whose columns are attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Prepared:
    """A statement whose parameters are `bindparam`s, named in each call; values that stand in it are kept."""

    def __init__(self, statement: Executable) -> None:
        compiled: Any = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        self.text = str(compiled)
        if compiled.post_compile_params:
            raise ValueError("a list of values is another statement for each length: see `one_of`")
        # What has no value must be given: left out it would be a null, which finds nothing.
        self._kept = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        processors = compiled._bind_processors  # noqa: SLF001 -- what a value becomes on its way to the driver
        self.names: Sequence[str] = compiled.positiontup or ()
        self._processors = [processors.get(name) for name in self.names]

    async def rows(self, connection: AsyncConnection, **given: object) -> Sequence[Row]:
        """The rows that it gives back, in the transaction of `connection`.

        Raises:
            KeyError: a parameter is missing.
            asyncpg.PostgresError: what the database refuses, not wrapped in an error of SQLAlchemy.
        """
        below = driver(connection)
        if not below.is_in_transaction():
            # SQLAlchemy begins one with its own first statement.
            await connection.execute(_BEGIN)
        found: Sequence[Row] = await below.fetch(self.text, *self.arguments(given), record_class=Row)
        return found

    def arguments(self, given: Mapping[str, object]) -> list[object]:
        """What the driver is given, in the order of the statement."""
        values = (given[name] if name in given else self._kept[name] for name in self.names)
        return [value if make is None else make(value) for value, make in zip(values, self._processors, strict=True)]
