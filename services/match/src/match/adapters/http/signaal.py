"""Client of signaal: which account a user has, and how to reach the partners of a match (D17)."""

import time
from collections.abc import Collection, Mapping
from uuid import UUID

from contracts.base import AccountId, SignaalId
from contracts.http.deelnemers import CONTACTGEGEVENS, EIGEN_ACCOUNT, Contact, ContactAanleiding, ContactVraag
from platformkit.http.client import ServiceClient
from platformkit.identity import Principal

_SECONDEN = 60.0
_AANTAL = 10_000


class SignaalClient:
    """See `match.application.ports.Deelnemers`. Remembers for a minute which account somebody has; contact data never."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client
        self._accounts: dict[tuple[str, str, UUID | None], tuple[float, AccountId]] = {}

    async def eigen_account(self, vrager: Principal) -> AccountId:
        wie = vrager.issuer, vrager.subject, vrager.organisation
        bekend = self._accounts.get(wie)
        if bekend is not None and bekend[0] > time.monotonic():
            return bekend[1]
        account = (await self._client.ask(EIGEN_ACCOUNT)).account_id
        if len(self._accounts) >= _AANTAL:
            self._accounts.clear()
        self._accounts[wie] = (time.monotonic() + _SECONDEN, account)
        return account

    async def contacten(self, partners: Collection[tuple[AccountId, SignaalId]]) -> Mapping[AccountId, Contact]:
        vraag = ContactVraag(
            accounts=sorted({account for account, _ in partners}),
            aanleidingen=[ContactAanleiding(account=account, eigen_signaal=eigen) for account, eigen in partners],
        )
        gevonden = await self._client.ask(CONTACTGEGEVENS, vraag)
        return {each.account_id: each for each in gevonden.items}
