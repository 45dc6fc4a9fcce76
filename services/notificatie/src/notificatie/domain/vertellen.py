"""Whether somebody has to be told, decided on what is known at that moment (D4, D18)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from contracts.match import MatchReden, MatchStatus
from notificatie.domain.notificatie import Soort, Status
from notificatie.domain.ontvangers import OntvangerSoort

_TERECHT_VOORBIJ = frozenset({MatchReden.SIGNAAL_GEDEACTIVEERD, MatchReden.EINDDATUM})
_NIEUWS = timedelta(days=7)


@dataclass(frozen=True)
class Stand:
    """How a match stands, as last told: it counts only before its einddatum, whoever reads (D4).

    `signaal_op`: when the recipient's own signal in it was issued, none where nobody said so.
    """

    status: MatchStatus
    einddatum: date
    reden: MatchReden | None = None
    signaal_op: datetime | None = None

    def telt(self, vandaag: date) -> bool:
        """Whether it counts on this day."""
        return self.status is MatchStatus.ACTIEF and vandaag < self.einddatum

    @property
    def terecht(self) -> bool:
        """Whether it was right for as long as it lasted, which who was in it hears also afterwards (D10)."""
        return self.status is MatchStatus.ACTIEF or self.reden in _TERECHT_VOORBIJ


@dataclass(frozen=True)
class Verloop:
    """What became of a notification so far. `onzeker`: how often the server may have taken the mail unknown to us."""

    status: Status
    onzeker: int

    @property
    def gehoord(self) -> bool:
        """Whether the recipient was told, or may have been."""
        return self.status is Status.AFGELEVERD or self.onzeker > 0

    @property
    def kan_nog_gehoord_worden(self) -> bool:
        """As `gehoord`, or the mail is under way at this moment."""
        return self.gehoord or self.status is Status.BEZIG


def waarover(
    soort: Soort, voor: OntvangerSoort, matches: Sequence[Stand], origineel: Verloop | None, vandaag: date
) -> Sequence[Stand]:
    """The matches, of those with one cause, that have still to be told of; none: nobody has to be told.

    A match: those that count, or else, to whoever is in it, those that were right: whoever issues, looks and closes is told
    of, also when the mail server was away in between (D10). That it was wrong: whoever heard of it, as long as none of
    them counts; `origineel` is the notification that is taken back.
    """
    tellen = [stand for stand in matches if stand.telt(vandaag)]
    if soort is Soort.MATCH_ONJUIST:
        return matches if origineel is not None and origineel.gehoord and not tellen else []
    if tellen or voor is OntvangerSoort.COORDINATOR:
        return tellen
    return [stand for stand in matches if stand.terecht]


def is_nieuws(stand: Stand, oorzaak_op: datetime, nu: datetime, vandaag: date) -> bool:
    """Whether a match that is heard of is still to be told: one that is over only while its cause is recent.

    Longer we are never behind; what is older was told, by a database that got lost.
    """
    return stand.telt(vandaag) or nu - oorzaak_op < _NIEUWS
