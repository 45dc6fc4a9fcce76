"""What is kept here of events of others (D4)."""

from contracts.match import MatchStatus, MatchToestand
from notificatie.application.ports import Matchstand


def matchstand(match: MatchToestand, versie: int) -> Matchstand:
    """The youths are known only while the match is active: what has ended leaves no trace of one (D8)."""
    return Matchstand(
        match_id=match.match_id,
        versie=versie,
        status=match.status,
        reden=match.reden,
        oorzaak_id=match.oorzaak.id,
        einddatum=match.einddatum,
        personen=match.personen if match.status is MatchStatus.ACTIEF else (),
    )
