"""Telling the present state of all aggregates again: when topics were lost, or a reader begins or was restored.

What is told is the whole state as it is, under the version that it has, so a reader that knows it already drops it
(D4), and one that knows nothing is complete when it has read all of it. It goes the common road: the outbox, the relay.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from platformkit.service.commands import Command, say
from platformkit.service.process import Process
from platformkit.service.service import Retelling

_BATCH = 500
_PER_SECOND = 1000
_SILENCE = 2.0


def command(module: str, retelling: Retelling[Any]) -> Command[Any]:
    """The command `republish`. A batch is a transaction; what was cut off goes on with `--after`."""

    async def run(process: Process[Any], words: Sequence[str]) -> int:
        asked = _parser(module).parse_args(words)
        retell = retelling.retell(process)
        begin = time.monotonic()
        shown = begin
        after: UUID | None = asked.after
        told = 0
        unreadable: list[UUID] = []
        while True:
            try:
                batch = await process.executor.execute(retell, retelling.context, after, _BATCH)
            except Exception:
                say(f"Stopped after {told}. Go on with --after {after}" if after else "Nothing was told.")
                raise
            told += batch.told
            unreadable += batch.unreadable
            if batch.last is None:
                break
            after = batch.last
            if time.monotonic() - shown > _SILENCE:
                shown = time.monotonic()
                say(f"{told} told, up to {after}")
            # What happens meanwhile waits in the same outbox: the backlog must stay small.
            await asyncio.sleep(max(0.0, begin + told / asked.per_second - time.monotonic()))
        say(f"Told again: {told}.")
        for each in unreadable:
            say(f"Not told, its data do not open: {each}")
        return 1 if unreadable else 0

    return Command(run, retelling.role)


def _parser(module: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {module} republish",
        description="Tell the present state of everything that this service owns again. Readers drop what they know.",
    )
    parser.add_argument("--after", type=UUID, metavar="ID", help="go on after this id, as an earlier run printed it")
    parser.add_argument(
        "--per-second",
        type=_positive,
        default=_PER_SECOND,
        metavar="N",
        help="at most so many, so that what happens meanwhile does not wait behind it (default %(default)s)",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("not above zero")
    return number
