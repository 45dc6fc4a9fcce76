"""After a database was set back, before anything serves (D1, D8): what the other one, the ledgers and the topic know.

Destroyed is who is destroyed in either ledger, or of whom that was told. Whoever is older here than was told gets that
version, so that none is told twice with another content; his data are read again. Whoever has a key and no row is taken in.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from brp_proxy.application.ports import HerstelRepository, LevensloopRepository, SleutelRepository, Verteld
from brp_proxy.application.projecties import verteld
from contracts.base import PersoonRef
from platformkit.db.context import DatabaseContext
from platformkit.envelope import Message
from platformkit.executor import Executor, UnitOfWork
from platformkit.executor.projection import newest

_BATCH: Final = 500
_FIRST: Final = UUID(int=0)
Page = Callable[[UUID, int], Awaitable[Mapping[PersoonRef, str]]]


@dataclass
class Hersteld:
    """How many persons were marked as destroyed, were older than was told, and were taken in; who is known to others and to
    nobody here; and how many cannot be read, because their keys are gone.
    """

    vernietigd: int = 0
    ingehaald: int = 0
    opgenomen: int = 0
    onbekend: set[PersoonRef] = field(default_factory=set)
    zonder_sleutel: int = 0


class Herstellen:
    """May be repeated, and go on after it was cut off."""

    def __init__(
        self,
        executor: Executor,
        sleutels: SleutelRepository,
        *,
        herstel: HerstelRepository,
        levensloop: LevensloopRepository,
    ) -> None:
        self._executor = executor
        self._sleutels = sleutels
        self._herstel = herstel
        self._levensloop = levensloop

    async def __call__(self, context: DatabaseContext, op_het_topic: AsyncIterator[Sequence[Message]]) -> Hersteld:
        """Bring both databases to what is known anywhere; recorded under `context`."""
        gedaan = Hersteld()
        await self._executor.execute(_noteer, context)
        async for redenen in _pages(self._van_de_base):
            await self._executor.execute(self._vernietig_sleutels, None, redenen)
        async for redenen in _pages(self._sleutels.grootboek):
            gedaan.vernietigd += await self._executor.execute(self._markeer, None, redenen)
        async for messages in op_het_topic:
            await self._haal_in(gedaan, [verteld(message) for message in newest(messages)])
        await self._neem_op(gedaan)
        gedaan.zonder_sleutel = await self._zonder_sleutel()
        return gedaan

    async def _van_de_base(self, na: UUID, aantal: int) -> Mapping[PersoonRef, str]:
        return await self._executor.execute(self._herstel.grootboek, None, na, aantal)

    async def _vernietig_sleutels(self, work: UnitOfWork, redenen: Mapping[PersoonRef, str]) -> None:
        await self._sleutels.vernietig(redenen, work.now)

    async def _markeer(self, work: UnitOfWork, redenen: Mapping[PersoonRef, str]) -> int:
        """Enter them in the ledger, and mark who still stands here: jobs end him as they do others. The number of these."""
        await self._herstel.boek(work, redenen)
        per_reden = defaultdict(list)
        for ref in await self._levensloop.vergrendel(work, redenen.keys()):
            per_reden[redenen[ref]].append(ref)
        for reden, refs in per_reden.items():
            await self._levensloop.markeer(work, refs, reden)
        return sum(map(len, per_reden.values()))

    async def _haal_in(self, gedaan: Hersteld, personen: Sequence[Verteld]) -> None:
        levend = [each.persoon_ref for each in personen if each.einde is None]
        einden = {each.persoon_ref: each.einde for each in personen if each.einde is not None}
        records = await self._sleutels.van(levend)
        gedaan.opgenomen += await self._executor.execute(self._herstel.neem_op, None, records.values())
        ingehaald = await self._executor.execute(self._herstel.haal_in, None, personen, records)
        gedaan.ingehaald += len(ingehaald - einden.keys())
        if einden:
            await self._executor.execute(self._vernietig_sleutels, None, einden)
            gedaan.vernietigd += await self._executor.execute(self._markeer, None, einden)
        nergens = await self._executor.execute(self._herstel.onbekend, None, levend)
        gedaan.onbekend = (gedaan.onbekend | nergens) - einden.keys()

    async def _neem_op(self, gedaan: Hersteld) -> None:
        last = _FIRST
        while records := await self._sleutels.bladzijde(last, _BATCH):
            gedaan.opgenomen += await self._executor.execute(self._herstel.neem_op, None, records)
            last = records[-1].persoon_ref

    async def _zonder_sleutel(self) -> int:
        last, aantal = _FIRST, 0
        while refs := await self._executor.execute(self._herstel.bladzijde, None, last, _BATCH):
            aantal += len(refs) - len(await self._sleutels.van(refs))
            last = refs[-1]
        return aantal


async def _noteer(work: UnitOfWork) -> None:
    work.audit("herstel", outcome="begonnen")


async def _pages(page: Page) -> AsyncIterator[Mapping[PersoonRef, str]]:
    last = _FIRST
    while found := await page(last, _BATCH):
        yield found
        last = max(found)
