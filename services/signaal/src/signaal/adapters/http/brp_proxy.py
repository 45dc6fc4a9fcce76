"""Client of brp-proxy: from a BSN to a reference (D1)."""

import asyncio
from typing import TypeVar

from contracts.base import PersoonRef
from contracts.http.base import Antwoord, Call, Vraag
from contracts.http.persoonsverwijzingen import (
    VASTLEGGEN,
    VERGELIJKEN,
    Doel,
    Persoonsverwijzing,
    PersoonsverwijzingVraag,
    VergelijkingVraag,
)
from platformkit.http.client import ServiceClient

A = TypeVar("A", bound=Antwoord)


class BrpProxyClient:
    """Implements the port Personen. `seconds` bounds a whole call, tokens included (D1: far below five minutes).

    That the BRP is away only brp-proxy can say; whatever else goes wrong between here and there is not told as that.
    """

    def __init__(self, client: ServiceClient, *, seconds: float) -> None:
        self._client = client
        self._seconds = seconds

    async def verwijzing(self, bsn: str) -> Persoonsverwijzing:
        """See the port."""
        return await self._ask(VASTLEGGEN, PersoonsverwijzingVraag(bsn=bsn, doel=Doel.SIGNAAL))

    async def is_van(self, persoon_ref: PersoonRef, bsn: str) -> bool:
        """See the port."""
        return (await self._ask(VERGELIJKEN, VergelijkingVraag(bsn=bsn, persoon_ref=persoon_ref))).zelfde

    async def _ask(self, call: Call[A], vraag: Vraag) -> A:
        async with asyncio.timeout(self._seconds):
            return await self._client.ask(call, vraag)
