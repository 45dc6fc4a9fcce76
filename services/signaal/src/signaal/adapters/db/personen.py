"""Youths as brp-proxy last told them, in PostgreSQL."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import bindparam, select

from contracts.base import PersoonRef
from platformkit.db.statement import Statement
from platformkit.executor import UnitOfWork
from platformkit.executor.projection import Projection
from signaal.adapters.db.tables import persoon
from signaal.domain.persoon import Persoonstand, PersoonStatus

_STANDEN: Final = Projection(persoon)
_VAN: Final = Statement(select(persoon).where(persoon.c.persoon_ref == bindparam("ref")))


class PostgresPersoonRepository:
    """Implements the port PersoonRepository."""

    async def bewaar(self, work: UnitOfWork, standen: Collection[Persoonstand]) -> Sequence[Persoonstand]:
        """See the port."""
        nieuwer = await _STANDEN.store(work, [vars(each) for each in standen])
        return [each for each in standen if each.persoon_ref in nieuwer]

    async def van(self, work: UnitOfWork, persoon_ref: PersoonRef) -> Persoonstand | None:
        """See the port."""
        rij = await work.row(_VAN, ref=persoon_ref)
        return Persoonstand(**{**rij, "status": PersoonStatus(rij.status)}) if rij else None

    async def bijgewerkt(self, work: UnitOfWork, antwoord: Persoonstand) -> Persoonstand:
        """See the port."""
        # Also where it is not newer this waits for whoever stores the youth now, and goes on after him.
        await self.bewaar(work, [antwoord])
        return await self.van(work, antwoord.persoon_ref) or antwoord
