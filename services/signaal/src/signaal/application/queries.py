"""What can be read, and in which form."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from signaal.domain.signaal import Account, Signaal


@dataclass(frozen=True)
class SignaalMetNamen:
    """An own signal, with the names of where it was issued."""

    signaal: Signaal
    organisatie: str
    locatie: str


@dataclass(frozen=True)
class Contact:
    """How colleagues reach a professional (R122). Only for other services, at the moment of showing or sending."""

    account_id: UUID
    naam: str = field(repr=False)
    organisatie: str
    locatie: str
    email: str = field(repr=False)
    telefoon: str | None = field(repr=False)


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

    organisatie_id: UUID
    naam: str
    soort: str
    locaties: Sequence[Locatie]


class Lezen(Protocol):
    """The read side; each method reads in the database context that its asker has."""

    async def account_van(self, issuer: str, subject: str, organisatie: UUID) -> Account | None:
        """The account of an identity at an organisation."""
        ...

    async def eigen_signalen(self, account: UUID, na: UUID | None, limiet: int) -> Sequence[SignaalMetNamen]:
        """At most `limiet` signals of the account, newest first, after the one with id `na`."""
        ...

    async def eigen_signaal(self, account: UUID, signaal_id: UUID) -> SignaalMetNamen | None:
        """One signal of the account."""
        ...

    async def bestaat_signaal(self, persoon_ref: UUID) -> bool:
        """Whether any signal stands on this youth, active or not."""
        ...

    async def organisaties(self, naam: str) -> Sequence[Organisatie]:
        """Organisations whose name or alias contains `naam`, whatever its case; all when it is empty."""
        ...

    async def gebruikt(self, account: str, uitkomsten: Sequence[str] | None, seconden: int) -> int:
        """How often the account asked to issue within the last `seconden`, by outcome; none counts all outcomes."""
        ...
