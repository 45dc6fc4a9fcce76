"""On events of the topic match: decide who must be told (D18)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from contracts.base import MatchId
from contracts.match import MatchToestand, Oorzaak
from notificatie.application.ports import MatchstandRepository, NotificatieRepository
from notificatie.application.projecties import matchstand
from notificatie.domain.notificatie import NieuweNotificatie, Soort, oorzaak_van_correctie
from notificatie.domain.ontvangers import Ontvanger, eigen_signaal_op, ontvangers, was_onjuist
from notificatie.domain.vertellen import Stand, Verteld, is_nieuws, te_herroepen, waarover, weet_ervan
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
        # Of what was not known before nothing can have been told.
        eerder: dict[MatchId, list[Verteld]] = defaultdict(list)
        if bekend := [each for each, was_bekend in nieuwer.items() if was_bekend]:
            for each in await self._notificaties.verteld_van(work, bekend):
                eerder[each.match_id].append(each)
        nieuwe = [
            *(nieuw for match, each in nieuws for nieuw in _te_vertellen(work, match, each, eerder[match.match_id])),
            *(nieuw for match, each in nieuws for nieuw in _te_herroepen(match, each, eerder[match.match_id])),
        ]
        await self._notificaties.plan(work, nieuwe, self._machine.now())


def _te_vertellen(
    work: UnitOfWork, match: MatchToestand, message: Message, eerder: Sequence[Verteld]
) -> Iterator[NieuweNotificatie]:
    stand = Stand(match.status, match.einddatum, match.reden)
    if is_nieuws(stand, match.oorzaak.op, work.now, work.today):
        for ontvanger in ontvangers(match):
            if waarover(Soort.MATCH, ontvanger.soort, [stand], work.today) and not weet_ervan(ontvanger, eerder):
                yield _nieuw(Soort.MATCH, match.oorzaak, ontvanger, match, message)


def _te_herroepen(match: MatchToestand, message: Message, eerder: Sequence[Verteld]) -> Iterator[NieuweNotificatie]:
    """Whoever was told of a match that was wrong, or may have been, is told that."""
    if was_onjuist(match):
        oorzaak = oorzaak_van_correctie(match, message.version, message.time)
        for each in te_herroepen(eerder):
            yield replace(_nieuw(Soort.MATCH_ONJUIST, oorzaak, each.ontvanger, match, message), herroept=each.id)


def _nieuw(
    soort: Soort, oorzaak: Oorzaak, ontvanger: Ontvanger, match: MatchToestand, message: Message
) -> NieuweNotificatie:
    return NieuweNotificatie(
        soort, oorzaak, ontvanger, match.match_id, eigen_signaal_op(match, ontvanger), message.traceparent
    )
