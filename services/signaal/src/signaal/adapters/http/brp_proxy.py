"""Client of brp-proxy: from a BSN to a reference (D1)."""

import asyncio

from contracts.http.persoonsverwijzingen import VASTLEGGEN, Doel, Persoonsverwijzing, PersoonsverwijzingVraag
from platformkit.errors import TransientError
from platformkit.http.client import ServiceClient


class BrpProxyClient:
    """Implements the port Personen. `seconds` bounds the whole call, tokens included (D1: far below five minutes)."""

    def __init__(self, client: ServiceClient, *, seconds: float) -> None:
        self._client = client
        self._seconds = seconds

    async def verwijzing(self, bsn: str) -> Persoonsverwijzing:
        """See the port. An answer that is not understood is an outage, too, for the professional."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._client.ask(VASTLEGGEN, PersoonsverwijzingVraag(bsn=bsn, doel=Doel.SIGNAAL))
        except TransientError as error:
            raise TransientError("brp-niet-beschikbaar", retry_after=error.retry_after) from None
        except TimeoutError:
            raise TransientError("brp-niet-beschikbaar") from None
