"""The consumer (D5, traps 1-4): a batch, one transaction, then the offsets; what fails is kept or put aside."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord
from faststream import AckPolicy
from proef.events import NOW, gewijzigd
from proef.hulp import SOURCE, Proef, eventually, produce
from sqlalchemy import text

from platformkit.clock import FixedClock
from platformkit.errors import TransientError
from platformkit.executor import UnitOfWork
from platformkit.health import Heartbeat
from platformkit.messaging import consumer as consumer_module
from platformkit.messaging.consumer import Consumer, Handler, Subscription
from platformkit.messaging.envelope import Message, encode

Record = tuple[list[tuple[str, bytes | None]], bytes | None]
ME = uuid4()


def record(version: int, *, person: UUID = ME, event_id: UUID | None = None) -> Record:
    headers, value = encode(
        gewijzigd("persoon", person),
        event_id=event_id or uuid4(),
        subject=person,
        source=SOURCE,
        version=version,
        time=NOW,
    )
    return [(name, each.encode()) for name, each in headers.items()], value


async def send(proef: Proef, topic: str, *records: Record) -> None:
    await produce(proef.bootstrap, topic, list(records))


async def remember(work: UnitOfWork, messages: Sequence[Message]) -> None:
    for message in messages:
        await work.connection.execute(
            text("insert into gezien (persoon, versie) values (:persoon, :versie)"),
            {"persoon": message.subject, "versie": message.version},
        )


def make(proef: Proef, topic: str, handler: Handler = remember) -> Consumer:
    subscription = Subscription(f"groep-{topic}", topic, handler)
    return Consumer(proef.bootstrap, proef.worker, proef.executor("worker"), FixedClock(NOW), [subscription])


@asynccontextmanager
async def running(proef: Proef, topic: str, handler: Handler = remember) -> AsyncIterator[Consumer]:
    consumer, stop = make(proef, topic, handler), asyncio.Event()
    task = asyncio.create_task(consumer.run(stop, Heartbeat(None)))
    try:
        yield consumer
    finally:
        stop.set()
        await task


async def seen(proef: Proef) -> list[int]:
    return await proef.rows("select versie from gezien order by volgnummer")


async def has_seen(proef: Proef, *versions: int) -> bool:
    return await seen(proef) == list(versions)


async def test_every_subscriber_acknowledges_by_hand_and_alone(proef: Proef, topic: str) -> None:
    """Trap 1 and trap 3: through the one factory, so for every subscriber there is."""
    for subscriber in make(proef, topic).broker.subscribers:
        config = subscriber._outer_config
        assert subscriber.ack_policy is AckPolicy.MANUAL
        assert subscriber._connection_args["enable_auto_commit"] is False
        assert subscriber._connection_args["auto_offset_reset"] == "earliest"
        assert not hasattr(subscriber, "max_workers")
        assert subscriber.get_msg.__module__ == "platformkit.messaging.consumer"
        assert config is not None


async def test_events_are_handled_in_order_and_offsets_come_after(proef: Proef, topic: str) -> None:
    await send(proef, topic, *(record(version) for version in range(5)))
    async with running(proef, topic):
        await eventually(lambda: has_seen(proef, 0, 1, 2, 3, 4))
    # A new consumer of the group has nothing left to read: one more message is all it sees.
    await send(proef, topic, record(5))
    await proef.rows("truncate inbox")
    async with running(proef, topic):
        await eventually(lambda: has_seen(proef, 0, 1, 2, 3, 4, 5))


async def test_a_batch_leaves_next_to_nothing_to_the_garbage_collector(proef: Proef, topic: str) -> None:
    """What hangs on a ring of objects piles up until the collector stops the process to undo it."""

    async def let_go() -> bool:
        # One or two of each batch stay, and how many batches they come in is Kafka's affair.
        left = [each for each in gc.get_objects() if isinstance(each, ConsumerRecord | Message)]
        return len(left) < 150

    async with running(proef, topic):
        await send(proef, topic, record(0))
        await eventually(lambda: has_seen(proef, 0))
        gc.collect()
        gc.disable()
        try:
            await send(proef, topic, *(record(version) for version in range(1, 301)))
            await eventually(lambda: has_seen(proef, *range(301)))
            # Its offsets come after the effect, and only then it lets go.
            assert await eventually(let_go), "what was handled hangs on something"
        finally:
            gc.enable()


async def test_a_duplicate_has_one_effect(proef: Proef, topic: str) -> None:
    twice, again = record(1), record(2)
    await send(proef, topic, twice, twice, again)
    async with running(proef, topic):
        await eventually(lambda: has_seen(proef, 1, 2))
        await send(proef, topic, twice, again, record(3))
        await eventually(lambda: has_seen(proef, 1, 2, 3))


async def test_a_passing_failure_keeps_the_batch_and_its_order(
    proef: Proef, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the patience the batch goes back to Kafka and is read again; later messages wait behind it."""
    monkeypatch.setattr(consumer_module, "_PATIENCE", 0.2)
    monkeypatch.setattr(consumer_module, "_BREATH", 0.05)
    tries = 0

    async def flaky(work: UnitOfWork, messages: Sequence[Message]) -> None:
        nonlocal tries
        tries += 1
        if tries <= 6:
            raise TransientError("weg")
        await remember(work, messages)

    await send(proef, topic, record(1), record(2))
    async with running(proef, topic, flaky):
        await eventually(_true_when(lambda: tries > 3))
        await send(proef, topic, record(3))
        await eventually(lambda: has_seen(proef, 1, 2, 3))
    assert await proef.count("dead_letter") == 0


def _true_when(check: Callable[[], bool]):  # type: ignore[no-untyped-def]
    async def ask() -> bool:
        return check()

    return ask


async def test_a_database_that_is_away_is_waited_for(proef: Proef, topic: str) -> None:
    async with running(proef, topic):
        await proef.rows("revoke connect on database proef from proef_worker")
        await proef.rows("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'proef_worker'")
        try:
            await send(proef, topic, record(1))
        finally:
            await proef.rows("grant connect on database proef to proef_worker")
        await eventually(lambda: has_seen(proef, 1))


async def test_a_missing_grant_parks_nothing(proef: Proef, topic: str) -> None:
    """A deployment under way: it is not the message's fault."""
    tries = 0

    async def counting(work: UnitOfWork, messages: Sequence[Message]) -> None:
        nonlocal tries
        tries += 1
        await remember(work, messages)

    await proef.rows("revoke insert on gezien from proef_worker")
    try:
        await send(proef, topic, record(1), record(2))
        async with running(proef, topic, counting):
            await eventually(_true_when(lambda: tries >= 2))
            assert await proef.count("dead_letter") == 0
            await proef.rows("grant insert on gezien to proef_worker")
            await eventually(lambda: has_seen(proef, 1, 2))
    finally:
        await proef.rows("grant insert on gezien to proef_worker")


def _broken() -> dict[str, Record]:
    headers, value = record(99)
    assert value is not None

    def without(name: str) -> list[tuple[str, bytes | None]]:
        return [each for each in headers if each[0] != name]

    def with_(name: str, raw: bytes | None) -> list[tuple[str, bytes | None]]:
        return [*without(name), (name, raw)]

    return {
        "broken JSON": (headers, b'{"persoonRef": '),
        "no UTF-8": (headers, b"\xff\xfe\x00"),
        "no value": (headers, None),
        "NUL in value": (headers, b"\x00"),
        "an array": (headers, b"[]"),
        "wrong contract": (headers, b'{"persoonRef": "geen uuid"}'),
        "two megabytes": (headers, b"x" * 2_000_000),
        "no headers": ([], value),
        **{f"no {name}": (without(f"ce_{name}"), value) for name in ("id", "source", "type", "specversion")},
        "another specversion": (with_("ce_specversion", b"0.3"), value),
        "no sequence": (without("ce_sequence"), value),
        "no subject": (without("ce_subject"), value),
        "header without value": (with_("ce_type", None), value),
        "foreign header without value": (with_("extra", None), b"{"),
        "header that is no UTF-8": (with_("ce_source", b"\xff\xfe"), b"{"),
        "NUL in a header": (with_("ce_id", b"a\x00b"), value),
        "NUL in traceparent": (with_("traceparent", b"\x00"), b"{"),
        "NUL in a header's name": (with_("a\x00b", b"x"), b"{"),
        "sequence beyond bigint": (with_("ce_sequence", b"99999999999999999999"), value),
        "negative sequence": (with_("ce_sequence", b"-1"), value),
        "sequence no number": (with_("ce_sequence", b"een"), value),
        "a very long id": (with_("ce_id", bytes(range(97, 122)) * 4000), value),
    }


@pytest.mark.parametrize("kind", sorted(_broken()))
async def test_poison_is_parked_with_its_bytes_and_neighbours_go_on(
    proef: Proef, make_topic: Callable[..., object], kind: str
) -> None:
    topic = await make_topic(max_message_bytes="4000000")  # type: ignore[misc]
    poison = _broken()[kind]
    await send(proef, topic, record(1), poison, record(2))
    async with running(proef, topic):
        await eventually(lambda: has_seen(proef, 1, 2))
    parked = await proef.rows('select payload, topic, "offset", error from dead_letter')
    assert [(row[0], row[1], row[2]) for row in parked] == [(poison[1], topic, 1)]
    assert parked[0][3]
    assert "geen uuid" not in parked[0][3]


async def test_what_only_the_handler_cannot_take_is_found_by_bisecting(proef: Proef, topic: str) -> None:
    async def picky(work: UnitOfWork, messages: Sequence[Message]) -> None:
        await remember(work, messages)
        if any(message.version in {13, 27} for message in messages):
            raise ValueError("geheim")

    await send(proef, topic, *(record(version) for version in range(40)))
    async with running(proef, topic, picky):
        await eventually(lambda: has_seen(proef, *(v for v in range(40) if v not in {13, 27})))
    assert await proef.rows('select "offset", error from dead_letter order by 1') == [
        (13, "ValueError"),
        (27, "ValueError"),
    ]


async def test_a_value_that_does_not_fit_its_column_is_poison_not_an_outage(proef: Proef, topic: str) -> None:
    async def overflowing(work: UnitOfWork, messages: Sequence[Message]) -> None:
        await work.connection.execute(
            text("insert into geteld values ('a', :n)").bindparams(n=2**40 if messages[0].version == 1 else 1)
        )

    await send(proef, topic, record(1))
    async with running(proef, topic, overflowing):
        await eventually(lambda: _parked(proef))


async def _parked(proef: Proef) -> bool:
    return await proef.count("dead_letter") == 1


@pytest.mark.parametrize(
    "kind", ["nl.verwijsindex.persoon.gewijzigd.v2", "nl.verwijsindex.iets.nieuws.v1", "999993653 woont.v1", "order"]
)
async def test_an_unknown_type_or_version_is_passed_by(
    proef: Proef, topic: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    headers, value = record(1)
    other = [each for each in headers if each[0] != "ce_type"] + [("ce_type", kind.encode())]
    await send(proef, topic, (other, value), record(2))
    async with running(proef, topic):
        await eventually(lambda: has_seen(proef, 2))
    assert await proef.count("dead_letter") == 0
    assert "999993653" not in capsys.readouterr().out


async def test_cancelled_at_shutdown_it_is_read_again(
    proef: Proef, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 4 (FastStream #3000, #2618), with the pinned version."""
    monkeypatch.setattr(consumer_module, "_GRACE", 0.2)
    entered = asyncio.Event()

    async def endless(_work: UnitOfWork, _messages: Sequence[Message]) -> None:
        entered.set()
        await asyncio.Event().wait()

    await send(proef, topic, record(1), record(2))
    async with running(proef, topic, endless):
        await asyncio.wait_for(entered.wait(), 20)
    assert await seen(proef) == []
    async with running(proef, topic):
        await eventually(lambda: has_seen(proef, 1, 2))


async def test_a_stop_finishes_the_batch_and_acknowledges_it(proef: Proef, topic: str) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(work: UnitOfWork, messages: Sequence[Message]) -> None:
        entered.set()
        await go_on.wait()
        await remember(work, messages)

    await send(proef, topic, record(1))
    stopping = asyncio.get_running_loop()
    async with running(proef, topic, slow):
        await asyncio.wait_for(entered.wait(), 20)
        stopping.call_later(0.5, go_on.set)
    assert await seen(proef) == [1]
    await proef.rows("truncate inbox")
    await send(proef, topic, record(2))
    async with running(proef, topic):
        await eventually(lambda: has_seen(proef, 1, 2))


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_killed_between_work_and_offset_it_has_one_effect(
    proef: Proef, topic: str, start: Callable[..., object], point: str
) -> None:
    await send(proef, topic, record(1), record(2))
    env = {"TOPIC": topic, "GROEP": f"groep-{topic}"}
    killed = start("consumer", FAILPOINTS=f"consumer.{point}=kill", **env)
    assert await asyncio.to_thread(killed.wait, 40) == -9  # type: ignore[attr-defined]
    assert await seen(proef) == ([] if point == "before_commit" else [1, 2])
    async with running(proef, topic):
        await send(proef, topic, record(3))
        await eventually(lambda: has_seen(proef, 1, 2, 3), seconds=40)


async def test_a_rebalance_loses_nothing_and_doubles_nothing(proef: Proef, make_topic: Callable[..., object]) -> None:
    topic = await make_topic(partitions=4)  # type: ignore[misc]
    from aiokafka import AIOKafkaProducer

    producer = AIOKafkaProducer(bootstrap_servers=proef.bootstrap)
    await producer.start()

    async def more(first: int) -> None:
        for version in range(first, first + 200):
            headers, value = record(version)
            await producer.send(topic, value, key=str(ME).encode(), headers=headers, partition=version % 4)
        await producer.flush()

    async def all_seen() -> bool:
        return await proef.count("gezien") >= 600

    async def slowly(work: UnitOfWork, messages: Sequence[Message]) -> None:
        await asyncio.sleep(0.01)
        await remember(work, messages)

    async with running(proef, topic, slowly):
        await more(0)
        async with running(proef, topic, slowly):
            await more(200)
            await eventually(lambda: _at_least(proef, 300), seconds=40)
        await more(400)
        await eventually(all_seen, seconds=40)
    await producer.stop()
    assert sorted(await seen(proef)) == list(range(600))
    assert await proef.count("dead_letter") == 0


async def _at_least(proef: Proef, count: int) -> bool:
    return await proef.count("gezien") >= count


async def test_a_batch_given_back_after_a_rebalance_rewinds_what_is_left(proef: Proef) -> None:
    """nack() of the library stops at the first partition that went away, and the next commit skips the others."""
    from aiokafka import TopicPartition

    class Assigned:
        sought: dict[TopicPartition, int] = {}

        def assignment(self) -> frozenset[TopicPartition]:
            return frozenset({TopicPartition("t", 1)})

        def seek(self, partition: TopicPartition, offset: int) -> None:
            self.sought[partition] = offset

    class Some:
        def __init__(self, partition: int, offset: int) -> None:
            self.topic, self.partition, self.offset = "t", partition, offset

    class Batch:
        raw_message = (Some(0, 7), Some(1, 4), Some(1, 3))
        consumer = Assigned()

    consumer_module._rewind(Batch())  # type: ignore[arg-type]
    assert Assigned.sought == {TopicPartition("t", 1): 3}


async def test_it_waits_for_a_broker_that_is_not_there_yet(proef: Proef, topic: str, servers) -> None:  # type: ignore[no-untyped-def]
    servers.kill("kafka")
    async with running(proef, topic):
        await asyncio.to_thread(servers.restart, "kafka")
        await send(proef, topic, record(1))
        await eventually(lambda: has_seen(proef, 1), seconds=40)


async def test_it_is_quick_when_it_was_idle(proef: Proef, topic: str) -> None:
    async with running(proef, topic):
        await send(proef, topic, record(0))
        await eventually(lambda: has_seen(proef, 0))
        took = []
        for version in range(1, 6):
            await send(proef, topic, record(version))
            begin = time.perf_counter()
            await eventually(lambda: _at_least(proef, version + 1))  # noqa: B023
            took.append(time.perf_counter() - begin)
    assert sorted(took)[2] < 0.5, took
