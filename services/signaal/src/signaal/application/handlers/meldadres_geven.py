"""Where notificatie sends a message: asked at the moment of sending, kept nowhere else (R103)."""

from collections.abc import Sequence

from contracts.base import AccountId
from contracts.http.deelnemers import Meldadres
from platformkit.executor import Executor, UnitOfWork
from platformkit.identity import Principal
from signaal.application import contexts
from signaal.application.ports import AccountRepository, OrganisatieRepository


class MeldadresGeven:
    """Gives addresses, none of somebody unknown, and records who looked (D12)."""

    def __init__(self, *, executor: Executor, accounts: AccountRepository, organisaties: OrganisatieRepository) -> None:
        self._executor = executor
        self._accounts = accounts
        self._organisaties = organisaties

    async def van_accounts(self, dienst: Principal, accounts: Sequence[AccountId]) -> Sequence[Meldadres]:
        """The addresses of the professionals behind `accounts`, as far as they are known."""
        return await self._executor.execute(self._van_accounts, contexts.dienst("notificatie", dienst.client), accounts)

    async def van_coordinator(self, dienst: Principal, convenant: str) -> Sequence[Meldadres]:
        """The address of the convenant's coordinator, none when there is none (R103)."""
        return await self._executor.execute(
            self._van_coordinator, contexts.dienst("notificatie", dienst.client), convenant
        )

    async def _van_accounts(self, work: UnitOfWork, accounts: Sequence[AccountId]) -> Sequence[Meldadres]:
        bekend = {each.account_id: each for each in await self._accounts.contacten(work, accounts)}
        for account in set(accounts):
            _noteer(work, account if account in bekend else None)
        return [
            Meldadres(account=account, email=each.email, organisatie=each.organisatie)
            for account, each in bekend.items()
        ]

    async def _van_coordinator(self, work: UnitOfWork, convenant: str) -> Sequence[Meldadres]:
        _noteer(work, None)
        email = await self._organisaties.coordinator(work, convenant)
        return [Meldadres(account=None, email=email)] if email else []


def _noteer(work: UnitOfWork, account: AccountId | None) -> None:
    work.audit("meldadres-lezen", outcome="ok", object=account)
