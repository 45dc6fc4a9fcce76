"""Commands of brp-proxy's own, for an operator."""

import argparse
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol
from uuid import UUID

from platformkit.executor import UnitOfWork
from platformkit.service import Process
from platformkit.service.commands import say

Run = Callable[[Process[Any], Sequence[str]], Awaitable[int]]
_BATCH = 200


class Verplaatsing(Protocol):
    """What moves keys, a page at a time."""

    async def bladzijde(
        self, work: UnitOfWork, na: UUID | None, aantal: int
    ) -> tuple[int, Sequence[UUID], UUID | None]:
        """See `brp_proxy.adapters.db.verplaatsing`."""
        ...


def sleutels_verplaatsen(verplaatsing: Callable[[Process[Any]], Verplaatsing]) -> Run:
    """`sleutels-verplaatsen`: once, with the release in which keys stand apart, before its processes start."""

    async def run(process: Process[Any], words: Sequence[str]) -> int:
        argparse.ArgumentParser(
            prog="python -m brp_proxy sleutels-verplaatsen",
            description="Move the data keys from the database of the persons to that of the keys. What was cut off goes on.",
        ).parse_args(words)
        bladzijde = verplaatsing(process).bladzijde
        moved, stuck, last = 0, list[UUID](), None
        while True:
            went, dicht, last = await process.executor.execute(bladzijde, None, last, _BATCH)
            moved += went
            stuck += dicht
            if last is None:
                break
            say(f"{moved} moved, up to {last}")
        say(f"Moved: {moved}.")
        for each in stuck:
            say(f"Not moved, it does not open: {each}")
        return 1 if stuck else 0

    return run
