"""Leases that nothing confirmed (D1): ask signaal, and only on a clear "no signal" let the ref go."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from brp_proxy.application.handlers.vernietigen import vernietig
from brp_proxy.application.ports import Lease, Levensloop, Signalen
from contracts.persoon import PersoonVernietigdReden
from platformkit.clock import Clock
from platformkit.executor import Executor, UnitOfWork

GEDULD = timedelta(minutes=15)
"""D1. Three times the age at which signaal refuses a ref."""
_HOOGSTENS = 100


class LeasesNalopenHandler:
    """Goes through the old leases; the number of those on which signaal gave a clear answer."""

    def __init__(
        self,
        signalen: Signalen,
        executor: Executor,
        levensloop: Callable[[AsyncConnection], Levensloop],
        clock: Clock,
    ) -> None:
        self._signalen = signalen
        self._executor = executor
        self._levensloop = levensloop
        self._clock = clock

    async def __call__(self) -> int:
        """Ask about each.

        Raises:
            TransientError: signaal is away; what was not asked is kept.
        """
        voor = self._clock.now() - GEDULD
        leases = await self._executor.read(
            lambda connection: self._levensloop(connection).oude_leases(voor, _HOOGSTENS), None
        )
        besloten = 0
        for lease in leases:
            bestaat = await self._signalen.bestaan(lease.persoon_ref)
            if bestaat is None:
                continue
            await (self._bevestig(lease) if bestaat else self._laat_gaan(lease))
            besloten += 1
        return besloten

    async def _bevestig(self, lease: Lease) -> None:
        async def confirm(work: UnitOfWork) -> None:
            levensloop = self._levensloop(work.connection)
            if await levensloop.vergrendel([lease.persoon_ref]):
                await levensloop.bevestig({lease.persoon_ref: lease.vastgelegd_op})

        await self._executor.execute(confirm)

    async def _laat_gaan(self, lease: Lease) -> None:
        """Let the ref go, unless it was given out again or a signal came in while signaal was asked."""

        async def let_go(work: UnitOfWork) -> None:
            levensloop = self._levensloop(work.connection)
            if not await levensloop.loopt_nog(lease):
                return
            gevolgd = await levensloop.gevolgd(lease.persoon_ref)
            reden = PersoonVernietigdReden.LAATSTE_SIGNAAL if gevolgd else PersoonVernietigdReden.LEASE
            await vernietig(work, levensloop, {lease.persoon_ref: None}, reden)

        await self._executor.execute(let_go)
