"""Each night: read everybody who is followed again, and compare whom we follow with whom the BRP thinks that we follow.

It finds what the changes did not tell. It goes on where it was after a stop, at a pace that leaves the BRP to others.
"""

from collections.abc import Collection, Set
from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from opentelemetry import metrics

from brp_proxy.application.handlers.persoon_bijwerken import TEGELIJK, Bijwerken
from brp_proxy.application.ports import PersoonRepository, Volgen, VolgRepository, Volgstand
from brp_proxy.domain.bsn import Bsn
from contracts.base import PersoonRef
from platformkit.clock import AMSTERDAM
from platformkit.executor import Executor, UnitOfWork
from platformkit.logging import get_logger

_UUR: Final = 1
"""From this hour on, in local time: after the changes of the day before are in."""
_BLADZIJDE: Final = 1000
_EERSTE: Final = UUID(int=0)

log = get_logger()
_meter = metrics.get_meter("brp_proxy")
_gemist = _meter.create_counter("persoon.wijziging_gemist", unit="{person}")
_verschil = _meter.create_counter("brp.volgindicatie_verschil", unit="{person}")


class GevolgdenNalopen:
    """Some persons at each call, so that the pause between calls is its pace; always 0."""

    def __init__(
        self,
        volgen: Volgen,
        executor: Executor,
        volglijst: VolgRepository,
        personen: PersoonRepository,
        *,
        bijwerken: Bijwerken,
    ) -> None:
        self._volgen = volgen
        self._executor = executor
        self._volglijst = volglijst
        self._personen = personen
        self._bijwerken = bijwerken

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
        begint = stand.nagelopen_op != work.today and work.now.astimezone(AMSTERDAM).hour >= _UUR
        return stand, begint or stand.nagelopen_na is not None

    async def _bewaar(self, work: UnitOfWork, na: UUID | None) -> None:
        stand = await self._volglijst.stand(work)
        over = stand.nagelopen_op if na else work.today
        await self._volglijst.bewaar_stand(work, replace(stand, nagelopen_na=na, nagelopen_op=over))

    async def _meld_gemist(self, veranderd: Collection[PersoonRef], stand: Volgstand) -> None:
        """Those whom the changes do not name either: these were missed, the others only not yet dealt with."""
        bsns = await self._executor.execute(self._personen.bsn_van, None, veranderd)
        verteld = await self._volgen.gewijzigd((stand.gewijzigd_tot or date.min) - timedelta(days=1))
        if gemist := sum(bsn not in verteld for bsn in bsns.values()):
            log.error("wijziging_gemist", count=gemist)
            _gemist.add(gemist)

    async def _vergelijk(self) -> None:
        """Whom we follow and the BRP does not know of is placed again; whom it follows for us for nothing is ended."""
        daar = set(await self._volgen.gevolgd())
        ontbreekt, onleesbaar, na = 0, 0, _EERSTE
        while refs := await self._executor.execute(self._volglijst.bladzijde, None, na, _BLADZIJDE):
            na = refs[-1]
            bsns = await self._executor.execute(self._personen.bsn_van, None, refs)
            onleesbaar += len(refs) - len(bsns)
            opnieuw = [ref for ref, bsn in bsns.items() if bsn not in daar]
            daar.difference_update(bsns.values())
            ontbreekt += len(opnieuw)
            await self._executor.execute(self._volglijst.plaats_opnieuw, None, opnieuw)
        # One whom we follow and cannot name must not be taken for a stranger.
        over = frozenset() if onleesbaar else frozenset(daar)
        await self._beeindig(over)
        if ontbreekt or over:
            log.warning("volgindicaties_verschillen", placed=ontbreekt, ended=len(over))
            _verschil.add(ontbreekt, {"soort": "ontbreekt"})
            _verschil.add(len(over), {"soort": "over"})

    async def _beeindig(self, bsns: Set[Bsn]) -> None:
        vandaag = await self._executor.execute(_vandaag, None)
        for bsn in bsns:
            await self._volgen.beeindig(bsn, vandaag)


async def _vandaag(work: UnitOfWork) -> date:
    return work.today
