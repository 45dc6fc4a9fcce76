"""What events of topic `signaal` mean for a person: they confirm his lease, or make us ask whether he may go (D1)."""

from collections.abc import Sequence
from typing import TypeGuard

from opentelemetry import metrics

from brp_proxy.application.ports import LevensloopRepository
from brp_proxy.application.projecties import signaalstand
from contracts.base import Event, PersoonRef, SignaalId
from contracts.signaal import SignaalReden, SignaalToestand
from platformkit.envelope import Message
from platformkit.executor import UnitOfWork
from platformkit.executor.projection import newest
from platformkit.logging import get_logger

CONSUMER = "brp-proxy.signaal"
_MET_DE_JEUGDIGE = frozenset({SignaalReden.OVERLEDEN, SignaalReden.DRIEENTWINTIG})

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
        for message in messages:
            if message.subject in bestaand and message.key not in bekend and _verwacht_jeugdige(message.event):
                work.after_commit(_alarmeer, message.event)
        await levensloop.herzie(work, bekend)


def _verwacht_jeugdige(event: Event) -> TypeGuard[SignaalToestand]:
    """Whether a signal tells that its youth is there: one that ended because he is not may be told after he went."""
    return isinstance(event, SignaalToestand) and event.reden not in _MET_DE_JEUGDIGE


def _alarmeer(signaal: SignaalToestand) -> None:
    """A signal on a ref that leads nowhere: somebody issued it on a ref that was let go (D1)."""
    log.error(
        "signaal_op_onbekende_verwijzing", persoon_ref=str(signaal.persoon_ref), signaal_id=str(signaal.signaal_id)
    )
    _onbekend.add(1)
