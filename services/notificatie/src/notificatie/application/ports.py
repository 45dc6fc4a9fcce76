"""What the handlers need from outside. Repositories act within the transaction of the unit of work that they get."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from contracts.base import AccountId, MatchId, PersoonRef
from contracts.http.deelnemers import Verhuisontvangers
from contracts.match import MatchReden, MatchStatus
from kanalen.email import EmailBericht, Result
from notificatie.domain.notificatie import Besluit, NieuweNotificatie, Notificatie, Soort
from notificatie.domain.ontvangers import OntvangerSoort
from notificatie.domain.verhuizing import Verhuizing
from notificatie.domain.vertellen import Stand, Verteld
from platformkit.executor import UnitOfWork


@dataclass(frozen=True)
class Matchstand:
    """The newest that is known of one match."""

    match_id: MatchId
    versie: int
    status: MatchStatus
    reden: MatchReden | None
    oorzaak_id: UUID
    einddatum: date
    personen: tuple[PersoonRef, ...]


class MatchstandRepository(Protocol):
    """What is known of matches."""

    async def bewaar(self, work: UnitOfWork, standen: Collection[Matchstand]) -> Mapping[MatchId, bool]:
        """Store those that are newer than what is stored; by their match ids whether something was."""
        ...


@dataclass(frozen=True)
class Kandidaat:
    """A notification that is due, with what decides whether it has still to be told."""

    id: UUID
    soort: Soort
    voor: OntvangerSoort
    matches: Sequence[Stand]


class NotificatieRepository(Protocol):
    """The notifications. Rows are locked in one order: matches by partition, then notifications by id."""

    async def plan(self, work: UnitOfWork, nieuwe: Sequence[NieuweNotificatie], nu: datetime) -> None:
        """Store each unless its recipient is told of its cause already, and note in both cases of which match it is."""
        ...

    async def verteld_van(self, work: UnitOfWork, matches: Collection[MatchId]) -> Sequence[Verteld]:
        """All that was ever told of these matches, locked whatever its status.

        So a sender that is about to claim one sees what has become of the match, or is seen here.
        """
        ...

    async def vergrendel_te_doen(
        self, work: UnitOfWork, nu: datetime, hoogstens: int, behalve: Collection[UUID]
    ) -> Sequence[UUID]:
        """At most so many that are due and all that are due of the same causes, without `behalve` and what others locked."""
        ...

    async def kandidaten(self, work: UnitOfWork, ids: Collection[UUID]) -> Sequence[Kandidaat]:
        """What is known of locked ones: asked after the lock, so that it sees what committed before it."""
        ...

    async def laat_vervallen(self, work: UnitOfWork, ids: Collection[UUID], nu: datetime) -> None:
        """Note that these are not told: what they are about is over."""
        ...

    async def neem(self, work: UnitOfWork, ids: Collection[UUID], nu: datetime, tot: datetime) -> list[Notificatie]:
        """Take these until a moment: nobody else may send them before that."""
        ...

    async def matches_van(self, work: UnitOfWork, notificatie: UUID) -> Sequence[Matchstand]:
        """Every match that this notification is about, in the order of their youths."""
        ...

    async def leg_vast(self, work: UnitOfWork, notificatie: Notificatie, besluit: Besluit, nu: datetime) -> int | None:
        """Write what became of it; its version, none when somebody else took it over."""
        ...

    async def achterstand(self, work: UnitOfWork) -> tuple[int, datetime | None]:
        """How many are open, and since when the oldest."""
        ...


class VerhuizingRepository(Protocol):
    """Moves of which it is still to be found out who is told."""

    async def bewaar(self, work: UnitOfWork, verhuizingen: Collection[Verhuizing]) -> None:
        """Store those that are not there, to be told at once."""
        ...

    async def vergeet(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> None:
        """Remove what stands on these youths (D8)."""
        ...

    async def te_doen(self, work: UnitOfWork, nu: datetime, hoogstens: int) -> Sequence[Verhuizing]:
        """At most so many that are due, the longest due first; others may have them, too."""
        ...

    async def stel_uit(self, work: UnitOfWork, verhuizing: Verhuizing, tot: datetime) -> None:
        """Leave it until then."""
        ...

    async def neem(self, work: UnitOfWork, verhuizing: Verhuizing) -> bool:
        """Remove it; whether it was there: else somebody else told of it, or its youth is gone."""
        ...


class Melders(Protocol):
    """Who knows whom a move concerns.

    Raises:
        TransientError: it is away, does not know of the move yet, or does not understand us.
    """

    async def van_verhuizing(self, verhuizing: Verhuizing) -> Verhuisontvangers:
        """Who reported on the youth before it, and which coordinators are told."""
        ...


class Regie(Protocol):
    """Who knows what R111 says.

    Raises:
        TransientError: it is away or does not understand us.
    """

    async def betrokken(self, personen: Sequence[PersoonRef]) -> bool:
        """Whether an organisation that can have the matchregie has an active signal on one of these youths."""
        ...


@dataclass(frozen=True)
class Adres:
    """Where somebody is told, and the organisation of that account; none of a coordinator. Never kept."""

    email: str = field(repr=False)
    organisatie: str | None


class Adressen(Protocol):
    """Where somebody is told.

    Raises:
        TransientError: whoever knows the addresses is away or does not understand us.
    """

    async def van_account(self, account: AccountId) -> Adres | None:
        """The address of an account."""
        ...

    async def van_coordinator(self, convenant: str) -> Adres | None:
        """The address of the convenant's coordinator."""
        ...


class Email(Protocol):
    """Hands a mail to the mail server."""

    async def send(self, bericht: EmailBericht, before_data: Callable[[], Awaitable[None]] | None = None) -> Result:
        """See `kanalen.email.SmtpPool`."""
        ...


@dataclass(frozen=True)
class Eigen:
    """What a mail says of its reader's own: an organisation and the days on which the signals there were issued.

    `voorbij`: no match of theirs counts any more.
    """

    organisatie: str | None
    dagen: Sequence[date]
    voorbij: bool


class Teksten(Protocol):
    """The texts of the mails."""

    def voor(self, soort: Soort, ontvanger: OntvangerSoort, eigen: Sequence[Eigen]) -> tuple[str, str]:
        """Subject and text."""
        ...
