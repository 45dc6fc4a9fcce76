"""The locks under which matches change (D4 form (a), ADR 0003): one row per youth and per parent.

Everything that can make or end a match of a youth holds the youth's row, and the rows of its parents before and after.
So two transactions whose outcomes depend on each other share a row, and the second one's next statement sees what the
first one committed (READ COMMITTED).

The table is not logged: a crash empties it, and ends everybody who held a row of it (ADR 0003).
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from contracts.base import OuderRef, PersoonRef
from match.adapters.db.tables import matchsleutel
from platformkit.db.sets import one_of, rows
from platformkit.db.statement import Statement
from platformkit.errors import TransientError
from platformkit.executor import UnitOfWork


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
_WACHTEND: Final = Statement(_VERGRENDELEN.with_for_update())
_METEEN: Final = Statement(_VERGRENDELEN.with_for_update(nowait=True))
# Sorted here too: a new key is held from its insertion on.
_MAKEN: Final = Statement(
    insert(matchsleutel)
    .from_select(["soort", "id"], select(_SOORT, _IDS.c.id).order_by(_IDS.c.id))
    .on_conflict_do_nothing()
    .returning(matchsleutel.c.id)
)


class PostgresSleutelRepository:
    """See `match.application.ports.SleutelRepository`."""

    async def jeugdigen(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> None:
        await _vergrendel(work, Sleutelsoort.JEUGDIGE, refs)

    async def ouders(self, work: UnitOfWork, refs: Collection[OuderRef]) -> None:
        await _vergrendel(work, Sleutelsoort.OUDER, refs)


async def _vergrendel(work: UnitOfWork, soort: Sleutelsoort, refs: Collection[UUID]) -> None:
    """Hold what is there, make what is not. Nearly always all are there, and one statement is enough."""
    onbekend = await _zonder(work, _WACHTEND, soort, sorted(set(refs)))
    anderen = await _zonder(work, _MAKEN, soort, onbekend)
    # Made by others meanwhile. Not waited for: they come after keys with a higher id, and that may be a circle.
    if await _zonder(work, _METEEN, soort, anderen):
        raise TransientError("tijdelijk-niet-beschikbaar")


async def _zonder(work: UnitOfWork, statement: Statement, soort: Sleutelsoort, ids: list[UUID]) -> list[UUID]:
    """Those of `ids` that the statement did not give."""
    if not ids:
        return []
    gekregen = {rij.id for rij in await work.rows(statement, soort=soort, id=ids)}
    return [each for each in ids if each not in gekregen]
