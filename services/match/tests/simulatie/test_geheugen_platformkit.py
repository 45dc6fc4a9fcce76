"""In memory as in PostgreSQL: what platformkit's own statements do (inbox, outbox, dead letters)."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from services.match.tests.berichten import OP, SPOOR, Signaleerder
from services.match.tests.simulatie.databases import Database, TerugError
from services.match.tests.simulatie.rijen import een_match

from platformkit.clock import FixedClock
from platformkit.envelope import Message
from platformkit.executor import Executor, UnitOfWork
from platformkit.executor.ledger import Parked

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def een_executor(db: Database, klok: FixedClock) -> Executor:
    return db.executor(klok)


def berichten(*ids: str) -> list[Message]:
    signaal = Signaleerder(uuid4())
    return [signaal.afgegeven()._replace(event_id=each) for each in ids]


async def test_the_inbox_lets_each_event_through_once_per_consumer(db: Database, een_executor: Executor) -> None:
    a, b, c = (f"test#{uuid4()}" for _ in range(3))
    gezien: list[list[str]] = []

    async def handler(_work: UnitOfWork, messages: Any) -> None:
        gezien.append([m.event_id for m in messages])

    await een_executor.execute_batch("match.een", berichten(b, a, b), handler)
    await een_executor.execute_batch("match.een", berichten(a, c), handler)
    await een_executor.execute_batch("match.een", berichten(a, b, c), handler)
    await een_executor.execute_batch("match.twee", berichten(a), handler)
    assert gezien == [[b, a], [c], [a]]


@pytest.mark.parametrize("terug", [True, False])
async def test_the_same_event_in_two_batches_at_once_waits(db: Database, een_executor: Executor, terug: bool) -> None:
    event_id = f"test#{uuid4()}"
    gezien: list[str] = []

    async def tweede(_work: UnitOfWork, messages: Any) -> None:
        gezien.extend(m.event_id for m in messages)

    taken: list[asyncio.Task[None]] = []

    async def eerste(_work: UnitOfWork, _messages: Any) -> None:
        taken.append(asyncio.create_task(een_executor.execute_batch("match.een", berichten(event_id), tweede)))
        await db.iemand_wacht()
        if terug:
            raise TerugError

    try:
        await een_executor.execute_batch("match.een", berichten(event_id), eerste)
    except TerugError:
        assert terug
    await taken[0]
    assert gezien == ([event_id] if terug else [])


async def test_what_is_told_commits_with_the_rest_in_its_order(db: Database, een_executor: Executor) -> None:
    event = berichten("test#1")[0].event
    m = een_match(*[uuid4()] * 2)

    async def vertel(work: UnitOfWork) -> None:
        for versie in (1, 2):
            work.emit(event, version=versie, key=m.match_id, traceparent=SPOOR)

    async def vertel_niet(work: UnitOfWork) -> None:
        await vertel(work)
        await work.flush()
        raise TerugError

    with pytest.raises(TerugError):
        await een_executor.execute(vertel_niet, None)
    assert await db.outbox(m.match_id) == []
    await een_executor.execute(vertel, None)
    rijen = await db.outbox(m.match_id)
    assert [rij.headers["ce_sequence"] for rij in rijen] == ["1", "2"]
    assert {(rij.topic, rij.traceparent, rij.created_at) for rij in rijen} == {("signaal", SPOOR, rijen[0].created_at)}
    assert rijen[0].position < rijen[1].position
    assert rijen[0].payload == event.model_dump_json(by_alias=True).encode()


async def test_what_became_of_a_transaction_is_known_afterwards(db: Database) -> None:
    event = berichten("test#1")[0].event

    async def vertel(work: UnitOfWork) -> str:
        work.emit(event, version=1)
        return str(await work.flush())

    async with db.transactie() as eerste:
        gelukt = await vertel(eerste)
        async with db.transactie() as ander:
            assert await ander.ledger.became_of(gelukt) == "in progress"
    terug = ""
    with suppress(TerugError):
        async with db.transactie() as tweede:
            terug = await vertel(tweede)
            raise TerugError
    async with db.transactie() as ander:
        assert await ander.flush() is None
        assert [await ander.ledger.became_of(each) for each in (gelukt, terug)] == ["committed", "aborted"]


async def test_a_dead_letter_is_put_aside_once(db: Database) -> None:
    """At each place in a topic; what lies there after the topic was made anew is another one."""
    consumer = f"match.{uuid4().hex}"
    brief = Parked("signaal", 0, 7, b"k", {"ce_id": "1"}, b"{", "ValueError", None)
    async with db.transactie() as t:
        await t.ledger.park(consumer, brief, OP)
        await t.ledger.park(consumer, replace(brief, error="KeyError"), OP + timedelta(days=1))
        await t.ledger.park(consumer, replace(brief, offset=8), OP)
        await t.ledger.park(consumer, replace(brief, payload=b"[", key=None), OP)
    assert await db.dode_brieven(consumer) == 3


async def test_nothing_stays_aside_of_what_was_destroyed(db: Database) -> None:
    """D8: by the Kafka key of a youth, and by the id of a signal."""
    consumer, jeugdige, signaal_id = f"match.{uuid4().hex}", uuid4(), uuid4()
    brief = Parked("signaal", 0, 1, b"k", {"ce_subject": str(uuid4())}, b"{", "ValueError", None)
    async with db.transactie() as t:
        await t.ledger.park(consumer, brief, OP)
        await t.ledger.park(consumer, replace(brief, offset=2, key=str(jeugdige).encode()), OP)
        await t.ledger.park(consumer, replace(brief, offset=3, headers={"ce_subject": str(signaal_id)}), OP)
    async with db.transactie() as t:
        await t.forget(keys={uuid4()}, subjects={uuid4()})
    assert await db.dode_brieven(consumer) == 3
    async with db.transactie() as t:
        await t.forget(keys={jeugdige}, subjects={signaal_id})
    assert await db.dode_brieven(consumer) == 1
