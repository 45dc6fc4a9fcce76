"""What is kept here of events: those of others (D4), and our own after a restore."""

from brp_proxy.application.ports import Signaalstand, Verteld
from brp_proxy.domain.persoon import Persoon
from contracts.base import PersoonRef, SignaalId
from contracts.persoon import PersoonToestand, PersoonVernietigd
from contracts.signaal import SignaalToestand, SignaalVerwijderd
from platformkit.envelope import Message


def signaalstand(message: Message) -> Signaalstand:
    """A signal exists until it is removed or destroyed: an inactive one is in the archive (R066)."""
    bestaat = isinstance(message.event, SignaalToestand) and not isinstance(message.event, SignaalVerwijderd)
    return Signaalstand(SignaalId(message.subject), PersoonRef(message.key) if bestaat else None, message.version)


def verteld(message: Message) -> Verteld:
    """What we told of a person."""
    event, ref = message.event, PersoonRef(message.key)
    einde = event.reden.value if isinstance(event, PersoonVernietigd) else None
    if not isinstance(event, PersoonToestand):
        return Verteld(ref, message.version, None, einde)
    persoon = Persoon(
        ref,
        message.version,
        event.ouders,
        woongemeente=event.woongemeente,
        geheim=event.geheim,
        ouders_onjuist=frozenset(event.ouders_onjuist),
        overleden_op=event.overleden_op,
    )
    return Verteld(ref, message.version, persoon, einde)
