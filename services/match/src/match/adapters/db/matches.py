"""Stored matches, for the worker, under the locks of `sleutels`; what a professional sees is in `eigen_matches`."""

from collections.abc import Collection
from operator import itemgetter
from typing import Final

from sqlalchemy import Integer, bindparam, or_, select, update

from contracts.base import MatchId, SignaalId
from contracts.match import MatchReden, MatchSoort, MatchStatus, OorzaakSoort
from match.adapters.db.tables import generatie, match
from match.domain.match import Match
from match.domain.reden import REDENEN
from platformkit.db.sets import columns_of, constant, one_of, upsert_rows
from platformkit.db.statement import Row, Statement
from platformkit.executor import UnitOfWork

_ACTIEF = match.c.status == constant(MatchStatus.ACTIEF)
_VAN_SIGNALEN = or_(one_of(match.c.signaal_a, "signalen"), one_of(match.c.signaal_b, "signalen"))
_AANTAL = bindparam("aantal", type_=Integer())
_VAN: Final = Statement(select(match).where(_VAN_SIGNALEN))
_MET_ID: Final = Statement(select(match).where(one_of(match.c.match_id, "ids")))
_IDS = select(match.c.match_id).order_by(match.c.match_id).limit(_AANTAL)
_EERSTE_IDS: Final = Statement(_IDS)
_VOLGENDE_IDS: Final = Statement(_IDS.where(match.c.match_id > bindparam("na")))
_VERLOPEN: Final = Statement(
    select(match).where(_ACTIEF, match.c.einddatum <= bindparam("vandaag")).order_by(match.c.einddatum).limit(_AANTAL)
)
# Held: their two youths need not share a lock any more, and both their signals may be removed at once.
_BEEINDIGD_VOOR: Final = Statement(
    select(match)
    # An active one has no reason, which is unequal to none.
    .where(match.c.reden != MatchReden.SIGNAAL_VERWIJDERD.value, _VAN_SIGNALEN)
    .order_by(match.c.match_id)
    .with_for_update()
)
_BEWAREN: Final = Statement(upsert_rows(match))
_GENERATIE: Final = Statement(select(generatie.c.nummer))
_VERHOOG: Final = Statement(update(generatie).values(nummer=generatie.c.nummer + 1).returning(generatie.c.nummer))

# By name, as a keyword for each column is, in two thirds of the time: no column can take another one's place.
_VAN_RIJ = itemgetter(*Match._fields)


class PostgresMatchRepository:
    """See `match.application.ports.MatchRepository`."""

    async def van(self, work: UnitOfWork, signalen: Collection[SignaalId]) -> list[Match]:
        if not signalen:
            return []
        return [_match(rij) for rij in await work.rows(_VAN, signalen=list(signalen))]

    async def met_id(self, work: UnitOfWork, ids: Collection[MatchId]) -> list[Match]:
        if not ids:
            return []
        return [_match(rij) for rij in await work.rows(_MET_ID, ids=list(ids))]

    async def ids_na(self, work: UnitOfWork, na: MatchId | None, aantal: int) -> list[MatchId]:
        if na is None:
            return [rij.match_id for rij in await work.rows(_EERSTE_IDS, aantal=aantal)]
        return [rij.match_id for rij in await work.rows(_VOLGENDE_IDS, na=na, aantal=aantal)]

    async def verlopen(self, work: UnitOfWork, aantal: int) -> list[Match]:
        return [_match(rij) for rij in await work.rows(_VERLOPEN, vandaag=work.today, aantal=aantal)]

    async def beeindigd_voor(self, work: UnitOfWork, signalen: Collection[SignaalId]) -> list[Match]:
        if not signalen:
            return []
        return [_match(rij) for rij in await work.rows(_BEEINDIGD_VOOR, signalen=list(signalen))]

    async def bewaar(self, work: UnitOfWork, matches: Collection[Match]) -> None:
        if matches:
            await work.execute(_BEWAREN, **columns_of(match, [each._asdict() for each in matches]))

    async def generatie(self, work: UnitOfWork) -> int:
        return int(await work.value(_GENERATIE))

    async def verhoog(self, work: UnitOfWork) -> int:
        return int(await work.value(_VERHOOG))


def _match(rij: Row) -> Match:
    return Match._make(_VAN_RIJ(rij))._replace(
        soort=MatchSoort(rij.soort),
        oorzaak_soort=OorzaakSoort(rij.oorzaak_soort),
        status=MatchStatus(rij.status),
        reden=REDENEN[rij.reden] if rij.reden else None,
    )
