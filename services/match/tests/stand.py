"""What is stored and told, for tests to look at."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from match.adapters.db.tables import match
from platformkit.db.engine import make_engine
from platformkit.db.tables import outbox


async def matches(worker: AsyncEngine, signalen: Collection[UUID]) -> list[Row[Any]]:
    """All matches, open or ended, of these signals."""
    async with worker.begin() as connection:
        vraag = select(match).where(or_(match.c.signaal_a.in_(signalen), match.c.signaal_b.in_(signalen)))
        return list(await connection.execute(vraag))


async def open_matches(worker: AsyncEngine, signalen: Collection[UUID]) -> set[tuple[str, UUID, UUID]]:
    """The open ones in the oracle's form."""
    return {(m.soort, m.signaal_a, m.signaal_b) for m in await matches(worker, signalen) if m.status == "actief"}


async def verteld(relay: str, match_id: UUID) -> list[Row[Any]]:
    """What stands in the outbox of one match, in order; read as the relay, the only role that may."""
    engine = make_engine(relay, pool=1, application="match-test")
    async with engine.begin() as connection:
        vraag = select(outbox).where(outbox.c.key == str(match_id)).order_by(outbox.c.position)
        rijen = list(await connection.execute(vraag))
    await engine.dispose()
    return rijen
