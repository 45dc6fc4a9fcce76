"""Dead letters: messages that cannot be handled, kept with their bytes in the service's own database (D5, D8)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

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


async def count(engine: AsyncEngine) -> Mapping[str, int]:
    """How many dead letters each consumer has; one that has none is not named."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(dead_letter.c.consumer, func.count().label("number")).group_by(dead_letter.c.consumer)
        )
        return {row.consumer: row.number for row in rows}


async def forget(connection: AsyncConnection, *, keys: Collection[UUID], subjects: Collection[UUID]) -> None:
    """Remove what lies here of who or what was destroyed (D8): by Kafka key, and by the id of an aggregate."""
    if not keys and not subjects:
        return
    await connection.execute(
        delete(dead_letter).where(
            or_(
                dead_letter.c.key.in_([str(each).encode() for each in keys]),
                dead_letter.c.headers["ce_subject"].astext.in_([str(each) for each in subjects]),
            )
        )
    )
