"""Topic `signaal`: the life of a signal, owned by signaal. THAT somebody is involved, never why (R004, R005)."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from contracts.base import (
    AccountId,
    Code,
    Event,
    Gemeentecode,
    Moment,
    OrganisatieId,
    PersoonRef,
    ProfessionalId,
    SignaalId,
    Vernietigd,
)


class Organisatiesoort(StrEnum):
    """Kind of organisation, as far as a rule needs it; an unknown value on the wire is read as OVERIG."""

    GECERTIFICEERDE_INSTELLING = "gecertificeerde-instelling"
    WIJKTEAM = "wijkteam"
    GGD = "ggd"
    JEUGDHULP = "jeugdhulp"
    JEUGDGEZONDHEIDSZORG = "jeugdgezondheidszorg"
    GEZONDHEIDSZORG = "gezondheidszorg"
    ONDERWIJS = "onderwijs"
    MAATSCHAPPELIJKE_ONDERSTEUNING = "maatschappelijke-ondersteuning"
    WERK_EN_INKOMEN = "werk-en-inkomen"
    POLITIE_EN_JUSTITIE = "politie-en-justitie"
    KINDEROPVANG = "kinderopvang"
    GEMEENTE = "gemeente"
    OVERIG = "overig"

    @classmethod
    def _missing_(cls, value: object) -> "Organisatiesoort":
        return cls.OVERIG


class SignaalStatus(StrEnum):
    """R077. A signal that was destroyed has no status: it is gone."""

    ACTIEF = "actief"
    INACTIEF = "inactief"
    VERWIJDERD = "verwijderd"


class SignaalReden(StrEnum):
    """Why a signal is no longer active (R063, R066, R072, R022, R023)."""

    NIET_MEER_BETROKKEN = "niet-meer-betrokken"
    VERLOPEN = "verlopen"
    TEN_ONRECHTE = "ten-onrechte"
    BEZWAAR = "bezwaar"
    DRIEENTWINTIG = "23"
    OVERLEDEN = "overleden"
    BEWAARTERMIJN = "bewaartermijn"


class Bron(StrEnum):
    """How the signal came in."""

    PORTAAL = "portaal"
    BRONSYSTEEM = "bronsysteem"


class SignaalToestand(Event):
    """State of a signal.

    `professional` is the natural person, `account` that person at one organisation and location (D6). `einddatum` is the
    first day on which the signal is no longer active (D7). `gemeente` is the controller and never changes; a CBS code.
    `landelijk`: may be forwarded to the national index.
    """

    TOPIC = "signaal"

    signaal_id: SignaalId
    persoon_ref: PersoonRef
    professional: ProfessionalId
    account: AccountId
    organisatie: OrganisatieId
    organisatiesoort: Organisatiesoort
    locatie: UUID
    convenant: Code
    gemeente: Gemeentecode
    afgegeven_op: Moment
    begindatum: date
    einddatum: date
    bron: Bron
    landelijk: bool
    status: SignaalStatus
    reden: SignaalReden | None = None

    @property
    def aggregate_id(self) -> UUID:
        return self.signaal_id

    @property
    def key(self) -> UUID:
        return self.persoon_ref


class SignaalAfgegeven(SignaalToestand):
    """A professional showed involvement (R030-R036)."""

    TYPE = "nl.verwijsindex.signaal.afgegeven.v1"


class SignaalVerlengd(SignaalToestand):
    """Extended before it became inactive (R068, R070)."""

    TYPE = "nl.verwijsindex.signaal.verlengd.v1"


class SignaalGedeactiveerd(SignaalToestand):
    """Closed by its professional or expired (R063, R065), or its youth died (R023)."""

    TYPE = "nl.verwijsindex.signaal.gedeactiveerd.v1"


class SignaalVerwijderd(SignaalToestand):
    """Wrongly issued: removed for good, without archive (R072)."""

    TYPE = "nl.verwijsindex.signaal.verwijderd.v1"


class SignaalVernietigd(Vernietigd):
    """The data of the signal are destroyed (R067, R022, R023). The Kafka key is the persoon_ref."""

    TYPE = "nl.verwijsindex.signaal.vernietigd.v1"
    TOPIC = "signaal"

    reden: SignaalReden
