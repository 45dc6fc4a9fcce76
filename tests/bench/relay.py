"""Events per second through the relay, and through a bare producer of the same bytes, in one run.

`python -m tests.bench.relay [--lang]`; starts its own servers. First on a quiet cluster; then while another database of
the cluster has a write transaction open, which keeps the rows that the relay removes from being cleaned up: some rounds
long, or five minutes with `--lang`. Order per key is read back from the topic. Medians; ratios of one run only.
"""

import asyncio
import gc
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic
from prometheus_client import REGISTRY
from sqlalchemy import text
from tests.bench.tafel import Uitkomst, geef, getal, lang, meld
from tests.bench.voorraad import in_volgorde, vul

from lokaal import testing
from lokaal.ports import Ports
from lokaal.servers import kafka_admin
from platformkit import telemetry
from platformkit.broker import Broker
from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.envelope import headers_of
from platformkit.health import Heartbeat
from platformkit.outbox.relay import Relay
from platformkit.settings import ProcessSettings

AANTAL, RONDEN = 50_000, 5
PARTITIES = 24
LANG = 300.0
_ALLES = Statement(text("select * from outbox order by position"))
_LEEG = Statement(text("truncate outbox"))
_TELLINGEN_WEG = Statement(text("select pg_stat_force_next_flush()"))
_DOOD = Statement(text("select n_dead_tup from pg_stat_user_tables where relname = 'outbox'"))


class Opstelling:
    """Outbox, topic, a counter of what was removed, and the ways to empty the outbox."""

    def __init__(self, broker: Broker, vuller: Database, relay: Database, alles: Database, aantal: int) -> None:
        self.broker, self.aantal = broker, aantal
        self.cpu: dict[str, float] = {}
        """Seconds of this process' processor time per event, by way; the latest round. Neighbours move it less."""
        self.topic = f"bench-{uuid4().hex[:12]}"
        self.vuller, self.relay, self.alles = vuller, relay, alles

    async def door_de_relay(self) -> float:
        """Events per second that the relay tells and removes."""
        await vul(self.vuller, self.topic, self.aantal)
        tot = await self._einde()
        eerst, stop = self._verwijderd(), asyncio.Event()
        begin, cpu = time.perf_counter(), time.process_time()
        taak = asyncio.create_task(Relay(self.relay, self.broker, "signaal").run(stop, Heartbeat(None)))
        while self._verwijderd() - eerst < self.aantal and not taak.done():
            await asyncio.sleep(0.05)  # reading the counter costs a millisecond
        duur = time.perf_counter() - begin
        self.cpu["relay"] = (time.process_time() - cpu) / self.aantal
        stop.set()
        await taak
        await self._controleer(tot)
        return self.aantal / duur

    async def kaal(self) -> float:
        """Events per second that a bare producer with the relay's settings sends."""
        await vul(self.vuller, self.topic, self.aantal)
        tot = await self._einde()
        rijen = await self.alles.rows(_ALLES)
        await self.alles.rows(_LEEG)
        berichten = [(rij.key.encode(), headers_of(rij.headers, rij.traceparent), bytes(rij.payload)) for rij in rijen]
        begin, cpu = time.perf_counter(), time.process_time()
        async with AIOKafkaProducer(
            **self.broker.client(),
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            linger_ms=0,
            max_batch_size=262_144,
        ) as producer:
            for key, headers, payload in berichten:
                await producer.send(self.topic, payload, key=key, headers=headers)
            await producer.flush()
            duur = time.perf_counter() - begin
            self.cpu["bare"] = (time.process_time() - cpu) / self.aantal
        await self._controleer(tot)
        return self.aantal / duur

    async def dood(self) -> int:
        """Removed rows of the outbox that are still there."""
        await self.alles.rows(_TELLINGEN_WEG)
        ((aantal,),) = await self.alles.rows(_DOOD)
        return int(aantal)

    def _verwijderd(self) -> float:
        """What the relay itself counts: asking the table would take its time."""
        samples = [each for metric in REGISTRY.collect() for each in metric.samples]
        return sum(each.value for each in samples if each.name == "outbox_published_total")

    async def begin(self) -> None:
        """Make the topic that all rounds use; start with an empty outbox."""
        await self.alles.rows(_LEEG)
        await asyncio.to_thread(kafka_admin.create_topics, self.broker, [NewTopic(self.topic, PARTITIES, 1)])

    def _lezer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(**self.broker.client(), fetch_max_bytes=8_000_000)

    async def _einde(self) -> dict[TopicPartition, int]:
        """Where each partition ends."""
        async with self._lezer() as consumer:
            deel = [TopicPartition(self.topic, nummer) for nummer in range(PARTITIES)]
            ends: dict[TopicPartition, int] = await consumer.end_offsets(deel)
        return ends

    async def _controleer(self, vanaf: dict[TopicPartition, int]) -> None:
        """Read back what came after `vanaf`.

        Raises:
            AssertionError: a version of an aggregate is missing, repeated or out of order.
        """
        gelezen: list[Any] = []
        async with self._lezer() as consumer, asyncio.timeout(120):
            consumer.assign(list(vanaf))
            for deel, positie in vanaf.items():
                consumer.seek(deel, positie)
            while len(gelezen) < self.aantal:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    gelezen.extend((record.key, record.headers) for record in records)
        if not in_volgorde(gelezen, self.aantal):
            raise AssertionError("a version is missing, repeated or out of order")


async def ronden(
    opstelling: Opstelling, wegen: Mapping[str, Callable[[], Awaitable[float]]], genoeg: Callable[[int], bool]
) -> dict[str, list[float]]:
    """Events per second by way, interleaved, the first alternating."""
    gemeten: dict[str, list[float]] = {naam: [] for naam in wegen}
    for ronde in range(1000):
        if genoeg(ronde):
            break
        for naam in sorted(wegen, reverse=bool(ronde % 2)):
            gc.collect()
            gemeten[naam].append(await wegen[naam]())
        snelheden = ", ".join(
            f"{naam} {tempo[-1]:,.0f}/s ({1e6 * opstelling.cpu[naam]:.0f} us CPU each)"
            for naam, tempo in gemeten.items()
        )
        meld(f"  round {ronde + 1}: {snelheden}; {await opstelling.dood():,} dead rows")
    return gemeten


@asynccontextmanager
async def schrijver(superuser: str) -> AsyncIterator[None]:
    """A write transaction that stays open in another database of the cluster."""
    connection = await asyncpg.connect(superuser)
    try:
        await connection.execute("set idle_in_transaction_session_timeout = 0")
        await connection.execute("begin; select pg_current_xact_id()")
        yield
    finally:
        await connection.close()


def _verhouding(gemeten: dict[str, list[float]]) -> float:
    """Median of the ratios by round, the first left out where there are more: it fills caches."""
    paren = list(zip(gemeten["relay"], gemeten["bare"], strict=True))
    return statistics.median(relay / bare for relay, bare in paren[1:] or paren)


def _vrije_poort() -> int:
    ports = Ports()
    try:
        return ports.free()
    finally:
        ports.release()


def _tempo(tempo: Sequence[float]) -> str:
    return f"{statistics.median(tempo[1:] or tempo):,.0f}/s"


async def main(dsns: Mapping[str, str], aantal: int) -> None:
    # As a process of production has it, with a port of its own for the metrics; spans go where TRACES says.
    telemetry.configure("bench", ProcessSettings(metrics_port=_vrije_poort()))
    adressen = testing.servers().addresses
    vuller = Database(dsns["worker"], pool=1, application="bench")
    relay = Database(dsns["relay"], pool=10, application="signaal-relay")
    alles = Database(dsns["superuser"], pool=1, application="bench")
    opstelling = Opstelling(testing.broker(adressen), vuller, relay, alles, aantal)
    await opstelling.begin()
    gc.freeze()
    gc.set_threshold(100_000, 50, 1000)
    wegen = {"relay": opstelling.door_de_relay, "bare": opstelling.kaal}
    meld(f"relay: {aantal:,} events a round, order per key read back from {PARTITIES} partitions")
    rustig = await ronden(opstelling, wegen, lambda ronde: ronde >= RONDEN)
    begin = time.monotonic()
    meld(f"relay beside a write transaction in another database, {'five minutes' if lang() else 'some rounds'} long")
    async with schrijver(testing.superuser(adressen["postgres"], "match")):
        # Only the relay, so that what it removed piles up: the bare producer's way empties the table for good.
        naast = await ronden(
            opstelling,
            {"relay": opstelling.door_de_relay},
            lambda ronde: time.monotonic() - begin > LANG if lang() else ronde >= RONDEN,
        )
        dood = await opstelling.dood()
    tegen_kaal = statistics.median(naast["relay"][-3:]) / statistics.median(rustig["bare"][1:])
    tegen_rustig = statistics.median(naast["relay"][-3:]) / statistics.median(rustig["relay"][1:])
    geef(
        Uitkomst(
            "relay, events to the topic",
            _tempo(rustig["relay"]),
            f"bare producer {_tempo(rustig['bare'])}",
            f"{_verhouding(rustig):.2f}",
            ">= 0.40",
            _verhouding(rustig) >= 0.4,
        ),
        Uitkomst(
            f"relay beside a writer, {dood:,} dead rows",
            _tempo(naast["relay"][-3:]),
            "bare producer",
            f"{tegen_kaal:.2f}",
            ">= 0.40",
            tegen_kaal >= 0.4,
        ),
        Uitkomst("  the same", _tempo(naast["relay"][-3:]), "relay without writer", f"{tegen_rustig:.2f}"),
    )
    for each in (vuller, relay, alles):
        await each.close()


if __name__ == "__main__":
    try:
        uvloop.run(main(testing.database("signaal"), getal(AANTAL)))
    finally:
        testing.stop()
