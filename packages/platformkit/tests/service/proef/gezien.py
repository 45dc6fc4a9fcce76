"""What a consumer has seen, in order."""

import asyncio
from collections.abc import Sequence

from platformkit.db.sets import columns_of, insert_rows
from platformkit.db.statement import Statement
from platformkit.envelope import Message
from platformkit.executor import UnitOfWork
from proef.adapters.db.tables import gezien

_COLUMNS = ("persoon", "versie")
_SCHRIJF = Statement(insert_rows(gezien, _COLUMNS))


async def remember(work: UnitOfWork, messages: Sequence[Message]) -> None:
    seen = [{"persoon": message.subject, "versie": message.version} for message in messages]
    await work.execute(_SCHRIJF, **columns_of(gezien, seen, _COLUMNS))


class Onthouden:
    """Remembers a batch, after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def __call__(self, work: UnitOfWork, messages: Sequence[Message]) -> None:
        await asyncio.sleep(self._seconds)
        await remember(work, messages)
