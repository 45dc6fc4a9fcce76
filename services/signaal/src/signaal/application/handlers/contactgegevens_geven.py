"""Contact data of professionals, for match, which checked that the user is involved (D17, R122)."""

from collections.abc import Sequence

from contracts.base import AccountId
from contracts.http.deelnemers import Contact
from platformkit.executor import Executor, UnitOfWork
from platformkit.identity import Principal
from signaal.application import contexts
from signaal.application.ports import AccountRepository
from signaal.application.vragers import Accounts


class ContactgegevensGeven:
    """Gives contact data, and records for each account who looked (D12)."""

    def __init__(self, *, executor: Executor, vragers: Accounts, accounts: AccountRepository) -> None:
        self._executor = executor
        self._vragers = vragers
        self._accounts = accounts

    async def __call__(
        self, dienst: Principal, gebruiker: Principal, accounts: Sequence[AccountId]
    ) -> Sequence[Contact]:
        """The contact data of `accounts` for `gebruiker`, on whose behalf `dienst` asks.

        Raises:
            DomainError: `account-onbekend`, the user has no account here.
        """
        vrager = await self._vragers.van(gebruiker)
        context = contexts.dienst("match", dienst.client, vrager.account_id)
        return await self._executor.execute(self._geef, context, accounts)

    async def _geef(self, work: UnitOfWork, accounts: Sequence[AccountId]) -> Sequence[Contact]:
        gevonden = await self._accounts.contacten(work, accounts)
        for contact in gevonden:
            work.audit("contactgegevens-lezen", outcome="ok", object=contact.account_id)
        return gevonden
