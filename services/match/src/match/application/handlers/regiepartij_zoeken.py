"""Is somebody involved who can have the matchregie? (R111, R112)"""

from collections.abc import Sequence

from contracts.base import PersoonRef
from match.application.ports import ProjectieRepository
from match.domain.regie import kan_regie_hebben
from platformkit.db.context import NOBODY, DatabaseContext
from platformkit.executor import Executor, UnitOfWork
from platformkit.identity import Actor, Principal


class RegiepartijZoeken:
    """Answers another service, and records on whom it asked (D12)."""

    def __init__(self, executor: Executor, projectie: ProjectieRepository) -> None:
        self._executor = executor
        self._projectie = projectie

    async def __call__(self, dienst: Principal, personen: Sequence[PersoonRef]) -> bool:
        """Whether such an organisation has an active signal on one of these youths."""
        # The role is the endpoint's: which service may use that is decided by scope before.
        context = DatabaseContext(NOBODY, "notificatie", actor=Actor(dienst.client, dienst.client))
        return await self._executor.execute(self._zoek, context, dienst, personen)

    async def _zoek(self, work: UnitOfWork, dienst: Principal, personen: Sequence[PersoonRef]) -> bool:
        for ref in sorted(set(personen)):
            work.audit("regiepartij-lezen", outcome="ok", person=ref)
        deelnames = await self._projectie.deelnames(work, personen)
        return any(kan_regie_hebben(each, work.today) for each in deelnames)
