"""Find out who is told of a move, when it is to be told: signaal knows who reported before it, and still is involved."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from opentelemetry.trace import SpanKind

from contracts.http.deelnemers import Verhuisontvangers
from notificatie.application.ports import Melders, NotificatieRepository, VerhuizingRepository
from notificatie.domain.verhuizing import Verhuizing, te_vertellen
from platformkit import telemetry
from platformkit.clock import Clock
from platformkit.executor import Executor, UnitOfWork
from platformkit.logging import get_logger
from platformkit.retry import passes

_AANTAL: Final = 20
_UITSTEL: Final = timedelta(seconds=5)
log = get_logger()


@dataclass(frozen=True)
class VerhuizingenVertellen:
    """One move at a time, so that one which signaal does not know yet holds up no other; what is asked for in vain waits."""

    executor: Executor
    verhuizingen: VerhuizingRepository
    notificaties: NotificatieRepository
    melders: Melders
    machine: Clock

    async def __call__(self) -> int:
        """How many were found out."""
        te_doen = await self.executor.execute(self.verhuizingen.te_doen, None, self.machine.now(), _AANTAL)
        return sum([await self._zoek_uit(each) for each in te_doen])

    async def _zoek_uit(self, verhuizing: Verhuizing) -> bool:
        with telemetry.span("resolve verhuizing", SpanKind.CONSUMER, verhuizing.traceparent):
            try:
                ontvangers = await self.melders.van_verhuizing(verhuizing)
            except Exception as error:
                if not passes(error):
                    raise
                log.info("verhuizing_uitgesteld", verhuizing=str(verhuizing.oorzaak.id))
                tot = self.machine.now() + _UITSTEL
                await self.executor.execute(self.verhuizingen.stel_uit, None, verhuizing, tot)
                return False
            await self.executor.execute(self._plan, None, verhuizing, ontvangers)
            return True

    async def _plan(self, work: UnitOfWork, verhuizing: Verhuizing, ontvangers: Verhuisontvangers) -> None:
        if await self.verhuizingen.neem(work, verhuizing):
            nieuwe = list(te_vertellen(verhuizing, ontvangers))
            await self.notificaties.plan(work, nieuwe, self.machine.now())
