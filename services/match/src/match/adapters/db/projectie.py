"""Signals, youths and parents as last told by their owners. A version only rises (D4)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from match.adapters.db.tables import ouder, persoon, signaal
from match.adapters.db.verzameling import upsert
from match.application.ports import PersoonRij, SignaalRij
from match.domain.signaal import Ouderband, PersoonStatus, Signaal, SignaalStatus
from platformkit.db.prepared import Prepared
from platformkit.db.sets import columns_of, constant, insert_rows, one_of

_OUDERS = select(ouder.c.persoon_ref, ouder.c.ouder_ref, ouder.c.sinds, ouder.c.sinds_versie, ouder.c.sinds_gewijzigd)
_OUDERS_VAN = Prepared(_OUDERS.where(one_of(ouder.c.persoon_ref, "jeugdigen")))
_KINDEREN = Prepared(_OUDERS.where(one_of(ouder.c.ouder_ref, "ouders")))
# As its partial index, which is small: nearly all youths live.
_NIET_IN_LEVEN = persoon.c.status != constant(PersoonStatus.IN_LEVEN)
_PERSONEN = Prepared(
    select(persoon.c.persoon_ref, persoon.c.status).where(one_of(persoon.c.persoon_ref, "jeugdigen"), _NIET_IN_LEVEN)
)
_SIGNALEN_VAN = Prepared(
    select(
        signaal.c.signaal_id,
        signaal.c.persoon_ref,
        signaal.c.professional,
        signaal.c.account,
        signaal.c.organisatie,
        signaal.c.organisatiesoort,
        signaal.c.convenant,
        signaal.c.gemeente,
        signaal.c.afgegeven_op,
        signaal.c.einddatum,
        # A look-up for each: for a join the planner would rather read the whole table.
        select(persoon.c.status)
        .where(persoon.c.persoon_ref == signaal.c.persoon_ref, _NIET_IN_LEVEN)
        .scalar_subquery(),
        # Candidates only, for the partial index; which ones count is the rule `telt_mee`.
    ).where(one_of(signaal.c.persoon_ref, "jeugdigen"), signaal.c.status == constant(SignaalStatus.ACTIEF))
)
# What stood there before: all of it null when there was nothing.
_SIGNALEN_BIJWERKEN = Prepared(
    upsert(signaal, nieuwere=True).returning(
        signaal.c.signaal_id, *(literal_column(f"old.{kolom.name}", kolom.type) for kolom in signaal.c)
    )
)
_PERSONEN_BIJWERKEN = Prepared(upsert(persoon, nieuwere=True).returning(persoon.c.persoon_ref))
_OUDERS_WEG = Prepared(delete(ouder).where(one_of(ouder.c.persoon_ref, "jeugdigen")))
_OUDERS_ERBIJ = Prepared(insert_rows(ouder))
_SIGNALEN_MET_ID = Prepared(select(signaal).where(one_of(signaal.c.signaal_id, "ids")))


class Projectie:
    """Reads and writes the projections in one transaction, under the locks of `Sleutels`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def ouders(self, jeugdigen: Collection[UUID]) -> list[Ouderband]:
        """The parents of these youths."""
        found = await _OUDERS_VAN.rows(self._connection, jeugdigen=list(jeugdigen))
        return [Ouderband._make(row) for row in found]

    async def kinderen(self, ouders: Collection[UUID]) -> list[Ouderband]:
        """Every child of these parents."""
        if not ouders:
            return []
        found = await _KINDEREN.rows(self._connection, ouders=list(ouders))
        return [Ouderband._make(row) for row in found]

    async def signalen(self, jeugdigen: Collection[UUID]) -> list[Signaal]:
        """The signals on these youths that may be active."""
        found = await _SIGNALEN_VAN.rows(self._connection, jeugdigen=list(jeugdigen))
        return [Signaal._make((*row, SignaalStatus.ACTIEF, PersoonStatus(weg) if weg else None)) for *row, weg in found]

    async def signalen_met_id(self, ids: Collection[UUID]) -> Mapping[UUID, SignaalRij]:
        """Signals and tombstones by id."""
        found = await _SIGNALEN_MET_ID.rows(self._connection, ids=list(ids))
        return {row[0]: _signaalrij(row) for row in found}

    async def personen(self, jeugdigen: Collection[UUID]) -> Mapping[UUID, PersoonStatus]:
        """How those of these youths stand who died or were destroyed."""
        found = await _PERSONEN.rows(self._connection, jeugdigen=list(jeugdigen))
        return {ref: PersoonStatus(status) for ref, status in found}

    async def werk_signalen_bij(self, signalen: Collection[SignaalRij]) -> Mapping[UUID, SignaalRij | None]:
        """Store what is newer; what each of those signals was before, none when it is new."""
        if not signalen:
            return {}
        found = await _SIGNALEN_BIJWERKEN.rows(self._connection, **columns_of(signaal, signalen))
        return {nieuw: _signaalrij(oud) if oud[0] is not None else None for nieuw, *oud in found}

    async def werk_personen_bij(self, personen: Collection[PersoonRij]) -> set[UUID]:
        """Store what is newer; the refs of those youths."""
        if not personen:
            return set()
        found = await _PERSONEN_BIJWERKEN.rows(self._connection, **columns_of(persoon, personen))
        return {ref for (ref,) in found}

    async def vervang_ouders(self, jeugdigen: Collection[UUID], banden: Iterable[Ouderband]) -> None:
        """Give these youths these parents and no others."""
        if not jeugdigen:
            return
        await _OUDERS_WEG.rows(self._connection, jeugdigen=list(jeugdigen))
        await _OUDERS_ERBIJ.rows(self._connection, **columns_of(ouder, banden))


def _signaalrij(row: Iterable[Any]) -> SignaalRij:
    ruw = SignaalRij._make(row)
    return ruw._replace(status=SignaalStatus(ruw.status))
