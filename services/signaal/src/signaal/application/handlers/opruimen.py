"""Delete technical rows that have had their time."""

from platformkit.executor import Executor
from signaal.application.ports import Opslag


class OpruimenHandler:
    """One batch a call."""

    def __init__(self, *, executor: Executor, opslag: Opslag) -> None:
        self._executor = executor
        self._opslag = opslag

    async def __call__(self) -> int:
        """How many rows went."""
        return await self._executor.execute(self._opslag.ruim_op)
