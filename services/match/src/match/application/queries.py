"""What a professional may see of matches (R120, C16): of the other youth of a family match, nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from contracts.base import AccountId, MatchId, PersoonRef, SignaalId
from contracts.http.deelnemers import Contact
from contracts.match import MatchReden, MatchSoort
from platformkit.executor import UnitOfWork
from platformkit.identity import Principal


class Stand(StrEnum):
    """How a match stands today, whether or not the sweep ran (D4)."""

    OPEN = "open"
    BEEINDIGD = "beeindigd"


@dataclass(frozen=True)
class EigenMatch:
    """One match from its own professional's side. `eigen_persoon` is for the audit log only."""

    match_id: MatchId
    soort: MatchSoort
    stand: Stand
    reden: MatchReden | None
    ontstaan_op: datetime
    beeindigd_op: datetime | None
    einddatum: date
    eigen_signaal: SignaalId
    eigen_persoon: PersoonRef
    partner_account: AccountId


class EigenMatchRepository(Protocol):
    """Reads matches in the asker's own transaction."""

    async def bladzijde(
        self, work: UnitOfWork, account: AccountId, stand: Stand | None, na: MatchId | None, limiet: int
    ) -> Sequence[EigenMatch]:
        """At most `limiet` matches of the account, newest first, after the one with id `na`."""
        ...

    async def een(self, work: UnitOfWork, account: AccountId, match_id: MatchId) -> EigenMatch | None:
        """One match of the account."""
        ...


class Deelnemers(Protocol):
    """What signaal knows of people, asked in the name of the user whose request is answered."""

    async def eigen_account(self, vrager: Principal) -> AccountId:
        """The account of the user.

        Raises:
            DomainError: `account-onbekend`; what signaal says of the user's token.
            TransientError: signaal is away.
        """
        ...

    async def contacten(self, accounts: Sequence[AccountId]) -> Mapping[AccountId, Contact]:
        """How to reach the people behind these accounts (R122), as far as signaal knows. Kept nowhere.

        Raises:
            DomainError, TransientError: as above.
        """
        ...
