"""Leases that nothing confirms (D1): ask signaal, and only on a clear "no signal" let the ref go.

The one place where it is decided that a person ends; `Vernietigen` ends him. That he has no signal only signaal knows: what
is known here came in events, of which any may be late, or lie aside. Its "no" is right whatever came here in which order,
because it is asked at a time when no signal on this lease can be under way (`SignaalRepository.bestaat` of signaal).
"""

from collections.abc import Sequence
from datetime import timedelta

from opentelemetry import metrics

from brp_proxy.application.handlers.herlezen import Herlezen
from brp_proxy.application.ports import Lease, LevensloopRepository, Signalen
from contracts.persoon import PersoonVernietigdReden
from platformkit.errors import UnclearError
from platformkit.executor import Executor, UnitOfWork

GEDULD = timedelta(minutes=15)
"""D1. Three times the age at which signaal refuses a ref."""
_HOOGSTENS = 100

_onbeslist = metrics.get_meter("brp_proxy").create_gauge("persoon.leases_onbeslist", unit="{lease}")


class LeasesNalopen:
    """Goes through the old leases; the number of those that are decided now."""

    def __init__(
        self, signalen: Signalen, executor: Executor, levensloop: LevensloopRepository, herlezen: Herlezen
    ) -> None:
        self._signalen = signalen
        self._executor = executor
        self._levensloop = levensloop
        self._herlezen = herlezen

    async def __call__(self) -> int:
        """Ask about each, read those again of whom that must be, and measure how many stay undecided.

        Raises:
            TransientError: signaal or the BRP is away; what was not asked is kept.
        """
        try:
            return await self._loop_na()
        finally:
            _onbeslist.set(await self._executor.execute(self._aantal, None))

    async def _loop_na(self) -> int:
        besloten = 0
        for lease in await self._executor.execute(self._oude, None):
            try:
                bestaat = await self._signalen.bestaan(lease.persoon_ref)
            except UnclearError:
                continue
            if bestaat and lease.herlezen:
                besloten += await self._herlezen(lease.persoon_ref)
            besluit = self._bevestig if bestaat else self._laat_gaan
            besloten += await self._executor.execute(besluit, None, lease)
        return besloten

    async def _oude(self, work: UnitOfWork) -> Sequence[Lease]:
        return await self._levensloop.oude_leases(work, work.now - GEDULD, _HOOGSTENS)

    async def _aantal(self, work: UnitOfWork) -> int:
        return await self._levensloop.aantal_oude(work, work.now - GEDULD)

    async def _bevestig(self, work: UnitOfWork, lease: Lease) -> bool:
        """Confirm it, if a signal is known here as well; else what tells of it is late, and signaal is asked again."""
        await self._levensloop.vergrendel(work, [lease.persoon_ref])
        return bool(await self._levensloop.herzie(work, [lease.persoon_ref]))

    async def _laat_gaan(self, work: UnitOfWork, lease: Lease) -> bool:
        """Let the ref go, unless it was given out again or a signal came in while signaal was asked."""
        if not await self._levensloop.loopt_nog(work, lease):
            return False
        gevolgd = await self._levensloop.gevolgd(work, lease.persoon_ref)
        reden = PersoonVernietigdReden.LAATSTE_SIGNAAL if gevolgd else PersoonVernietigdReden.LEASE
        await self._levensloop.markeer(work, [lease.persoon_ref], reden)
        return True
