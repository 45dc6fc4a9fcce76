"""What every service keeps beside its own tables (D3): what is to be told, what was handled, asked, done, put aside."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, bindparam, column, delete, func, or_, select, table, text
from sqlalchemy.dialects.postgresql import insert

from platformkit.db.context import DatabaseContext
from platformkit.db.database import Connection
from platformkit.db.sets import Fields, columns_of, insert_rows, one_of, rows
from platformkit.db.statement import Statement
from platformkit.db.tables import audit, dead_letter, idempotency, inbox, outbox
from platformkit.errors import DomainError
from platformkit.ids import uuid7

_CONTEXT = ("subject", "role", "tenants", "actor", "today")
_ENTER = Statement(select(*(func.set_config(f"app.{name}", bindparam(name, type_=Text()), True) for name in _CONTEXT)))
_TOLD = ("event_id", "topic", "key", "headers", "payload", "traceparent", "created_at")
# Which transaction it is: whoever does not hear of its end can ask what became of it. A number counts until the server
# crashes, which is when its statistics begin anew: those of transactions that a crash undid are given out again.
_since = table("pg_stat_wal", column("stats_reset"))
_transaction = select(func.concat(_since.c.stats_reset, "/", func.pg_current_xact_id()))
_tell, _record = insert_rows(outbox, _TOLD).cte("told"), insert_rows(audit).cte("recorded")
_TELL = Statement(_transaction.add_cte(_tell))
_RECORD = Statement(_transaction.add_cte(_record))
_BOTH = Statement(_transaction.add_cte(_tell, _record))
_BECAME_OF = Statement(
    text(
        "select case when concat(stats_reset) = split_part(cast(:transaction as text), '/', 1)"
        " then pg_xact_status(cast(split_part(cast(:transaction as text), '/', 2) as xid8)) end as status from pg_stat_wal"
    )
)

_event_ids = rows(inbox, ["event_id"])
_HANDLE = Statement(
    insert(inbox)
    .from_select(
        ["consumer", "event_id", "handled_at"],
        select(
            bindparam("consumer", type_=inbox.c.consumer.type),
            _event_ids.c.event_id,
            bindparam("handled_at", type_=inbox.c.handled_at.type),
        ),
    )
    .on_conflict_do_nothing()
    .returning(inbox.c.event_id)
)
_CLAIM = Statement(
    insert(idempotency)
    .values({name: bindparam(name) for name in ("caller", "key", "fingerprint", "result_id", "created_at")})
    .on_conflict_do_nothing()
    .returning(idempotency.c.result_id)
)
_CLAIMED = Statement(
    select(idempotency.c.fingerprint, idempotency.c.result_id).where(
        idempotency.c.caller == bindparam("caller"), idempotency.c.key == bindparam("key")
    )
)
_PARKED = tuple(each.name for each in dead_letter.c if each.name != "attempts")
_PARK = Statement(insert_rows(dead_letter, _PARKED).on_conflict_do_nothing())
_LYING = Statement(select(dead_letter.c.consumer, func.count().label("number")).group_by(dead_letter.c.consumer))
_FORGET = Statement(
    delete(dead_letter).where(
        or_(
            one_of(dead_letter.c.key, "keys"),
            dead_letter.c.headers["ce_subject"].astext == any_(bindparam("subjects", type_=ARRAY(Text))),
        )
    )
)


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
class Claim:
    """What an earlier request took a key for: what it was about, and the id of its result."""

    fingerprint: bytes
    result_id: UUID


@dataclass(frozen=True)
class Parked:
    """A record that is put aside: where it stood, what it was, and the kind of error."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Mapping[str, str]
    payload: bytes | None
    error: str
    traceparent: str | None

    @property
    def fingerprint(self) -> bytes:
        """By which it is known when it is read again; another record at the same place has another one.

        Offsets begin again when a topic is made anew.
        """
        made = hashlib.sha256(repr((self.topic, self.partition, self.offset, self.key)).encode())
        made.update(repr((sorted(self.headers.items()), self.payload)).encode())
        return made.digest()


class Ledger:
    """The technical tables within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def enter(self, context: DatabaseContext, today: date) -> None:
        """Set who asks, and the domain's date, for the rest of the transaction."""
        await self._connection.rows(
            _ENTER,
            subject=str(context.subject),
            role=context.role,
            # An array of PostgreSQL: the empty set differs from a setting that a pooled connection has lost.
            tenants="{" + ",".join(sorted(context.tenants)) + "}",
            actor=context.actor.id if context.actor else "",
            today=today.isoformat(),
        )

    async def write(self, told: Sequence[Fields], recorded: Sequence[Fields]) -> str | None:
        """Write rows of outbox and audit log; the id of the transaction, none when there was nothing to write."""
        given: dict[str, Any] = {}
        if told:
            given |= columns_of(outbox, told, _TOLD)
        if recorded:
            given |= columns_of(audit, recorded)
        if not given:
            return None
        statement = _BOTH if told and recorded else _TELL if told else _RECORD
        ((transaction,),) = await self._connection.rows(statement, **given)
        return str(transaction)

    async def became_of(self, transaction: str) -> str:
        """What became of the transaction that `write` told the id of: `committed`, `aborted` or `in progress`.

        `unknown` when the server crashed since, or is another one.
        """
        ((status,),) = await self._connection.rows(_BECAME_OF, transaction=transaction)
        return status or "unknown"

    async def handle(self, consumer: str, event_ids: Collection[str], at: datetime) -> frozenset[str]:
        """Record the events in the inbox; those that were not there."""
        # Sorted, so that two consumers with overlapping batches take their locks in the same order.
        new = await self._connection.rows(_HANDLE, consumer=consumer, event_id=sorted(event_ids), handled_at=at)
        return frozenset(row.event_id for row in new)

    async def claim(self, key: IdempotencyKey, at: datetime) -> UUID | None:
        """Take the key, waiting for a concurrent request with it; the earlier result's id if it was taken before.

        Raises:
            DomainError: `idempotency-key-hergebruikt`, it was taken for another request.
        """
        given = {name: getattr(key, name) for name in ("caller", "key", "fingerprint", "result_id")}
        if await self._connection.rows(_CLAIM, **given, created_at=at):
            return None
        earlier = await self.claimed(key.caller, key.key)
        if earlier is None or earlier.fingerprint != key.fingerprint:
            raise DomainError("idempotency-key-hergebruikt")
        return earlier.result_id

    async def claimed(self, caller: UUID, key: str) -> Claim | None:
        """What the caller's key was taken for, none when it is free."""
        found = await self._connection.rows(_CLAIMED, caller=caller, key=key)
        return Claim(**found[0]) if found else None

    async def park(self, consumer: str, record: Parked, at: datetime) -> bool:
        """Put `record` aside for `consumer`, once; whether it was not there yet."""
        row = {**vars(record), "id": uuid7(), "consumer": consumer, "parked_at": at, "fingerprint": record.fingerprint}
        return bool(await self._connection.execute(_PARK, **columns_of(dead_letter, [row], _PARKED)))

    async def lying(self) -> Mapping[str, int]:
        """How many dead letters each consumer has; one that has none is not named."""
        return {row.consumer: row.number for row in await self._connection.rows(_LYING)}

    async def forget(self, *, keys: Collection[UUID], subjects: Collection[UUID]) -> None:
        """Remove the dead letters of who or what was destroyed (D8): by Kafka key, and by the id of an aggregate."""
        if keys or subjects:
            await self._connection.execute(
                _FORGET, keys=[str(each).encode() for each in keys], subjects=[str(each) for each in subjects]
            )
