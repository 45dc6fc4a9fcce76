"""Puts contract events on the topics as the relays of signaal and brp-proxy do, and looks at what match made of them."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Self
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import DefaultPartitioner
from readers import READERS
from services.match.tests.oracle import Verwacht

from contracts.match import MatchBeeindigd, MatchOntstaan
from contracts.registry import topics
from lokaal import testing
from lokaal.stack import Stack
from platformkit.envelope import Message, decode, encode, headers_of
from platformkit.testing import eventually_async

BEGIN = datetime(2025, 6, 1, 12, tzinfo=UTC)
"""The moment around which the events of services/match/tests are told."""
GROUPS = {each.consumer: each.topic for readers in READERS.values() for each in readers if each.service == "match"}
_SOURCES = {name: f"urn:nld:oin:00000099000000001000:systeem:{topic.owner}" for name, topic in topics().items()}
_PARTITIONS = {name: topic.partitions for name, topic in topics().items()}
_partitioner = DefaultPartitioner()


def partition(key: UUID, topic: str = "signaal") -> int:
    """Where the producer of the relays puts this key."""
    every = list(range(_PARTITIONS[topic]))
    found: int = _partitioner(str(key).encode(), every, every)
    return found


class Stored(NamedTuple):
    """A match as it stands in the database."""

    match_id: UUID
    soort: str
    signaal_a: UUID
    signaal_b: UUID
    einddatum: date
    oorzaak: UUID
    status: str
    reden: str | None
    versie: int


class Told(NamedTuple):
    """A match as one event on its topic tells it."""

    event_id: str
    match: Stored


class Bus:
    """One client of a running stack that has match in it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._broker = testing.broker(stack.addresses)
        self._told: dict[UUID, list[Told]] = defaultdict(list)

    async def __aenter__(self) -> Self:
        databases = self.stack.addresses["postgres"]["match"]
        self.worker = await asyncpg.create_pool(databases["worker"], min_size=1, max_size=4)
        self._relay = await asyncpg.create_pool(databases["relay"], min_size=1, max_size=2)
        # As the relay's, but for larger batches: what is sent at once arrives at once.
        self._producer = AIOKafkaProducer(
            **self._broker.client(), enable_idempotence=True, linger_ms=5, max_batch_size=131_072
        )
        self._reader = AIOKafkaConsumer("match", **self._broker.client(), group_id=None, auto_offset_reset="earliest")
        self.admin = AIOKafkaAdminClient(**self._broker.client())
        for client in (self._producer, self._reader, self.admin):
            await client.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()
        await self._reader.stop()
        await self.admin.close()
        await self.worker.close()
        await self._relay.close()

    def day(self, number: int) -> date:
        """Put the domain clock on the day this many days after `BEGIN`, for all processes at once; the date."""
        clock = Path(self.stack.addresses["klok"]["bestand"])
        moment = BEGIN + timedelta(days=number)
        # In one step: who reads half a file takes the real date for the domain's.
        new = clock.with_name("klok.new")
        new.write_text(f"{(moment - datetime.now(UTC)).total_seconds():.0f}\n")
        os.replace(new, clock)
        return moment.date()

    async def members(self) -> dict[str, int]:
        """How many consumers each group has, once it has handed out the partitions."""
        # One at a time: aiokafka 0.14 reads the answer on several with the format of an older version.
        described = [await self.admin.describe_consumer_groups([group]) for group in GROUPS]
        groups = [group for [answer] in described for group in answer.groups]
        # error, group, state, protocol type, protocol, members
        return {group[1]: len(group[5]) if group[2] == "Stable" else 0 for group in groups}

    async def fire(self, messages: Iterable[Message]) -> None:
        """Put all of them on their topics, in this order and without a pause in between."""
        ready = [_wire(message) for message in messages]
        sent = [
            await self._producer.send(topic, value, key=key, headers=headers) for topic, key, value, headers in ready
        ]
        await asyncio.gather(*sent)

    async def settled(self, seconds: float = 180.0) -> None:
        """Wait until match has handled and told all that was sent."""
        await eventually_async(self._idle, "consumers without lag and an empty outbox", seconds)

    async def _idle(self) -> bool:
        for group, topic in GROUPS.items():
            partitions = [TopicPartition(topic, number) for number in range(_PARTITIONS[topic])]
            ends = await self._reader.end_offsets(partitions)
            done = await self.admin.list_consumer_group_offsets(group)
            if any(end and (each not in done or done[each].offset < end) for each, end in ends.items()):
                return False
        # What a batch told was committed before its offsets.
        return not await self._relay.fetchval("select exists (select from outbox)")

    async def stored(self, signalen: Collection[UUID]) -> list[Stored]:
        """Every match, open or ended, of these signals."""
        rows = await self.worker.fetch(
            "select match_id, soort, signaal_a, signaal_b, einddatum, oorzaak_id, status, reden, versie from match"
            " where signaal_a = any($1) or signaal_b = any($1)",
            list(signalen),
        )
        return [Stored(*row) for row in rows]

    async def told(self) -> Mapping[UUID, Sequence[Told]]:
        """All that stands on the topic of matches, by match, in the order of the wire."""
        partitions = self._reader.assignment()
        ends = await self._reader.end_offsets(partitions)
        while any([await self._reader.position(each) < ends[each] for each in partitions]):
            for records in (await self._reader.getmany(timeout_ms=500)).values():
                for record in records:
                    told = _told(decode(record.headers, record.key, record.value))
                    self._told[told.match.match_id].append(told)
        return self._told

    async def handled(self, messages: Iterable[Message]) -> dict[str, datetime]:
        """When the transaction that handled each message began: one moment is one batch. By `event_id` of the message."""
        by_wire = {f"{_SOURCES[each.event.TOPIC]}#{_id(each)}": each.event_id for each in messages}
        rows = await self.worker.fetch(
            "select event_id, handled_at from inbox where consumer = any($1) and event_id = any($2)",
            list(GROUPS),
            list(by_wire),
        )
        return {by_wire[row["event_id"]]: row["handled_at"] for row in rows}

    async def parked(self) -> int:
        """How many messages match has put aside."""
        return int(await self.worker.fetchval("select count(*) from dead_letter"))

    def logged(self, component: str, text: str) -> int:
        """How many lines of a component's logs, those of its copies included, hold a text."""
        names = [name for name in self.stack.names if name == component or name.startswith(f"{component}-")]
        return sum(text in line for name in names for line in self.stack.log(name).read_text().splitlines())


def open_matches(stored: Iterable[Stored]) -> Verwacht:
    """Those that were not ended, in the oracle's form."""
    return {(m.soort, m.signaal_a, m.signaal_b) for m in stored if m.status == "actief"}


def assert_told(stored: Iterable[Stored], told: Mapping[UUID, Sequence[Told]]) -> None:
    """The highest version that was told of each match is what is stored, and versions only rose.

    An event that was published again after a crash of the relay counts where it was seen first.
    """
    for match in stored:
        first: dict[str, Stored] = {}
        for each in told.get(match.match_id, ()):
            first.setdefault(each.event_id, each.match)
        versions = [each.versie for each in first.values()]
        assert versions, f"stored, never told: {match}"
        assert versions == sorted(set(versions)), f"versions that do not rise: {versions}"
        assert list(first.values())[-1] == match


def _wire(message: Message) -> tuple[str, bytes, bytes, list[tuple[str, bytes]]]:
    event = message.event
    headers, value = encode(
        event,
        event_id=_id(message),
        subject=message.subject,
        source=_SOURCES[event.TOPIC],
        version=message.version,
        time=message.time,
    )
    return event.TOPIC, str(message.key).encode(), value, headers_of(headers, message.traceparent)


def _id(message: Message) -> UUID:
    return UUID(message.event_id.partition("#")[2])


def _told(message: Message) -> Told:
    event = message.event
    assert isinstance(event, MatchOntstaan | MatchBeeindigd)
    laag, hoog = event.signalen
    match = Stored(
        event.match_id,
        event.soort,
        laag,
        hoog,
        event.einddatum,
        event.oorzaak.id,
        event.status,
        event.reden or event.nadere_reden,
        message.version,
    )
    return Told(message.event_id, match)
