"""VerwijzingVergelijken: is this ref that of the youth with this BSN? Looked up here; the BRP is not asked (D3)."""

from brp_proxy.application import contexts
from brp_proxy.application.commands import VerwijzingVergelijken
from brp_proxy.application.ports import PersoonRepository
from platformkit.executor import Executor, UnitOfWork


class Vergelijken:
    """Stores nothing but the audit record; the same work whoever has the BSN, and whether he is known here (D10)."""

    def __init__(self, executor: Executor, personen: PersoonRepository) -> None:
        self._executor = executor
        self._personen = personen

    async def __call__(self, command: VerwijzingVergelijken) -> bool:
        """Whether it is."""
        context = contexts.dienst(command.dienst, command.namens)
        return await self._executor.execute(self._vergelijk, context, command)

    async def _vergelijk(self, work: UnitOfWork, command: VerwijzingVergelijken) -> bool:
        zelfde = await self._personen.is_van(work, command.persoon_ref, command.bsn)
        work.audit("verwijzing-vergelijken", outcome="zelfde" if zelfde else "anders", person=command.persoon_ref)
        return zelfde
