"""Commands of brp-proxy's own, for an operator."""

import argparse
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

from brp_proxy.adapters.db.verplaatsing import Verplaatsing
from brp_proxy.adapters.db.vervanging import Vervanging
from brp_proxy.application.handlers.herstellen import Herstellen
from contracts.persoon import PersoonToestand
from platformkit.db.context import of_operator
from platformkit.executor import UnitOfWork
from platformkit.messaging.told import told
from platformkit.service import Process
from platformkit.service.commands import operator, say

Run = Callable[[Process[Any], Sequence[str]], Awaitable[int]]
_BATCH = 200
_SILENCE = 2.0
_FIRST = UUID(int=0)


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


def sleutels_vervangen(vervanging: Callable[[Process[Any]], Vervanging]) -> Run:
    """`sleutels-vervangen`: after another version was made active, and all processes have been started anew with it."""

    async def run(process: Process[Any], words: Sequence[str]) -> int:
        parser = argparse.ArgumentParser(
            prog="python -m brp_proxy sleutels-vervangen",
            description="Put everything under the active keys of the key file, beside all that works. What was cut off goes "
            "on. Tells which versions are used nowhere any more; exit code 1 while one still is.",
            parents=[operator()],
        )
        context = of_operator(parser.parse_args(words).by)
        vervangt = vervanging(process)
        await process.executor.execute(_noteer_vervangen, context)
        done, missed, stuck, last, shown = 0, 0, list[UUID](), _FIRST, time.monotonic()
        while True:
            bladzijde = await vervangt.bladzijde(last, _BATCH)
            done, missed = done + bladzijde.vervangen, missed + bladzijde.ingehaald
            stuck += bladzijde.dicht
            if bladzijde.laatste is None and not missed:
                break
            if bladzijde.laatste is None:
                # Who was stored meanwhile may have been so by a process that still has the older keys active.
                missed, stuck, last = 0, [], _FIRST
                continue
            last = bladzijde.laatste
            if time.monotonic() - shown > _SILENCE:
                shown = time.monotonic()
                say(f"{done} replaced, up to {last}")
        say(f"Replaced: {done}.")
        for each in stuck:
            say(f"Not replaced, it does not open: {each}")
        used = await vervangt.gebruik()
        left = 0
        for soort, versie in vervangt.oude():
            found = ", ".join(f"{number} {kind}" for kind, number in sorted(used[soort, versie].items()))
            say(
                f"{soort.value} {versie}: {f'still used: {found}' if found else 'used nowhere, may leave the key file'}"
            )
            left += bool(found)
        return 1 if stuck or left else 0

    return run


async def _noteer_vervangen(work: UnitOfWork) -> None:
    work.audit("sleutels-vervangen", outcome="begonnen")


def herstel(herstellen: Callable[[Process[Any]], Herstellen]) -> Run:
    """`herstel`: after a database was set back, before anything of brp-proxy serves."""

    async def run(process: Process[Any], words: Sequence[str]) -> int:
        parser = argparse.ArgumentParser(
            prog="python -m brp_proxy herstel",
            description="After a restore of either database, before the processes start: mark who was destroyed anywhere, "
            "take in who is known by his key alone, and bring all to what was told. May be repeated.",
            parents=[operator()],
        )
        context = of_operator(parser.parse_args(words).by)
        place = process.executor.place(PersoonToestand.TOPIC)
        async with aclosing(told(process.settings.broker, place)) as messages:
            done = await herstellen(process)(context, messages)
        say(
            f"Marked as destroyed: {done.vernietigd}. Brought to what was told: {done.ingehaald}. Taken in: {done.opgenomen}."
        )
        if done.zonder_sleutel:
            say(f"Without a key, until somebody asks for them: {done.zonder_sleutel}.")
        for ref in sorted(done.onbekend):
            say(f"Told, and in neither database: {ref}")
        return 1 if done.onbekend else 0

    return run
