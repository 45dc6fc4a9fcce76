"""Signals, youths and parents as last told by their owners. A version only rises (D4)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from match.adapters.db.tables import ouder, persoon, signaal
from match.adapters.db.verzameling import upsert
from match.application.ports import PersoonRij, SignaalRij
from match.domain.signaal import Ouderband, PersoonStatus, Signaal, SignaalStatus
from platformkit.db.sets import columns_of, insert_rows, one_of

_OUDERS = select(ouder.c.persoon_ref, ouder.c.ouder_ref, ouder.c.sinds, ouder.c.sinds_versie, ouder.c.sinds_gewijzigd)
_OUDERS_VAN = _OUDERS.where(one_of(ouder.c.persoon_ref, "jeugdigen"))
_KINDEREN = _OUDERS.where(one_of(ouder.c.ouder_ref, "ouders"))
# As its partial index, which is small: nearly all youths live.
_NIET_IN_LEVEN = persoon.c.status != literal_column(f"'{PersoonStatus.IN_LEVEN}'")
_PERSONEN = select(persoon.c.persoon_ref, persoon.c.status).where(
    one_of(persoon.c.persoon_ref, "jeugdigen"), _NIET_IN_LEVEN
)
_SIGNALEN_VAN = select(
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
    select(persoon.c.status).where(persoon.c.persoon_ref == signaal.c.persoon_ref, _NIET_IN_LEVEN).scalar_subquery(),
    # Candidates only, for the partial index; which ones count is the rule `telt_mee`.
).where(one_of(signaal.c.persoon_ref, "jeugdigen"), signaal.c.status == SignaalStatus.ACTIEF.value)
# What stood there before: all of it null when there was nothing.
_SIGNALEN_BIJWERKEN = upsert(signaal, nieuwere=True).returning(
    signaal.c.signaal_id, *(literal_column(f"old.{kolom.name}", kolom.type) for kolom in signaal.c)
)
_PERSONEN_BIJWERKEN = upsert(persoon, nieuwere=True).returning(persoon.c.persoon_ref)
_OUDERS_WEG = delete(ouder).where(one_of(ouder.c.persoon_ref, "jeugdigen"))
_OUDERS_ERBIJ = insert_rows(ouder)
_SIGNALEN_MET_ID = select(signaal).where(one_of(signaal.c.signaal_id, "ids"))


class Projectie:
    """Reads and writes the projections in one transaction, under the locks of `Sleutels`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def ouders(self, jeugdigen: Collection[UUID]) -> list[Ouderband]:
        """The parents of these youths."""
        found = (await self._connection.execute(_OUDERS_VAN, {"jeugdigen": list(jeugdigen)})).all()
        return [Ouderband._make(row) for row in found]

    async def kinderen(self, ouders: Collection[UUID]) -> list[Ouderband]:
        """Every child of these parents."""
        if not ouders:
            return []
        found = (await self._connection.execute(_KINDEREN, {"ouders": list(ouders)})).all()
        return [Ouderband._make(row) for row in found]

    async def signalen(self, jeugdigen: Collection[UUID]) -> list[Signaal]:
        """The signals on these youths that may be active."""
        found = (await self._connection.execute(_SIGNALEN_VAN, {"jeugdigen": list(jeugdigen)})).all()
        return [Signaal._make((*row, SignaalStatus.ACTIEF, PersoonStatus(weg) if weg else None)) for *row, weg in found]

    async def signalen_met_id(self, ids: Collection[UUID]) -> Mapping[UUID, SignaalRij]:
        """Signals and tombstones by id."""
        found = (await self._connection.execute(_SIGNALEN_MET_ID, {"ids": list(ids)})).all()
        return {row.signaal_id: _signaalrij(row) for row in found}

    async def personen(self, jeugdigen: Collection[UUID]) -> Mapping[UUID, PersoonStatus]:
        """How those of these youths stand who died or were destroyed."""
        found = (await self._connection.execute(_PERSONEN, {"jeugdigen": list(jeugdigen)})).all()
        return {row.persoon_ref: PersoonStatus(row.status) for row in found}

    async def werk_signalen_bij(self, signalen: Collection[SignaalRij]) -> Mapping[UUID, SignaalRij | None]:
        """Store what is newer; what each of those signals was before, none when it is new."""
        if not signalen:
            return {}
        found = (await self._connection.execute(_SIGNALEN_BIJWERKEN, columns_of(signaal, signalen))).all()
        return {nieuw: _signaalrij(oud) if oud[0] is not None else None for nieuw, *oud in found}

    async def werk_personen_bij(self, personen: Collection[PersoonRij]) -> set[UUID]:
        """Store what is newer; the refs of those youths."""
        if not personen:
            return set()
        return set((await self._connection.execute(_PERSONEN_BIJWERKEN, columns_of(persoon, personen))).scalars())

    async def vervang_ouders(self, jeugdigen: Collection[UUID], banden: Iterable[Ouderband]) -> None:
        """Give these youths these parents and no others."""
        if not jeugdigen:
            return
        await self._connection.execute(_OUDERS_WEG, {"jeugdigen": list(jeugdigen)})
        await self._connection.execute(_OUDERS_ERBIJ, columns_of(ouder, banden))


def _signaalrij(row: Sequence[Any]) -> SignaalRij:
    ruw = SignaalRij._make(row)
    return ruw._replace(status=SignaalStatus(ruw.status))
