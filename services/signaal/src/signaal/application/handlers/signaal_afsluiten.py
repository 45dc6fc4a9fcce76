"""Close an own signal (R063, R064)."""

from platformkit.errors import DomainError
from platformkit.executor import Executor, UnitOfWork
from signaal.application import contexts
from signaal.application.commands import SignaalAfsluiten
from signaal.application.ports import SignaalRepository
from signaal.application.queries import SignaalMetNamen
from signaal.application.vragers import Accounts
from signaal.domain import events
from signaal.domain.signaal import Account


class Afsluiten:
    """Handles SignaalAfsluiten. A second time the signal is not active, so no Idempotency-Key is needed."""

    def __init__(self, *, executor: Executor, accounts: Accounts, signalen: SignaalRepository) -> None:
        self._executor = executor
        self._accounts = accounts
        self._signalen = signalen

    async def __call__(self, command: SignaalAfsluiten) -> SignaalMetNamen:
        """The closed signal.

        Raises:
            DomainError: `niet-gevonden` when it is not the asker's own, `signaal-niet-actief`.
        """
        account = await self._accounts.van(command.vrager)
        return await self._executor.execute(
            self._sluit, contexts.professional(account.account_id, command.vrager.role), command, account
        )

    async def _sluit(self, work: UnitOfWork, command: SignaalAfsluiten, account: Account) -> SignaalMetNamen:
        signaal = await self._signalen.vergrendel(work, command.signaal_id)
        if signaal is None:
            raise DomainError("niet-gevonden")
        gesloten = signaal.sluiten(work.today)
        await self._signalen.bewaar_inactief(work, [gesloten])
        work.emit(events.gedeactiveerd(gesloten), version=gesloten.versie)
        work.audit(
            "signaal-afsluiten",
            outcome="ok",
            object=gesloten.signaal_id,
            person=gesloten.persoon_ref,
        )
        gevonden = await self._signalen.een_eigen(work, account.account_id, command.signaal_id)
        if gevonden is None:
            raise DomainError("niet-gevonden")
        return gevonden
