"""Close an own signal (R063, R064)."""

from platformkit.clock import Clock, today
from platformkit.errors import DomainError
from platformkit.executor import Executor, UnitOfWork
from signaal.application import contexts
from signaal.application.commands import SignaalAfsluiten
from signaal.application.ports import Signalen
from signaal.application.queries import Lezen, SignaalMetNamen
from signaal.application.vragers import Accounts
from signaal.domain import events


class SignaalAfsluitenHandler:
    """Handles SignaalAfsluiten. A second time the signal is not active, so no Idempotency-Key is needed."""

    def __init__(
        self, *, executor: Executor, clock: Clock, accounts: Accounts, signalen: Signalen, lezen: Lezen
    ) -> None:
        self._executor = executor
        self._clock = clock
        self._accounts = accounts
        self._signalen = signalen
        self._lezen = lezen

    async def __call__(self, command: SignaalAfsluiten) -> SignaalMetNamen:
        """The closed signal.

        Raises:
            DomainError: `niet-gevonden` when it is not the asker's own, `signaal-niet-actief`.
        """
        account = await self._accounts.van(command.vrager)

        async def sluit(work: UnitOfWork) -> None:
            signaal = await self._signalen.vergrendel(work, command.signaal_id)
            if signaal is None:
                raise DomainError("niet-gevonden")
            gesloten = signaal.sluiten(work.today)
            await self._signalen.bewaar_inactief(work, [gesloten])
            work.emit(events.gedeactiveerd(gesloten), version=gesloten.version)
            work.audit(
                "signaal-afsluiten",
                outcome="ok",
                actor=str(account.account_id),
                role=command.vrager.role,
                object=gesloten.signaal_id,
                person=gesloten.persoon_ref,
            )

        await self._executor.execute(sluit, contexts.professional(account.account_id, today(self._clock)))
        gevonden = await self._lezen.eigen_signaal(account.account_id, command.signaal_id)
        if gevonden is None:
            raise DomainError("niet-gevonden")
        return gevonden
