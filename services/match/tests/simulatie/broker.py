"""Topics, consumer groups and offsets, as far as a consumer notices them."""

from collections import Counter
from random import Random
from zlib import crc32

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError
from services.match.tests.simulatie.geschiedenis import Bericht


class Topic:
    """Records in partitions by key."""

    def __init__(self, naam: str, partities: int) -> None:
        self.naam = naam
        self.partities: list[list[ConsumerRecord]] = [[] for _ in range(partities)]

    def zet(self, bericht: Bericht) -> None:
        """Append it: what has the same key keeps its order."""
        key = str(bericht.key).encode()
        nummer = crc32(key) % len(self.partities)
        self._zet(nummer, key, bericht.value, tuple(bericht.headers))

    def herhaal(self, nummer: int, key: bytes, value: bytes, headers: tuple[tuple[str, bytes], ...]) -> None:
        """Append what was read before, as the replay of a dead letter does."""
        self._zet(nummer, key, value, headers)

    def _zet(self, nummer: int, key: bytes, value: bytes, headers: tuple[tuple[str, bytes], ...]) -> None:
        partitie = self.partities[nummer]
        partitie.append(
            ConsumerRecord(
                topic=self.naam,
                partition=nummer,
                offset=len(partitie),
                timestamp=0,
                timestamp_type=0,
                key=key,
                value=value,
                checksum=None,
                serialized_key_size=len(key),
                serialized_value_size=len(value),
                headers=headers,
            )
        )


class Groep:
    """One consumer group on one topic: every partition belongs to one member, from the committed offset on."""

    def __init__(self, topic: Topic, kans: Random, telling: Counter[str]) -> None:
        self.topic = topic
        self.offsets = [0] * len(topic.partities)
        self.gelezen = [0] * len(topic.partities)
        self.leden: list[Lid] = []
        self.telling = telling
        self._kans = kans

    def bij(self, lid: "Lid") -> None:
        self.leden.append(lid)
        self.verdeel()

    def weg(self, lid: "Lid") -> None:
        if lid in self.leden:
            self.leden.remove(lid)
            lid.neem_af()
            self.verdeel()

    def verdeel(self) -> None:
        """Rebalance: whoever gets a partition begins at the committed offset."""
        self.telling["rebalance"] += 1
        for lid in self.leden:
            lid.neem_af()
        for nummer in range(len(self.offsets)):
            if self.leden:
                self._kans.choice(self.leden).positie[nummer] = self.offsets[nummer]

    @property
    def leeg(self) -> bool:
        """Everything was handled and acknowledged."""
        return all(offset == len(p) for offset, p in zip(self.offsets, self.topic.partities, strict=True))


class Lid:
    """A member; plays AIOKafkaConsumer for `_rewind`."""

    def __init__(self, groep: Groep) -> None:
        self.groep = groep
        self.positie: dict[int, int] = {}
        self.generatie = 0
        self.bezig = False

    def neem_af(self) -> None:
        """Its partitions are others' now: what it is handling it can no longer acknowledge."""
        self.positie.clear()
        self.generatie += 1

    @property
    def klaar(self) -> bool:
        """Whether there is something to read."""
        return any(positie < len(self.groep.topic.partities[p]) for p, positie in self.positie.items())

    def lees(self, aantal: int) -> list[ConsumerRecord]:
        """The next records of its partitions."""
        gelezen: list[ConsumerRecord] = []
        for nummer, positie in self.positie.items():
            nieuw = self.groep.topic.partities[nummer][positie : positie + aantal - len(gelezen)]
            self.positie[nummer] = tot = positie + len(nieuw)
            self.groep.telling["redelivered"] += max(0, self.groep.gelezen[nummer] - positie) if nieuw else 0
            self.groep.gelezen[nummer] = max(self.groep.gelezen[nummer], tot)
            gelezen += nieuw
        return gelezen

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition(self.groep.topic.naam, nummer) for nummer in self.positie}

    def seek(self, partitie: TopicPartition, offset: int) -> None:
        self.groep.telling["rewound"] += 1
        self.positie[partitie.partition] = offset

    def bevestig(self, generatie: int) -> None:
        """Commit the offsets.

        Raises:
            CommitFailedError: the partitions went to others since they were read.
        """
        if generatie != self.generatie:
            self.groep.telling["acknowledged too late"] += 1
            raise CommitFailedError
        for nummer, positie in self.positie.items():
            self.groep.offsets[nummer] = positie


class Partij:
    """A batch on its way to the handler; plays FastStream's message."""

    def __init__(self, lid: Lid, records: list[ConsumerRecord]) -> None:
        self.raw_message = tuple(records)
        self.consumer = lid
        self._generatie = lid.generatie

    async def ack(self) -> None:
        self.consumer.bevestig(self._generatie)
