"""The relay: publishes what is not yet published, oldest first, and removes it after the broker's acknowledgement (D3).

At least once on the wire, exactly once in effect. One relay per service is active, fenced by a lease row with a token
that only rises: a second one waits, and a paused one that wakes up may repeat events but removes nothing. It looks for
rows, not for positions, so rows that commit late are not missed: see `outbox.search`.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from opentelemetry import metrics
from opentelemetry.trace import SpanKind
from sqlalchemy import BigInteger, any_, bindparam, case, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from platformkit import failpoints, telemetry
from platformkit.db.tables import outbox, relay_lease
from platformkit.gauges import measuring
from platformkit.health import Heartbeat
from platformkit.ids import made_at, uuid7
from platformkit.logging import get_logger
from platformkit.messaging.envelope import headers_of
from platformkit.outbox.search import Search
from platformkit.retry import is_transient

_BATCH = 1_000
_LEASE = timedelta(seconds=10)
# After work the next event is probably near: look again soon, and ever later when nothing comes.
_IDLE_FIRST, _IDLE = 0.002, 0.05
# A turn for one event costs nearly what one for a hundred costs: with few to publish it waits for more.
_FEW, _LINGER = 200, 0.005
_BACKOFF = 1.0
_COUNTED = 100_000

# One statement, so one trip: what is removed is removed by whoever still holds the lease. `for share` waits for one who
# takes it at this moment.
_held = (
    select(relay_lease.c.token)
    .where(relay_lease.c.name == "outbox", relay_lease.c.token == bindparam("token"))
    .with_for_update(read=True)
    .cte("held")
)
_published_now = outbox.c.position == any_(bindparam("positions", type_=ARRAY(BigInteger)))
_REMOVE = delete(outbox).where(_published_now, exists(select(_held)))
_PARK = update(outbox).where(_published_now, exists(select(_held))).values(parked=True)

log = get_logger()
_meter = metrics.get_meter("platformkit")
_published = _meter.create_counter("outbox.published", unit="{event}")
_parked = _meter.create_counter("outbox.parked", unit="{event}")
_open = _meter.create_gauge("outbox.open", unit="{event}")
_oldest = _meter.create_gauge("outbox.oldest_age", unit="s")
_active = _meter.create_gauge("relay.active", unit="{relay}")


class LeaseLostError(Exception):
    """Another relay took over."""


@dataclass
class _Result:
    """Positions that the broker took, those that it never will, and why it took no more."""

    published: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    failed: KafkaError | None = None


class Relay:
    """Publishes one service's outbox until told to stop."""

    def __init__(self, engine: AsyncEngine, bootstrap: str, service: str) -> None:
        self._engine = engine
        # Each statement a transaction of its own: one trip instead of three.
        self._statements = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._bootstrap = bootstrap
        self._service = service
        self._holder: UUID = uuid7()
        self._producer: AIOKafkaProducer | None = None
        self._token: int | None = None
        self._renewed = 0.0
        self._suspects: set[int] = set()
        self._search = Search(_BATCH)
        self._ahead: Sequence[Any] = ()

    async def run(self, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        """Work until `stop`. An outage of broker or database is waited out."""
        heartbeat.expect("relay")
        async with measuring(self._measure):
            await self._until(stop, heartbeat)

    async def _until(self, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        idle = _IDLE_FIRST
        try:
            while not stop.is_set():
                heartbeat.beat("relay")
                try:
                    sent = await self._turn()
                    pause = idle if not sent else _LINGER if sent < _FEW else 0.0
                    idle = _IDLE_FIRST if sent else min(2 * idle, _IDLE)
                except LeaseLostError:
                    self._token = None
                    self._forget()
                    _active.set(0, {"service": self._service})
                    pause = _BACKOFF
                except Exception as error:
                    if not is_transient(error):
                        raise
                    log.warning("relay_waits", error=type(error).__qualname__)
                    self._forget()
                    await self._drop_producer()
                    pause = _BACKOFF
                if pause:
                    await _wait(stop, pause)
        finally:
            _active.set(0, {"service": self._service})
            await self._drop_producer()
            await self._release()

    async def _measure(self) -> None:
        """How much waits and for how long, whether this relay holds the lease or another one does."""
        waiting = select(outbox.c.event_id).where(~outbox.c.parked)
        async with self._statements.connect() as connection:
            oldest = (await connection.execute(waiting.order_by(outbox.c.position).limit(1))).scalar()
            counted = select(func.count()).select_from(waiting.limit(_COUNTED).subquery())
            number = (await connection.execute(counted)).scalar_one()
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
        suspects = [row for row in rows if row.position in self._suspects]
        result = await (self._publish_one_by_one(suspects) if suspects else self._publish(rows))
        await failpoints.hit("outbox.after_publish")
        await self._mark(token, result)
        if result.failed is not None:
            raise result.failed
        if len(result.published) + len(result.refused) < len(rows):
            # The others must be found again, and before what comes after them.
            self._forget()
        return len(result.published) + len(result.refused)

    async def _publish(self, rows: Sequence[Any]) -> "_Result":
        """Send the rows in order and wait for the broker."""
        producer = await self._connected()
        result = _Result()
        waiting = []
        for row in rows:
            span = _span(row)
            try:
                waiting.append((row, span, await self._send(producer, row, span)))
            except MessageSizeTooLargeError as error:
                _fail(span, error)
                result.refused.append(row.position)
            except KafkaError as error:
                _fail(span, error)
                result.failed = error
                break
        if result.failed is None and len(rows) == _BATCH and not self._search.due():
            # More is waiting: read it while the broker takes this.
            self._ahead = await self._look_ahead()
        late: set[tuple[str, str]] = set()
        for row, span, sent in waiting:
            try:
                await sent
            except KafkaError as error:
                _fail(span, error)
                late.add((row.topic, row.key))
                if isinstance(error, MessageSizeTooLargeError):
                    # The broker refuses the whole of what it got at once: who was it?
                    self._suspects.add(row.position)
                else:
                    result.failed = error
                continue
            span.end()
            # Behind one that failed, an event of the same key is sent again after it, so that the order ends right.
            if (row.topic, row.key) not in late:
                result.published.append(row.position)
        if self._suspects:
            await self._drop_producer()
        return result

    async def _publish_one_by_one(self, rows: Sequence[Any]) -> "_Result":
        """Send each row alone, so that a refusal tells which one is too large for its topic."""
        result = _Result()
        for row in rows:
            span = _span(row)
            try:
                await (await self._send(await self._connected(), row, span))
                span.end()
                result.published.append(row.position)
            except MessageSizeTooLargeError as error:
                _fail(span, error)
                result.refused.append(row.position)
                await self._drop_producer()
            except KafkaError as error:
                _fail(span, error)
                result.failed = error
                break
        self._suspects.clear()
        return result

    async def _send(self, producer: AIOKafkaProducer, row: Any, span: telemetry.EventSpan) -> "asyncio.Future[Any]":
        headers = headers_of(row.headers, span.traceparent)
        sent: asyncio.Future[Any] = await producer.send(row.topic, row.payload, key=row.key.encode(), headers=headers)
        return sent

    async def _mark(self, token: int, result: "_Result") -> None:
        """Remove what the broker took and park what it never will, unless the lease went to another."""
        async with self._statements.connect() as connection:
            for statement, positions in ((_REMOVE, result.published), (_PARK, result.refused)):
                if positions:
                    marked = await connection.execute(statement, {"token": token, "positions": positions})
                    # Nobody else removes rows: none there means that another relay has the lease, or had it meanwhile.
                    if not marked.rowcount:
                        raise LeaseLostError
        if result.refused:
            log.error("outbox_parked", count=len(result.refused))
            _parked.add(len(result.refused), {"service": self._service})
        _published.add(len(result.published), {"service": self._service})

    async def _look(self) -> Sequence[Any]:
        async with self._statements.connect() as connection:
            return await (self._search.whole(connection) if self._search.due() else self._search.next(connection))

    async def _look_ahead(self) -> Sequence[Any]:
        async with self._statements.connect() as connection:
            return await self._search.next(connection)

    def _forget(self) -> None:
        """Begin anew from what the table holds."""
        self._ahead = ()
        self._search = Search(_BATCH)

    async def _lease(self) -> int:
        """Take the lease, or renew it when a third of it is over; its token rises when the holder changes.

        The database's own clock decides, so that holders on machines with other clocks agree.

        Raises:
            LeaseLostError: another relay holds it.
        """
        if self._token is None or time.monotonic() - self._renewed > _LEASE.total_seconds() / 3:
            self._token = None
            async with self._engine.begin() as connection:
                self._token = await self._take(connection)
            self._renewed = time.monotonic()
            _active.set(1, {"service": self._service})
        return self._token

    async def _take(self, connection: AsyncConnection) -> int:
        until = func.clock_timestamp() + _LEASE
        wanted = insert(relay_lease).values(name="outbox", holder=self._holder, token=1, until=until)
        held = await connection.execute(
            wanted.on_conflict_do_update(
                index_elements=["name"],
                set_={
                    "holder": self._holder,
                    "until": until,
                    "token": relay_lease.c.token + case((relay_lease.c.holder == self._holder, 0), else_=1),
                },
                where=or_(relay_lease.c.holder == self._holder, relay_lease.c.until < func.clock_timestamp()),
            ).returning(relay_lease.c.token)
        )
        token = held.scalar_one_or_none()
        if token is None:
            raise LeaseLostError
        return int(token)

    async def _release(self) -> None:
        """Let the next relay start at once. Not reaching the database is no harm: the lease runs out."""
        try:
            async with self._engine.begin() as connection:
                await connection.execute(
                    update(relay_lease).where(relay_lease.c.holder == self._holder).values(until=func.clock_timestamp())
                )
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("relay_waits", error=type(error).__qualname__)

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                linger_ms=0,
                max_batch_size=262_144,
                request_timeout_ms=10_000,
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def _drop_producer(self) -> None:
        """A producer that failed may be stuck in its sequence numbers: the next turn makes a new one."""
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), 5)
            except (KafkaError, TimeoutError) as error:
                log.warning("relay_waits", error=type(error).__qualname__)


def _span(row: Any) -> telemetry.EventSpan:
    about = {"messaging.destination.name": row.topic}
    return telemetry.EventSpan(f"publish {row.topic}", SpanKind.PRODUCER, row.traceparent, about)


def _fail(span: telemetry.EventSpan, error: Exception) -> None:
    span.fail(error)
    span.end()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
