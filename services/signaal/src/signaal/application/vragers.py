"""Who asks: from the claims of a token to an account (D6)."""

from contracts.base import OrganisatieId
from platformkit.errors import DomainError
from platformkit.executor import Executor
from platformkit.identity import Principal
from signaal.application import contexts
from signaal.application.ports import AccountRepository
from signaal.domain.signaal import Account


class Accounts:
    """Finds the account of a bearer."""

    def __init__(self, executor: Executor, accounts: AccountRepository) -> None:
        self._executor = executor
        self._accounts = accounts

    async def van(self, vrager: Principal) -> Account:
        """The account of `vrager`: its issuer, subject and organisation.

        Raises:
            DomainError: `account-onbekend`, also when the token names no organisation.
        """
        if vrager.organisation is None:
            raise DomainError("account-onbekend")
        account = await self._executor.execute(
            self._accounts.van,
            contexts.identificatie(),
            vrager.issuer,
            vrager.subject,
            OrganisatieId(vrager.organisation),
        )
        if account is None:
            raise DomainError("account-onbekend")
        return account
