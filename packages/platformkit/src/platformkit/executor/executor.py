"""Runs handlers and commits (D3): state, outbox rows, the dedup row and audit rows, together or not at all.

HTTP and Kafka both end here; they differ in who builds the work and where the dedup key comes from. A handler takes a
unit of work, reads and writes through it, and never opens or commits a transaction itself.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from contracts.base import Vernietigd
from platformkit import failpoints
from platformkit.clock import Clock
from platformkit.db.context import DatabaseContext
from platformkit.db.database import Connection, Database
from platformkit.envelope import Message, Place
from platformkit.errors import TransientError
from platformkit.executor.ledger import Ledger
from platformkit.executor.unit import UnitOfWork
from platformkit.retry import attempts, is_transient

# Seconds of trying again, and of asking what became of a commit: together less than a request has (`http.app`).
_ATTEMPTS, _PATIENCE = 3, 2.0
P = ParamSpec("P")
T = TypeVar("T")
Handler = Callable[[UnitOfWork, Sequence[Message]], Awaitable[None]]
"""What becomes of a batch of events."""


class _UnclearError(Exception):
    """What became of a commit could not be found out."""


class Executor:
    """Runs work in a transaction, with what must be told and recorded."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        source: str,
        ledger: Callable[[Connection], Ledger] = Ledger,
    ) -> None:
        self._database = database
        self._clock = clock
        self._source = source
        self._ledger = ledger

    async def execute(
        self,
        handler: Callable[Concatenate[UnitOfWork, P], Awaitable[T]],
        context: DatabaseContext | None,
        *given: P.args,
        **named: P.kwargs,
    ) -> T:
        """Run `handler` with what is given, and commit; its result.

        Deadlocks and the like are tried again, so a handler must stand being run twice. When the answer to a commit got
        lost, the database is asked what became of it: what was committed is not done again, unless the server crashed.

        Raises:
            ConnectionResetError, TimeoutError and what else is transient (`platformkit.retry`): it lasted. Unless nothing
                was told or recorded, it may have been committed all the same: who asks again needs a key.
            ConstraintError: a row was refused, and the handler did not make anything of it.
        """
        try:
            async for attempt in attempts(limit=_ATTEMPTS, seconds=_PATIENCE):
                with attempt:
                    work, transaction, result = await self._once(handler, context, *given, **named)
        except _UnclearError:
            # Not tried again: that would be doing twice what nobody knows of whether it was done.
            raise TransientError("tijdelijk-niet-beschikbaar") from None
        work.committed()
        if transaction:
            await failpoints.hit("executor.after_commit")
        return result

    async def _once(
        self,
        handler: Callable[Concatenate[UnitOfWork, P], Awaitable[T]],
        context: DatabaseContext | None,
        *given: P.args,
        **named: P.kwargs,
    ) -> tuple[UnitOfWork, str | None, T]:
        """Run `handler` and commit; the work, its transaction, none when it told and recorded nothing, and the result."""
        transaction: str | None = None
        try:
            async with self._database.transaction() as connection:
                work = await self._begin(connection, context)
                result = await handler(work, *given, **named)
                if transaction := await work.flush():
                    await failpoints.hit("executor.before_commit")
        except Exception as error:
            if transaction is None or not is_transient(error) or not await self._committed(transaction):
                raise
        return work, transaction, result

    async def execute_batch(self, consumer: str, messages: Sequence[Message], handler: Handler) -> None:
        """Run `handler` on those of `messages` that `consumer` has not handled yet, each event once, and commit.

        One attempt: the consumer decides what comes after a failure, and the inbox knows what was committed unheard.

        Raises:
            ConnectionResetError, TimeoutError, ConstraintError: as `execute`, and what else `handler` raises.
        """
        async with self._database.transaction() as connection:
            work = await self._begin(connection, None)
            if await handle_once(work, consumer, messages, handler):
                await work.flush()
            await failpoints.hit("consumer.before_commit")
        work.committed()
        await failpoints.hit("consumer.after_commit")

    def place(self, topic: str) -> Place:
        """Where and when its consumers read `topic`."""
        return Place(topic, self._source, self._clock.now())

    async def _begin(self, connection: Connection, context: DatabaseContext | None) -> UnitOfWork:
        work = UnitOfWork(connection, self._ledger(connection), self._clock.now(), context, self._source)
        if context is not None:
            await work.ledger.enter(context, work.today)
        return work

    async def _committed(self, transaction: str) -> bool:
        """Whether it was; asked until the server knows, which may not have noticed yet that nobody listens.

        Raises:
            _UnclearError: it does not say.
        """
        try:
            async for attempt in attempts(limit=None, seconds=_PATIENCE):
                with attempt:
                    async with self._database.transaction() as connection:
                        status = await self._ledger(connection).became_of(transaction)
                    if status == "in progress":
                        raise TransientError("tijdelijk-niet-beschikbaar")
        except Exception as error:
            raise _UnclearError from error
        return status == "committed"


async def handle_once(work: UnitOfWork, consumer: str, messages: Sequence[Message], handler: Handler) -> bool:
    """Run `handler` on those of `messages` that `consumer` has not handled yet, each event once; whether there were any.

    What was destroyed leaves nothing among the dead letters either (D8): of a youth, whose ref is the key, no message.
    """
    by_id = {message.event_id: message for message in messages}
    new = await work.ledger.handle(consumer, by_id, work.now)
    fresh = [message for event_id, message in by_id.items() if event_id in new]
    if fresh:
        await handler(work, fresh)
        destroyed = [message for message in fresh if isinstance(message.event, Vernietigd)]
        await work.forget(
            keys={message.key for message in destroyed if message.key == message.subject},
            subjects={message.subject for message in destroyed},
        )
    return bool(fresh)
