"""What the tests share: the throwaway service's database and processes, and what is on its topics."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from sqlalchemy import text

from platformkit.broker import Broker
from platformkit.clock import FixedClock
from platformkit.db.context import DatabaseContext
from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.executor import Executor
from platformkit.identity import Actor
from platformkit.settings import Profile
from platformkit.testing import eventually_async
from proef.events import NOW
from proef.settings import Settings

SERVICE = Path(__file__).parents[1]
SOURCE = "urn:nld:oin:00000099000000001000:systeem"
TABLES = (
    "outbox, relay_lease, inbox, dead_letter, idempotency, audit, audit_month, audit_chain, ding, geteld, gezien, stand"
)


@dataclass
class Proef:
    """The throwaway service's database, as each of its roles and as the superuser, who sees everything."""

    addresses: Mapping[str, str]
    api: Database
    worker: Database
    relay: Database
    all_seeing: Database
    broker: Broker

    async def rows(self, sql: str, **values: object) -> list[Any]:
        """Rows as the superuser sees them; of one column, its values."""
        found = await self.all_seeing.rows(Statement(text(sql)), **values)
        return [row[0] if len(row) == 1 else tuple(row) for row in found]

    def executor(self, role: str) -> Executor:
        """An executor with a clock that stands still."""
        return Executor(self.api if role == "api" else self.worker, FixedClock(NOW), SOURCE)

    async def count(self, table: str) -> int:
        """How many rows there are."""
        found: int = (await self.rows(f"select count(*) from {table}"))[0]
        return found

    def settings(self, **other: object) -> Settings:
        """Those of a process in the test."""
        urls = {f"database_url_{role}": url for role, url in self.addresses.items() if role != "superuser"}
        kafka = {name.lower(): value for name, value in self.broker.environment().items()}
        return Settings(profiel=Profile.TEST, **{**kafka, **urls, **other})  # type: ignore[arg-type]

    def start(self, *words: str, stdout: "int | IO[str]" = subprocess.PIPE, **env: str) -> "subprocess.Popen[bytes]":
        """A process of the service: a role, or a command."""
        base = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(SERVICE),
            "PROFIEL": "test",
            **self.broker.environment(),
            **{f"DATABASE_URL_{name.upper()}": url for name, url in self.addresses.items()},
        }
        return subprocess.Popen(
            [sys.executable, "-m", "proef", *words], env={**base, **env}, stdout=stdout, stderr=subprocess.PIPE
        )


def context(subject: UUID, *, role: str = "professional", tenants: frozenset[str] = frozenset()) -> DatabaseContext:
    """A request's context."""
    return DatabaseContext(subject, role, tenants, Actor(str(subject), role))


def free_port() -> int:
    """A port of this machine that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def read_topic(broker: Broker, topic: str, count: int, *, seconds: float = 20.0) -> list[ConsumerRecord]:
    """The first `count` records of `topic`, and whatever else came with them."""
    consumer = AIOKafkaConsumer(topic, **broker.client(), auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: list[ConsumerRecord] = []

        async def enough() -> bool:
            for records in (await consumer.getmany(timeout_ms=100)).values():
                found.extend(records)
            return len(found) >= count

        await eventually_async(enough, seconds=seconds)
        return found
    finally:
        await consumer.stop()


async def produce(
    broker: Broker, topic: str, messages: "list[tuple[list[tuple[str, bytes | None]], bytes | None]]"
) -> None:
    """Put records (headers, value) on partition 0 of `topic`, in order, each with its subject as key."""
    producer = AIOKafkaProducer(**broker.client(), max_request_size=8_000_000)
    await producer.start()
    try:
        for headers, value in messages:
            key = dict(headers).get("ce_subject") or str(UUID(int=1)).encode()
            await producer.send_and_wait(topic, value, key=key, headers=headers, partition=0)
    finally:
        await producer.stop()
