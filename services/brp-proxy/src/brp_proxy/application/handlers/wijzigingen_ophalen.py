"""Ask the BRP who changed of those we follow, and read them again.

Changes are asked for by day, and the last day again each time: to ask twice does no harm, as what has not changed is not
told. A time without asking does none either, as the next question goes back to the last one that was dealt with.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import Final

from opentelemetry import metrics

from brp_proxy.application.handlers.persoon_bijwerken import TEGELIJK
from brp_proxy.application.handlers.volgwerk import Volgwerk
from brp_proxy.domain.volgen import gewijzigd_vanaf
from contracts.base import PersoonRef
from platformkit.executor import UnitOfWork

_BLADZIJDE: Final = 500

_meter = metrics.get_meter("brp_proxy")
_vreemd = _meter.create_counter("brp.volgen_onbekend", unit="{person}")
_dagen = _meter.create_gauge("brp.wijzigingen_dagen", unit="{day}")


class WijzigingenOphalen(Volgwerk):
    """One question, then some persons a turn until all are done; the number that is left."""

    _begin: date | None = None
    _tot: date | None = None
    _nog: Sequence[PersoonRef] = ()

    async def __call__(self) -> int:
        """Ask, or go on with what was answered.

        Raises:
            TransientError: the BRP is away; what was not dealt with is asked for again.
        """
        if self._tot is None:
            self._tot, self._nog = await self._vraag()
        await self._bijwerken(self._nog[:TEGELIJK])
        self._nog = self._nog[TEGELIJK:]
        if not self._nog:
            await self._executor.execute(self._bewaar, None, self._tot)
            _dagen.set(0)
            self._tot = None
        return len(self._nog)

    async def _vraag(self) -> tuple[date, Sequence[PersoonRef]]:
        vandaag, tot = await self._executor.execute(self._sinds, None)
        self._begin = tot or self._begin or vandaag
        _dagen.set((vandaag - self._begin).days)
        gewijzigd = await self._volgen.gewijzigd(gewijzigd_vanaf(tot))
        refs: list[PersoonRef] = []
        bsns = iter(gewijzigd)
        while deel := list(islice(bsns, _BLADZIJDE)):
            refs += (await self._executor.execute(self._personen.refs_van, None, deel)).values()
        _vreemd.add(len(gewijzigd) - len(refs))
        return vandaag, refs

    async def _sinds(self, work: UnitOfWork) -> tuple[date, date | None]:
        return work.today, (await self._volglijst.stand(work)).gewijzigd_tot

    async def _bewaar(self, work: UnitOfWork, tot: date) -> None:
        stand = await self._volglijst.stand(work)
        await self._volglijst.bewaar_stand(work, replace(stand, gewijzigd_tot=tot))
