"""Client of signaal: addresses at the moment of sending (D9 in spirit); they pass through memory and stay nowhere."""

import asyncio
from collections.abc import Mapping

from contracts.base import AccountId
from contracts.http.base import Vraag
from contracts.http.deelnemers import (
    MELDADRESSEN,
    VERHUISONTVANGERS,
    MeldadressenVanAccounts,
    MeldadresVanCoordinator,
    Verhuisontvangers,
    VerhuizingVraag,
)
from notificatie.application.ports import Adres
from notificatie.domain.verhuizing import Verhuizing
from platformkit.http.client import ServiceClient

_Adressen = Mapping[AccountId | None, Adres]


class SignaalClient:
    """See `notificatie.application.ports.Adressen` and `Melders`."""

    def __init__(self, signaal: ServiceClient) -> None:
        self._signaal = signaal
        self._accounts: set[AccountId] = set()
        self._question: asyncio.Task[_Adressen] | None = None

    async def van_account(self, account: AccountId) -> Adres | None:
        # Mails that are taken together are asked for together, in the trace of the first: a question costs signaal more
        # than its answer.
        if self._question is None:
            self._question = asyncio.create_task(self._ask_accounts())
        self._accounts.add(account)
        # Whoever is cut off takes nobody else's answer away.
        return (await asyncio.shield(self._question)).get(account)

    async def van_coordinator(self, convenant: str) -> Adres | None:
        return (await self._ask(MeldadresVanCoordinator(coordinator_van=convenant))).get(None)

    async def van_verhuizing(self, verhuizing: Verhuizing) -> Verhuisontvangers:
        return await self._signaal.ask(
            VERHUISONTVANGERS,
            VerhuizingVraag(
                persoon_ref=verhuizing.persoon_ref,
                versie=verhuizing.versie,
                verhuisd_op=verhuizing.verhuisd_op,
                woongemeente=verhuizing.woongemeente,
            ),
        )

    async def _ask_accounts(self) -> _Adressen:
        """Begins when all who are ready to ask have done so; who comes later asks anew."""
        accounts, self._accounts, self._question = self._accounts, set(), None
        return await self._ask(MeldadressenVanAccounts(accounts=sorted(accounts)))

    async def _ask(self, question: Vraag) -> _Adressen:
        answer = await self._signaal.ask(MELDADRESSEN, question)
        return {each.account: Adres(each.email, each.organisatie) for each in answer.items}
