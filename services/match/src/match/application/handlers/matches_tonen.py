"""Show a professional the own matches, with the partners' contact data from signaal (R120, R122, D12, D17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from contracts.base import AccountId, MatchId
from contracts.http.deelnemers import Contact
from match.application.ports import Deelnemers, EigenMatchRepository
from match.application.queries import EigenMatch, Stand
from match.domain.kalender import maanden_eerder
from platformkit.db.context import DatabaseContext
from platformkit.errors import DomainError
from platformkit.executor import Executor, UnitOfWork
from platformkit.identity import Actor, Principal


@dataclass(frozen=True)
class GetoondeMatch:
    """A match and its partner; none of a match that is over (D10), nor when signaal has no such account any more."""

    match: EigenMatch
    partner: Contact | None


@dataclass(frozen=True)
class Bladzijde:
    """Matches, and the id after which the next page begins."""

    items: Sequence[GetoondeMatch]
    volgende: MatchId | None


class MatchesTonen:
    """Reads under row-level security, records what was shown, and asks signaal about partners in open matches only.

    What is over is shown for `maanden` months.
    """

    def __init__(
        self, *, executor: Executor, matches: EigenMatchRepository, deelnemers: Deelnemers, maanden: int
    ) -> None:
        self._executor = executor
        self._matches = matches
        self._deelnemers = deelnemers
        self._maanden = maanden

    async def bladzijde(self, vrager: Principal, stand: Stand | None, na: MatchId | None, limiet: int) -> Bladzijde:
        """At most `limiet` own matches, newest first.

        Raises:
            DomainError: `account-onbekend`.
            TransientError: signaal is away.
        """
        account = await self._deelnemers.eigen_account(vrager)
        context = _als_professional(account, vrager)
        gevonden, meer = await self._executor.execute(
            self._lees_bladzijde, context, vrager, account, stand, na=na, limiet=limiet
        )
        return Bladzijde(await self._met_partners(gevonden), gevonden[-1].match_id if meer else None)

    async def een(self, vrager: Principal, match_id: MatchId) -> GetoondeMatch:
        """One own match.

        Raises:
            DomainError: `niet-gevonden`, also for a match of others; `account-onbekend`.
            TransientError: signaal is away.
        """
        account = await self._deelnemers.eigen_account(vrager)
        gevonden = await self._executor.execute(
            self._lees_een, _als_professional(account, vrager), vrager, account, match_id
        )
        return (await self._met_partners([gevonden]))[0]

    async def _lees_bladzijde(
        self,
        work: UnitOfWork,
        vrager: Principal,
        account: AccountId,
        stand: Stand | None,
        *,
        na: MatchId | None,
        limiet: int,
    ) -> tuple[Sequence[EigenMatch], bool]:
        # One more than asked tells whether there is a next page.
        gevonden = await self._matches.bladzijde(
            work, account, stand, voorbij_na=self._voorbij_na(work), na=na, limiet=limiet + 1
        )
        getoond = gevonden[:limiet]
        for each in getoond:
            _noteer(work, each)
        return getoond, len(gevonden) > limiet

    async def _lees_een(self, work: UnitOfWork, vrager: Principal, account: AccountId, match_id: MatchId) -> EigenMatch:
        gevonden = await self._matches.een(work, account, match_id, voorbij_na=self._voorbij_na(work))
        if gevonden is None:
            raise DomainError("niet-gevonden")
        _noteer(work, gevonden)
        return gevonden

    async def _met_partners(self, matches: Sequence[EigenMatch]) -> list[GetoondeMatch]:
        # After the transaction: it does not stand open while another service thinks.
        partners = {(each.partner_account, each.eigen_signaal) for each in matches if each.stand is Stand.OPEN}
        contacten = await self._deelnemers.contacten(partners) if partners else {}
        return [
            GetoondeMatch(each, contacten.get(each.partner_account) if each.stand is Stand.OPEN else None)
            for each in matches
        ]

    def _voorbij_na(self, work: UnitOfWork) -> date:
        return maanden_eerder(work.today, self._maanden)


def _als_professional(account: AccountId, vrager: Principal) -> DatabaseContext:
    return DatabaseContext(account, "professional", actor=Actor(str(account), vrager.role))


def _noteer(work: UnitOfWork, match: EigenMatch) -> None:
    work.audit(
        "match-lezen",
        outcome="ok",
        object=match.match_id,
        person=match.eigen_persoon,
    )
