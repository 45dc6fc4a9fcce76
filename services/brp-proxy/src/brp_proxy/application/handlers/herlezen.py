"""Read a person again of whom nothing can be read here: a restore took him, or what was told of him since (D1)."""

from brp_proxy.application import contexts
from brp_proxy.application.opslag import leg_vast
from brp_proxy.application.ports import Brp, PersoonRepository
from brp_proxy.domain.doel import Verwerkingsdoel
from brp_proxy.domain.persoonslijst import Persoonslijst
from contracts.base import PersoonRef
from platformkit.errors import DomainError, UnclearError
from platformkit.executor import Executor, UnitOfWork


class Herlezen:
    """For whom a signal exists: that is why the BRP may be asked."""

    def __init__(self, brp: Brp, executor: Executor, personen: PersoonRepository) -> None:
        self._brp = brp
        self._executor = executor
        self._personen = personen

    async def __call__(self, persoon_ref: PersoonRef) -> bool:
        """Ask the BRP by the BSN that is sealed with his key, and store him under the same ref; whether that was done.

        Raises:
            TransientError: `brp-niet-beschikbaar`.
        """
        bsn = (await self._executor.execute(self._personen.bsn_van, None, [persoon_ref])).get(persoon_ref)
        try:
            lijst = await self._brp.raadpleeg(bsn, Verwerkingsdoel.VOLGEN) if bsn else None
        except (DomainError, UnclearError):
            # Such as two current lists: a person must look at it. He stays to be read.
            return False
        # Under another BSN he would get another ref.
        if lijst is None or lijst.bsn != bsn:
            return False
        await self._executor.execute(self._bewaar, contexts.ZELF, lijst)
        return True

    async def _bewaar(self, work: UnitOfWork, lijst: Persoonslijst) -> None:
        persoon = await leg_vast(work, self._personen, lijst)
        work.audit("brp-raadpleging", outcome="herlezen", person=persoon.persoon_ref)
