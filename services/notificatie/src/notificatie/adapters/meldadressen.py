"""Addresses from signaal, at the moment of sending (D9 in spirit): they pass through memory and stay nowhere."""

from collections.abc import Sequence
from uuid import UUID

from platformkit.errors import TransientError
from platformkit.http.client import ServiceClient
from platformkit.logging import get_logger

log = get_logger()


class SignaalMeldadressen:
    """See `notificatie.application.ports.Meldadressen`."""

    def __init__(self, signaal: ServiceClient) -> None:
        self._signaal = signaal

    async def van_account(self, account: str) -> str | None:
        return await self._ask({"account": account})

    async def van_coordinator(self, convenant: str, personen: Sequence[UUID]) -> str | None:
        return await self._ask({"coordinatorVan": convenant, "personen": [str(each) for each in personen]})

    async def _ask(self, question: dict[str, object]) -> str | None:
        answer = await self._signaal.request("POST", "/v1/meldadressen", json=question)
        if answer.status_code != 200:
            # A refusal is a mistake of ours or of the set-up; the mail waits until somebody has mended it.
            log.error("meldadres_geweigerd", status=answer.status_code)
            raise TransientError("tijdelijk-niet-beschikbaar")
        try:
            email = answer.json()["email"]
        except (ValueError, KeyError, TypeError):
            raise TransientError("tijdelijk-niet-beschikbaar") from None
        return str(email) if email else None
