"""PersoonBijwerken: read a youth who is followed again, and store and tell what changed (D1, R023).

A death is told first. Whoever is still dead when he is read again goes: one wrong answer destroys nobody, and the others
deal with the death while they still know him.
"""

from collections.abc import Collection, Mapping
from typing import Final

from opentelemetry import metrics

from brp_proxy.application import contexts
from brp_proxy.application.opslag import werk_bij
from brp_proxy.application.ports import Brpvolger, LevensloopRepository, PersoonRepository
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.doel import Verwerkingsdoel
from brp_proxy.domain.persoonslijst import Persoonslijst
from contracts.base import OuderRef, PersoonRef
from contracts.persoon import PersoonVernietigdReden
from platformkit.errors import DomainError, UnclearError
from platformkit.executor import Executor, UnitOfWork
from platformkit.logging import get_logger

TEGELIJK: Final = 20
"""How many are read in one turn of a job, so that it goes on beating; the BRP answers on no more in one question."""

log = get_logger()
_meter = metrics.get_meter("brp_proxy")
_gewijzigd = _meter.create_counter("persoon.bijgewerkt", unit="{person}")
_zoek = _meter.create_counter("persoon.niet_meer_te_volgen", unit="{person}")


class Bijwerken:
    """Reads known youths again; one of whom nothing comes keeps what is stored of him, and holds up no other."""

    def __init__(
        self, brp: Brpvolger, executor: Executor, personen: PersoonRepository, levensloop: LevensloopRepository
    ) -> None:
        self._brp = brp
        self._executor = executor
        self._personen = personen
        self._levensloop = levensloop

    async def __call__(self, refs: Collection[PersoonRef]) -> Collection[PersoonRef]:
        """Those of whom anything changed.

        Raises:
            TransientError: the BRP is away; those before are done.
            UnclearError: it can make up none of them.
        """
        bsns = await self._executor.execute(self._personen.bsn_van, None, refs)
        samen = await self._brp.raadpleeg_samen(bsns.values(), Verwerkingsdoel.VOLGEN) if len(bsns) > 1 else {}
        onduidelijk: dict[PersoonRef, UnclearError] = {}
        veranderd = []
        for ref in refs:
            try:
                if await self._lees(ref, bsns.get(ref), samen):
                    veranderd.append(ref)
            except UnclearError as error:
                onduidelijk[ref] = error
        # One alone may be one of whom the BRP says nothing for ever. He is told of once more tomorrow, and read each night.
        if len(onduidelijk) == len(refs) > 1:
            raise next(iter(onduidelijk.values()))
        for ref, waarom in onduidelijk.items():
            meld_niet_te_volgen(ref, waarom.code)
        return veranderd

    async def _lees(self, ref: PersoonRef, bsn: Bsn | None, samen: Mapping[Bsn, Persoonslijst | None]) -> bool:
        if bsn is None:
            return meld_niet_te_volgen(ref, "bsn-onleesbaar")
        try:
            lijst = samen[bsn] if bsn in samen else await self._brp.raadpleeg(bsn, Verwerkingsdoel.VOLGEN)
            waarom = "persoon-onbekend"
        except DomainError as error:
            lijst, waarom = None, error.code
        if lijst is not None:
            onvindbaar = await self._onvindbare_ouders(ref, lijst)
            return await self._executor.execute(self._bewaar, contexts.ZELF, ref, lijst, onvindbaar)
        await self._executor.execute(_noteer, contexts.ZELF, ref, waarom)
        return meld_niet_te_volgen(ref, waarom)

    async def _onvindbare_ouders(self, ref: PersoonRef, lijst: Persoonslijst) -> Collection[OuderRef]:
        """Former parents whose BSN leads nowhere any more; asked only when there is another one who may be the same."""
        eerder = await self._executor.execute(self._personen.ouders_van, None, ref)
        if lijst.ouder_bsns <= set(eerder.values()):
            return ()
        onvindbaar = []
        for ouder, bsn in eerder.items():
            if bsn not in lijst.ouder_bsns:
                try:
                    gevonden = await self._brp.raadpleeg(bsn, Verwerkingsdoel.OUDER) is not None
                except DomainError:
                    gevonden = True
                await self._executor.execute(
                    _noteer, contexts.ZELF, ref, "ouder-gevonden" if gevonden else "ouder-onbekend"
                )
                onvindbaar += [] if gevonden else [ouder]
        return onvindbaar

    async def _bewaar(
        self, work: UnitOfWork, ref: PersoonRef, lijst: Persoonslijst, onvindbaar: Collection[OuderRef]
    ) -> bool:
        persoon = await werk_bij(work, self._personen, lijst, onvindbaar)
        await _noteer(work, ref, "bijgewerkt" if persoon else "ongewijzigd")
        if persoon is not None:
            work.after_commit(_gewijzigd.add, 1)
        elif lijst.overleden:
            await self._levensloop.vergrendel(work, [ref])
            await self._levensloop.markeer(work, [ref], PersoonVernietigdReden.OVERLEDEN)
        return persoon is not None


async def _noteer(work: UnitOfWork, ref: PersoonRef, uitkomst: str) -> None:
    work.audit("brp-raadpleging", outcome=uitkomst, person=ref)


def meld_niet_te_volgen(ref: PersoonRef, waarom: str) -> bool:
    """Somebody has to look: what is stored of this youth may be of the past from now on."""
    log.error("persoon_niet_meer_te_volgen", persoon_ref=str(ref), waarom=waarom)
    _zoek.add(1, {"waarom": waarom})
    return False
