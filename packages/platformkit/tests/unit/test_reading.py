"""How far behind, how old, and alive or not (D5): a consumer over a client that answers as told."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import (
    ConsumerStoppedError,
    GroupAuthorizationFailedError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)

from platformkit.messaging import reading as module
from platformkit.messaging.reading import Reading

ONE, TWO = TopicPartition("t", 0), TopicPartition("t", 1)


class Client:
    """What a client of Kafka knows: per partition (position, highwater, moment of the broker's last answer)."""

    def __init__(self, states: Mapping[TopicPartition, tuple[int, int, float | None]]) -> None:
        self.states = dict(states)
        self.polls: list[Any] = []
        self.topic: set[int] | None = {0, 1}
        self.sought: list[TopicPartition] = []
        self._fetcher = self
        self._fetch_task = asyncio.get_running_loop().create_future()

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self.states)

    def partitions_for_topic(self, _topic: str) -> set[int] | None:
        return self.topic

    def last_poll_timestamp(self, partition: TopicPartition) -> int | None:
        moment = self.states[partition][2]
        return None if moment is None else int(moment * 1000)

    def highwater(self, partition: TopicPartition) -> int:
        return self.states[partition][1]

    async def position(self, partition: TopicPartition) -> int:
        return self.states[partition][0]

    async def seek_to_beginning(self, *partitions: TopicPartition) -> None:
        self.sought += partitions

    async def getmany(self, **_given: int) -> Any:
        outcome = self.polls.pop(0) if self.polls else {}
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class Clock:
    """Both clocks of the machine, moved by hand."""

    now = 1_000.0

    def time(self) -> float:
        return self.now

    monotonic = time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The gauges by name, with their partition if they have one."""
    found: dict[str, float] = {}
    for name in ("silence", "lag", "age"):

        def put(value: float, attributes: Mapping[str, str], name: str = name) -> None:
            assert attributes["consumer"] == "lezer"
            found[f"{name} {attributes['partition']}" if "partition" in attributes else name] = value

        monkeypatch.setattr(getattr(module, f"_{name}"), "set", put)
    return found


async def begun(client: Client) -> Reading:
    reading = Reading("lezer", "t", busy=300.0)
    await reading.on_partitions_assigned(client.assignment())
    await reading.poll(client)
    return reading


def sent(offset: int, moment: float) -> ConsumerRecord:
    return ConsumerRecord("t", 0, offset, int(moment * 1000), 0, None, None, None, 0, 0, ())


async def test_what_is_read_to_the_end_is_neither_behind_nor_old(clock: Clock, told: dict[str, float]) -> None:
    reading = await begun(Client({ONE: (7, 7, 999.5), TWO: (0, 0, 1_000.0)}))
    await reading.measure()
    assert told == {"silence": 0.0, "lag 0": 0, "age 0": 0.5, "lag 1": 0, "age 1": 0.0}


async def test_a_batch_in_hand_is_unread_as_long_as_it_is_not_handled(clock: Clock, told: dict[str, float]) -> None:
    client = Client({ONE: (5, 9, 1_000.0)})
    reading = await begun(client)
    client.polls.append({ONE: [sent(3, 940.0), sent(4, 970.0)]})
    await reading.poll(client)
    await reading.measure()
    assert (told["lag 0"], told["age 0"]) == (6, 60.0)
    reading.done(handled=True)
    await reading.measure()
    assert (told["lag 0"], told["age 0"]) == (4, 30.0)
    # Read again: as old as before.
    client.polls.append({ONE: [sent(5, 975.0)]})
    await reading.poll(client)
    client.states[ONE] = (5, 9, 1_000.0)
    reading.done(handled=False)
    await reading.measure()
    assert told["lag 0"] == 4
    assert told["age 0"] >= 25.0


async def test_the_age_goes_on_growing_while_polls_fail_or_the_broker_is_silent(
    clock: Clock, told: dict[str, float]
) -> None:
    client = Client({ONE: (5, 5, 1_000.0)})
    reading = await begun(client)
    await reading.measure()
    for later in (50.0, 100.0):
        clock.now = 1_000.0 + later
        client.polls.append(KafkaError())
        with pytest.raises(KafkaError):
            await reading.poll(client)
        await reading.measure()
        assert (told["age 0"], told["silence"]) == (later, later)


async def test_a_partition_without_a_leader_grows_old_while_the_others_go_on(
    clock: Clock, told: dict[str, float]
) -> None:
    client = Client({ONE: (5, 5, 1_000.0), TWO: (5, 5, 1_000.0)})
    reading = await begun(client)
    await reading.measure()
    clock.now += 80.0
    client.states[ONE] = (6, 6, clock.now)
    await reading.poll(client)
    await reading.measure()
    assert told == {"silence": 0.0, "lag 0": 0, "age 0": 0.0, "lag 1": 0, "age 1": 80.0}
    assert reading.alive


async def test_a_partition_that_never_answered_grows_old_too(clock: Clock, told: dict[str, float]) -> None:
    reading = await begun(Client({ONE: (0, 0, None)}))
    await reading.measure()
    clock.now += 80.0
    await reading.measure()
    assert (told["lag 0"], told["age 0"]) == (0, 80.0)


async def test_without_a_partition_it_is_well_and_one_that_went_is_anothers(
    clock: Clock, told: dict[str, float]
) -> None:
    client = Client({ONE: (5, 9, 1_000.0)})
    reading = await begun(client)
    await reading.measure()
    assert told["lag 0"] == 4
    client.states.clear()
    clock.now += 80.0
    await reading.on_partitions_revoked({ONE})
    await reading.on_partitions_assigned(set())
    await reading.poll(client)
    await reading.measure()
    assert told == {"silence": 0.0, "lag 0": 0, "age 0": 0.0}
    assert reading.alive


async def test_a_topic_that_is_not_there_is_silence_and_no_death(clock: Clock, told: dict[str, float]) -> None:
    client = Client({})
    client.topic = None
    reading = await begun(client)
    clock.now += 80.0
    await reading.poll(client)
    await reading.measure()
    assert told == {"silence": 80.0}
    assert reading.alive
    client.topic = {0}
    await reading.poll(client)
    await reading.measure()
    assert told == {"silence": 0.0}


async def test_a_rebalance_that_does_not_end_is_silence(clock: Clock, told: dict[str, float]) -> None:
    client = Client({ONE: (5, 5, 1_000.0)})
    reading = await begun(client)
    await reading.on_partitions_revoked({ONE})
    client.states.clear()
    clock.now += 80.0
    await reading.poll(client)
    await reading.measure()
    assert told["silence"] == 80.0


async def test_who_never_got_to_poll_is_silent(clock: Clock, told: dict[str, float]) -> None:
    reading = Reading("lezer", "t", busy=300.0)
    clock.now += 80.0
    await reading.measure()
    assert told == {"silence": 80.0}


@pytest.mark.parametrize(
    "error",
    [TopicAuthorizationFailedError("t"), GroupAuthorizationFailedError(), KafkaError(), OSError(), RuntimeError()],
    ids=lambda error: type(error).__name__,
)
async def test_it_is_alive_until_no_poll_came_back_for_half_a_minute(
    clock: Clock, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    """The library waits five seconds after an error of Kafka, and not at all after another."""
    client = Client({ONE: (5, 5, 1_000.0)})
    reading = await begun(client)
    for later, alive in ((0.0, True), (29.0, True), (31.0, False), (100.0, False)):
        clock.now = 1_000.0 + later
        client.polls.append(error)
        with pytest.raises(KafkaError):
            await reading.poll(client)
        assert reading.alive is alive
    assert capsys.readouterr().out.count("poll_failed") == 4
    await reading.poll(client)
    assert reading.alive


async def test_a_client_that_fetches_no_more_is_not_alive(clock: Clock) -> None:
    client = Client({ONE: (5, 5, 1_000.0)})
    reading = await begun(client)
    client._fetch_task.set_result(None)
    clock.now += 31.0
    with pytest.raises(KafkaError):
        await reading.poll(client)
    assert not reading.alive


async def test_who_has_a_batch_in_hand_is_alive_for_as_long_as_the_group_bears_it(clock: Clock) -> None:
    client = Client({ONE: (5, 5, 1_000.0)})
    reading = await begun(client)
    client.polls.append({ONE: [sent(4, 1_000.0)]})
    await reading.poll(client)
    clock.now += 299.0
    assert reading.alive
    clock.now += 2.0
    assert not reading.alive
    reading.done(handled=False)
    assert reading.alive


async def test_what_stops_is_told_to_nobody(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    client = Client({ONE: (5, 5, 1_000.0)})
    reading = await begun(client)
    client.polls.append(ConsumerStoppedError())
    with pytest.raises(ConsumerStoppedError):
        await reading.poll(client)
    assert "poll_failed" not in capsys.readouterr().out


async def test_a_group_that_never_read_begins_at_the_beginning(clock: Clock) -> None:
    client = Client({ONE: (5, 5, 1_000.0)})
    reading = await begun(client)
    client.polls.append(NoOffsetForPartitionError(ONE))
    assert await reading.poll(client) == {}
    assert client.sought == [ONE]


async def test_an_offset_that_is_gone_is_told_and_read_on_behind(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    client = Client({ONE: (5, 5, 1_000.0)})
    reading = await begun(client)
    # The other one went away meanwhile.
    client.polls.append(OffsetOutOfRangeError({ONE: 5, TWO: 3}))
    assert await reading.poll(client) == {}
    assert client.sought == [ONE]
    assert capsys.readouterr().out.count("offset_out_of_range") == 2
