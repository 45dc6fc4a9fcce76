"""Poison between good messages on a topic: its neighbours are handled, it is put aside once, the consumers go on."""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from driver import Driver
from readers import READERS
from stores import rows
from verslag import Verslag

from lokaal.testing import broker
from platformkit.testing import eventually

EXAMPLES = Path(__file__).resolve().parents[2] / "contracts" / "examples"
NO_UTF8 = b"kap\xff\xfe"
_ROOM = 2_000_000
Record = dict[str, Any]


class Story:
    """The records of one batch: good, poison, good."""

    def __init__(self, example: str, **ids: str) -> None:
        self._example = json.loads((EXAMPLES / example).read_text())
        self._ids = ids

    def good(self, *, subject: str, version: int = 1, **changes: object) -> Record:
        """The contracts' example, of another aggregate."""
        data = {**self._example["data"], **self._ids, **changes}
        headers = {
            **self._example["headers"],
            "ce_id": str(uuid4()),
            "ce_subject": subject,
            "ce_sequence": str(version),
        }
        return {
            "key": self._ids.get("persoonRef", subject).encode(),
            "value": json.dumps(data).encode(),
            "headers": [(name, text.encode()) for name, text in headers.items()],
        }

    def poison(self, subject: str) -> list[Record]:
        """What nobody can handle; each is a good message but for one thing."""
        good = self.good(subject=subject)

        def header(name: str, value: bytes) -> Record:
            kept = [(each, text) for each, text in self.good(subject=subject)["headers"] if each != name]
            return {**good, "headers": [*kept, (name, value)]}

        return [
            {**good, "value": b'{"kapot'},
            {**good, "value": None},
            {**good, "value": json.dumps({"tekst": "a" * 900_000}).encode()},
            {**good, "key": b"geen sleutel"},
            header("ce_id", b"met\x00nul"),
            header("ce_sequence", b"eerste"),
            header("herkomst", NO_UTF8),
            header("kapot", b"naam"),  # becomes NO_UTF8 on its way
        ]

    def unknown(self, subject: str) -> Record:
        """A version that nobody here reads yet: contracts only grow, and its bytes wait for who does."""
        good = self.good(subject=subject)
        kind = self._example["headers"]["ce_type"].replace(".v1", ".v9")
        return {
            **good,
            "headers": [*[pair for pair in good["headers"] if pair[0] != "ce_type"], ("ce_type", kind.encode())],
        }


def _send(driver: Driver, topic: str, records: list[Record]) -> None:
    """Send all as one batch to partition 0, and make the name `kapot` what no client can send."""

    async def send() -> None:
        async with AIOKafkaProducer(**broker(driver.addresses).client(), max_request_size=_ROOM) as producer:
            batch: Any = producer.create_batch()
            batch._builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, 0, _ROOM)
            for record in records:
                assert batch.append(timestamp=None, **record) is not None
            batch._builder._buffer = batch._builder._buffer.replace(b"kapot\x08", NO_UTF8 + b"\x08")
            await (await producer.send_batch(batch, topic, partition=0))

    asyncio.run(send())


def _lag(driver: Driver, topic: str) -> int:
    """How many records of partition 0 its consumers have not acknowledged."""

    async def ask() -> int:
        kafka = broker(driver.addresses).client()
        partition = TopicPartition(topic, 0)
        admin = AIOKafkaAdminClient(**kafka)
        await admin.start()
        try:
            acknowledged = [await admin.list_consumer_group_offsets(each.consumer) for each in READERS[topic]]
        finally:
            await admin.close()
        at = [offsets[partition].offset if partition in offsets else 0 for offsets in acknowledged]
        async with AIOKafkaConsumer(**kafka) as consumer:
            return int((await consumer.end_offsets([partition]))[partition]) - min(at)

    return asyncio.run(ask())


def _parked(driver: Driver, topic: str) -> Mapping[str, list[int]]:
    """By consumer the offsets in partition 0 that were put aside."""
    query = 'select "offset" from dead_letter where consumer = $1 and topic = $2 and partition = 0'
    return {
        each.consumer: sorted(row[0] for row in rows(driver, each.database, query, each.consumer, topic))
        for each in READERS[topic]
    }


def _survives(driver: Driver, topic: str, records: list[Record]) -> int:
    """Send good, poison, unknown, good, and see that all but the good was put aside; how many."""
    poison = len(records) - 2
    before = _parked(driver, topic)
    _send(driver, topic, records)
    eventually(lambda: not _lag(driver, topic), f"{topic} to be read to its end", seconds=120, every=0.5)
    for consumer, offsets in _parked(driver, topic).items():
        new = [offset for offset in offsets if offset not in before[consumer]]
        assert len(new) == poison, f"{consumer} put aside {new}"
        assert new == list(range(new[0], new[0] + poison)), f"{consumer} put aside a neighbour"
    return poison


@pytest.mark.system
@pytest.mark.timeout(600)
@pytest.mark.regel("D5")
def test_poison_on_signaal_harms_nothing_around_it(driver: Driver, verslag: Verslag) -> None:
    example = "signaal/nl.verwijsindex.signaal.afgegeven.v1/portaal.bericht.json"
    story = Story(example, persoonRef=str(uuid4()))
    one, other = str(uuid4()), str(uuid4())
    who = {name: {"signaalId": name, "professional": str(uuid4()), "account": str(uuid4())} for name in (one, other)}
    first, last = (story.good(subject=name, **who[name]) for name in (one, other))
    begin = time.monotonic()
    kinds = _survives(driver, "signaal", [first, *story.poison(str(uuid4())), story.unknown(str(uuid4())), last])
    query = "select 1 from match where signaal_a::text = any($1) and signaal_b::text = any($1) and status = 'actief'"
    eventually(lambda: len(rows(driver, "match", query, [one, other])) == 1, "the match of the neighbours")
    verslag.regel(
        "poison between good messages on signaal",
        lengte=0, aanvaard=2, verloren=0, herhaald=0, seconden=time.monotonic() - begin,
        opmerking=f"{kinds} kinds put aside once by each consumer",
    )  # fmt: skip
    _forget(driver, story, [one, other])


def _forget(driver: Driver, story: Story, signals: list[str]) -> None:
    """Nobody issued these signals: let no other test find them."""
    kind = "nl.verwijsindex.signaal.vernietigd.v1"
    ends = []
    for name in signals:
        end = story.good(subject=name, version=2)
        kept = [pair for pair in end["headers"] if pair[0] != "ce_type"]
        ends.append({**end, "value": b'{"reden":"bewaartermijn"}', "headers": [*kept, ("ce_type", kind.encode())]})
    _send(driver, "signaal", ends)
    query = "select 1 from match where signaal_a::text = any($1) and status = 'actief'"
    eventually(lambda: not rows(driver, "match", query, signals), "the end of the match")


@pytest.mark.system
@pytest.mark.timeout(600)
@pytest.mark.regel("D5")
def test_poison_on_match_harms_nothing_around_it(driver: Driver, verslag: Verslag) -> None:
    example = "match/nl.verwijsindex.match.beeindigd.v1/signaal-gedeactiveerd.bericht.json"
    story = Story(example)
    one, other = str(uuid4()), str(uuid4())
    first, last = (story.good(subject=name, matchId=name) for name in (one, other))
    begin = time.monotonic()
    kinds = _survives(driver, "match", [first, *story.poison(str(uuid4())), story.unknown(str(uuid4())), last])
    query = "select match_id from match_stand where match_id::text = any($1)"
    eventually(lambda: len(rows(driver, "notificatie", query, [one, other])) == 2, "both neighbours")
    verslag.regel(
        "poison between good messages on match",
        lengte=0, aanvaard=2, verloren=0, herhaald=0, seconden=time.monotonic() - begin,
        opmerking=f"{kinds} kinds put aside once",
    )  # fmt: skip
