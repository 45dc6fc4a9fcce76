"""The end of a person (D1, D8): he is marked, then his key goes, then his row, and parents who have no other child here.

Two databases cannot commit together. In this order nothing is lost whatever happens in between, and each step can be
repeated: a marked person is unknown to everybody, and a BSN that is asked for meanwhile gets another ref.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from opentelemetry import metrics

from brp_proxy.application.ports import LevensloopRepository, SleutelRepository
from contracts.base import PersoonRef
from contracts.persoon import PersoonVernietigd, PersoonVernietigdReden
from platformkit import failpoints
from platformkit.executor import Executor, UnitOfWork

_HOOGSTENS: Final = 100

_vernietigd = metrics.get_meter("brp_proxy").create_counter("persoon.vernietigd", unit="{person}")


class Vernietigen:
    """Ends those who were marked (`LevensloopRepository.markeer`) and tells it; the number of them."""

    def __init__(
        self,
        executor: Executor,
        levensloop: LevensloopRepository,
        sleutels: SleutelRepository,
        *,
        volg_niet_meer: Callable[[Collection[PersoonRef]], Awaitable[None]] | None = None,
    ) -> None:
        self._executor = executor
        self._levensloop = levensloop
        self._sleutels = sleutels
        self._volg_niet_meer = volg_niet_meer

    async def __call__(self) -> int:
        """End so many of them."""
        redenen = await self._executor.execute(self._levensloop.gemarkeerd, None, _HOOGSTENS)
        if not redenen:
            return 0
        if self._volg_niet_meer is not None:
            # While their names can still be read.
            await self._volg_niet_meer(redenen.keys())
        await failpoints.hit("destroying.before_key")
        await self._executor.execute(self._vernietig_sleutels, None, redenen)
        await failpoints.hit("destroying.after_key")
        return await self._executor.execute(self._verwijder, None, redenen)

    async def _vernietig_sleutels(self, work: UnitOfWork, redenen: Mapping[PersoonRef, str]) -> None:
        await self._sleutels.vernietig(redenen, work.now)

    async def _verwijder(self, work: UnitOfWork, redenen: Mapping[PersoonRef, str]) -> int:
        versies = await self._levensloop.verwijder(work, redenen.keys())
        await work.forget(keys=versies.keys(), subjects=())
        for ref, versie in versies.items():
            reden = PersoonVernietigdReden(redenen[ref])
            work.emit(PersoonVernietigd(reden=reden), version=versie + 1, aggregate_id=ref, key=ref)
            work.after_commit(_vernietigd.add, 1, {"reden": reden.value})
        return len(versies)
