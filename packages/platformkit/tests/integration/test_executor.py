"""State, outbox, inbox and audit commit together or not at all (D3); a key has one effect (trap 14)."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest
from proef.events import NOW, gewijzigd
from proef.hulp import Proef, context
from sqlalchemy import text

from platformkit import failpoints
from platformkit.errors import DomainError, TransientError
from platformkit.executor import IdempotencyKey, UnitOfWork

ME = uuid4()
INSERT = text("insert into ding values (:id, :eigenaar, '0392', 'tekst')")


def write(owner: UUID, count: int = 1) -> Callable[[UnitOfWork], Awaitable[None]]:
    async def handler(work: UnitOfWork) -> None:
        await work.connection.execute(INSERT, {"id": uuid4(), "eigenaar": owner})
        for version in range(count):
            work.emit(gewijzigd("persoon", uuid4()), version=version)
        work.audit("ding.maken", outcome="gelukt", actor=str(owner), role="professional")

    return handler


async def counts(proef: Proef) -> list[int]:
    return [await proef.count(table) for table in ("ding", "outbox", "audit", "idempotency")]


@pytest.mark.parametrize("events", [1, 2])
async def test_state_outbox_and_audit_commit_together(proef: Proef, events: int) -> None:
    await proef.executor("api").execute(write(ME, events), context(ME))
    assert await counts(proef) == [1, events, 1, 0]


async def test_nothing_stays_of_work_that_fails_at_the_end(proef: Proef) -> None:
    failpoints.arm("executor.before_commit=error")
    key = IdempotencyKey(ME, "k", b"f", uuid4())

    async def refused(work: UnitOfWork) -> None:
        await write(ME)(work)
        await work.flush()
        raise DomainError("nee")

    with pytest.raises(DomainError):
        await proef.executor("api").execute_once(refused, context(ME), key)
    assert await counts(proef) == [0, 0, 0, 0]
    # A passing failure at the same place is tried again, and leaves one effect.
    await proef.executor("api").execute_once(write(ME), context(ME), key)
    assert await counts(proef) == [1, 1, 1, 1]


async def test_a_failure_after_the_commit_repeats_nothing(proef: Proef) -> None:
    failpoints.arm("executor.after_commit=error")
    with pytest.raises(TransientError):
        await proef.executor("api").execute(write(ME), context(ME))
    assert await counts(proef) == [1, 1, 1, 0]


async def test_a_deadlock_is_tried_again(proef: Proef) -> None:
    one, two = uuid4(), uuid4()
    for each in (one, two):
        await proef.rows("insert into ding values (:id, :id, '0392', '')", id=each)
    both = asyncio.Barrier(2)
    runs = 0

    async def crosswise(work: UnitOfWork, first: UUID, second: UUID) -> None:
        nonlocal runs
        runs += 1
        update = text("update ding set tekst = tekst || 'x' where id = :id")
        await work.connection.execute(update, {"id": first})
        if runs <= 2:
            await both.wait()
        await work.connection.execute(update, {"id": second})

    await asyncio.gather(
        proef.executor("worker").execute(lambda work: crosswise(work, one, two)),
        proef.executor("worker").execute(lambda work: crosswise(work, two, one)),
    )
    assert runs == 3
    assert await proef.rows("select tekst from ding") == ["xx", "xx"]


async def test_the_same_key_gives_the_same_result_once(proef: Proef) -> None:
    executor, first = proef.executor("api"), uuid4()
    made = await executor.execute_once(write(ME), context(ME), IdempotencyKey(ME, "k", b"f", first))
    again = await executor.execute_once(write(ME), context(ME), IdempotencyKey(ME, "k", b"f", uuid4()))
    assert (made.result_id, made.replayed) == (first, False)
    assert (again.result_id, again.replayed) == (first, True)
    assert await counts(proef) == [1, 1, 1, 1]


async def test_the_same_key_with_another_body_is_refused(proef: Proef) -> None:
    executor = proef.executor("api")
    await executor.execute_once(write(ME), context(ME), IdempotencyKey(ME, "k", b"f", uuid4()))
    with pytest.raises(DomainError, match="idempotency-key-hergebruikt"):
        await executor.execute_once(write(ME), context(ME), IdempotencyKey(ME, "k", b"other", uuid4()))
    assert await counts(proef) == [1, 1, 1, 1]


async def test_concurrent_requests_with_one_key_have_one_effect(proef: Proef) -> None:
    executor = proef.executor("api")
    outcomes = await asyncio.gather(
        *(executor.execute_once(write(ME), context(ME), IdempotencyKey(ME, "k", b"f", uuid4())) for _ in range(6))
    )
    assert len({outcome.result_id for outcome in outcomes}) == 1
    assert sorted(outcome.replayed for outcome in outcomes) == [False] + 5 * [True]
    assert await counts(proef) == [1, 1, 1, 1]


async def test_two_callers_with_the_same_key_do_not_meet(proef: Proef) -> None:
    other = uuid4()
    executor = proef.executor("api")
    mine = await executor.execute_once(write(ME), context(ME), IdempotencyKey(ME, "k", b"f", uuid4()))
    theirs = await executor.execute_once(write(other), context(other), IdempotencyKey(other, "k", b"g", uuid4()))
    assert not theirs.replayed
    assert theirs.result_id != mine.result_id


async def test_a_read_survives_connections_that_the_server_closed(proef: Proef) -> None:
    async def names(connection):  # type: ignore[no-untyped-def]
        return (await connection.execute(text("select 1"))).scalar()

    executor = proef.executor("api")
    await executor.read(names, context(ME))
    await proef.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'proef_api'")
    assert await executor.read(names, context(ME)) == 1


async def test_times_are_the_domains(proef: Proef) -> None:
    await proef.executor("api").execute(write(ME), context(ME))
    assert await proef.rows("select at from audit union all select created_at from outbox") == [NOW, NOW]
