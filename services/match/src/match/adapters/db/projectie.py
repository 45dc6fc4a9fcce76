"""Signals, youths and parents as last told by their owners. A version only rises (D4)."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.signaal import SignaalReden
from match.adapters.db.tables import ouder, persoon, signaal
from match.adapters.db.verzameling import een_van, rijen, upsert, waarden
from match.application.ports import PersoonRij, SignaalRij
from match.domain.match import Match
from match.domain.reden import Zijde
from match.domain.signaal import Ouderband, PersoonStatus, Signaal, SignaalStatus

_OUDERS = select(ouder.c.persoon_ref, ouder.c.ouder_ref, ouder.c.sinds, ouder.c.sinds_versie, ouder.c.sinds_gewijzigd)
_OUDERS_VAN = _OUDERS.where(een_van(ouder.c.persoon_ref, "jeugdigen"))
# Plain look-ups by key, joined in Python: for a batch the planner would rather read whole tables than join by index.
_KINDEREN = _OUDERS.where(een_van(ouder.c.ouder_ref, "ouders"))
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
    # Candidates only, for the partial index; which ones count is the rule `telt_mee`.
).where(een_van(signaal.c.persoon_ref, "jeugdigen"), signaal.c.status == SignaalStatus.ACTIEF.value)
_SIGNALEN_BIJWERKEN = upsert(signaal, nieuwere=True).returning(signaal.c.signaal_id)
_PERSONEN_BIJWERKEN = upsert(persoon, nieuwere=True).returning(persoon.c.persoon_ref)
_OUDERS_WEG = delete(ouder).where(een_van(ouder.c.persoon_ref, "jeugdigen"))
_nieuwe_ouders = rijen(ouder)
_OUDERS_ERBIJ = insert(ouder).from_select(ouder.columns.keys(), select(*_nieuwe_ouders.c))
_STANDEN = select(signaal.c.signaal_id, signaal.c.status, signaal.c.reden, signaal.c.einddatum).where(
    een_van(signaal.c.signaal_id, "signalen")
)
_PERSONEN = select(persoon.c.persoon_ref, persoon.c.status).where(een_van(persoon.c.persoon_ref, "jeugdigen"))


class Projectie:
    """Reads and writes the projections in one transaction, under the locks of `Sleutels`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def ouders(self, jeugdigen: Collection[UUID]) -> list[Ouderband]:
        """The parents of these youths."""
        found = await self._connection.execute(_OUDERS_VAN, {"jeugdigen": list(jeugdigen)})
        return [Ouderband._make(row) for row in found]

    async def kinderen(self, ouders: Collection[UUID]) -> list[Ouderband]:
        """Every child of these parents."""
        if not ouders:
            return []
        found = await self._connection.execute(_KINDEREN, {"ouders": list(ouders)})
        return [Ouderband._make(row) for row in found]

    async def signalen(self, jeugdigen: Collection[UUID]) -> list[Signaal]:
        """The signals on these youths that may be active."""
        personen = await self._personen(jeugdigen)
        found = await self._connection.execute(_SIGNALEN_VAN, {"jeugdigen": list(jeugdigen)})
        return [Signaal._make((*row, SignaalStatus.ACTIEF, personen.get(row.persoon_ref))) for row in found]

    async def werk_signalen_bij(self, signalen: Collection[SignaalRij]) -> set[UUID]:
        """Store what is newer; the ids of those signals."""
        if not signalen:
            return set()
        return set((await self._connection.execute(_SIGNALEN_BIJWERKEN, waarden(signaal, signalen))).scalars())

    async def werk_personen_bij(self, personen: Collection[PersoonRij]) -> set[UUID]:
        """Store what is newer; the refs of those youths."""
        if not personen:
            return set()
        return set((await self._connection.execute(_PERSONEN_BIJWERKEN, waarden(persoon, personen))).scalars())

    async def vervang_ouders(self, jeugdigen: Collection[UUID], banden: Iterable[Ouderband]) -> None:
        """Give these youths these parents and no others."""
        if not jeugdigen:
            return
        await self._connection.execute(_OUDERS_WEG, {"jeugdigen": list(jeugdigen)})
        await self._connection.execute(_OUDERS_ERBIJ, waarden(ouder, banden))

    async def zijden(self, matches: Collection[Match]) -> Mapping[UUID, tuple[Zijde, Zijde]]:
        """How both sides of matches stand now, by match id."""
        signalen = {each for m in matches for each in (m.signaal_a, m.signaal_b)}
        jeugdigen = {each for m in matches for each in (m.persoon_a, m.persoon_b)}
        standen = {
            row.signaal_id: row for row in await self._connection.execute(_STANDEN, {"signalen": list(signalen)})
        }
        personen = await self._personen(jeugdigen)

        def zijde(signaal_id: UUID, persoon_ref: UUID) -> Zijde:
            stand = standen[signaal_id]
            return Zijde(
                SignaalStatus(stand.status),
                SignaalReden(stand.reden) if stand.reden else None,
                stand.einddatum,
                personen.get(persoon_ref),
            )

        return {m.match_id: (zijde(m.signaal_a, m.persoon_a), zijde(m.signaal_b, m.persoon_b)) for m in matches}

    async def _personen(self, jeugdigen: Collection[UUID]) -> dict[UUID, PersoonStatus]:
        found = await self._connection.execute(_PERSONEN, {"jeugdigen": list(jeugdigen)})
        return {row.persoon_ref: PersoonStatus(row.status) for row in found}
