"""On events of the topic match: decide who must be told (D18)."""

from collections.abc import Sequence

from contracts.match import MatchStatus, MatchToestand
from notificatie.application.ports import Notificaties, Toestand
from notificatie.domain.notificatie import oorzaak_van_correctie
from notificatie.domain.ontvangers import ontvangers, was_onjuist
from platformkit.clock import Clock
from platformkit.executor import UnitOfWork
from platformkit.messaging.envelope import Message


class MatchVerwerken:
    """Handles a batch as a set. `machine` tells when a mail is due; the domain's date decides which matches count (D7)."""

    def __init__(self, notificaties: Notificaties, machine: Clock) -> None:
        self._notificaties = notificaties
        self._machine = machine

    async def __call__(self, work: UnitOfWork, messages: Sequence[Message]) -> None:
        """The highest version of each match alone decides (D2), whatever the order and however often it comes."""
        hoogste: dict[object, Toestand] = {}
        for message in messages:
            match = message.event
            if not isinstance(match, MatchToestand):
                continue
            bekend = hoogste.get(match.match_id)
            if bekend is None or message.version > bekend.versie:
                hoogste[match.match_id] = Toestand(match, message.version, message.time, message.traceparent)
        nieuwer = await self._notificaties.projecteer(work.connection, list(hoogste.values()))
        standen = [stand for stand in hoogste.values() if stand.match.match_id in nieuwer]
        nu = self._machine.now()
        await self._notificaties.plan(
            work.connection,
            [
                (ontvanger, stand)
                for stand in standen
                if stand.match.status is MatchStatus.ACTIEF and work.today < stand.match.einddatum
                for ontvanger in ontvangers(stand.match)
            ],
            nu,
        )
        await self._notificaties.herroep(
            work.connection,
            {
                stand.match.match_id: (oorzaak_van_correctie(stand.match, stand.versie, stand.op), stand.traceparent)
                for stand in standen
                if was_onjuist(stand.match)
            },
            nu,
        )
