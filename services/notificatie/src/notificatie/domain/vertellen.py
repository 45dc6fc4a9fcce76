"""Whether somebody has to be told, decided on what is known at that moment (D4, D18)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from contracts.match import MatchStatus
from notificatie.domain.notificatie import Soort, Status


@dataclass(frozen=True)
class Stand:
    """How a match stands, as last told: it counts only before its einddatum, whoever reads (D4)."""

    status: MatchStatus
    einddatum: date

    def telt(self, vandaag: date) -> bool:
        """Whether it counts on this day."""
        return self.status is MatchStatus.ACTIEF and vandaag < self.einddatum


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


def moet_verteld(soort: Soort, matches: Sequence[Stand], origineel: Verloop | None, vandaag: date) -> bool:
    """Whether a notification that is due has still to be told.

    A match: as long as one of those with this cause counts. That it was wrong: whoever heard of it, as long as none of
    them counts. `origineel` is the notification that it takes back.
    """
    telt = any(stand.telt(vandaag) for stand in matches)
    if soort is Soort.MATCH:
        return telt
    return origineel is not None and origineel.gehoord and not telt
