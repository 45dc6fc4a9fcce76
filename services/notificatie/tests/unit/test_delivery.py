"""The delivery loop: a database that was away, and how many mails it takes at a time."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from notificatie.application.bezorgen import Samen
from notificatie.entrypoints import jobs
from platformkit.errors import TransientError
from platformkit.health import Heartbeat

_AWAY = 6


class _Database:
    """Stands for the sender; its database is away for the first claims."""

    def __init__(self) -> None:
        self.claims = 0
        self.back = asyncio.Event()

    async def claim(self, limit: int, behalve: Sequence[UUID]) -> list[Samen]:
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


class _Sender:
    """Stands for the sender: there is always more to send, and each mail waits for the test."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.sending: asyncio.Queue[asyncio.Event] = asyncio.Queue()

    async def claim(self, limit: int, behalve: Sequence[UUID]) -> list[Samen]:
        self.asked.append(limit)
        return [[SimpleNamespace(id=uuid4())] for _ in range(limit)]  # type: ignore[list-item]

    async def bezorg(self, samen: Samen) -> bool:
        sent = asyncio.Event()
        self.sending.put_nowait(sent)
        return await sent.wait()


async def test_mails_are_taken_by_the_half_so_that_they_ask_their_addresses_together() -> None:
    sender, stop = _Sender(), asyncio.Event()
    running = asyncio.create_task(jobs.Delivery(sender, 4).run(stop, Heartbeat(None)))  # type: ignore[arg-type]
    in_hand = [await sender.sending.get() for _ in range(8)]
    for done in in_hand[:3]:
        done.set()
    await asyncio.sleep(0.01)
    assert sender.asked == [8]
    in_hand[3].set()
    in_hand += [await asyncio.wait_for(sender.sending.get(), 1) for _ in range(4)]
    assert sender.asked == [8, 4]
    stop.set()
    for each in in_hand:
        each.set()
    await running
