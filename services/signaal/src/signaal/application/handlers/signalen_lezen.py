"""Read signals: a professional the own ones, brp-proxy whether there is any."""

from collections.abc import Sequence

from contracts.base import PersoonRef, SignaalId
from platformkit.errors import DomainError
from platformkit.executor import Executor
from platformkit.identity import Principal
from signaal.application import contexts
from signaal.application.ports import SignaalRepository
from signaal.application.queries import SignaalMetNamen
from signaal.application.vragers import Accounts


class SignalenLezenHandler:
    """Each question in the database context that its asker has."""

    def __init__(self, *, executor: Executor, accounts: Accounts, signalen: SignaalRepository) -> None:
        self._executor = executor
        self._accounts = accounts
        self._signalen = signalen

    async def eigen(self, vrager: Principal, na: SignaalId | None, limiet: int) -> Sequence[SignaalMetNamen]:
        """At most `limiet` own signals, newest first, after the one with id `na`.

        Raises:
            DomainError: `account-onbekend`.
        """
        account = (await self._accounts.van(vrager)).account_id
        return await self._executor.execute(self._signalen.eigen, contexts.professional(account), account, na, limiet)

    async def een_eigen(self, vrager: Principal, signaal_id: SignaalId) -> SignaalMetNamen:
        """One own signal.

        Raises:
            DomainError: `account-onbekend`, `niet-gevonden`.
        """
        account = (await self._accounts.van(vrager)).account_id
        context = contexts.professional(account)
        gevonden = await self._executor.execute(self._signalen.een_eigen, context, account, signaal_id)
        if gevonden is None:
            raise DomainError("niet-gevonden")
        return gevonden

    async def bestaat(self, persoon_ref: PersoonRef) -> bool:
        """Whether any signal stands on this youth, active or not, for brp-proxy (D1)."""
        return await self._executor.execute(self._signalen.bestaat, contexts.dienst("brp-proxy"), persoon_ref)
