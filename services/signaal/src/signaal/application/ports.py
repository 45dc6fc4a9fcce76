"""What the handlers need from outside. Repositories act within the transaction of the unit of work that they get."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from contracts.base import AccountId, OrganisatieId, PersoonRef, ProfessionalId, SignaalId
from contracts.http.deelnemers import Contact
from contracts.http.persoonsverwijzingen import Persoonsverwijzing
from platformkit.executor import UnitOfWork
from signaal.application.queries import KorteSignalen, Organisatie, SignaalMetNamen
from signaal.domain.persoon import Persoonstand
from signaal.domain.signaal import Account, Signaal, Telling


class Personen(Protocol):
    """brp-proxy."""

    async def verwijzing(self, bsn: str) -> Persoonsverwijzing:
        """The reference to the youth with this BSN, stored under a lease (D1), for the user whose request is answered.

        Raises:
            DomainError: the youth cannot be signalled, or the user's session is over; the code says which.
            TransientError: `brp-niet-beschikbaar`, or brp-proxy itself is away.
            TimeoutError: it takes too long.
        """
        ...

    async def is_van(self, persoon_ref: PersoonRef, bsn: str) -> bool:
        """Whether that is the reference to the youth with this BSN. The BRP is not asked, and nobody is stored.

        Raises:
            DomainError, TransientError, TimeoutError: as `verwijzing`, but for what is about the youth or the BRP.
        """
        ...


class PersoonRepository(Protocol):
    """Youths as brp-proxy last told them. A version only rises (D4)."""

    async def bewaar(self, work: UnitOfWork, standen: Collection[Persoonstand]) -> Sequence[Persoonstand]:
        """Store those that are newer than what is known; these."""
        ...

    async def van(self, work: UnitOfWork, persoon_ref: PersoonRef) -> Persoonstand | None:
        """What is known of a youth."""
        ...

    async def bijgewerkt(self, work: UnitOfWork, antwoord: Persoonstand) -> Persoonstand:
        """What is known of a youth, `antwoord` included if that is newer; nobody else changes it until the transaction ends.

        The account must be involved with the youth.
        """
        ...


class SignaalRepository(Protocol):
    """The signals, as far as the asker may see them."""

    async def voeg_toe(self, work: UnitOfWork, signaal: Signaal, telling: Telling) -> None:
        """Store a new signal, the involvement that follows from it, and its count.

        Raises:
            DomainError: `signaal-bestaat-al`, the account has an active one on that youth.
        """
        ...

    async def vergrendel(self, work: UnitOfWork, signaal_id: SignaalId) -> Signaal | None:
        """The signal, locked until the transaction ends."""
        ...

    async def bewaar_inactief(self, work: UnitOfWork, signalen: Sequence[Signaal]) -> None:
        """Store that these signals ended."""
        ...

    async def vergrendel_actieve_op(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> Sequence[Signaal]:
        """The signals on these youths that nobody ended yet, locked."""
        ...

    async def actieve_op(self, work: UnitOfWork, persoon_ref: PersoonRef) -> Sequence[Signaal]:
        """The signals on this youth that are active today."""
        ...

    async def vergrendel_op(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> Sequence[Signaal]:
        """All signals on these youths, locked."""
        ...

    async def vernietig(
        self, work: UnitOfWork, signalen: Collection[SignaalId], jeugdigen: Collection[PersoonRef]
    ) -> None:
        """Remove these signals with their counts, and who was involved with these youths."""
        ...

    async def bewaar_woongemeenten(self, work: UnitOfWork, woongemeenten: Mapping[PersoonRef, str | None]) -> None:
        """Give all signals on each of these youths this woongemeente."""
        ...

    async def vergrendel_verlopen(self, work: UnitOfWork, aantal: int) -> Sequence[Signaal]:
        """At most `aantal` signals whose einddatum has come and that nobody ended yet, locked."""
        ...

    async def korte(self, work: UnitOfWork, vanaf: date, aantal: int) -> Sequence[KorteSignalen]:
        """Who had `aantal` or more signals that ended on one day, not before `vanaf`, and lasted a day at most."""
        ...

    async def actieve_eigen(
        self, work: UnitOfWork, account: AccountId, signalen: Collection[SignaalId]
    ) -> frozenset[SignaalId]:
        """Those of the signals that are the account's own and active today."""
        ...

    async def eigen(
        self, work: UnitOfWork, account: AccountId, na: SignaalId | None, limiet: int
    ) -> Sequence[SignaalMetNamen]:
        """At most `limiet` signals of the account, newest first, after the one with id `na`."""
        ...

    async def een_eigen(self, work: UnitOfWork, account: AccountId, signaal_id: SignaalId) -> SignaalMetNamen | None:
        """One signal of the account."""
        ...

    async def bestaat(self, work: UnitOfWork, persoon_ref: PersoonRef) -> bool:
        """Whether any signal stands on this youth, active or not; not one that was removed (R072)."""
        ...

    async def bladzijde(
        self, work: UnitOfWork, na: UUID | None, aantal: int
    ) -> Sequence[tuple[Signaal, Telling | None]]:
        """At most `aantal` signals with their counts in the order of their ids, after `na`."""
        ...


class AanvraagRepository(Protocol):
    """What was asked before, as the audit log knows it."""

    async def aantal(
        self, work: UnitOfWork, account: AccountId, seconden: int, uitkomsten: Collection[str] | None
    ) -> int:
        """How often the account asked to issue within the last `seconden`, with one of these outcomes; none is any."""
        ...


class AccountRepository(Protocol):
    """Accounts and the natural persons behind them (D6)."""

    async def van(self, work: UnitOfWork, issuer: str, subject: str, organisatie: OrganisatieId) -> Account | None:
        """The account of an identity at an organisation."""
        ...

    async def contacten(self, work: UnitOfWork, accounts: Collection[AccountId]) -> Sequence[Contact]:
        """The contact data of these accounts; unknown ones are left out."""
        ...

    async def bewaar_professional(
        self, work: UnitOfWork, professional_id: ProfessionalId, naam: str, email: str, telefoon: str | None
    ) -> None:
        """Store the contact data of a professional, new or known."""
        ...

    async def bewaar(
        self,
        work: UnitOfWork,
        *,
        account_id: AccountId,
        professional_id: ProfessionalId,
        issuer: str,
        subject: str,
        organisatie: OrganisatieId,
        locatie: UUID,
    ) -> AccountId:
        """Store an account under `account_id`, or bring the known one to this location; the account's id.

        Raises:
            DomainError: `identiteit-in-gebruik`, the identity is another professional's at this organisation.
        """
        ...


class OrganisatieRepository(Protocol):
    """Organisations, their locations, and the convenanten that these joined."""

    async def zoek(self, work: UnitOfWork, naam: str) -> Sequence[Organisatie]:
        """Organisations whose name or alias contains `naam`, whatever its case; all when it is empty."""
        ...

    async def controleer(self, work: UnitOfWork, organisatie: OrganisatieId, locatie: UUID) -> None:
        """Check that the location is one of the organisation.

        Raises:
            DomainError: `organisatie-onbekend` or `locatie-onbekend`.
        """
        ...

    async def opvolgers(self, work: UnitOfWork) -> Mapping[str, str]:
        """By the code of a gemeente that ended the one of which it became part (C26)."""
        ...

    async def convenanten(self, work: UnitOfWork, gemeente: str) -> Sequence[str]:
        """The codes of the convenanten that a gemeente joined."""
        ...

    async def coordinator(self, work: UnitOfWork, convenant: str) -> str | None:
        """The e-mail address of the coordinator of a convenant (R113)."""
        ...
