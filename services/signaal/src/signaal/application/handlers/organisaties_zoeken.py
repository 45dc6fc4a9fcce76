"""Search organisations, for an administrator who admits a professional."""

from collections.abc import Sequence

from platformkit.executor import Executor
from signaal.application import contexts
from signaal.application.ports import OrganisatieRepository
from signaal.application.queries import Organisatie


class OrganisatiesZoeken:
    """Names only reference data."""

    def __init__(self, *, executor: Executor, organisaties: OrganisatieRepository) -> None:
        self._executor = executor
        self._organisaties = organisaties

    async def __call__(self, naam: str) -> Sequence[Organisatie]:
        """Organisations whose name or alias contains `naam`, whatever its case; all when it is empty."""
        return await self._executor.execute(self._organisaties.zoek, contexts.beheer(), naam)
