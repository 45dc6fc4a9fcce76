"""What the handlers need from outside. Repositories act within the transaction of the unit of work that they get."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from contracts.base import AccountId, MatchId, OuderRef, PersoonRef, SignaalId
from contracts.http.deelnemers import Contact
from match.application.queries import EigenMatch, Stand
from match.domain.match import Match
from match.domain.regie import Deelname
from match.domain.signaal import Kandidaat, Ouderband, Persoonstand, PersoonStatus, Signaalstand
from platformkit.executor import UnitOfWork
from platformkit.identity import Principal


class SleutelRepository(Protocol):
    """The locks under which matches change (ADR 0003), held until the end of the transaction."""

    async def jeugdigen(self, work: UnitOfWork, refs: Collection[PersoonRef]) -> None:
        """Hold these youths; before any parent.

        Raises:
            TransientError: a key was removed in between, or others made one and hold it; the whole transaction must start
                again.
        """
        ...

    async def ouders(self, work: UnitOfWork, refs: Collection[OuderRef]) -> None:
        """Hold these parents; they must be read after the youths are held.

        Raises:
            TransientError: as `jeugdigen`.
        """
        ...


class ProjectieRepository(Protocol):
    """Signals, youths and parents as last told by their owners. A version only rises (D4)."""

    async def ouders(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> list[Ouderband]:
        """The parents of these youths."""
        ...

    async def kinderen(self, work: UnitOfWork, ouders: Collection[OuderRef]) -> list[Ouderband]:
        """Every child of these parents."""
        ...

    async def signalen(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> list[Kandidaat]:
        """The signals on these youths that may be active."""
        ...

    async def deelnames(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> Sequence[Deelname]:
        """The kinds of organisation behind those signals; all that another service's question is answered from."""
        ...

    async def signalen_met_id(self, work: UnitOfWork, ids: Collection[SignaalId]) -> Mapping[SignaalId, Signaalstand]:
        """Signals and tombstones by id."""
        ...

    async def personen(self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]) -> Mapping[PersoonRef, PersoonStatus]:
        """How those of these youths stand who died or were destroyed: of the others nothing has to be known."""
        ...

    async def onjuiste_ouders(
        self, work: UnitOfWork, jeugdigen: Collection[PersoonRef]
    ) -> Mapping[PersoonRef, frozenset[OuderRef]]:
        """By youth the former parents who never were, of those who have any."""
        ...

    async def werk_signalen_bij(
        self, work: UnitOfWork, signalen: Collection[Signaalstand]
    ) -> Mapping[SignaalId, Signaalstand | None]:
        """Store what is newer; what each of those signals was before, none when it is new."""
        ...

    async def werk_personen_bij(self, work: UnitOfWork, personen: Collection[Persoonstand]) -> set[PersoonRef]:
        """Store what is newer; the refs of those youths."""
        ...

    async def vervang_ouders(
        self, work: UnitOfWork, jeugdigen: Collection[PersoonRef], banden: Iterable[Ouderband]
    ) -> None:
        """Give these youths these parents and no others."""
        ...


class MatchRepository(Protocol):
    """Stored matches, under the locks of `SleutelRepository`."""

    async def van(self, work: UnitOfWork, signalen: Collection[SignaalId]) -> list[Match]:
        """Every match that was ever made of these signals."""
        ...

    async def met_id(self, work: UnitOfWork, ids: Collection[MatchId]) -> list[Match]:
        """The matches with these ids, as far as they were ever made."""
        ...

    async def ids_na(self, work: UnitOfWork, na: MatchId | None, aantal: int) -> list[MatchId]:
        """The ids of at most `aantal` matches in the order of their ids, after `na`."""
        ...

    async def verlopen(self, work: UnitOfWork, aantal: int) -> list[Match]:
        """At most `aantal` matches whose einddatum passed while nobody ended them."""
        ...

    async def beeindigd_voor(self, work: UnitOfWork, signalen: Collection[SignaalId]) -> list[Match]:
        """The matches of these signals that had ended for another reason than a removed signal, held from now on."""
        ...

    async def bewaar(self, work: UnitOfWork, matches: Collection[Match]) -> None:
        """Store new and changed matches."""
        ...

    async def generatie(self, work: UnitOfWork) -> int:
        """The number of this database's life (D4)."""
        ...

    async def verhoog(self, work: UnitOfWork) -> int:
        """Raise that number, as the owner of the database only may; the new one.

        What is told from then on is above every version told before.
        """
        ...


class EigenMatchRepository(Protocol):
    """Reads matches in the asker's own transaction: open ones, and those that are over since a day after `voorbij_na`."""

    async def bladzijde(
        self,
        work: UnitOfWork,
        account: AccountId,
        stand: Stand | None,
        *,
        voorbij_na: date,
        na: MatchId | None,
        limiet: int,
    ) -> Sequence[EigenMatch]:
        """At most `limiet` matches of the account, newest first, after the one with id `na`."""
        ...

    async def een(
        self, work: UnitOfWork, account: AccountId, match_id: MatchId, *, voorbij_na: date
    ) -> EigenMatch | None:
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

    async def contacten(self, partners: Collection[tuple[AccountId, SignaalId]]) -> Mapping[AccountId, Contact]:
        """How to reach the people behind accounts (R122), as far as signaal knows. Kept nowhere.

        With each account the own signal of the user for which it is asked: when that is over, signaal says nothing (D10).

        Raises:
            DomainError, TransientError: as above.
        """
        ...


@dataclass(frozen=True)
class Opslag:
    """What every handler that changes matches works with."""

    sleutels: SleutelRepository
    projectie: ProjectieRepository
    matches: MatchRepository
