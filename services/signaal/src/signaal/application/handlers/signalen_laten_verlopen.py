"""End the signals whose einddatum has come (R060, R074). Who reads does not wait for this: see `Signaal.status_op`."""

from platformkit.executor import Executor, UnitOfWork
from signaal.application.ports import SignaalRepository
from signaal.domain import events

_AANTAL = 1000


class SignalenLatenVerlopen:
    """One batch a call; several sweepers at once take different rows."""

    def __init__(self, *, executor: Executor, signalen: SignaalRepository) -> None:
        self._executor = executor
        self._signalen = signalen

    async def __call__(self) -> int:
        """How many signals ended."""
        return await self._executor.execute(self._laat_verlopen, None)

    async def _laat_verlopen(self, work: UnitOfWork) -> int:
        gevonden = await self._signalen.vergrendel_verlopen(work, _AANTAL)
        if not gevonden:
            return 0
        verlopen = [signaal.verlopen() for signaal in gevonden]
        await self._signalen.bewaar_inactief(work, verlopen)
        for signaal in verlopen:
            work.emit(events.gedeactiveerd(signaal), version=signaal.versie)
        return len(verlopen)
