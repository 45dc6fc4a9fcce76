"""Show a professional the own matches, with the partners' contact data from signaal (R120, R122, D12, D17)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from match.application.queries import Contact, EigenMatch, Lezen, Signaal, Stand
from platformkit.clock import Clock, today
from platformkit.db.context import DatabaseContext
from platformkit.errors import DomainError
from platformkit.executor import Executor, UnitOfWork
from platformkit.http.auth import Principal


@dataclass(frozen=True)
class GetoondeMatch:
    """A match and its partner; none when signaal has no such account any more."""

    match: EigenMatch
    partner: Contact | None


@dataclass(frozen=True)
class Bladzijde:
    """Matches, and the id after which the next page begins."""

    items: Sequence[GetoondeMatch]
    volgende: UUID | None


class MatchesTonen:
    """Reads under row-level security, records what was shown, and asks signaal about match partners only."""

    def __init__(self, *, executor: Executor, clock: Clock, lezen: Lezen, signaal: Signaal) -> None:
        self._executor = executor
        self._clock = clock
        self._lezen = lezen
        self._signaal = signaal

    async def bladzijde(self, vrager: Principal, stand: Stand | None, na: UUID | None, limiet: int) -> Bladzijde:
        """At most `limiet` own matches, newest first.

        Raises:
            DomainError: `account-onbekend`.
            TransientError: signaal is away.
        """
        account = await self._signaal.eigen_account(vrager)

        async def lees(work: UnitOfWork) -> Sequence[EigenMatch]:
            # One more than asked tells whether there is a next page.
            return await self._lezen.eigen_matches(work, account, stand, na, limiet + 1)

        gevonden, meer = await self._vastgelegd(vrager, account, lees, limiet)
        return Bladzijde(await self._met_partners(vrager, gevonden), gevonden[-1].match_id if meer else None)

    async def een(self, vrager: Principal, match_id: UUID) -> GetoondeMatch:
        """One own match.

        Raises:
            DomainError: `niet-gevonden`, also for a match of others; `account-onbekend`.
            TransientError: signaal is away.
        """
        account = await self._signaal.eigen_account(vrager)

        async def lees(work: UnitOfWork) -> Sequence[EigenMatch]:
            gevonden = await self._lezen.eigen_match(work, account, match_id)
            return [gevonden] if gevonden else []

        gevonden, _ = await self._vastgelegd(vrager, account, lees, 1)
        if not gevonden:
            raise DomainError("niet-gevonden")
        return (await self._met_partners(vrager, gevonden))[0]

    async def _vastgelegd(
        self,
        vrager: Principal,
        account: UUID,
        lees: Callable[[UnitOfWork], Awaitable[Sequence[EigenMatch]]],
        limiet: int,
    ) -> tuple[Sequence[EigenMatch], bool]:
        """At most `limiet` of what `lees` finds, recorded in its transaction as looked at; whether there was more."""

        async def doe(work: UnitOfWork) -> tuple[Sequence[EigenMatch], bool]:
            gevonden = await lees(work)
            getoond = gevonden[:limiet]
            for match in getoond:
                work.audit(
                    "match-lezen",
                    outcome="ok",
                    actor=str(account),
                    role=vrager.role,
                    object=match.match_id,
                    person=match.eigen_persoon,
                )
            return getoond, len(gevonden) > limiet

        context = DatabaseContext(account, "professional", frozenset(), today(self._clock))
        return await self._executor.execute(doe, context)

    async def _met_partners(self, vrager: Principal, matches: Sequence[EigenMatch]) -> list[GetoondeMatch]:
        accounts = sorted({match.partner_account for match in matches})
        contacten = await self._signaal.contacten(vrager, accounts) if accounts else {}
        return [GetoondeMatch(match, contacten.get(match.partner_account)) for match in matches]
