"""What events of topic `persoon` mean for the signals on a youth: where they are read, and when they end (D6, D8, R023)."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from contracts.base import PersoonRef
from contracts.persoon import PersoonVernietigd, PersoonVernietigdReden
from platformkit.envelope import Message
from platformkit.executor import UnitOfWork
from platformkit.executor.projection import newest
from platformkit.logging import get_logger
from signaal.application.ports import OrganisatieRepository, PersoonRepository, SignaalRepository
from signaal.application.projecties import persoonstand
from signaal.domain import events
from signaal.domain.gebied import woongemeente
from signaal.domain.persoon import PersoonStatus
from signaal.domain.signaal import Signaal

log = get_logger()


class PersonenVerwerken:
    """Handles a batch as a set. A youth is stored before his signals are looked at: who issues does it the other way round."""

    def __init__(
        self, *, personen: PersoonRepository, signalen: SignaalRepository, organisaties: OrganisatieRepository
    ) -> None:
        self._personen = personen
        self._signalen = signalen
        self._organisaties = organisaties

    async def __call__(self, work: UnitOfWork, messages: Sequence[Message]) -> None:
        """The highest version of each youth alone decides (D2), whatever the order and however often it comes."""
        nieuwste = newest(messages)
        nieuw = await self._personen.bewaar(work, [persoonstand(each) for each in nieuwste])
        sporen = {each.subject: each.traceparent for each in nieuwste}
        opvolgers = await self._organisaties.opvolgers(work)
        await self._signalen.bewaar_woongemeenten(
            work,
            {
                each.persoon_ref: woongemeente(each.woongemeente, opvolgers, geheim=each.geheim)
                for each in nieuw
                if each.status is not PersoonStatus.VERNIETIGD
            },
        )
        overleden = {each.persoon_ref for each in nieuw if each.status is PersoonStatus.OVERLEDEN}
        await self._beeindig(work, overleden, sporen)
        gegaan = {each.persoon_ref for each in nieuw if each.status is PersoonStatus.VERNIETIGD}
        await self._vernietig(work, {PersoonRef(m.subject): m for m in nieuwste if m.subject in gegaan})

    async def _beeindig(
        self, work: UnitOfWork, overleden: Collection[PersoonRef], sporen: Mapping[UUID, str | None]
    ) -> None:
        """The signals on the dead end (R023)."""
        if not overleden:
            return
        actief = await self._signalen.vergrendel_actieve_op(work, overleden)
        beeindigd = [signaal.overleden(work.today) for signaal in actief]
        await self._signalen.bewaar_inactief(work, beeindigd)
        for signaal in beeindigd:
            work.emit(
                events.gedeactiveerd(signaal), version=signaal.versie, traceparent=sporen.get(signaal.persoon_ref)
            )

    async def _vernietig(self, work: UnitOfWork, gegaan: Mapping[PersoonRef, Message]) -> None:
        """With a youth go his signals, and who was involved with him (D8)."""
        if not gegaan:
            return
        weg, blijft = [], set()
        for signaal in await self._signalen.vergrendel_op(work, gegaan):
            message = gegaan[signaal.persoon_ref]
            reden = signaal.vernietigd_met(_reden(message))
            if reden is None:
                blijft.add(signaal.persoon_ref)
                work.after_commit(_alarmeer, signaal)
                continue
            weg.append(signaal.signaal_id)
            work.emit(
                events.vernietigd(reden),
                version=signaal.versie + 1,
                aggregate_id=signaal.signaal_id,
                key=signaal.persoon_ref,
                traceparent=message.traceparent,
            )
        await self._signalen.vernietig(work, weg, gegaan.keys() - blijft)


def _reden(message: Message) -> PersoonVernietigdReden:
    if not isinstance(message.event, PersoonVernietigd):
        raise TypeError("nobody is destroyed by that")
    return message.event.reden


def _alarmeer(signaal: Signaal) -> None:
    """A signal whose youth was let go: it leads back to nobody."""
    log.error(
        "signaal_op_onbekende_verwijzing", persoon_ref=str(signaal.persoon_ref), signaal_id=str(signaal.signaal_id)
    )
