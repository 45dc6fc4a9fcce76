"""Commands of brp-proxy's own, for an operator."""

import argparse
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, Protocol
from uuid import UUID

from brp_proxy.application.handlers.herstellen import Herstellen
from contracts.persoon import PersoonToestand
from platformkit.db.context import of_operator
from platformkit.executor import UnitOfWork
from platformkit.messaging.told import told
from platformkit.service import Process
from platformkit.service.commands import operator, say

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


def herstel(herstellen: Callable[[Process[Any]], Herstellen]) -> Run:
    """`herstel`: after a database was set back, before anything of brp-proxy serves."""

    async def run(process: Process[Any], words: Sequence[str]) -> int:
        parser = argparse.ArgumentParser(
            prog="python -m brp_proxy herstel",
            description="After a restore of either database, before the processes start: end who was destroyed anywhere, "
            "take in who is known by his key alone, and bring all to the version that was told. May be repeated.",
            parents=[operator()],
        )
        context = of_operator(parser.parse_args(words).by)
        place = process.executor.place(PersoonToestand.TOPIC)
        async with aclosing(told(process.settings.broker, place)) as messages:
            done = await herstellen(process)(context, messages)
        say(f"Destroyed: {done.vernietigd}. Brought to what was told: {done.ingehaald}. Taken in: {done.opgenomen}.")
        if done.zonder_sleutel:
            say(f"Without a key, until somebody asks for them: {done.zonder_sleutel}.")
        for ref in sorted(done.onbekend):
            say(f"Told, and in neither database: {ref}")
        return 1 if done.onbekend else 0

    return run
