"""Client of the service signaal: is there still a signal on this person (D1)?"""

from contracts.base import PersoonRef
from contracts.http.deelnemers import BESTAAN
from platformkit.http.client import ServiceClient


class SignaalClient:
    """See `brp_proxy.application.ports.Signalen`."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def bestaan(self, persoon_ref: PersoonRef) -> bool:
        return (await self._client.ask(BESTAAN, persoonRef=persoon_ref)).bestaat
