"""What match knows of signals, youths and parents: projections of events that others own."""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from contracts.base import AccountId, OrganisatieId, OuderRef, PersoonRef, ProfessionalId, SignaalId
from contracts.signaal import SignaalReden


class SignaalStatus(StrEnum):
    """Status as in the contract, and the tombstone of a destroyed signal, which keeps its version only."""

    ACTIEF = "actief"
    INACTIEF = "inactief"
    VERWIJDERD = "verwijderd"
    VERNIETIGD = "vernietigd"


class PersoonStatus(StrEnum):
    """A youth; a destroyed one is a tombstone that keeps its version only."""

    IN_LEVEN = "in-leven"
    OVERLEDEN = "overleden"
    VERNIETIGD = "vernietigd"


class Betrokkene(NamedTuple):
    """What a match tells of one of its sides: who signalled, for whom, when, under which convenant."""

    signaal_id: SignaalId
    persoon_ref: PersoonRef
    professional: ProfessionalId
    account: AccountId
    organisatie: OrganisatieId
    organisatiesoort: str
    convenant: str
    gemeente: str
    afgegeven_op: datetime


class Kandidaat(NamedTuple):
    """A signal that may match: not destroyed. `einddatum` is the first day on which it is no longer active (D7)."""

    signaal_id: SignaalId
    persoon_ref: PersoonRef
    professional: ProfessionalId
    account: AccountId
    organisatie: OrganisatieId
    organisatiesoort: str
    convenant: str
    gemeente: str
    afgegeven_op: datetime
    einddatum: date
    status: SignaalStatus
    persoon: PersoonStatus | None
    """None while the youth lives, or nothing of him has arrived yet: that hides no signal (D4)."""

    def betrokkene(self) -> Betrokkene:
        """This signal as a side of a match."""
        return Betrokkene(
            signaal_id=self.signaal_id,
            persoon_ref=self.persoon_ref,
            professional=self.professional,
            account=self.account,
            organisatie=self.organisatie,
            organisatiesoort=self.organisatiesoort,
            convenant=self.convenant,
            gemeente=self.gemeente,
            afgegeven_op=self.afgegeven_op,
        )


class Signaalstand(NamedTuple):
    """A version of a signal as it was told; of a tombstone only id, version and status (D4)."""

    signaal_id: SignaalId
    versie: int
    status: SignaalStatus
    persoon_ref: PersoonRef | None = None
    professional: ProfessionalId | None = None
    account: AccountId | None = None
    organisatie: OrganisatieId | None = None
    organisatiesoort: str | None = None
    convenant: str | None = None
    gemeente: str | None = None
    afgegeven_op: datetime | None = None
    einddatum: date | None = None
    reden: SignaalReden | None = None

    def betrokkene(self) -> Betrokkene:
        """This signal as a side of a match.

        Raises:
            ValueError: a tombstone, which is none.
        """
        if (
            self.persoon_ref is None
            or self.professional is None
            or self.account is None
            or self.organisatie is None
            or self.organisatiesoort is None
            or self.convenant is None
            or self.gemeente is None
            or self.afgegeven_op is None
        ):
            raise ValueError("a tombstone says nothing")
        return Betrokkene(
            signaal_id=self.signaal_id,
            persoon_ref=self.persoon_ref,
            professional=self.professional,
            account=self.account,
            organisatie=self.organisatie,
            organisatiesoort=self.organisatiesoort,
            convenant=self.convenant,
            gemeente=self.gemeente,
            afgegeven_op=self.afgegeven_op,
        )


class Persoonstand(NamedTuple):
    """A version of a youth as it was told. `ouders_onjuist`: former parents who never were."""

    persoon_ref: PersoonRef
    versie: int
    status: PersoonStatus
    ouders_onjuist: tuple[OuderRef, ...] = ()


class Ouderband(NamedTuple):
    """A registered parent of a youth (R083), and since which version of the youth it stands there.

    `sinds_gewijzigd`: a PersoonGewijzigd brought it; else it was known from the start and causes no match (D18).
    """

    persoon_ref: PersoonRef
    ouder_ref: OuderRef
    sinds: datetime
    sinds_versie: int
    sinds_gewijzigd: bool


class Telbaar(Protocol):
    """What decides whether a signal is active."""

    @property
    def status(self) -> SignaalStatus: ...
    @property
    def einddatum(self) -> date: ...
    @property
    def persoon(self) -> PersoonStatus | None: ...


def telt_mee(signaal: Telbaar, vandaag: date) -> bool:
    """Whether the signal is active: the only ones that match (R080, D4)."""
    return (
        signaal.status == SignaalStatus.ACTIEF
        and signaal.einddatum > vandaag
        and (signaal.persoon is None or signaal.persoon == PersoonStatus.IN_LEVEN)
    )
