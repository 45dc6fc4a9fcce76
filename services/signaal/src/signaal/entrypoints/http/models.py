"""Requests and answers of the API (camelCase, nothing unknown let in)."""

import re
from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError
from stdnum.nl import bsn as bsn_number

from contracts.base import OrganisatieId
from contracts.mailadres import Mailadres
from contracts.signaal import SignaalStatus
from platformkit.errors import DomainError
from signaal.application.queries import Organisatie, SignaalMetNamen
from signaal.domain.kalender import Duur, lees_duur

_JJJJ_MM_DD = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _bsn(value: str) -> str:
    # The library pads and strips; we want what the professional saw: nine digits.
    if len(value) != 9 or not (value.isascii() and value.isdigit()) or not bsn_number.is_valid(value):
        raise PydanticCustomError("bsn", "no BSN", {"code": "bsn-ongeldig"})
    return value


def _datum(value: Any) -> Any:
    # Lax reading would take a number for seconds since 1970.
    if value is not None and not (isinstance(value, str) and _JJJJ_MM_DD.fullmatch(value)):
        raise PydanticCustomError("date", "no date")
    return value


def _duur(value: str | None) -> str | None:
    try:
        if value is not None:
            lees_duur(value)
    except DomainError as error:
        raise PydanticCustomError("duur", "no duration", {"code": error.code}) from None
    return value


# No control characters: PostgreSQL refuses a zero byte, and a line break has no place in a name.
Regel = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")
]


class Model(BaseModel):
    """A body, in either direction."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class SignaalVerzoek(Model):
    """The BSN and until when, or for how long; nothing else about the youth (R004, R030)."""

    bsn: Annotated[
        str,
        AfterValidator(_bsn),
        Field(repr=False, description="Burgerservicenummer: 9 cijfers", examples=["999990019"]),
    ]
    einddatum: Annotated[
        date | None,
        BeforeValidator(_datum),
        Field(description="De eerste dag waarop het signaal niet meer actief is", examples=["2027-05-01"]),
    ] = None
    duur: Annotated[
        str | None,
        AfterValidator(_duur),
        Field(description="ISO 8601-duur in jaren, maanden, weken en dagen", examples=["P1Y"]),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _only_these(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.keys() <= {"bsn", "einddatum", "duur"}:
            raise PydanticCustomError("extra", "unknown field", {"code": "alleen-bsn-en-duur"})
        return data

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.einddatum is None) == (self.duur is None):
            raise PydanticCustomError("choice", "one of both", {"code": "einddatum-of-duur"})
        return self

    @property
    def wens(self) -> date | Duur:
        """What was asked, in the domain's terms."""
        return self.einddatum or lees_duur(self.duur or "")


class AfsluitVerzoek(Model):
    """Why: only that one is no longer involved (R064)."""

    reden: Literal["niet-meer-betrokken"]


class SignaalAntwoord(Model):
    """An own signal. Nothing that tells whether others know the youth, or where the youth lives (D10)."""

    signaal_id: UUID
    status: SignaalStatus
    begindatum: date
    einddatum: Annotated[date, Field(description="De eerste dag waarop het signaal niet meer actief is")]
    afgegeven_op: AwareDatetime
    organisatie: str
    locatie: str
    convenant: str
    inactief_sinds: Annotated[
        date | None, Field(description="De eerste dag waarop het signaal niet actief was; leeg als het actief is")
    ] = None

    @classmethod
    def van(cls, gevonden: SignaalMetNamen) -> Self:
        """The signal as it was on the day on which it was read."""
        signaal = gevonden.signaal
        return cls(
            signaal_id=signaal.signaal_id,
            status=signaal.status_op(gevonden.dag),
            begindatum=signaal.begindatum,
            einddatum=signaal.einddatum,
            afgegeven_op=signaal.afgegeven_op,
            organisatie=gevonden.organisatie,
            locatie=gevonden.locatie,
            convenant=signaal.convenant,
            inactief_sinds=signaal.inactief_sinds_op(gevonden.dag),
        )


class AfgegevenAntwoord(Model):
    """The answer to issuing. The same again for the same Idempotency-Key, whatever became of the signal since."""

    signaal_id: UUID
    status: Literal["actief"] = "actief"
    begindatum: date
    einddatum: Annotated[date, Field(description="De eerste dag waarop het signaal niet meer actief is")]
    afgegeven_op: AwareDatetime
    organisatie: str
    locatie: str
    convenant: str
    ingekort: Annotated[bool, Field(description="De einddatum is vervroegd naar de 23e verjaardag")]
    toelichting: Annotated[str | None, Field(description="Uitleg als de einddatum is vervroegd")] = None

    @classmethod
    def van(cls, gevonden: SignaalMetNamen) -> Self:
        """The signal as it was issued."""
        signaal = gevonden.signaal
        toelichting = (
            f"De einddatum is vervroegd naar {signaal.einddatum:%d-%m-%Y}. Een signaal stopt als een jeugdige 23 wordt."
        )
        return cls(
            signaal_id=signaal.signaal_id,
            begindatum=signaal.begindatum,
            einddatum=signaal.einddatum,
            afgegeven_op=signaal.afgegeven_op,
            organisatie=gevonden.organisatie,
            locatie=gevonden.locatie,
            convenant=signaal.convenant,
            ingekort=signaal.ingekort,
            toelichting=toelichting if signaal.ingekort else None,
        )


class SignalenAntwoord(Model):
    """A page of own signals; `volgende` goes into `na` to get the next one."""

    items: list[SignaalAntwoord]
    volgende: UUID | None


class ProfessionalVerzoek(Model):
    """A natural person, the identity at an issuer, and where this person works."""

    naam: Annotated[Regel, Field(repr=False)]
    email: Mailadres
    telefoon: Annotated[
        str | None, StringConstraints(pattern=r"^[0-9+() -]{6,20}$"), Field(repr=False, examples=["020-1234567"])
    ] = None
    issuer: Regel
    subject: Annotated[Regel, Field(repr=False)]
    organisatie_id: OrganisatieId
    locatie_id: UUID


class ProfessionalAntwoord(Model):
    """The admitted person and the account."""

    professional_id: UUID
    account_id: UUID


class LocatieAntwoord(Model):
    """A location; `gemeente` is a CBS code."""

    locatie_id: UUID
    naam: str
    gemeente: str
    convenant: str


class OrganisatieAntwoord(Model):
    """An organisation with its locations."""

    organisatie_id: UUID
    naam: str
    soort: str
    locaties: list[LocatieAntwoord]

    @classmethod
    def van(cls, gevonden: Organisatie) -> Self:
        """From the read side."""
        return cls(
            organisatie_id=gevonden.organisatie_id,
            naam=gevonden.naam,
            soort=gevonden.soort,
            locaties=[
                LocatieAntwoord(
                    locatie_id=each.locatie_id, naam=each.naam, gemeente=each.gemeente, convenant=each.convenant
                )
                for each in gevonden.locaties
            ],
        )


class OrganisatiesAntwoord(Model):
    """Organisations by name."""

    items: list[OrganisatieAntwoord]
