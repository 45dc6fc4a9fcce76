"""Dead letters for people (D5): what a replay does to matches, and that no output shows what a message holds (D2)."""

import asyncio
import json
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import ConsumerRecord
from services.match.tests.berichten import (
    SPOOR,
    Signaleerder,
    persoon_vernietigd,
    vastgelegd,
    verwerk,
    verwerken,
)
from services.match.tests.stand import matches, rijen, verteld

from platformkit.clock import FixedClock
from platformkit.db.database import Database
from platformkit.envelope import Message, encode
from platformkit.executor import Executor, UnitOfWork
from platformkit.messaging.consumer import Consumer, Subscription
from platformkit.messaging.replay import DeadLetters, Fate, Filter
from platformkit.testing import NOWHERE

BSN = "999993653"
Headers = list[tuple[str, bytes]]


class Lezer:
    """A consumer of match in a version that chokes on some messages; what it puts aside can be asked for."""

    def __init__(self, worker: Database, executor: Executor) -> None:
        self.worker, self.executor = worker, executor
        self.offset = uuid4().int >> 80

    async def leest(self, *messages: Message, stikt_in: Sequence[UUID] = ()) -> list[str]:
        """Read a batch; the ids of the dead letters that it left, in order."""

        async def handler(work: UnitOfWork, batch: Sequence[Message]) -> None:
            if any(message.subject in stikt_in for message in batch):
                raise ValueError(f"not before the next version: {BSN}")
            await verwerken(work, batch)

        return await self._batch([_record(message) for message in messages], handler)

    async def leest_bytes(self, headers: Headers, key: bytes, value: bytes) -> str:
        """Read bytes that are no message of ours."""
        (letter,) = await self._batch([(headers, key, value)], verwerken)
        return letter

    async def _batch(self, records: list[tuple[Headers, bytes, bytes]], handler: Any) -> list[str]:
        subscription = Subscription("match.signaal", "signaal", handler)
        consumer = Consumer(NOWHERE, self.executor, [subscription])
        first, self.offset = self.offset, self.offset + len(records)
        batch = [
            ConsumerRecord("signaal", 0, first + at, 0, 0, key, value, None, 0, len(value), tuple(headers))
            for at, (headers, key, value) in enumerate(records)
        ]
        assert await consumer.handle(subscription, batch)
        return await self.rijen(
            "select id::text as id from dead_letter where topic = 'signaal' and \"offset\" between :a and :b order by id",
            a=first,
            b=self.offset - 1,
        )

    async def rijen(self, sql: str, **values: Any) -> list[Any]:
        return [rij[0] for rij in await rijen(self.worker, sql, **values)]

    async def ligt_er(self, letter: str) -> bool:
        return bool(await self.rijen("select 1 from dead_letter where id::text = :id", id=letter))


def _record(message: Message) -> tuple[Headers, bytes, bytes]:
    headers, value = encode(
        message.event,
        event_id=uuid4(),
        subject=message.subject,
        source="urn:nld:oin:00000099000000001000:systeem",
        version=message.version,
        time=message.time,
    )
    raw = [(name, each.encode()) for name, each in headers.items()] + [("traceparent", SPOOR.encode())]
    return raw, str(message.key).encode(), value


@pytest.fixture
def lezer(worker: Database, executor: Executor) -> Lezer:
    return Lezer(worker, executor)


@pytest.fixture
def brieven(executor: Executor) -> DeadLetters:
    return DeadLetters(executor, [Subscription("match.signaal", "signaal", verwerken)])


@pytest.fixture
def cli(commando):
    async def run(*words: str) -> tuple[int, str]:
        code, printed = await commando("dead-letters", *words)
        assert BSN not in printed, "the content of a message"
        return code, printed

    return run


@pytest.mark.regel("D5")
async def test_a_signal_that_ended_while_its_begin_lay_aside_stays_ended(lezer: Lezer, cli, worker: Database) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    (letter,) = await lezer.leest(a.afgegeven(), b.afgegeven(), stikt_in=[a.id])
    assert await lezer.leest(a.gedeactiveerd()) == []
    assert (await cli("replay", letter))[0] == 0
    assert not await lezer.ligt_er(letter)
    assert await matches(worker, [a.id, b.id]) == []


@pytest.mark.regel("D5")
async def test_a_signal_that_was_extended_while_its_begin_lay_aside_matched_before_the_replay(
    lezer: Lezer, cli, worker: Database, addresses
) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    b.einddatum = date(2026, 12, 1)  # so that the match ends when a does, and would show an older a
    (letter,) = await lezer.leest(a.afgegeven(), b.afgegeven(), stikt_in=[a.id])
    assert await matches(worker, [a.id]) == []
    await lezer.leest(a.verlengd(date(2026, 8, 1)))
    before = await matches(worker, [a.id])
    assert [(match.status, match.einddatum) for match in before] == [("actief", date(2026, 8, 1))]
    told = len(await verteld(addresses["relay"], before[0].match_id))
    assert (await cli("replay", letter))[0] == 0
    assert not await lezer.ligt_er(letter)
    assert await matches(worker, [a.id]) == before
    assert len(await verteld(addresses["relay"], before[0].match_id)) == told


async def test_a_replayed_begin_matches_in_its_own_trace_and_is_recorded(
    lezer: Lezer, cli, worker: Database, looker: asyncpg.Connection, addresses
) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    (letter,) = await lezer.leest(a.afgegeven(), b.afgegeven(), stikt_in=[a.id])
    code, said = await cli("replay", letter, "--by", "beheerder-7")
    assert (code, said.splitlines()) == (0, [f"{letter}  handled", "1 of 1 done."])
    (match,) = await matches(worker, [a.id])
    (event,) = await verteld(addresses["relay"], match.match_id)
    assert event.traceparent.split("-")[1] == SPOOR.split("-")[1]
    assert await _audit(looker, letter) == [("beheerder-7", "dead-letter-replay", "handled", jeugdige)]


async def test_what_fails_again_stays_with_the_new_error_and_its_neighbours_are_handled(
    lezer: Lezer, cli, worker: Database, looker: asyncpg.Connection
) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    headers, key, _ = _record(b.afgegeven())
    poison = await lezer.leest_bytes(headers, key, b"{")
    letters = await lezer.leest(a.afgegeven(), b.afgegeven(), stikt_in=[a.id, b.id])
    code, said = await cli("replay", poison, *letters)
    assert code == 1
    assert "2 of 3 done." in said
    kept = await lezer.rijen("select error || attempts from dead_letter where id::text = :id", id=poison)
    assert kept == ["breaks the contract of nl.verwijsindex.signaal.afgegeven.v1: ValidationError1"]
    assert len(await matches(worker, [a.id])) == 1
    assert [row[1:3] for row in await _audit(looker, poison)] == [("dead-letter-replay", "failed")]


async def test_effects_and_removal_go_together(lezer: Lezer, executor: Executor, worker: Database) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    (letter,) = await lezer.leest(a.afgegeven(), b.afgegeven(), stikt_in=[a.id])

    async def fails_late(work: UnitOfWork, batch: Sequence[Message]) -> None:
        await verwerken(work, batch)
        raise ValueError(BSN)

    broken = DeadLetters(executor, [Subscription("match.signaal", "signaal", fails_late)])
    result = await broken.replay(UUID(letter), "iemand")
    assert (result.fate, result.error) == (Fate.FAILED, "ValueError")
    assert await lezer.ligt_er(letter)
    assert await matches(worker, [a.id]) == []


async def test_two_people_replay_the_same_one(lezer: Lezer, brieven: DeadLetters, worker: Database, addresses) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    (letter,) = await lezer.leest(a.afgegeven(), b.afgegeven(), stikt_in=[a.id])
    results = await asyncio.gather(*(brieven.replay(UUID(letter), "iemand") for _ in range(4)))
    assert sorted(each.fate for each in results) == ["handled", *["not there (any more)"] * 3]
    (match,) = await matches(worker, [a.id])
    assert len(await verteld(addresses["relay"], match.match_id)) == 1


async def test_a_message_that_was_handled_after_all_is_only_removed(
    lezer: Lezer, brieven: DeadLetters, executor: Executor, worker: Database
) -> None:
    a, b = Signaleerder(uuid4()), Signaleerder(uuid4())
    (letter,) = await lezer.leest(a.afgegeven(), stikt_in=[a.id])
    (stored,) = await brieven.find(Filter(), [UUID(letter)])
    await verwerk(
        executor, [stored.decoded(executor.place("signaal"))]
    )  # the topic was read from the start by a version that can
    b.id = a.id

    async def never(work: UnitOfWork, batch: Sequence[Message]) -> None:
        raise AssertionError("handled twice")

    again = DeadLetters(executor, [Subscription("match.signaal", "signaal", never)])
    assert (await again.replay(UUID(letter), "iemand")).fate is Fate.HANDLED
    assert not await lezer.ligt_er(letter)


@pytest.mark.regel("D2")
@pytest.mark.parametrize("form", [(), ("--json",)])
async def test_no_output_shows_what_a_poison_message_holds(lezer: Lezer, cli, form: tuple[str, ...]) -> None:
    """The BSN is in every place that has room for it; the fixture looks at all output."""
    headers, _, value = _record(Signaleerder(uuid4()).afgegeven())
    planted = dict(headers) | {
        "ce_id": BSN.encode(),
        "ce_subject": BSN.encode(),
        "ce_sequence": BSN.encode(),
        "ce_time": f"1990-01-01T00:00:00Z{BSN}".encode(),
        "traceparent": BSN.encode(),
        f"x-{BSN}": BSN.encode(),
    }
    data = json.loads(value)
    data |= {"convenant": BSN, "gemeente": {BSN: BSN}, "signaalId": BSN, BSN: BSN, f"naam {BSN}": BSN}
    del data["bron"]
    letter = await lezer.leest_bytes(list(planted.items()), BSN.encode(), json.dumps(data).encode())
    bare = await lezer.leest_bytes(headers, BSN.encode(), BSN.encode())
    _, listed = await cli("list", *form)
    assert letter in listed
    code, shown = await cli("show", letter, bare, *form)
    assert code == 0
    for told in ("signaalId", "uuid_parsing", "missing", "string_type", "accountId", "not a JSON object"):
        assert (told in shown) is (told != "accountId"), (told, shown)
    assert "fields that the contract does not know" in shown
    assert "sha256" in shown
    if form:
        told = {each["id"]: each for each in json.loads(shown)}
        assert told[letter]["body"]["field account"] == "fits"
        assert told[letter]["body"]["field bron"] == "missing"
        assert set(told[letter]["envelope"].values()) == {
            "nl.verwijsindex.signaal.afgegeven.v1",
            "(not shown: not of the form that it should have)",
        }
        assert "sha256" not in told[bare]["body"], "nine digits can be tried"
    assert (await cli("replay", letter))[0] == 1
    assert (await cli("drop", letter, bare, "--yes"))[0] == 0


async def test_filters_choose_which_to_list_and_replay(lezer: Lezer, cli, klok: FixedClock) -> None:
    a = Signaleerder(uuid4())
    (old,) = await lezer.leest(a.afgegeven(), stikt_in=[a.id])
    klok.moment = klok.moment.replace(year=2027)
    (new,) = await lezer.leest(a.afgegeven(), stikt_in=[a.id])

    async def ids(*words: str) -> set[str]:
        _, printed = await cli("list", "--json", *words)
        return {each["id"] for each in json.loads(printed)} & {old, new}

    assert await ids() == {old, new}
    assert await ids("--since", "2027-01-01") == {new}
    assert await ids("--consumer", "match.persoon") == set()
    assert await ids("--error", "ValueError", "--consumer", "match.signaal") == {old, new}
    assert await ids("--error", "%") == set()
    code, said = await cli("replay", "--all", "--since", "2027-01-01T00:00Z", "--error", "ValueError")
    assert (code, f"{new}  handled" in said, old in said) == (0, True, False)
    assert await ids() == {old}
    assert await cli("show", new) == (1, f"{new}  not there (any more)\n")


async def test_drop_wants_a_yes_and_is_recorded(
    lezer: Lezer, cli, worker: Database, looker: asyncpg.Connection
) -> None:
    jeugdige = uuid4()
    a, b = Signaleerder(jeugdige), Signaleerder(jeugdige)
    (letter,) = await lezer.leest(a.afgegeven(), b.afgegeven(), stikt_in=[a.id])
    for words in (("drop", letter), ("replay",), ("replay", letter, "--all"), ("list", "--since", "x"), ()):
        assert (await cli(*words))[0] == 2
    assert await lezer.ligt_er(letter)
    assert (await cli("drop", letter, "--yes", "--by", "beheerder-8"))[0] == 0
    assert not await lezer.ligt_er(letter)
    assert await matches(worker, [a.id]) == []
    assert await _audit(looker, letter) == [("beheerder-8", "dead-letter-drop", "dropped", jeugdige)]
    assert (await cli("drop", letter, "--yes"))[0] == 1


@pytest.mark.regel("D8")
async def test_of_who_or_what_was_destroyed_nothing_lies_aside(lezer: Lezer, executor: Executor) -> None:
    jeugdige = uuid4()
    a, b, ander = Signaleerder(jeugdige), Signaleerder(jeugdige), Signaleerder(uuid4())
    letters = await lezer.leest(a.afgegeven(), b.afgegeven(), ander.afgegeven(), stikt_in=[a.id, b.id, ander.id])
    await verwerk(executor, [a.vernietigd()])
    assert [await lezer.ligt_er(each) for each in letters] == [False, True, True]
    await verwerk(executor, [vastgelegd(jeugdige, []), persoon_vernietigd(jeugdige)], "match.persoon")
    assert [await lezer.ligt_er(each) for each in letters] == [False, False, True]


async def _audit(looker: asyncpg.Connection, letter: str) -> list[tuple[Any, ...]]:
    rows = await looker.fetch(
        "select actor, action, outcome, person from audit where object = $1 order by id", UUID(letter)
    )
    return [tuple(row) for row in rows]
