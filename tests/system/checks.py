"""What must be true after any fault: nothing lost, every effect once, a mail repeated at most once per kill."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from driver import Driver
from readers import DATABASES, READERS
from stores import rows

from contracts.registry import topics
from lokaal.testing import broker
from lokaal.token import TokenError, slug
from platformkit.broker import Broker
from platformkit.testing import eventually

ORGANISATIONS = ("Altra", "De Buurtschool")


def count(driver: Driver, database: str, table: str) -> int:
    """How many rows a table has."""
    return int(rows(driver, database, f"select count(*) from {table}")[0][0])


def outboxes_empty(driver: Driver, databases: Iterable[str] = DATABASES) -> bool:
    """Whether all that was told has been published."""
    return not any(count(driver, each, "outbox") for each in databases)


async def _read(kafka: Broker, since: dict[TopicPartition, int] | None) -> tuple[list[Any], dict[TopicPartition, int]]:
    """All records from `since` on (none of them for None), and where the topics end now."""
    reader = AIOKafkaConsumer(*topics(), **kafka.client())
    await reader.start()
    try:
        ends = await reader.end_offsets(reader.assignment())
        read: list[Any] = []
        for partition, end in ends.items():
            reader.seek(partition, end if since is None else since[partition])
        while any([await reader.position(each) < end for each, end in ends.items()]):
            for records in (await reader.getmany(timeout_ms=200)).values():
                read += records
        return read, ends
    finally:
        await reader.stop()


@dataclass(frozen=True)
class Pair:
    """Two professionals, the first at Altra, the second at De Buurtschool, with signals on one youth."""

    names: tuple[str, str]
    signals: tuple[str, str]


def pair_of(driver: Driver, names: tuple[str, str], bsn: str, **body: object) -> Pair:
    """Two signals; a request without an answer is sent again with its key until it has one, and then has one result."""
    # Before the first of them: to admit the other is a request as well.
    for name, organisation in zip(names, ORGANISATIONS, strict=True):
        eventually(
            lambda name=name, at=organisation: _admitted(driver, name, at),
            f"{name} to be admitted",
            seconds=180,
            every=0.3,
        )
    first, second = (
        _signal(driver, name, organisation, bsn, body) for name, organisation in zip(names, ORGANISATIONS, strict=True)
    )
    return Pair(names, (first, second))


def _admitted(driver: Driver, name: str, organisation: str) -> bool:
    try:
        driver.bearer(name, organisation)
    except (TokenError, httpx.TransportError):
        return False
    return True


def _signal(driver: Driver, name: str, organisation: str, bsn: str, body: dict[str, object]) -> str:
    key = str(uuid4())

    def issue() -> str | None:
        try:
            answer = driver.signal(name, bsn, organisation, key=key, **body)
        except httpx.TransportError:
            return None
        assert answer.status_code in {201, 429, 500, 503}, answer.text
        return str(answer.json()["signaalId"]) if answer.status_code == 201 else None

    # Not more often than a professional may.
    made = eventually(issue, f"the signal of {name}", seconds=300, every=1.0)
    assert eventually(issue, f"the signal of {name} again", seconds=300, every=1.0) == made, "one key, two results"
    return made


def signals_of(driver: Driver, name: str) -> list[str]:
    """The ids of a professional's signals as they are stored."""
    query = "select s.id::text from signaal s join account a on a.id = s.account where a.subject = $1"
    return [row[0] for row in rows(driver, "signaal", query, slug(name))]


@dataclass
class Ledger:
    """What was accepted since it was opened, and how the books stood then."""

    driver: Driver
    pairs: list[Pair] = field(default_factory=list)

    def __post_init__(self) -> None:
        # A mail of what was before would else count as one of what comes now.
        self._await_rest()
        self._opened = rows(self.driver, "notificatie", "select clock_timestamp()")[0][0]
        self._parked = self._dead_letters()
        self._mails = Counter(mail["messageId"] for mail in self._inbox())
        _, self._ends = asyncio.run(_read(self._kafka, None))

    @property
    def _kafka(self) -> Broker:
        return broker(self.driver.addresses)

    def _dead_letters(self) -> dict[str, int]:
        return {each: count(self.driver, each, "dead_letter") for each in DATABASES}

    def _inbox(self) -> list[dict[str, Any]]:
        inbox = f"{self.driver.addresses['mail']['inbox']}/api/berichten"
        return list(self.driver.http.get(inbox, params={"limiet": 10_000}).json()["items"])

    @property
    def accepted(self) -> int:
        """How many signals of the pairs were accepted."""
        return 2 * len(self.pairs)

    def repeated(self) -> int:
        """How many mails came again since the ledger was opened."""
        now = Counter(mail["messageId"] for mail in self._inbox()) - self._mails
        return sum(copies - 1 for copies in now.values())

    def check(self, *, repeats: int, lapsed: int = 0, parked: int = 0) -> None:
        """Compare books and world once all has come to rest.

        Args:
            repeats: how many mails may have come a second time.
            lapsed: how many may have come of matches that ended before it was noted.
            parked: how many messages must have been put aside.
        """
        for pair in self.pairs:
            self._stored_once(pair)
        self._await_rest()
        eventually(lambda: not self._unhandled(), "every consumer to have handled every event", seconds=180, every=0.3)
        self._wire_in_order()
        self._mailed(lapsed)
        assert self.repeated() <= repeats, "more mails came again than there were kills"
        assert self._parked_since() == parked

    def _await_rest(self) -> None:
        """All is told to whom it must be, and the rest knows that."""
        eventually(lambda: not self._open(), "every notification to be delivered", seconds=180, every=0.3)
        eventually(lambda: outboxes_empty(self.driver), "empty outboxes", seconds=180, every=0.3)

    def _parked_since(self) -> int:
        now = self._dead_letters()
        return sum(now[each] - self._parked[each] for each in DATABASES)

    def _stored_once(self, pair: Pair) -> None:
        """Both signals stand once, and one match of theirs, which was made once."""
        for name, signal in zip(pair.names, pair.signals, strict=True):
            assert signals_of(self.driver, name) == [signal], f"signals of {name}"
        eventually(lambda: self.matched(pair), f"the match of {pair.names}", seconds=180, every=0.3)
        assert self.matches(pair) == [("actief", None, 1)]

    def matches(self, pair: Pair) -> list[tuple[object, ...]]:
        """Status, reason and number of versions of the pair's matches."""
        query = (
            "select status, reden, versie & 4294967295 from match"
            " where signaal_a::text = any($1) and signaal_b::text = any($1)"
        )
        return [tuple(row) for row in rows(self.driver, "match", query, list(pair.signals))]

    def match_id(self, pair: Pair) -> UUID:
        """The id of the pair's match."""
        query = "select match_id from match where signaal_a::text = any($1) and signaal_b::text = any($1)"
        return UUID(str(rows(self.driver, "match", query, list(pair.signals))[0][0]))

    def matched(self, pair: Pair) -> bool:
        """Whether there is a match."""
        return bool(self.matches(pair))

    def told(self) -> list[tuple[str, str]]:
        """The events since the ledger was opened, each once: of whom, and what happened."""
        events = {}
        for record in self._events():
            headers = {name: value.decode() for name, value in record.headers}
            events[headers["ce_id"]] = (headers["ce_subject"], headers["ce_type"].split(".")[-2])
        return list(events.values())

    def copies(self, topic: str) -> int:
        """How many records a topic got since the ledger was opened, repetitions included."""
        return sum(record.topic == topic for record in self._events())

    def close_all(self) -> None:
        """Close the signals, so that the youths can be used again."""
        for pair in self.pairs:
            for name, signal, organisation in zip(pair.names, pair.signals, ORGANISATIONS, strict=True):
                assert self.driver.close_signal(name, signal, organisation).is_success

    def _open(self) -> bool:
        """Whether somebody has still to be told."""
        return bool(rows(self.driver, "notificatie", "select 1 from notificatie where status in ('wachtend', 'bezig')"))

    def _mailed(self, most_lapsed: int) -> None:
        """One mail for each notification and each professional; a copy of it carries the same Message-ID."""
        query = "select id::text, status from notificatie where sinds >= $1"
        status = {row[0]: row[1] for row in rows(self.driver, "notificatie", query, self._opened)}
        told = {each for each in status if status[each] == "afgeleverd"}
        mailed = {
            each.strip("<>").partition("@")[0] for each in Counter(m["messageId"] for m in self._inbox()) - self._mails
        }
        assert told <= mailed, f"{len(told - mailed)} of {len(told)} that count as delivered have no mail"
        # Taken by the server and not noted when the kill came, and then the match ended: nobody is told twice.
        lapsed = Counter(status.get(each, "unknown") for each in mailed - told)
        assert lapsed.keys() <= {"vervallen"}, f"mails of notifications that are {dict(lapsed)}"
        assert lapsed.total() <= most_lapsed, "more mails than there were kills of what had lapsed"
        for pair in self.pairs:
            for name in pair.names:
                ids = {mail["messageId"] for mail in self.driver.mails(name)}
                assert len(ids) == 1, f"mails of {name}: {ids}"

    def _events(self) -> list[ConsumerRecord]:
        return asyncio.run(_read(self._kafka, self._ends))[0]

    def _unhandled(self) -> dict[str, int]:
        """By consumer how many events on the wire it does not know."""
        wire: dict[str, set[str]] = defaultdict(set)
        for record in self._events():
            headers = dict(record.headers)
            if {"ce_source", "ce_id"} <= headers.keys() and _readable(headers):
                wire[record.topic].add(f"{headers['ce_source'].decode()}#{headers['ce_id'].decode()}")
        missed = {}
        for topic, readers in READERS.items():
            for reader in readers:
                known = rows(
                    self.driver,
                    reader.database,
                    "select event_id from inbox where consumer = $1 and event_id = any($2)",
                    reader.consumer,
                    sorted(wire[topic]),
                )
                if lost := len(wire[topic]) - len(known):
                    missed[reader.consumer] = lost
        return missed

    def _wire_in_order(self) -> None:
        """A version of an aggregate is one event, and no version is told for the first time after a later one."""
        told: dict[tuple[str, bytes], dict[int, bytes]] = defaultdict(dict)
        for record in self._events():
            headers = dict(record.headers)
            if "ce_sequence" not in headers or not _readable(headers):
                continue
            versions = told[record.topic, headers["ce_subject"]]
            version, event = int(headers["ce_sequence"]), headers["ce_id"]
            if version not in versions:
                assert version > max(versions, default=-1), f"{record.topic} went back to version {version}"
            assert versions.setdefault(version, event) == event, f"two events are version {version} on {record.topic}"


def _readable(headers: dict[str, bytes]) -> bool:
    return all(value.isascii() for value in headers.values())
