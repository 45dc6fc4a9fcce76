"""Telling the present state of all aggregates again: when topics were lost, or a reader begins or was restored.

What is told is the whole state as it is, under the version that it has, so a reader that knows it already drops it
(D4), and one that knows nothing is complete when it has read all of it. It goes the common road: the outbox, the relay.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from platformkit.commands import Command, Opened, say
from platformkit.db.context import DatabaseContext
from platformkit.executor import UnitOfWork

_BATCH = 500
_PER_SECOND = 1000
_SILENCE = 2.0


@dataclass(frozen=True)
class Retold:
    """One batch: how many aggregates were told, which could not be, and the id to go on after; none at the end."""

    told: int
    last: UUID | None
    unreadable: Sequence[UUID] = ()


Retell = Callable[[UnitOfWork, UUID | None, int], Awaitable[Retold]]
"""Tells the next so many aggregates after an id, in the order of ids, through the unit of work."""


def command(
    service: str,
    executor: Opened,
    retell: Retell,
    context: Callable[[], DatabaseContext | None] = lambda: None,
) -> Command:
    """The command `republish`. A batch is a transaction; what was cut off goes on with `--after`."""

    async def run(words: Sequence[str]) -> int:
        asked = _parser(service).parse_args(words)
        begin = time.monotonic()
        shown = begin
        after: UUID | None = asked.after
        told = 0
        unreadable: list[UUID] = []
        async with executor() as opened:
            while True:
                try:
                    batch = await opened.execute(_one(retell, after), context())
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

    return run


def _one(retell: Retell, after: UUID | None) -> Callable[[UnitOfWork], Awaitable[Retold]]:
    async def work(work: UnitOfWork) -> Retold:
        return await retell(work, after, _BATCH)

    return work


def _parser(service: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {service} republish",
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
