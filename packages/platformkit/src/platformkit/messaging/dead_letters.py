"""Dead letters: messages that cannot be handled, kept with their bytes in the service's own database (D5, D8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from platformkit.db.tables import dead_letter
from platformkit.ids import uuid7


@dataclass(frozen=True)
class Parked:
    """A record that is put aside: where it stood, what it was, and the kind of error."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Mapping[str, str]
    payload: bytes | None
    error: str
    traceparent: str | None


async def park(engine: AsyncEngine, consumer: str, record: Parked, at: datetime) -> None:
    """Put `record` aside for `consumer`, once."""
    async with engine.begin() as connection:
        await connection.execute(
            insert(dead_letter)
            .values(
                id=uuid7(),
                consumer=consumer,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                key=record.key,
                headers=dict(record.headers),
                payload=record.payload,
                error=record.error,
                traceparent=record.traceparent,
                parked_at=at,
            )
            .on_conflict_do_nothing()
        )
