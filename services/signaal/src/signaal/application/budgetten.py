"""What an account may ask within a time: requests, and BSNs that lead nowhere (D10)."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Protocol

from opentelemetry import metrics

from contracts.base import AccountId
from platformkit.errors import DomainError
from platformkit.executor import Executor
from platformkit.limits import Budget
from platformkit.logging import get_logger
from signaal.application import contexts
from signaal.application.ports import AanvraagRepository

HERGEBRUIKT = "idempotency-key-hergebruikt"
ZOEKEND = frozenset({"bsn-ongeldig", "persoon-onbekend", "persoon-overleden", "persoon-te-oud", HERGEBRUIKT})
"""Refusals that tell something about whoever has that BSN, or with which somebody may be looking for that: probing."""

log = get_logger()
_alarm = metrics.get_meter("signaal").create_counter("signaal.bsn_budget_exhausted", unit="{request}")


class Teller(Protocol):
    """Counts what callers spend; see `platformkit.limits.Budgets`."""

    async def spend(self, budget: Budget, caller: str, spent: Callable[[], Awaitable[int]]) -> None:
        """Take one from the budget."""
        ...

    async def require(self, budget: Budget, caller: str, spent: Callable[[], Awaitable[int]]) -> None:
        """Check that something is left in the budget."""
        ...

    def turn(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Be the only one with `name` for as long as the block lasts; whether somebody else was before."""
        ...


class Budgetten:
    """The two budgets of an account. When Redis forgot them, the audit log knows what was asked (D11)."""

    def __init__(
        self,
        *,
        executor: Executor,
        teller: Teller,
        aanvragen: AanvraagRepository,
        verzoeken: Budget,
        onbekende_bsns: Budget,
    ) -> None:
        self._executor = executor
        self._teller = teller
        self._aanvragen = aanvragen
        self._verzoeken = verzoeken
        self._onbekende_bsns = onbekende_bsns

    async def begin(self, account: AccountId) -> None:
        """Take one request, and check that the account may still be wrong about a BSN.

        Raises:
            DomainError: `te-veel-verzoeken` or `te-veel-onbekende-bsns`.
            TransientError: Redis is away.
        """
        gedaan = partial(self._gedaan, account, self._verzoeken.seconds, None)
        await self._teller.spend(self._verzoeken, str(account), gedaan)
        try:
            await self._teller.require(self._onbekende_bsns, str(account), self._gezocht(account))
        except DomainError:
            self._sla_alarm(account)
            raise

    def beurt(self, account: AccountId, sleutel: str) -> AbstractAsyncContextManager[bool]:
        """Issue under this key alone; whether somebody did before, who may have used it.

        Raises:
            TransientError: Redis is away.
        """
        return self._teller.turn(f"{account}:{sleutel}")

    async def mislukt(self, account: AccountId, code: str) -> None:
        """Count a refusal that tells something about a BSN. Beyond the budget even the refusal is not told.

        Raises:
            DomainError: `te-veel-onbekende-bsns`: many requests at once passed `begin` together.
            TransientError: Redis is away.
        """
        if code not in ZOEKEND:
            return
        try:
            await self._teller.spend(self._onbekende_bsns, str(account), self._gezocht(account))
        except DomainError:
            self._sla_alarm(account)
            raise

    def _gezocht(self, account: AccountId) -> Callable[[], Awaitable[int]]:
        return partial(self._gedaan, account, self._onbekende_bsns.seconds, ZOEKEND)

    async def _gedaan(self, account: AccountId, seconden: int, uitkomsten: frozenset[str] | None) -> int:
        context = contexts.professional(account)
        return await self._executor.execute(self._aanvragen.aantal, context, account, seconden, uitkomsten)

    def _sla_alarm(self, account: AccountId) -> None:
        log.warning("bsn_budget_exhausted", account=str(account))
        _alarm.add(1)
