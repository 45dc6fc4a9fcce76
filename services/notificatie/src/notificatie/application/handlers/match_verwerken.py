"""On events of the topic match: decide who must be told (D18)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from contracts.base import MatchId
from contracts.match import MatchToestand, Oorzaak
from notificatie.application.ports import MatchstandRepository, NotificatieRepository, Verteld
from notificatie.application.projecties import matchstand
from notificatie.domain.notificatie import NieuweNotificatie, Soort, oorzaak_van_correctie
from notificatie.domain.ontvangers import Ontvanger, eigen_signaal_op, ontvangers, was_onjuist
from notificatie.domain.vertellen import Stand, is_nieuws, waarover
from platformkit.clock import Clock
from platformkit.envelope import Message
from platformkit.executor import UnitOfWork
from platformkit.executor.projection import newest


class MatchVerwerken:
    """Handles a batch as a set. `machine` tells when a mail is due; the domain's date decides which matches count (D7)."""

    def __init__(self, matches: MatchstandRepository, notificaties: NotificatieRepository, machine: Clock) -> None:
        self._matches = matches
        self._notificaties = notificaties
        self._machine = machine

    async def __call__(self, work: UnitOfWork, messages: Sequence[Message]) -> None:
        """The highest version of each match alone decides (D2), whatever the order and however often it comes."""
        verteld = [(each.event, each) for each in newest(messages) if isinstance(each.event, MatchToestand)]
        nieuwer = await self._matches.bewaar(work, [matchstand(match, each.version) for match, each in verteld])
        nieuws = [(match, each) for match, each in verteld if match.match_id in nieuwer]
        nu = self._machine.now()
        await self._notificaties.plan(work, list(_te_vertellen(work, nieuws)), nu)
        onjuist = {match.match_id: (match, each) for match, each in nieuws if was_onjuist(match)}
        if onjuist:
            gehoord = await self._notificaties.verteld_van(work, onjuist)
            await self._notificaties.plan(work, list(_te_herroepen(gehoord, onjuist)), nu)


def _te_vertellen(work: UnitOfWork, nieuws: Sequence[tuple[MatchToestand, Message]]) -> Iterator[NieuweNotificatie]:
    for match, message in nieuws:
        stand = Stand(match.status, match.einddatum, match.reden)
        if is_nieuws(stand, match.oorzaak.op, work.now, work.today):
            for ontvanger in ontvangers(match):
                if waarover(Soort.MATCH, ontvanger.soort, [stand], None, work.today):
                    yield _nieuw(Soort.MATCH, match.oorzaak, ontvanger, match, message)


def _te_herroepen(
    gehoord: Sequence[Verteld], onjuist: Mapping[MatchId, tuple[MatchToestand, Message]]
) -> Iterator[NieuweNotificatie]:
    """Whoever was told of these matches, or may have been, is told that they were wrong."""
    for each in gehoord:
        if each.verloop.kan_nog_gehoord_worden:
            match, message = onjuist[each.match_id]
            oorzaak = oorzaak_van_correctie(match, message.version, message.time)
            yield replace(_nieuw(Soort.MATCH_ONJUIST, oorzaak, each.ontvanger, match, message), herroept=each.id)


def _nieuw(
    soort: Soort, oorzaak: Oorzaak, ontvanger: Ontvanger, match: MatchToestand, message: Message
) -> NieuweNotificatie:
    return NieuweNotificatie(
        soort, oorzaak, ontvanger, match.match_id, eigen_signaal_op(match, ontvanger), message.traceparent
    )
