"""Tell every person again, as stored (D2).

Always as PersoonVastgelegd, which is never the cause of a match (D18): since which version a parent stands there travels
with the parent (ADR 0002), so the causes of matches survive.
"""

from uuid import UUID

from brp_proxy.application.ports import PersoonRepository
from brp_proxy.domain import events
from platformkit.db.context import NOBODY, DatabaseContext
from platformkit.executor import UnitOfWork
from platformkit.executor.retelling import Retold

CONTEXT = DatabaseContext(NOBODY, "dienst")
"""The owner itself reads and tells."""


class Republish:
    """Opens the data of each person, because woongemeente and secrecy stand among them."""

    def __init__(self, personen: PersoonRepository) -> None:
        self._personen = personen

    async def __call__(self, work: UnitOfWork, after: UUID | None, limit: int) -> Retold:
        """Tell the next `limit` persons after a ref."""
        gevonden, dicht = await self._personen.bladzijde(work, after, limit)
        for persoon in gevonden:
            work.emit(events.vastgelegd(persoon), version=persoon.versie)
        last = max([*(persoon.persoon_ref for persoon in gevonden), *dicht], default=None)
        return Retold(len(gevonden), last if len(gevonden) + len(dicht) == limit else None, dicht)
