"""What an account may ask within a time: requests, and BSNs that lead nowhere (D10)."""

from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

from opentelemetry import metrics

from platformkit.errors import DomainError
from platformkit.http.limits import Budget
from platformkit.logging import get_logger
from signaal.application.queries import Lezen

ZOEKEND = frozenset({"bsn-ongeldig", "persoon-onbekend", "persoon-overleden", "persoon-te-oud"})
"""Refusals that tell something about whoever has that BSN: they count as probing."""

log = get_logger()
_alarm = metrics.get_meter("signaal").create_counter("signaal.bsn_budget_exhausted", unit="{request}")


class Teller(Protocol):
    """Counts what callers spend; see `platformkit.http.limits.Budgets`."""

    async def spend(self, budget: Budget, caller: str, spent: Callable[[], Awaitable[int]]) -> None:
        """Take one from the budget."""
        ...

    async def require(self, budget: Budget, caller: str, spent: Callable[[], Awaitable[int]]) -> None:
        """Check that something is left in the budget."""
        ...


class Budgetten:
    """The two budgets of an account. When Redis forgot them, the audit log knows what was asked (D11)."""

    def __init__(self, teller: Teller, lezen: Lezen, verzoeken: Budget, onbekende_bsns: Budget) -> None:
        self._teller = teller
        self._lezen = lezen
        self._verzoeken = verzoeken
        self._onbekende_bsns = onbekende_bsns

    async def begin(self, account: UUID) -> None:
        """Take one request, and check that the account may still be wrong about a BSN.

        Raises:
            DomainError: `te-veel-verzoeken` or `te-veel-onbekende-bsns`.
            TransientError: Redis is away.
        """
        caller = str(account)
        await self._teller.spend(self._verzoeken, caller, self._geteld(caller, self._verzoeken, None))
        try:
            await self._teller.require(self._onbekende_bsns, caller, self._zoekend(caller))
        except DomainError:
            self._sla_alarm(account)
            raise

    async def mislukt(self, account: UUID, code: str) -> None:
        """Count a refusal that tells something about a BSN. Beyond the budget even the refusal is not told.

        Raises:
            DomainError: `te-veel-onbekende-bsns`: many requests at once passed `begin` together.
            TransientError: Redis is away.
        """
        if code not in ZOEKEND:
            return
        try:
            await self._teller.spend(self._onbekende_bsns, str(account), self._zoekend(str(account)))
        except DomainError:
            self._sla_alarm(account)
            raise

    def _zoekend(self, caller: str) -> Callable[[], Awaitable[int]]:
        return self._geteld(caller, self._onbekende_bsns, ZOEKEND)

    def _geteld(self, caller: str, budget: Budget, uitkomsten: frozenset[str] | None) -> Callable[[], Awaitable[int]]:
        async def spent() -> int:
            wanted = None if uitkomsten is None else sorted(uitkomsten)
            return await self._lezen.gebruikt(caller, wanted, budget.seconds)

        return spent

    def _sla_alarm(self, account: UUID) -> None:
        log.warning("bsn_budget_exhausted", account=str(account))
        _alarm.add(1)
