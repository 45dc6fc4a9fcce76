"""Each night: read everybody who is followed again, and compare whom we follow with whom the BRP thinks that we follow.

It finds what the changes did not tell. It goes on where it was after a stop, at a pace that leaves the BRP to others.
"""

from collections.abc import Collection, Set
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from typing import Final
from uuid import UUID

from opentelemetry import metrics

from brp_proxy.application.handlers.persoon_bijwerken import TEGELIJK
from brp_proxy.application.handlers.volgwerk import Volgwerk
from brp_proxy.application.ports import Volgstand
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.volgen import gewijzigd_vanaf, nacht_begint
from contracts.base import PersoonRef
from platformkit.clock import AMSTERDAM
from platformkit.errors import DomainError, TransientError
from platformkit.executor import UnitOfWork
from platformkit.logging import get_logger

_BLADZIJDE: Final = 1000
_EERSTE: Final = UUID(int=0)

log = get_logger()
_meter = metrics.get_meter("brp_proxy")
_gemist = _meter.create_counter("persoon.wijziging_gemist", unit="{person}")
_ontbreekt = _meter.create_counter("brp.volgindicatie_ontbreekt", unit="{person}")
_over = _meter.create_counter("brp.volgindicatie_over", unit="{person}")


class GevolgdenNalopen(Volgwerk):
    """Some persons at each call, so that the pause between calls is its pace; always 0."""

    async def __call__(self) -> int:
        """Go on with this night's turn, if it is not over.

        Raises:
            TransientError: the BRP is away; the same persons are read again.
        """
        stand, aan_de_beurt = await self._executor.execute(self._stand, None)
        if not aan_de_beurt:
            return 0
        refs = await self._executor.execute(self._volglijst.bladzijde, None, stand.nagelopen_na, TEGELIJK)
        if veranderd := await self._bijwerken(refs):
            await self._meld_gemist(veranderd, stand)
        if not refs:
            await self._vergelijk()
        await self._executor.execute(self._bewaar, None, refs[-1] if refs else None)
        return 0

    async def _stand(self, work: UnitOfWork) -> tuple[Volgstand, bool]:
        stand = await self._volglijst.stand(work)
        begint = nacht_begint(stand.nagelopen_op, work.now.astimezone(AMSTERDAM))
        return stand, begint or stand.nagelopen_na is not None

    async def _bewaar(self, work: UnitOfWork, na: UUID | None) -> None:
        stand = await self._volglijst.stand(work)
        over = stand.nagelopen_op if na else work.today
        await self._volglijst.bewaar_stand(work, replace(stand, nagelopen_na=na, nagelopen_op=over))

    async def _meld_gemist(self, veranderd: Collection[PersoonRef], stand: Volgstand) -> None:
        """Those whom the changes do not name either: these were missed, the others only not yet dealt with."""
        bsns = await self._executor.execute(self._personen.bsn_van, None, veranderd)
        try:
            verteld = await self._volgen.gewijzigd(gewijzigd_vanaf(stand.gewijzigd_tot))
        except TransientError:
            verteld = frozenset()
        if gemist := sum(bsn not in verteld for bsn in bsns.values()):
            log.error("wijziging_gemist", count=gemist)
            _gemist.add(gemist)

    async def _vergelijk(self) -> None:
        """Whose entry we placed and the BRP does not have is placed again; whom it follows for us for nothing is ended."""
        vandaag, nu = await self._executor.execute(_wanneer, None)
        daar = await self._volgen.gevolgd()
        over, ontbreekt = await self._beeindig(daar, vandaag), await self._plaats_opnieuw(daar, nu)
        if ontbreekt or over:
            log.warning("volgindicaties_verschillen", placed=ontbreekt, ended=over)
            _ontbreekt.add(ontbreekt)
            _over.add(over)

    async def _plaats_opnieuw(self, daar: Set[Bsn], nu: datetime) -> int:
        """Not of those that were placed since the BRP was asked."""
        aantal, na = 0, _EERSTE
        while refs := await self._executor.execute(self._volglijst.geplaatste, None, na, _BLADZIJDE, voor=nu):
            na = refs[-1]
            bsns = await self._executor.execute(self._personen.bsn_van, None, refs)
            opnieuw = [ref for ref, bsn in bsns.items() if bsn not in daar]
            aantal += len(opnieuw)
            await self._executor.execute(self._volglijst.plaats_opnieuw, None, opnieuw)
        return aantal

    async def _beeindig(self, daar: Set[Bsn], vandaag: date) -> int:
        aantal, bsns = 0, iter(daar)
        while deel := list(islice(bsns, _BLADZIJDE)):
            for bsn in await self._executor.execute(self._over, None, deel):
                try:
                    await self._volgen.beeindig(bsn, vandaag)
                except DomainError:
                    log.warning("volgindicatie_niet_beeindigd", count=1)
                    continue
                aantal += 1
        return aantal

    async def _over(self, work: UnitOfWork, bsns: Collection[Bsn]) -> Collection[Bsn]:
        """Those of whom nobody is to be followed here; by the index, as the BSN of one of ours may not open."""
        refs = await self._personen.refs_van(work, bsns)
        gevolgd = set(await self._volglijst.gevolgd(work, refs.values()))
        return [bsn for bsn in bsns if refs.get(bsn) not in gevolgd]


async def _wanneer(work: UnitOfWork) -> tuple[date, datetime]:
    return work.today, work.now
