"""What the tests share: waiting for something, and the throwaway service's database and processes."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from platformkit.clock import FixedClock
from platformkit.db.context import DatabaseContext
from platformkit.executor import Executor
from proef.events import NOW

SERVICE = Path(__file__).parents[1]
SOURCE = "urn:nld:oin:00000099000000001000:systeem"

T = TypeVar("T")
TABLES = "outbox, relay_lease, inbox, dead_letter, idempotency, audit, ding, geteld, gezien"


async def eventually(check: Callable[[], Awaitable[T]], *, seconds: float = 20.0) -> T:
    """Ask until the answer is true; the last answer, which is false, ends the test."""
    until = time.monotonic() + seconds
    while not (answer := await check()) and time.monotonic() < until:
        await asyncio.sleep(0.02)
    assert answer, "it did not happen in time"
    return answer


@dataclass
class Proef:
    """The throwaway service's database: an engine per role, and a look at everything as superuser."""

    dsns: Mapping[str, str]
    api: AsyncEngine
    worker: AsyncEngine
    relay: AsyncEngine
    all_seeing: AsyncEngine
    bootstrap: str

    async def rows(self, sql: str, **values: object) -> list[Any]:
        """Rows as the superuser sees them; of one column, its values."""
        async with self.all_seeing.begin() as connection:
            found = await connection.execute(text(sql), values)
            rows = found.all() if found.returns_rows else []
        return [row[0] if len(row) == 1 else tuple(row) for row in rows]

    def executor(self, role: str) -> Executor:
        """An executor with a clock that stands still."""
        return Executor(self.api if role == "api" else self.worker, FixedClock(NOW), SOURCE)

    async def count(self, table: str) -> int:
        """How many rows there are."""
        found: int = (await self.rows(f"select count(*) from {table}"))[0]
        return found

    def start(self, role: str, **env: str) -> "subprocess.Popen[bytes]":
        """A process of the service in the role `role`."""
        base = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(SERVICE),
            "PROFIEL": "test",
            "KAFKA_BOOTSTRAP": self.bootstrap,
            **{f"DATABASE_URL_{name.upper()}": dsn for name, dsn in self.dsns.items()},
        }
        return subprocess.Popen(
            [sys.executable, "-m", "proef", role], env={**base, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )


def context(subject: UUID, *, role: str = "professional", tenants: frozenset[str] = frozenset()) -> DatabaseContext:
    """A request's context on a fixed day."""
    return DatabaseContext(subject, role, tenants, date(2026, 11, 22))


async def read_topic(bootstrap: str, topic: str, count: int, *, seconds: float = 20.0) -> list[ConsumerRecord]:
    """The first `count` records of `topic`, and whatever else came with them."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: list[ConsumerRecord] = []

        async def enough() -> bool:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                found.extend(records)
            return len(found) >= count

        await eventually(enough, seconds=seconds)
        return found
    finally:
        await consumer.stop()


async def produce(
    bootstrap: str, topic: str, messages: "list[tuple[list[tuple[str, bytes | None]], bytes | None]]"
) -> None:
    """Put records (headers, value) on partition 0 of `topic`, in order."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=8_000_000)
    await producer.start()
    try:
        for headers, value in messages:
            await producer.send_and_wait(topic, value, key=str(UUID(int=1)).encode(), headers=headers, partition=0)
    finally:
        await producer.stop()
