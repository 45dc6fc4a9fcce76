"""What the application asks of the outside."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.match import MatchToestand, Oorzaak
from kanalen.email import EmailBericht, Result
from notificatie.domain.notificatie import Besluit, Notificatie, Soort
from notificatie.domain.ontvangers import Ontvanger


@dataclass(frozen=True)
class Toestand:
    """The state of a match as one event told it, with the event's version, time and trace."""

    match: MatchToestand
    versie: int
    op: datetime
    traceparent: str | None


class Notificaties(Protocol):
    """The notifications and what is known of matches. All in the caller's transaction."""

    async def projecteer(self, connection: AsyncConnection, standen: Sequence[Toestand]) -> set[UUID]:
        """Store those that are newer than what is stored; their match ids."""
        ...

    async def plan(
        self, connection: AsyncConnection, te_vertellen: Sequence[tuple[Ontvanger, Toestand]], nu: datetime
    ) -> None:
        """Tell each recipient of the cause of the match, unless that was planned or done before."""
        ...

    async def herroep(
        self, connection: AsyncConnection, onjuist: Mapping[UUID, tuple[Oorzaak, str | None]], nu: datetime
    ) -> None:
        """Tell everybody who was told of these matches, or may have been, that they were wrong."""
        ...

    async def claim(
        self,
        connection: AsyncConnection,
        *,
        nu: datetime,
        vandaag: date,
        lease: timedelta,
        limit: int,
        behalve: Sequence[UUID],
    ) -> list[Notificatie]:
        """Take at most `limit` that are due, for the time of `lease`; those without an active match lapse."""
        ...

    async def personen(self, connection: AsyncConnection, notificatie: UUID, vandaag: date) -> list[tuple[UUID, ...]]:
        """The youths of each active match of this notification, each combination once."""
        ...

    async def leg_vast(
        self, connection: AsyncConnection, notificatie: Notificatie, besluit: Besluit, nu: datetime
    ) -> int | None:
        """Write what became of it; its version, none when somebody else took it over."""
        ...

    async def achterstand(self, connection: AsyncConnection) -> tuple[int, datetime | None]:
        """How many are open, and since when the oldest."""
        ...


class Meldadressen(Protocol):
    """Where somebody is told. An address is never kept.

    Raises:
        TransientError: whoever knows the addresses is away or does not understand us.
    """

    async def van_account(self, account: str) -> str | None:
        """The address of an account."""
        ...

    async def van_coordinator(self, convenant: str, personen: Sequence[UUID]) -> str | None:
        """The address of the convenant's coordinator, none when a matchregie party signalled on one of the youths."""
        ...


class Email(Protocol):
    """Hands a mail to the mail server."""

    async def send(self, bericht: EmailBericht, before_data: Callable[[], Awaitable[None]] | None = None) -> Result:
        """See `kanalen.email.SmtpPool`."""
        ...


class Teksten(Protocol):
    """The texts of the mails."""

    def voor(self, soort: Soort, ontvanger: Ontvanger) -> tuple[str, str]:
        """Subject and text."""
        ...
