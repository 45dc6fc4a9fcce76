"""What a professional may see of matches (R120, C16): of the other youth of a family match, nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from contracts.match import MatchReden, MatchSoort
from platformkit.executor import UnitOfWork
from platformkit.http.auth import Principal


class Stand(StrEnum):
    """How a match stands today, whether or not the sweep ran (D4)."""

    OPEN = "open"
    BEEINDIGD = "beeindigd"


class EigenMatch(NamedTuple):
    """One match from its own professional's side."""

    match_id: UUID
    soort: MatchSoort
    stand: Stand
    reden: MatchReden | None
    ontstaan_op: datetime
    beeindigd_op: datetime | None
    einddatum: date
    eigen_signaal: UUID
    eigen_persoon: UUID
    """For the audit log only."""
    partner_account: UUID


@dataclass(frozen=True)
class Contact:
    """How to reach the partner of a match (R122). Passes through, is kept nowhere and shows nothing in logs."""

    naam: str
    organisatie: str
    locatie: str
    email: str
    telefoon: str | None

    def __repr__(self) -> str:
        return "Contact(...)"


class Lezen(Protocol):
    """Reads matches in the asker's own transaction."""

    async def eigen_matches(
        self, work: UnitOfWork, account: UUID, stand: Stand | None, na: UUID | None, limiet: int
    ) -> Sequence[EigenMatch]:
        """At most `limiet` matches of the account, newest first, after the one with id `na`."""
        ...

    async def eigen_match(self, work: UnitOfWork, account: UUID, match_id: UUID) -> EigenMatch | None:
        """One match of the account."""
        ...


class Signaal(Protocol):
    """What signaal knows of people."""

    async def eigen_account(self, vrager: Principal) -> UUID:
        """The account of the user.

        Raises:
            DomainError: `account-onbekend`; what signaal says of the user's token.
            TransientError: signaal is away.
        """
        ...

    async def contacten(self, vrager: Principal, accounts: Sequence[UUID]) -> Mapping[UUID, Contact]:
        """The contact data of these accounts, as far as signaal has them.

        Raises:
            DomainError, TransientError: as above.
        """
        ...
