"""The delivery loop and a database that was away."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from notificatie.domain.notificatie import Notificatie
from notificatie.entrypoints import jobs
from platformkit.errors import TransientError
from platformkit.health import Heartbeat

_AWAY = 6


class _Database:
    """Stands for the sender; its database is away for the first claims."""

    def __init__(self) -> None:
        self.claims = 0
        self.back = asyncio.Event()

    async def claim(self, limit: int, behalve: Sequence[UUID]) -> list[Notificatie]:
        self.claims += 1
        if self.claims <= _AWAY:
            raise TransientError("tijdelijk-niet-beschikbaar")
        self.back.set()
        return []


async def test_a_database_that_is_back_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_PAUSE_FIRST", 0.05)
    database, stop = _Database(), asyncio.Event()
    running = asyncio.create_task(jobs.Delivery(database, 1).run(stop, Heartbeat(None)))  # type: ignore[arg-type]
    # Six pauses of the first length; doubling ones, as for a mail server that is away, would take ten times as long.
    await asyncio.wait_for(database.back.wait(), 1.5)
    stop.set()
    await running
