"""Technical rows that have had their time: one job for every service (D3, D8)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import ARRAY, BindParameter, DateTime, Text, bindparam, delete, func, or_, select, tuple_

from contracts.registry import topics
from platformkit.db.statement import Statement
from platformkit.db.tables import dead_letter, idempotency, inbox
from platformkit.executor import Executor, UnitOfWork
from platformkit.logging import get_logger
from platformkit.service.jobs import Job, every

_BATCH: Final = 1000
_PAUSE: Final = timedelta(minutes=10)
_RETENTION: Final = {name: timedelta(milliseconds=topic.retention_ms) for name, topic in topics().items()}
_LONGEST: Final = max(_RETENTION.values())
_MARGIN: Final = timedelta(days=1)

IDEMPOTENCY_KEPT: Final = timedelta(hours=48)
INBOX_KEPT: Final = 2 * _LONGEST + _MARGIN
"""Longer than a topic keeps an event plus the longest that a dead letter waits (D3)."""


def _before(name: str) -> BindParameter[object]:
    return bindparam(name, type_=DateTime(timezone=True))


_KEYS = Statement(
    delete(idempotency).where(
        tuple_(idempotency.c.caller, idempotency.c.key).in_(
            select(idempotency.c.caller, idempotency.c.key)
            .where(idempotency.c.created_at < _before("before"))
            .limit(_BATCH)
        )
    )
)
_HANDLED = Statement(
    delete(inbox).where(
        tuple_(inbox.c.consumer, inbox.c.event_id).in_(
            select(inbox.c.consumer, inbox.c.event_id).where(inbox.c.handled_at < _before("before")).limit(_BATCH)
        )
    )
)
_kept = (
    func.unnest(bindparam("topics", type_=ARRAY(Text)), bindparam("moments", type_=ARRAY(DateTime(timezone=True))))
    .table_valued("topic", "moment", name="kept")
    .render_derived()
)
_LOST = Statement(
    delete(dead_letter).where(
        or_(
            dead_letter.c.parked_at < _before("before"),
            select(_kept.c.topic)
            .where(_kept.c.topic == dead_letter.c.topic, dead_letter.c.parked_at < _kept.c.moment)
            .exists(),
        )
    )
)

log = get_logger()


def sweeping(executor: Executor) -> Job:
    """The job that deletes them, a batch at a time."""
    return every("sweep", _PAUSE, Sweep(executor))


class Sweep:
    """A dead letter is kept no longer than its topic keeps the event: else it would outlive a destruction (D8)."""

    def __init__(self, executor: Executor, retention: Mapping[str, timedelta] = _RETENTION) -> None:
        self._executor = executor
        self._retention = retention

    async def __call__(self) -> int:
        """Delete one batch of each kind; how many rows went."""
        return await self._executor.execute(self._delete, None)

    async def _delete(self, work: UnitOfWork) -> int:
        gone = await work.execute(_KEYS, before=work.now - IDEMPOTENCY_KEPT)
        gone += await work.execute(_HANDLED, before=work.now - INBOX_KEPT)
        lost = await work.execute(
            _LOST,
            before=work.now - _LONGEST,
            topics=list(self._retention),
            moments=[work.now - kept for kept in self._retention.values()],
        )
        if lost:
            work.after_commit(log.error, "dead_letters_expired", count=lost)
        return gone + lost
