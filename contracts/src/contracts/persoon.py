"""Topic `persoon`: what the other services may know of a youth, owned by brp-proxy. No BSN, name or birth date (D1, D2)."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from contracts.base import Event, Gemeentecode, Moment, OuderRef, PersoonRef, Vernietigd, Waarde


class PersoonVernietigdReden(StrEnum):
    """Why a person was destroyed (R022, R023, D1)."""

    DRIEENTWINTIG = "23"
    OVERLEDEN = "overleden"
    LAATSTE_SIGNAAL = "laatste-signaal"
    LEASE = "lease"


class Ouder(Waarde):
    """A parent as registered in the BRP (R083), and since which version of the person he stands there.

    `sinds` and `sinds_versie` let every reader name the same cause of a match (D18) whatever order events arrive in.
    `sinds_gewijzigd` is true when a PersoonGewijzigd brought this parent; a parent known from the first
    PersoonVastgelegd is never the cause of a match.
    """

    ouder_ref: OuderRef
    sinds: Moment
    sinds_versie: int
    sinds_gewijzigd: bool = False


class PersoonToestand(Event):
    """State of a person. `woongemeente` is a CBS code, none for secret, unknown and abroad (D6).

    `ouders_onjuist` are former parents of whom it turned out that they never were (correction, denial). A former parent
    who is not among them went by a later event, such as an adoption: what rested on him was right while it stood.
    """

    TOPIC = "persoon"

    persoon_ref: PersoonRef
    ouders: tuple[Ouder, ...]
    ouders_onjuist: tuple[OuderRef, ...] = ()
    woongemeente: Gemeentecode | None
    geheim: bool
    overleden_op: date | None = None

    @property
    def aggregate_id(self) -> UUID:
        return self.persoon_ref


class PersoonVastgelegd(PersoonToestand):
    """A person was stored or its lease renewed (D1)."""

    TYPE = "nl.verwijsindex.persoon.vastgelegd.v1"


class PersoonGewijzigd(PersoonToestand):
    """Something that others use changed: parents, secrecy."""

    TYPE = "nl.verwijsindex.persoon.gewijzigd.v1"


class PersoonVerhuisd(PersoonToestand):
    """The woongemeente changed."""

    TYPE = "nl.verwijsindex.persoon.verhuisd.v1"


class PersoonOverleden(PersoonToestand):
    """The person died (R023)."""

    TYPE = "nl.verwijsindex.persoon.overleden.v1"


class PersoonVernietigd(Vernietigd):
    """The person is gone from the store; the ref leads nowhere any more (D1)."""

    TYPE = "nl.verwijsindex.persoon.vernietigd.v1"
    TOPIC = "persoon"

    reden: PersoonVernietigdReden

    def is_of(self, subject: UUID, key: UUID) -> bool:
        return subject == key
