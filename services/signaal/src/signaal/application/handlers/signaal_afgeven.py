"""Issue a signal: budgets, the youth's reference from brp-proxy, one transaction."""

import hashlib
from datetime import date
from uuid import UUID

from opentelemetry import metrics

from contracts.signaal import Bron
from platformkit.clock import Clock, today
from platformkit.errors import DomainError, TransientError
from platformkit.executor import Executor, IdempotencyKey, UnitOfWork
from platformkit.ids import uuid7
from signaal.application import contexts
from signaal.application.budgetten import Budgetten
from signaal.application.commands import SignaalAfgeven
from signaal.application.ports import Personen, Signalen
from signaal.application.queries import Lezen, SignaalMetNamen
from signaal.application.vragers import Accounts
from signaal.domain import events
from signaal.domain.kalender import VERWIJZING_GELDIG, Duur, gevraagde_looptijd, kort_in
from signaal.domain.signaal import Account, Persoonsverwijzing, Signaal, Telling

ACTIE = "signaal-afgeven"
_issued = metrics.get_meter("signaal").create_counter("signaal.issued", unit="{signal}")
_refused = metrics.get_meter("signaal").create_counter("signaal.refused", unit="{request}")


class SignaalAfgevenHandler:
    """Handles SignaalAfgeven. Known or unknown youth, the same work is done (D10)."""

    def __init__(
        self,
        *,
        executor: Executor,
        clock: Clock,
        accounts: Accounts,
        budgetten: Budgetten,
        personen: Personen,
        signalen: Signalen,
        lezen: Lezen,
    ) -> None:
        self._executor = executor
        self._clock = clock
        self._accounts = accounts
        self._budgetten = budgetten
        self._personen = personen
        self._signalen = signalen
        self._lezen = lezen

    async def __call__(self, command: SignaalAfgeven) -> SignaalMetNamen:
        """The signal, new or made by an earlier request with the same key.

        Raises:
            DomainError: a rule said no.
            TransientError: nothing was kept, try again.
        """
        account = await self._accounts.van(command.vrager)
        await self._budgetten.begin(account.account_id)
        # What is wrong whoever the youth is, is refused without asking the BRP.
        gevraagde_looptijd(today(self._clock), command.wens)
        persoon = None
        try:
            persoon = await self._personen.verwijzing(command.bsn, command.vrager)
            return await self._geef_af(command, account, persoon)
        except DomainError as error:
            await self._noteer_weigering(command, account, persoon, error.code)
            await self._budgetten.mislukt(account.account_id, error.code)
            raise

    async def _geef_af(self, command: SignaalAfgeven, account: Account, persoon: Persoonsverwijzing) -> SignaalMetNamen:
        key = IdempotencyKey(
            caller=account.account_id,
            key=command.idempotency_key,
            fingerprint=_vingerafdruk(persoon.persoon_ref, command.wens, account.account_id),
            result_id=uuid7(),
        )
        context = contexts.professional(account.account_id, today(self._clock))
        afgegeven: Signaal | None = None

        async def once(work: UnitOfWork) -> None:
            nonlocal afgegeven
            afgegeven = await self._sla_op(work, command, account, persoon, key.result_id)

        outcome = await self._executor.execute_once(once, context, key)
        if not outcome.replayed and afgegeven is not None:
            _issued.add(1, {"convenant": account.gebied.convenant})
            return SignaalMetNamen(afgegeven, account.organisatienaam, account.locatienaam)
        gevonden = await self._lezen.eigen_signaal(account.account_id, outcome.result_id)
        if gevonden is None:  # destroyed since the earlier request
            raise DomainError("niet-gevonden")
        return gevonden

    async def _sla_op(
        self, work: UnitOfWork, command: SignaalAfgeven, account: Account, persoon: Persoonsverwijzing, signaal_id: UUID
    ) -> Signaal:
        # Checked inside the transaction, which the database ends within a minute: see `bestaat_signaal`.
        if work.now - persoon.vastgelegd_op > VERWIJZING_GELDIG:
            raise TransientError("tijdelijk-niet-beschikbaar")
        looptijd = kort_in(gevraagde_looptijd(work.today, command.wens), persoon.uiterlijk)
        signaal = Signaal.afgeven(
            signaal_id=signaal_id,
            account=account,
            persoon=persoon,
            looptijd=looptijd,
            bron=Bron.BRONSYSTEEM if command.vrager.role == "bronsysteem" else Bron.PORTAAL,
            moment=work.now,
        )
        telling = Telling.van(signaal, persoon, account.gebied)
        await self._signalen.voeg_toe(work, signaal, telling)
        work.emit(events.afgegeven(signaal), version=signaal.version)
        work.emit(events.geteld(telling), version=signaal.version)
        work.audit(
            ACTIE,
            outcome="ok",
            actor=str(account.account_id),
            role=command.vrager.role,
            object=signaal_id,
            person=persoon.persoon_ref,
        )
        return signaal

    async def _noteer_weigering(
        self, command: SignaalAfgeven, account: Account, persoon: Persoonsverwijzing | None, code: str
    ) -> None:
        """A transaction of its own: the other one is undone, and probing must be counted (D10)."""
        _refused.add(1, {"code": code})

        async def noteer(work: UnitOfWork) -> None:
            work.audit(
                ACTIE,
                outcome=code,
                actor=str(account.account_id),
                role=command.vrager.role,
                person=persoon.persoon_ref if persoon else None,
            )

        await self._executor.execute(noteer, contexts.professional(account.account_id, today(self._clock)))


def _vingerafdruk(persoon_ref: UUID, wens: date | Duur, account: UUID) -> bytes:
    """What the request was about: never the BSN, not even keyed (trap 14)."""
    return hashlib.sha256(f"{persoon_ref}|{wens!r}|{account}".encode()).digest()
