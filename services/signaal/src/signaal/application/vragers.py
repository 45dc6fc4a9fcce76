"""Who asks: from the claims of a token to an account (D6), and to a name for the audit log that names nobody."""

from platformkit.errors import DomainError
from platformkit.http.auth import Principal
from signaal.application.queries import Lezen
from signaal.domain.signaal import Account


class Accounts:
    """Finds the account of a bearer."""

    def __init__(self, lezen: Lezen) -> None:
        self._lezen = lezen

    async def van(self, vrager: Principal) -> Account:
        """The account of `vrager`: its issuer, subject and organisation.

        Raises:
            DomainError: `account-onbekend`, also when the token names no organisation.
        """
        if vrager.organisation is None:
            raise DomainError("account-onbekend")
        account = await self._lezen.account_van(vrager.issuer, vrager.subject, vrager.organisation)
        if account is None:
            raise DomainError("account-onbekend")
        return account
