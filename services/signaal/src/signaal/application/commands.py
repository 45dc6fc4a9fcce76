"""What can be asked of signaal that changes something."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from contracts.base import AccountId, OrganisatieId, ProfessionalId, SignaalId
from platformkit.identity import Principal
from signaal.domain.kalender import Duur


@dataclass(frozen=True)
class SignaalAfgeven:
    """Show involvement with a youth, known by BSN only (R030), until a first inactive day or for a duration."""

    vrager: Principal
    bsn: str = field(repr=False)
    wens: date | Duur
    idempotency_key: str


@dataclass(frozen=True)
class SignaalAfsluiten:
    """Close an own signal: no longer involved (R063, R064)."""

    vrager: Principal
    signaal_id: SignaalId


@dataclass(frozen=True)
class ProfessionalToelaten:
    """Admit a natural person under an identity of an issuer to an organisation and location (D6)."""

    beheerder: Principal
    professional_id: ProfessionalId
    naam: str = field(repr=False)
    email: str = field(repr=False)
    telefoon: str | None = field(repr=False)
    issuer: str
    subject: str = field(repr=False)
    organisatie: OrganisatieId
    locatie: UUID


@dataclass(frozen=True)
class Toegelaten:
    """The account of an admitted professional; `nieuw` when it was not there before."""

    professional_id: ProfessionalId
    account_id: AccountId
    nieuw: bool
