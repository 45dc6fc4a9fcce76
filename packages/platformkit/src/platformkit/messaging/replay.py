"""What a person does with dead letters: look, hand to the consumer's handler again, drop (D5). Both deeds are audited."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from opentelemetry.trace import SpanKind
from sqlalchemy import Row, Select, delete, select, update

from contracts.registry import topics
from platformkit import telemetry
from platformkit.db.tables import dead_letter
from platformkit.executor import Executor, UnitOfWork, handle_once
from platformkit.messaging.consumer import Subscription
from platformkit.messaging.envelope import Message, PoisonError, decode
from platformkit.retry import is_transient, is_unready

_ROLE = "beheer"
_PER_PERSON = frozenset(name for name, topic in topics().items() if topic.key == "persoon_ref")


class Outcome(StrEnum):
    """What became of a dead letter; in every case but the first three it stays."""

    HANDLED = "handled"
    DROPPED = "dropped"
    GONE = "not there (any more)"
    FAILED = "failed"
    AWAY = "not tried"


@dataclass(frozen=True)
class Result:
    """What became of one dead letter; `error` is the kind of error, never its text."""

    outcome: Outcome
    error: str | None = None


@dataclass(frozen=True)
class Letter:
    """A dead letter as stored."""

    id: UUID
    consumer: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Mapping[str, str]
    payload: bytes | None
    error: str
    traceparent: str | None
    parked_at: datetime
    attempts: int

    def decoded(self) -> Message:
        """The message in it, as the consumer read it.

        Raises:
            PoisonError: it cannot be understood.
            UnknownTypeError: not a type that this service knows.
        """
        headers: list[tuple[str, bytes | None]] = [
            (name, text.encode("latin-1")) for name, text in self.headers.items()
        ]
        return decode(headers, self.key, self.payload)


@dataclass(frozen=True)
class Filter:
    """Which dead letters; nothing said means all."""

    consumer: str | None = None
    error: str | None = None
    since: datetime | None = None

    def apply(self, query: Select[Any]) -> Select[Any]:
        """`query` with what was said; `error` is a part of the kind of error."""
        if self.consumer is not None:
            query = query.where(dead_letter.c.consumer == self.consumer)
        if self.error is not None:
            query = query.where(dead_letter.c.error.contains(self.error, autoescape=True))
        if self.since is not None:
            query = query.where(dead_letter.c.parked_at >= self.since)
        return query


class NoConsumerError(Exception):
    """A dead letter of a consumer that this service no longer has."""


class DeadLetters:
    """The dead letters of one service, whose consumers are `subscriptions`. Safe beside the running consumer."""

    def __init__(self, executor: Executor, subscriptions: Collection[Subscription]) -> None:
        self._executor = executor
        self._subscriptions = {each.name: each for each in subscriptions}

    async def find(self, which: Filter, ids: Collection[UUID] = ()) -> Sequence[Letter]:
        """In the order of parking, which per key is that of the topic."""
        query = which.apply(select(dead_letter).order_by(dead_letter.c.id))
        if ids:
            query = query.where(dead_letter.c.id.in_(ids))
        rows = await self._executor.read(lambda connection: connection.execute(query), None)
        return [_letter(row) for row in rows]

    async def replay(self, letter_id: UUID, by: str) -> Result:
        """Hand it to its consumer's handler again; when that succeeds it is gone, in the same transaction."""
        try:
            return await self._executor.execute(lambda work: self._handle(work, letter_id, by))
        except Exception as error:
            if is_transient(error) or is_unready(error):
                return Result(Outcome.AWAY, type(error).__qualname__)
            # Texts of ours say what kind of thing is wrong; another's may quote what it was given.
            kind = str(error) if isinstance(error, PoisonError) else type(error).__qualname__
        return await self._executor.execute(lambda work: _failed(work, letter_id, kind, by))

    async def drop(self, letter_id: UUID, by: str) -> Result:
        """Remove it unhandled."""

        async def remove(work: UnitOfWork) -> Result:
            letter = await _take(work, letter_id)
            if letter is None:
                return Result(Outcome.GONE)
            _audit(work, "dead-letter-drop", "dropped", letter, by)
            return Result(Outcome.DROPPED)

        return await self._executor.execute(remove)

    async def _handle(self, work: UnitOfWork, letter_id: UUID, by: str) -> Result:
        # Taken first: whoever replays the same one waits here, and a handler that looks whether something lies
        # aside does not find the message that it has in hand.
        letter = await _take(work, letter_id)
        if letter is None:
            return Result(Outcome.GONE)
        subscription = self._subscriptions.get(letter.consumer)
        if subscription is None:
            raise NoConsumerError
        message = letter.decoded()
        with telemetry.span(
            f"process {letter.topic}",
            SpanKind.CONSUMER,
            message.traceparent,
            {"messaging.destination.name": letter.topic, "messaging.consumer.group.name": letter.consumer},
        ) as span:
            here = message._replace(traceparent=telemetry.traceparent_of(span))
            await handle_once(work, letter.consumer, [here], subscription.handler)
        _audit(work, "dead-letter-replay", "handled", letter, by)
        return Result(Outcome.HANDLED)


async def _take(work: UnitOfWork, letter_id: UUID) -> Letter | None:
    taken = await work.connection.execute(
        delete(dead_letter).where(dead_letter.c.id == letter_id).returning(*dead_letter.c)
    )
    row = taken.one_or_none()
    return _letter(row) if row else None


async def _failed(work: UnitOfWork, letter_id: UUID, error: str, by: str) -> Result:
    kept = await work.connection.execute(
        update(dead_letter)
        .where(dead_letter.c.id == letter_id)
        .values(error=error, attempts=dead_letter.c.attempts + 1)
        .returning(*dead_letter.c)
    )
    row = kept.one_or_none()
    if row is None:
        return Result(Outcome.GONE)
    _audit(work, "dead-letter-replay", "failed", _letter(row), by)
    return Result(Outcome.FAILED, error)


def _audit(work: UnitOfWork, action: str, outcome: str, letter: Letter, by: str) -> None:
    person = uuid_in(letter.key) if letter.topic in _PER_PERSON else None
    work.audit(action, outcome=outcome, actor=by, role=_ROLE, object=letter.id, person=person)


def uuid_in(raw: bytes | str | None) -> UUID | None:
    """A pseudonym, when that is what stands there."""
    try:
        return UUID(raw.decode() if isinstance(raw, bytes) else raw)
    except (ValueError, TypeError, AttributeError):
        return None


def _letter(row: "Row[Any]") -> Letter:
    return Letter(**{column.name: getattr(row, column.name) for column in dead_letter.c})
