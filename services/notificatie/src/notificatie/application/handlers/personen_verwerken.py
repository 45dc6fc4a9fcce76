"""On events of the topic persoon: note each move, to be told (law 7.1.2.3(1)(g)), and forget who is gone (D8)."""

from collections.abc import Sequence

from contracts.base import PersoonRef
from contracts.persoon import PersoonVerhuisd, PersoonVernietigd
from notificatie.application.ports import VerhuizingRepository
from notificatie.domain.verhuizing import Verhuizing
from platformkit.clock import Clock
from platformkit.envelope import Message
from platformkit.executor import UnitOfWork


class PersonenVerwerken:
    """Handles a batch as a set. `machine` tells since when a move waits."""

    def __init__(self, verhuizingen: VerhuizingRepository, machine: Clock) -> None:
        self._verhuizingen = verhuizingen
        self._machine = machine

    async def __call__(self, work: UnitOfWork, messages: Sequence[Message]) -> None:
        """Each move by itself, whatever came after it: who is told is asked when that is known."""
        sinds = self._machine.now()
        verhuizingen = [
            Verhuizing(
                persoon_ref=each.event.persoon_ref,
                versie=each.version,
                verhuisd_op=each.time,
                woongemeente=each.event.woongemeente,
                traceparent=each.traceparent,
                sinds=sinds,
            )
            for each in messages
            if isinstance(each.event, PersoonVerhuisd)
        ]
        await self._verhuizingen.bewaar(work, [each for each in verhuizingen if each.is_nieuws(work.now)])
        weg = {PersoonRef(each.subject) for each in messages if isinstance(each.event, PersoonVernietigd)}
        await self._verhuizingen.vergeet(work, weg)
