"""What a consumer has seen, in order."""

from collections.abc import Sequence

from platformkit.db.sets import columns_of, insert_rows
from platformkit.db.statement import Statement
from platformkit.envelope import Message
from platformkit.executor import UnitOfWork
from proef.adapters.db.tables import gezien
from proef.settings import Settings

_COLUMNS = ("persoon", "versie")
_SCHRIJF = Statement(insert_rows(gezien, _COLUMNS))


async def remember(work: UnitOfWork, messages: Sequence[Message]) -> None:
    seen = [{"persoon": message.subject, "versie": message.version} for message in messages]
    await work.execute(_SCHRIJF, **columns_of(gezien, seen, _COLUMNS))


class Onthouden:
    """Remembers a batch, as slowly as the settings say."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, work: UnitOfWork, messages: Sequence[Message]) -> None:
        await self._settings.works()
        await remember(work, messages)
