"""Whether somebody has to be told, decided on what is known at that moment (D4, D18)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from contracts.base import MatchId
from contracts.match import MatchReden, MatchStatus
from notificatie.domain.notificatie import Soort, Status
from notificatie.domain.ontvangers import Ontvanger, OntvangerSoort

_TERECHT_VOORBIJ = frozenset({MatchReden.SIGNAAL_GEDEACTIVEERD, MatchReden.EINDDATUM})
_NIEUWS = timedelta(days=7)


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
    def geldt(self) -> bool:
        """Whether the recipient was told, or will be: nobody has to be told once more."""
        return self.status in {Status.AFGELEVERD, Status.BEZIG, Status.WACHTEND}

    @property
    def kan_nog_gehoord_worden(self) -> bool:
        """As `gehoord`, or the mail is under way at this moment."""
        return self.gehoord or self.status is Status.BEZIG


@dataclass(frozen=True)
class Stand:
    """How a match stands, as last told: it counts only before its einddatum, whoever reads (D4).

    `signaal_op`: when the recipient's own signal in it was issued, none where nobody said so. `origineel`: what became of the
    notification of it that a correction takes back.
    """

    status: MatchStatus
    einddatum: date
    reden: MatchReden | None = None
    signaal_op: datetime | None = None
    origineel: Verloop | None = None

    def telt(self, vandaag: date) -> bool:
        """Whether it counts on this day."""
        return self.status is MatchStatus.ACTIEF and vandaag < self.einddatum

    @property
    def terecht(self) -> bool:
        """Whether it was right for as long as it lasted, which who was in it hears also afterwards (D10)."""
        return self.status is MatchStatus.ACTIEF or self.reden in _TERECHT_VOORBIJ


@dataclass(frozen=True)
class Verteld:
    """That a notification is about a match; `herroept` is the one that a correction takes back there."""

    id: UUID
    soort: Soort
    ontvanger: Ontvanger
    verloop: Verloop
    match_id: MatchId
    herroept: UUID | None


def weet_ervan(ontvanger: Ontvanger, over: Sequence[Verteld]) -> bool:
    """Whether a recipient was told of a match, or will be, and was not told since that it was wrong.

    `over`: all that was ever told of the match. One that arises again, by whatever cause, is no news to him then (D18).
    """
    return any(
        each.ontvanger == ontvanger
        and each.verloop.geldt
        and not any(ander.verloop.kan_nog_gehoord_worden for ander in _correcties(each, over))
        for each in over
        if each.soort is Soort.MATCH
    )


def te_herroepen(over: Sequence[Verteld]) -> Iterator[Verteld]:
    """What of all that was ever told of a match, which was wrong, is to be taken back: what may have been heard, once.

    An end may be told again as a higher version (a new generation of match).
    """
    gehoord = (each for each in over if each.soort is Soort.MATCH and each.verloop.kan_nog_gehoord_worden)
    for each in gehoord:
        if all(ander.verloop.status is Status.VERVALLEN for ander in _correcties(each, over)):
            yield each


def _correcties(verteld: Verteld, over: Sequence[Verteld]) -> Iterator[Verteld]:
    return (each for each in over if each.herroept == verteld.id)


def waarover(soort: Soort, voor: OntvangerSoort, matches: Sequence[Stand], vandaag: date) -> Sequence[Stand]:
    """The matches, of those with one cause, that have still to be told of; none: nobody has to be told.

    A match: those that count, or else, to whoever is in it, those that were right: whoever issues, looks and closes is told
    of, also when the mail server was away in between (D10). That it was wrong: those of which was heard and that do not count.
    """
    tellen = [stand for stand in matches if stand.telt(vandaag)]
    if soort is Soort.MATCH_ONJUIST:
        gehoord = (stand for stand in matches if stand.origineel is not None and stand.origineel.gehoord)
        return [stand for stand in gehoord if stand not in tellen]
    if tellen or voor is OntvangerSoort.COORDINATOR:
        return tellen
    return [stand for stand in matches if stand.terecht]


def is_nieuws(stand: Stand, oorzaak_op: datetime, nu: datetime, vandaag: date) -> bool:
    """Whether a match that is heard of is still to be told: one that is over only while its cause is recent.

    Longer we are never behind; what is older was told, by a database that got lost.
    """
    return stand.telt(vandaag) or nu - oorzaak_op < _NIEUWS
