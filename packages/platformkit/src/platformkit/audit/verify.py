"""The audit log held against its chain (D12)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Date, bindparam, select

from platformkit.audit.chain import link
from platformkit.audit.sealing import LATE, PAUSE, walk
from platformkit.db.statement import Row, Statement
from platformkit.db.tables import audit, audit_chain, audit_month
from platformkit.executor import Executor, UnitOfWork
from platformkit.ids import earliest_of

_STEP: Final = 5000
_MONTHS = Statement(select(audit_month).order_by(audit_month.c.month))
_LINKS = Statement(
    select(audit_chain.c.audit_id, audit_chain.c.number, audit_chain.c.link, audit)
    .outerjoin(audit, audit.c.id == audit_chain.c.audit_id)
    .where(
        audit_chain.c.month == bindparam("month", type_=Date),
        audit_chain.c.number > bindparam("after", type_=BigInteger),
    )
    .order_by(audit_chain.c.number)
    .limit(_STEP)
)


@dataclass(frozen=True)
class Month:
    """A month of the log.

    Args:
        month: its first day.
        rows: how many it has.
        head: its last link; `begins` is that of the month before it.
        changed: the rows that are not as they were, or gone.
        gap: a link is missing.
        anchored: it has the link that was asked for.
    """

    month: date
    rows: int
    head: bytes
    begins: bytes
    changed: tuple[UUID, ...]
    gap: bool
    anchored: bool


async def months(executor: Executor, anchor: bytes | None) -> AsyncIterator[Month]:
    """Each month, oldest first, in steps of a transaction each."""
    for month in await executor.execute(_months, None):
        yield await _check(executor, month.month, month.begins, anchor)


async def unsealed(executor: Executor) -> int:
    """How many rows are older than the sealer leaves any, and in no month."""

    due, after, number = earliest_of(LATE + 2 * PAUSE.total_seconds()), UUID(int=0), 0
    while rows := await executor.execute(walk, None, after):
        number += sum(not row.sealed and row.id < due for row in rows)
        after = rows[-1].id
    return number


async def _months(work: UnitOfWork) -> list[Row]:
    return await work.rows(_MONTHS)


async def _links(work: UnitOfWork, month: date, after: int) -> list[Row]:
    return await work.rows(_LINKS, month=month, after=after)


async def _check(executor: Executor, month: date, begins: bytes, anchor: bytes | None) -> Month:
    head, number, changed, gap, anchored = begins, 0, list[UUID](), False, False
    while links := await executor.execute(_links, None, month, number):
        for row in links:
            number += 1
            # Held against the link as it stands, so that one changed row is one, not all that follow.
            if row.id is None or link(head, row) != row.link:
                changed.append(row.audit_id)
            gap, number, head = gap or row.number != number, row.number, row.link
            anchored = anchored or row.link == anchor
    return Month(month, number, head, begins, tuple(changed), gap, anchored)
