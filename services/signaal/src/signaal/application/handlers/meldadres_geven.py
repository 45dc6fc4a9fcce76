"""Where notificatie sends a message: asked at the moment of sending, kept nowhere else (R103)."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from contracts.signaal import Organisatiesoort
from platformkit.clock import Clock, today
from platformkit.executor import Executor, UnitOfWork
from platformkit.http.auth import Principal
from signaal.application import contexts
from signaal.application.ports import Deelnemers, Signalen
from signaal.application.queries import Contact

MATCHREGIE: Final = frozenset(
    {Organisatiesoort.GECERTIFICEERDE_INSTELLING, Organisatiesoort.WIJKTEAM, Organisatiesoort.GGD}
)
"""The kinds of organisation of which one takes the matchregie when it is involved (R111)."""


class MeldadresGevenHandler:
    """Gives addresses: none of somebody unknown, or when nobody has to be told."""

    def __init__(self, *, executor: Executor, clock: Clock, signalen: Signalen, deelnemers: Deelnemers) -> None:
        self._executor = executor
        self._clock = clock
        self._signalen = signalen
        self._deelnemers = deelnemers

    async def van_accounts(self, dienst: Principal, accounts: Sequence[UUID]) -> Sequence[Contact]:
        """How to reach the professionals behind `accounts`, as far as they are known."""

        async def geef(work: UnitOfWork) -> Sequence[Contact]:
            gevonden = await self._deelnemers.contacten(work, accounts)
            bekend = {each.account_id for each in gevonden}
            for account in set(accounts):
                self._noteer(work, dienst, account if account in bekend else None)
            return gevonden

        return await self._executor.execute(geef, contexts.dienst("notificatie", today(self._clock)))

    async def van_coordinator(self, dienst: Principal, convenant: str, personen: Sequence[UUID]) -> str | None:
        """The convenant's coordinator, unless a party that takes the matchregie is involved (R103, R111, R112)."""

        async def geef(work: UnitOfWork) -> str | None:
            if await self._signalen.heeft_actief_van(work, personen, MATCHREGIE, work.today):
                return None
            self._noteer(work, dienst, None)
            return await self._deelnemers.coordinator(work, convenant)

        return await self._executor.execute(geef, contexts.dienst("notificatie", today(self._clock)))

    @staticmethod
    def _noteer(work: UnitOfWork, dienst: Principal, account: UUID | None) -> None:
        work.audit("meldadres-lezen", outcome="ok", actor=dienst.client, role=dienst.client, object=account)
