"""From what signaal and brp-proxy told to what match keeps of it."""

from contracts.base import PersoonRef, SignaalId
from contracts.persoon import PersoonToestand
from contracts.signaal import SignaalToestand
from match.domain.signaal import Ouderband, Persoonstand, PersoonStatus, Signaalstand, SignaalStatus
from platformkit.envelope import Message


def signaalstand(message: Message) -> Signaalstand:
    """A signal; what stays of a destroyed one is a tombstone."""
    event = message.event
    if not isinstance(event, SignaalToestand):
        return Signaalstand(SignaalId(message.subject), message.version, SignaalStatus.VERNIETIGD)
    return Signaalstand(
        signaal_id=event.signaal_id,
        versie=message.version,
        status=SignaalStatus(event.status),
        persoon_ref=event.persoon_ref,
        professional=event.professional,
        account=event.account,
        organisatie=event.organisatie,
        organisatiesoort=event.organisatiesoort,
        convenant=event.convenant,
        gemeente=event.gemeente,
        afgegeven_op=event.afgegeven_op,
        einddatum=event.einddatum,
        reden=event.reden,
    )


def persoonstand(message: Message) -> Persoonstand:
    """A youth; what stays of a destroyed one is a tombstone."""
    event = message.event
    if not isinstance(event, PersoonToestand):
        return Persoonstand(PersoonRef(message.subject), message.version, PersoonStatus.VERNIETIGD)
    status = PersoonStatus.OVERLEDEN if event.overleden_op is not None else PersoonStatus.IN_LEVEN
    return Persoonstand(event.persoon_ref, message.version, status, event.ouders_onjuist)


def ouderbanden(message: Message) -> frozenset[Ouderband]:
    """The parents of a youth; none of a destroyed one."""
    event = message.event
    if not isinstance(event, PersoonToestand):
        return frozenset()
    return frozenset(
        # By position, in half the time of a keyword for each; there are thousands in a batch.
        Ouderband(event.persoon_ref, ouder.ouder_ref, ouder.sinds, ouder.sinds_versie, ouder.sinds_gewijzigd)
        for ouder in event.ouders
    )
