"""End the matches whose einddatum passed while nothing else touched them (D4, D7)."""

from match.application.handlers.herberekenen import Aanleiding, herbereken
from match.application.handlers.verwerken import OpslagMaker, vergrendel
from platformkit.executor import Executor, UnitOfWork

_AANTAL = 200


class Verlopen:
    """The sweep. Reading does not depend on it: a match counts only before its einddatum, whoever reads."""

    def __init__(self, executor: Executor, opslag: OpslagMaker) -> None:
        self._executor = executor
        self._opslag = opslag

    async def __call__(self) -> int:
        """End one batch in one transaction; the number of matches that ended."""
        return await self._executor.execute(self._beeindig)

    async def _beeindig(self, work: UnitOfWork) -> int:
        opslag = self._opslag(work)
        voorbij = await opslag.matches.verlopen(work.today, _AANTAL)
        banden = await vergrendel(opslag, {ref for m in voorbij for ref in (m.persoon_a, m.persoon_b)})
        signalen = {each for m in voorbij for each in (m.signaal_a, m.signaal_b)}
        return await herbereken(work, opslag, banden, Aanleiding({}, (), signalen, set(), {}))
