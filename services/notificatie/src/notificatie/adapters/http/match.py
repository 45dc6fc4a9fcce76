"""Client of match: is somebody involved who can have the matchregie (R111)?"""

from collections.abc import Sequence

from contracts.base import PersoonRef
from contracts.http.regie import REGIEPARTIJ, RegiepartijVraag
from platformkit.http.client import ServiceClient


class MatchClient:
    """See `notificatie.application.ports.Regie`."""

    def __init__(self, match: ServiceClient) -> None:
        self._match = match

    async def betrokken(self, personen: Sequence[PersoonRef]) -> bool:
        return (await self._match.ask(REGIEPARTIJ, RegiepartijVraag(personen=list(personen)))).betrokken
