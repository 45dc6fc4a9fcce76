"""What is kept here of events of others (D4)."""

from brp_proxy.application.ports import Signaalstand
from contracts.base import PersoonRef, SignaalId
from contracts.signaal import SignaalToestand, SignaalVerwijderd
from platformkit.envelope import Message


def signaalstand(message: Message) -> Signaalstand:
    """A signal exists until it is removed or destroyed: an inactive one is in the archive (R066)."""
    bestaat = isinstance(message.event, SignaalToestand) and not isinstance(message.event, SignaalVerwijderd)
    return Signaalstand(SignaalId(message.subject), PersoonRef(message.key) if bestaat else None, message.version)
