"""Follow no more who is about to be destroyed.

His end waits for nobody: an entry that the BRP did not take is one that it follows for nothing, which the next night finds
(`GevolgdenNalopen`). Until then the BRP alone knows of it, and no name is kept here for it.
"""

from collections.abc import Collection
from datetime import date

from brp_proxy.application.ports import PersoonRepository, Volgen, VolgRepository
from brp_proxy.domain.bsn import Bsn
from contracts.base import PersoonRef
from platformkit.errors import DomainError, TransientError
from platformkit.executor import Executor, UnitOfWork
from platformkit.logging import get_logger

log = get_logger()


class VolgindicatiesBeeindigen:
    """Tells the BRP, once."""

    def __init__(
        self, volgen: Volgen, executor: Executor, volglijst: VolgRepository, personen: PersoonRepository
    ) -> None:
        self._volgen = volgen
        self._executor = executor
        self._volglijst = volglijst
        self._personen = personen

    async def __call__(self, refs: Collection[PersoonRef]) -> None:
        """End the entries of those who have one."""
        bsns, vandaag = await self._executor.execute(self._gevolgd, None, refs)
        try:
            for bsn in bsns:
                await self._volgen.beeindig(bsn, vandaag)
        except (DomainError, TransientError):
            log.warning("volgindicatie_niet_beeindigd", count=len(bsns))

    async def _gevolgd(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> tuple[Collection[Bsn], date]:
        """Also today. Not those who are known again, under another ref: that entry is theirs by now."""
        gevolgd = await self._volglijst.gevolgd(work, refs)
        bsns = set((await self._personen.bsn_van(work, gevolgd)).values())
        return bsns - (await self._personen.refs_van(work, bsns)).keys(), work.today
