"""What another service told last of its aggregates (D4): newest per aggregate, stored when newer, tombstones included."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Table, literal_column

from platformkit.db.sets import Fields, columns_of, upsert_rows
from platformkit.db.statement import Statement
from platformkit.envelope import Message, PoisonError
from platformkit.executor.unit import UnitOfWork

VERSION = "versie"
"""The column of an aggregate's version in every projection."""
LARGEST_JUMP = 1_000_000
"""How far the version of an aggregate may be above the one that is known, or above none."""


def newest(messages: Iterable[Message]) -> list[Message]:
    """Of each aggregate the message with the highest version, whatever their order (D2)."""
    found: dict[tuple[str, UUID], Message] = {}
    for message in messages:
        aggregate = message.event.TOPIC, message.subject
        if aggregate not in found or found[aggregate].version < message.version:
            found[aggregate] = message
    return list(found.values())


class Projection:
    """A table with a row for each aggregate ever heard of. A version only rises, also for ids never seen before.

    What is destroyed stays as a tombstone, a row that names nothing but its id, its version and that it is gone: a late
    event does not bring it back.

    A version that is absurdly far ahead is no news: once it were stored, every true one would be older for ever.

    Args:
        table: with one column as primary key, and the version as `versie`.
        jump: see `LARGEST_JUMP`.
    """

    def __init__(self, table: Table, *, jump: int = LARGEST_JUMP) -> None:
        self._table = table
        self._jump = jump
        (self._id,) = (each.key for each in table.primary_key)
        # What stood there before: all of it null when there was nothing.
        before = (literal_column(f"old.{each.name}", each.type).label(each.key) for each in table.c)
        self._store = Statement(upsert_rows(table, newer=VERSION).returning(table.c[self._id].label("stored"), *before))

    async def store(self, work: UnitOfWork, rows: Collection[Fields]) -> Mapping[UUID, Fields | None]:
        """Store those that are newer than what is known; by id of each of them what it was before, none when it is new.

        `rows` holds each aggregate once. They are locked in the order of their ids, the same for everybody.

        Raises:
            PoisonError: a version is too far ahead; nothing may be committed.
        """
        if not rows:
            return {}
        ordered = sorted(rows, key=self._order)
        found = await work.rows(self._store, **columns_of(self._table, ordered))
        given: Mapping[object, Any] = {row[self._id]: row[VERSION] for row in ordered}
        if any(given[row["stored"]] - (row[VERSION] or 0) > self._jump for row in found):
            raise PoisonError("a version that is too far ahead")
        names = self._table.columns.keys()
        return {
            row["stored"]: {name: row[name] for name in names} if row[self._id] is not None else None for row in found
        }

    def _order(self, row: Fields) -> int:
        # The number: compared as ids they take ten times as long.
        found: UUID = row[self._id]  # type: ignore[assignment]
        return found.int
