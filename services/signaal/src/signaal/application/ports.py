"""What the handlers need from outside. Those that take a unit of work act within its transaction."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from contracts.signaal import Organisatiesoort
from platformkit.executor import UnitOfWork
from platformkit.http.auth import Principal
from signaal.application.queries import Contact
from signaal.domain.signaal import Persoonsverwijzing, Signaal, Telling


class Personen(Protocol):
    """brp-proxy."""

    async def verwijzing(self, bsn: str, vrager: Principal) -> Persoonsverwijzing:
        """The reference to the youth with this BSN, stored under a lease (D1).

        Raises:
            DomainError: the youth cannot be signalled; the code says why.
            TransientError: `brp-niet-beschikbaar`.
        """
        ...


class Signalen(Protocol):
    """The signals."""

    async def voeg_toe(self, work: UnitOfWork, signaal: Signaal, telling: Telling) -> None:
        """Store a new signal, the involvement that follows from it, and its count.

        Raises:
            DomainError: `signaal-bestaat-al`, the account has an active one on that youth.
        """
        ...

    async def vergrendel(self, work: UnitOfWork, signaal_id: UUID) -> Signaal | None:
        """The signal, if the asker may see it, locked until the transaction ends."""
        ...

    async def bewaar_inactief(self, work: UnitOfWork, signalen: Sequence[Signaal]) -> None:
        """Store that these signals ended."""
        ...

    async def vergrendel_verlopen(self, work: UnitOfWork, dag: date, aantal: int) -> Sequence[Signaal]:
        """At most `aantal` signals whose einddatum is not after `dag` and that nobody ended yet, locked."""
        ...

    async def bladzijde(
        self, work: UnitOfWork, na: UUID | None, aantal: int
    ) -> Sequence[tuple[Signaal, Telling | None]]:
        """At most `aantal` signals with their counts in the order of their ids, after `na`."""
        ...

    async def heeft_actief_van(
        self, work: UnitOfWork, personen: Collection[UUID], soorten: Collection[Organisatiesoort], dag: date
    ) -> bool:
        """Whether an organisation of one of these kinds has an active signal on one of these youths."""
        ...


class Deelnemers(Protocol):
    """Professionals, their accounts and the organisations they work for."""

    async def controleer(self, work: UnitOfWork, organisatie: UUID, locatie: UUID) -> None:
        """Check that the location is one of the organisation.

        Raises:
            DomainError: `organisatie-onbekend` or `locatie-onbekend`.
        """
        ...

    async def bewaar_professional(
        self, work: UnitOfWork, professional_id: UUID, naam: str, email: str, telefoon: str | None
    ) -> None:
        """Store the contact data of a professional, new or known."""
        ...

    async def bewaar_account(
        self,
        work: UnitOfWork,
        *,
        account_id: UUID,
        professional_id: UUID,
        issuer: str,
        subject: str,
        organisatie: UUID,
        locatie: UUID,
    ) -> UUID:
        """Store an account under `account_id`, or bring the known one to this location; the account's id.

        Raises:
            DomainError: `identiteit-in-gebruik`, the identity is another professional's at this organisation.
        """
        ...

    async def contacten(self, work: UnitOfWork, accounts: Collection[UUID]) -> Sequence[Contact]:
        """The contact data of these accounts; unknown ones are left out."""
        ...

    async def coordinator(self, work: UnitOfWork, convenant: str) -> str | None:
        """The e-mail address of the coordinator of a convenant (R113)."""
        ...
