"""The unit of work: what one transaction reads, writes, tells and records."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, ParamSpec
from uuid import UUID

from opentelemetry import trace

from contracts.base import Event
from platformkit.clock import AMSTERDAM
from platformkit.db.context import DatabaseContext
from platformkit.db.database import Connection
from platformkit.db.sets import Fields
from platformkit.db.statement import Row, Statement
from platformkit.envelope import encode
from platformkit.executor.ledger import Claim, IdempotencyKey, Ledger
from platformkit.ids import uuid7
from platformkit.telemetry import current_traceparent

P = ParamSpec("P")


@dataclass
class UnitOfWork:
    """Given to every handler and by it to repositories. `now` and `today` are the domain's (D7)."""

    connection: Connection
    ledger: Ledger
    now: datetime
    context: DatabaseContext | None
    source: str
    _told: list[Fields] = field(default_factory=list)
    _recorded: list[Fields] = field(default_factory=list)
    _afterwards: list[Callable[[], object]] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The calendar day in the Netherlands."""
        return self.now.astimezone(AMSTERDAM).date()

    async def rows(self, statement: Statement, **given: object) -> list[Row]:
        """The rows that `statement` gives; see `platformkit.db.database.Connection.rows`."""
        return await self.connection.rows(statement, **given)

    async def row(self, statement: Statement, **given: object) -> Row | None:
        """The only row that `statement` gives, none when it gives none.

        Raises:
            ValueError: it gives several.
        """
        found = await self.connection.rows(statement, **given)
        if not found:
            return None
        (row,) = found
        return row

    async def value(self, statement: Statement, **given: object) -> Any:
        """The first column of the only row, none when there is none.

        Raises:
            ValueError: there are several.
        """
        found = await self.row(statement, **given)
        return found[0] if found else None

    async def execute(self, statement: Statement, **given: object) -> int:
        """The number of rows that `statement` inserted, changed or removed."""
        return await self.connection.execute(statement, **given)

    async def claim(self, key: IdempotencyKey) -> UUID | None:
        """Take the caller's key; the result's id when an earlier request took it (see `Ledger.claim`).

        Raises:
            DomainError: `idempotency-key-hergebruikt`, it was taken for another request.
        """
        return await self.ledger.claim(key, self.now)

    async def claimed(self, caller: UUID, key: str) -> Claim | None:
        """What the caller's key was taken for, none when it is free: asked before anything else is (D3)."""
        return await self.ledger.claimed(caller, key)

    async def forget(self, *, keys: Collection[UUID], subjects: Collection[UUID]) -> None:
        """Remove the dead letters of who or what is destroyed here (D8)."""
        await self.ledger.forget(keys=keys, subjects=subjects)

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
        self._told.append(
            {
                "event_id": event_id,
                "topic": event.TOPIC,
                "key": str(key or event.key),
                "headers": headers,
                "payload": payload,
                "traceparent": traceparent or current_traceparent(),
                "created_at": self.now,
            }
        )

    def audit(self, action: str, *, outcome: str, object: UUID | None = None, person: UUID | None = None) -> None:
        """Record what the context's actor did. Only ids and codes.

        Raises:
            ValueError: the context names no actor.
        """
        if self.context is None or self.context.actor is None:
            raise ValueError("who does this is not in the context")
        span = trace.get_current_span().get_span_context()
        self._recorded.append(
            {
                "id": uuid7(),
                "at": self.now,
                "actor": self.context.actor.id,
                "role": self.context.actor.role,
                "action": action,
                "object": object,
                "person": person,
                "outcome": outcome,
                "trace_id": format(span.trace_id, "032x") if span.is_valid else None,
            }
        )

    def after_commit(self, call: Callable[P, object], *given: P.args, **named: P.kwargs) -> None:
        """Call it when this has been committed: a handler may be run twice or undone, what it counted and logged may not."""
        self._afterwards.append(partial(call, *given, **named))

    def committed(self) -> None:
        """Do what was to be done after the commit; the executor calls this."""
        for call in self._afterwards:
            call()

    async def flush(self) -> str | None:
        """Write what was told and recorded; the executor calls this. The transaction's id, none when nothing was."""
        return await self.ledger.write(self._told, self._recorded)
