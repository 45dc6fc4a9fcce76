"""Take in what signaal and brp-proxy told, and make the stored matches equal the function of it (D4, ADR 0003).

One transaction: lock the youths, read their parents, lock those before and after, project, recompute. What arrives
last finds all that came before it, whatever the order, the batches and the number of consumers.
"""

from collections.abc import Collection, Iterable, Sequence

from contracts.base import PersoonRef
from contracts.persoon import PersoonToestand
from contracts.signaal import SignaalToestand
from match.application.handlers.herberekenen import Aanleiding, Banden, herbereken
from match.application.ports import Opslag
from match.application.projecties import ouderbanden, persoonstand, signaalstand
from match.domain.signaal import Ouderband, SignaalStatus
from platformkit.envelope import Message
from platformkit.executor import UnitOfWork
from platformkit.executor.projection import newest


class Verwerken:
    """Handles a batch of events on signals, on youths or on both."""

    def __init__(self, opslag: Opslag) -> None:
        self._opslag = opslag

    async def __call__(self, work: UnitOfWork, messages: Sequence[Message]) -> None:
        """Handle `messages`, whole states in any order; of each aggregate the newest one counts (D2)."""
        opslag = self._opslag
        nieuwste = newest(messages)
        over_personen = [m for m in nieuwste if m.event.TOPIC == PersoonToestand.TOPIC]
        banden = {PersoonRef(m.subject): ouderbanden(m) for m in over_personen}
        # The Kafka key of both topics is the youth.
        jeugdigen = {PersoonRef(m.key) for m in nieuwste}
        oude = await vergrendel(work, opslag, jeugdigen, (band for van_een in banden.values() for band in van_een))

        signalen = [signaalstand(m) for m in nieuwste if m.event.TOPIC == SignaalToestand.TOPIC]
        vorige = await opslag.projectie.werk_signalen_bij(work, signalen)
        nieuwe_personen = await opslag.projectie.werk_personen_bij(work, [persoonstand(m) for m in over_personen])
        anders = {ref: banden[ref] for ref in nieuwe_personen if banden[ref] != oude[ref]}
        await opslag.projectie.vervang_ouders(work, anders, (band for van_een in anders.values() for band in van_een))

        geraakt = nieuwe_personen | {PersoonRef(m.key) for m in nieuwste if m.subject in vorige}
        nu = {ref: anders.get(ref, oude[ref]) for ref in geraakt}
        verwijderd = [s.signaal_id for s in signalen if s.status is SignaalStatus.VERWIJDERD and s.signaal_id in vorige]
        sporen = {m.subject: m.traceparent for m in nieuwste}
        versies = {PersoonRef(m.subject): m.version for m in over_personen if m.subject in nieuwe_personen}
        await herbereken(
            work,
            opslag,
            nu,
            Aanleiding(vorige=vorige, verwijderd=verwijderd, jeugdigen=versies, ouders=oude, sporen=sporen),
        )


async def vergrendel(
    work: UnitOfWork, opslag: Opslag, jeugdigen: Collection[PersoonRef], nieuwe: Iterable[Ouderband] = ()
) -> Banden:
    """Hold these youths with their parents, the present and the `nieuwe`; the present parents of each of them."""
    await opslag.sleutels.jeugdigen(work, jeugdigen)
    # Read only now: nobody else can change them any more.
    oude = await opslag.projectie.ouders(work, jeugdigen)
    await opslag.sleutels.ouders(work, {band.ouder_ref for band in (*oude, *nieuwe)})
    per_jeugdige: dict[PersoonRef, set[Ouderband]] = {ref: set() for ref in jeugdigen}
    for band in oude:
        per_jeugdige[band.persoon_ref].add(band)
    return {ref: frozenset(van_een) for ref, van_een in per_jeugdige.items()}
