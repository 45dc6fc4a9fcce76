"""The sealer: what was recorded is chained afterwards, by a job that every service has (D12).

In the transaction itself a chain would make everybody wait for everybody (architecture D12: 85 % of the throughput).
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from platformkit.audit.chain import START, link
from platformkit.db.sets import columns_of, insert_rows
from platformkit.db.statement import Row, Statement
from platformkit.db.tables import audit, audit_chain, audit_month
from platformkit.executor import Executor, UnitOfWork
from platformkit.ids import earliest_of
from platformkit.logging import get_logger

STEP: Final = 1000
PAUSE: Final = timedelta(minutes=1)
LATE: Final = 600.0
"""Seconds that a row may become visible after its id was made: the longest transaction, and clocks that differ."""

_LOCK = Statement(select(func.pg_advisory_xact_lock(func.hashtext(bindparam("name", type_=Text)))))
# A step of the walk over all rows, sealed or not, so that no step takes long; newest last.
_step = (
    select(audit).where(audit.c.id > bindparam("after", type_=Uuid)).order_by(audit.c.id).limit(STEP).subquery("step")
)
_sealed = select(audit_chain.c.audit_id).where(audit_chain.c.audit_id == _step.c.id).exists()
_WALK = Statement(select(_step, _sealed.label("sealed")).order_by(_step.c.id))
_HEAD = Statement(
    select(audit_month.c.month, audit_month.c.begins, audit_chain.c.number, audit_chain.c.link)
    .outerjoin(audit_chain, audit_chain.c.month == audit_month.c.month)
    .order_by(audit_month.c.month.desc(), audit_chain.c.number.desc().nulls_last())
    .limit(1)
)
_BEGIN = Statement(insert(audit_month).values({each.name: bindparam(each.name) for each in audit_month.c}))
_SEAL = Statement(insert_rows(audit_chain))

log = get_logger()


async def walk(work: UnitOfWork, after: UUID) -> list[Row]:
    """The next `STEP` rows of the log, or fewer at its end, each with whether it is `sealed`."""
    return await work.rows(_WALK, after=after)


class Sealer:
    """Walks over the audit log, again and again from where late rows may still come; two of them do no harm."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._after = UUID(int=0)

    async def __call__(self) -> int:
        """Seal what a step finds; how many rows it walked over when there are more, none at the end."""
        late = earliest_of(LATE)
        rows = await self._executor.execute(self._seal, None)
        if len(rows) == STEP:
            self._after = rows[-1].id
            return STEP
        self._after = max(self._after, late)
        return 0

    async def _seal(self, work: UnitOfWork) -> list[Row]:
        await work.execute(_LOCK, name="audit")
        rows = await walk(work, self._after)
        new = [row for row in rows if not row.sealed]
        if new:
            await self._append(work, new)
        return rows

    async def _append(self, work: UnitOfWork, new: list[Row]) -> None:
        head, month = await work.row(_HEAD), work.today.replace(day=1)
        # A month goes on until the next begins, also when a clock was set back.
        if head is None or head.month < month:
            begins, number = (head.link or head.begins) if head else START, 0
            await work.execute(_BEGIN, month=month, begins=begins)
        else:
            month, begins, number = head.month, head.link or head.begins, head.number or 0
        links = []
        for row in new:
            begins, number = link(begins, row), number + 1
            links.append({"audit_id": row.id, "month": month, "number": number, "link": begins})
        await work.execute(_SEAL, **columns_of(audit_chain, links))
        # Kept with the logs, outside the database: the anchor of all that was recorded until now.
        work.after_commit(log.info, "audit_sealed", month=f"{month:%Y-%m}", number=number, link=begins.hex())
