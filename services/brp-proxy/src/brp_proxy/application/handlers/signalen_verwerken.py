"""What events of topic `signaal` mean for a person: they confirm his lease, and the last one ends him (D1)."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime

from opentelemetry import metrics

from brp_proxy.application.handlers.vernietigen import vernietig
from brp_proxy.application.ports import LevensloopRepository
from brp_proxy.application.projecties import signaalstand
from contracts.base import PersoonRef, SignaalId
from contracts.persoon import PersoonVernietigdReden
from contracts.signaal import SignaalToestand
from platformkit.envelope import Message
from platformkit.executor import UnitOfWork
from platformkit.executor.projection import newest
from platformkit.logging import get_logger

CONSUMER = "brp-proxy.signaal"

log = get_logger()
_onbekend = metrics.get_meter("brp_proxy").create_counter("persoon.signaal_op_onbekende_verwijzing", unit="{event}")


class SignalenVerwerken:
    """Handles a batch in one transaction; any order, repetition or replay ends in the same state."""

    def __init__(self, levensloop: LevensloopRepository) -> None:
        self._levensloop = levensloop

    async def __call__(self, work: UnitOfWork, messages: Sequence[Message]) -> None:
        """Handle the messages."""
        levensloop = self._levensloop
        # The youths first, in one order: whoever stores or destroys one of them waits for this lock, too.
        bekend = await levensloop.vergrendel(work, {PersoonRef(message.key) for message in messages})
        await levensloop.bewaar_standen(work, [signaalstand(message) for message in newest(messages)])
        bestaand = await levensloop.bestaande_signalen(work, {SignaalId(message.subject) for message in messages})
        for ref, signaal in _over_bestaand_signaal(messages, bestaand):
            if ref not in bekend:
                work.after_commit(_alarmeer, ref, signaal)
        await levensloop.bevestig(work, _bevestigingen(messages, bekend, bestaand))
        over = await levensloop.zonder_signaal(work, bekend)
        if not over:
            return
        # Behind a parked message may be a signal that we do not know of. Signaal knows: the job asks it.
        twijfel = await work.put_aside(CONSUMER, over)
        await levensloop.betwijfel(work, [ref for ref in over if ref in twijfel])
        oorzaak = {message.key: message.traceparent for message in messages}
        zeker = {ref: oorzaak[ref] for ref in over if ref not in twijfel}
        await vernietig(work, levensloop, zeker, PersoonVernietigdReden.LAATSTE_SIGNAAL)


def _over_bestaand_signaal(
    messages: Sequence[Message], bestaand: Set[SignaalId]
) -> Iterator[tuple[PersoonRef, SignaalToestand]]:
    """Per message about a signal that exists now, the person's ref and the signal's state."""
    for message in messages:
        if message.subject in bestaand and isinstance(message.event, SignaalToestand):
            yield PersoonRef(message.key), message.event


def _alarmeer(ref: PersoonRef, signaal: SignaalToestand) -> None:
    """A signal on a ref that leads nowhere: somebody issued it on a ref that was let go (D1)."""
    log.error("signaal_op_onbekende_verwijzing", persoon_ref=str(ref), signaal_id=str(signaal.signaal_id))
    _onbekend.add(1)


def _bevestigingen(
    messages: Sequence[Message], bekend: Set[PersoonRef], bestaand: Set[SignaalId]
) -> Mapping[PersoonRef, datetime]:
    """Per person up to which moment of giving his lease is confirmed: the newest signal's moment of issue.

    An event about a signal that is older than the lease does not confirm it: the ref was given out again since, and a
    signal on it may be on its way. If none comes, the job asks.
    """
    tot: dict[PersoonRef, datetime] = {}
    for ref, signaal in _over_bestaand_signaal(messages, bestaand):
        if ref in bekend:
            tot[ref] = max(signaal.afgegeven_op, tot.get(ref, signaal.afgegeven_op))
    return tot
