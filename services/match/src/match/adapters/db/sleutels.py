"""The locks under which matches change (D4 form (a), ADR 0003): one row per youth and per parent.

Everything that can make or end a match of a youth holds the youth's row, and the rows of its parents before and after.
So two transactions whose outcomes depend on each other share a row, and the second one's next statement sees what the
first one committed (READ COMMITTED).

The table is not logged: a crash empties it, and ends everybody who held a row of it (ADR 0003).
"""

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from match.adapters.db.tables import matchsleutel
from platformkit.db.prepared import Prepared
from platformkit.db.sets import one_of, rows
from platformkit.errors import TransientError


class Sleutelsoort(StrEnum):
    """Youths are always locked before parents."""

    JEUGDIGE = "jeugdige"
    OUDER = "ouder"


_SOORT = bindparam("soort", type_=matchsleutel.c.soort.type)
_IDS = rows(matchsleutel, ["id"])
_VERGRENDELEN: Select[UUID] = (
    select(matchsleutel.c.id)
    .where(matchsleutel.c.soort == _SOORT, one_of(matchsleutel.c.id, "id"))
    .order_by(matchsleutel.c.id)
)
_WACHTEND = Prepared(_VERGRENDELEN.with_for_update())
_METEEN = Prepared(_VERGRENDELEN.with_for_update(nowait=True))
# Sorted here too: a new key is held from its insertion on.
_MAKEN = Prepared(
    insert(matchsleutel)
    .from_select(["soort", "id"], select(_SOORT, _IDS.c.id).order_by(_IDS.c.id))
    .on_conflict_do_nothing()
    .returning(matchsleutel.c.id)
)


class Sleutels:
    """Takes the locks of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def jeugdigen(self, refs: Collection[UUID]) -> None:
        """Hold these youths until the end of the transaction; before any parent.

        Raises:
            TransientError: a key was removed in between; the whole transaction must start again.
            LockNotAvailableError: others made a key and hold it, which is transient as well.
        """
        await self._vergrendel(Sleutelsoort.JEUGDIGE, refs)

    async def ouders(self, refs: Collection[UUID]) -> None:
        """Hold these parents until the end of the transaction; they must be read after the youths are held.

        Raises:
            TransientError: as `jeugdigen`.
        """
        await self._vergrendel(Sleutelsoort.OUDER, refs)

    async def _vergrendel(self, soort: Sleutelsoort, refs: Collection[UUID]) -> None:
        """Hold what is there, make what is not. Nearly always all are there, and one statement is enough."""
        onbekend = await self._met(_WACHTEND, soort, sorted(set(refs)))
        anderen = await self._met(_MAKEN, soort, onbekend)
        # Made by others meanwhile. Not waited for: they come after keys with a higher id, and that may be a circle.
        if await self._met(_METEEN, soort, anderen):
            raise TransientError("tijdelijk-niet-beschikbaar")

    async def _met(self, statement: Prepared, soort: Sleutelsoort, ids: list[UUID]) -> list[UUID]:
        """Those of `ids` that the statement did not give."""
        if not ids:
            return []
        gekregen = {row[0] for row in await statement.rows(self._connection, soort=soort.value, id=ids)}
        return [each for each in ids if each not in gekregen]
