"""Who issues, looks and withdraws again and again is somebody to ask about it: counted per natural person and day (D10)."""

from datetime import timedelta

from opentelemetry import metrics

from platformkit.executor import Executor, UnitOfWork
from platformkit.logging import get_logger
from signaal.application.ports import SignaalRepository
from signaal.application.queries import KorteSignalen

log = get_logger()
_personen = metrics.get_meter("signaal").create_gauge("signaal.short_lived_repeated", unit="{person}")


class KorteSignalenTellen:
    """Looks at who had `aantal` signals or more that ended on one day, today or yesterday, and lasted a day at most.

    However they ended, by closing or by the shortest duration: both let one look. From what is stored, beside the
    requests: nothing that goes wrong here keeps anybody from closing, and who closes all at once is counted all the same.
    """

    def __init__(self, *, executor: Executor, signalen: SignaalRepository, aantal: int) -> None:
        self._executor = executor
        self._signalen = signalen
        self._aantal = aantal
        self._gemeld: frozenset[KorteSignalen] = frozenset()

    async def __call__(self) -> int:
        """Always 0: a measurement is no reason to measure again at once."""
        gevonden = await self._executor.execute(self._tel, None)
        for each in gevonden - self._gemeld:
            log.warning("short_lived_repeated", professional=str(each.professional), count=each.aantal)
        self._gemeld = gevonden
        _personen.set(len({each.professional for each in gevonden}))
        return 0

    async def _tel(self, work: UnitOfWork) -> frozenset[KorteSignalen]:
        return frozenset(await self._signalen.korte(work, work.today - timedelta(days=1), self._aantal))
