"""Take in what signaal and brp-proxy told, and make the stored matches equal the function of it (D4, ADR 0003).

One transaction: lock the youths, read their parents, lock those before and after, project, recompute. What arrives
last finds all that came before it, whatever the order, the batches and the number of consumers.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from uuid import UUID

from contracts.persoon import PersoonToestand
from contracts.signaal import SignaalToestand
from match.application.handlers.herberekenen import Aanleiding, Banden, herbereken
from match.application.ports import Opslag, PersoonRij, SignaalRij
from match.domain.signaal import Ouderband, PersoonStatus, SignaalStatus
from platformkit.executor import UnitOfWork
from platformkit.messaging.envelope import Message

OpslagMaker = Callable[[UnitOfWork], Opslag]


class Verwerken:
    """Handles a batch of events on signals, on youths or on both."""

    def __init__(self, opslag: OpslagMaker) -> None:
        self._opslag = opslag

    async def __call__(self, work: UnitOfWork, messages: Sequence[Message]) -> None:
        """Handle `messages`, whole states in any order; of each aggregate the newest one counts (D2)."""
        opslag = self._opslag(work)
        nieuwste = _nieuwste(messages)
        over_signalen = [m for m in nieuwste if m.event.TOPIC == SignaalToestand.TOPIC]
        over_personen = [m for m in nieuwste if m.event.TOPIC == PersoonToestand.TOPIC]
        banden = {m.subject: _banden(m) for m in over_personen}
        # The Kafka key of both topics is the youth.
        jeugdigen = {m.key for m in nieuwste}
        oude = await vergrendel(opslag, jeugdigen, (band for van_een in banden.values() for band in van_een))

        signalen = [_signaal(m) for m in over_signalen]
        vorige = await opslag.projectie.werk_signalen_bij(signalen)
        nieuwe_personen = await opslag.projectie.werk_personen_bij([_persoon(m) for m in over_personen])
        anders = {ref: banden[ref] for ref in nieuwe_personen if banden[ref] != oude[ref]}
        await opslag.projectie.vervang_ouders(anders, (band for van_een in anders.values() for band in van_een))

        geraakt = nieuwe_personen | {m.key for m in over_signalen if m.subject in vorige}
        nu = {ref: anders.get(ref, oude[ref]) for ref in geraakt}
        verwijderd = [s.signaal_id for s in signalen if s.status is SignaalStatus.VERWIJDERD and s.signaal_id in vorige]
        sporen = {m.subject: m.traceparent for m in nieuwste}
        await herbereken(work, opslag, nu, Aanleiding(vorige, verwijderd, set(), nieuwe_personen, sporen))


async def vergrendel(opslag: Opslag, jeugdigen: Collection[UUID], nieuwe: Iterable[Ouderband] = ()) -> Banden:
    """Hold these youths with their parents, the present and the `nieuwe`; the present parents of each of them."""
    await opslag.sleutels.jeugdigen(jeugdigen)
    # Read only now: nobody else can change them any more.
    oude = await opslag.projectie.ouders(jeugdigen)
    await opslag.sleutels.ouders({band.ouder_ref for band in (*oude, *nieuwe)})
    per_jeugdige: dict[UUID, set[Ouderband]] = {ref: set() for ref in jeugdigen}
    for band in oude:
        per_jeugdige[band.persoon_ref].add(band)
    return {ref: frozenset(van_een) for ref, van_een in per_jeugdige.items()}


def _nieuwste(messages: Sequence[Message]) -> list[Message]:
    """Of each aggregate the highest version."""
    gevonden: dict[tuple[str, UUID], Message] = {}
    for message in messages:
        aggregaat = (message.event.TOPIC, message.subject)
        if aggregaat not in gevonden or gevonden[aggregaat].version < message.version:
            gevonden[aggregaat] = message
    return list(gevonden.values())


def _signaal(message: Message) -> SignaalRij:
    event = message.event
    if not isinstance(event, SignaalToestand):
        return SignaalRij.grafsteen(message.subject, message.version)
    return SignaalRij(
        event.signaal_id,
        message.version,
        event.persoon_ref,
        event.professional,
        event.account,
        event.organisatie,
        event.organisatiesoort,
        event.convenant,
        event.gemeente,
        event.afgegeven_op,
        event.einddatum,
        SignaalStatus(event.status),
        event.reden,
    )


def _persoon(message: Message) -> PersoonRij:
    event = message.event
    if not isinstance(event, PersoonToestand):
        return PersoonRij(message.subject, message.version, PersoonStatus.VERNIETIGD)
    status = PersoonStatus.OVERLEDEN if event.overleden_op is not None else PersoonStatus.IN_LEVEN
    return PersoonRij(event.persoon_ref, message.version, status)


def _banden(message: Message) -> frozenset[Ouderband]:
    event = message.event
    if not isinstance(event, PersoonToestand):
        return frozenset()
    return frozenset(
        Ouderband(event.persoon_ref, ouder.ouder_ref, ouder.sinds, ouder.sinds_versie, ouder.sinds_gewijzigd)
        for ouder in event.ouders
    )
