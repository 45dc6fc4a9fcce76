"""State, outbox, inbox and audit commit together or not at all (D3); a key has one effect (trap 14)."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from proef.adapters.db.tables import ding
from proef.events import NOW, gewijzigd
from proef.hulp import Proef, context
from sqlalchemy import bindparam, insert, literal, select, update

from platformkit import failpoints
from platformkit.db.statement import Statement
from platformkit.envelope import Message, decode
from platformkit.errors import DomainError, TransientError
from platformkit.executor import Claim, IdempotencyKey, UnitOfWork
from platformkit.testing import record

ME = uuid4()
INSERT = Statement(insert(ding).values(id=bindparam("id"), eigenaar=bindparam("owner"), gemeente="0392", tekst="tekst"))
UPDATE = Statement(update(ding).where(ding.c.id == bindparam("which")).values(tekst=ding.c.tekst + "x"))
ONE = Statement(select(literal(1)))


def message() -> Message:
    told = record(gewijzigd("persoon", ME), 1, NOW)
    return decode(told.headers, told.key, told.value)


async def write(work: UnitOfWork, owner: UUID, count: int = 1) -> None:
    await work.execute(INSERT, id=uuid4(), owner=owner)
    for version in range(count):
        work.emit(gewijzigd("persoon", uuid4()), version=version)
    work.audit("ding.maken", outcome="gelukt")


async def write_once(work: UnitOfWork, owner: UUID, key: IdempotencyKey) -> tuple[UUID, bool]:
    """The id of the result, and whether an earlier request with the same key already made it."""
    if earlier := await work.claim(key):
        return earlier, True
    await write(work, owner)
    return key.result_id, False


async def counts(proef: Proef) -> list[int]:
    return [await proef.count(table) for table in ("ding", "outbox", "audit", "idempotency")]


@pytest.mark.parametrize("events", [1, 2])
async def test_state_outbox_and_audit_commit_together(proef: Proef, events: int) -> None:
    await proef.executor("api").execute(write, context(ME), ME, events)
    assert await counts(proef) == [1, events, 1, 0]


async def test_nothing_stays_of_work_that_fails_at_the_end(proef: Proef) -> None:
    failpoints.arm("executor.before_commit=error")
    key = IdempotencyKey(ME, "k", b"f", uuid4())

    async def refused(work: UnitOfWork) -> None:
        await write_once(work, ME, key)
        await work.flush()
        raise DomainError("nee")

    with pytest.raises(DomainError):
        await proef.executor("api").execute(refused, context(ME))
    assert await counts(proef) == [0, 0, 0, 0]
    # A passing failure at the same place is tried again, and leaves one effect.
    await proef.executor("api").execute(write_once, context(ME), ME, key)
    assert await counts(proef) == [1, 1, 1, 1]


async def test_a_failure_after_the_commit_repeats_nothing(proef: Proef) -> None:
    failpoints.arm("executor.after_commit=error")
    with pytest.raises(TransientError):
        await proef.executor("api").execute(write, context(ME), ME)
    assert await counts(proef) == [1, 1, 1, 0]


async def test_what_is_counted_is_what_was_committed(proef: Proef) -> None:
    counted: list[str] = []

    async def refused(work: UnitOfWork) -> None:
        work.after_commit(counted.append, "refused")
        raise DomainError("nee")

    async def read(work: UnitOfWork) -> None:
        work.after_commit(counted.append, "read")

    async def batch(work: UnitOfWork, _messages: Sequence[Message]) -> None:
        work.after_commit(counted.append, "batch")

    executor, messages = proef.executor("worker"), [message()]
    with pytest.raises(DomainError):
        await executor.execute(refused, None)
    failpoints.arm("consumer.before_commit=error")
    with pytest.raises(TransientError):
        await executor.execute_batch("lezer", messages, batch)
    assert counted == []
    await executor.execute(read, None)
    await executor.execute_batch("lezer", messages, batch)
    # Known by now, so it is not handled again.
    await executor.execute_batch("lezer", messages, batch)
    assert counted == ["read", "batch"]


async def test_a_deadlock_is_tried_again(proef: Proef) -> None:
    one, two = uuid4(), uuid4()
    for each in (one, two):
        await proef.rows("insert into ding values (:id, :id, '0392', '')", id=each)
    both = asyncio.Barrier(2)
    runs = 0

    async def crosswise(work: UnitOfWork, first: UUID, second: UUID) -> None:
        nonlocal runs
        runs += 1
        await work.execute(UPDATE, which=first)
        if runs <= 2:
            await both.wait()
        await work.execute(UPDATE, which=second)

    await asyncio.gather(
        proef.executor("worker").execute(crosswise, None, one, two),
        proef.executor("worker").execute(crosswise, None, two, one),
    )
    assert runs == 3
    assert await proef.rows("select tekst from ding") == ["xx", "xx"]


async def test_the_same_key_gives_the_same_result_once(proef: Proef) -> None:
    executor, first = proef.executor("api"), uuid4()
    made = await executor.execute(write_once, context(ME), ME, IdempotencyKey(ME, "k", b"f", first))
    again = await executor.execute(write_once, context(ME), ME, IdempotencyKey(ME, "k", b"f", uuid4()))
    assert made == (first, False)
    assert again == (first, True)
    assert await counts(proef) == [1, 1, 1, 1]


async def test_the_same_key_with_another_body_is_refused(proef: Proef) -> None:
    executor = proef.executor("api")
    await executor.execute(write_once, context(ME), ME, IdempotencyKey(ME, "k", b"f", uuid4()))
    with pytest.raises(DomainError, match="idempotency-key-hergebruikt"):
        await executor.execute(write_once, context(ME), ME, IdempotencyKey(ME, "k", b"other", uuid4()))
    assert await counts(proef) == [1, 1, 1, 1]


async def test_a_key_can_be_looked_up_before_anything_is_asked(proef: Proef) -> None:
    executor = proef.executor("api")

    async def claimed(work: UnitOfWork, caller: UUID, key: str) -> Claim | None:
        return await work.claimed(caller, key)

    made = IdempotencyKey(ME, "k", b"f", uuid4())
    assert await executor.execute(claimed, context(ME), ME, "k") is None
    await executor.execute(write_once, context(ME), ME, made)
    assert await executor.execute(claimed, context(ME), ME, "k") == Claim(b"f", made.result_id)
    other = uuid4()
    assert await executor.execute(claimed, context(other), other, "k") is None


async def test_concurrent_requests_with_one_key_have_one_effect(proef: Proef) -> None:
    executor = proef.executor("api")
    outcomes = await asyncio.gather(
        *(executor.execute(write_once, context(ME), ME, IdempotencyKey(ME, "k", b"f", uuid4())) for _ in range(6))
    )
    assert len({result for result, _ in outcomes}) == 1
    assert sorted(replayed for _, replayed in outcomes) == [False] + 5 * [True]
    assert await counts(proef) == [1, 1, 1, 1]


async def test_two_callers_with_the_same_key_do_not_meet(proef: Proef) -> None:
    other = uuid4()
    executor = proef.executor("api")
    mine, _ = await executor.execute(write_once, context(ME), ME, IdempotencyKey(ME, "k", b"f", uuid4()))
    theirs, replayed = await executor.execute(
        write_once, context(other), other, IdempotencyKey(other, "k", b"g", uuid4())
    )
    assert not replayed
    assert theirs != mine


async def test_a_read_survives_connections_that_the_server_closed(proef: Proef) -> None:
    async def one(work: UnitOfWork) -> int:
        found: int = await work.value(ONE)
        return found

    executor = proef.executor("api")
    await executor.execute(one, context(ME))
    await proef.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'proef_api'")
    assert await executor.execute(one, context(ME)) == 1


async def test_times_are_the_domains(proef: Proef) -> None:
    await proef.executor("api").execute(write, context(ME), ME)
    assert await proef.rows("select at from audit union all select created_at from outbox") == [NOW, NOW]
