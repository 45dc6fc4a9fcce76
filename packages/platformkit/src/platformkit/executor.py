"""The one place that commits (D3): state, outbox rows, the dedup row and audit rows, together or not at all.

HTTP and Kafka both end here; they differ in who builds the work and where the dedup key comes from. A handler takes a
unit of work, reads and writes through its connection, and never opens or commits a transaction itself.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from opentelemetry import trace
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.base import Event, Vernietigd
from platformkit import failpoints
from platformkit.clock import AMSTERDAM, Clock
from platformkit.db.context import DatabaseContext
from platformkit.db.engine import Transactions
from platformkit.db.prepared import Prepared
from platformkit.db.sets import columns_of, insert_rows, rows
from platformkit.db.tables import audit, idempotency, inbox, outbox
from platformkit.errors import DomainError
from platformkit.ids import uuid7
from platformkit.messaging.dead_letters import forget
from platformkit.messaging.envelope import Message, encode
from platformkit.retry import attempts
from platformkit.telemetry import current_traceparent

_HTTP_ATTEMPTS = 3
_EVENT_IDS = rows(inbox, ["event_id"])
_HANDLE = Prepared(
    pg_insert(inbox)
    .from_select(
        ["consumer", "event_id", "handled_at"],
        select(
            bindparam("consumer", type_=inbox.c.consumer.type),
            _EVENT_IDS.c.event_id,
            bindparam("handled_at", type_=inbox.c.handled_at.type),
        ),
    )
    .on_conflict_do_nothing()
    .returning(inbox.c.event_id)
)
_TOLD = ("event_id", "topic", "key", "headers", "payload", "traceparent", "created_at")
_TELL = Prepared(insert_rows(outbox, _TOLD))
_AUDIT = Prepared(insert_rows(audit))
_BOTH = Prepared(insert_rows(audit).add_cte(insert_rows(outbox, _TOLD).cte("told")))
_CLAIM = Prepared(
    pg_insert(idempotency)
    .values({name: bindparam(name) for name in ("caller", "key", "fingerprint", "result_id", "created_at")})
    .on_conflict_do_nothing()
    .returning(idempotency.c.result_id)
)
_CLAIMED = Prepared(
    select(idempotency.c.fingerprint, idempotency.c.result_id).where(
        idempotency.c.caller == bindparam("caller"), idempotency.c.key == bindparam("key")
    )
)
T = TypeVar("T")


@dataclass
class UnitOfWork:
    """What one transaction reads, writes, tells and records. `now` and `today` are the domain's (D7)."""

    connection: AsyncConnection
    now: datetime
    context: DatabaseContext | None
    source: str
    _outbox: list[tuple[object, ...]] = field(default_factory=list)
    _audit: list[tuple[object, ...]] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The calendar day in the Netherlands."""
        return self.now.astimezone(AMSTERDAM).date()

    def emit(
        self,
        event: Event,
        *,
        version: int,
        aggregate_id: UUID | None = None,
        key: UUID | None = None,
        traceparent: str | None = None,
    ) -> None:
        """Tell `event` as version `version` of its aggregate, in the current trace or that of its cause.

        An event of destruction carries nothing but its reason (D2): say whose end it is by `aggregate_id` and `key`.
        """
        event_id = uuid7()
        headers, payload = encode(
            event,
            event_id=event_id,
            subject=aggregate_id or event.aggregate_id,
            source=self.source,
            version=version,
            time=self.now,
        )
        self._outbox.append(
            (
                event_id,
                event.TOPIC,
                str(key or event.key),
                headers,
                payload,
                traceparent or current_traceparent(),
                self.now,
            )
        )

    def audit(
        self,
        action: str,
        *,
        outcome: str,
        actor: str,
        role: str,
        object: UUID | None = None,
        person: UUID | None = None,
    ) -> None:
        """Record who did what. Only ids and codes."""
        span = trace.get_current_span().get_span_context()
        trace_id = format(span.trace_id, "032x") if span.is_valid else None
        self._audit.append((uuid7(), self.now, actor, role, action, object, person, outcome, trace_id))

    @property
    def writes(self) -> bool:
        """Whether anything is told or recorded."""
        return bool(self._outbox or self._audit)

    async def flush(self) -> None:
        """Write what was told and recorded; the executor calls this."""
        told = columns_of(outbox, self._outbox, _TOLD) if self._outbox else {}
        recorded = columns_of(audit, self._audit) if self._audit else {}
        if told and recorded:
            await _BOTH.rows(self.connection, **told, **recorded)
        elif told:
            await _TELL.rows(self.connection, **told)
        elif recorded:
            await _AUDIT.rows(self.connection, **recorded)


@dataclass(frozen=True)
class IdempotencyKey:
    """A caller's key, what the request was about, and the id its result will get.

    `fingerprint` is over persoon_ref and the other fields, never over a BSN (trap 14).
    """

    caller: UUID
    key: str
    fingerprint: bytes
    result_id: UUID


@dataclass(frozen=True)
class Outcome:
    """The id of the result, and whether an earlier request with the same key already made it."""

    result_id: UUID
    replayed: bool


class Executor:
    """Runs work in a transaction, with what must be told and recorded."""

    def __init__(self, engine: AsyncEngine, clock: Clock, source: str) -> None:
        self._transactions = Transactions(engine)
        self._clock = clock
        self._source = source

    async def read(self, query: Callable[[AsyncConnection], Awaitable[T]], context: DatabaseContext | None) -> T:
        """Run a query in a transaction with the asker's context; after a lost connection once more."""
        async for attempt in attempts(limit=_HTTP_ATTEMPTS, seconds=5):
            with attempt:
                async with self._transactions.begin() as connection:
                    if context is not None:
                        await context.apply(connection)
                    result = await query(connection)
        return result

    async def execute(self, handler: Callable[[UnitOfWork], Awaitable[T]], context: DatabaseContext | None = None) -> T:
        """Run `handler` and commit. Deadlocks and the like are tried again, so a handler must stand being run twice."""
        async for attempt in attempts(limit=_HTTP_ATTEMPTS, seconds=5):
            with attempt:
                async with self._transactions.begin() as connection:
                    work = await self._begin(connection, context)
                    result = await handler(work)
                    await work.flush()
                    if work.writes:
                        await failpoints.hit("executor.before_commit")
        if work.writes:
            await failpoints.hit("executor.after_commit")
        return result

    async def execute_once(
        self,
        handler: Callable[[UnitOfWork], Awaitable[None]],
        context: DatabaseContext,
        key: IdempotencyKey,
    ) -> Outcome:
        """Run `handler` unless the caller's key was used before: then its result's id, nothing is done.

        Raises:
            DomainError: `idempotency-key-hergebruikt`, the key was used for another request.
        """

        async def once(work: UnitOfWork) -> Outcome:
            earlier = await _claim(work, key)
            if earlier is not None:
                return Outcome(earlier, replayed=True)
            await handler(work)
            return Outcome(key.result_id, replayed=False)

        return await self.execute(once, context)

    async def execute_batch(
        self,
        consumer: str,
        messages: Sequence[Message],
        handler: Callable[[UnitOfWork, Sequence[Message]], Awaitable[None]],
    ) -> None:
        """Run `handler` on those of `messages` that `consumer` has not handled yet, each event once, and commit.

        One attempt: the consumer decides what comes after a failure.
        """
        async with self._transactions.begin() as connection:
            work = await self._begin(connection, None)
            if await handle_once(work, consumer, messages, handler):
                await work.flush()
            await failpoints.hit("consumer.before_commit")
        await failpoints.hit("consumer.after_commit")

    async def _begin(self, connection: AsyncConnection, context: DatabaseContext | None) -> UnitOfWork:
        if context is not None:
            await context.apply(connection)
        return UnitOfWork(connection, self._clock.now(), context, self._source)


async def handle_once(
    work: UnitOfWork,
    consumer: str,
    messages: Sequence[Message],
    handler: Callable[[UnitOfWork, Sequence[Message]], Awaitable[None]],
) -> bool:
    """Run `handler` on those of `messages` that `consumer` has not handled yet, each event once; whether there were any.

    What was destroyed leaves nothing among the dead letters either (D8): of a youth, whose ref is the key, no message.
    """
    fresh = await _unhandled(work, consumer, messages)
    if fresh:
        await handler(work, fresh)
        destroyed = [message for message in fresh if isinstance(message.event, Vernietigd)]
        await forget(
            work.connection,
            keys={message.key for message in destroyed if message.key == message.subject},
            subjects={message.subject for message in destroyed},
        )
    return bool(fresh)


async def _claim(work: UnitOfWork, key: IdempotencyKey) -> UUID | None:
    """Take the key, waiting for a concurrent request with it; the earlier result's id if it was taken before."""
    taken = await _CLAIM.rows(
        work.connection,
        caller=key.caller,
        key=key.key,
        fingerprint=key.fingerprint,
        result_id=key.result_id,
        created_at=work.now,
    )
    if taken:
        return None
    (earlier,) = await _CLAIMED.rows(work.connection, caller=key.caller, key=key.key)
    if earlier.fingerprint != key.fingerprint:
        raise DomainError("idempotency-key-hergebruikt")
    result: UUID = earlier.result_id
    return result


async def _unhandled(work: UnitOfWork, consumer: str, messages: Sequence[Message]) -> list[Message]:
    """Record the messages in the inbox and give back those that were not there, in their order, each once."""
    by_id = {message.event_id: message for message in messages}
    # Sorted, so that two consumers with overlapping batches take their locks in the same order.
    new = await _HANDLE.rows(work.connection, consumer=consumer, event_id=sorted(by_id), handled_at=work.now)
    fresh = {event_id for (event_id,) in new}
    return [message for event_id, message in by_id.items() if event_id in fresh]
