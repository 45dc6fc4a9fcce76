"""The relay (D3): what was committed is told at least once, in order per key, by one relay at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record import MemoryRecords
from proef.events import gewijzigd
from proef.hulp import Proef, context, eventually, read_topic
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from lokaal.stack import Stack
from platformkit import failpoints
from platformkit.db.direct import Direct
from platformkit.db.prepared import Prepared
from platformkit.executor import UnitOfWork
from platformkit.health import Heartbeat
from platformkit.outbox import relay as relay_module
from platformkit.outbox import search as search_module
from platformkit.outbox.partitioner import partition_of
from platformkit.outbox.relay import LeaseLostError, Relay
from platformkit.outbox.search import Search

ME = uuid4()


async def tell(proef: Proef, topic: str, *versions: int, person: UUID = ME) -> None:
    async def handler(work: UnitOfWork) -> None:
        for version in versions:
            work.emit(gewijzigd(topic, person), version=version)

    await proef.executor("api").execute(handler, context(ME))


@asynccontextmanager
async def direct(engine: AsyncEngine) -> AsyncIterator[Direct]:
    """A connection as the relay has it."""
    made = Direct(engine)
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def idle(proef: Proef, number: int = 1) -> AsyncIterator[list[Relay]]:
    """Relays that do nothing by themselves."""
    relays = [Relay(proef.relay, proef.bootstrap, "proef") for _ in range(number)]
    try:
        yield relays
    finally:
        for relay in relays:
            await relay._publisher.drop()
            await relay._database.close()


@asynccontextmanager
async def running(proef: Proef) -> AsyncIterator[Relay]:
    relay, stop = Relay(proef.relay, proef.bootstrap, "proef"), asyncio.Event()
    task = asyncio.create_task(relay.run(stop, Heartbeat(None)))
    try:
        yield relay
    finally:
        stop.set()
        await task


async def emptied(proef: Proef) -> bool:
    return await proef.count("outbox") == 0


def sequences(records: list[ConsumerRecord], person: UUID = ME) -> list[int]:
    return [int(dict(each.headers)["ce_sequence"]) for each in records if each.key == str(person).encode()]


async def test_order_per_key_holds_over_many_batches(proef: Proef, make_topic: Callable[..., Awaitable[str]]) -> None:
    topic = await make_topic(partitions=4)
    people = [uuid4() for _ in range(5)]
    async with running(proef):
        for first in range(0, 400, 100):
            for person in people:
                await tell(proef, topic, *range(first, first + 100), person=person)
        await eventually(lambda: emptied(proef))
    records = await read_topic(proef.bootstrap, topic, 2000)
    for person in people:
        assert sequences(records, person) == list(range(400))


async def test_a_row_that_commits_late_is_told(proef: Proef, topic: str) -> None:
    async with proef.api.connect() as late:
        begun = await late.begin()
        await context(ME).apply(late)
        await late.execute(
            text(
                "insert into outbox (event_id, topic, key, headers, payload, created_at)"
                " values (:id, :topic, 'late', '{\"ce_sequence\": \"0\"}', '', now())"
            ),
            {"id": uuid4(), "topic": topic},
        )
        async with running(proef):
            await tell(proef, topic, 1)
            await eventually(lambda: emptied(proef))
            await begun.commit()
            await eventually(lambda: emptied(proef))
    records = await read_topic(proef.bootstrap, topic, 2)
    assert [record.key for record in records] == [str(ME).encode(), b"late"]


@pytest.mark.parametrize(
    ("whole", "below"),
    [(3600.0, search_module._BELOW), (0.2, 0)],
    ids=["by its number", "by a look through the whole table"],
)
async def test_each_way_of_finding_a_late_row_finds_it_alone(
    proef: Proef, monkeypatch: pytest.MonkeyPatch, whole: float, below: int
) -> None:
    monkeypatch.setattr(search_module, "_WHOLE_SECONDS", whole)
    monkeypatch.setattr(search_module, "_BELOW", below)
    search = Search(10)
    async with direct(proef.relay) as looking, proef.api.connect() as late:
        await late.begin()
        await context(ME).apply(late)
        await late.execute(
            text(
                "insert into outbox (event_id, topic, key, headers, payload, created_at)"
                " values (:id, 'persoon', 'late', '{}', '', now())"
            ),
            {"id": uuid4()},
        )
        await tell(proef, "persoon", 1)
        assert [row.position for row in await search.whole(looking)] == [2]
        assert await search.next(looking) == []
        await late.commit()

        async def found() -> list[int]:
            rows = await (search.whole(looking) if search.due() else search.next(looking))
            return [row.position for row in rows if row.key == "late"]

        assert await eventually(found) == [1]


async def test_a_look_passes_over_nothing_that_was_removed_beside_a_long_writer(proef: Proef, servers: Stack) -> None:
    """Removed rows stay as long as a transaction anywhere in the cluster may see them: looks must not pay for them."""
    elsewhere = proef.all_seeing.url.set(database="postgres")
    writer = create_async_engine(elsewhere, poolclass=NullPool)
    search = Search(2000)

    async def read(looking: Direct) -> int:
        for each in ("pg_stat_force_next_flush()", "pg_stat_clear_snapshot()"):
            await looking.fetch(Prepared(text(f"select {each}")))
        asked = "select idx_tup_read from pg_stat_user_indexes where indexrelname = 'outbox_pkey'"
        return int((await looking.fetch(Prepared(text(asked))))[0][0])

    async with writer.connect() as open_, direct(proef.all_seeing) as looking:
        await open_.execute(text("select pg_current_xact_id()"))
        await tell(proef, "persoon", *range(1, 1001))
        assert len(await search.whole(looking)) == 1000
        await proef.rows("delete from outbox")
        before = await read(looking)
        for _ in range(5):
            assert not await search.next(looking)
        assert await read(looking) - before < 1000
    await writer.dispose()


async def test_what_is_rolled_back_is_never_told(proef: Proef, topic: str) -> None:
    async def failing(work: UnitOfWork) -> None:
        work.emit(gewijzigd(topic, uuid4()), version=1)
        await work.flush()
        raise ValueError

    async with running(proef):
        with pytest.raises(ValueError):  # noqa: PT011
            await proef.executor("api").execute(failing, context(ME))
        await tell(proef, topic, 2)
        await eventually(lambda: emptied(proef))
    assert sequences(await read_topic(proef.bootstrap, topic, 1)) == [2]


async def test_a_second_relay_waits_and_takes_over(proef: Proef, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "_LEASE", relay_module._LEASE / 10)
    async with idle(proef, 2) as (first, second):
        assert await first._lease() == 1
        with pytest.raises(LeaseLostError):
            await second._lease()

        async def taken() -> int | None:
            try:
                return await second._lease()
            except LeaseLostError:
                return None

        assert await eventually(taken) == 2


async def test_a_stopped_relay_gives_its_lease_away_at_once(proef: Proef) -> None:
    async with running(proef) as first:
        await eventually(lambda: _holds(first))
    async with idle(proef) as (second,):
        assert await second._lease() == 2


async def _holds(relay: Relay) -> bool:
    return relay._token is not None


async def test_a_paused_relay_that_wakes_up_removes_nothing(
    proef: Proef, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "_LEASE", relay_module._LEASE / 20)
    failpoints.arm("outbox.after_publish=pause:2")
    async with idle(proef, 2) as (paused, second):
        await tell(proef, topic, 1)
        turn = asyncio.create_task(paused._turn())
        # Published, but not removed; its lease runs out while it sleeps, and another takes over.
        assert sequences(await read_topic(proef.bootstrap, topic, 1)) == [1]

        async def taken() -> bool:
            try:
                return await second._lease() == 2
            except LeaseLostError:
                return False

        await eventually(taken)
        with pytest.raises(LeaseLostError):
            await turn
        assert await proef.count("outbox") == 1


async def test_it_waits_for_a_broker_that_is_away(proef: Proef, servers: Stack, topic: str) -> None:
    await tell(proef, topic, 1)
    async with running(proef):
        await eventually(lambda: emptied(proef))
        servers.kill("kafka")
        await tell(proef, topic, 2)
        await tell(proef, topic, 3)
        await asyncio.to_thread(servers.restart, "kafka")
        await eventually(lambda: emptied(proef), seconds=40)
    heard = sequences(await read_topic(proef.bootstrap, topic, 3))
    assert set(heard) == {1, 2, 3}
    assert heard[-1] == 3


async def test_it_takes_another_connection_when_its_own_breaks(proef: Proef, topic: str) -> None:
    async with running(proef) as relay:
        await eventually(lambda: _holds(relay))
        await proef.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'proef_relay'")
        await tell(proef, topic, 1)
        await eventually(lambda: emptied(proef))


async def test_whenever_its_connection_is_cut_it_goes_on(
    proef: Proef, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of a statement the driver has half a dozen ways to say so, some of them its own mistakes."""
    monkeypatch.setattr(relay_module, "_BACKOFF", 0.01)
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'proef_relay'"
    async with running(proef):
        for number in range(100):
            await tell(proef, topic, number)
            await asyncio.sleep(number % 25 / 1000)  # not a wait: each cut comes at another moment
            await proef.rows(cut)
        await eventually(lambda: emptied(proef))
    told = sequences(await read_topic(proef.bootstrap, topic, 100))
    assert set(told) == set(range(100))


async def test_what_is_too_large_for_any_topic_is_parked_and_neighbours_go_on(proef: Proef, topic: str) -> None:
    await tell(proef, topic, 1)
    await _swell(proef, 2_000_000)
    await tell(proef, topic, 2)
    async with running(proef):
        await eventually(lambda: _left(proef, 1))
    assert await proef.rows("select position, parked from outbox") == [(1, True)]
    assert sequences(await read_topic(proef.bootstrap, topic, 1)) == [2]


async def test_what_the_broker_finds_too_large_is_parked_alone(
    proef: Proef, make_topic: Callable[..., Awaitable[str]]
) -> None:
    topic = await make_topic(max_message_bytes="20000")
    await tell(proef, topic, 1)
    await _swell(proef, 100_000)
    await tell(proef, topic, *range(2, 20))
    async with running(proef):
        await eventually(lambda: _left(proef, 1))
    assert await proef.rows("select position, parked from outbox") == [(1, True)]
    heard = sequences(await read_topic(proef.bootstrap, topic, 18))
    assert sorted(set(heard)) == list(range(2, 20))


async def _swell(proef: Proef, size: int) -> None:
    # What does not compress: the broker judges the compressed size.
    await proef.rows(
        "update outbox set payload = (select string_agg(decode(md5(i::text), 'hex'), '') from generate_series(1, :n) i)",
        n=size // 16,
    )


async def _left(proef: Proef, count: int) -> bool:
    return await proef.count("outbox") == count and await proef.rows("select bool_and(parked) from outbox") == [True]


async def test_a_topic_that_is_not_there_holds_nothing_back_for_ever(proef: Proef, topic: str) -> None:
    missing = f"proef-{uuid4().hex[:8]}"
    await tell(proef, missing, 1)
    await tell(proef, topic, 2)
    async with running(proef):
        await eventually(lambda: _left_any(proef, 1), seconds=40)
        admin = AIOKafkaAdminClient(bootstrap_servers=proef.bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(missing, 1, 1)])
        await admin.close()
        await eventually(lambda: emptied(proef), seconds=40)
    assert sequences(await read_topic(proef.bootstrap, topic, 1)) == [2]
    assert sequences(await read_topic(proef.bootstrap, missing, 1)) == [1]


async def _left_any(proef: Proef, count: int) -> bool:
    return await proef.count("outbox") == count


@pytest.mark.parametrize(("point", "heard"), [("before_publish", 1), ("after_publish", 2)])
async def test_killed_at_any_point_it_tells_at_least_once(
    proef: Proef, topic: str, start: Callable[..., object], point: str, heard: int
) -> None:
    await tell(proef, topic, 1)
    killed = start("relay", FAILPOINTS=f"outbox.{point}=kill")
    assert await asyncio.to_thread(killed.wait, 30) == -9  # type: ignore[attr-defined]
    assert await proef.count("outbox") == 1
    await proef.rows("update relay_lease set until = now()")  # what ten seconds do
    async with running(proef):
        await eventually(lambda: emptied(proef))
    assert sequences(await read_topic(proef.bootstrap, topic, heard)) == [1] * heard


class Producer:
    """Takes batches as `outcomes` say, one after the other and then all; notes what it was given, by version."""

    def __init__(self, partitions: int, *outcomes: KafkaError | None) -> None:
        self.partitions, self.outcomes = partitions, list(outcomes)
        self.heard: list[list[str]] = []

    async def partitions_for(self, _topic: str) -> set[int]:
        return set(range(self.partitions))

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(self.room, 0)

    room = 100_000

    async def send_batch(self, batch: BatchBuilder, _topic: str, *, partition: int) -> "asyncio.Future[None]":
        records = MemoryRecords(bytes(batch._build())).next_batch()
        self.heard.append([dict(each.headers)["ce_sequence"].decode() for each in records])
        answer = asyncio.get_running_loop().create_future()
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is None:
            answer.set_result(None)
        else:
            answer.set_exception(outcome)
        return answer

    async def stop(self) -> None:
        pass


@asynccontextmanager
async def telling_to(proef: Proef, monkeypatch: pytest.MonkeyPatch, producer: Producer) -> AsyncIterator[Relay]:
    async def connected() -> Producer:
        return producer

    async with idle(proef) as (relay,):
        monkeypatch.setattr(relay._publisher, "_connected", connected)
        yield relay


async def test_what_stands_behind_a_failure_of_its_key_is_sent_again_after_it(
    proef: Proef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the last thing said of an aggregate is the last that happened, though a part of what was sent failed."""
    me, other = (next(each for each in iter(uuid4, None) if partition_of(str(each).encode(), 2) == at) for at in (0, 1))
    for person, version in ((me, 1), (me, 2), (other, 4), (me, 3)):
        await tell(proef, "persoon", version, person=person)
    producer = Producer(2, None, KafkaTimeoutError())
    producer.room = 1  # one event in each batch
    async with telling_to(proef, monkeypatch, producer) as relay:
        with pytest.raises(KafkaTimeoutError):
            await relay._turn()
    assert producer.heard == [["1"], ["2"], ["4"], ["3"]]
    left = await proef.rows("select key, headers->>'ce_sequence' from outbox order by position")
    assert left == [(str(me), "2"), (str(me), "3")]


async def test_what_is_too_large_to_be_sent_reaches_no_broker(proef: Proef, monkeypatch: pytest.MonkeyPatch) -> None:
    """One request of more than the broker reads breaks the connection, again and again."""
    await tell(proef, "persoon", 1)
    await _swell(proef, 2_000_000)
    await tell(proef, "persoon", 2)
    producer = Producer(1)
    async with telling_to(proef, monkeypatch, producer) as relay:
        assert await relay._turn() == 2
    assert producer.heard == [["2"]]
    assert await proef.rows("select position, parked from outbox") == [(1, True)]


async def test_what_was_read_ahead_is_not_sent_before_what_failed(
    proef: Proef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "_BATCH", 2)
    await tell(proef, "persoon", 1, 2, 3, 4)
    producer = Producer(1, MessageSizeTooLargeError())
    async with telling_to(proef, monkeypatch, producer) as relay:
        monkeypatch.setattr(relay._search, "due", lambda: False)  # so that it reads ahead
        while await proef.count("outbox"):
            await relay._turn()
    assert producer.heard == [["1", "2"], ["1"], ["2"], ["3", "4"]]


async def test_an_idle_relay_writes_its_lease_seldom(proef: Proef) -> None:
    async with running(proef) as relay:
        await eventually(lambda: _holds(relay))
        before = await proef.rows("select xmin::text from relay_lease")
        for _ in range(20):
            await relay._lease()
        assert await proef.rows("select xmin::text from relay_lease") == before
