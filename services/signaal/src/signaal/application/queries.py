"""What can be read, and in which form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from contracts.base import OrganisatieId, ProfessionalId
from signaal.domain.signaal import Signaal


@dataclass(frozen=True)
class SignaalMetNamen:
    """An own signal as it was read on `dag`, with the names of where it was issued."""

    signaal: Signaal
    organisatie: str
    locatie: str
    dag: date


@dataclass(frozen=True)
class KorteSignalen:
    """How many signals of a natural person ended on `dag` and had lasted a day at most."""

    professional: ProfessionalId
    dag: date
    aantal: int


@dataclass(frozen=True)
class Locatie:
    """A location of an organisation; `gemeente` is a CBS code."""

    locatie_id: UUID
    naam: str
    gemeente: str
    convenant: str


@dataclass(frozen=True)
class Organisatie:
    """An organisation that joined a convenant (R036), with its locations."""

    organisatie_id: OrganisatieId
    naam: str
    soort: str
    locaties: Sequence[Locatie]
