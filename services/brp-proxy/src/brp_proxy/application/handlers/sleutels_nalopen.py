"""Keys without a person (D1): the base was not committed after them, or was set back.

Whoever has such a key is taken in as a lease without data, so that signaal is asked about him as about any other
(`LeasesNalopen`): without a signal he goes, with one he is read again.
"""

from collections.abc import Sequence
from typing import Final

from brp_proxy.application.handlers.leases_nalopen import GEDULD
from brp_proxy.application.ports import HerstelRepository, Sleutelrecord, SleutelRepository
from platformkit.executor import Executor, UnitOfWork

_HOOGSTENS: Final = 500


class SleutelsNalopen:
    """Looks once at each key that was written, when nobody can be writing its person any more; the number of them."""

    def __init__(self, executor: Executor, sleutels: SleutelRepository, herstel: HerstelRepository) -> None:
        self._executor = executor
        self._sleutels = sleutels
        self._herstel = herstel

    async def __call__(self) -> int:
        """Look at so many of them."""
        records = await self._executor.execute(self._neem_op, None)
        if records:
            await self._sleutels.nagelopen(records)
        return len(records)

    async def _neem_op(self, work: UnitOfWork) -> Sequence[Sleutelrecord]:
        records = await self._sleutels.na_te_lopen(work.now - GEDULD, _HOOGSTENS)
        if records:
            await self._herstel.neem_op(work, records)
        return records
