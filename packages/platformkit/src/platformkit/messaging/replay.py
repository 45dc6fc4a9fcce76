"""What a person does with dead letters: look, hand to the consumer's handler again, drop (D5). Both deeds are audited."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from opentelemetry.trace import SpanKind
from sqlalchemy import ARRAY, DateTime, Text, Uuid, any_, bindparam, delete, func, or_, select, update

from contracts.registry import topics
from platformkit import telemetry
from platformkit.db.context import of_operator
from platformkit.db.statement import Row, Statement
from platformkit.db.tables import dead_letter
from platformkit.envelope import Message, Place, PoisonError, decode
from platformkit.executor import Executor, UnitOfWork, handle_once
from platformkit.messaging.consumer import Subscription
from platformkit.retry import passes

_SECOND = re.compile(r"#[0-9]+$")
_PER_PERSON = frozenset(name for name, topic in topics().items() if topic.key == "persoon_ref")


_consumer, _error = bindparam("consumer", type_=Text), bindparam("error", type_=Text)
_since, _ids = bindparam("since", type_=DateTime(timezone=True)), bindparam("ids", type_=ARRAY(Uuid))
_columns = tuple(each for each in dead_letter.c if each.name != "fingerprint")
_FIND = Statement(
    select(*_columns)
    .where(
        or_(_consumer.is_(None), dead_letter.c.consumer == _consumer),
        or_(_error.is_(None), func.strpos(dead_letter.c.error, _error) > 0),
        or_(_since.is_(None), dead_letter.c.parked_at >= _since),
        or_(_ids.is_(None), dead_letter.c.id == any_(_ids)),
    )
    .order_by(dead_letter.c.id)
)
_TAKE = Statement(delete(dead_letter).where(dead_letter.c.id == bindparam("letter_id")).returning(*_columns))
_NOTE = Statement(
    update(dead_letter)
    .where(dead_letter.c.id == bindparam("letter_id"))
    .values(error=bindparam("kind", type_=Text), attempts=dead_letter.c.attempts + 1)
    .returning(*_columns)
)


class Fate(StrEnum):
    """What became of a dead letter; in every case but the first three it stays."""

    HANDLED = "handled"
    DROPPED = "dropped"
    GONE = "not there (any more)"
    FAILED = "failed"
    AWAY = "not tried"


@dataclass(frozen=True)
class Replayed:
    """What became of one dead letter; `error` is the kind of error, never its text."""

    fate: Fate
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

    def decoded(self, place: Place) -> Message:
        """The message in it, as the consumer reads it at `place`.

        Raises:
            PoisonError: it cannot be understood.
        """
        headers: list[tuple[str, bytes | None]] = [
            (first if (first := _SECOND.sub("", name)) in self.headers else name, text.encode("latin-1"))
            for name, text in self.headers.items()
        ]
        return decode(headers, self.key, self.payload, place)


@dataclass(frozen=True)
class Filter:
    """Which dead letters; nothing said means all."""

    consumer: str | None = None
    error: str | None = None
    """A part of the kind of error."""
    since: datetime | None = None


class NoConsumerError(Exception):
    """A dead letter of a consumer that this service no longer has."""


class DeadLetters:
    """The dead letters of one service, whose consumers are `subscriptions`. Safe beside the running consumer."""

    def __init__(self, executor: Executor, subscriptions: Collection[Subscription]) -> None:
        self._executor = executor
        self._subscriptions = {each.name: each for each in subscriptions}

    async def find(self, which: Filter, ids: Collection[UUID] = ()) -> Sequence[Letter]:
        """In the order of parking, which per key is that of the topic."""
        return await self._executor.execute(_find, None, which, ids)

    async def replay(self, letter_id: UUID, by: str) -> Replayed:
        """Hand it to its consumer's handler again; when that succeeds it is gone, in the same transaction."""
        context = of_operator(by)
        try:
            return await self._executor.execute(self._handle, context, letter_id)
        except Exception as error:
            if passes(error):
                return Replayed(Fate.AWAY, type(error).__qualname__)
            # Texts of ours say what kind of thing is wrong; another's may quote what it was given.
            kind = str(error) if isinstance(error, PoisonError) else type(error).__qualname__
        return await self._executor.execute(_failed, context, letter_id, kind)

    async def drop(self, letter_id: UUID, by: str) -> Replayed:
        """Remove it unhandled."""
        return await self._executor.execute(_drop, of_operator(by), letter_id)

    async def _handle(self, work: UnitOfWork, letter_id: UUID) -> Replayed:
        # Taken first: whoever replays the same one waits here, and a handler that looks whether something lies
        # aside does not find the message that it has in hand.
        letter = await _take(work, letter_id)
        if letter is None:
            return Replayed(Fate.GONE)
        subscription = self._subscriptions.get(letter.consumer)
        if subscription is None:
            raise NoConsumerError
        message = letter.decoded(self._executor.place(letter.topic))
        with telemetry.span(
            f"process {letter.topic}",
            SpanKind.CONSUMER,
            message.traceparent,
            {"messaging.destination.name": letter.topic, "messaging.consumer.group.name": letter.consumer},
        ) as span:
            here = message._replace(traceparent=telemetry.traceparent_of(span))
            await handle_once(work, letter.consumer, [here], subscription.handler)
        _audit(work, "dead-letter-replay", "handled", letter)
        return Replayed(Fate.HANDLED)


async def _find(work: UnitOfWork, which: Filter, ids: Collection[UUID]) -> Sequence[Letter]:
    return [_letter(row) for row in await work.rows(_FIND, **vars(which), ids=list(ids) or None)]


async def _take(work: UnitOfWork, letter_id: UUID) -> Letter | None:
    row = await work.row(_TAKE, letter_id=letter_id)
    return _letter(row) if row else None


async def _drop(work: UnitOfWork, letter_id: UUID) -> Replayed:
    letter = await _take(work, letter_id)
    if letter is None:
        return Replayed(Fate.GONE)
    _audit(work, "dead-letter-drop", "dropped", letter)
    return Replayed(Fate.DROPPED)


async def _failed(work: UnitOfWork, letter_id: UUID, error: str) -> Replayed:
    row = await work.row(_NOTE, letter_id=letter_id, kind=error)
    if row is None:
        return Replayed(Fate.GONE)
    _audit(work, "dead-letter-replay", "failed", _letter(row))
    return Replayed(Fate.FAILED, error)


def _audit(work: UnitOfWork, action: str, outcome: str, letter: Letter) -> None:
    person = uuid_in(letter.key) if letter.topic in _PER_PERSON else None
    work.audit(action, outcome=outcome, object=letter.id, person=person)


def uuid_in(raw: bytes | str | None) -> UUID | None:
    """A pseudonym, when that is what stands there."""
    try:
        return UUID(raw.decode() if isinstance(raw, bytes) else raw)
    except (ValueError, TypeError, AttributeError):
        return None


def _letter(row: Row) -> Letter:
    return Letter(**row)
