"""What is stored and told, for tests to look at."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, or_, select, text

from match.adapters.db.tables import match
from platformkit.db.database import Database
from platformkit.db.sets import one_of
from platformkit.db.statement import Row, Statement
from platformkit.db.tables import outbox

_MATCHES: Final = Statement(
    select(match).where(or_(one_of(match.c.signaal_a, "signalen"), one_of(match.c.signaal_b, "signalen")))
)
_VERTELD: Final = Statement(select(outbox).where(outbox.c.key == bindparam("match_id")).order_by(outbox.c.position))


async def rijen(database: Database, sql: str, **gegeven: object) -> list[Row]:
    """What a statement gives; its parameters are named `:naam`."""
    return await database.rows(Statement(text(sql)), **gegeven)


async def matches(worker: Database, signalen: Collection[UUID]) -> list[Row]:
    """All matches, open or ended, of these signals."""
    return await worker.rows(_MATCHES, signalen=list(signalen))


async def open_matches(worker: Database, signalen: Collection[UUID]) -> set[tuple[str, UUID, UUID]]:
    """The open ones in the oracle's form."""
    return {(m.soort, m.signaal_a, m.signaal_b) for m in await matches(worker, signalen) if m.status == "actief"}


async def verteld(relay: str, match_id: UUID) -> list[Row]:
    """What stands in the outbox of one match, in order; read as the relay, the only role that may."""
    database = Database(relay, pool=1, application="match-test")
    try:
        return await database.rows(_VERTELD, match_id=str(match_id))
    finally:
        await database.close()
