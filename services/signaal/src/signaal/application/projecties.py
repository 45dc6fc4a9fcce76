"""From what brp-proxy told to what signaal keeps of it."""

from contracts.base import PersoonRef
from contracts.persoon import PersoonToestand
from platformkit.envelope import Message
from signaal.domain.persoon import Persoonstand, PersoonStatus


def persoonstand(message: Message) -> Persoonstand:
    """A youth; what stays of a destroyed one is a tombstone."""
    event = message.event
    if not isinstance(event, PersoonToestand):
        return Persoonstand(PersoonRef(message.subject), message.version, PersoonStatus.VERNIETIGD)
    return Persoonstand(
        persoon_ref=event.persoon_ref,
        versie=message.version,
        status=PersoonStatus.OVERLEDEN if event.overleden_op is not None else PersoonStatus.IN_LEVEN,
        woongemeente=event.woongemeente,
        geheim=event.geheim,
    )
