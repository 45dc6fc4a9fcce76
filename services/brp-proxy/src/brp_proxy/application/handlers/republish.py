"""Tell every person again, as stored (D2).

Always as PersoonVastgelegd, which is never the cause of a match (D18): since which version a parent stands there travels
with the parent (ADR 0002), so the causes of matches survive.
"""

from collections.abc import Callable
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from brp_proxy.application.ports import Personen
from brp_proxy.domain.persoon import zoals_vastgelegd
from platformkit.db.context import DatabaseContext
from platformkit.executor import UnitOfWork
from platformkit.outbox.republish import Retold


class Republish:
    """Opens the data of each person, because woongemeente and secrecy stand among them."""

    def __init__(self, personen: Callable[[AsyncConnection], Personen]) -> None:
        self._personen = personen

    async def __call__(self, work: UnitOfWork, after: UUID | None, limit: int) -> Retold:
        """Tell the next `limit` persons after a ref."""
        gevonden, dicht = await self._personen(work.connection).bladzijde(after, limit)
        for persoon in gevonden:
            work.emit(zoals_vastgelegd(persoon), version=persoon.versie)
        last = max([*(persoon.persoon_ref for persoon in gevonden), *dicht], default=None)
        return Retold(len(gevonden), last if len(gevonden) + len(dicht) == limit else None, dicht)


def context(vandaag: date) -> DatabaseContext:
    """The owner itself reads and tells."""
    return DatabaseContext(uuid5(NAMESPACE_URL, "brp-proxy#republish"), "dienst", frozenset(), vandaag)
