"""Races on the real stack: eight consumers, Apache Kafka and PostgreSQL, and the oracle in both directions (D4).

Red once the locks of services/match/src/match/adapters/db/sleutels.py are taken out, all of them or only the parents'.
What they counted is printed at the end of the run.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import chain, pairwise
from time import monotonic
from uuid import UUID, uuid4

import asyncpg
import pytest
from bus import BEGIN, Bus, assert_told, open_matches, partition
from services.match.tests.berichten import Signaleerder, gewijzigd, vastgelegd
from services.match.tests.oracle import Verwacht, oracle

from lokaal.stack import Stack
from lokaal.testing import superuser
from platformkit.envelope import Message
from platformkit.testing import eventually_async

pytestmark = [pytest.mark.system, pytest.mark.soak, pytest.mark.timeout(900)]


@dataclass
class Gezin:
    """Two siblings with a signal each: what is known before, what comes at the same instant, and how it ends."""

    a: Signaleerder
    b: Signaleerder
    ouder: UUID = field(default_factory=uuid4)
    vooraf: list[Message] = field(default_factory=list)
    samen: list[Message] = field(default_factory=list)
    ouders: dict[UUID, set[UUID]] = field(default_factory=dict)
    voorbij: set[UUID] = field(default_factory=set)

    def persoon(self, wie: Signaleerder, *ouders: UUID) -> Message:
        """The youth as first told, with these parents and one of its own."""
        self.ouders[wie.jeugdige] = {*ouders, uuid4()}
        return vastgelegd(wie.jeugdige, self.ouders[wie.jeugdige])

    def wissel(self, wie: Signaleerder, *ouders: UUID) -> Message:
        """The youth with other parents."""
        self.ouders[wie.jeugdige] = {*ouders, uuid4()}
        return gewijzigd(wie.jeugdige, self.ouders[wie.jeugdige])

    def einde(self, wie: Signaleerder, hoe: int) -> Message:
        """The end of a signal, in one of the three ways."""
        self.voorbij.add(wie.id)
        return [wie.gedeactiveerd, wie.verwijderd, wie.vernietigd][hoe % 3](2)

    def verwacht(self) -> Verwacht:
        """What the oracle says. Families share no parent, so that it may look at one at a time: it is quadratic."""
        signalen = [
            {
                "id": each.id,
                "jeugdige": each.jeugdige,
                "professional": each.professional,
                "einddatum": each.einddatum,
                "status": "weg" if each.id in self.voorbij else "actief",
            }
            for each in (self.a, self.b)
        ]
        return oracle(signalen, self.ouders, set(), BEGIN.date())


def siblings(*, together: bool = False) -> tuple[Signaleerder, Signaleerder]:
    """Two youths in different partitions, or in one."""
    a, b = uuid4(), uuid4()
    while (partition(a) == partition(b)) is not together:
        b = uuid4()
    return Signaleerder(a), Signaleerder(b)


def plain(_: int) -> Gezin:
    gezin = Gezin(*siblings())
    gezin.vooraf = [gezin.persoon(each, gezin.ouder) for each in (gezin.a, gezin.b)]
    gezin.samen = [gezin.a.afgegeven(), gezin.b.afgegeven()]
    return gezin


def ended(nummer: int) -> Gezin:
    """A's signal ends as B's begins; A's itself is old, or begins now, too; or both are old, match, and end."""
    gezin = plain(nummer)
    (a, b), einde = gezin.samen, gezin.einde(gezin.a, nummer // 4)
    match nummer % 4:
        case 0:
            gezin.vooraf, gezin.samen = [*gezin.vooraf, a], [einde, b]
        case 1:
            gezin.samen = [a, einde, b]
        case 2:
            gezin.vooraf, gezin.samen = [*gezin.vooraf, a], [b, einde]
        case _:
            gezin.vooraf, gezin.samen = [*gezin.vooraf, a, b], [einde, gezin.einde(gezin.b, nummer // 12)]
    return gezin


def half_ended(nummer: int) -> Gezin:
    """In half of the families nothing ends."""
    return ended(nummer // 2) if nummer % 2 else plain(nummer)


def swapped(nummer: int) -> Gezin:
    """Parents come to be shared, or no longer are, as the signals on both sides begin."""
    gezin = plain(nummer)
    (a, b), andere = gezin.samen, uuid4()
    match nummer % 4:
        case 0:  # a comes to b
            gezin.vooraf[0] = gezin.persoon(gezin.a)
            gezin.samen = [a, gezin.wissel(gezin.a, gezin.ouder), b]
        case 1:  # a leaves b
            gezin.samen = [gezin.wissel(gezin.a), a, b]
        case 2:  # both come to a third, who is in nobody's projection yet
            gezin.vooraf = [gezin.persoon(gezin.a), gezin.persoon(gezin.b)]
            gezin.samen = [gezin.wissel(gezin.a, andere), a, b, gezin.wissel(gezin.b, andere)]
        case _:  # a, whose signal is old, leaves b
            gezin.vooraf, gezin.samen = [*gezin.vooraf, a], [b, gezin.wissel(gezin.a)]
    return gezin


def unknown(_: int) -> Gezin:
    """Nothing is known: persons and signals come at once, on two topics."""
    gezin = plain(0)
    gezin.vooraf, gezin.samen = [], [*gezin.samen, *gezin.vooraf]
    return gezin


def neighbours(nummer: int) -> Gezin:
    """Both siblings in one partition, one behind the other; of every second pair the persons come now, too."""
    gezin = Gezin(*siblings(together=True))
    personen = [gezin.persoon(each, gezin.ouder) for each in (gezin.a, gezin.b)]
    signalen = [gezin.a.afgegeven(), gezin.b.afgegeven()]
    gezin.vooraf, gezin.samen = (personen, signalen) if nummer % 2 else ([], [*personen, *signalen])
    return gezin


async def raced(bus: Bus, gezinnen: Sequence[Gezin], wave: str) -> str:
    """Let what is known settle, send the rest at once, and compare; what was seen."""
    await bus.fire(chain.from_iterable(gezin.vooraf for gezin in gezinnen))
    await bus.settled()
    begin = monotonic()
    await bus.fire(chain.from_iterable(gezin.samen for gezin in gezinnen))
    await bus.settled()
    seconds = monotonic() - begin

    stored = await bus.stored([each.id for gezin in gezinnen for each in (gezin.a, gezin.b)])
    expected = set(chain.from_iterable(gezin.verwacht() for gezin in gezinnen))
    missed, zombies = expected - open_matches(stored), open_matches(stored) - expected
    assert (len(missed), len(zombies)) == (0, 0), f"missed and zombies of {len(gezinnen)} families in {wave}"
    assert_told(stored, await bus.told())
    return (
        f"{wave}: {len(gezinnen)} families, {len(expected)} matches, none missed, no zombie, {seconds:.0f} s; "
        f"{await overlap(bus, gezinnen)}"
    )


async def overlap(bus: Bus, gezinnen: Sequence[Gezin]) -> str:
    """How close the messages of a family came: in one transaction, or in two that began within a tenth of a second."""
    handled = await bus.handled(chain.from_iterable(gezin.samen for gezin in gezinnen))
    one = near = 0
    for gezin in gezinnen:
        moments = sorted({handled[each.event_id] for each in gezin.samen})
        one += len(moments) == 1
        near += any(b - a < timedelta(seconds=0.1) for a, b in pairwise(moments))
    batches = Counter(handled.values())
    return f"{one} in one batch, {near} within 0.1 s; {len(batches)} batches, the largest {max(batches.values())}"


async def assert_healthy(bus: Bus) -> str:
    """Nothing was given up, every deadlock was tried again, and PostgreSQL's lock memory was enough; what was seen."""
    deadlocks, retries = bus.logged("postgres", "deadlock detected"), bus.logged("match-consumer", '"retry"')
    assert deadlocks <= retries
    assert await bus.parked() == 0
    assert not bus.logged("match-consumer", "message_parked")
    assert not bus.logged("match-consumer", "consumer_failed")
    assert not bus.logged("postgres", "out of shared memory")
    return f"deadlocks until now {deadlocks}, retries {retries}"


@pytest.mark.regel("R082", "R084", "D4")
async def test_ten_thousand_siblings_at_the_same_instant_in_different_partitions(bus: Bus, seen: list[str]) -> None:
    seen.append(await raced(bus, [plain(nummer) for nummer in range(10_000)], "siblings"))
    seen.append(await assert_healthy(bus))


@pytest.mark.regel("R065", "R082", "R083", "D4")
@pytest.mark.parametrize("wave", [half_ended, swapped, unknown, neighbours])
async def test_what_happens_in_the_same_milliseconds(
    bus: Bus, wave: Callable[[int], Gezin], soak: bool, seen: list[str]
) -> None:
    seen.append(await raced(bus, [wave(nummer) for nummer in range(10_000 if soak else 1_000)], wave.__name__))
    seen.append(await assert_healthy(bus))


@pytest.mark.regel("D5")
async def test_a_deadlock_is_tried_again(bus: Bus, slow_to_judge: asyncpg.Connection, seen: list[str]) -> None:
    """The races meet none, as everybody locks in one order; so a stranger takes the keys of a batch the other way round."""
    gezin = neighbours(1)
    await bus.fire(gezin.vooraf)
    await bus.settled()
    first, last = sorted(each.jeugdige for each in (gezin.a, gezin.b))
    lock = "select from matchsleutel where soort = 'jeugdige' and id = $1 for update"
    before = bus.logged("postgres", "deadlock detected")
    async with slow_to_judge.transaction():
        await slow_to_judge.execute(lock, last)
        await bus.fire(gezin.samen)
        await eventually_async(partial(_waits_for_us, slow_to_judge), "the batch behind the last key", 20)
        await slow_to_judge.execute(lock, first)
    await bus.settled()
    assert bus.logged("postgres", "deadlock detected") == before + 1
    assert open_matches(await bus.stored([gezin.a.id])) == gezin.verwacht()
    seen.append(await assert_healthy(bus))


async def _waits_for_us(connection: asyncpg.Connection) -> bool:
    waiting = "select exists (select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid)))"
    found: bool = await connection.fetchval(waiting)
    return found


@pytest.fixture
async def slow_to_judge(engine: Stack) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's session in match's database: who waits longest looks for a deadlock first, and ends itself."""
    connection = await asyncpg.connect(superuser(engine.addresses["postgres"], "match"))
    await connection.execute("alter system set deadlock_timeout = '5s'")  # time to notice that the batch waits
    await connection.execute("select pg_reload_conf()")
    await connection.execute("set deadlock_timeout = '60s'")
    yield connection
    await connection.execute("alter system reset deadlock_timeout")
    await connection.execute("select pg_reload_conf()")
    await connection.close()
