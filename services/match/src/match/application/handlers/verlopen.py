"""End the matches whose einddatum passed while nothing else touched them (D4, D7)."""

from match.application.handlers.herberekenen import Aanleiding, herbereken
from match.application.handlers.verwerken import vergrendel
from match.application.ports import Opslag
from platformkit.executor import Executor, UnitOfWork

_AANTAL = 200


class Verlopen:
    """The sweep. Reading does not depend on it: a match counts only before its einddatum, whoever reads."""

    def __init__(self, executor: Executor, opslag: Opslag) -> None:
        self._executor = executor
        self._opslag = opslag

    async def __call__(self) -> int:
        """End one batch in one transaction; the number of matches that ended."""
        return await self._executor.execute(self._beeindig, None)

    async def _beeindig(self, work: UnitOfWork) -> int:
        voorbij = await self._opslag.matches.verlopen(work, _AANTAL)
        banden = await vergrendel(work, self._opslag, {ref for m in voorbij for ref in (m.persoon_a, m.persoon_b)})
        signalen = {each for m in voorbij for each in (m.signaal_a, m.signaal_b)}
        return await herbereken(work, self._opslag, banden, Aanleiding(signalen=signalen))
