"""Finds the rows that are still to be published, oldest first, without walking over those that are gone (ADR 0001).

Removed rows stay in table and index as long as any transaction of the cluster may still see them, five minutes beside a
five-minute writer. A look from the beginning walks over all of them; so a look begins behind the last row found. That
alone would miss what commits late with a lower position, so each position that was passed without a row is looked up
by its number for a while, and now and then the whole table is looked through: only how soon a late row is found
depends on what is remembered here, never whether.
"""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, any_, bindparam, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.db.tables import outbox

_WHOLE_SECONDS = 5.0
# Beside a long writer a look through the whole table is a long one: it takes at most so much of the time.
_WHOLE_SHARE, _WHOLE_LATEST = 0.002, 60.0
_GAP_SECONDS = 10.0
_MAX_GAPS = 1_000
# How far below the first row that is ever found one may still be under way.
_BELOW = 100


class Pending(NamedTuple):
    """A row of the outbox, as it is to be published."""

    position: int
    topic: str
    key: str
    headers: Mapping[str, str]
    payload: bytes
    traceparent: str | None


_waiting = select(*(outbox.c[name] for name in Pending._fields)).where(~outbox.c.parked)


def _oldest(limit: int) -> Statement:
    """One statement, thus one moment: a late row is never passed over for a newer one of its aggregate."""
    late = _waiting.where(outbox.c.position == any_(bindparam("gaps", type_=ARRAY(BigInteger))))
    new = _waiting.where(outbox.c.position > bindparam("floor")).order_by(outbox.c.position).limit(limit)
    found = union_all(late, new.subquery().select()).subquery()
    return Statement(found.select().order_by(found.c.position).limit(limit))


class Search:
    """What one relay remembers of where it looked. A new one knows nothing and begins at the beginning."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._statement = _oldest(limit)
        self._floor = 0
        self._gaps: dict[int, float] = {}
        self._whole_at = 0.0

    def due(self) -> bool:
        """Whether it is time for a look through the whole table. Nothing may be on its way to the broker then."""
        return time.monotonic() >= self._whole_at

    async def whole(self, database: Database) -> Sequence[Pending]:
        """The oldest waiting rows of the table, in order, at most `limit`."""
        begun = time.monotonic()
        rows = await self._look(database, 0, ())
        now = time.monotonic()
        self._whole_at = now + min(max(_WHOLE_SECONDS, (now - begun) / _WHOLE_SHARE), _WHOLE_LATEST)
        self._remember([row.position for row in rows], now)
        if len(rows) == self._limit:
            # There may be more like the last one, even when that is a late one: go on behind it.
            self._floor = rows[-1].position
        return rows

    async def next(self, database: Database) -> Sequence[Pending]:
        """The oldest waiting rows that no look has given yet, in order, at most `limit`."""
        rows = await self._look(database, self._floor, list(self._gaps))
        self._remember([row.position for row in rows], time.monotonic())
        return rows

    async def _look(self, database: Database, floor: int, gaps: Sequence[int]) -> Sequence[Pending]:
        return [Pending(**found) for found in await database.rows(self._statement, floor=floor, gaps=gaps)]

    def _remember(self, found: Sequence[int], now: float) -> None:
        young = {position: at for position, at in self._gaps.items() if now - at < _GAP_SECONDS}
        if found and found[-1] > self._floor:
            first = max(self._floor + 1 if self._floor else found[0] - _BELOW, found[-1] - _MAX_GAPS)
            young |= dict.fromkeys(range(first, found[-1]), now)
            self._floor = found[-1]
        for position in found:
            young.pop(position, None)
        self._gaps = dict(list(young.items())[-_MAX_GAPS:])
