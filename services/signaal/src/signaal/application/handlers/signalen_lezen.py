"""Read signals: a professional the own ones, brp-proxy whether there is any."""

from collections.abc import Sequence

from contracts.base import AccountId, PersoonRef, SignaalId
from platformkit.errors import DomainError
from platformkit.executor import Executor, UnitOfWork
from platformkit.identity import Principal
from signaal.application import contexts
from signaal.application.ports import SignaalRepository
from signaal.application.queries import SignaalMetNamen
from signaal.application.vragers import Accounts


class SignalenLezen:
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
        context = contexts.professional(account, vrager.role)
        return await self._executor.execute(self._lees, context, account, na, limiet)

    async def een_eigen(self, vrager: Principal, signaal_id: SignaalId) -> SignaalMetNamen:
        """One own signal.

        Raises:
            DomainError: `account-onbekend`, `niet-gevonden`.
        """
        account = (await self._accounts.van(vrager)).account_id
        context = contexts.professional(account, vrager.role)
        return await self._executor.execute(self._lees_een, context, account, signaal_id)

    async def bestaat(self, persoon_ref: PersoonRef) -> bool:
        """Whether any signal stands on this youth, active or not, for brp-proxy (D1)."""
        return await self._executor.execute(self._signalen.bestaat, contexts.dienst("brp-proxy"), persoon_ref)

    async def _lees(
        self, work: UnitOfWork, account: AccountId, na: SignaalId | None, limiet: int
    ) -> Sequence[SignaalMetNamen]:
        gevonden = await self._signalen.eigen(work, account, na, limiet)
        for each in gevonden:
            _noteer(work, each)
        return gevonden

    async def _lees_een(self, work: UnitOfWork, account: AccountId, signaal_id: SignaalId) -> SignaalMetNamen:
        gevonden = await self._signalen.een_eigen(work, account, signaal_id)
        if gevonden is None:
            raise DomainError("niet-gevonden")
        _noteer(work, gevonden)
        return gevonden


def _noteer(work: UnitOfWork, gelezen: SignaalMetNamen) -> None:
    work.audit("signaal-lezen", outcome="ok", object=gelezen.signaal.signaal_id, person=gelezen.signaal.persoon_ref)
