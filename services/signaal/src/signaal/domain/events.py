"""What signaal tells the others: the aggregate's whole state, in the words of the contract (D2)."""

from typing import TypeVar

from contracts.signaal import (
    SignaalAfgegeven,
    SignaalGedeactiveerd,
    SignaalReden,
    SignaalToestand,
    SignaalVerlengd,
    SignaalVernietigd,
    SignaalVerwijderd,
)
from contracts.statistiek import SignaalGeteld
from signaal.domain.signaal import Signaal, Telling

T = TypeVar("T", bound=SignaalToestand)


def afgegeven(signaal: Signaal) -> SignaalAfgegeven:
    """A signal was issued."""
    return _toestand(SignaalAfgegeven, signaal)


def verlengd(signaal: Signaal) -> SignaalVerlengd:
    """A signal was extended."""
    return _toestand(SignaalVerlengd, signaal)


def gedeactiveerd(signaal: Signaal) -> SignaalGedeactiveerd:
    """A signal was closed or expired."""
    return _toestand(SignaalGedeactiveerd, signaal)


def verwijderd(signaal: Signaal) -> SignaalVerwijderd:
    """A signal was removed: it had been issued wrongly."""
    return _toestand(SignaalVerwijderd, signaal)


def vernietigd(reden: SignaalReden) -> SignaalVernietigd:
    """The data of a signal are destroyed."""
    return SignaalVernietigd(reden=reden)


def geteld(telling: Telling) -> SignaalGeteld:
    """A signal was counted."""
    return SignaalGeteld(
        signaal_id=telling.signaal_id,
        leeftijdsgroep=telling.leeftijdsgroep,
        geslacht=telling.geslacht,
        woonklasse=telling.woonklasse,
        woongemeente=telling.woongemeente,
        organisatie=telling.organisatie,
        week=telling.week,
    )


def _toestand(soort: type[T], signaal: Signaal) -> T:
    return soort(
        signaal_id=signaal.signaal_id,
        persoon_ref=signaal.persoon_ref,
        professional=signaal.professional,
        account=signaal.account,
        organisatie=signaal.organisatie,
        organisatiesoort=signaal.organisatiesoort,
        locatie=signaal.locatie,
        convenant=signaal.convenant,
        gemeente=signaal.gemeente,
        afgegeven_op=signaal.afgegeven_op,
        begindatum=signaal.begindatum,
        einddatum=signaal.einddatum,
        bron=signaal.bron,
        landelijk=signaal.landelijk,
        status=signaal.status,
        reden=signaal.reden,
    )
