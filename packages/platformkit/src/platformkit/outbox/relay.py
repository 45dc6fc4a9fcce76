"""The relay: publishes what is not yet published, oldest first, and removes it after the broker's acknowledgement (D3).

At least once on the wire, exactly once in effect. One relay per service is active, fenced by a lease row with a token
that only rises: a second one waits, and a paused one that wakes up may repeat events but removes nothing. It looks for
rows, not for positions, so rows that commit late are not missed: see `outbox.search`.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from opentelemetry import metrics
from sqlalchemy import (
    BigInteger,
    Interval,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from platformkit import failpoints
from platformkit.broker import Broker
from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.db.tables import outbox, relay_lease
from platformkit.gauges import measuring
from platformkit.health import Heartbeat
from platformkit.ids import made_at, uuid7
from platformkit.logging import get_logger
from platformkit.outbox.publisher import Published, Publisher
from platformkit.outbox.search import Pending, Search
from platformkit.retry import Patience, passes

_BATCH = 1_000
_LEASE = timedelta(seconds=10)
# After work the next event is probably near: look again soon, and ever later when nothing comes, so that an event waits
# at most a third of the time since the one before it.
_IDLE_FIRST, _IDLE, _IDLE_GROWTH = 0.002, 0.05, 1.3
# A turn for one event costs nearly what one for a hundred costs: with few to publish it waits for more.
_FEW, _LINGER = 200, 0.01
_BACKOFF = 1.0
_COUNTED = 100_000

# One statement, so one trip: what is removed is removed by whoever still holds the lease. `for share` waits for one who
# takes it at this moment. Its commit is not waited for: a removal that a crash of the database undoes is an event that is
# published again, and two fifths of all waiting for the disk was for removals. The lease itself is never lost.
_held = (
    select(relay_lease.c.token, func.set_config("synchronous_commit", "off", true()))
    .where(relay_lease.c.name == "outbox", relay_lease.c.token == bindparam("token"))
    .with_for_update(read=True)
    .cte("held")
)
_published_now = outbox.c.position == any_(bindparam("positions", type_=ARRAY(BigInteger)))
_REMOVE = Statement(delete(outbox).where(_published_now, exists(select(_held))))
_PARK = Statement(update(outbox).where(_published_now, exists(select(_held))).values(parked=True))
# The database's own clock decides, so that holders on machines with other clocks agree.
_holder, _until = bindparam("me", type_=Uuid()), func.clock_timestamp() + bindparam("lease", type_=Interval())
_TAKE = Statement(
    insert(relay_lease)
    .values(name="outbox", holder=_holder, token=1, until=_until)
    .on_conflict_do_update(
        index_elements=["name"],
        set_={
            "holder": _holder,
            "until": _until,
            "token": relay_lease.c.token + case((relay_lease.c.holder == _holder, 0), else_=1),
        },
        where=or_(relay_lease.c.holder == _holder, relay_lease.c.until < func.clock_timestamp()),
    )
    .returning(relay_lease.c.token)
)
_RELEASE = Statement(update(relay_lease).where(relay_lease.c.holder == _holder).values(until=func.clock_timestamp()))
# Beside a long writer this, too, walks over what was removed: once for both figures.
_waiting = select(outbox.c.event_id, outbox.c.position).where(~outbox.c.parked).order_by(outbox.c.position)
_counted = _waiting.limit(_COUNTED).cte("counted")
_first = select(_counted.c.event_id).order_by(_counted.c.position).limit(1).scalar_subquery()
_MEASURE = Statement(select(_first, func.count()).select_from(_counted))

log = get_logger()
_meter = metrics.get_meter("platformkit")
_published = _meter.create_counter("outbox.published", unit="{event}")
_parked = _meter.create_counter("outbox.parked", unit="{event}")
_open = _meter.create_gauge("outbox.open", unit="{event}")
_oldest = _meter.create_gauge("outbox.oldest_age", unit="s")
_active = _meter.create_gauge("relay.active", unit="{relay}")


class LeaseLostError(Exception):
    """Another relay took over."""


class Relay:
    """Publishes one service's outbox until told to stop."""

    def __init__(self, database: Database, broker: Broker, service: str) -> None:
        self._database = database
        self._publisher = Publisher(broker)
        self._service = service
        self._holder: UUID = uuid7()
        self._token: int | None = None
        self._renewed = 0.0
        self._search = Search(_BATCH)
        self._ahead: Sequence[Pending] = ()

    async def run(self, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        """Work until `stop`. An outage of broker or database is waited out, a migration that has not run, too."""
        heartbeat.expect("relay")
        async with measuring(self._measure):
            await self._until(stop, heartbeat)

    async def _until(self, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        idle, patience = _IDLE_FIRST, Patience()
        try:
            while not stop.is_set():
                heartbeat.beat("relay")
                try:
                    sent = await self._turn()
                    patience.over()
                    pause = idle if not sent else _LINGER if sent < _FEW else 0.0
                    idle = _IDLE_FIRST if sent else min(_IDLE_GROWTH * idle, _IDLE)
                except LeaseLostError:
                    self._token = None
                    self._forget()
                    _active.set(0, {"service": self._service})
                    pause = _BACKOFF
                except Exception as error:
                    pause = patience.after(error)
                    log.warning("relay_waits", error=type(error).__qualname__)
                    self._forget()
                    await self._publisher.drop()
                if pause:
                    await _wait(stop, pause)
        finally:
            _active.set(0, {"service": self._service})
            await self._publisher.drop()
            await self._release()

    async def _measure(self) -> None:
        """How much waits and for how long, whether this relay holds the lease or another one does."""
        ((oldest, number),) = await self._database.rows(_MEASURE)
        # The moment in the id, not `created_at`: that is the domain's clock, which may be moved.
        age = max(0.0, time.time() - made_at(oldest)) if oldest else 0.0
        _open.set(number, {"service": self._service})
        _oldest.set(age, {"service": self._service})

    async def _turn(self) -> int:
        """Publish one batch; the number of rows removed or parked.

        Raises:
            LeaseLostError: another relay is the active one.
            KafkaError: the broker did not take all; what it took has been removed.
        """
        token = await self._lease()
        rows, self._ahead = self._ahead or await self._look(), ()
        if not rows:
            return 0
        await failpoints.hit("outbox.before_publish")
        handed = await self._publisher.hand_over(rows)
        if handed.result.failed is None and len(rows) == _BATCH and not self._search.due():
            # More is waiting: read it while the broker takes this.
            self._ahead = await self._search.next(self._database)
        result = await self._publisher.result(handed)
        await failpoints.hit("outbox.after_publish")
        await self._mark(token, result)
        if result.failed is not None:
            raise result.failed
        if len(result.published) + len(result.refused) < len(rows):
            # The others must be found again, and before what comes after them.
            self._forget()
        return len(result.published) + len(result.refused)

    async def _mark(self, token: int, result: Published) -> None:
        """Remove what the broker took and park what it never will, unless the lease went to another."""
        for statement, positions in ((_REMOVE, result.published), (_PARK, result.refused)):
            # Nobody else removes rows: none there means that another relay has the lease, or had it meanwhile.
            if positions and not await self._database.execute(statement, token=token, positions=positions):
                raise LeaseLostError
        if result.refused:
            log.error("outbox_parked", count=len(result.refused))
            _parked.add(len(result.refused), {"service": self._service})
        _published.add(len(result.published), {"service": self._service})

    async def _look(self) -> Sequence[Pending]:
        return await (self._search.whole(self._database) if self._search.due() else self._search.next(self._database))

    def _forget(self) -> None:
        """Begin anew from what the table holds."""
        self._ahead = ()
        self._search = Search(_BATCH)

    async def _lease(self) -> int:
        """Take the lease, or renew it when a third of it is over; its token rises when the holder changes.

        Raises:
            LeaseLostError: another relay holds it.
        """
        if self._token is None or time.monotonic() - self._renewed > _LEASE.total_seconds() / 3:
            self._token = None
            taken = await self._database.rows(_TAKE, me=self._holder, lease=_LEASE)
            if not taken:
                raise LeaseLostError
            self._token = int(taken[0].token)
            self._renewed = time.monotonic()
            _active.set(1, {"service": self._service})
        return self._token

    async def _release(self) -> None:
        """Let the next relay start at once. Not reaching the database is no harm: the lease runs out."""
        try:
            await self._database.execute(_RELEASE, me=self._holder)
        except Exception as error:
            if not passes(error):
                raise
            log.warning("relay_waits", error=type(error).__qualname__)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
