"""Issue a signal: was it asked before, budgets, the youth's reference from brp-proxy, one transaction."""

import hashlib
from datetime import date
from uuid import UUID

from opentelemetry import metrics

from contracts.base import SignaalId
from contracts.http.persoonsverwijzingen import Persoonsverwijzing
from contracts.signaal import Bron
from platformkit.clock import Clock, today
from platformkit.db.context import DatabaseContext
from platformkit.errors import DomainError, TransientError
from platformkit.executor import Executor, IdempotencyKey, UnitOfWork
from platformkit.ids import uuid7
from signaal.application import contexts
from signaal.application.budgetten import HERGEBRUIKT, Budgetten
from signaal.application.commands import SignaalAfgeven
from signaal.application.ports import Personen, PersoonRepository, SignaalRepository
from signaal.application.queries import SignaalMetNamen
from signaal.application.vragers import Accounts
from signaal.domain import events
from signaal.domain.kalender import VERWIJZING_GELDIG, Duur, gevraagde_looptijd, kort_in
from signaal.domain.persoon import Persoonstand, PersoonStatus
from signaal.domain.signaal import Account, Signaal, Telling

ACTIE = "signaal-afgeven"
_issued = metrics.get_meter("signaal").create_counter("signaal.issued", unit="{signal}")
_refused = metrics.get_meter("signaal").create_counter("signaal.refused", unit="{request}")


class Afgeven:
    """Handles SignaalAfgeven. Known or unknown youth, the same work is done (D10)."""

    def __init__(
        self,
        *,
        executor: Executor,
        clock: Clock,
        accounts: Accounts,
        budgetten: Budgetten,
        personen: Personen,
        jeugdigen: PersoonRepository,
        signalen: SignaalRepository,
    ) -> None:
        self._executor = executor
        self._clock = clock
        self._accounts = accounts
        self._budgetten = budgetten
        self._personen = personen
        self._jeugdigen = jeugdigen
        self._signalen = signalen

    async def __call__(self, command: SignaalAfgeven) -> SignaalMetNamen:
        """The signal, new or made by an earlier request with the same key: the first answer, whatever changed since.

        Raises:
            DomainError: a rule said no; `niet-gevonden` when the signal of the earlier request was destroyed since.
            TransientError: this request kept nothing, try again.
        """
        account = await self._accounts.van(command.vrager)
        context = contexts.professional(account.account_id, command.vrager.role)
        if eerder := await self._executor.execute(self._zoek_eerder, context, command, account):
            return await self._herhaal(context, command, account, *eerder)
        await self._budgetten.begin(account.account_id)
        # What is wrong whoever the youth is, is refused without asking the BRP.
        gevraagde_looptijd(today(self._clock), command.wens)
        # One key asks the BRP about one youth at a time: many at once would tell as much as a used one.
        async with self._budgetten.beurt(account.account_id, command.idempotency_key) as gewacht:
            if gewacht and (eerder := await self._executor.execute(self._zoek_eerder, context, command, account)):
                return await self._herhaal(context, command, account, *eerder)
            return await self._nieuw(context, command, account)

    async def _zoek_eerder(
        self, work: UnitOfWork, command: SignaalAfgeven, account: Account
    ) -> tuple[SignaalMetNamen, bytes] | None:
        """What the key was used for before, before anything else is asked (D3): the signal, and what that request said."""
        claim = await work.claimed(account.account_id, command.idempotency_key)
        return (await self._eigen(work, account, claim.result_id), claim.fingerprint) if claim else None

    async def _herhaal(
        self,
        context: DatabaseContext,
        command: SignaalAfgeven,
        account: Account,
        gevonden: SignaalMetNamen,
        vingerafdruk: bytes,
    ) -> SignaalMetNamen:
        """The signal, if it was asked for in the same words. Compared without the BRP, in the same time for everybody."""
        persoon_ref = gevonden.signaal.persoon_ref
        zelfde_jeugdige = await self._personen.is_van(persoon_ref, command.bsn)
        if not zelfde_jeugdige or vingerafdruk != _vingerafdruk(persoon_ref, command.wens, account.account_id):
            await self._weiger(context, account, None, HERGEBRUIKT)
            raise DomainError(HERGEBRUIKT)
        return gevonden

    async def _nieuw(self, context: DatabaseContext, command: SignaalAfgeven, account: Account) -> SignaalMetNamen:
        persoon = None
        try:
            persoon = await self._personen.verwijzing(command.bsn)
            key = _sleutel(command, account, persoon)
            gevonden = await self._executor.execute(self._geef_af, context, command, account, persoon, key)
        except DomainError as error:
            await self._weiger(context, account, persoon, error.code)
            raise
        if gevonden.signaal.signaal_id == key.result_id:
            _issued.add(1, {"convenant": account.gebied.convenant})
        return gevonden

    async def _weiger(
        self, context: DatabaseContext, account: Account, persoon: Persoonsverwijzing | None, code: str
    ) -> None:
        _refused.add(1, {"code": code})
        # A transaction of its own: the other one is undone, and probing must be counted (D10).
        await self._executor.execute(self._noteer_weigering, context, persoon, code)
        await self._budgetten.mislukt(account.account_id, code)

    async def _eigen(self, work: UnitOfWork, account: Account, signaal_id: UUID) -> SignaalMetNamen:
        gevonden = await self._signalen.een_eigen(work, account.account_id, SignaalId(signaal_id))
        if gevonden is None:
            raise DomainError("niet-gevonden")
        return gevonden

    async def _geef_af(
        self,
        work: UnitOfWork,
        command: SignaalAfgeven,
        account: Account,
        persoon: Persoonsverwijzing,
        key: IdempotencyKey,
    ) -> SignaalMetNamen:
        if earlier := await work.claim(key):
            return await self._eigen(work, account, earlier)
        # Checked inside the transaction, which the database ends within a minute: see `SignaalRepository.bestaat`.
        if work.now - persoon.vastgelegd_op > VERWIJZING_GELDIG:
            raise TransientError("tijdelijk-niet-beschikbaar")
        looptijd = kort_in(gevraagde_looptijd(work.today, command.wens), persoon.uiterlijk)
        signaal = Signaal.afgeven(
            signaal_id=SignaalId(key.result_id),
            account=account,
            persoon=persoon,
            looptijd=looptijd,
            bron=Bron.BRONSYSTEEM if command.vrager.role == "bronsysteem" else Bron.PORTAAL,
            moment=work.now,
        )
        telling = Telling.van(signaal, persoon, account.gebied)
        await self._signalen.voeg_toe(work, signaal, telling)
        await self._breng_bij(work, account, signaal, Persoonstand.van_verwijzing(persoon))
        work.emit(events.afgegeven(signaal), version=signaal.versie)
        work.emit(events.geteld(telling), version=signaal.versie)
        work.audit(ACTIE, outcome="ok", object=signaal.signaal_id, person=persoon.persoon_ref)
        return SignaalMetNamen(signaal, account.organisatienaam, account.locatienaam, work.today)

    async def _breng_bij(self, work: UnitOfWork, account: Account, signaal: Signaal, antwoord: Persoonstand) -> None:
        """Let what was told of the youth since brp-proxy answered reach the new signal: its handler did not see it yet."""
        bekend = (await self._jeugdigen.bijgewerkt(work, antwoord)).beschermd(antwoord)
        if bekend.status is PersoonStatus.VERNIETIGD:
            raise TransientError("tijdelijk-niet-beschikbaar")
        if bekend.status is PersoonStatus.OVERLEDEN:
            raise DomainError("persoon-overleden")
        woongemeente = account.gebied.woongemeente(bekend.woongemeente, geheim=bekend.geheim)
        if woongemeente != signaal.woongemeente:
            await self._signalen.bewaar_woongemeenten(work, {signaal.persoon_ref: woongemeente})

    @staticmethod
    async def _noteer_weigering(work: UnitOfWork, persoon: Persoonsverwijzing | None, code: str) -> None:
        work.audit(ACTIE, outcome=code, person=persoon.persoon_ref if persoon else None)


def _sleutel(command: SignaalAfgeven, account: Account, persoon: Persoonsverwijzing) -> IdempotencyKey:
    return IdempotencyKey(
        caller=account.account_id,
        key=command.idempotency_key,
        fingerprint=_vingerafdruk(persoon.persoon_ref, command.wens, account.account_id),
        result_id=uuid7(),
    )


def _vingerafdruk(persoon_ref: UUID, wens: date | Duur, account: UUID) -> bytes:
    """What the request was about: never the BSN, not even keyed (trap 14)."""
    return hashlib.sha256(f"{persoon_ref}|{wens!r}|{account}".encode()).digest()
