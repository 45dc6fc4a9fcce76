"""A notification: one recipient is told once of one cause, and what may become of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from contracts.base import MatchId
from contracts.match import MatchToestand, Oorzaak
from notificatie.domain.ontvangers import Ontvanger

_CORRECTIE = UUID("5f0c2a0e-2f63-5d0b-9a43-6f1f7c3f8a51")


class Soort(StrEnum):
    """What is told: a match, that a match told before was wrong (D18), or that a youth moved (law 7.1.2.3(1)(g))."""

    MATCH = "match"
    MATCH_ONJUIST = "match-onjuist"
    VERHUIZING = "verhuizing"


class Status(StrEnum):
    """`bezig`: somebody is sending it. The last three are final, but `vervallen` may come back: nothing was told."""

    WACHTEND = "wachtend"
    BEZIG = "bezig"
    AFGELEVERD = "afgeleverd"
    MISLUKT = "mislukt"
    VERVALLEN = "vervallen"


class Reden(StrEnum):
    """Why a notification was not delivered: stable codes, never a provider's text."""

    SMTP_NIET_BEREIKBAAR = "smtp-niet-bereikbaar"
    SMTP_WEIGERT = "smtp-weigert"
    ADRES_GEWEIGERD = "adres-geweigerd"
    AFLEVERING_ONZEKER = "aflevering-onzeker"
    ADRESBRON_NIET_BEREIKBAAR = "adresbron-niet-bereikbaar"
    MATCH_NIET_BEREIKBAAR = "match-niet-bereikbaar"
    GEEN_ADRES = "geen-adres"
    REGIEPARTIJ_BETROKKEN = "regiepartij-betrokken"
    MATCH_VOORBIJ = "match-voorbij"
    DATABASE_NIET_BEREIKBAAR = "database-niet-bereikbaar"
    INTERNE_FOUT = "interne-fout"


@dataclass(frozen=True)
class Notificatie:
    """What the sender needs to know of a notification that it has claimed.

    `pogingen` counts claims and fences them: who holds an older number may write nothing. `onzeker` counts how often the
    server may have taken the mail without our knowing it. `sinds` and times of retries are the machine's clock. `voorbij`:
    no match of it counts any more. `signaal_op`: when the recipient's own signals in it were issued, as far as known.
    """

    id: UUID
    soort: Soort
    oorzaak: Oorzaak
    ontvanger: Ontvanger
    pogingen: int
    onzeker: int
    sinds: datetime
    traceparent: str | None
    voorbij: bool = False
    signaal_op: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class NieuweNotificatie:
    """A notification to be, of one match if any; `herroept` is what it takes back there, `signaal_op` as in `Notificatie`."""

    soort: Soort
    oorzaak: Oorzaak
    ontvanger: Ontvanger
    match_id: MatchId | None
    signaal_op: datetime | None
    traceparent: str | None
    herroept: UUID | None = None


@dataclass(frozen=True)
class Besluit:
    """What becomes of a claimed notification; `opnieuw_op` only when it waits, `onzeker` when the answer got lost."""

    status: Status
    reden: Reden | None = None
    opnieuw_op: datetime | None = None
    onzeker: bool = False


@dataclass(frozen=True)
class Geduld:
    """How often and how long is tried."""

    eerste: timedelta = timedelta(seconds=2)
    hoogste: timedelta = timedelta(minutes=15)
    opgeven: timedelta = timedelta(hours=48)
    onzeker: int = 5

    def is_op(self, notificatie: Notificatie) -> bool:
        """Whether it may not be sent once more: so often who had it did not come to note what became of it."""
        return notificatie.onzeker >= self.onzeker

    def uitstel(
        self, notificatie: Notificatie, reden: Reden, nu: datetime, spreiding: float, *, onzeker: bool = False
    ) -> Besluit:
        """Try again later, or give up. `spreiding` is a random number in [0, 1) that keeps retries apart.

        A server that takes the mail and loses its answer each time would send the same mail for two days: after a few
        of those it ends.
        """
        if onzeker and notificatie.onzeker + 1 >= self.onzeker:
            return Besluit(Status.MISLUKT, Reden.AFLEVERING_ONZEKER, onzeker=True)
        if nu - notificatie.sinds >= self.opgeven:
            return Besluit(Status.MISLUKT, reden, onzeker=onzeker)
        wacht = min(self.hoogste, self.eerste * 2 ** min(notificatie.pogingen - 1, 20))
        return Besluit(Status.WACHTEND, reden, opnieuw_op=nu + wacht * (0.75 + spreiding / 4), onzeker=onzeker)


def oorzaak_van_correctie(match: MatchToestand, versie: int, op: datetime) -> Oorzaak:
    """The cause of telling that `match` was wrong: derived from what showed that, so that who is told hears of it once.

    Where match did not say, from the match and the version that ended it.
    """
    door = str(match.beeindigd_door) if match.beeindigd_door else f"{match.match_id}:{versie}"
    return Oorzaak(soort=match.oorzaak.soort, id=uuid5(_CORRECTIE, door), op=op)
