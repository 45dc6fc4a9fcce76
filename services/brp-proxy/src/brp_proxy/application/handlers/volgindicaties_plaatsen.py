"""Follow whoever has a signal: place the entry at the BRP, then read him once more (D1).

Only after the signal, because nobody may be followed for a question that led to nothing. Once more, because what changed
between the first reading and the entry is never delivered.
"""

from brp_proxy.application.handlers.persoon_bijwerken import TEGELIJK, meld_niet_te_volgen
from brp_proxy.application.handlers.volgwerk import Volgwerk
from platformkit.errors import DomainError


class VolgindicatiesPlaatsen(Volgwerk):
    """Places the entries that are missing; the number of them. Repeated after a crash, which changes nothing."""

    async def __call__(self) -> int:
        """Place so many of them.

        Raises:
            TransientError: the BRP is away; those that were placed are known as such.
        """
        refs = await self._executor.execute(self._volglijst.te_plaatsen, None, TEGELIJK)
        bsns = await self._executor.execute(self._personen.bsn_van, None, refs) if refs else {}
        for ref, bsn in bsns.items():
            try:
                await self._volgen.plaats(bsn)
            except DomainError as error:
                # As if it stood: each night finds that it does not, and lets it be tried again.
                meld_niet_te_volgen(ref, error.code)
            await self._bijwerken([ref])
            await self._executor.execute(self._volglijst.geplaatst, None, [ref])
        return len(bsns)
