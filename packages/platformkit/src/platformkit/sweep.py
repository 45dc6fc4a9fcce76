"""Technical rows that have had their time: one job for every service (D3, D8)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, delete, or_, select, tuple_

from contracts.registry import topics
from platformkit.db.tables import dead_letter, idempotency, inbox
from platformkit.executor import Executor, UnitOfWork
from platformkit.logging import get_logger
from platformkit.runtime import Component, every

_BATCH: Final = 1000
_PAUSE: Final = timedelta(minutes=10)
_RETENTION: Final = {name: timedelta(milliseconds=topic.retention_ms) for name, topic in topics().items()}
_LONGEST: Final = max(_RETENTION.values())
_MARGIN: Final = timedelta(days=1)

IDEMPOTENCY_KEPT: Final = timedelta(hours=48)
INBOX_KEPT: Final = 2 * _LONGEST + _MARGIN
"""Longer than a topic keeps an event plus the longest that a dead letter waits (D3)."""

log = get_logger()


def sweeping(executor: Executor) -> Component:
    """The component of role `jobs` that deletes them, a batch at a time."""
    return every("sweep", _PAUSE, Sweep(executor))


class Sweep:
    """A dead letter is kept no longer than its topic keeps the event: else it would outlive a destruction (D8)."""

    def __init__(self, executor: Executor, retention: Mapping[str, timedelta] = _RETENTION) -> None:
        self._executor = executor
        self._retention = retention

    async def __call__(self) -> int:
        """Delete one batch of each kind; how many rows went."""
        return await self._executor.execute(self._delete)

    async def _delete(self, work: UnitOfWork) -> int:
        keys = (
            select(idempotency.c.caller, idempotency.c.key)
            .where(idempotency.c.created_at < work.now - IDEMPOTENCY_KEPT)
            .limit(_BATCH)
        )
        handled = (
            select(inbox.c.consumer, inbox.c.event_id).where(inbox.c.handled_at < work.now - INBOX_KEPT).limit(_BATCH)
        )
        late = or_(
            dead_letter.c.parked_at < work.now - _LONGEST,
            *(
                and_(dead_letter.c.topic == topic, dead_letter.c.parked_at < work.now - kept)
                for topic, kept in self._retention.items()
            ),
        )
        gone = 0
        for statement in (
            delete(idempotency).where(tuple_(idempotency.c.caller, idempotency.c.key).in_(keys)),
            delete(inbox).where(tuple_(inbox.c.consumer, inbox.c.event_id).in_(handled)),
        ):
            gone += (await work.connection.execute(statement)).rowcount
        lost = (await work.connection.execute(delete(dead_letter).where(late))).rowcount
        if lost:
            log.error("dead_letters_expired", count=lost)
        return int(gone + lost)
