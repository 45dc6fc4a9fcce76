"""What it does by itself: nothing, counting, or what must not go unnoticed."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import text

from platformkit.db.statement import Statement
from platformkit.executor import Executor, UnitOfWork
from platformkit.health import Heartbeat
from platformkit.service import Job, every


async def _dies() -> int:
    raise RuntimeError("geheim 999993653")


async def _ends(_stop: asyncio.Event, _heartbeat: Heartbeat) -> None:
    return


_TEL = Statement(
    text("insert into geteld values ('taak', 1) on conflict (sleutel) do update set aantal = geteld.aantal + 1")
)


async def _tel(work: UnitOfWork) -> int:
    await work.execute(_TEL)
    return 0


def telt(executor: Executor) -> Job:
    """Counts, five times a second."""

    async def turn() -> int:
        return await executor.execute(_tel, None)

    return every("telt", timedelta(seconds=0.2), turn)


TAKEN: Final[Mapping[str, Sequence[Job]]] = {
    "geen": (),
    "sterft": (every("sterft", timedelta(seconds=1), _dies),),
    "eindigt": (_ends,),
}
