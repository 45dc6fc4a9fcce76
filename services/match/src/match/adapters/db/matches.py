"""Stored matches, for the worker; what a professional sees of them is in `queries`."""

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.match import MatchReden, MatchSoort, MatchStatus, OorzaakSoort
from match.adapters.db.tables import generatie, match
from match.adapters.db.verzameling import upsert
from match.domain.match import Match
from platformkit.db.prepared import Prepared
from platformkit.db.sets import columns_of, constant, one_of

_ACTIEF = match.c.status == constant(MatchStatus.ACTIEF)
_VAN_SIGNALEN = or_(one_of(match.c.signaal_a, "signalen"), one_of(match.c.signaal_b, "signalen"))
_VAN = Prepared(select(match).where(_VAN_SIGNALEN))
_MET_ID = Prepared(select(match).where(one_of(match.c.match_id, "ids")))
_VERLOPEN = Prepared(
    select(match)
    .where(_ACTIEF, match.c.einddatum <= bindparam("vandaag", type_=match.c.einddatum.type))
    .order_by(match.c.einddatum)
    .limit(bindparam("aantal"))
)
# Held: their two youths need not share a lock any more, and both their signals may be removed at once.
_BEEINDIGD_VOOR = Prepared(
    select(match)
    .where(
        match.c.status == MatchStatus.BEEINDIGD.value,
        match.c.reden != MatchReden.SIGNAAL_VERWIJDERD.value,
        _VAN_SIGNALEN,
    )
    .order_by(match.c.match_id)
    .with_for_update()
)
_BEWAREN = Prepared(upsert(match, nieuwere=False))
_GENERATIE = Prepared(select(generatie.c.nummer))


class Matches:
    """Reads and writes matches in one transaction, under the locks of `Sleutels`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def van(self, signalen: Collection[UUID]) -> list[Match]:
        """Every match that was ever made of these signals."""
        if not signalen:
            return []
        return [_match(row) for row in await _VAN.rows(self._connection, signalen=list(signalen))]

    async def met_id(self, ids: Collection[UUID]) -> list[Match]:
        """The matches with these ids, as far as they were ever made."""
        if not ids:
            return []
        return [_match(row) for row in await _MET_ID.rows(self._connection, ids=list(ids))]

    async def ids_na(self, na: UUID | None, aantal: int) -> list[UUID]:
        """The ids of at most `aantal` matches in the order of their ids, after `na`."""
        vraag = select(match.c.match_id).order_by(match.c.match_id).limit(aantal)
        found = await self._connection.execute(vraag if na is None else vraag.where(match.c.match_id > na))
        return list(found.scalars())

    async def verlopen(self, vandaag: date, aantal: int) -> list[Match]:
        """At most `aantal` matches whose einddatum passed while nobody ended them."""
        found = await _VERLOPEN.rows(self._connection, vandaag=vandaag, aantal=aantal)
        return [_match(row) for row in found]

    async def beeindigd_voor(self, signalen: Collection[UUID]) -> list[Match]:
        """The matches of these signals that had ended for another reason than a removed signal, held from now on."""
        if not signalen:
            return []
        found = await _BEEINDIGD_VOOR.rows(self._connection, signalen=list(signalen))
        return [_match(row) for row in found]

    async def bewaar(self, matches: Collection[Match]) -> None:
        """Store new and changed matches."""
        if matches:
            await _BEWAREN.rows(self._connection, **columns_of(match, matches))

    async def generatie(self) -> int:
        """The number of this database's life: raised when it was rebuilt or restored (D4)."""
        ((nummer,),) = await _GENERATIE.rows(self._connection)
        return int(nummer)


def _match(row: Iterable[object]) -> Match:
    ruw = Match._make(row)
    return ruw._replace(
        soort=MatchSoort(ruw.soort),
        oorzaak_soort=OorzaakSoort(ruw.oorzaak_soort),
        status=MatchStatus(ruw.status),
        reden=MatchReden(ruw.reden) if ruw.reden else None,
    )
