"""Addresses from signaal, at the moment of sending (D9 in spirit): they pass through memory and stay nowhere."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from platformkit.errors import TransientError
from platformkit.http.client import ServiceClient
from platformkit.logging import get_logger

log = get_logger()


class _Address(BaseModel):
    account: str | None
    email: str = Field(repr=False)


class _Answer(BaseModel):
    items: list[_Address]


class SignaalMeldadressen:
    """See `notificatie.application.ports.Meldadressen`."""

    def __init__(self, signaal: ServiceClient) -> None:
        self._signaal = signaal
        self._accounts: set[str] = set()
        self._question: asyncio.Task[Mapping[str | None, str]] | None = None

    async def van_account(self, account: str) -> str | None:
        # Mails that are taken together are asked for together, in the trace of the first: a question costs signaal more
        # than its answer.
        if self._question is None:
            self._question = asyncio.create_task(self._ask_accounts())
        self._accounts.add(account)
        # Whoever is cut off takes nobody else's answer away.
        return (await asyncio.shield(self._question)).get(account)

    async def van_coordinator(self, convenant: str, personen: Sequence[UUID]) -> str | None:
        question = {"coordinatorVan": convenant, "personen": [str(each) for each in personen]}
        return (await self._ask(question)).get(None)

    async def _ask_accounts(self) -> Mapping[str | None, str]:
        """Begins when all who are ready to ask have done so; who comes later asks anew."""
        accounts, self._accounts, self._question = self._accounts, set(), None
        return await self._ask({"accounts": sorted(accounts)})

    async def _ask(self, question: Mapping[str, object]) -> Mapping[str | None, str]:
        answer = await self._signaal.request("POST", "/v1/meldadressen", json=question)
        if answer.status_code != 200:
            # A refusal is a mistake of ours or of the set-up; the mail waits until somebody has mended it.
            log.error("meldadres_geweigerd", status=answer.status_code)
            raise TransientError("tijdelijk-niet-beschikbaar")
        try:
            return {each.account: each.email for each in _Answer.model_validate_json(answer.content).items}
        except ValidationError:
            raise TransientError("tijdelijk-niet-beschikbaar") from None
