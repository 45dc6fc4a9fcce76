"""Client of the service signaal: is there still a signal on this person (D1)?"""

from uuid import UUID

from platformkit.http.client import ServiceClient
from platformkit.logging import get_logger

log = get_logger()


class SignaalClient:
    """Asks signaal with this service's own identity (scope `signalen:bestaan`)."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def bestaan(self, persoon_ref: UUID) -> bool | None:
        """Whether a signal exists; none when signaal gave no clear answer.

        Raises:
            TransientError: signaal is away.
        """
        answer = await self._client.request("GET", f"/v1/personen/{persoon_ref}/signalen/bestaan")
        try:
            told = answer.json() if answer.status_code == 200 else None
        except ValueError:
            told = None
        bestaat = told.get("bestaat") if isinstance(told, dict) else None
        if not isinstance(bestaat, bool):
            log.error("signaal_antwoord_onduidelijk", status=answer.status_code)
            return None
        return bestaat
