"""Contact data of professionals, for match, which checked that the user is involved (D17, R122).

Whether that still is so only signaal knows: what match knows of the user's own signal came in events, which may be late.
"""

from collections.abc import Collection, Sequence

from contracts.base import AccountId
from contracts.http.deelnemers import Contact, ContactAanleiding
from platformkit.executor import Executor, UnitOfWork
from platformkit.identity import Principal
from signaal.application import contexts
from signaal.application.ports import AccountRepository, SignaalRepository
from signaal.application.vragers import Accounts


class ContactgegevensGeven:
    """Gives contact data, and records for each account who looked (D12)."""

    def __init__(
        self, *, executor: Executor, vragers: Accounts, accounts: AccountRepository, signalen: SignaalRepository
    ) -> None:
        self._executor = executor
        self._vragers = vragers
        self._accounts = accounts
        self._signalen = signalen

    async def __call__(
        self,
        dienst: Principal,
        gebruiker: Principal,
        accounts: Collection[AccountId],
        aanleidingen: Sequence[ContactAanleiding],
    ) -> Sequence[Contact]:
        """The contact data of `accounts` for `gebruiker`, on whose behalf `dienst` asks.

        They end with the user's own signal (D10): where `aanleidingen` are told, only for those that are active own ones.

        Raises:
            DomainError: `account-onbekend`, the user has no account here.
        """
        vrager = await self._vragers.van(gebruiker)
        if aanleidingen:
            eigen = contexts.professional(vrager.account_id)
            genoemd = {each.eigen_signaal for each in aanleidingen}
            actief = await self._executor.execute(self._signalen.actieve_eigen, eigen, vrager.account_id, genoemd)
            bereikbaar = {each.account for each in aanleidingen if each.eigen_signaal in actief}
            accounts = [each for each in accounts if each in bereikbaar]
        context = contexts.dienst("match", dienst.client, vrager.account_id)
        return await self._executor.execute(self._geef, context, accounts)

    async def _geef(self, work: UnitOfWork, accounts: Collection[AccountId]) -> Sequence[Contact]:
        gevonden = await self._accounts.contacten(work, accounts)
        for contact in gevonden:
            work.audit("contactgegevens-lezen", outcome="ok", object=contact.account_id)
        return gevonden
