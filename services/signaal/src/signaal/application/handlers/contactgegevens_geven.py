"""Contact data of professionals, for match, which checked that the user is involved (D17, R122)."""

from collections.abc import Sequence
from uuid import UUID

from platformkit.clock import Clock, today
from platformkit.executor import Executor, UnitOfWork
from platformkit.http.auth import Principal
from signaal.application import contexts
from signaal.application.ports import Deelnemers
from signaal.application.queries import Contact
from signaal.application.vragers import Accounts


class ContactgegevensGevenHandler:
    """Gives contact data, and records for each account who looked (D12)."""

    def __init__(self, *, executor: Executor, clock: Clock, accounts: Accounts, deelnemers: Deelnemers) -> None:
        self._executor = executor
        self._clock = clock
        self._accounts = accounts
        self._deelnemers = deelnemers

    async def __call__(self, dienst: Principal, gebruiker: Principal, accounts: Sequence[UUID]) -> Sequence[Contact]:
        """The contact data of `accounts` for `gebruiker`, on whose behalf `dienst` asks.

        Raises:
            DomainError: `account-onbekend`, the user has no account here.
        """
        vrager = await self._accounts.van(gebruiker)

        async def geef(work: UnitOfWork) -> Sequence[Contact]:
            gevonden = await self._deelnemers.contacten(work, accounts)
            for contact in gevonden:
                work.audit(
                    "contactgegevens-lezen",
                    outcome="ok",
                    actor=str(vrager.account_id),
                    role=dienst.client,
                    object=contact.account_id,
                )
            return gevonden

        return await self._executor.execute(geef, contexts.dienst("match", today(self._clock)))
