"""Technical rows that have had their time."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select, tuple_

from platformkit.db.tables import idempotency, inbox
from platformkit.executor import UnitOfWork

_BATCH: Final = 1000
IDEMPOTENCY_KEPT: Final = timedelta(hours=48)
INBOX_KEPT: Final = timedelta(days=90)
"""Longer than a topic keeps an event (21 days) plus the longest that a dead letter waits (D3)."""


class TechnischeOpslag:
    """Implements the port Opslag."""

    async def ruim_op(self, work: UnitOfWork) -> int:
        """See the port."""
        keys = (
            select(idempotency.c.caller, idempotency.c.key)
            .where(idempotency.c.created_at < work.now - IDEMPOTENCY_KEPT)
            .limit(_BATCH)
        )
        handled = (
            select(inbox.c.consumer, inbox.c.event_id).where(inbox.c.handled_at < work.now - INBOX_KEPT).limit(_BATCH)
        )
        old = await work.connection.execute(
            delete(idempotency).where(tuple_(idempotency.c.caller, idempotency.c.key).in_(keys))
        )
        told = await work.connection.execute(
            delete(inbox).where(tuple_(inbox.c.consumer, inbox.c.event_id).in_(handled))
        )
        return int(old.rowcount + told.rowcount)
